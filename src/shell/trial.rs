//! Texts on which the parser may choke, and who tries them first.
//!
//! Comes in: a text that is short and shallow enough to be parsed at all (`guard`). Goes out:
//! whether it is to be parsed in this process. brush-parser tries the alternatives of its grammar
//! one after the other and remembers nothing, so that each bracket that nests in another one may
//! double the work, and one in a subscript (`${a[${a[...`) makes it seventeen times as much: 42
//! bytes keep it busy for minutes. How many brackets a text holds bounds what it can cost; what
//! may cost more than a little is for a [`Trial`] to decide, which refuses to know why.

use std::sync::OnceLock;

/// Finds out whether the parser comes to an end, without harm to this process.
pub trait Trial: Send + Sync {
    /// Another document, or another command line, begins.
    fn begin(&self);

    /// Whether a text may be parsed here. `cost` bounds what that takes, in bytes that are looked
    /// at once, where nothing is known of the text but its brackets.
    fn permits(&self, text: &str, cost: u64) -> bool;
}

static TRIAL: OnceLock<Box<dyn Trial>> = OnceLock::new();

/// Has every text of this process tried that may cost too much. Without it a text is parsed as
/// it is: that is for the trial itself, and for those who wrote their texts themselves.
pub fn try_first(trial: impl Trial + 'static) {
    // Who comes second finds that a trial is there, which is what they wanted.
    let _ = TRIAL.set(Box::new(trial));
}

/// Another document, or another command line, begins: what the one before has used up does not
/// count against it.
pub fn begin() {
    if let Some(trial) = TRIAL.get() {
        trial.begin();
    }
}

/// Whether a text may be parsed in this process.
pub(super) fn permits(text: &str) -> bool {
    TRIAL.get().is_none_or(|trial| trial.permits(text, cost(text)))
}

/// What parsing may cost: every bracket counts as if it nested in all others, wherever it stands.
/// What a lexer knows of quotes and comments is left out: the parser might know otherwise.
fn cost(text: &str) -> u64 {
    if may_panic(text) || may_overflow(text) {
        return u64::MAX;
    }
    let doublings = doublings(text.as_bytes()).min(40);
    // Some of what the parser does goes with the square of the length.
    let length = text.len() as u64;
    (length + length * length / 4096) << doublings
}

fn doublings(bytes: &[u8]) -> u32 {
    let mut doublings = 0;
    let (mut opened, mut closed) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        opened += u32::from(*byte == b'(');
        // That of a `case` has none that opens.
        closed += u32::from(*byte == b')');
        doublings += match byte {
            b'[' if at > 0 && bytes[at - 1] == b'$' => 2,
            b'{' if at > 0 && bytes[at - 1] == b'$' => 2 + 4 * u32::from(is_indexed(&bytes[at..])),
            _ => 0,
        };
    }
    doublings + opened.max(closed)
}

/// Whether a `{` begins what has a subscript: `{a[`, `{#a[`, `{!a[`.
fn is_indexed(bytes: &[u8]) -> bool {
    let rest = bytes[1..].iter().skip_while(|byte| matches!(byte, b'#' | b'!'));
    let mut rest = rest.skip_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    matches!(rest.next(), Some(b'[' | b'\\'))
}

/// brush-parser 0.4 calls itself for what nests, and overflows its stack at some thousand calls in
/// release and some hundred in debug. Most of that `guard` refuses, where it knows it for nesting.
fn may_overflow(text: &str) -> bool {
    const NESTING: &[&str] =
        &["case", "coproc", "do", "elif", "for", "function", "if", "select", "until", "while"];
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    let words = words.filter(|word| NESTING.contains(word)).count();
    let pairs = text.as_bytes().windows(2).filter(|pair| match pair {
        [b'[' | b'!', _] => true,
        [b'{', next] => next.is_ascii_whitespace(),
        _ => false,
    });
    words + pairs.count() > 100
}

/// brush-parser 0.4 panics at numbers that are too large, in `~99999999999` and `99999999999>f`.
fn may_panic(text: &str) -> bool {
    let mut digits = 0;
    let long = text.bytes().any(|byte| {
        digits = match byte {
            b'0'..=b'9' => digits + 1,
            // A line that goes on goes on in the number, too.
            b'\\' | b'\n' => digits,
            _ => 0,
        };
        digits > 9
    });
    long && text.contains(['~', '<', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runbooks_hold_costs_little_and_what_nests_costs_much() {
        let little = |text: &str| assert!(cost(text) < 1 << 14, "{text}: {}", cost(text));
        let much = |text: &str| assert!(cost(text) > 1 << 24, "{text}: {}", cost(text));
        little("kubectl get pods -o jsonpath='{.items[0].metadata.name}'");
        little("POD=$(kubectl get pods -o name | head -1); kubectl logs \"${POD#pod/}\"");
        little(
            "for i in 1 2 3; do curl -s \"https://example.com/${i}\" | jq '.[] | select(.a)'; done",
        );
        much(&"${a[".repeat(6));
        much(&"\"a${b:-".repeat(15));
        much(&"( ".repeat(30));
        much(&"$[".repeat(15));
        much(&format!("[[ {} -n a ]]", "! ".repeat(200)));
        much(&"case a in\nfi) ".repeat(200));
        much(&"case a in b) ".repeat(20));
        much("echo ~99999999999999999999");
        much("echo 99999\\\n99999999999>f");
    }
}
