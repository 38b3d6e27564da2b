//! A story for a person at a terminal.

use crate::report::{said, verbatim};
use crate::voice;

use super::Story;
use super::deed::{Deed, Words, clock};

/// What stands below the time of a deed.
const BELOW: &str = "           ";

impl Story {
    /// For a person at a terminal of so many columns.
    pub fn text(&self, columns: usize) -> String {
        let mut page = Page { text: String::new(), columns };
        page.add(self.title().lines("", "", columns));
        for (label, value) in self.facts() {
            page.says(&format!("  {label:<12} "), &value);
        }
        self.needs_attention().iter().for_each(|one| page.says("  ! ", one));
        for chapter in &self.chapters {
            page.add(vec![String::new()]);
            page.add(chapter.title.lines("", "", columns));
            chapter.deeds.iter().for_each(|deed| page.deed(deed));
        }
        page.text
    }
}

struct Page {
    text: String,
    columns: usize,
}

impl Page {
    fn add(&mut self, lines: Vec<String>) {
        for line in lines {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn says(&mut self, first: &str, text: &str) {
        self.add(said(first, text, self.columns));
    }

    fn deed(&mut self, deed: &Deed) {
        let first = format!("  {} ", clock(&deed.at));
        if deed.what.is_empty() {
            self.says(&first, "");
        }
        for (number, words) in deed.what.iter().enumerate() {
            self.add(words.lines(if number == 0 { &first } else { BELOW }, BELOW, self.columns));
        }
        let gutter = format!("{BELOW}{} ", voice::STDOUT);
        for line in deed.printed() {
            self.add(verbatim(&gutter, &gutter, line, self.columns));
        }
        if let Some(became) = deed.became() {
            self.add(Words::Ours(became).lines(BELOW, BELOW, self.columns));
        }
    }
}
