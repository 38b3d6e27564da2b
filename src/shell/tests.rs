//! Tables over the front door of `shell`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{
    Mention, Placeholder, Statement, blank, comments, fill, parse, placeholders, quote, units,
};

fn statements(text: &str) -> Vec<&str> {
    let script = parse(text).unwrap();
    let spans = script.statements.iter().map(|statement| statement.span);
    spans.map(|span| &text[span.range()]).collect()
}

fn only(text: &str) -> Statement {
    let mut script = parse(text).unwrap();
    assert_eq!(script.statements.len(), 1, "{text}");
    script.statements.remove(0)
}

fn names(mentions: &[Mention]) -> Vec<&str> {
    mentions.iter().map(|mention| mention.name.as_str()).collect()
}

/// Whether bash accepts a text as a script.
fn bash_accepts(text: &str) -> bool {
    let mut child =
        Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// What bash prints for a text.
fn bash(text: &str) -> String {
    let output = Command::new("bash").args(["-c", text]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_text_is_cut_into_the_statements_that_bash_runs_one_by_one() {
    let case = |text: &str, expected: &[&str]| assert_eq!(statements(text), expected, "{text}");
    case("", &[]);
    case("# nothing\n\n", &[]);
    case("a; b", &["a", "b"]);
    case("a;b;\nc # d\n", &["a", "b", "c"]);
    case("a && b || c\nd | e", &["a && b || c", "d | e"]);
    case("a &&\n  b\nc", &["a &&\n  b", "c"]);
    case("a \\\n  -b\n\nc", &["a \\\n  -b", "c"]);
    case("a \\\n  # c\nb", &["a", "b"]);
    case("a \\ \nb", &["a \\ ", "b"]);
    case("sleep 1 & b", &["sleep 1 &", "b"]);
    case("! a >f # c\nb", &["! a >f", "b"]);
    case("a 2>&1\nb &>f\nc", &["a 2>&1", "b &>f", "c"]);
    case(">f\n>&2 a", &[">f", ">&2 a"]);
    case("echo \"a;b\" 'c\nd'; e", &["echo \"a;b\" 'c\nd'", "e"]);
    case("for i in 1 2; do a; b; done; c", &["for i in 1 2; do a; b; done", "c"]);
    case("if a; then b; fi >f\nc", &["if a; then b; fi >f", "c"]);
    case("case $x in\na) b;;\n*) c;;\nesac\nd", &["case $x in\na) b;;\n*) c;;\nesac", "d"]);
    case("f() { a; b; }\nf", &["f() { a; b; }", "f"]);
    case("function f {\n a\n}\nf", &["function f {\n a\n}", "f"]);
    case("(a; b) | c; d", &["(a; b) | c", "d"]);
    case("time a | b\nc", &["time a | b", "c"]);
    case("x=$(a; b) # ; c\nd", &["x=$(a; b)", "d"]);
    case("x=$(case a in (a) b;; esac)\nd", &["x=$(case a in (a) b;; esac)", "d"]);
    case("((i++)); [[ a < b && c > d ]]; e", &["((i++))", "[[ a < b && c > d ]]", "e"]);
}

#[test]
fn here_documents_belong_to_their_statement() {
    let case = |text: &str, expected: &[&str]| assert_eq!(statements(text), expected, "{text}");
    case("cat <<EOF\na; b # c\nEOF\nd", &["cat <<EOF\na; b # c\nEOF", "d"]);
    case("cat <<-'E' | wc -l # x\n\ta\n\tE\n# c\nd\n", &["cat <<-'E' | wc -l # x\n\ta\n\tE", "d"]);
    case("cat <<A <<B\n1\nA\n2\nB\nd", &["cat <<A <<B\n1\nA\n2\nB", "d"]);
    case("cat <<A; b\n1\nA\nc", &["cat <<A; b\n1\nA", "c"]);
    case("if a; then cat <<A\n1\nA\nfi\nd", &["if a; then cat <<A\n1\nA\nfi", "d"]);
    case("cat <<<x; d", &["cat <<<x", "d"]);
    assert_eq!(parse("cat <<A; b\n1\nA").unwrap().statements[0].node.items.len(), 2);
}

#[test]
fn positions_are_bytes_also_after_other_scripts() {
    let text = "echo äöü 🚀 \"$名\" 한국어 # ☃\necho \"ü $TOKEN\" | grep ß; echo ${A:-$B} $C";
    let script = parse(text).unwrap();
    assert_eq!(statements(text).len(), 3);
    let reads: Vec<_> = script
        .statements
        .iter()
        .flat_map(|statement| &statement.reads)
        .map(|read| (read.name.as_str(), &text[read.span.range()]))
        .collect();
    assert_eq!(reads, [("TOKEN", "$TOKEN"), ("B", "$B"), ("C", "$C")]);
}

#[test]
fn lines_may_end_with_crlf() {
    let text = "a ä \\\r\n  b\r\ncat <<EOF\r\nx\r\nEOF\r\nc\r\n";
    assert_eq!(statements(text), ["a ä \\\r\n  b", "cat <<EOF\r\nx\r\nEOF", "c"]);
    assert_eq!(statements("a\nb\r\nc\nd\r\n"), ["a", "b", "c", "d"]);
    let error = parse("a\n\rΣ\n").expect_err("a carriage return alone");
    assert_eq!(error.span, crate::source::Span::new(2, 3));
    let lone = parse("a\rb").unwrap_err();
    assert!(lone.message.contains("U+000D"), "{lone}");
}

#[test]
fn a_bare_subscript_of_an_array_with_words_is_no_variable() {
    let case = |text: &str, expected: &[&str]| {
        let script = parse(text).unwrap();
        let reads = script.statements.iter().flat_map(|one| names(&one.reads));
        let reads: Vec<_> = reads.filter(|name| *name != "M").collect();
        assert_eq!(reads, expected, "{text}");
    };
    case("declare -A M\nM[b]=1\necho ${M[b]}", &[]);
    case("declare -A M=([b]=1); echo \"${M[b]} ${#M[b-c]}\"", &[]);
    case("declare -gA M; echo ${M[$b]} ${M[x${c}]}", &["b", "c"]);
    case("typeset -A M\nf() { local -A N; echo ${N[b]} ${M[c]}; }", &[]);
    case("declare -a M\necho ${M[b]}", &["b"]);
    case("declare -A N\necho ${M[b]} ${N[c]}", &["b", "N"]);
    case("echo ${M[b]}", &["b"]);
}

#[test]
fn reads_are_what_a_statement_needs_from_before() {
    let case = |text: &str, expected: &[&str]| {
        assert_eq!(names(&only(text).reads), expected, "{text}");
    };
    case("a $X \"${Y}\" '$Z' \\$W", &["X", "Y"]);
    case("a $(b $X `c $Y`) <(d $Z)", &["X", "Y", "Z"]);
    case("cat <<E\n$X $(a $Y)\nE", &["X", "Y"]);
    case("cat <<'E'\n$X\nE", &[]);
    case("cat <<< $X >$F 2>&$G", &["X", "F", "G"]);
    case("echo $((X + Y * 2)) ${A[I]} ${#B}", &["X", "Y", "I", "A", "B"]);
    case("((X = Y + 1))", &["Y"]);
    case("X=1 && a $X", &[]);
    case("X=$X:1", &["X"]);
    case("X=1 a $X", &["X"]);
    case("for f in $L; do a $f; done", &["L"]);
    case("while read -r -a x y; do a $y $x; done <$F", &["F"]);
    case("(X=1; a $X)", &[]);
    case("f() { local a=$1 b; a $b $T; }", &["T"]);
    case("a $1 $@ $# $? $$ $PWD $RANDOM", &[]);
    case("[[ -n $X && $Y == z* ]]", &["X", "Y"]);
    case("export X", &["X"]);
    case("a ${X:?needed} ${Y#*/} ${Z:1:N}", &["X", "Y", "N", "Z"]);
    case("case $X in $Y) a $Z;; esac", &["X", "Y", "Z"]);
}

#[test]
fn what_a_subshell_sets_does_not_outlive_it() {
    let script = parse("(X=1; a $X); b $X").unwrap();
    assert_eq!(names(&script.statements[0].assigns), [""; 0]);
    assert_eq!(names(&script.statements[1].reads), ["X"]);
}

#[test]
fn assigns_are_what_stays_in_the_shell() {
    let case = |text: &str, expected: &[&str]| {
        assert_eq!(names(&only(text).assigns), expected, "{text}");
    };
    case("X=1 Y+=2 Z[0]=3 A=(1 2)", &["X", "Y", "Z", "A"]);
    case("export X=1 Y", &["X"]);
    case("declare -r X=\"a b\"", &["X"]);
    case("read -rp prompt X Y", &["X", "Y"]);
    case("printf -v X %s a", &["X"]);
    case("mapfile -t X", &["X"]);
    case("X=1 a", &[]);
    case("echo a | read X", &[]);
    case("a $(X=1)", &[]);
    case("((X += 1))", &["X"]);
    case("a ${X:=d}", &["X"]);
    case("if a; then X=1; else Y=2; fi", &["X", "Y"]);
    assert_eq!(names(&only("A=1 B=2 c").prefixes), ["A", "B"]);
    assert_eq!(only("unset -v X Y").unsets, ["X", "Y"]);
    assert_eq!(only("f() { a; }").functions, ["f"]);
}

#[test]
fn a_name_with_a_default_needs_no_input() {
    assert_eq!(only("a ${X:-d} ${Y-} ${Z:+z} $V").defaulted, ["X", "Y", "Z"]);
    assert_eq!(only("a ${X:-d} $X").defaulted, [""; 0]);
}

#[test]
fn a_statement_that_reads_the_status_is_run_with_the_one_before() {
    let text = "a | b\necho $? ${PIPESTATUS[0]}\nc\n[ $? = 0 ]; d";
    let script = parse(text).unwrap();
    let units: Vec<_> = units(&script, 0..script.statements.len())
        .into_iter()
        .map(|span| &text[span.range()])
        .collect();
    assert_eq!(units, ["a | b\necho $? ${PIPESTATUS[0]}", "c\n[ $? = 0 ]", "d"]);
}

#[test]
fn comments_are_found_where_bash_finds_them() {
    let case = |text: &str, expected: &[&str]| {
        let found = comments(text);
        let texts: Vec<_> = found.iter().map(|comment| &text[comment.span.range()]).collect();
        assert_eq!(texts, expected, "{text}");
    };
    case("a # b\n# c", &["# b", "# c"]);
    case("a#b $# ${#x} ${x#y} ${x##*/} '# c' \"# d\" \\# e", &[]);
    case("cat <<E # f\n# g\nE\nh # i", &["# f", "# i"]);
    case("a;# b\r\n", &["# b"]);
    case("x=$(a # b\n) # c", &["# b", "# c"]);
    case("echo $((16#ff)) # ä", &["# ä"]);
    case("a `b # c` # d", &["# c", "# d"]);
    case("a `b \\`c # d\\` e` # f", &["# d\\` e", "# f"]);
    case("a `b 'c` # d ' e`", &["# d ' e`"]);
    case("a <app's name> # b", &["# b"]);
    assert!(!comments("a # b")[0].own_line);
    assert!(comments("a\n  # b")[0].own_line);
}

#[test]
fn what_is_dangerous_to_parse_is_refused_with_its_place() {
    let case = |text: &str, message: &str, spelling: &str| {
        let error = parse(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(&text[error.span.range()], spelling, "{text}");
    };
    case("cat <<''", "<<EOF", "<<");
    case("cat <<\"\" ", "<<EOF", "<<");
    case("a $(cat <<'')", "<<EOF", "<<");
    case("ls\u{a0}-l", "U+00A0", "\u{a0}");
    case("ls \u{202e}x", "U+202E", "\u{202e}");
    case("ls\u{200b}", "U+200B", "\u{200b}");
    case("ls\0", "NUL", "\0");
    case("ls \u{1b}[1m", "control", "\u{1b}");
    case("a; if b", "ends too early", "");
    case("a )", "`)`", ")");
    assert!(parse(&"{ ".repeat(5000)).unwrap_err().message.contains("levels"));
    assert!(parse(&"if a; then ".repeat(200)).unwrap_err().message.contains("levels"));
    assert!(parse(&"a $(".repeat(5000)).unwrap_err().message.contains("levels"));
    assert!(parse(&"a\n".repeat(40_000)).unwrap_err().message.contains("64 KiB"));
}

fn spelled(text: &str) -> Vec<(String, String)> {
    let pair = |placeholder: Placeholder| (placeholder.spelling, placeholder.name);
    placeholders(text).into_iter().map(pair).collect()
}

#[test]
fn placeholders_are_found_with_the_name_of_their_input() {
    let case = |text: &str, expected: &[(&str, &str)]| {
        let found = spelled(text);
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    };
    case("a -a <app>", &[("<app>", "app")]);
    case("a <APP_NAME> -n x", &[("<APP_NAME>", "app_name")]);
    case(
        "a <value of namespace label> <podName>",
        &[("<value of namespace label>", "value_of_namespace_label"), ("<podName>", "pod_name")],
    );
    case(
        "a <your-app> \"<App>\" '<app>'",
        &[("<your-app>", "app"), ("<App>", "app"), ("<app>", "app")],
    );
    case(
        "s3 s3://<BUCKET>/<ID>/ p-<ENV>.pem",
        &[("<BUCKET>", "bucket"), ("<ID>", "id"), ("<ENV>", "env")],
    );
    case(
        "a YOUR_TOKEN https://your-domain.example.com",
        &[("YOUR_TOKEN", "token"), ("your-domain", "domain")],
    );
    case("NEW_TOKEN=\"...\"", &[("...", "NEW_TOKEN")]);
    case("export T=... U='…'", &[("...", "T"), ("…", "U")]);
    case("a --token ... b", &[("...", "token")]);
    case("a --token=\"...\"", &[("...", "token")]);
    case("curl -H \"Authorization: Bearer ...\"", &[("...", "")]);
    case("a xxx web-xxxxx X=XXXX", &[("xxx", ""), ("web-xxxxx", "web_xxxxx"), ("XXXX", "X")]);
    case("a CHANGEME P=REPLACE_ME", &[("CHANGEME", ""), ("REPLACE_ME", "P")]);
    case("kubectl get pod [pod-name]", &[("[pod-name]", "pod_name")]);
    case("a <APP> then b APP", &[("<APP>", "app"), ("APP", "app")]);
    case("cat <<E\n<app>\nE", &[("<app>", "app")]);
    case("a # <app>", &[("<app>", "app")]);
}

#[test]
fn placeholders_in_addresses_are_found() {
    let case = |text: &str, spelling: &str, name: &str| {
        assert_eq!(spelled(text), [(spelling.to_owned(), name.to_owned())], "{text}");
    };
    case("curl -sS http://h:1/items/{id}", "{id}", "id");
    case("curl -sS \"http://h:1/items/{id}/x\"", "{id}", "id");
    case("curl --url='http://$H/a?id={itemId}'", "{itemId}", "item_id");
    case("get item {id} --now", "{id}", "id");
    case("curl -sS 'http://h/items?<id>'", "<id>", "id");
    case("curl -sS http://h/items/...", "...", "");
    case("curl -sS http://h/.../x", "...", "");
    case("ls /srv/...", "...", "");
    case("curl -sS http://h/items/TODO", "TODO", "");
    case("curl -sS http://h/CHANGEME?x=1", "CHANGEME", "");
    case("curl -sS \"http://h/REPLACE_ME\"", "REPLACE_ME", "");
    case("curl -sS http://h/INSERT_ID_HERE", "INSERT_ID_HERE", "id");
    case("curl -sS http://h/%ID%", "%ID%", "id");
    case("curl -sS http://h/items/:id/x", ":id", "id");
    case("curl -sS http://h/{{ id }}", "{{ id }}", "id");
    case("echo {{id}}", "{{id}}", "id");
}

#[test]
fn what_only_looks_like_a_placeholder_is_left_alone() {
    for text in [
        "cmd < in > out",
        "curl http://h/{a,b}/{1..3}",
        "curl http://h/${id}/$id/%2F%20/x:y",
        "awk '{print}' f",
        "awk \"{print}\" f",
        "exec {fd}>&1",
        "xargs -I{} cp {} d",
        "git rev-parse HEAD^{commit} @{upstream} stash@{now}",
        "kubectl get pods -o jsonpath={.items[*].metadata.name}",
        "kubectl get pods -o=jsonpath='{range .items[*]}{.x}{end}'",
        "jq '{id}' f",
        "jq \"{id}\" f",
        "docker ps --format '{{.Names}}' --format '{{json .}}' --format {{.ID}}",
        "docker inspect -f '{{range .Mounts}}{{.Source}}{{end}}' x",
        "curl -w '%{http_code}' -d '{\"a\": 1}' http://h/x",
        "go test ./... github.com/x/y/... && bazel test //...",
        "cat docs/TODO ../FIXME",
        "docker pull h:5000/a:tag && curl http://[::1]:80/",
        "date +%Y%M%D && git log a...b",
        "cmd <in >out",
        "cmd <in 2>out",
        "wc -l <file",
        "a <<EOF\nb\nEOF",
        "diff <(a) <(b)",
        "a 2>&1",
        "[[ a < b && c > d ]]",
        "((a<b || c>d))",
        "echo $((a<b))",
        "kubectl get -o jsonpath='{.x}'",
        "awk '{print $1}'",
        "curl -w '%{http_code}'",
        "docker ps --format '{{.Names}}'",
        "infisical secrets get HEROKU_API_KEY",
        "gh secret set INFISICAL_SERVICE_TOKEN",
        "curl -X POST x",
        "kill -s HUP 1",
        "psql -c 'SELECT NOW()'",
        "psql -c 'select 1 where a<b and c>d'",
        "a $YOUR_TOKEN",
        "YOUR_TOKEN=1",
        "git log main...HEAD",
        "go test ./...",
        "echo 'Waiting...'",
        "[ -f x ] && b",
        "if [ $a -gt 1 ]; then b; fi",
        "ls [a-z]*",
        "${a[name]}",
        "mktemp /tmp/a.XXXX",
        "grep '\\<word\\>' f",
        "jq '.[] | select(.a<5 and .b>3)'",
        "echo '<p>hi</p>'",
        "gh api repos/{owner}/{repo}",
        "tr [:upper:] [:lower:]",
        "cat 0<file>out",
        "git commit --author 'A <a@example.com>'",
        "awk '$1<x && $2>y'",
        "for i in {1..3}; do a; done",
    ] {
        assert_eq!(spelled(text), [], "{text}");
    }
}

#[test]
fn a_blanked_text_keeps_its_bytes_and_parses() {
    let text = "a -a <app> -n <ns> … # <x>";
    let found = placeholders(text);
    let blanked = blank(text, &found);
    assert_eq!(blanked, "a -a _____ -n ____ ___ # <x>");
    assert_eq!(parse(&blanked).unwrap().statements.len(), 1);
}

#[test]
fn a_value_is_quoted_for_its_place() {
    let hostile = "a'b\"c $(touch x) `y` \\ ü\n$HOME";
    let text =
        "printf '%s|' <v> \"<v>\" '<v>' x<v> \"${X:-<v>}\"; cat <<E; cat <<'F'\n<v>\nE\n<v>\nF";
    let filled = fill(text, &placeholders(text), |_| Some(hostile.to_owned()));
    let mut expected = String::new();
    for prefix in ["", "", "", "x", ""] {
        write!(expected, "{prefix}{hostile}|").unwrap();
    }
    write!(expected, "{hostile}\n{hostile}\n").unwrap();
    assert_eq!(bash(&filled), expected);
    assert_eq!(fill("a <b>", &placeholders("a <b>"), |_| None), "a <b>");
}

#[test]
fn plain_words_stay_bare() {
    let case = |value: &str, expected: &str| assert_eq!(quote(value), expected);
    case("raxx-api_prod.v1:2/3@x", "raxx-api_prod.v1:2/3@x");
    case("", "''");
    case("a b", "'a b'");
    case("it's", r"'it'\''s'");
    case("~", "'~'");
    case("<x>", "'<x>'");
}

proptest! {
    #[test]
    fn parsing_never_panics_and_every_span_slices(text in "(?s)[-a-c $(){}`'\"\\\\;&|<>#=\n\täß…\\[\\]!0-1]{0,60}") {
        if let Ok(script) = parse(&text) {
            for statement in &script.statements {
                let mentions = statement.reads.iter().chain(&statement.assigns);
                for mention in mentions.chain(&statement.prefixes) {
                    prop_assert!(text.get(mention.span.range()).is_some());
                }
                prop_assert!(!text[statement.span.range()].trim().is_empty());
            }
        }
        for comment in comments(&text) {
            prop_assert!(text[comment.span.range()].starts_with('#'));
        }
        let found = placeholders(&text);
        prop_assert!(blank(&text, &found).len() == text.len());
    }

    #[test]
    fn a_quoted_word_is_read_back(value in "[^\0]{0,20}") {
        let printed = bash(&format!("printf %s {}", quote(&value)));
        prop_assert_eq!(printed, value);
    }

    #[test]
    fn the_statements_of_a_script_are_scripts(parts in proptest::collection::vec(0..PARTS.len(), 1..6)) {
        let text: String = parts.iter().map(|part| PARTS[*part]).collect();
        let script = parse(&text).unwrap();
        prop_assert!(bash_accepts(&text));
        let mut joined = String::new();
        for statement in &script.statements {
            let own = &text[statement.span.range()];
            prop_assert!(bash_accepts(own), "{own}");
            writeln!(joined, "{own}").unwrap();
        }
        prop_assert!(bash(&joined) == bash(&text), "{text}");
    }
}

/// Pieces of scripts that print something.
const PARTS: &[&str] = &[
    "echo a; echo b\n",
    "echo ä # c; d\n",
    "cat <<E\n$((1+1)) # x\nE\n",
    "cat <<A; echo z\n1;2\nA\n",
    "for i in 1 2; do echo $i; done | wc -l\n",
    "case a in a) echo yes;; esac; echo '('\n",
    "f() { echo \"f $1\"; }; f x\n",
    "x=$(echo ')' # c\n); echo \"$x\"\n",
    "echo \"a\nb\" \\\n  c && echo d || echo e\n",
    "if true; then echo 한; fi >&1\n",
    "! echo q >/dev/null; echo $?\n",
];
