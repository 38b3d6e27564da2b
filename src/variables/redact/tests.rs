//! What must never survive redaction, computed by other implementations than the redactor's own.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::Redactor;
use crate::variables::Secret;

const TOKEN: &str = "st.64f1a2b3.Qx7/kP+z0w";

fn redactor(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for (i, secret) in secrets.iter().enumerate() {
        let name = char::from(b'A' + u8::try_from(i).expect("few")).to_string();
        redactor.add(&name, &Secret::new((*secret).to_owned()));
    }
    redactor
}

fn case(secrets: &[&str], text: &str, expected: &str) {
    assert_eq!(redactor(secrets).redact(text).as_str(), expected, "{text:?}");
    assert_eq!(in_pieces(&redactor(secrets), text.as_bytes(), &[1]), expected.as_bytes());
}

fn in_pieces(redactor: &Redactor, text: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    let mut rest = text;
    for size in sizes.iter().cycle() {
        let (piece, later) = rest.split_at((*size).min(rest.len()));
        stream.push(piece, &mut out);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    stream.finish(&mut out);
    out
}

#[test]
fn the_value_is_replaced_by_its_name() {
    case(&[TOKEN], &format!("TOKEN={TOKEN}\n"), "TOKEN=[redacted A]\n");
    case(&[TOKEN], &TOKEN.repeat(2), "[redacted A][redacted A]");
    case(&[TOKEN], "no secret here\n", "no secret here\n");
    case(&[], TOKEN, TOKEN);
}

#[test]
fn forms_that_overlap_leave_no_tail() {
    case(&["abcdefgh", "efghijkl"], "-abcdefghijkl-", "-[redacted A]-");
    case(&["abcdefgh", "abcdefghijkl"], "-abcdefghijkl-abcdefghi", "-[redacted B]-[redacted A]i");
    case(&["abcdefgh", "cdef12"], "abcdef12", "ab[redacted B]");
    case(&["aaaaaa"], "aaaaaaaaaaaaa", "[redacted A]");
    case(&["abcabcabx"], "abcabcabcabx", "abc[redacted A]");
}

#[test]
fn base64_is_found_at_any_alignment() {
    for lead in ["", "x", "xy", "xyz"] {
        let text = STANDARD.encode(format!("{lead}{TOKEN}"));
        let out = redactor(&[TOKEN]).redact(&text);
        assert!(out.as_str().contains("[redacted A]"), "{out}");
        assert!(out.as_str().len() <= "[redacted A]".len() + lead.len() + 3, "{text} {out}");
    }
}

#[test]
fn hex_with_separators_is_found_also_over_lines() {
    let hex = |separator: &str| {
        let bytes: Vec<String> = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(separator)
    };
    for separator in ["", " ", ":", "%", "\\x"] {
        case(&[TOKEN], &format!("<{}>", hex(separator)), "<[redacted A]>");
        case(
            &[TOKEN],
            &format!("<{}>", hex(separator).to_uppercase().replace('X', "x")),
            "<[redacted A]>",
        );
    }
    let spaced = hex(" ");
    let dump = format!(" 00 00 00 00 00 00 00 00 00 00 00 00 00 00{}\n{} 0a\n", &spaced[..0], "");
    let od = format!(
        "{} {}\n {}\n",
        dump.trim_end_matches(" 0a\n").trim_end(),
        &spaced[..5],
        &spaced[6..]
    );
    let out = redactor(&[TOKEN]).redact(&od);
    assert!(out.as_str().ends_with(" [redacted A]\n"), "{od}{out}");
}

#[test]
fn a_number_of_hex_or_a_path_is_left_alone() {
    let text = "/usr/lib/x86_64/abc 3132 73 74 deadbeef\n".repeat(50);
    case(&[TOKEN, "123456"], &text, &text);
}

#[test]
fn lines_of_a_secret_are_secrets_but_not_its_heading() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\nshort\n-----END KEY-----\n";
    let redactor = redactor(&[key]);
    case(&[key], &format!("<{key}>"), "<[redacted A]>");
    let out = redactor.redact("-----BEGIN KEY-----\n  MIIEvQIBADANBgkq\n  hkiG9w0B\n  short\n");
    assert_eq!(out.as_str(), "-----BEGIN KEY-----\n  [redacted A]\n  [redacted A]\n  short\n");
    case(&[key], &format!("<{}>", key.replace('\n', "\r\n")), "<[redacted A]>");
}

