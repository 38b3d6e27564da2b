//! How common tools write a text into URLs, JSON, shell words, markup and hex.
//!
//! Each family is a table of dialects, after what the tools were seen to do: jq, curl, Python,
//! JavaScript, Go, PHP, .NET, bash's `printf %q`, `${x@Q}`, `declare -p` and `set -x`. Quotes
//! around a word are not part of it: the secret may be in the middle of the word.

use super::forms::{Bytes, copy};

/// Every way of writing the text that is not base64 or hex, itself first.
pub(super) fn texts(text: &str) -> Vec<Bytes> {
    let mut all = vec![copy(text.as_bytes())];
    all.push(crlf(text));
    for keep in URL_KEEPS {
        for space in URL_SPACES {
            all.extend([UPPER, LOWER].map(|digits| percent(text, keep, space, digits)));
        }
    }
    all.extend(JSON_DIALECTS.iter().map(|dialect| json(text, dialect)));
    all.extend(QUOTED.iter().map(|(special, quote)| quoted(text, special, *quote)));
    all.extend([backslashed(text, ""), backslashed(text, "#~")]);
    all.extend([ansi_c(text, Wide::Kept), ansi_c(text, Wide::Octal)]);
    all.extend(nested(text));
    all.extend(base32(text.as_bytes()));
    all.extend(utf16(text));
    all.extend(["", "'", "\""].map(|quotes| escaped(text, quotes, Wide::Kept)));
    all.extend(["", "'", "\""].map(|quotes| escaped(text, quotes, Wide::Coded)));
    all
}

/// JSON as a string of JSON, and as a word of a shell command; a shell word as a string of JSON.
fn nested(text: &str) -> Vec<Bytes> {
    let inner = json(text, &JSON_DIALECTS[0]);
    let inner = std::str::from_utf8(&inner).expect("JSON is text");
    let words = QUOTED.iter().take(7).map(|(special, quote)| quoted(inner, special, *quote));
    let strings = JSON_DIALECTS.iter().take(1).map(|dialect| json(inner, dialect));
    let shell = QUOTED.iter().take(7).map(|(special, quote)| {
        let word = quoted(text, special, *quote);
        json(std::str::from_utf8(&word).expect("a quoted text is text"), &JSON_DIALECTS[0])
    });
    words.chain(strings).chain(shell).chain([backslashed(inner, "")]).collect()
}

/// UTF-16 with the lower byte of each unit first, as PowerShell and `iconv` write it, and last.
pub(super) fn utf16(text: &str) -> [Bytes; 2] {
    [u16::to_le_bytes, u16::to_be_bytes].map(|bytes| {
        let mut out = room(text.as_bytes());
        text.encode_utf16().for_each(|unit| out.extend(bytes(unit)));
        out
    })
}

/// Base32 (RFC 4648), as far as its digits depend on the text alone, wherever in a group of five bytes
/// it begins; at the beginning also in lines as `base32` breaks them.
fn base32(text: &[u8]) -> Vec<Bytes> {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const LINE: usize = 76;
    let bit = |at: usize| text[at / 8] >> (7 - at % 8) & 1;
    let digits = |lead: usize| {
        let before = (5 - lead * 8 % 5) % 5;
        let mut out = room(text);
        for at in (before..).step_by(5).take_while(|at| at + 5 <= text.len() * 8) {
            let value = (at..at + 5).fold(0, |value, at| value << 1 | bit(at));
            out.push(DIGITS[usize::from(value)]);
        }
        out
    };
    let mut all: Vec<_> = (0..5).map(digits).collect();
    let mut broken = room(text);
    for (number, line) in all[0].chunks(LINE).enumerate() {
        broken.extend_from_slice(if number == 0 { b"" } else { b"\n" });
        broken.extend_from_slice(line);
    }
    all.push(broken);
    all
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// A buffer that the writing of `text` will not outgrow: no dialect needs more than 12 bytes for
/// one, and growing would leave a copy behind.
fn room(text: &[u8]) -> Bytes {
    Bytes::new(Vec::with_capacity(text.len() * 12))
}

/// Bytes in hex with a separator between them.
pub(super) fn hex(bytes: &[u8], digits: &[u8; 16], separator: &[u8]) -> Bytes {
    let mut out = room(bytes);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(separator);
        }
        push_hex(&mut out, *byte, digits);
    }
    out
}

fn push_hex(out: &mut Bytes, byte: u8, digits: &[u8; 16]) {
    out.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
}

