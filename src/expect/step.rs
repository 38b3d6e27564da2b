//! `a count matching step 1`: what an earlier step printed in this run.
//!
//! Comes in: the reference, this segment's stdout and the run's record. Goes out: whether the two
//! agree. Two outputs that are both empty agree on nothing, and an output that its own command
//! cut (`| head -3`) has no count.

use std::sync::LazyLock;

use regex::Regex;

use super::number::{only_number, same};
use super::rows::Table;
use super::text::{lines, whole};
use super::words::is;
use super::{Finding, Output, Record, Verdict};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Count,
    Output,
}

/// A reference to an earlier step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StepReference {
    pub(super) id: String,
    what: What,
}

impl StepReference {
    /// `a count matching step 1`, `same output as step 2.1`, `unchanged from step 3`.
    pub(super) fn parse(text: &str) -> Option<StepReference> {
        static FORM: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(concat!(
                r"^(?i:(?:(?:a|the) )?(?:same )?(count|number|row count|line count|output|value|result)?(?: of [a-z]+(?: [a-z]+)?)?(?: (?:is|are|must|should|be))*",
                r" ?(?:(?:the )?same (count|number|output|value|result)?(?: of [a-z]+(?: [a-z]+)?)? ?(?:as|of)|the same as|matching|matches|match|same as|equal to|equals|",
                r"identical to|unchanged from|unchanged since|as in|as|from|of|in)",
                r"(?: (?:the )?(?:(count|number|output|value|result) )?(?:of|from|in))? step [`]?([A-Za-z0-9][A-Za-z0-9_.-]*)[`]?(?:'s (count|output|number))?)$"
            ))
            .expect("a valid pattern")
        });
        // Most texts name no step, and start no compiler.
        text.to_ascii_lowercase().contains(" step ").then_some(())?;
        let found = FORM.captures(text)?;
        let says = [1, 2, 3, 5].iter().find_map(|&group| found.get(group));
        let compares = !text.to_lowercase().starts_with("from ")
            && !text.to_lowercase().starts_with("in ")
            && !text.to_lowercase().starts_with("of ");
        let what = match says.map(|word| word.as_str().to_lowercase()) {
            Some(word) if is(&word, "count|number|row count|line count") => What::Count,
            _ => What::Output,
        };
        (compares && !found[4].is_empty())
            .then(|| StepReference { id: found[4].trim_end_matches('.').to_owned(), what })
    }

    /// Of a typed `Expect(count): matching step 1`.
    pub(super) fn count(id: &str) -> StepReference {
        StepReference { id: id.to_owned(), what: What::Count }
    }

    /// Of a typed `Expect(step): 1`.
    pub(super) fn output(id: &str) -> StepReference {
        StepReference { id: id.to_owned(), what: What::Output }
    }

    pub(super) fn describe(&self) -> String {
        match self.what {
            What::Count => format!("the count is that of step {}", self.id),
            What::Output => format!("stdout is that of step {}", self.id),
        }
    }

    pub(super) fn judge(&self, stdout: &str, command: &str, record: &dyn Record) -> Finding {
        let unverified = |why: String| Finding::new(Verdict::Unverified, why);
        let Some((earlier, text)) = record.step(&self.id) else {
            return unverified(format!("step {} {}", self.id, record.missing(&self.id)));
        };
        if let Some(cut) = truncates(text) {
            return unverified(format!(
                "step {} is cut by `{cut}`: it has no whole output to compare with",
                self.id
            ));
        }
        if let Some(cut) = truncates(command).filter(|_| self.what == What::Count) {
            return unverified(format!("this output is cut by `{cut}`"));
        }
        let Some(other) = whole(earlier) else {
            return unverified(format!(
                "the output of step {} was too long to keep whole",
                self.id
            ));
        };
        match self.what {
            What::Count => self.compare_counts(stdout, &other, earlier),
            What::Output => self.compare_outputs(stdout, &other),
        }
    }

    fn compare_counts(&self, stdout: &str, other: &str, earlier: &Output) -> Finding {
        let (here, there) = (count(stdout), count(other));
        let why = format!("{here} here, {there} in step {}", self.id);
        let verdict = if !same(here, there) {
            Verdict::NotMet
        } else if same(here, 0.0) {
            return Finding::new(
                Verdict::Unverified,
                format!("both are 0: nothing was counted, in step {} neither", self.id),
            );
        } else if only_number(stdout).is_some() != only_number(other).is_some()
            && earlier.lines == 1
        {
            Verdict::Unverified
        } else {
            Verdict::Met
        };
        Finding::new(verdict, why)
    }

    fn compare_outputs(&self, stdout: &str, other: &str) -> Finding {
        let (here, there) = (stdout.trim_end(), other.trim_end());
        if here.trim().is_empty() && there.trim().is_empty() {
            return Finding::new(
                Verdict::Unverified,
                format!("both are empty, here and in step {}", self.id),
            );
        }
        if here == there {
            return Finding::new(Verdict::Met, format!("the same as in step {}", self.id));
        }
        Finding::new(Verdict::NotMet, format!("not the same as in step {}", self.id))
    }
}