#[test]
fn only_what_may_be_a_secret_is_held_back() {
    let redactor = redactor(&[TOKEN]);
    let shown = |text: &str| {
        let mut out = Vec::new();
        let mut stream = redactor.stream();
        stream.push(text.as_bytes(), &mut out);
        String::from_utf8(out).expect("text")
    };
    assert_eq!(shown("count: 3\n"), "count: 3\n");
    assert_eq!(shown("Are you sure? [y/N] "), "Are you sure? [y/N] ");
    assert_eq!(shown("token st.64"), "token ");
    assert_eq!(shown("token st.65\n"), "token st.65\n");
    assert_eq!(shown("Go on with 7? [y/N] "), "Go on with 7? [y/N] ");
    assert_eq!(shown("Restart 70 of 7 pods? "), "Restart 70 of 7 pods? ");
    assert_eq!(shown(&format!("{TOKEN}!")), "[redacted A]!");
    // Too short for a line of folded base64, although a form begins with its last three digits.
    assert_eq!(shown("abcdefghijklc3Q\n"), "abcdefghijklc3Q\n");
    let line = format!("{}\n", "z ".repeat(40));
    assert_eq!(shown(&line), line);
}

#[test]
fn a_secret_added_later_is_redacted_in_open_streams() {
    let redactor = redactor(&[TOKEN]);
    let (mut stream, mut out) = (redactor.stream(), Vec::new());
    stream.push(b"one st.64", &mut out);
    redactor.add("LATER", &Secret::new("64-and-more".into()));
    stream.push(b"-and-more two\n", &mut out);
    stream.finish(&mut out);
    assert_eq!(String::from_utf8_lossy(&out), "one st.[redacted LATER] two\n");
}

#[test]
fn a_secret_added_later_keeps_apart_what_was_found_before() {
    let redactor = redactor(&["start-abcdefgh-mid-abcdefgh-end", "abcdefgh"]);
    let (mut stream, mut out) = (redactor.stream(), Vec::new());
    stream.push(b"start-abcdefgh-mid-abcdefgh-", &mut out);
    redactor.add("LATER", &Secret::new("64-and-more".into()));
    stream.push(b"other", &mut out);
    stream.finish(&mut out);
    assert_eq!(String::from_utf8_lossy(&out), "start-[redacted B]-mid-[redacted B]-other");
}

#[test]
fn a_secret_of_four_thousand_characters_is_found_in_every_form() {
    let secret: String = (0..4000_u32)
        .map(|i| char::from(b'!' + u8::try_from(i * i % 89).expect("small")))
        .collect();
    let redactor = redactor(&[&secret]);
    for (text, core) in encodings("a ", &secret, " z") {
        let out = redactor.redact(&text);
        assert!(!unfolded(out.as_str(), &core).contains(&core) && out.as_str().len() < 60, "{out}");
        let pieces = in_pieces(&redactor, text.as_bytes(), &[1000, 1, 77]);
        assert_eq!(String::from_utf8_lossy(&pieces), out.as_str());
    }
}

#[test]
fn json_in_json_and_in_a_shell_word_is_found() {
    let secret = "a\"b'c\\d$e/f";
    let json = serde_json::to_string(secret).expect("text");
    let nested = serde_json::to_string(&json).expect("text");
    case(&[secret], &nested, "\"\\\"[redacted A]\\\"\"");
    let word = format!("curl -d '{}'", json.replace('\'', "'\\''"));
    case(&[secret], &word, "curl -d '\"[redacted A]\"'");
}

/// Its UTF-16, the lower byte of each unit first and last.
fn utf16(text: &str) -> [Vec<u8>; 2] {
    let units = || text.encode_utf16();
    [units().flat_map(u16::to_le_bytes).collect(), units().flat_map(u16::to_be_bytes).collect()]
}

