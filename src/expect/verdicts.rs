//! The verdict on each single check.
//!
//! Comes in: a check, what the lines said of it and the scene. Goes out: a finding with its
//! evidence in one sentence. Line-wise checks are decided by their tally, the others by the whole
//! output; what needs the whole output and does not have it is unverified.

use super::absence::Trouble;
use super::check::{Check, Counting, Extent, Leaf, LengthUnit, Source, Unit, Vacancy};
use super::http::Status;
use super::judge::{Bench, Scene};
use super::literal::Literal;
use super::number::{Bound, is_long_integer, only_number};
use super::observable::{answered_below_400, status_is_hidden};
use super::pairs::Pair;
use super::rows::{Table, in_state};
use super::status::{self, Demand};
use super::text::lines;
use super::watch::{Line, Sight, Tally};
use super::words::{after, has, is, plural};
use super::{Ended, Finding, Output, Stream, Verdict};

/// What one check says.
pub(super) fn judge_leaf(leaf: &Leaf, tally: &Tally, bench: &Bench<'_>) -> Finding {
    let desk = Desk { leaf, tally, bench, scene: bench.scene };
    match &leaf.check {
        Check::Exit(demand) => desk.exit(demand),
        Check::Http(status) => desk.http(status),
        Check::Reason(_) => desk.reason(),
        Check::Text(literal) | Check::TextWithNote(literal, _) => desk.text(literal),
        Check::TextCount(_, bound) => desk.counted(bound),
        Check::Pattern(_) => desk.pattern(),
        Check::Kind(_, _, extent) => desk.kind(extent),
        Check::NoHttp(_) | Check::NoText(_) | Check::NoTrouble(_) => desk.absent(),
        Check::Pair(pair) => desk.pair(pair),
        Check::NoPair(pair) => desk.no_pair(pair),
        Check::Empty(vacancy) => desk.empty(*vacancy),
        Check::NonEmpty => desk.non_empty(),
        _ => desk.whole(),
    }
}

struct Desk<'a> {
    leaf: &'a Leaf,
    tally: &'a Tally,
    bench: &'a Bench<'a>,
    scene: &'a Scene<'a>,
}

