//! What a sentence asks of its reader.
//!
//! Comes in: prose as it reads. Goes out: whether it asks to do, wait or decide, or only explains.
//! The verbs are those that begin list items and short paragraphs in real runbooks; what begins
//! otherwise is explanation. Refuses to know where the prose stands.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::Asks;

/// Words to look up, written as a line of words.
pub(super) struct Words {
    line: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl Words {
    pub(super) const fn new(line: &'static str) -> Self {
        Self { line, set: OnceLock::new() }
    }

    pub(super) fn have(&self, word: &str) -> bool {
        self.set.get_or_init(|| self.line.split(' ').collect()).contains(word)
    }
}

/// Verbs that ask the reader to do something.
static VERBS: Words = Words::new(
    "\
     access acknowledge add adjust alert allow announce append apply approve ask assign attach \
     authenticate authorize back backup begin block book browse build bump call cancel capture \
     change check choose clean clear click clone close collect comment commit compare complete \
     configure confirm connect contact continue convert coordinate copy cordon create cut \
     decide declare decommission decrease define delete deploy deregister describe destroy \
     detach determine disable disconnect document double-check download drain drop dm edit \
     email enable engage ensure enter escalate estimate examine execute expand export extract \
     fetch fill find fix follow force generate get give go grab grant halt hand hit identify import \
     increase inform initiate insert inspect install investigate invite issue join keep kill \
     label launch leave link list load locate lock log login look lower make mark merge message \
     migrate modify monitor mount move mute name navigate notify obtain observe open page paste \
     patch pause perform pick ping place plug post prepare press proceed promote provide \
     provision publish pull purge push put raise re-enable re-run read reboot rebuild recheck \
     record recover recreate redeploy reduce refresh regenerate register reject release reload \
     remove rename renew repeat replace report request rerun reset resize resolve restart \
     restore resume retrieve retry return revert review revoke roll rollback rotate run save \
     scale schedule scroll search secure select send set share shut shutdown sign silence skip \
     specify spin ssh start stop store submit subscribe suspend swap switch sync tag take tell \
     terminate test tick toggle track transfer trigger turn type unblock uncheck uncomment undo \
     uninstall unlock unmount unset untick update upgrade upload use validate verify view visit \
     watch whitelist wipe write",
);

/// Verbs of things that no command does: they stay with the operator even before a block.
static BY_HAND: Words = Words::new(
    "\
     acknowledge announce approve ask book browse call click contact coordinate copy dm email \
     escalate go inform log login message navigate notify open page paste post press scroll \
     select send sign tell tick toggle visit write",
);

/// Words that may stand before the verb.
static OPENERS: Words = Words::new(
    "\
     please then next now first finally also and again optionally optional second third lastly \
     afterwards manually immediately always carefully just simply only quickly either \
     alternatively instead additionally once so otherwise todo action recommended required",
);

/// What the operator is told to be or do without an imperative.
const DUTIES: &str = "\
     make sure|be sure|you must|you need to|you should now|you have to|you will need to|\
     you'll need to|the operator|the on-call|the oncall|operator must|do a |do the |\
     have someone|let the ";

/// Words after the first that show it to be a noun or an adjective.
static NOT_AFTER_A_VERB: Words = Words::new(
    "\
     is are was were has have had will can may might must should does do of provides shows \
     contains returns runs uses happens could would",
);

/// Phrases that begin with such a verb and only explain.
const EXPLAINS: &str = "\
     use this |use these |use case|note that|follow-up|read more|read-only|open source|\
     open-source|set of|list of|log file|log in case|log level|post-mortem|back to|\
     check out our|test environment|build-time|make note|go template|force majeure|type:|name:|\
     label:|link:|tag:|issue:|page:|report:|test:|list:|view:";

/// Whether a word is one of a list that is written as a line of words.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// The sentences of a text; a `.` inside a word, an address or a file name ends none.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let follows_blank = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
        if matches!(character, '.' | '!' | '?' | ';') && follows_blank && !abbreviates(&text[..at])
        {
            let end = at + character.len_utf8();
            sentences.push(text[start..end].trim());
            start = end;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn abbreviates(before: &str) -> bool {
    let word = before.rsplit([' ', '(']).next().unwrap_or(before);
    matches!(word, "e.g" | "i.e" | "etc" | "vs" | "cf" | "approx" | "No")
        || word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty() && word.len() < 3
}

/// What a text asks for; `None` where it only explains.
pub(super) fn asks(text: &str) -> Option<Asks> {
    sentences(text).into_iter().find_map(asks_in)
}

/// What stays with the operator of a text that introduces a block: the block does the rest.
pub(super) fn asks_before_block(text: &str) -> Option<Asks> {
    sentences(text).into_iter().find_map(|sentence| {
        let asked = asks_in(sentence)?;
        let introduces = sentence.ends_with(':')
            || ["by running", "following", "below"].iter().any(|word| sentence.contains(word));
        let by_hand = BY_HAND.have(&first_word(&main_clause(sentence)));
        let kept = match asked {
            Asks::Wait | Asks::Decide => true,
            Asks::Do => by_hand && !introduces,
        };
        kept.then_some(asked)
    })
}

/// Whether a comment in a block asks for something that the command after it does not do.
pub(super) fn comment_asks(comment: &str, next: Option<&str>) -> Option<Asks> {
    let text = strip_number(comment);
    let asked = asks(text)?;
    let waits_itself = next.is_some_and(|command| {
        ["sleep", "wait", "rollout status", "until ", "while ", "watch"]
            .iter()
            .any(|word| command.contains(word))
    });
    let lower = text.to_lowercase();
    let by_hand = BY_HAND.have(&first_word(&main_clause(text)))
        || ["manually", "by hand", "in the dashboard", "in the console", "in the ui", ", then:"]
            .iter()
            .any(|phrase| lower.contains(phrase));
    let kept = match asked {
        Asks::Wait => !waits_itself,
        Asks::Decide => false,
        Asks::Do => by_hand || next.is_none(),
    };
    kept.then_some(asked)
}

/// A text without the `1.`, `2)` or `Step 3:` before it.
pub(super) fn strip_number(text: &str) -> &str {
    let rest = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', ')']) {
        Some(after) if after.starts_with(' ') => after.trim_start(),
        _ => text.trim_start(),
    }
}