/// What a terminal makes of line ends.
fn crlf(text: &str) -> Bytes {
    replaced(text.as_bytes(), |byte| (byte == b'\n').then_some(b"\r\n"))
}

/// Base64 as a URL's parameter and in JSON that escapes slashes.
pub(super) fn escaped_base64(digits: &[u8]) -> [Bytes; 2] {
    let url = replaced(digits, |byte| match byte {
        b'+' => Some(b"%2B".as_slice()),
        b'/' => Some(b"%2F"),
        _ => None,
    });
    let json = replaced(digits, |byte| (byte == b'/').then_some(b"\\/"));
    [url, json].map(|text| if *text == digits { Bytes::default() } else { text })
}

fn replaced<T: AsRef<[u8]>>(bytes: &[u8], by: impl Fn(u8) -> Option<T>) -> Bytes {
    let mut out = room(bytes);
    for byte in bytes {
        match by(*byte) {
            Some(new) => out.extend_from_slice(new.as_ref()),
            None => out.push(*byte),
        }
    }
    out
}

/// What is not encoded besides letters and digits.
const URL_KEEPS: &[&str] = &[
    "-._~",                 // RFC 3986; jq's @uri, Python's quote(safe=''), Go's query
    "*-._",                 // HTML forms
    "-._~/",                // Python's quote
    "-_.!~*'()",            // JavaScript's encodeURIComponent
    "-_.!~*'();,/?:@&=+$#", // encodeURI
    "-_.~$&+,/:;=@",        // Go's path
    "",                     // everything
];

/// What becomes of a space: as any other byte, or the sign that forms use.
const URL_SPACES: &[&[u8]] = &[b"%20", b"+"];

fn percent(text: &str, keep: &str, space: &[u8], digits: &[u8; 16]) -> Bytes {
    let mut out = room(text.as_bytes());
    for byte in text.bytes() {
        match byte {
            b' ' => out.extend_from_slice(space),
            _ if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) => out.push(byte),
            _ => {
                out.push(b'%');
                push_hex(&mut out, byte, digits);
            }
        }
    }
    out
}

/// How a program writes a JSON string.
struct Json {
    /// Characters that it writes as `\uXXXX` although it need not.
    coded: &'static str,
    slash: &'static str,
    wide: Wide,
    digits: &'static [u8; 16],
}

/// What becomes of characters outside ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wide {
    Kept,
    Coded,
    Octal,
}

const JSON_DIALECTS: &[Json] = &[
    // serde_json, JavaScript
    Json { coded: "", slash: "/", wide: Wide::Kept, digits: LOWER },
    // jq
    Json { coded: "\u{7f}", slash: "/", wide: Wide::Kept, digits: LOWER },
    // Python; jq -a
    Json { coded: "", slash: "/", wide: Wide::Coded, digits: LOWER },
    Json { coded: "\u{7f}", slash: "/", wide: Wide::Coded, digits: LOWER },
    // Go
    Json { coded: "<>&\u{2028}\u{2029}\u{8}\u{c}", slash: "/", wide: Wide::Kept, digits: LOWER },
    Json { coded: "<>&\u{2028}\u{2029}", slash: "/", wide: Wide::Kept, digits: LOWER },
    // Gson
    Json { coded: "<>&='", slash: "/", wide: Wide::Kept, digits: LOWER },
    // PHP
    Json { coded: "", slash: "\\/", wide: Wide::Coded, digits: LOWER },
    Json { coded: "", slash: "\\/", wide: Wide::Kept, digits: LOWER },
    // .NET
    Json { coded: "<>&'+`\"\u{7f}", slash: "/", wide: Wide::Coded, digits: UPPER },
    Json { coded: "", slash: "/", wide: Wide::Coded, digits: UPPER },
    Json { coded: "", slash: "\\/", wide: Wide::Coded, digits: UPPER },
];

fn json(text: &str, dialect: &Json) -> Bytes {
    let mut out = room(text.as_bytes());
    let mut character = [0; 4];
    for c in text.chars() {
        let wide = !c.is_ascii() && dialect.wide == Wide::Coded;
        if wide || dialect.coded.contains(c) {
            push_coded(&mut out, c, dialect.digits);
            continue;
        }
        match c {
            '"' => out.extend(b"\\\""),
            '\\' => out.extend(b"\\\\"),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            '\u{8}' => out.extend(b"\\b"),
            '\u{c}' => out.extend(b"\\f"),
            '/' => out.extend_from_slice(dialect.slash.as_bytes()),
            c if c < ' ' => push_coded(&mut out, c, dialect.digits),
            c => out.extend_from_slice(c.encode_utf8(&mut character).as_bytes()),
        }
    }
    out
}

