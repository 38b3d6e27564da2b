//! What the rules need of the markdown beside steps and blocks: links, headings, comments, and
//! which parts are code.
//!
//! Comes in: the document's text. Goes out: [`Markup`], with the exact bytes of each. It looks at
//! the text itself, not at what was understood of it, so that nothing that a reader of the file or
//! of the page would see is left out.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::source::Span;

/// A link and where it leads.
pub(super) struct Link {
    /// As it was written, without the title.
    pub target: String,
    /// Where the target stands, or the whole link.
    pub span: Span,
}

/// What a document's markdown holds.
#[derive(Default)]
pub(super) struct Markup {
    pub links: Vec<Link>,
    /// The text of each heading, without markup.
    pub headings: Vec<String>,
    /// Where the first heading is.
    pub title: Option<Span>,
    /// HTML comments, with their `<!--`.
    pub comments: Vec<Span>,
    /// Names given by `id=` and `name=` in HTML.
    pub anchors: Vec<String>,
    /// Code: blocks with their fences, and code in prose.
    pub code: Vec<Span>,
    /// Blocks of code, with their fences.
    pub blocks: Vec<Span>,
}

impl Markup {
    /// Reads a whole document.
    pub fn read(text: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        let mut reader = Reader { text, markup: Self::default(), heading: None };
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            reader.event(event, range);
        }
        reader.markup
    }

    /// Whether an offset lies in code.
    pub fn is_code(&self, offset: usize) -> bool {
        holds(&self.code, offset)
    }

    /// Whether an offset lies in a block of code.
    pub fn is_block(&self, offset: usize) -> bool {
        holds(&self.blocks, offset)
    }

    /// Whether an offset lies in an HTML comment.
    pub fn is_comment(&self, offset: usize) -> bool {
        holds(&self.comments, offset)
    }

    /// Whether an offset lies in the target of a link.
    pub fn is_target(&self, offset: usize) -> bool {
        let after = self.links.partition_point(|link| link.span.start <= offset);
        self.links[..after].iter().rev().take(NEIGHBOURS).any(|link| link.span.contains(offset))
    }
}

/// How many spans before an offset may reach over it: code does not lie in code, and a link holds
/// few others.
const NEIGHBOURS: usize = 8;

/// How many bytes a link's title may have, and what else stands after its target: links nest.
const NEAR: usize = 4096;

fn holds(spans: &[Span], offset: usize) -> bool {
    let after = spans.partition_point(|span| span.start <= offset);
    spans[..after].iter().rev().take(NEIGHBOURS).any(|span| span.contains(offset))
}

struct Reader<'a> {
    text: &'a str,
    markup: Markup,
    heading: Option<String>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(TagEnd::Heading(_)) => {
                self.markup.headings.extend(self.heading.take());
            }
            Event::Text(text) => self.said(&text),
            Event::Code(text) => {
                self.markup.code.push(range.into());
                self.said(&text);
            }
            Event::Html(_) | Event::InlineHtml(_) => self.html(range),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { .. } => {
                self.heading = Some(String::new());
                self.markup.title.get_or_insert(range.into());
            }
            Tag::CodeBlock(_) => {
                self.markup.code.push(range.clone().into());
                self.markup.blocks.push(range.into());
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let span = self.target(dest_url, &range);
                self.markup.links.push(Link { target: dest_url.to_string(), span });
            }
            _ => {}
        }
    }

    fn said(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(text);
        }
    }

    /// Where a link's target stands, which is near its end; the whole link where it stands
    /// elsewhere.
    fn target(&self, target: &str, range: &Range<usize>) -> Span {
        let mut start = range.end.saturating_sub(target.len() + NEAR).max(range.start);
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        let written = &self.text[start..range.end];
        let found = (!target.is_empty()).then(|| written.rfind(target)).flatten();
        found.map_or(range.clone().into(), |at| Span::new(start + at, start + at + target.len()))
    }

    /// A block of HTML comes line by line: a comment is taken with its end, wherever that is.
    fn html(&mut self, range: Range<usize>) {
        let html = &self.text[range.clone()];
        let mut last = self.markup.comments.last().map_or(0, |comment| comment.end);
        for (at, _) in html.match_indices("<!--") {
            let start = range.start + at;
            if start >= last {
                let rest = &self.text[start..];
                last = start + rest.find("-->").map_or(rest.len(), |end| end + 3);
                self.markup.comments.push(Span::new(start, last));
            }
        }
        for name in ["id=", "name="] {
            let named = html.split(name).skip(1).map(|rest| rest.trim_start_matches(['"', '\'']));
            let named = named.map(|rest| rest.split(['"', '\'', ' ', '>']).next().unwrap_or(""));
            self.markup.anchors.extend(named.map(ToOwned::to_owned));
        }
    }
}