fn asks_in(sentence: &str) -> Option<Asks> {
    let lower = sentence.to_lowercase();
    if is_conditional(&lower) {
        return asks_conditionally(&lower);
    }
    let clause = main_clause(sentence).to_lowercase();
    let first = first_word(&clause);
    if first == "wait" || first == "allow" && clause.contains("minute") || first == "pause" {
        return Some(Asks::Wait);
    }
    if DUTIES.split('|').any(|duty| clause.starts_with(duty)) {
        return Some(Asks::Do);
    }
    if follows_a_path(sentence) {
        return Some(Asks::Do);
    }
    let explains = EXPLAINS.split('|').any(|phrase| clause.starts_with(phrase));
    (!explains && VERBS.have(&first) && second_fits(&clause)).then_some(Asks::Do)
}

/// `Project → Service Tokens → old token → Revoke`: where to go, and what to click there.
fn follows_a_path(sentence: &str) -> bool {
    let Some((_, last)) = sentence.rsplit_once('→') else {
        return false;
    };
    VERBS.have(&first_word(&last.trim().to_lowercase()))
}

fn is_conditional(lower: &str) -> bool {
    ["if ", "in case ", "unless ", "should you ", "only if ", "skip if ", "skip this", "do you "]
        .iter()
        .any(|word| lower.starts_with(word))
        || lower.starts_with("for ")
            && !lower.starts_with("for example")
            && !lower.starts_with("for instance")
            && lower.contains(" if ")
            && lower.contains(',')
}

/// `If X, do Y` is a question; `If X, then Y happens` explains.
fn asks_conditionally(lower: &str) -> Option<Asks> {
    let Some((_, clause)) = lower.split_once([',', ':']) else {
        return Some(Asks::Decide);
    };
    let clause = clause.trim();
    let stated = [
        "this ",
        "it ",
        "that ",
        "these ",
        "they ",
        "there ",
        "you should now",
        "you should see",
        "you should have",
        "you should get",
        "you will",
        "you'll",
        "we ",
    ]
    .iter()
    .any(|word| clause.starts_with(word));
    (!stated).then_some(Asks::Decide)
}

