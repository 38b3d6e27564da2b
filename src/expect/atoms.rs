//! The rules of the vocabulary: each takes a whole clause or nothing.
//!
//! Comes in: one clause. Goes out: the node that it means. The rules are tried from the most
//! particular to the least; what is left at the end is a literal only if it is quoted or looks
//! like output. A word that a split has created must look like output to be more than English.

use super::absence::Trouble;
use super::check::{Check, Counting, Extent, LengthUnit, Node, Source, Unit, Vacancy};
use super::http::{Reason, Status};
use super::json::{self, Json};
use super::kinds::Kinds;
use super::literal::{Case, Literal, Place, Spelling, author_pattern, is_code_like, unquoted};
use super::number::{Bound, named};
use super::pairs::Pair;
use super::parse::{trailing_note, without_place, without_subject};
use super::rows::Rows;
use super::status::Demand;
use super::step::StepReference;
use super::version::Version;
use super::words::{after, bare, before, is, number_word, quote_end, singular, split};

/// Where a clause comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The author wrote just that.
    Whole,
    /// It is what a separator left of something longer.
    Split,
}

/// The rules, with the team's own nouns.
pub(super) struct Atoms<'k> {
    pub(super) kinds: &'k Kinds,
}

impl Atoms<'_> {
    /// The node that the whole of `text` means.
    pub(super) fn read(&self, text: &str, origin: Origin) -> Option<Node> {
        self.json(text)
            .or_else(|| self.kind(text))
            .or_else(|| exit(text))
            .or_else(|| vacancy(text, origin))
            .or_else(|| Rows::parse(text).map(Check::Rows).map(Node::check))
            .or_else(|| StepReference::parse(text).map(Check::Step).map(Node::check))
            .or_else(|| status(text, origin))
            .or_else(|| self.either(text))
            .or_else(|| refusal(text))
            .or_else(|| self.statuses_and_reasons(&split(text, &[" | ", " / ", "|", "/"])))
            .or_else(|| self.negation(text))
            .or_else(|| number(text, origin))
            .or_else(|| self.count(text))
            .or_else(|| length(text))
            .or_else(|| pattern(text))
            .or_else(|| Pair::parse(text).map(Check::Pair).map(Node::check))
            .or_else(|| contains(text))
            .or_else(|| self.streamed(text, origin))
            .or_else(|| self.spoken(text, origin))
            .or_else(|| listing(text))
            .or_else(|| literal(text, origin))
    }

    /// JSON as such, or in words: `valid JSON`, `JSON with id, name`, `Empty array`.
    pub(super) fn json(&self, text: &str) -> Option<Node> {
        let text = after(text, "body|json body|response|json")
            .map(|rest| rest.trim_start_matches([':', ' ']))
            .filter(|rest| rest.starts_with(['{', '[']))
            .unwrap_or(text);
        let text = if text.starts_with('`') { unquoted(text).unwrap_or(text) } else { text };
        Json::parse(text).or_else(|| json_in_words(text)).map(Check::Json).map(Node::check).or_else(
            || {
                let rest = after(text, "array of|json array of|an array of")?;
                Some(Node::all(vec![Node::check(full_array()), Node::residual(rest)]))
            },
        )
    }

    /// A team's own noun.
    fn kind(&self, text: &str) -> Option<Node> {
        let (listed, phrase) = match after(bare(text), "list of|only") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if let Some((noun, pattern)) = self.kinds.get(phrase) {
            let lines = ["log", "line", "entry", "message", "event", "record"];
            let plural = singular(bare(phrase)) != bare(phrase).to_lowercase();
            let extent = match listed {
                true => Extent::Every,
                false if lines.iter().any(|line| noun.ends_with(line)) => Extent::Any,
                false if plural => Extent::Every,
                false => Extent::One,
            };
            return Some(Node::check(Check::Kind(noun.to_owned(), pattern.clone(), extent)));
        }
        let (bound, phrase) = Bound::lead(text)?;
        let (noun, pattern) = self.kinds.get(phrase)?;
        Some(Node::check(Check::Kind(noun.to_owned(), pattern.clone(), Extent::Count(bound))))
    }

    /// `no X`, `not X`, `never X`, `without X`, `does not contain X`, `X is not listed`.
    fn negation(&self, text: &str) -> Option<Node> {
        if let Some(troubles) = Trouble::parse(text) {
            return Some(Node::all(
                troubles.into_iter().map(|t| Node::check(Check::NoTrouble(t))).collect(),
            ));
        }
        if let Some(rest) = before(text, ABSENT) {
            let literal = explicit(before(rest, "is|are").unwrap_or(rest))?;
            return Some(Node::check(Check::NoText(literal)));
        }
        let rest = after(without_subject(text), DENYING)?;
        let rest = after(rest, "any").unwrap_or(rest);
        let rest = without_place(rest);
        if is(rest, "empty|be empty") {
            return Some(Node::check(Check::NonEmpty));
        }
        let statuses = split(rest, &[", or ", " or ", " and ", ", ", "/"]);
        let statuses: Option<Vec<Status>> =
            statuses.into_iter().map(Status::parse_plural).collect();
        if let Some(statuses) = statuses {
            return Some(Node::all(
                statuses.into_iter().map(Check::NoHttp).map(Node::check).collect(),
            ));
        }
        if let Some(pair) = Pair::parse(rest) {
            return Some(Node::check(Check::NoPair(pair)));
        }
        let denied =
            before(rest, "lines|messages|entries|line|message|entry|anywhere").unwrap_or(rest);
        denied_literals(denied)
    }

    /// How many, as a typed form says it.
    pub(super) fn counted(&self, text: &str) -> Option<Node> {
        self.kind(text).or_else(|| vacancy(text, Origin::Whole)).or_else(|| self.count(text))
    }

    /// `3 rows`, `at least 1 image listed`, `4 "X" messages`.
    fn count(&self, text: &str) -> Option<Node> {
        let (bound, rest) = Bound::lead(text)?;
        let rest = without_place(rest);
        let rest = before(rest, COUNTED).unwrap_or(rest);
        if let Some(end) = quote_end(rest, 0) {
            let inner = unquoted(&rest[..end])?;
            let lines = "messages|message|lines|line|entries|entry|rows|times|matches";
            let literal = Literal::new(inner, Spelling::Quoted, Place::Anywhere, Case::Smart)?;
            return is(rest[end..].trim(), lines)
                .then(|| Node::check(Check::TextCount(literal, bound)));
        }
        let noun = singular(rest);
        let counting = match noun.as_str() {
            noun if is(noun, LINE_NOUNS) => Counting::Lines,
            noun if is(noun, THING_NOUNS) => Counting::Things,
            _ => return None,
        };
        Some(Node::check(match bound.is_zero() && bound == Bound::Is(0.0) {
            true => Check::Empty(Vacancy::Rows),
            false => Check::Count(bound, Unit { noun, counting }),
        }))
    }

    /// `stderr: X`, `X on stderr`.
    fn streamed(&self, text: &str, origin: Origin) -> Option<Node> {
        if is(
            text,
            "no stderr|empty stderr|stderr is empty|stderr empty|nothing on stderr|no output on stderr",
        ) {
            let mut node = Node::check(Check::Empty(Vacancy::Output));
            node.read_from(Source::Stderr);
            return Some(node);
        }
        let stderr = after(text, "stderr:|on stderr:|stderr contains|stderr has")
            .or_else(|| before(text, "on stderr|to stderr|in stderr"));
        let stdout = || {
            after(text, "stdout:|on stdout:|stdout contains|stdout has")
                .or_else(|| before(text, "on stdout|to stdout"))
        };
        let (rest, source) = match stderr {
            Some(rest) => (rest, Source::Stderr),
            None => (stdout()?, Source::Stdout),
        };
        let mut node = self.read(rest, origin)?;
        node.read_from(source);
        Some(node)
    }

    /// `should return X`, `prints X`: the rule for X.
    fn spoken(&self, text: &str, origin: Origin) -> Option<Node> {
        let text = without_subject(text);
        let denied = after(text, "should not|should never|must not|must never|will not|shouldn't");
        if let Some(rest) = denied {
            return self.spoken_denial(rest);
        }
        if let Some(rest) =
            after(text, "fails with|should fail with|fail with|rejected with|is rejected with")
        {
            let node = self.read(rest, Origin::Whole)?;
            let decides = node.demand() == Some(Demand::Any);
            let fails = Node::check(Check::Exit(Demand::NonZero));
            return Some(if decides { node } else { Node::all(vec![fails, node]) });
        }
        let bid = after(text, "should now|should also|should|must|will");
        let verb = after(bid.unwrap_or(text), if bid.is_some() { BARE_VERBS } else { VERBS });
        let rest = verb.or_else(|| bid.filter(|rest| after(rest, BARE_VERBS).is_none()))?;
        let rest = rest.trim_start_matches([':', ' ']);
        let meant = if bid.is_some() || origin == Origin::Whole || Status::parse(rest).is_some() {
            Origin::Whole
        } else {
            origin
        };
        let meant = if is_plain_word(rest) { Origin::Split } else { meant };
        (!rest.is_empty() && rest.len() < text.len()).then(|| self.read(rest, meant))?
    }

    fn spoken_denial(&self, rest: &str) -> Option<Node> {
        if is(rest, "be empty") {
            return Some(Node::check(Check::NonEmpty));
        }
        if is(rest, "fail") {
            return Some(Node::check(Check::Exit(Demand::Exactly(vec![0]))));
        }
        let object = after(rest, BARE_VERBS)?;
        let object = after(object, "any").unwrap_or(object);
        self.negation(&format!("no {object}"))
    }

    /// Statuses and reasons that the author set between slashes or bars: any of them.
    pub(super) fn statuses_and_reasons(&self, parts: &[&str]) -> Option<Node> {
        let statuses: Vec<Status> = parts.iter().filter_map(|part| Status::parse(part)).collect();
        if statuses.is_empty() || parts.len() < 2 {
            return None;
        }
        let nodes: Option<Vec<Node>> = parts
            .iter()
            .map(|part| {
                let own = statuses
                    .iter()
                    .any(|status| is(part, status.reasons()) && !status.is_failure());
                answer(part)
                    .or_else(|| Reason::parse(part).map(Check::Reason).map(Node::check))
                    .or_else(|| own.then(|| Node::All(Vec::new())))
            })
            .collect();
        let nodes: Vec<Node> = nodes?.into_iter().filter(|node| node.size() > 0).collect();
        Some(Node::any(nodes))
    }

    /// `401 or 404`, `"a", "b" or "c"`, `one of "a", "b"`: one of several things of one sort.
    fn either(&self, text: &str) -> Option<Node> {
        let said = after(text, "either|one of|any of");
        let parts = split(said.unwrap_or(text), &[", or ", " or "]);
        let listed: Vec<&str> = parts.iter().flat_map(|part| split(part, &[", "])).collect();
        let alternatives = listed.len() > 1 && (said.is_some() || parts.len() > 1);
        alternatives.then(|| self.same_sort(&listed)).flatten()
    }

    /// Alternatives of one sort: answers (statuses, quoted text), numbers, or literals.
    pub(super) fn same_sort(&self, parts: &[&str]) -> Option<Node> {
        let answers: Option<Vec<Node>> = parts.iter().map(|part| answer(part)).collect();
        let numbers = || -> Option<Vec<Node>> {
            parts
                .iter()
                .map(|part| Bound::parse(part).map(Check::Number).map(Node::check))
                .collect()
        };
        answers.or_else(numbers).map(Node::any).or_else(|| self.statuses_and_reasons(parts))
    }

    /// Every part, if all of them compile.
    pub(super) fn all_or_none(&self, parts: &[&str]) -> Option<Vec<Node>> {
        parts.iter().map(|part| self.read(part, Origin::Split)).collect()
    }
}

