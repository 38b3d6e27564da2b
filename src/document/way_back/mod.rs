//! What a sentence says about the way back: at which step it ends.
//!
//! Comes in: a sentence of prose, and whether it stands where undoing is spoken of. Goes out: the
//! step that it names, or that it is the one it stands in; mostly nothing. The phrases are those of
//! real runbooks. A phrase counts as a whole or not at all: `Wait until step 3 has finished` says
//! nothing about the way back.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// Where the way back ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// At a step that is named: once it is done, there is only the way forward.
    Step(String),
    /// At the step after one that is named.
    StepAfter(String),
    /// At the step in which the sentence stands.
    Here,
}

/// Where a sentence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// In a section, or a paragraph, about undoing.
    Undoing,
    /// Anywhere else.
    Anything,
}

/// Longer ones are no sentences.
const LONGEST: usize = 800;

/// A step that is named, or its end; its number is the group `id`.
const STEP: &str = r"(?:(?:the )?(?:end|completion) of )?(?:the )?(?:step|phase|stage) #?(?P<id>\d{1,3}(?:\.\d{1,3}){0,2}[a-z]?)\b(?: ?\([^()]{0,60}\))?";
/// That it is done, or under way.
const DONE: &str = r"(?: (?:is|was|has been|gets) (?:\w+ly )?(?:done|completed?|finished|executed|run|applied|performed|carried out|reached|passed|committed|confirmed|taken|started|begun)| (?:completes|finishes|runs|begins|starts|succeeds|lands))?";
const UNTIL: &str =
    r"(?P<until>until|till|up until|up to and including|up to|before|prior to|through)";
const AFTER: &str = r"(?:after|once|past|beyond|following|from)";
/// Where a part of a sentence ends.
const STOP: &str = r"(?:$|[,.:)]| -| (?:and|or|when|because|since|but|as|by|without|which|succeeds|drops|deletes|removes|revokes)\b)";
/// That it can be undone.
const POSSIBLE: &str = concat!(
    r"(?:(?:can|may|could) (?:(?:still|always|safely|easily|simply|also) )*(?:be )?(?:\w+ly )?",
    r"(?:roll(?:ed)?[ -]?back|revert(?:ed)?|undone?|backed out|back out|reversed?|abort(?:ed)?|go back|turn back|switch(?:ed)? back)",
    r"|(?:(?:^|[,:(] )(?:all |fully |everything )?|\b(?:is|are|remains?|stays?) (?:(?:still|all|each|\w+ly) ){0,2})(?:reversible|revertible)",
    r"|(?:roll[ -]?back|rolling back|reverting|undoing|backing out|aborting|way back)(?: \w+){0,2}? (?:is|remains|stays) (?:(?:still|always|\w+ly) )?(?:possible|available|safe|trivial|easy|clean|cheap|supported))"
);
/// That it cannot.
const IMPOSSIBLE: &str = concat!(
    r"(?:\bno(?: \w+)? (?:way back|roll[ -]?back)\b|\bno (?:going back|turning back|return|undo|undoing)\b",
    r"|(?:can ?not|can't|can no longer|(?:not|no longer) possible to|impossible to) (?:(?:simply|easily|safely|be) )*(?:undone?|undo|roll(?:ed)?[ -]?back|revert(?:ed)?|reversed?|go back|turn back|backed out|back out)",
    r"|(?:is|are|becomes?) (?:\w+ly )?(?:irreversible|irrevocable|not reversible|no longer reversible)|\birreversible",
    r"|(?:roll[ -]?back|reverting|undoing)(?: \w+){0,3}? (?:is|becomes) (?:no longer possible|not possible|impossible|no longer available|not supported|no longer supported)",
    r"|(?:do not|don't|never|must not|mustn't|should not|shouldn't) (?:(?:ever|try to|attempt to|attempt a|be) )*(?:roll(?:ed)?[ -]?back|revert(?:ed)?|undo|undone|back out)",
    r"|only (?:way|path|option|direction)(?: left)? is (?:to (?:go|roll|fix) )?forward|forward[ -]only|only (?:roll|fix|go)(?:ing)?[ -]forward|only forward)"
);
/// What may follow on that: what cannot be undone, why, or nothing.
const OBJECT: &str = r"^(?:$|[,.:)]| -| (?:this|it|them|anything|to|any ?more|from|because|since|as|and|or|but|at all|is possible|exists|(?:the|your) (?:change|migration|rotation|upgrade|cutover|switch|deployment|procedure|operation|old)s?)\b)";
/// That a step cannot be undone, behind its name.
const IS_FINAL: &str = r"(?: itself)? (?:(?:is|are) (?:\w+ly )?(?:irreversible|irrevocable|not reversible)|(?:can ?not|can't) be (?:undone|reversed|rolled back|reverted))\b";

