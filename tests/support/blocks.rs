//! The corrected runbook as plain bash sees it, read without any code of the interpreter.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The runnable texts of the corrected runbook, by section: fences of shell and code in tables.
pub struct Blocks(Vec<(String, String)>);

impl Blocks {
    pub fn read() -> Self {
        let text = include_str!("../../runbooks/rotate-infisical-service-token.md");
        let (mut blocks, mut heading) = (Vec::new(), String::new());
        let (mut in_heading, mut in_fence, mut in_cell) = (false, false, false);
        for event in Parser::new_ext(
            text,
            Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS,
        ) {
            match event {
                Event::Start(Tag::Heading { .. }) => (in_heading, heading) = (true, String::new()),
                Event::End(TagEnd::Heading(_)) => in_heading = false,
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    in_fence = info.starts_with("bash");
                }
                Event::End(TagEnd::CodeBlock) => in_fence = false,
                Event::Start(Tag::TableCell) => in_cell = true,
                Event::End(TagEnd::TableCell) => in_cell = false,
                Event::Text(text) if in_heading => heading.push_str(&text),
                Event::Text(text) if in_fence => blocks.push((heading.clone(), text.into_string())),
                Event::Code(text) if in_cell && text.contains(' ') => {
                    blocks.push((heading.clone(), text.into_string()));
                }
                _ => {}
            }
        }
        Self(blocks)
    }

    /// The nth text of the section whose heading starts so.
    #[track_caller]
    pub fn block(&self, section: &str, n: usize) -> String {
        let mut blocks = self.0.iter().filter(|(heading, _)| heading.starts_with(section));
        blocks.nth(n).expect("a block of the runbook").1.clone()
    }
}