/// A status, a status with what it says, or quoted text.
fn answer(part: &str) -> Option<Node> {
    if let Some(status) = Status::parse(part) {
        return Some(Node::check(Check::Http(status)));
    }
    if let Some(inner) = unquoted(part) {
        let literal = Literal::new(inner, Spelling::Quoted, Place::Ladder, Case::Smart)?;
        return Some(Node::check(Check::Text(literal)));
    }
    let quoted = part.find(['"', '`', '“', '\''])?;
    let status = Status::parse(
        before(part[..quoted].trim(), "with|and|:").unwrap_or(part[..quoted].trim()),
    )?;
    let text =
        Literal::new(unquoted(&part[quoted..])?, Spelling::Quoted, Place::Anywhere, Case::Smart)?;
    Some(Node::all(vec![Node::check(Check::Http(status)), Node::check(Check::Text(text))]))
}

const ABSENT: &str = "\
     not listed|not present|not shown|not in output|not in the output|is gone|is absent|\
     absent|not in the list|never appears|does not appear|no longer listed|not visible";

const DENYING: &str = "\
     does not contain|doesn't contain|must not contain|should not contain|\
     does not include|does not mention|does not show|no longer contains|contains no|\
     shows no|no mention of|has no|not|no|never|without";

const BARE_VERBS: &str = "\
     return|show|see|be|print|output|list|contain|include|display|report|have|say|\
     produce|give|read|equal|answer|respond with|answer with";

