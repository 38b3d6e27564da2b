//! `{{ name }}` in a runbook's text.
//!
//! Comes in: text, and the names that have a value (inputs, captures, facts of the run). Goes out:
//! the text with those values. Everything else that looks like a template belongs to another
//! program (`{{.Names}}` to docker, `${{ }}` to a workflow) and stays as it is, byte for byte.
//! In shell text a value arrives as one word, quoted for its place; where a place cannot be quoted
//! for, the template stays, and is thereby an input that is not filled.

mod place;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::{Environment, UndefinedBehavior, Value};

use self::place::Places;

/// What kind of text a template stands in.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// Prose: values go in as they are.
    Plain,
    /// Commands: values go in as words, which this function quotes.
    Shell(fn(&str) -> String),
}

/// The text with the values of the templates that are ours.
pub fn expand(text: &str, known: &BTreeMap<String, String>, style: Style) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut places = Places::new(text);
    for template in templates(text) {
        let place = places.at(template.start);
        let Some(value) = value(&text[inner(&template)], known) else {
            continue;
        };
        let word = match style {
            Style::Plain => Some(Cow::Owned(value)),
            Style::Shell(quote) => place.word(&value, quote),
        };
        if let Some(word) = word {
            out.push_str(&text[done..template.start]);
            out.push_str(&word);
            done = template.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The known names that the text uses, each once, in the order of first use.
pub fn names(text: &str, known: &BTreeMap<String, String>) -> Vec<String> {
    let mut names = Vec::new();
    for template in templates(text) {
        let name = name(&text[inner(&template)]);
        if known.contains_key(name) && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// What stands between two braces on each side, on one line.
fn templates(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find("{{")?;
            from = start + 2;
            let end = start + 2 + text[start + 2..].find("}}")? + 2;
            let inside = &text[start + 2..end - 2];
            let outside = [text[..start].ends_with(['{', '$']), text[end..].starts_with('}')];
            if !inside.contains(['{', '\n']) && outside == [false, false] {
                from = end;
                return Some(start..end);
            }
        }
    })
}

fn inner(template: &Range<usize>) -> Range<usize> {
    template.start + 2..template.end - 2
}

/// The name at the start of `name | filter | filter`.
fn name(expression: &str) -> &str {
    expression.split('|').next().unwrap_or_default().trim()
}

fn value(expression: &str, known: &BTreeMap<String, String>) -> Option<String> {
    let name = name(expression);
    let value = known.get(name)?;
    match expression.split_once('|') {
        None => Some(value.clone()),
        Some((_, filters)) => filtered(value, filters),
    }
}

/// Filters without arguments, or with quoted ones: a document that a stranger wrote cannot make
/// them compute anything large.
fn filtered(value: &str, filters: &str) -> Option<String> {
    let outside_quotes = filters.split('"').step_by(2);
    let is_simple = |c: char| c.is_ascii_alphabetic() || " _|(),".contains(c);
    if !outside_quotes.flat_map(str::chars).all(is_simple) {
        return None;
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let expression = format!("value |{filters}");
    let compiled = environment.compile_expression(&expression).ok()?;
    let used = compiled.undeclared_variables(false);
    let value = compiled.eval(BTreeMap::from([("value", value.to_owned())])).ok();
    value
        .filter(|value| used.len() == 1 && !Value::is_undefined(value))
        .map(|value| value.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Style, expand, names};

    fn known() -> BTreeMap<String, String> {
        let pairs = [("app", "hub"), ("odd", "it's $HOME"), ("app-name", "x y")];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// As `shell` does it.
    fn quote(value: &str) -> String {
        format!("'{}'", value.replace('\'', "'\\''"))
    }

    #[test]
    fn only_known_names_are_expanded() {
        let case = |text: &str, expected: &str| {
            assert_eq!(expand(text, &known(), Style::Plain), expected, "{text}");
        };
        case("restart {{ app }} and {{app}}", "restart hub and hub");
        case("{{ app-name }}", "x y");
        case("{{ app | upper }}", "HUB");
        case("{{ app | replace(\"h\", \"H\") }}", "Hub");
        case("{{ odd }}", "it's $HOME");
    }

    #[test]
    fn what_belongs_to_other_programs_stays() {
        for text in [
            "docker ps --format '{{.Names}}'",
            "{{range .items}}{{.name}}{{end}}",
            "${#app[@]} ${{ app }} {{{ app }}}",
            "curl -w '%{http_code}' -o /dev/null",
            "kubectl get -o jsonpath='{.items[*].app}'",
            "{{ other }} {{ app.x }} {{ app * 9 }} {{ app | nofilter }} {{ app | indent(9999999) }}",
            "{{- app }} {{ 1 }} {{",
            "{{ app\n}}",
        ] {
            assert_eq!(expand(text, &known(), Style::Shell(quote)), text);
            assert_eq!(expand(text, &known(), Style::Plain), text);
        }
    }

    #[test]
    fn names_are_listed_once_in_order() {
        assert_eq!(
            names("{{ odd }} {{ app | upper }} {{ app }} {{ x }}", &known()),
            ["odd", "app"]
        );
    }

    #[test]
    fn in_shell_text_a_value_is_one_word_wherever_it_stands() {
        let case = |text: &str, expected: &str| {
            assert_eq!(expand(text, &known(), Style::Shell(quote)), expected, "{text}");
        };
        case("echo {{ odd }}", r"echo 'it'\''s $HOME'");
        case("echo a{{ app }}b", "echo a'hub'b");
        case("echo \"-a {{ app }}\"", "echo \"-a \"'hub'\"\"");
        case("echo '-a {{ app }}'", "echo '-a ''hub'''");
        case("echo $'-a {{ app }}'", "echo $'-a ''hub'$''");
        case("echo \"$(ls \"{{ app }}\" {{ app }})\"", "echo \"$(ls \"\"'hub'\"\" 'hub')\"");
        case("echo \\\" {{ app }}", "echo \\\" 'hub'");
        case("# don't\necho {{ app }}", "# don't\necho 'hub'");
        case("echo ok # {{ odd }}", "echo ok # it's $HOME");
        case(
            "cat <<EOF\nhi {{ odd }}\nEOF\necho {{ app }}",
            "cat <<EOF\nhi it's \\$HOME\nEOF\necho 'hub'",
        );
        case(
            "cat <<-'E'\nhi {{ odd }}\n\tE\necho {{ app }}",
            "cat <<-'E'\nhi it's $HOME\n\tE\necho 'hub'",
        );
        case("cat <<<\"{{ app }}\"", "cat <<<\"\"'hub'\"\"");
    }

    #[test]
    fn bash_sees_the_value_wherever_it_stands() {
        for value in
            ["it's", "a b", "$(id) `id` $HOME", "\\", "\"q\"", "*", "-n", "a\nb", "!x", "ä; rm"]
        {
            let known = [("v".to_owned(), value.to_owned())].into();
            let text = "printf '%s\\0' {{ v }} \"{{ v }}\" '{{ v }}' $'{{ v }}' \"$(printf %s. {{ v }})\"\n\
                        cat <<EOF\n{{ v }}\nEOF\ncat <<'EOF'\n{{ v }}\nEOF\n";
            let script = expand(text, &known, Style::Shell(quote));
            let output = std::process::Command::new("bash").args(["-c", &script]).output();
            let output = String::from_utf8(output.expect("bash").stdout).expect("text");
            assert_eq!(
                output,
                format!("{value}\0{value}\0{value}\0{value}\0{value}.\0{value}\n{value}\n"),
                "{script}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([{}'\"$()`<#\\\\\n aE|ä-]|<<E|\\{\\{ app \\}\\}){0,60}") {
            expand(&text, &known(), Style::Shell(quote));
        }
    }

    #[test]
    fn where_no_quoting_is_sure_the_template_stays() {
        for text in [
            "echo `ls {{ app }}`",
            "echo $(( {{ app }} + 1 ))",
            "echo \"${x:-{{ app }}}\"",
            "cat <<EOF\n$(ls {{ app }})\nEOF\n",
        ] {
            assert_eq!(expand(text, &known(), Style::Shell(quote)), text);
        }
    }
}