impl Desk<'_> {
    fn exit(&self, demand: &Demand) -> Finding {
        status::judge(demand, self.scene.observed, self.bench.decided)
    }

    fn hit(&self) -> Option<Finding> {
        let line = self.tally.first_hit.as_ref()?;
        Some(Finding::new(Verdict::Met, self.scene.tell(line)))
    }

    fn doubt(&self, why: &str) -> Option<Finding> {
        let line = self.tally.first_doubt.as_ref()?;
        Some(Finding::new(Verdict::Unverified, format!("{why}: {}", self.scene.tell(line))))
    }

    /// Not found; `verdict` if all was seen.
    fn not_found(&self, verdict: Verdict) -> Finding {
        let found = self.scene.seen.unless_met(verdict);
        let why = if found == verdict {
            "it is not in the output"
        } else {
            "a part of the output was not kept"
        };
        Finding::new(found, why)
    }

    fn http(&self, status: &Status) -> Finding {
        let other = self.tally.first_against.as_ref();
        if let (Some(line), true) = (other, self.tally.hits > 0) {
            let why = format!("it is there, but so is another status: {}", self.scene.tell(line));
            return Finding::new(Verdict::Unverified, why);
        }
        if let Some(finding) = self.hit() {
            return finding;
        }
        if let Some(line) = other {
            return Finding::new(
                Verdict::NotMet,
                format!("another status: {}", self.scene.tell(line)),
            );
        }
        if let Some(finding) = self.doubt("a bare number without a status context") {
            return finding;
        }
        if status.is_failure() && answered_below_400(self.scene.observed) {
            return Finding::new(Verdict::NotMet, "curl says that the status was below 400");
        }
        match status_is_hidden(self.scene.observed) {
            Some(why) => Finding::new(Verdict::Unverified, why),
            None => self.not_found(Verdict::NotMet),
        }
    }

    /// The words of an answer: anywhere where the command failed, else only where they answer.
    fn reason(&self) -> Finding {
        let failed = self.scene.observed.ended == Ended::Exited
            && self.scene.observed.statuses.iter().any(|status| *status != 0);
        let occurs = self.tally.first_hit.is_some() || self.tally.first_doubt.is_some();
        if let (true, Some(line)) = (occurs, &self.tally.first_against) {
            let why = format!("it is there, but so is its contrary: {}", self.scene.tell(line));
            return Finding::new(Verdict::Unverified, why);
        }
        if let Some(finding) = self.hit() {
            return finding;
        }
        if let (true, Some(line)) = (failed, &self.tally.first_doubt) {
            return Finding::new(Verdict::Met, format!("it failed with {}", self.scene.tell(line)));
        }
        self.doubt("the words occur, but nothing answers with them")
            .unwrap_or_else(|| self.not_found(Verdict::NotMet))
    }

    /// A bare value must be all of stdout, on every line of it.
    fn bare_value(&self, literal: &Literal) -> Finding {
        let Some(text) = self.output().1 else {
            return not_kept();
        };
        let all = lines(text).count();
        let same = lines(text).filter(|line| literal.is_all_of(line)).count();
        let occurs = lines(text).any(|line| literal.occurs(line));
        let verdict = match same {
            0 if !occurs => Verdict::NotMet,
            same if same == all => Verdict::Met,
            _ => Verdict::Unverified,
        };
        let described = literal.describe();
        Finding::new(verdict, format!("{same} of {all} lines are {described} and nothing else"))
    }

    fn text(&self, literal: &Literal) -> Finding {
        if literal.is_bare_value() {
            return self.bare_value(literal);
        }
        let absent = if literal.is_explicit() { Verdict::NotMet } else { Verdict::Unverified };
        let contradicted = |against: &String| {
            let why = format!("it is there, but so is its contrary: {}", self.scene.tell(against));
            Finding::new(Verdict::Unverified, why)
        };
        let contrary = self.tally.first_against.as_ref().filter(|_| self.tally.hits > 0);
        contrary
            .map(contradicted)
            .or_else(|| self.partial(literal))
            .or_else(|| self.hit())
            .or_else(|| self.doubt("only something like it is there"))
            .unwrap_or_else(|| self.no_text(literal, absent))
    }

    /// Not found; a short text is perhaps there, inside a line.
    fn no_text(&self, literal: &Literal, absent: Verdict) -> Finding {
        let mut finding = self.not_found(absent);
        if finding.verdict == absent && literal.needs_whole_line() {
            finding.why = format!(
                "no line is {0} alone; so short a text counts inside a line only with `contains {0}`",
                literal.describe()
            );
        }
        finding
    }

    /// A state that only some rows of a table are in.
    fn partial(&self, literal: &Literal) -> Option<Finding> {
        let text = self.output().1?;
        let (holding, rows) = in_state(&literal.text, text).filter(|_| self.tally.hits > 0)?;
        let why = format!("{holding} of {rows} rows are {}", literal.text);
        (holding < rows).then(|| Finding::new(Verdict::Unverified, why))
    }

    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 lines")]
    fn counted(&self, bound: &Bound) -> Finding {
        let hits = self.tally.hits;
        let why = format!("{hits} lines have it");
        let verdict = match bound.holds(hits as f64) {
            true if self.tally.doubts == 0 || bound.only_grows() => Verdict::Met,
            false if self.tally.doubts == 0 => Verdict::NotMet,
            _ => Verdict::Unverified,
        };
        let grown = verdict == Verdict::Met && bound.only_grows();
        let verdict = if grown { verdict } else { self.scene.seen.unless_met(verdict) };
        Finding::new(verdict, why)
    }

    fn pattern(&self) -> Finding {
        self.hit().unwrap_or_else(|| self.not_found(Verdict::NotMet))
    }

    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 lines")]
    fn kind(&self, extent: &Extent) -> Finding {
        let Tally { hits, against, lines, .. } = self.tally;
        let why = match &self.tally.first_against {
            Some(line) => format!("{hits} of {lines} lines; another is {}", self.scene.tell(line)),
            None => format!("{hits} of {lines} lines"),
        };
        let verdict = |holds: bool| if holds { Verdict::Met } else { Verdict::NotMet };
        let found = match extent {
            Extent::Every if *against > 0 => return Finding::new(Verdict::NotMet, why),
            Extent::Any if *hits > 0 => return Finding::new(Verdict::Met, why),
            Extent::Every | Extent::Any => verdict(*hits > 0),
            Extent::One => verdict(*hits == 1 && *lines == 1),
            Extent::Count(bound) => verdict(bound.holds(*hits as f64)),
        };
        Finding::new(self.scene.seen.unless_met(found), why)
    }

    fn absent(&self) -> Finding {
        if let Some(line) = &self.tally.first_hit {
            return Finding::new(Verdict::NotMet, format!("there is {}", self.scene.tell(line)));
        }
        if let Some(finding) = self.doubt("whether this is one, a person must say") {
            return finding;
        }
        if let Some(why) = self.bench.absence_proves_nothing() {
            return Finding::new(Verdict::Unverified, why);
        }
        if let Some(why) = self.status_was_hidden() {
            return Finding::new(Verdict::Unverified, why);
        }
        let verdict = self.scene.seen.unless_met(Verdict::Met);
        let why = match verdict {
            Verdict::Met => format!("none in {} lines", self.tally.lines),
            _ => "a part of the output was not seen".to_owned(),
        };
        Finding::new(verdict, why)
    }

    /// Why the absence of a status proves nothing here.
    fn status_was_hidden(&self) -> Option<&'static str> {
        let looks = matches!(self.leaf.check, Check::NoHttp(_));
        let told = answered_below_400(self.scene.observed);
        if looks && !told { status_is_hidden(self.scene.observed) } else { None }
    }

    fn pair(&self, pair: &Pair) -> Finding {
        let texts = match self.leaf.source {
            Source::Both => [self.scene.stdout.as_deref(), self.scene.stderr.as_deref()],
            Source::Stdout => [self.scene.stdout.as_deref(), Some("")],
            Source::Stderr => [Some(""), self.scene.stderr.as_deref()],
        };
        let [Some(stdout), Some(stderr)] = texts else {
            return not_kept();
        };
        let first = pair.judge(stdout);
        let second = pair.judge(stderr);
        if first.verdict == Verdict::Unverified && second.verdict != Verdict::Unverified {
            second
        } else {
            first
        }
    }

    fn no_pair(&self, pair: &Pair) -> Finding {
        let finding = self.pair(pair);
        match (finding.verdict, self.bench.absence_proves_nothing()) {
            (Verdict::Met, _) => Finding::new(Verdict::NotMet, finding.why),
            (Verdict::NotMet, None) => Finding::new(Verdict::Met, finding.why),
            (Verdict::NotMet, Some(why)) => Finding::new(Verdict::Unverified, why),
            (Verdict::Unverified, _) => finding,
        }
    }

    fn output(&self) -> (&Output, Option<&str>) {
        match self.leaf.source {
            Source::Stderr => (&self.scene.observed.stderr, self.scene.stderr.as_deref()),
            Source::Both | Source::Stdout => {
                (&self.scene.observed.stdout, self.scene.stdout.as_deref())
            }
        }
    }

    fn empty(&self, vacancy: Vacancy) -> Finding {
        let (output, text) = self.output();
        let Some(text) = text else {
            let verdict = if output.lines > 0 && vacancy == Vacancy::Output {
                Verdict::NotMet
            } else {
                Verdict::Unverified
            };
            return Finding::new(verdict, format!("{} lines were printed", output.lines));
        };
        let count = lines(text).count();
        let vacant = count == 0 || (vacancy == Vacancy::Rows && has_no_rows(text));
        if !vacant {
            return Finding::new(Verdict::NotMet, format!("{count} lines were printed"));
        }
        if let Some(why) = self.bench.absence_proves_nothing() {
            return Finding::new(Verdict::Unverified, why);
        }
        let noise = self.scene.stderr.as_deref().map_or(0, |stderr| lines(stderr).count());
        let note = if noise > 0 && self.leaf.source != Source::Stderr {
            format!(" (stderr has {noise} lines)")
        } else {
            String::new()
        };
        Finding::new(Verdict::Met, format!("nothing was printed{note}"))
    }

    fn non_empty(&self) -> Finding {
        let (output, text) = self.output();
        let count = text.map_or(output.lines, |text| lines(text).count() as u64);
        let verdict = if count > 0 { Verdict::Met } else { Verdict::NotMet };
        Finding::new(verdict, format!("{count} lines were printed"))
    }

    /// Checks on the whole of one output.
    fn whole(&self) -> Finding {
        let Some(text) = self.output().1 else {
            return not_kept();
        };
        let both = || format!("{text}\n{}", self.scene.stderr.as_deref().unwrap_or_default());
        match &self.leaf.check {
            Check::Number(bound) => self.number(bound, text),
            Check::Named(bound, pair) => match only_number(text) {
                Some(_) => self.number(bound, text),
                None => pair.judge(&both()),
            },
            Check::Count(bound, unit) => self.count(bound, unit, text),
            Check::Length(length, unit) => self.length(*length, *unit),
            Check::Json(json) => json.judge(text),
            Check::Rows(rows) => rows.judge(text),
            Check::Version(version) => version.judge(&both()),
            Check::Step(step) => step.judge(text, &self.scene.observed.command, self.scene.record),
            Check::Exact(expected) => exact(expected, text),
            other => Finding::new(Verdict::Unverified, other.describe()),
        }
    }

    fn number(&self, bound: &Bound, text: &str) -> Finding {
        match only_number(text) {
            Some(number) => {
                let verdict = if bound.holds(number) { Verdict::Met } else { Verdict::NotMet };
                Finding::new(verdict, format!("stdout is {}", self.scene.tell(&number.to_string())))
            }
            None if text.trim().is_empty() => Finding::new(Verdict::NotMet, "stdout is empty"),
            None => Finding::new(
                Verdict::NotMet,
                format!("stdout is not a single number: {}", self.scene.tell(text)),
            ),
        }
    }

    /// An output that is one number may be the count or the one thing counted: where the command
    /// does not tell, both readings must agree.
    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 lines")]
    fn count(&self, bound: &Bound, unit: &Unit, text: &str) -> Finding {
        let (things, form) = count_things(text);
        let holds = |number: f64| {
            if bound.holds(number) { Verdict::Met } else { Verdict::NotMet }
        };
        let counted = holds(things as f64);
        let (verdict, why) = match only_number(text) {
            Some(number) if counts(&self.scene.observed.command) || holds(number) == counted => {
                (holds(number), format!("the count is {number}"))
            }
            Some(number) => (
                Verdict::Unverified,
                format!(
                    "stdout is {}, in {things} line: which of them counts?",
                    self.scene.tell(&number.to_string())
                ),
            ),
            None if form == Form::Loose
                && unit.counting == Counting::Things
                && counted == Verdict::NotMet =>
            {
                (
                    Verdict::Unverified,
                    format!("{things} lines, which may not be {}", plural(&unit.noun)),
                )
            }
            None if form != Form::Table
                && unit.counting == Counting::Things
                && lines(text).any(tells_of_trouble) =>
            {
                let noun = plural(&unit.noun);
                (Verdict::Unverified, format!("some of {things} lines tell of trouble, not {noun}"))
            }
            None if form != Form::Table
                && counted == Verdict::Met
                && things > 0
                && tells_of_none(text) =>
            {
                let noun = plural(&unit.noun);
                (Verdict::Unverified, format!("the line may say that there are no {noun}"))
            }
            None if form == Form::Unreadable => {
                (Verdict::Unverified, "a JSON object has no rows to count".to_owned())
            }
            None => (counted, format!("{things} were counted")),
        };
        Finding::new(verdict, why)
    }

    fn length(&self, length: u64, unit: LengthUnit) -> Finding {
        let mut bytes = self.scene.observed.stdout.head.clone();
        bytes.extend_from_slice(&self.scene.observed.stdout.tail);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\n', '\r']);
        let found = match unit {
            LengthUnit::Characters => text.chars().count(),
            LengthUnit::Bytes => text.len(),
        };
        let verdict = if found as u64 == length { Verdict::Met } else { Verdict::NotMet };
        Finding::new(verdict, format!("stdout is {found} long"))
    }
}