/// A number if the output is one; else its data rows.
fn count(stdout: &str) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 lines")]
    let as_number = |count: usize| count as f64;
    only_number(stdout).unwrap_or_else(|| match Table::read(stdout) {
        Some(table) => table.footer.unwrap_or(as_number(table.rows.len())),
        None => as_number(lines(stdout).count()),
    })
}

/// What in a command line shortens its output or lets it run on.
pub(super) fn truncates(command: &str) -> Option<&str> {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?-u:\b(?:head|tail)\b(?: +-[a-zA-Z]* *[0-9]+| +-f\b| +-F\b)?",
            r"|--limit\b[= ]?[0-9]*|\b(?:LIMIT|limit) +[0-9]+|--max-items\b|--max-count\b|--tail\b|--follow\b",
            r"|\blogs +-f\b|\bgrep +(?:-[a-zA-Z]+ +)*-[a-zA-Z]*m *[0-9]+|\bsed +(?:-n +)?['\x22]?[0-9,]+[pq])"
        ))
        .expect("a valid pattern")
    });
    CUT.find(command).map(|found| found.as_str().trim())
}

#[cfg(test)]
mod tests {
    use super::{StepReference, truncates};
    use crate::expect::Verdict::{self, Met, NotMet, Unverified};
    use crate::expect::{Output, Record};

    struct One(Output, &'static str);

    impl Record for One {
        fn step(&self, id: &str) -> Option<(&Output, &str)> {
            (id == "1").then_some((&self.0, self.1))
        }
    }

    fn case(text: &str, here: &str, there: &str, command: &'static str, expected: Verdict) {
        let output = Output {
            head: there.as_bytes().to_vec(),
            lines: there.lines().filter(|line| !line.trim().is_empty()).count() as u64,
            ..Output::default()
        };
        let reference = StepReference::parse(text).unwrap_or_else(|| panic!("{text}"));
        let finding = reference.judge(here, "list | wc -l", &One(output, command));
        assert_eq!(finding.verdict, expected, "{text}: {here} and {there}");
    }

    #[test]
    fn counts_compare_with_what_the_step_printed() {
        case("a count matching step 1", "7\n", "7\n", "list | wc -l", Met);
        case("a count matching step 1", "7\n", "8\n", "list | wc -l", NotMet);
        case("a count matching step 1", "3\n", "a\nb\nc\n", "list", Met);
        case("a count matching step 1", "3\n", "a\nb\nc\n", "list | head -3", Unverified);
        case("a count matching step 1", "0\n", "", "list", Unverified);
        case("a count matching step 1", "0\n", "0\n", "list | wc -l", Unverified);
        case("same output as step 1", "a\n", "a\n", "list", Met);
        case("same output as step 1", "", "", "list", Unverified);
        case("same as step 1", "a", "b", "list", NotMet);
        case("same count as step 2", "1", "1", "list", Unverified);
    }

    #[test]
    fn many_phrases_refer_to_a_step() {
        for text in [
            "same count as step 1",
            "matches step 1",
            "unchanged from step 1",
            "the count is the same as step 1",
            "count equal to step 1",
            "count matches step 1",
            "the count from step 1",
            "identical to step verify-old",
        ] {
            assert!(StepReference::parse(text).is_some(), "{text}");
        }
        for text in [
            "same file list, no new changes vs after step 3",
            "step 1",
            "see step 1",
            "same as local",
        ] {
            assert_eq!(StepReference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_is_found_in_the_command() {
        for command in [
            "x | head -3",
            "x | tail -n 5",
            "x --limit 10",
            "psql -c 'SELECT 1 LIMIT 5'",
            "x | head",
            "kubectl logs -f p",
            "grep -m1 x",
            "x | sed -n '1,5p'",
        ] {
            assert!(truncates(command).is_some(), "{command}");
        }
        for command in ["x | wc -l", "cat headers", "x --header a"] {
            assert_eq!(truncates(command), None, "{command}");
        }
    }
}