const VERBS: &str = "\
     returns|shows|prints|outputs|lists|displays|reports|says|produces|gives|reads|\
     equals|returned|responds with|answers with|answers|see|output is|result is|output:|\
     result:|value is|printed|is|has";

const COUNTED: &str = "\
     listed|found|returned|shown|printed|displayed|present|exist|exists|total|in total|\
     of output";

const LINE_NOUNS: &str = "line|row|match|hit|result|entry|record|occurrence|output line|log line";

const THING_NOUNS: &str = "\
     pod|node|container|file|key|image|process|service|job|secret|secret name|user|\
     commit|branch|tag|deployment|replica|volume|device|rule|item|object|table|index|\
     topic|queue|worker|app|instance|host|server|backup|snapshot|module|package|release|\
     certificate|namespace|cluster|database|column|name|directory|folder|dyno|release";

const VAGUE: &str = "\
     same|unchanged|identical|varies|various|similar|different|anything|something|tbd|\
     n/a|optional|see|above|below|version|number|count|output|value|none|list|text|\
     string|table|yes|it|this|that|json|match|matches|nothing|everything|todo|unknown|\
     default|etc|and|or|expected|result|results|works|work|exists|present|listed";

/// Adjectives that a sentence may begin with.
const ADJECTIVES: &str = "\
     clean|done|green|good|fine|working|visible|accessible|reachable|valid|correct|\
     updated|installed|configured";