fn not_kept() -> Finding {
    Finding::new(Verdict::Unverified, "the output was too long to keep whole")
}

fn exact(expected: &str, text: &str) -> Finding {
    if text.trim_end() == expected.trim_end()
        || (is_long_integer(expected) && text.trim() == expected)
    {
        return Finding::new(Verdict::Met, "stdout is just that");
    }
    Finding::new(Verdict::NotMet, "stdout differs")
}

fn has_no_rows(text: &str) -> bool {
    let table = Table::read(text);
    let vacant =
        table.is_some_and(|table| table.footer.map_or(table.rows.is_empty(), |rows| rows == 0.0));
    vacant || only_number(text) == Some(0.0) || text.trim() == "[]"
}

/// How an output lists things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    /// A JSON array, one word a line, or a sentence that says that there is none.
    Listed,
    Loose,
    Unreadable,
}

fn count_things(text: &str) -> (usize, Form) {
    if let Some(value) = super::json::read(text).filter(|v| v.is_array() || v.is_object()) {
        let items = value.as_array().or_else(|| value.get("items")?.as_array());
        return items.map_or((0, Form::Unreadable), |items| (items.len(), Form::Listed));
    }
    if let Some(table) = Table::read(text) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a footer is a small whole number"
        )]
        let stated = table.footer.map(|rows| rows as usize);
        return (stated.unwrap_or(table.rows.len()), Form::Table);
    }
    if says_none(text) {
        return (0, Form::Listed);
    }
    let words = lines(text).all(|line| line.split_whitespace().count() == 1);
    (lines(text).count(), if words { Form::Listed } else { Form::Loose })
}