#[test]
fn utf16_is_found_as_it_is_and_in_base64() {
    for secret in [TOKEN, "Pässwört€😀"] {
        let redactor = redactor(&[secret]);
        let whole = utf16(&format!("say {secret}!"));
        for (whole, core) in whole.iter().zip(utf16(secret)) {
            let out = in_pieces(&redactor, whole, &[1, 7]);
            assert!(String::from_utf8_lossy(&out).contains("[redacted A]"), "{out:?}");
            assert!(memchr::memmem::find(&out, &core[2..core.len() - 2]).is_none(), "{out:?}");
        }
        let out = redactor.redact(&STANDARD.encode(&whole[0]));
        assert!(out.as_str().contains("[redacted A]") && out.as_str().len() < 40, "{out}");
    }
}

#[test]
fn a_secret_with_colours_in_it_is_found() {
    for at in 1..TOKEN.len() {
        let (start, end) = TOKEN.split_at(at);
        let filler = "some text before it ".repeat(30);
        let text = format!("{filler}{start}\u{1b}[01;31m\u{1b}[K{end}\u{1b}[m\n{filler}");
        case(&[TOKEN], &text, &format!("{filler}[redacted A]\u{1b}[m\n{filler}"));
    }
    let apart: Vec<String> = TOKEN.chars().map(|c| format!("{c}\u{1b}[0m")).collect();
    case(&[TOKEN], &apart.concat(), "[redacted A]\u{1b}[0m");
    case(&["abc\u{1b}[0mdef"], "-abc\u{1b}[0mdef-", "-[redacted A]-");
    case(&[TOKEN], "\u{1b}[1mst\u{1b}[0m a[1m", "\u{1b}[1mst\u{1b}[0m a[1m");
}

#[test]
fn a_short_secret_is_redacted_where_it_was_insisted_on() {
    case(&["k9"], "pin k9, ok", "pin [redacted A], ok");
    case(&["a"], "banana", "b[redacted A]n[redacted A]n[redacted A]");
}

#[test]
fn memory_stays_constant_under_one_endless_match() {
    let redactor = redactor(&["aaaaaaaa"]);
    let (mut stream, mut out) = (redactor.stream(), Vec::new());
    for _ in 0..100 {
        stream.push(&vec![b'a'; 50_000], &mut out);
        assert!(stream.held() < 40_000 && out.is_empty());
    }
    stream.finish(&mut out);
    assert_eq!(out, b"[redacted A]");
}

/// Values as operators have them and as they should not.
fn secret() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => proptest::char::ranges(vec!['a'..='z', 'A'..='Z', '0'..='9'].into()),
        2 => proptest::sample::select("'\"$`\\!/+-_.~#%&=<>:;,*?[]{}()|^@ \t\n\r\u{1b}\u{7f}".chars().collect::<Vec<_>>()),
        1 => proptest::sample::select("äß€😀\u{2028}".chars().collect::<Vec<_>>()),
    ];
    prop_oneof![
        3 => vec(character.clone(), 6..40),
        1 => vec(character.clone(), 40..300),
        1 => proptest::char::range('0', '9').prop_flat_map(|c| (Just(c), 6..20_usize)).prop_map(|(c, n)| vec![c; n]),
    ]
    .prop_map(|characters| characters.into_iter().collect::<String>())
    .prop_filter("white space around is not part of every form", |text| text.trim().len() >= 6 && text.trim() == text)
}

fn fold(text: &str, width: usize, end: &str) -> String {
    let pieces: Vec<&str> =
        (0..text.len()).step_by(width).map(|at| &text[at..text.len().min(at + width)]).collect();
    pieces.join(end)
}

fn percent(text: &str, keep: &str, space: &str, upper: Option<()>) -> String {
    text.bytes()
        .map(|byte| match char::from(byte) {
            c if c.is_ascii_alphanumeric() || keep.contains(c) => c.to_string(),
            ' ' => space.to_owned(),
            _ if upper.is_some() => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        })
        .collect()
}

fn ascii_json(text: &str) -> String {
    let json = serde_json::to_string(text).expect("text");
    let coded = |c: char| {
        let units = c.encode_utf16(&mut [0; 2]).to_vec();
        units.into_iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
    };
    json.chars().map(|c| if c.is_ascii() { c.to_string() } else { coded(c) }).collect()
}

