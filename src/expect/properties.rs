//! What holds for any annotation and any output.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::tests::observed;
use super::{Best, Expectation, Kinds, Output, Record, Stream, Verdict, evaluate};

struct Nothing;

impl Record for Nothing {
    fn step(&self, _: &str) -> Option<(&Output, &str)> {
        None
    }
}

/// Annotations made of the vocabulary's own words, in any order.
fn phrase() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "no",
            "not",
            "401",
            "/",
            "or",
            "and",
            ",",
            "(",
            ")",
            "\"x\"",
            "`",
            "{",
            "}",
            "[",
            "...",
            "Expect(",
            "json",
            "):",
            "exit",
            "0",
            "at least",
            "rows",
            "step",
            "first",
            "chars",
            "within",
            "5s",
            "—",
            "a list of",
            "empty",
            "kind: X",
            "$",
            "é",
            "‘",
            "<a>",
            "\n",
            "|",
            "matches /a/",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,8}".prop_map(|word| word),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![phrase(), any::<String>()]
}

fn output() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"401 Unauthorized".to_vec()),
        Just(b"x".to_vec()),
        Just(b"\x1b[31m".to_vec()),
        Just(b"error: x".to_vec()),
        Just(b"{\"a\":1}".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn what_never_ends_is_read_all_the_same() {
    for piece in [
        "is ",
        "should show ",
        "(a) ",
        "\"",
        "'",
        "`",
        "a, ",
        "no ",
        "x or ",
        "{",
        "[",
        "401 / ",
        "— ",
        "1",
        "(",
        "stderr: ",
        "a. ",
        "<",
        "é",
        "\n- a",
        "not ",
        "within 1s ",
        "a list of ",
    ] {
        let text = piece.repeat(5_000);
        let expectation = Expectation::parse(&text, &Kinds::default()).expect("no typed form");
        evaluate(&expectation, &observed("x", &[0], &text, &text), &Nothing);
        Expectation::parse(&piece.repeat(400), &Kinds::default()).expect("no typed form");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_that_is_written_or_printed_panics(text in text(), stdout in output(), status in 0..256_i32) {
        if let Ok(expectation) = Expectation::parse(&text, &Kinds::default()) {
            let mut seen = observed(&text, &[status], "", "");
            seen.stdout.head = stdout;
            evaluate(&expectation, &seen, &Nothing);
            expectation.checks();
        }
    }

    #[test]
    fn any_chunking_gives_the_same_judgement(
        text in phrase(),
        stdout in output(),
        sizes in prop::collection::vec(1..9_usize, 1..20),
    ) {
        let Ok(expectation) = Expectation::parse(&text, &Kinds::default()) else { return Ok(()) };
        let mut seen = observed("run", &[0], "", "");
        seen.stdout.omitted = stdout.len() as u64;
        let mut once = expectation.watch();
        once.push(Stream::Stdout, &stdout);
        let mut chunked = expectation.watch();
        let mut rest = stdout.as_slice();
        for size in sizes.iter().cycle() {
            let (chunk, left) = rest.split_at(rest.len().min(*size));
            chunked.push(Stream::Stdout, chunk);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        assert_eq!(once.progress(), chunked.progress());
        assert_eq!(once.judge(&seen, &Nothing), chunked.judge(&seen, &Nothing));
    }

    #[test]
    fn prose_is_met_only_word_for_word(
        words in prop::collection::vec("[a-z]{3,9}", 2..7),
        stdout in output(),
    ) {
        let text = words.join(" ");
        let expectation = Expectation::parse(&text, &Kinds::default()).expect("prose compiles");
        let mut seen = observed("run", &[0], "", "");
        let says_so = String::from_utf8_lossy(&stdout).contains(&words[0]);
        seen.stdout.head = stdout;
        let judgement = evaluate(&expectation, &seen, &Nothing);
        if expectation.is_prose() && !says_so {
            assert_eq!(expectation.best(), Best::Unverified);
            assert_eq!(judgement.verdict, Verdict::Unverified);
            assert_eq!(judgement.residual.as_deref(), Some(text.as_str()));
        }
    }
}