fn exit(text: &str) -> Option<Node> {
    if text == "FAIL" {
        let word = Literal::new(text, Spelling::Explicit, Place::Anywhere, Case::Exact)?;
        let alternatives =
            vec![Node::check(Check::Exit(Demand::NonZero)), Node::check(Check::Text(word))];
        return Some(Node::any(alternatives));
    }
    let demand = Demand::parse(text)?;
    if !text.contains(|c: char| c.is_lowercase() || c.is_ascii_digit()) {
        // `PASS` in capitals is what the tool prints.
        let word = Literal::new(text, Spelling::Word, Place::Anywhere, Case::Exact)?;
        return Some(Node::check(Check::Text(word)));
    }
    let exit = Node::check(Check::Exit(demand));
    if !text.contains('=') {
        return Some(exit);
    }
    let printed = Literal::new(text, Spelling::Explicit, Place::Anywhere, Case::Smart)?;
    Some(Node::any(vec![exit, Node::check(Check::Text(printed))]))
}

/// Nothing, or something.
fn vacancy(text: &str, origin: Origin) -> Option<Node> {
    const EMPTY: &str = "\
     empty|silent|(nothing)|(no output)|nothing is printed|nothing printed|nothing is returned|empty output|empty diff|an empty diff|no output|nothing|an empty output|\
     empty stdout|no stdout|empty string|no diff|no output at all|blank|prints nothing|\
     outputs nothing|returns nothing|no stdout output|output is empty|(empty)|\
     empty response";
    const NO_ROWS: &str = "\
     no rows|no lines|no match|no matches|no results|no result|no hits|no entries|\
     no records|empty list|an empty list|empty result|empty results|empty result set|\
     no items|no matching lines|no rows returned|returns no rows|zero rows|zero lines";
    const SOME: &str = "\
     non-empty|nonempty|non empty|not empty|some output|any output|non-empty output|\
     non-empty string|non-empty line|non-empty list|non-empty value|a non-empty list|\
     a non-empty string|a non-empty value|at least some output|prints something";
    const SOME_ALONE: &str = "match|matches|a match|a list";
    let check = if is(text, EMPTY) {
        Check::Empty(Vacancy::Output)
    } else if is(text, NO_ROWS) {
        Check::Empty(Vacancy::Rows)
    } else if is(text, SOME) || (origin == Origin::Whole && is(text, SOME_ALONE)) {
        Check::NonEmpty
    } else {
        return None;
    };
    Some(Node::check(check))
}

