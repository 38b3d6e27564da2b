//! A fence's info string, and a transcript's prompts.
//!
//! Comes in: the info string and the lines of a block. Goes out: its language and attributes, and
//! the lines that are commands. Of a transcript only the prompted lines are; the rest is output.
//! Refuses to know what the commands mean.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::Attributes;
use super::tree::{Code, Line};
use super::words::{Words, is_in};

/// Tags of fences that hold commands for a Unix shell.
const SHELL: &str = "\
     bash sh shell zsh console shell-session shellsession sh-session terminal command cmd \
     azurecli azurecli-interactive azurecli-interactive-bash";

/// Tags of fences whose content is nothing to do.
const SHOWN: &str = "\
     output mermaid promql diff log logs csv markdown md plantuml dot ascii http note warning \
     tip important caution admonition html xml txt-output stdout response";

/// Tags of fences that hold data: something to do only where the text before asks for it.
const DATA: &str = "\
     yaml yml json json5 jsonc toml ini properties env dotenv conf config nginx jsonpath \
     editorconfig cfg";

/// Commands that a line of a block begins with, where nothing says that it is a shell block.
static COMMANDS: Words = Words::new(
    "\
     kubectl oc helm aws gcloud az docker podman git gh heroku infisical curl wget sudo ssh scp \
     rsync systemctl journalctl psql mysql redis-cli terraform vault openssl dig nslookup ping \
     npm npx pnpm yarn pip python python3 make cd ls cat grep echo export rm cp mv mkdir chmod \
     chown tail apt apt-get yum dnf brew flux cf fly flyctl talosctl etcdctl knife bundle jq yq \
     sed source nc telnet crictl ctr virtctl eksctl kubectx tar task ansible ansible-playbook \
     gcloud-ssh bq gsutil nmap ip iptables mount umount df du ps kill chroot service uv go \
     cargo vercel",
);

/// What the fence's language makes of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    /// Commands for a Unix shell.
    Shell,
    /// No language, or plain text: look at the content.
    Untold,
    /// Something to read.
    Shown,
    /// Data, to read or to put somewhere.
    Data,
    /// Another language.
    Other,
}

/// The info string, understood.
#[derive(Debug)]
pub(super) struct Info {
    pub language: String,
    pub tongue: Tongue,
    pub attributes: Attributes,
}

/// Reads an info string; `span` is where to point at.
pub(super) fn info(info: Option<&str>, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Info {
    let (language, rest) = split_language(info.unwrap_or(""));
    let tongue = tongue_of(&language);
    let mut attributes = Attributes::default();
    if tongue == Tongue::Shell {
        for word in words(rest) {
            attribute(&word, span, &mut attributes, diagnostics);
        }
    }
    Info { language, tongue, attributes }
}

/// Whether a fence is tagged as one for a shell.
pub(super) fn is_tagged_shell(code: &Code) -> bool {
    let (language, _) = split_language(code.info.as_deref().unwrap_or(""));
    tongue_of(&language) == Tongue::Shell
}

fn split_language(info: &str) -> (String, &str) {
    let info = info.trim();
    let end = info
        .find(|c: char| c.is_whitespace() || c == '{' || c == ',')
        .filter(|end| *end > 0)
        .unwrap_or_else(|| info.find(char::is_whitespace).unwrap_or(info.len()));
    let mut language = info[..end].trim_matches(['{', '}', '.']).to_lowercase();
    let mut rest = info[end..].trim();
    // The directive of a documentation generator: `{code-block} bash`.
    if matches!(language.as_str(), "code-block" | "code" | "sourcecode") && !rest.is_empty() {
        let (inner, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        language = inner.to_lowercase();
        rest = after.trim();
    }
    (language, rest)
}

fn tongue_of(language: &str) -> Tongue {
    match language {
        _ if is_in(SHELL, language) => Tongue::Shell,
        "" | "text" | "txt" | "plain" | "plaintext" | "nohighlight" | "none" | "no-highlight" => {
            Tongue::Untold
        }
        _ if is_in(SHOWN, language) => Tongue::Shown,
        _ if is_in(DATA, language) => Tongue::Data,
        _ => Tongue::Other,
    }
}

/// Words of the info string; `{...}` and quoted values are one word.
fn words(rest: &str) -> Vec<String> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\{[^}]*\}|[^\s"]*"[^"]*"|[^\s]+"#).expect("a valid pattern")
    });
    WORD.find_iter(rest).map(|word| word.as_str().to_owned()).collect()
}