/// Everything that is looked for.
struct Phrases {
    possible_until: Regex,
    until_possible: Regex,
    after_impossible: Regex,
    impossible_after: Regex,
    nothing_before: Regex,
    step_is_point: Regex,
    point_is_step: Regex,
    point_here: Regex,
    step_is_final: Regex,
    this_is_final: Regex,
    possible: Regex,
    impossible: Regex,
    object: Regex,
    /// Words that turn a sentence into its opposite.
    against: Regex,
    /// The same, and what only orders or forbids.
    no_state: Regex,
    /// How things are while there is a way back.
    state: Regex,
    /// Conditions: what holds only sometimes is no property of a step.
    only_if: Regex,
    /// Words before the point of no return that say that this is not it.
    not_it: Regex,
    none: Regex,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    // The text is ASCII by then: without the tables of Unicode a pattern is compiled in no time.
    let new =
        |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().expect("a valid pattern");
    let point = r"point of no return";
    Phrases {
        possible_until: new(&format!(
            r"{POSSIBLE}(?P<gap>[^;:]{{0,60}}?) {UNTIL} {STEP}{DONE}{STOP}"
        )),
        until_possible: new(&format!(
            r"^(?P<lead>(?:roll[ -]?back|rolling back|reverting|undo)(?: plan| procedure)?: )?(?P<all>everything |anything )?{UNTIL} {STEP}{DONE},? (?P<main>.+)$"
        )),
        after_impossible: new(&format!(
            r"(?:^|[,:(-] ?|\b(?:and|but|because|since|as) ){AFTER} {STEP}{DONE}(?: on(?:wards?)?)?,? (?P<main>.+)$"
        )),
        impossible_after: new(&format!(
            r"{IMPOSSIBLE}(?P<gap>[^.;:]{{0,40}}?) {AFTER} {STEP}{DONE}(?: on(?:wards?)?)?{STOP}"
        )),
        nothing_before: new(&format!(
            r"\bnothing (?:\w+ ){{0,3}}?(?:is|becomes|gets) irreversible (?P<until>until|before|up to) {STEP}{DONE}{STOP}"
        )),
        step_is_point: new(&format!(
            r"{STEP}(?P<more>(?: \w+){{0,2}}?),? (?:is|marks|which is|being|becomes|will be) (?:the|our|a|your) (?:\w+ )?{point}"
        )),
        point_is_step: new(&format!(
            r"{point}(?: for [^.;:,]{{1,40}}| here)?(?:\W{{1,4}}|\W+(?:is|at|after|before|in|with|comes (?:at|with|in|after)|the (?:start|end|beginning) of) ){{1,3}}{STEP}"
        )),
        point_here: new(&format!(
            r"^(?:(?:warning|caution|important|danger|note|attention)\W+)?(?P<this>this (?:step )?is )?(?:the |our |a )?{point}\b(?P<rest>.*)$"
        )),
        step_is_final: new(&format!("{STEP}{IS_FINAL}")),
        this_is_final: new(&format!(
            r"\bthis (?:step|action|operation|command)(?:,? (?:as|because|since|and))?(?: it)?{IS_FINAL}"
        )),
        possible: new(POSSIBLE),
        impossible: new(&format!(r"^[^,:]{{0,40}}?(?:{IMPOSSIBLE})")),
        object: new(OBJECT),
        against: new(
            r"\b(?:no|not|never|nothing|cannot|can't|don't|doesn't|isn't|without|nobody|neither|nor|unless)\b",
        ),
        no_state: new(
            r"\b(?:no|not|never|cannot|can't|don't|isn't|must|should|wait|needs? to|unless|nothing to)\b",
        ),
        state: new(
            r"\b(?:both|still (?:there|present|running|up|exists?|holds?|serv\w+|authoritative)|valid|works?|working|intact|untouched|in place|unchanged|remains?|stays?|you can|nothing (?:has been|is|was) (?:written|lost|changed|deleted|dropped|removed))\b",
        ),
        only_if: new(r"\b(?:if|unless|until|whether|only when)\b"),
        not_it: new(
            r"\b(?:no|not|never|isn't|(?:before|until|past|after|beyond|near|approaching|reach(?:es|ed|ing)?) (?:the|our|a|this)) (?:the |our |a )?point of no return",
        ),
        none: new(r"^\W*(?:none|n/a|nil|tbd|not |no |there is no|steps?\b|<|\?)"),
    }
});

