//! The log as GitHub's runner reads it, and secrets as they could stand in any text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// The commands that the runner obeys in a log. After its `ActionCommand.cs`: a line that begins
/// with `::` behind white space, or `##[` anywhere; none between `::stop-commands::WORD` and `::WORD::`.
pub fn obeyed(log: &str) -> Vec<String> {
    let mut stopped: Option<String> = None;
    let mut commands = Vec::new();
    for line in log.split(['\n', '\r']) {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if let Some(word) = &stopped {
            if bare == format!("::{word}::") {
                stopped = None;
            }
        } else if let Some(word) = bare.strip_prefix("::stop-commands::") {
            stopped = Some(word.to_owned());
        } else if bare.starts_with("::") || line.contains("##[") {
            commands.push(line.to_owned());
        }
    }
    assert_eq!(stopped, None, "the fence is closed");
    commands
}

/// Whatever looks like a command, obeyed or not, but for the lines of a fence.
pub fn look_alikes(log: &str) -> Vec<String> {
    let is_one = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    log.split(['\n', '\r']).filter(is_one).map(str::to_owned).collect()
}

/// What of a page would be more than text where GitHub renders it, but for the folds that are ours.
pub fn markup(page: &str) -> Vec<String> {
    let more = Parser::new_ext(page, Options::all()).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(text.into_string()),
        Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. })) => Some(format!("{tag:?}")),
        _ => None,
    });
    more.filter(|text| !["details", "summary"].iter().any(|fold| text.contains(fold))).collect()
}

/// In which form a secret stands in some bytes.
pub fn form_of(secret: &str, bytes: &[u8]) -> Option<String> {
    let forms = forms(secret);
    let unbroken: Vec<u8> =
        bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let holds = |form: &&String| [bytes, &unbroken].iter().any(|text| has(text, form.as_bytes()));
    forms.iter().find(holds).cloned()
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Raw, in hexadecimal, in percent signs, and in base64 at each of its three places: of that the
/// middle, which does not depend on what stands around.
fn forms(secret: &str) -> Vec<String> {
    let hex = |upper: bool| -> String {
        let one = |byte: u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        secret.bytes().map(one).collect()
    };
    let based = (0..3).map(|before| {
        let text = STANDARD.encode(format!("{}{secret}", &"..."[..before]));
        text[4..text.len() - 4].to_owned()
    });
    let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let plain = [secret.to_owned(), hex(false), hex(true), percent];
    plain.into_iter().chain(based).collect()
}
