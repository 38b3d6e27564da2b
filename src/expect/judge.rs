//! The verdict: three-valued logic over the tree of checks.
//!
//! Comes in: the tree, what each check's lines said ([`Tally`]) and the [`Scene`]. Goes out: a
//! [`Judgement`]. `met` needs positive evidence; `not met` a contradiction or the absence of
//! something explicit; the rest is a person's. How a single check is judged is in `verdicts`.

use std::slice::Iter;

use super::check::{Check, Leaf, Node, Residual};
use super::status::{self, Decided, Demand};
use super::text::brief;
use super::verdicts::judge_leaf;
use super::watch::{Progress, Seen, Tally};
use super::{CheckResult, Ended, Expectation, Finding, Judgement, Observed, Record, Verdict};

/// What a segment did, ready for checks to look at.
pub(super) struct Scene<'a> {
    pub(super) observed: &'a Observed,
    pub(super) record: &'a dyn Record,
    /// Whole outputs, where they were kept whole.
    pub(super) stdout: Option<String>,
    pub(super) stderr: Option<String>,
    pub(super) seen: Seen,
    secrecy: Secrecy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    Hidden,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        observed: &'a Observed,
        record: &'a dyn Record,
        (stdout, stderr): (Option<String>, Option<String>),
        seen: Seen,
        expectation: &Expectation,
    ) -> Scene<'a> {
        let hidden = observed.sensitive || expectation.is_sensitive();
        let secrecy = if hidden { Secrecy::Hidden } else { Secrecy::Open };
        Scene { observed, record, stdout, stderr, seen, secrecy }
    }

    /// Output as evidence: quoted, or only its length and classes where it may be secret.
    pub(super) fn tell(&self, text: &str) -> String {
        match self.secrecy {
            Secrecy::Open => format!("`{}`", brief(text)),
            Secrecy::Hidden => classes(text),
        }
    }

    pub(super) fn is_silent(&self) -> bool {
        let silent =
            |output: &super::Output| output.lines == 0 && output.head.trim_ascii().is_empty();
        silent(&self.observed.stdout) && silent(&self.observed.stderr)
    }
}

/// `12 characters (letters, digits)`.
fn classes(text: &str) -> String {
    let text = text.trim();
    let mut found = Vec::new();
    if text.contains(char::is_alphabetic) {
        found.push("letters");
    }
    if text.contains(|c: char| c.is_ascii_digit()) {
        found.push("digits");
    }
    if text.contains(|c: char| !c.is_alphanumeric()) {
        found.push("others");
    }
    format!("{} characters ({})", text.chars().count(), found.join(", "))
}

/// How far the tree is decided by what was seen so far, whatever may still come.
pub(super) fn progress(tree: &Node, tallies: &[Tally]) -> Progress {
    match so_far(tree, &mut tallies.iter(), Absence::Open) {
        Verdict::Met => Progress::Met,
        Verdict::NotMet => Progress::NotMet,
        Verdict::Unverified if !awaits_something(tree) => Progress::Undecided,
        Verdict::Unverified => match so_far(tree, &mut tallies.iter(), Absence::Granted) {
            Verdict::Met => Progress::Holding,
            Verdict::NotMet | Verdict::Unverified => Progress::Undecided,
        },
    }
}

/// What is to be thought of something that must not come and has not come yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// It may still come.
    Open,
    /// It is taken for granted that it will not.
    Granted,
}

/// Whether the tree has a check that needs something to come.
fn awaits_something(node: &Node) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(awaits_something),
        Node::Check(leaf) => !leaf.check.is_negative(),
        Node::Residual(_) => false,
    }
}

