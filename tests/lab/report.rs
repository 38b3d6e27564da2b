//! What a validation told.

use std::process::Output;

use serde_json::Value;

/// Exit code and outputs.
pub struct Seen {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Seen {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Expects the exit code.
    #[track_caller]
    pub fn exit(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Expects a text on one of the two outputs, however its lines are broken.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        let all = format!("{self}");
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.contains(text) || flat(&all).contains(&flat(text)), "no {text:?} in {self}");
        self
    }

    /// Expects that a text is nowhere.
    #[track_caller]
    pub fn never_says(&self, text: &str) -> &Self {
        assert!(!self.to_string().contains(text), "{text:?} in {self}");
        self
    }

    /// The report, where it was told as JSON.
    #[track_caller]
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// A runbook of the report.
    #[track_caller]
    pub fn book(&self, number: usize) -> Book {
        Book(self.report()["runbooks"][number].clone())
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "exit {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

/// One runbook of a report.
pub struct Book(Value);

impl Book {
    /// Of each segment its outcome, or the kind of its gap.
    pub fn segments(&self) -> Vec<String> {
        let segments = self.0["segments"].as_array().expect("segments").iter();
        segments.map(word).collect()
    }

    /// Why a segment ended as it did, or was not run.
    pub fn why(&self, segment: usize) -> String {
        let one = &self.0["segments"][segment];
        let why = one["why"].as_str().or(one["gap"]["why"].as_str());
        why.unwrap_or_default().to_owned()
    }

    /// A text of the runbook.
    pub fn text(&self, name: &str) -> String {
        self.0[name].as_str().unwrap_or_default().to_owned()
    }
}

fn word(segment: &Value) -> String {
    let word = segment["outcome"].as_str().or(segment["gap"]["kind"].as_str());
    word.unwrap_or("neither").replace('_', "-")
}