/// Where a sentence says that the way back ends.
pub(super) fn end(sentence: &str, about: About) -> Option<End> {
    if sentence.len() > LONGEST {
        return None;
    }
    let text = plain(sentence);
    if !WORDS.iter().any(|word| text.contains(word)) {
        return None;
    }
    let phrases = &*PHRASES;
    phrases
        .point(&text)
        .or_else(|| phrases.before(&text, about))
        .or_else(|| phrases.after(&text))
        .or_else(|| phrases.is_final(&text))
}

/// Whether a heading, or a part of one, says no more than that it is the point of no return, or that
/// what it names cannot be undone.
pub(super) fn marks(heading: &str) -> bool {
    let text = plain(heading);
    let point = text.contains("point of no return") && !PHRASES.not_it.is_match(text.as_bytes());
    point
        || ["(irreversible)", "(not reversible)", "(cannot be undone)"]
            .iter()
            .any(|it| text.contains(it))
}

/// The sentences of a text.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let ends = rest.match_indices(['.', '!', '?', ';']).map(|(at, _)| at + 1);
        let end =
            ends.into_iter().find(|at| rest[*at..].is_empty() || rest[*at..].starts_with(' '));
        let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(sentence)
    })
}

/// Words of which every phrase has one.
const WORDS: [&str; 14] = [
    "revers", "revert", "roll", "undo", "back", "return", "forward", "abort", "irrevoc", "until",
    "till", "before", "up to", "prior to",
];

/// Whether a text names a step, or something else that there may be no way back from, and has a word
/// about that.
pub(super) fn is_worth_a_look(text: &str) -> bool {
    const NAMES: [&str; 7] =
        ["step ", "phase ", "stage ", "no return", "this action", "this command", "this operation"];
    let text = text.to_ascii_lowercase();
    [&NAMES[..], &WORDS[..]].iter().all(|words| words.iter().any(|word| text.contains(word)))
}

/// The text in lowercase ASCII with single blanks, without what is no word before it and the sign that
/// ends it.
fn plain(sentence: &str) -> String {
    let plain = |c: char| match c {
        '’' | '‘' => '\'',
        '—' | '–' | '‐' | '‑' => '-',
        c if c.is_whitespace() => ' ',
        c if c.is_ascii() => c.to_ascii_lowercase(),
        _ => '~',
    };
    let text: String = sentence.chars().map(plain).collect();
    let text = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    text.trim_end_matches(['.', '!', '?', ';']).to_owned()
}

/// A part of a match.
fn part<'t>(found: &Captures<'t>, name: &str) -> &'t str {
    let bytes = found.name(name).map_or(&b""[..], |part| part.as_bytes());
    std::str::from_utf8(bytes).expect("the text is ASCII")
}

