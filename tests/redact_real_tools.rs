//! What real tools make of a secret is redacted, whatever the redactor believes of their encodings.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use runbook::variables::{Redactor, Secret};

/// Values that every quoting has to work for: a token, passwords, text that is no ASCII, long.
fn secrets() -> Vec<String> {
    [
        "st.64f1a2b3.Qx7/kP+z0w",
        "it's a \"pass\" $word `id` \\n!",
        "#~start,and{brace}[1]*?<>|;&()^",
        "päss wörd €😀",
        "two\nlines and\tmore",
        "k~v:~x=~y%2F%%?a=b&c",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["0123456789abcdefGHIJKL/+".repeat(20)])
    .collect()
}

fn output(program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    // A program that does not read its input may close it early.
    drop(writer.join());
    assert!(output.status.success(), "{program} {arguments:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// What the tools write of `a secret z` must be redacted, leaving nearly nothing of the secret.
fn case(program: &str, arguments: &[&str], given: Given) {
    for secret in secrets() {
        let redactor = Redactor::new();
        redactor.add("TOKEN", &Secret::new(secret.clone()));
        let whole = format!("{secret} z");
        let text = match given {
            Given::Input => output(program, arguments, &whole),
            Given::Argument => output(program, &[arguments, &[whole.as_str()]].concat(), ""),
        };
        let redacted = redactor.redact(&text);
        let left = redacted.as_str().replace("[redacted TOKEN]", "");
        assert!(redacted.as_str().contains("[redacted TOKEN]"), "{program} {arguments:?}: {text}");
        assert!(left.len() < 24 && left.len() <= text.len() / 2, "{program} {arguments:?}: {left}");
    }
}

#[derive(Clone, Copy)]
enum Given {
    Input,
    Argument,
}

#[test]
fn bash_writes_no_secret_past_the_redactor() {
    for script in [
        "printf '%s' \"$1\"",
        "printf '%q\\n' \"$1\"",
        "LC_ALL=C; printf '%q\\n' \"$1\"",
        "printf '%s\\n' \"${1@Q}\"",
        "x=$1; declare -p x",
        "exec 2>&1; set -x; : \"$1\"",
        "export x=$1; export -p | grep -A9 ' x='",
        "alias x=\"$1\"; alias x",
    ] {
        case("bash", &["-c", script, "bash"], Given::Argument);
    }
}

#[test]
fn coreutils_write_no_secret_past_the_redactor() {
    case("base64", &[], Given::Input);
    case("base64", &["-w", "64"], Given::Input);
    case("base64", &["-w", "0"], Given::Input);
    case("od", &["-An", "-v", "-tx1"], Given::Input);
    case("od", &["-An", "-v", "-tx1", "-w1000"], Given::Input);
}

#[test]
#[ignore = "needs jq, xxd, python3 and node; tests/run has them"]
fn other_tools_write_no_secret_past_the_redactor() {
    for filter in ["@sh", "@uri", "@base64", "tojson", "@json", "@html", "@csv", "@tsv"] {
        let wrapped = if matches!(filter, "@csv" | "@tsv") {
            format!("[.]|{filter}")
        } else {
            filter.to_owned()
        };
        case("jq", &["-Rrs", &wrapped], Given::Input);
        case("jq", &["-Rs", "."], Given::Input);
        case("jq", &["-Ras", "."], Given::Input);
    }
    case("xxd", &["-p"], Given::Input);
    case("xxd", &["-p", "-u"], Given::Input);
    for call in [
        "json.dumps(s)",
        "urllib.parse.quote(s)",
        "urllib.parse.quote_plus(s)",
        "urllib.parse.quote(s, safe='')",
        "shlex.quote(s)",
        "html.escape(s)",
        "base64.encodebytes(s.encode()).decode()",
        "s.encode().hex(':')",
        "base64.urlsafe_b64encode(s.encode()).decode()",
        "repr(s)",
    ] {
        let script =
            format!("import json,urllib.parse,shlex,html,base64,sys; s=sys.argv[1]; print({call})");
        case("python3", &["-c", &script], Given::Argument);
    }
    for call in [
        "JSON.stringify(s)",
        "encodeURIComponent(s)",
        "encodeURI(s)",
        "new URLSearchParams({s}).toString()",
        "Buffer.from(s).toString('base64url')",
    ] {
        case(
            "node",
            &["-e", &format!("const s=process.argv[1]; console.log({call})")],
            Given::Argument,
        );
    }
}