/// `No resources found in default namespace.`
fn says_none(text: &str) -> bool {
    let mut all = lines(text);
    let (Some(line), None) = (all.next(), all.next()) else {
        return false;
    };
    let found = |rest: &str| has(&rest.to_lowercase(), &[" found", " available", " exist"]);
    after(line.trim(), "no").is_some_and(found) || is(line.trim(), "none|none found|none.")
}

/// A single line of prose that says that there is less: `There are no backups.`, `Total: 0`.
fn tells_of_none(text: &str) -> bool {
    let mut all = lines(text);
    let (Some(line), None) = (all.next(), all.next()) else {
        return false;
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let counted = |at: usize| {
        let next = words.get(at + 1).and_then(|word| word.chars().next());
        let labelled = at > 0 && words[at - 1].ends_with([':', '=']);
        at == 0 || labelled || next.is_some_and(char::is_lowercase)
    };
    let denied = |(at, word): (usize, &&str)| {
        super::text::denies(word) && (!word.starts_with('0') || counted(at))
    };
    !line.trim_start().starts_with(['[', '{']) && words.iter().enumerate().any(denied)
}

/// A line that reports an error or a warning is none of the things that are counted.
fn tells_of_trouble(line: &str) -> bool {
    let line = Line::of(line, Stream::Stdout);
    [Trouble::Errors, Trouble::Warnings].iter().any(|trouble| trouble.sight(&line) == Sight::Hit)
}

/// Whether a command prints a count.
fn counts(command: &str) -> bool {
    let lower = command.to_lowercase();
    ["wc ", "wc\n", "count", "length", "grep -c", " -c ", "nproc", " size"]
        .iter()
        .any(|sign| lower.contains(sign))
        || lower.trim_end().ends_with("wc")
}