/// `unauthorized` and its kin, which need no status to be an answer.
fn refusal(text: &str) -> Option<Node> {
    const REFUSALS: &str = "unauthorized|unauthorised|unauthenticated|not authorized|forbidden|\
         access denied|permission denied";
    let reason = Reason::parse(text).filter(|_| is(text, REFUSALS))?;
    Some(Node::check(Check::Reason(reason)))
}

/// A status; a bare number only where the author wrote nothing else.
fn status(text: &str, origin: Origin) -> Option<Node> {
    let bare_number = text.len() <= 3;
    let status = Status::parse(text).filter(|_| origin == Origin::Whole || !bare_number)?;
    Some(Node::check(Check::Http(status)))
}

fn number(text: &str, origin: Origin) -> Option<Node> {
    if let Some(version) = Version::parse(text) {
        return Some(Node::check(Check::Version(version)));
    }
    if let (Some(bound), Some(pair)) = (named(text), Pair::parse(text)) {
        return Some(Node::check(Check::Named(bound, pair)));
    }
    if let Some(bound) = named(text) {
        return Some(Node::check(Check::Number(bound)));
    }
    let bound = Bound::parse(text)?;
    let only_digits = matches!(bound, Bound::Is(_) | Bound::Between(..));
    (origin == Origin::Whole || !only_digits).then(|| Node::check(Check::Number(bound)))
}

/// `the first 8 chars of X`, `exactly 40 characters`.
fn length(text: &str) -> Option<Node> {
    let rest = after(text, "the first|first|exactly|a string of").unwrap_or(text);
    let end = rest.find(|c: char| !c.is_alphanumeric())?;
    let length: u64 = match rest[..end].parse() {
        Ok(length) => length,
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most twelve"
        )]
        Err(_) => number_word(&rest[..end])? as u64,
    };
    let rest = rest[end..].trim_start_matches([' ', '-']);
    let (unit, rest) = match after(rest, "characters|chars|character|char|letters") {
        Some(rest) => (LengthUnit::Characters, rest),
        None => (LengthUnit::Bytes, after(rest, "bytes|byte")?),
    };
    let check = Node::check(Check::Length(length, unit));
    if rest.is_empty() || is(rest, "long|in length") {
        return Some(check);
    }
    let noted = trailing_note(rest).is_some();
    after(rest, "of").filter(|_| !noted).map(|_| Node::all(vec![check, Node::residual(rest)]))
}

