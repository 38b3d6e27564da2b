//! Makes text that somebody else wrote harmless in markdown that GitHub renders.
//!
//! Comes in: any text. Goes out: code, inline or as a block, from which nothing gets out: no markup,
//! HTML, link, image, mention, reference or cell of a table. Only code does that: GitHub looks for
//! mentions and addresses in rendered text, after escapes are gone. Refuses to know the page.

use super::{neutral, one_line};

/// The most characters of an inline text.
const LONGEST: usize = 400;
/// The most characters of a block.
const LONGEST_BLOCK: usize = 4000;

/// The text as inline code on one line, in a table or elsewhere. A bar would end a cell, escaped
/// or not, as the renderer likes; a broken bar stands for it.
pub(super) fn code(text: &str) -> String {
    let text = cut(&one_line(text), LONGEST).replace('|', "¦");
    let text = text.trim();
    if text.is_empty() {
        return "(none)".to_owned();
    }
    let fence = "`".repeat(1 + longest_run(text));
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// The text as a block of code, with line ends around it.
pub(super) fn block(text: &str) -> String {
    let text = cut(&neutral(text), LONGEST_BLOCK);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("\n{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// The beginning of a text, with a sign where it goes on.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::{block, code};

    fn events(markdown: &str) -> Vec<Event<'_>> {
        Parser::new_ext(markdown, Options::all()).collect()
    }

    #[test]
    fn inline_code_is_fenced_by_what_is_not_in_it() {
        assert_eq!(code("a <b> @c"), "`a <b> @c`");
        assert_eq!(code("a `b` ``c``"), "``` a `b` ``c`` ```");
        assert_eq!(code("a | b\nc"), "`a ¦ b c`");
        assert_eq!(code(" \n"), "(none)");
        assert_eq!(code(&"x".repeat(500)).chars().count(), 403);
    }

    #[test]
    fn a_block_is_fenced_by_what_is_not_in_it() {
        assert_eq!(block("a\n```\nb\n"), "\n````text\na\n```\nb\n````\n");
    }

    proptest! {
        #[test]
        fn nothing_gets_out_of_inline_code(text in "[\\PC`|<>\\[\\]()@\\\\*_\n$~#-]{1,80}") {
            let row = format!("| a | b |\n| --- | --- |\n| {} | x |\n", code(&text));
            let events = events(&row);
            let cells = events.iter().filter(|one| matches!(one, Event::Start(Tag::TableCell)));
            prop_assert_eq!(cells.count(), 4, "{}", row);
            let inside: Vec<_> = events
                .iter()
                .skip_while(|one| !matches!(one, Event::End(TagEnd::TableHead)))
                .filter(|one| !matches!(one, Event::Start(_) | Event::End(_)))
                .collect();
            prop_assert_eq!(inside.len(), 2, "{:?}", inside);
        }

        #[test]
        fn nothing_gets_out_of_a_block(text in "[\\PC`~<>@\n \t-]{0,80}") {
            let page = block(&text);
            let blocks = events(&page).iter().filter(|one| matches!(one, Event::Start(_))).count();
            prop_assert_eq!(blocks, 1, "{}", page);
        }
    }
}