impl Phrases {
    /// `Step 6 is the point of no return`.
    fn point(&self, text: &str) -> Option<End> {
        if !text.contains("point of no return") || self.not_it.is_match(text.as_bytes()) {
            return None;
        }
        let is_point = self.step_is_point.captures(text.as_bytes());
        let is_point = is_point.filter(|found| !is_elsewhere(part(found, "more").trim_start()));
        let named = is_point.or_else(|| self.point_is_step.captures(text.as_bytes()));
        if let Some(found) = named {
            return Some(End::Step(part(&found, "id").to_owned()));
        }
        let found = self.point_here.captures(text.as_bytes())?;
        let rest = part(&found, "rest");
        let ends = rest.is_empty() || rest.starts_with([':', '.', '!', ' ', ',', '(']);
        let goes_on = rest.starts_with(' ') && !rest.starts_with(" -");
        let says_none = self.none.is_match(rest.as_bytes());
        let here = ends && !says_none && (!goes_on || found.name("this").is_some());
        here.then_some(End::Here)
    }

    /// `Until step 7, both are valid`, `it can be rolled back before step 7`.
    fn before(&self, text: &str, about: About) -> Option<End> {
        if let Some(found) = self.nothing_before.captures(text.as_bytes()) {
            return Some(by(&found));
        }
        if let Some(found) = self.possible_until.captures(text.as_bytes()) {
            let before = &text[..found.get(0).map_or(0, |all| all.start())];
            let clear = [before, part(&found, "gap")]
                .iter()
                .all(|one| !self.against.is_match(one.as_bytes()));
            return clear.then(|| by(&found));
        }
        let found = self.until_possible.captures(text.as_bytes())?;
        let main = part(&found, "main");
        // `Until step 7 is written down, ...`: something else than the step is waited for.
        let waits = ["is ", "has ", "was ", "are "].iter().any(|verb| main.starts_with(verb));
        if is_elsewhere(main) || waits && found.name("all").is_none() {
            return None;
        }
        let possible = self.possible.find(main.as_bytes()).is_some_and(|possible| {
            let around = [&main[..possible.start()], &main[possible.end()..]];
            !around.iter().any(|one| self.against.is_match(one.as_bytes()))
        });
        let undoing = about == About::Undoing || found.name("lead").is_some();
        let until = part(&found, "until");
        let mut stays = undoing
            && self.state.is_match(main.as_bytes())
            && !self.no_state.is_match(main.as_bytes());
        if matches!(until, "before" | "prior to") {
            stays &= main.contains("still") || main.contains("you can");
        }
        (possible || stays).then(|| by(&found))
    }

    /// `After step 7 there is no way back`, `this cannot be undone after step 7`.
    fn after(&self, text: &str) -> Option<End> {
        let turned = self.impossible_after.captures(text.as_bytes());
        if let Some(found) =
            turned.filter(|found| self.object.is_match(part(found, "gap").as_bytes()))
        {
            return Some(End::Step(part(&found, "id").to_owned()));
        }
        let found = self.after_impossible.captures(text.as_bytes())?;
        let main = part(&found, "main");
        let impossible = self.impossible.find(main.as_bytes())?;
        let fits =
            self.object.is_match(&main.as_bytes()[impossible.end()..]) && !is_elsewhere(main);
        fits.then(|| End::Step(part(&found, "id").to_owned()))
    }

    /// `Step 4 is irreversible`, `this command cannot be undone`.
    fn is_final(&self, text: &str) -> Option<End> {
        if self.only_if.is_match(text.as_bytes()) {
            return None;
        }
        let named = self.step_is_final.captures(text.as_bytes());
        let named = named.map(|found| End::Step(part(&found, "id").to_owned()));
        named.or_else(|| self.this_is_final.is_match(text.as_bytes()).then_some(End::Here))
    }
}

/// Whether what follows on a step's name says that it is another document's.
fn is_elsewhere(rest: &str) -> bool {
    ["of ", "in the ", "in our ", "from "].iter().any(|word| rest.starts_with(word))
}

/// The step that is named, or the one after it where it still counts as before.
fn by(found: &Captures<'_>) -> End {
    let id = part(found, "id").to_owned();
    match part(found, "until") {
        "through" | "up to and including" => End::StepAfter(id),
        _ => End::Step(id),
    }
}