/// The sentence from its verb on: without bold leads, openers and `Once X, `.
fn main_clause(sentence: &str) -> String {
    let mut rest = sentence.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '`');
    for _ in 0..3 {
        let word = first_word(rest);
        if OPENERS.have(&word) && word != "once" {
            rest = after_word(rest);
        }
    }
    let lower = rest.to_lowercase();
    let subordinate =
        ["once ", "after ", "when ", "to ", "in the ", "on the ", "from the ", "before "]
            .iter()
            .any(|word| lower.starts_with(word));
    if subordinate && let Some((_, clause)) = rest.split_once(", ") {
        let word = first_word(clause);
        let opened = if OPENERS.have(&word) { after_word(clause) } else { clause };
        return opened.to_owned();
    }
    rest.to_owned()
}

fn after_word(text: &str) -> &str {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text[end..].trim_start_matches(|c: char| !c.is_alphanumeric() && c != '`')
}

fn first_word(text: &str) -> String {
    let word = text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'')).next();
    word.unwrap_or("").to_lowercase()
}

fn second_fits(clause: &str) -> bool {
    let first = clause.split_whitespace().next().unwrap_or("");
    if first.ends_with(':') && clause.len() > first.len() {
        return false;
    }
    let second = clause.split_whitespace().nth(1).unwrap_or("");
    !NOT_AFTER_A_VERB.have(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_asks_or_explains() {
        let case = |text: &str, expected| assert_eq!(asks(text), expected, "{text}");
        case("Navigate to https://vault.raxx.app/.", Some(Asks::Do));
        case("Please, restart the pod", Some(Asks::Do));
        case("Once the pods are up, check the logs.", Some(Asks::Do));
        case("To roll back, revert the consumers.", Some(Asks::Do));
        case("Wait for the pods to be ready", Some(Asks::Wait));
        case("If the pod is stuck, delete it.", Some(Asks::Decide));
        case("Project → Tokens → old one → Revoke. If it is new, delete it.", Some(Asks::Do));
        case("https://x/ → Tokens → Delete.", Some(Asks::Do));
        case("Labels map team → owner → budget.", None);
        case("If you delete it, this happens", None);
        case("For bootstrap or if no token exists, the operator stores it", Some(Asks::Decide));
        case("The pods restart by themselves.", None);
        case("Set of tools that we use", None);
        case("Test is a word", None);
        case("Name: raxx-prod", None);
        case("Use this runbook when the vault is down", None);
        case("Until step 7, both tokens are valid. Restart consumers.", Some(Asks::Do));
    }

    #[test]
    fn what_a_block_does_is_not_asked_of_the_operator() {
        let case = |text: &str, expected| assert_eq!(asks_before_block(text), expected, "{text}");
        case("Verify that the token is dead:", None);
        case("Restart the deployment.", None);
        case("Open the console. Then run:", Some(Asks::Do));
        case("Log in by running this command.", None);
        case("Wait a minute, then run:", Some(Asks::Wait));
        case("If it is stuck, delete it:", Some(Asks::Decide));
    }

    #[test]
    fn a_comment_describes_its_command_or_asks() {
        let case = |text: &str, next, expected| {
            assert_eq!(comment_asks(text, next), expected, "{text}");
        };
        case("Confirm current token works", Some("infisical secrets"), None);
        case("Wait for the pod, then proceed", Some("kubectl get"), Some(Asks::Wait));
        case("Wait for the pod", Some("kubectl wait pod"), None);
        case("1. Create a key in the dashboard", None, Some(Asks::Do));
        case("Copy the output, then:", Some("echo"), Some(Asks::Do));
    }

    #[test]
    fn sentences_end_at_a_full_stop_before_a_blank() {
        let case = |text, expected: &[&str]| assert_eq!(sentences(text), expected);
        case("Go to a.example.com. Click.", &["Go to a.example.com.", "Click."]);
        case("Pods, e.g. the first. Then", &["Pods, e.g. the first.", "Then"]);
    }
}