fn pattern(text: &str) -> Option<Node> {
    if let Some(rest) = after(text, "regex:|regexp:") {
        return author_pattern(rest).ok().map(Check::Pattern).map(Node::check);
    }
    let alone =
        text.len() > 2 && text.starts_with('/') && (text.ends_with('/') || text.ends_with("/i"));
    if alone && text.contains(['^', '$', '\\', '[', '*', '+']) {
        return author_pattern(text).ok().map(Check::Pattern).map(Node::check);
    }
    let rest = after(
        text,
        "\
     matches|matching|should match|must match|output matches|a line matching",
    )?;
    let rest = after(rest, "regex|the regex|pattern|the pattern").unwrap_or(rest);
    let slashed =
        rest.len() > 2 && rest.starts_with('/') && (rest.ends_with('/') || rest.ends_with("/i"));
    slashed.then(|| author_pattern(rest).ok().map(Check::Pattern).map(Node::check))?
}

/// `contains "x"`, `includes X_Y`, `"x" in output`, `"x" is listed`.
fn contains(text: &str) -> Option<Node> {
    const VERBS: &str = "\
     contains|contain|includes|include|mentions|mention|containing|including|\
     should contain|should include|must contain|must include|should mention|shows|lists|\
     prints|a line containing|line containing|lines containing|with|has";
    const PRESENT: &str = "\
     messages|message|in output|in the output|lines|line|entries|entry|listed|is listed|\
     appears|is present|present|in the list|is shown|shown|exists|in the logs|in logs|\
     in log|is in the output|is in the list|printed|is printed|are listed|marker|\
     in the response";
    if let Some(rest) = after(without_subject(text), VERBS) {
        return literals(without_place(rest));
    }
    let rest = before(text, PRESENT)?;
    let rest = before(rest, "is|are").unwrap_or(rest);
    literals(rest)
}

/// One explicit literal, or several of them joined in one way.
fn literals(text: &str) -> Option<Node> {
    if let Some(literal) = explicit(text) {
        return Some(Node::check(Check::Text(literal.placed(Place::Anywhere))));
    }
    let both = split(text, &[", and ", " and ", ", "]);
    let either = split(text, &[", or ", " or "]);
    let (parts, join): (_, fn(Vec<Node>) -> Node) = match (both.len(), either.len()) {
        (2.., 1) => (both, Node::all),
        (1, 2..) => (either, Node::any),
        _ => return None,
    };
    let nodes: Option<Vec<Node>> = parts
        .iter()
        .map(|part| explicit(part).map(|l| Node::check(Check::Text(l.placed(Place::Anywhere)))))
        .collect();
    nodes.map(join)
}

fn denied_literals(text: &str) -> Option<Node> {
    let parts = split(text, &[", or ", " or ", ", ", "/"]);
    let denied = |part: &&str| {
        let number = part.starts_with(|c: char| c.is_ascii_digit());
        let loud = unquoted(part).is_some() || (is_code_like(part) && !number);
        explicit(part).filter(|_| loud).map(|literal| Node::check(Check::NoText(literal)))
    };
    if let Some(node) = denied(&text) {
        return Some(node);
    }
    let nodes: Option<Vec<Node>> = parts.iter().map(|part| denied(&part.trim())).collect();
    nodes.map(Node::all)
}

/// Quoted or code-like text.
fn explicit(text: &str) -> Option<Literal> {
    let literal = Literal::parse(text)?;
    (literal.spelling == Spelling::Quoted || is_code_like(text)).then_some(literal)
}