fn so_far(node: &Node, tallies: &mut Iter<'_, Tally>, absence: Absence) -> Verdict {
    let mut each = |nodes: &[Node]| -> Vec<Verdict> {
        nodes.iter().map(|node| so_far(node, tallies, absence)).collect()
    };
    match node {
        Node::All(nodes) => all(&each(nodes)),
        Node::Any(nodes) => any(&each(nodes)),
        Node::Check(leaf) => {
            tallies.next().map_or(Verdict::Unverified, |t| leaf_so_far(leaf, t, absence))
        }
        Node::Residual(residual) => residual
            .verbatim
            .as_ref()
            .and_then(|_| tallies.next())
            .filter(|tally| tally.hits > 0)
            .map_or(Verdict::Unverified, |_| Verdict::Met),
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 lines")]
fn leaf_so_far(leaf: &Leaf, tally: &Tally, absence: Absence) -> Verdict {
    use super::check::Extent;
    let seen = match &leaf.check {
        check if check.is_negative() && tally.hits > 0 => return Verdict::NotMet,
        check if check.is_negative() => absence == Absence::Granted,
        Check::Kind(_, _, Extent::Every) if tally.against > 0 => return Verdict::NotMet,
        Check::Text(literal) if literal.is_bare_value() => false,
        Check::NonEmpty => tally.lines > 0,
        Check::Text(_) | Check::Http(_) | Check::Reason(_) if tally.against > 0 => false,
        Check::Text(_)
        | Check::TextWithNote(..)
        | Check::Http(_)
        | Check::Reason(_)
        | Check::Pattern(_)
        | Check::Kind(_, _, Extent::Any) => tally.hits > 0,
        Check::TextCount(_, bound) | Check::Kind(_, _, Extent::Count(bound)) => {
            bound.only_grows() && bound.holds(tally.hits as f64)
        }
        _ => false,
    };
    if seen { Verdict::Met } else { Verdict::Unverified }
}

/// AND: not-met dominates, then unverified.
fn all(verdicts: &[Verdict]) -> Verdict {
    let worst = [Verdict::NotMet, Verdict::Unverified].into_iter().find(|v| verdicts.contains(v));
    worst.unwrap_or(Verdict::Met)
}

/// OR: met dominates, then unverified.
fn any(verdicts: &[Verdict]) -> Verdict {
    let best = [Verdict::Met, Verdict::Unverified].into_iter().find(|v| verdicts.contains(v));
    best.unwrap_or(Verdict::NotMet)
}

/// What the expectation says of the scene.
pub(super) fn judge(expectation: &Expectation, tallies: &[Tally], scene: &Scene<'_>) -> Judgement {
    let tree = &expectation.tree;
    let decided = match progress(tree, tallies) {
        Progress::Met => Decided::Yes,
        _ => Decided::No,
    };
    let demand = tree.demand().unwrap_or(Demand::Success);
    let status = status::judge(&demand, scene.observed, decided);
    let bench = Bench { scene, decided, demand: &demand, ran: status.verdict };
    let mut report = Report::default();
    let parts = match tree {
        Node::All(nodes) => nodes.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut tallies = tallies.iter();
    for part in parts {
        report.part(part, bench.node(part, &mut tallies));
    }
    // The failure that the prose speaks of is the one that the output has word for word.
    let told = demand == Demand::Unclear && report.residual.is_empty();
    let demand = if told { Demand::Any } else { demand };
    let status = if told { status::judge(&demand, scene.observed, decided) } else { status };
    if reports_status(&demand, parts, &status) {
        report.first(demand.describe(), status);
    }
    report.finish()
}

/// The status is a check of its own unless the author's words about it are one already, or the
/// text decides and nothing is wrong with the status itself.
pub(super) fn reports_status(demand: &Demand, parts: &[Node], status: &Finding) -> bool {
    let said = parts
        .iter()
        .any(|part| matches!(part, Node::Check(leaf) if matches!(leaf.check, Check::Exit(_))));
    !said
        && (status.verdict == Verdict::NotMet || !matches!(demand, Demand::Any | Demand::PerBranch))
}

/// Where single nodes are judged.
pub(super) struct Bench<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) decided: Decided,
    demand: &'a Demand,
    /// Whether the command ran and ended as demanded: what an absence needs as evidence.
    pub(super) ran: Verdict,
}

impl Bench<'_> {
    fn node(&self, node: &Node, tallies: &mut Iter<'_, Tally>) -> Finding {
        match node {
            Node::All(nodes) => {
                decisive(nodes.iter().map(|node| self.node(node, tallies)).collect(), all)
            }
            Node::Any(nodes) => {
                decisive(nodes.iter().map(|node| self.branch(node, tallies)).collect(), any)
            }
            Node::Check(leaf) => tallies.next().map_or_else(
                || Finding::new(Verdict::Unverified, "nothing was looked at"),
                |tally| self.trusted(leaf, judge_leaf(leaf, tally, self)),
            ),
            Node::Residual(residual) => self.residual(residual, tallies),
        }
    }

    /// What would be found as well if a command had failed unseen and printed nothing is no evidence.
    fn trusted(&self, leaf: &Leaf, finding: Finding) -> Finding {
        let observed = self.scene.observed;
        let Some(name) = observed.unseen.as_deref().filter(|_| finding.verdict == Verdict::Met)
        else {
            return finding;
        };
        if !leaf.check.holds_without_output(&observed.command) && !self.scene.is_silent() {
            return finding;
        }
        let who = if name.is_empty() { "a command".to_owned() } else { format!("`{name}`") };
        let why = format!(
            "{}, but so it would if {who} had failed inside `$( )` or `<( )`, where nobody sees that",
            finding.why
        );
        Finding::new(Verdict::Unverified, why)
    }

    /// An alternative, with the exit status that it demands where they differ.
    fn branch(&self, node: &Node, tallies: &mut Iter<'_, Tally>) -> Finding {
        let finding = self.node(node, tallies);
        if *self.demand != Demand::PerBranch {
            return finding;
        }
        let demand = node.demand().unwrap_or(Demand::Success);
        let status = status::judge(&demand, self.scene.observed, self.decided);
        decisive(vec![finding, status], all)
    }

    fn residual(&self, residual: &Residual, tallies: &mut Iter<'_, Tally>) -> Finding {
        let tally = residual.verbatim.as_ref().and_then(|_| tallies.next());
        match tally.and_then(|tally| tally.first_hit.as_ref()) {
            Some(line) => Finding::new(
                Verdict::Met,
                format!("the output says so word for word: {}", self.scene.tell(line)),
            ),
            None => Finding::new(Verdict::Unverified, "a person must judge"),
        }
    }

    /// Why the absence of something proves nothing here.
    pub(super) fn absence_proves_nothing(&self) -> Option<&'static str> {
        if self.ran != Verdict::Met {
            return Some("the command failed: that something is absent proves nothing");
        }
        if self.scene.observed.ended == Ended::Stopped && self.scene.is_silent() {
            return Some("nothing was printed before it was stopped");
        }
        if status::status_is_masked(&self.scene.observed.command) && self.scene.is_silent() {
            return Some("the command hides its own exit status and printed nothing");
        }
        None
    }
}