/// The secret in the middle of a text that is encoded as a whole, and the part of the encoding
/// that must be gone.
fn encodings(before: &str, secret: &str, after: &str) -> Vec<(String, String)> {
    let whole = format!("{before}{secret}{after}");
    let mut all = vec![(whole.clone(), secret.to_owned())];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        let text = engine.encode(&whole);
        // Digits that hold bits of the secret alone.
        let first = (before.len() * 8).div_ceil(6);
        let last = (before.len() + secret.len()) * 8 / 6;
        let core = text[first..last].to_owned();
        for (width, end) in [(76, "\n"), (64, "\r\n"), (60, "\n    "), (76, "\\n")] {
            all.push((fold(&text, width, end), core.clone()));
        }
        all.push((text, core));
    }
    for upper in [Some(()), None] {
        for keep in ["-._~", "-_.!~*'()", "-._~/"] {
            for space in ["%20", "+"] {
                let form = |text: &str| percent(text, keep, space, upper);
                all.push((form(&whole), form(secret)));
            }
        }
    }
    for json in [|text: &str| serde_json::to_string(text).expect("text"), ascii_json] {
        let inner = |text: &str| json(text)[1..json(text).len() - 1].to_owned();
        all.push((json(&whole), inner(secret)));
        all.push((json(&whole).replace('/', "\\/"), inner(secret).replace('/', "\\/")));
    }
    let single = |text: &str| text.replace('\'', "'\\''");
    all.push((format!("'{}'", single(&whole)), single(secret)));
    let hex = |text: &str, separator: &str| {
        text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator)
    };
    for separator in ["", " ", ":"] {
        all.push((hex(&whole, separator), hex(secret, separator)));
        all.push((hex(&whole, separator).to_uppercase(), hex(secret, separator).to_uppercase()));
    }
    all.push((fold(&hex(&whole, ""), 60, "\n"), hex(secret, "")));
    all.push((fold(&hex(&whole, " "), 48, "\n "), hex(secret, "")));
    all
}

/// The text without what folding adds.
fn unfolded(text: &str, core: &str) -> String {
    let folds: &[char] =
        if core.contains(['\n', '\r', ' ', ':']) { &[] } else { &['\n', '\r', ' '] };
    text.replace("\\n", if core.contains('\\') { "\\n" } else { "" }).replace(folds, "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_form_survives(secret in secret(), before in "[a-zA-Z0-9 =\\\\/]{0,120}", after in "[a-zA-Z0-9 =\"\\\\]{0,120}",
                        sizes in vec(1_usize..90, 1..8)) {
        let redactor = redactor(&[&secret]);
        for (text, core) in encodings(&before, &secret, &after) {
            let out = redactor.redact(&text);
            prop_assert!(!unfolded(out.as_str(), &core).contains(&core), "{core:?} in {out:?} of {text:?}");
            let pieces = in_pieces(&redactor, text.as_bytes(), &sizes);
            prop_assert_eq!(String::from_utf8_lossy(&pieces), out.as_str());
        }
    }

    #[test]
    fn many_secrets_are_found_in_a_long_text_however_it_is_cut(
        secrets in vec(secret(), 1..5), filler in vec("[a-zA-Z0-9+/ :=\\n]{0,200}", 40),
        picks in vec(any::<(usize, usize)>(), 40), sizes in vec(1_usize..5000, 1..8),
    ) {
        let names: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let redactor = redactor(&names);
        let mut text = String::new();
        for (lead, (which, how)) in filler.iter().zip(&picks) {
            let forms = encodings("", &secrets[which % secrets.len()], "");
            text.push_str(lead);
            text.push_str(&forms[how % forms.len()].0);
        }
        let out = redactor.redact(&text);
        for secret in &secrets {
            prop_assert!(!out.as_str().contains(secret.as_str()), "{secret:?} in {out:?}");
        }
        let pieces = in_pieces(&redactor, text.as_bytes(), &sizes);
        prop_assert_eq!(String::from_utf8_lossy(&pieces), out.as_str());
    }

    #[test]
    fn text_without_a_secret_is_left_byte_for_byte(bytes in vec(any::<u8>(), 0..3000), sizes in vec(1_usize..500, 1..5)) {
        let redactor = redactor(&["Zq8!long enough to be absent", "another-absent-one"]);
        prop_assert_eq!(in_pieces(&redactor, &bytes, &sizes), bytes);
    }
}