/// `a list of X`, `lines like X`, `X logs`: something must be there; what it is, a person says.
fn listing(text: &str) -> Option<Node> {
    const DENIED: &str =
        "no|not|never|without|none|only|check|see|view|look|inspect|tail|follow|watch";
    let words = super::words::plain_words(text, super::words::Protected::Quotes);
    if words.iter().any(|word| is(word, DENIED)) || trailing_note(text).is_some() {
        return None;
    }
    let listed =
        after(bare(text), "list of|non-empty list of|nonempty list of|table of|non-empty table of");
    let lines = after(bare(text), "lines like|lines containing|lines of|output of|some");
    let logs = before(text, "logs|log lines|log entries|log messages|lines|entries");
    let rest = match (listed, lines, logs) {
        (Some(rest), ..) => rest,
        (_, Some(rest), _) if !rest.is_empty() => rest,
        (_, _, Some(adjectives)) if !adjectives.is_empty() && words.len() <= 8 => text,
        _ => return None,
    };
    if logs.is_some() && listed.is_none() && text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = split(rest, &[", ", " and ", " with ", "; ", " or ", " but "]).len() == 1
        || listed.is_some();
    (plain && !rest.is_empty())
        .then(|| Node::all(vec![Node::check(Check::NonEmpty), Node::residual(rest)]))
}

fn literal(text: &str, origin: Origin) -> Option<Node> {
    let literal = Literal::parse(text)?;
    let quoted = literal.spelling == Spelling::Quoted;
    let approximate = text.contains(['~', '≈', '…']) && !text.contains('/') || text.ends_with('?');
    let word = super::text::without_marks(text);
    let usable = quoted
        || (!is(word, VAGUE) && !approximate && (origin == Origin::Whole || is_code_like(word)));
    let literal =
        match is(word, ADJECTIVES) && !quoted && word.len() > 2 && word != word.to_uppercase() {
            true => literal.spelled(Spelling::Word),
            false => literal,
        };
    usable.then(|| Node::check(Check::Text(literal)))
}

fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase())
}

fn full_array() -> Check {
    Check::Json(Json { demand: json::Demand::Keys(json::Kind::FullArray, Vec::new()) })
}

/// `valid JSON`, `a JSON object with id, name`, `Empty array`.
fn json_in_words(text: &str) -> Option<Json> {
    if is(text, "empty array|an empty array|empty json array") {
        return Json::equals("[]");
    }
    if is(text, "empty object|an empty object|empty json object") {
        return Json::equals("{}");
    }
    if is(text, "non-empty array|a non-empty array|non-empty json array") {
        return Some(Json { demand: json::Demand::Keys(json::Kind::FullArray, Vec::new()) });
    }
    let rest = after(bare(text), "valid json|json|well-formed json")?;
    let (kind, rest) = match () {
        () if after(rest, "object").is_some() => (json::Kind::Object, after(rest, "object")?),
        () if after(rest, "array").is_some() => (json::Kind::Array, after(rest, "array")?),
        () => {
            (json::Kind::Any, after(rest, "response|body|output|document|result").unwrap_or(rest))
        }
    };
    if rest.is_empty() {
        return Some(Json { demand: json::Demand::Keys(kind, Vec::new()) });
    }
    let listed = after(
        rest,
        "\
     with keys|with fields|with|containing|that contains|including|having",
    )?;
    let listed = before(listed, "field|fields|key|keys").unwrap_or(listed);
    Some(Json { demand: json::Demand::Keys(kind, keys(listed)?) })
}

fn keys(listed: &str) -> Option<Vec<String>> {
    let parts = split(listed, &[", and ", " and ", ", "]);
    let parts: Vec<&str> =
        parts.into_iter().filter(|part| !matches!(*part, "..." | "…" | "etc" | "")).collect();
    let name = |part: &&str| -> Option<String> {
        let inner = unquoted(part).unwrap_or(part);
        let identifier = inner.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        identifier.then(|| inner.to_owned())
    };
    let loud =
        parts.len() > 2 || parts.iter().any(|part| unquoted(part).is_some() || is_code_like(part));
    let names: Option<Vec<String>> = parts.iter().map(name).collect();
    names.filter(|names| loud && !names.is_empty())
}