/// The joined verdict with the sentence of the finding that decided it.
fn decisive(findings: Vec<Finding>, join: fn(&[Verdict]) -> Verdict) -> Finding {
    let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
    let verdict = join(&verdicts);
    let mut deciding: Vec<String> = Vec::new();
    for finding in findings.into_iter().filter(|finding| finding.verdict == verdict) {
        if !deciding.contains(&finding.why) {
            deciding.push(finding.why);
        }
    }
    let why = match verdict {
        Verdict::Met => deciding.into_iter().next().unwrap_or_default(),
        _ => deciding.join("; "),
    };
    Finding { verdict, why }
}

/// The judgement as it grows, part by part.
#[derive(Default)]
struct Report {
    checks: Vec<CheckResult>,
    residual: Vec<String>,
}

impl Report {
    fn add(&mut self, text: String, finding: Finding) {
        self.checks.push(CheckResult { text, verdict: finding.verdict, why: finding.why });
    }

    fn first(&mut self, text: String, finding: Finding) {
        self.add(text, finding);
        self.checks.rotate_right(1);
    }

    fn part(&mut self, part: &Node, finding: Finding) {
        if finding.verdict == Verdict::Unverified || !part.is_prose() {
            self.residual.extend(match finding.verdict {
                Verdict::Met => Vec::new(),
                _ => part.words().into_iter().map(str::to_owned).collect::<Vec<_>>(),
            });
        }
        match part {
            _ if part.is_prose() && finding.verdict == Verdict::Unverified => {}
            Node::Residual(residual) => {
                self.add(format!("the output has the text “{}”", residual.words), finding);
            }
            _ => self.add(part.describe(), finding),
        }
    }

    fn finish(self) -> Judgement {
        let mut verdicts: Vec<Verdict> = self.checks.iter().map(|check| check.verdict).collect();
        if !self.residual.is_empty() || verdicts.is_empty() {
            verdicts.push(Verdict::Unverified);
        }
        let verdict = all(&verdicts);
        let residual = (!self.residual.is_empty()).then(|| self.residual.join("; "));
        Judgement { verdict, checks: self.checks, residual }
    }
}