fn push_coded(out: &mut Bytes, c: char, digits: &[u8; 16]) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.extend(b"\\u");
        for byte in unit.to_be_bytes() {
            push_hex(out, byte, digits);
        }
    }
}

/// Characters that a quoting replaces, and by what: `&` stands for the character itself.
type Quoting = (&'static str, Quote);

#[derive(Clone, Copy)]
enum Quote {
    /// Each is written so.
    By(&'static str),
    /// A backslash before each.
    Backslash,
    /// Named, as in markup; the apostrophe so.
    Markup(&'static str),
}

const QUOTED: &[Quoting] = &[
    ("'", Quote::By("'\\''")),
    ("'", Quote::By("'\"'\"'")),
    ("'", Quote::By("\\'")),
    ("'", Quote::By("''")),
    ("\"", Quote::By("\\\"")),
    ("\"", Quote::By("\"\"")),
    ("\"$`\\", Quote::Backslash),
    ("\"$`\\!", Quote::Backslash),
    ("\"\\", Quote::Backslash),
    ("'\\", Quote::Backslash),
    ("&<>", Quote::Markup("'")),
    ("&<>\"", Quote::Markup("'")),
    ("&<>\"'", Quote::Markup("&#39;")),
    ("&<>\"'", Quote::Markup("&#x27;")),
    ("&<>\"'", Quote::Markup("&apos;")),
];

fn quoted(text: &str, special: &str, quote: Quote) -> Bytes {
    let mut out = room(text.as_bytes());
    for byte in text.bytes() {
        if !special.as_bytes().contains(&byte) {
            out.push(byte);
            continue;
        }
        match quote {
            Quote::By(words) => out.extend_from_slice(words.as_bytes()),
            Quote::Backslash => out.extend([b'\\', byte]),
            Quote::Markup(apostrophe) => {
                out.extend_from_slice(entity(byte, apostrophe).as_bytes());
            }
        }
    }
    out
}

fn entity(byte: u8, apostrophe: &'static str) -> &'static str {
    match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        _ => apostrophe,
    }
}

/// bash's `printf %q` where every character is printable; `#` and `~` only at the start of a word.
fn backslashed(text: &str, at_start: &str) -> Bytes {
    const SPECIAL: &[u8] = b" \t'\"\\|&;()<>!{}*[]?^$`,";
    let mut out = room(text.as_bytes());
    let mut previous = None;
    for byte in text.bytes() {
        let starts = previous.is_none() && at_start.as_bytes().contains(&byte);
        let home = byte == b'~' && matches!(previous, Some(b':' | b'='));
        if starts || home || SPECIAL.contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
        previous = Some(byte);
    }
    out
}

/// What bash writes between `$'` and `'`.
fn ansi_c(text: &str, wide: Wide) -> Bytes {
    let mut out = room(text.as_bytes());
    for byte in text.bytes() {
        match byte {
            b'\'' | b'\\' => out.extend([b'\\', byte]),
            0x07 => out.extend(b"\\a"),
            0x08 => out.extend(b"\\b"),
            0x09 => out.extend(b"\\t"),
            0x0a => out.extend(b"\\n"),
            0x0b => out.extend(b"\\v"),
            0x0c => out.extend(b"\\f"),
            0x0d => out.extend(b"\\r"),
            0x1b => out.extend(b"\\E"),
            _ if byte < b' ' || byte == 0x7f || (byte > 0x7f && wide == Wide::Octal) => {
                out.extend([b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]);
            }
            _ => out.push(byte),
        }
    }
    out
}

/// Escapes of C as jq's `@tsv`, Python's `repr` and logs in logfmt write them.
fn escaped(text: &str, quotes: &str, wide: Wide) -> Bytes {
    let mut out = room(text.as_bytes());
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            _ if quotes.as_bytes().contains(&byte) => out.extend([b'\\', byte]),
            _ if byte < b' ' || byte == 0x7f || (byte > 0x7f && wide == Wide::Coded) => {
                out.extend(b"\\x");
                push_hex(&mut out, byte, LOWER);
            }
            _ => out.push(byte),
        }
    }
    out
}
