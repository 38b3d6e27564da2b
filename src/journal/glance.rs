//! A line as a store has it, seen without being read as a whole.
//!
//! Comes in: the text of a [`Line`], as this program writes it. Goes out: what a list tells of it.
//! Refuses every other text, also one that says the same in another form, so that what it takes is
//! one JSON object in one line, with the members that are promised. To read 100,000 lines takes
//! five times as long as to see them.

use super::{Line, State};

/// What a list tells of a run, where it stands in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'a> {
    /// Its id.
    pub run: &'a str,
    /// What no other run may be at work on at the same time.
    pub target: &'a str,
    /// The runbook's title.
    pub title: &'a str,
    /// Whose it is now.
    pub operator: &'a str,
    /// Where it was last carried out.
    pub host: &'a str,
    /// When it began.
    pub began: &'a str,
    /// How it stands.
    pub state: State,
    /// The step that it is in, or ended in.
    pub step: Option<&'a str>,
    /// Milliseconds that it took so far.
    pub duration_ms: u64,
    /// Those of them that were spent waiting for a person.
    pub waited_ms: u64,
}

impl<'a> Glance<'a> {
    /// What a text shows that was written here, and in which nothing had to be escaped.
    pub fn at(text: &'a str) -> Option<Self> {
        let mut sight = Sight { rest: text };
        let run = sight.after("{\"run\":")?.text()?;
        if !sight.after(",\"of\":")?.is_at_null() {
            sight.text()?;
        }
        sight.after(",\"kind\":")?.text()?;
        let target = sight.after(",\"target\":")?.text()?;
        sight.after(",\"runbook\":")?.text()?;
        sight.after(",\"path\":")?.text()?;
        let title = sight.after(",\"title\":")?.text()?;
        let operator = sight.after(",\"operator\":")?.text()?;
        let host = sight.after(",\"host\":")?.text()?;
        let began = sight.after(",\"began\":")?.text()?;
        sight.after(",\"changed\":")?.text()?;
        let state = sight.after(",\"state\":")?.state()?;
        let none = sight.after(",\"step\":")?.is_at_null();
        let step = if none { None } else { Some(sight.text()?) };
        let duration_ms = sight.after(",\"duration_ms\":")?.number()?;
        let waited_ms = sight.after(",\"waited_ms\":")?.number()?;
        sight.after("}")?;
        let seen =
            Self { run, target, title, operator, host, began, state, step, duration_ms, waited_ms };
        sight.rest.is_empty().then_some(seen)
    }

    /// The same of a line that was read.
    pub fn of(line: &'a Line) -> Self {
        Self {
            run: &line.run,
            target: &line.target,
            title: line.title.as_str(),
            operator: &line.operator,
            host: &line.host,
            began: &line.began,
            state: line.state,
            step: line.step.as_deref(),
            duration_ms: line.duration_ms,
            waited_ms: line.waited_ms,
        }
    }
}

/// What of a text was not seen yet.
struct Sight<'a> {
    rest: &'a str,
}

impl<'a> Sight<'a> {
    fn after(&mut self, words: &str) -> Option<&mut Self> {
        self.rest = self.rest.strip_prefix(words)?;
        Some(self)
    }

    /// A string without anything that is escaped, or would have to be.
    fn text(&mut self) -> Option<&'a str> {
        self.after("\"")?;
        let end = memchr::memchr2(b'"', b'\\', self.rest.as_bytes())?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.after("\"")?;
        text.bytes().all(|byte| byte >= b' ').then_some(text)
    }

    fn is_at_null(&mut self) -> bool {
        self.after("null").is_some()
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let plain = number == "0" || !number.starts_with('0');
        number.parse().ok().filter(|_| plain)
    }

    fn state(&mut self) -> Option<State> {
        if self.after("\"under_way\"").is_some() {
            return Some(State::UnderWay);
        }
        let whole = self.rest;
        self.after("{\"ended\":")?.text()?;
        self.after("}")?;
        serde_json::from_str(&whole[..whole.len() - self.rest.len()]).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::event::RunResult;
    use crate::variables::Redactor;

    use super::*;

    fn lines() -> impl Strategy<Value = Line> {
        let text = || "[a-zä\"\\\\\n ]{0,6}";
        let states = prop_oneof![
            Just(State::UnderWay),
            Just(State::Ended(RunResult::Complete)),
            Just(State::Ended(RunResult::CompleteWithDoubts)),
            Just(State::Ended(RunResult::Broken)),
        ];
        let texts = proptest::collection::vec(text(), 9);
        let numbers = (any::<u64>(), 0_u64..20);
        let maybe = proptest::option::of(text());
        (texts, states, maybe.clone(), maybe, numbers).prop_map(
            |(texts, state, of, step, (duration_ms, waited_ms))| {
                let mut texts = texts.into_iter();
                let mut next = || texts.next().expect("enough");
                let title = Redactor::default().redact(&next());
                let (run, kind, target, runbook) = (next(), "run".into(), next(), next());
                let path = next();
                let (operator, host, began, changed) = (next(), next(), next(), next());
                Line {
                    run,
                    of,
                    kind,
                    target,
                    runbook,
                    path,
                    title,
                    operator,
                    host,
                    began,
                    changed,
                    state,
                    step,
                    duration_ms,
                    waited_ms,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_seen_is_what_was_written(line in lines()) {
            let text = serde_json::to_string(&line).expect("a line has a form");
            match Glance::at(&text) {
                Some(seen) => prop_assert_eq!(seen, Glance::of(&line)),
                None => prop_assert!(text.contains('\\'), "{text}"),
            }
        }

        #[test]
        fn what_is_not_as_it_was_written_is_not_seen(
            line in lines(), at in any::<prop::sample::Index>(), by in "[ -~\n]{0,2}",
        ) {
            let mut text = serde_json::to_string(&line).expect("a line has a form");
            let places: Vec<_> = text.char_indices().map(|(at, c)| at..at + c.len_utf8()).collect();
            text.replace_range(places[at.index(places.len())].clone(), &by);
            if Glance::at(&text).is_some() {
                let read: Line = serde_json::from_str(&text).expect("what is seen can be read");
                prop_assert_eq!(serde_json::to_string(&read).expect("a form"), text);
            }
        }
    }
}