fn attribute(
    word: &str,
    span: Span,
    attributes: &mut Attributes,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match word {
        "standalone" => attributes.standalone = true,
        "secret" => attributes.secret = true,
        "manual" => attributes.manual = true,
        _ => match word.strip_prefix("timeout=") {
            Some(value) => match duration(value) {
                Some(timeout) => attributes.timeout = Some(timeout),
                None => diagnostics.push(bad_timeout(value, span)),
            },
            None => diagnostics.push(unknown(word, span)),
        },
    }
}

fn bad_timeout(value: &str, span: Span) -> Diagnostic {
    let message = format!("`timeout={value}` is no duration");
    Diagnostic::new(Severity::Error, "unknown-attribute", span, message)
        .help("write `timeout=30s`, `timeout=5m` or `timeout=1h`")
}

/// `title="x"` and `{linenos}` are other programs' business.
fn unknown(word: &str, span: Span) -> Diagnostic {
    let foreign = word.starts_with('{') || word.contains('=') || word.starts_with(':');
    let near_ours = word.starts_with("time") || word.starts_with("stand");
    let severity = if foreign && !near_ours { Severity::Note } else { Severity::Warning };
    let message = format!("the attribute `{word}` is not known and has no effect");
    Diagnostic::new(severity, "unknown-attribute", span, message)
        .help("known are `timeout=30s`, `standalone`, `secret` and `manual`")
}

/// `30s`, `5m`, `1h`, `500ms`.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim_matches('"');
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let duration = match &text[digits..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" | "min" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        _ => return None,
    };
    (number > 0).then_some(duration)
}

/// The lines after the options of a documentation generator's directive (`:name: x`).
pub(super) fn content(lines: &[Line]) -> &[Line] {
    static OPTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^:[a-z][\w-]*:(?: .*)?$").expect("a valid pattern"));
    let options = lines.iter().take_while(|line| OPTION.is_match(&line.text));
    &lines[options.count()..]
}

/// Whether a `cmd` block is for the command prompt of Windows.
pub(super) fn is_windows(language: &str, lines: &[Line]) -> bool {
    static WINDOWS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b[a-z]:\\|%[a-z_]+%|^\s*(?:dir|copy|del|set \w+=|rem|net) ")
            .expect("a valid pattern")
    });
    matches!(language, "cmd" | "command") && lines.iter().any(|line| WINDOWS.is_match(&line.text))
}

/// Whether a word is a command that blocks begin with.
pub(super) fn is_command_name(word: &str) -> bool {
    COMMANDS.have(word)
}

/// Whether a line begins with a known command, and goes on as one.
pub(super) fn looks_like_command(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| is_assignment(word));
    let Some(first) = words.next() else {
        return line.split_whitespace().next().is_some_and(is_assignment)
            && !line.contains(char::is_whitespace);
    };
    let path = first.starts_with("./") && first.len() > 2;
    (path || COMMANDS.have(first)) && words.next().is_none_or(|word| !word.starts_with([':', '=']))
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else {
        return false;
    };
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_string_is_a_language_and_attributes() {
        let case = |text: &str, language: &str, codes: &[Severity]| {
            let mut found = Vec::new();
            let info = info(Some(text), Span::new(0, 1), &mut found);
            assert_eq!(info.language, language, "{text}");
            let found: Vec<_> = found.into_iter().map(|one| one.severity).collect();
            assert_eq!(found, codes, "{text}");
        };
        case("bash timeout=30s secret", "bash", &[]);
        case("bash timeout=soon", "bash", &[Severity::Error]);
        case("bash secert", "bash", &[Severity::Warning]);
        case("bash title=\"a b\"", "bash", &[Severity::Note]);
        case("sh {linenos=true}", "sh", &[Severity::Note]);
        case("{code-block} bash", "bash", &[]);
        case("JSON", "json", &[]);
    }
}
