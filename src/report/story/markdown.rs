//! A story as markdown for a ticket.

use crate::report::told;
use crate::voice;

use super::Story;
use super::deed::clock;

impl Story {
    /// For a ticket.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n\n", inline(&self.title().bare()));
        for (label, value) in self.facts() {
            text.push_str(&format!("- **{label}:** {}\n", inline(&value)));
        }
        let attention = self.needs_attention();
        if !attention.is_empty() {
            text.push_str("\n## Needs attention\n\n");
            text.extend(attention.iter().map(|one| format!("- {}\n", inline(one))));
        }
        for chapter in &self.chapters {
            text.push_str(&format!(
                "\n## {}\n",
                inline(&chapter.title.lines("", "", usize::MAX).join(" "))
            ));
            for deed in &chapter.deeds {
                text.push_str(&format!("\n{}", clock(&deed.at)));
                if let Some(became) = deed.became() {
                    text.push_str(&format!(" — {}", inline(&became)));
                }
                text.push('\n');
                let printed =
                    deed.printed().map(|line| format!("{} {}", voice::STDOUT, told(line)));
                let what = deed.what.iter().flat_map(|words| words.lines("", "", usize::MAX));
                let block = what.chain(printed).collect::<Vec<_>>().join("\n");
                let fence = "`".repeat(longest_run(&block).max(2) + 1);
                text.push_str(&format!("\n{fence}text\n{block}\n{fence}\n"));
            }
        }
        text
    }
}

/// Text for a line of markdown: nothing in it is markup.
fn inline(text: &str) -> String {
    let mut plain = String::new();
    for c in told(text).chars() {
        if "\\`*_{}[]<>()#+!|~&@".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
