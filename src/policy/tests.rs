//! The catalogue's own examples, and tables over the front door of `policy`.

use crate::shell::{Command, Word, parse};

use super::Effect::{Read, Unknown, Write};
use super::Trait::{Interactive, Irreversible, OpensSession, PrintsSecret, Streaming};
use super::catalogue::{builtin_files, found_by};
use super::{
    Catalogue, Classification, Effect, Listed, Trait, classify, permit, programs, stages,
    status_is_benign, written_files,
};

fn judge(text: &str) -> Classification {
    let script = parse(text).unwrap();
    assert_eq!(script.statements.len(), 1, "{text}");
    classify(&script.statements[0], Catalogue::builtin())
}

#[test]
fn every_rule_judges_its_examples_as_it_says() {
    let mut wrong = Vec::new();
    for (_, rules) in builtin_files() {
        for rule in rules {
            if let Err(error) = Catalogue::builtin().try_examples(&rule) {
                wrong.push(error.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_an_allowed_and_a_refused_line() {
    for (_, rules) in builtin_files() {
        for rule in rules {
            let reads = rule.effect == Some(Effect::Read)
                || rule.sub.iter().any(|sub| sub.effect == Some(Effect::Read));
            assert_eq!(rule.examples.read.is_empty(), !reads, "{}", rule.names);
            assert!(!rule.examples.refused.is_empty(), "{}", rule.names);
        }
    }
}

#[test]
fn every_rule_is_found_by_its_names_which_no_other_has() {
    let all: Vec<_> = builtin_files().flat_map(|(_, rules)| rules).collect();
    for rule in &all {
        for name in rule.names.split_whitespace() {
            assert_eq!(found_by(name), Some(rule.names.as_str()), "{name}");
        }
    }
    let mut names: Vec<_> = all.iter().flat_map(|rule| rule.names.split_whitespace()).collect();
    let count = names.len();
    names.sort_unstable();
    let doubles: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(doubles.is_empty(), "{doubles:?} of {count}");
}

#[test]
fn what_is_no_name_finds_no_rule() {
    for name in
        ["", " ", "\n", "a", "zzz", "curl ", "curl 0 1", "curl\n", "cur", "curll", "\u{10ffff}"]
    {
        assert_eq!(found_by(name), None, "{name:?}");
    }
}

#[test]
fn every_file_says_which_versions_it_follows() {
    for (text, _) in builtin_files() {
        assert!(text.starts_with("# "), "{text}");
    }
}

fn effect(text: &str) -> Effect {
    judge(text).effect
}

#[test]
fn every_part_of_a_statement_that_could_run_something_counts() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("ls && pwd || true", Read);
    case("ls | grep a | head -1", Read);
    case("ls; ", Read);
    case("ls && rm a", Write);
    case("if false; then ls; else rm a; fi", Write);
    case("for f in $(rm a); do ls; done", Write);
    case("case $(rm a) in *) ls;; esac", Write);
    case("cat <(rm a)", Write);
    case("cat <<E\n$(rm a)\nE", Write);
    case("cat <<'E'\n$(rm a)\nE", Read);
    case("echo ${X:-$(rm a)} ${HOME#$(rm b)}", Write);
    case("a=(x $(rm a))", Write);
    case("[[ $(rm a) == b ]]", Write);
    case("ls > f", Write);
    case("ls > /dev/null 2>&1", Read);
    case("ls >& f", Write);
    case("ls &> $F", Write);
    case("ls > '/dev/null '", Write);
    case("{ ls; } >> f", Write);
    case("if true; then ls; fi > f", Write);
    case("cat < f", Read);
    case("cat < /dev/tcp/host/80", Unknown);
    case("cat < '/dev'/udp/host/53", Unknown);
    case("cat < $F", Unknown);
    case("cat < \"$F\"", Unknown);
    case("cat < /dev/$F", Unknown);
    case("while read l; do echo \"$l\"; done < /$F", Unknown);
    case("echo \"$(<$F)\"", Unknown);
    case("cat < ./$F", Read);
    case("cat < ~/$F", Read);
    case("cat < logs/*.log", Read);
    case("cat <<< $F", Read);
    case("ls &", Unknown);
    case("f() { ls; }", Unknown);
    case("coproc ls", Unknown);
    case("$CMD a", Unknown);
    case("./ls", Unknown);
    case("\\rm a", Write);
    case("r'm' a", Write);
    case("frobnicate", Unknown);
    case("X=1", Read);
    case("PATH=.:$PATH ls", Unknown);
    case("LD_PRELOAD=x ls", Unknown);
    case("for IFS in a; do ls; done", Unknown);
    case("echo ${!X}", Unknown);
    case("echo ${X@P}", Unknown);
    case("ls ${ rm a; }", Unknown);
    case("ls \"${| rm a; }\"", Unknown);
    case("echo $((1 + 2))", Read);
    case("echo $((X))", Unknown);
    case("((X = 1))", Unknown);
    case("[[ X -eq 1 ]]", Unknown);
    case("[[ $X == a* && -n $Y ]]", Read);
    case("echo $'a\\x62'", Unknown);
}

#[test]
fn a_subscript_is_evaluated_unless_it_is_a_plain_number() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("a[0]=1", Read);
    case("a[12]+=b", Read);
    case("a=(x y)", Read);
    case("a[x]=1", Unknown);
    case("a[x]+=1", Unknown);
    case("a[x]=1 ls", Unknown);
    case("a[-1]=1", Unknown);
    case("a['b[$(touch P)]']=1", Unknown);
    case("a[$x]=1", Unknown);
    case("a[\"$x\"]=1", Unknown);
    case("a[b[0]]=1", Unknown);
    case("a[____]=1", Unknown);
    case("a=([x]=1)", Unknown);
    case("a=(x [y]=1)", Unknown);
    case("a[x]=(1)", Unknown);
    case("echo ${a[x]}", Unknown);
    for command in ["declare", "export", "local", "readonly", "typeset", "read", "unset"] {
        case(&format!("{command} a[x]=1"), Unknown);
        case(&format!("{command} 'a[x]'"), Unknown);
        case(&format!("{command} a[x]"), Unknown);
        case(&format!("{command} a=([x]=1)"), Unknown);
        case(&format!("{command} 'a=([x]=1)'"), Unknown);
    }
    case("unset -v 'a[x]'", Unknown);
    case("read -r 'a[x]' < f", Unknown);
    case("test -v 'a[x]'", Unknown);
    case("[ -v a[x] ]", Unknown);
    case("[[ -v a[x] ]]", Unknown);
    case("[[ ! -v a[0] || -n b ]]", Unknown);
    assert_ne!(effect("printf -v 'a[x]' b"), Read);
}

#[test]
fn a_name_in_braces_before_a_redirection_gets_a_value() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("{PATH}<f", Unknown);
    case("{LD_PRELOAD}<f", Unknown);
    case("{X}<f ls", Unknown);
    case("ls {PATH}<f", Unknown);
    case("ls {PATH}< f", Unknown);
    case("ls {a[x]}<f", Unknown);
    case("ls {PA\\\nTH}<f", Unknown);
    case("ls {PATH}<<<f", Unknown);
    case("ls {PATH}>&1", Unknown);
    case("ls {PATH}>f", Write);
    case("ls {PATH}", Read);
    case("ls {}<f", Read);
    case("ls '{PATH}'<f", Read);
    let found = judge("ls {PATH}<f");
    assert_eq!(found.reasons[0].text, "`{PATH}` before a redirection gives that variable a value");
}

#[test]
fn a_word_that_may_become_an_option_is_unknown() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("grep $X f", Read);
    case("sort -k \"$X\" f", Read);
    case("sort -k$X f", Read);
    case("sort \"$X\"", Unknown);
    case("sort \"f$X\"", Read);
    case("sort f$X", Unknown);
    case("sort -- \"$X\"", Read);
    case("sort -k -- -o f", Write);
    case("sort *", Unknown);
    case("sort -* f", Unknown);
    case("sort /var/log/*.log", Read);
    case("sort f*", Read);
    case("sort f*$X", Unknown);
    case("sort f{a,b}*", Unknown);
    case("uniq f*", Unknown);
    case("timeout 5* ls", Unknown);
    case("[ -n f* ]", Unknown);
    case("sort {a,-ob}", Unknown);
    case("sort {\"-o\",f}", Unknown);
    case("sort \"${F[@]}\"", Unknown);
    case("sort \"$@\"", Unknown);
    case("ls \"$@\" *", Read);
    case("heroku config -a $APP", Read);
    case("heroku config \"$APP\"", Unknown);
}

#[test]
fn an_option_is_read_only_with_the_values_that_its_rule_lists() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("kubectl get --raw /healthz", Read);
    case("kubectl get --raw='/readyz?verbose'", Read);
    case("kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes", Read);
    case("kubectl get --raw /healthzz", Unknown);
    case("kubectl get --raw /apis/metrics.k8s.io/../x", Unknown);
    case("kubectl get --raw /apis/metrics.k8s.io/%2e%2e/x", Unknown);
    case("kubectl get --raw /api/v1/namespaces/a/services/b/proxy/stop", Unknown);
    case("kubectl get --raw \"$P\"", Unknown);
    case("kubectl get --raw /healthz --raw /x", Unknown);
}

#[test]
fn a_track_before_a_sub_command_says_nothing_of_what_it_does() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("gcloud beta compute instances list", Read);
    case("gcloud beta compute instances delete list", Write);
    case("gcloud beta alpha compute instances list", Unknown);
    case("gcloud gamma compute instances list", Unknown);
}

#[test]
fn the_value_of_an_option_that_is_not_listed_may_be_any_where_only_reads_are_left() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("aws rds describe-db-instances --db-instance-identifier \"$DB\"", Read);
    case("aws rds describe-db-instances --db-instance-identifier \"--$DB\"", Unknown);
    case("aws rds describe-db-instances \"$DB\"", Unknown);
    case("aws rds describe-db-instances --a --endpoint-url x", Unknown);
    case("aws s3 ls --frobnicate \"$DB\"", Unknown);
}

#[test]
fn what_a_command_does_without_the_option_it_needs_is_said() {
    let found = judge("terraform fmt");
    assert_eq!(found.effect, Write);
    assert_eq!(found.reasons[0].text, "`terraform fmt` rewrites files");
}

#[test]
fn a_command_that_opens_a_session_does_not_only_read() {
    assert_eq!(effect("oc rsh p"), Unknown);
    assert_eq!(effect("oc rsh p ls"), Read);
    assert_eq!(effect("sudo"), Unknown);
}

#[test]
fn options_before_the_sub_command_are_not_those_after_it() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("git -C a diff -C", Read);
    case("git -C a diff -C --output=f", Write);
    case("git log -p", Read);
    case("git -p log", Unknown);
    case("git --no-pager log", Read);
    case("git log --no-pager", Unknown);
}

#[test]
fn a_variable_called_an_address_is_no_option_where_an_address_is_expected() {
    let case = |text: &str, expected: Effect| assert_eq!(effect(text), expected, "{text}");
    case("git ls-remote \"$REPO_URL\"", Read);
    case("git ls-remote \"$REPO_URL.git\"", Read);
    case("git ls-remote \"$REPO\"", Unknown);
    case("git ls-remote \"$URL_PREFIX\"", Unknown);
    case("git ls-remote \"${REPO_URL:-$X}\"", Unknown);
    case("git ls-remote \"$REPO_URL$X\"", Unknown);
    case("git ls-remote -$REPO_URL", Unknown);
    case("git ls-remote \"-$REPO_URL\"", Unknown);
    case("git ls-remote $REPO_URL", Unknown);
    case("git log \"$REPO_URL\"", Unknown);
    case("printf \"$REPO_URL\"", effect("printf \"$X\""));
}

#[test]
fn a_command_that_stands_too_deep_in_wrappers_is_not_read() {
    for depth in 0..20 {
        let line = format!("{}rm a", "env ".repeat(depth));
        assert_ne!(effect(&line), Read, "{line}");
        let line = format!("{}sed -n 1p f", "env ".repeat(depth));
        assert_eq!(effect(&line), if depth < 8 { Read } else { Unknown }, "{line}");
    }
}

#[test]
fn reasons_name_what_decided_and_where() {
    let case = |text: &str, reason: &str, spelling: &str| {
        let found = judge(text);
        assert_eq!(found.reasons.len(), 1, "{text}: {:?}", found.reasons);
        assert_eq!(found.reasons[0].text, reason, "{text}");
        assert_eq!(&text[found.reasons[0].span.range()], spelling, "{text}");
    };
    let set = "heroku config:set A=b -a x";
    case(set, "`heroku config:set` changes config vars and restarts the app", set);
    case("ls | sort -o f", "`sort` writes a file with `-o`", "f");
    case("ls > out", "It writes to the file `out`", "out");
    case("x=ä frob x", "`frob` is not in the catalogue", "frob");
    case("sudo sh -c 'rm a'", "`rm` deletes files", "'rm a'");
    case("curl -XPOST https://a.example", "`curl` sends a POST request", "-XPOST");
    let list = "infisical secrets list";
    case(list, "`infisical secrets list` does not exist; plain `infisical secrets` lists", list);
    case("heroku frob", "`heroku frob` is not in the catalogue", "heroku frob");
}

#[test]
fn commands_are_listed_with_their_sub_command_and_wrapper() {
    let case = |text: &str, expected: &[&str]| {
        let found = judge(text);
        let names: Vec<_> = found.commands.iter().map(|command| command.name.as_str()).collect();
        assert_eq!(names, expected, "{text}");
    };
    case("heroku config:set A=$(jq .a f) -a x | head", &["jq", "heroku config:set", "head"]);
    case("sudo -u a timeout 5 gh secret list", &["sudo", "timeout", "gh secret list"]);
    case("gh -R o/r secret set A", &["gh secret set"]);
    case("watch 'ls | wc -l'", &["watch", "ls", "wc"]);
}

#[test]
fn traits_say_what_else_is_to_be_known() {
    let case = |text: &str, expected: &[Trait]| {
        assert_eq!(judge(text).traits, expected, "{text}");
    };
    case("ls", &[]);
    case("heroku logs --tail -a x | grep a", &[Streaming]);
    case("heroku logs -ta x", &[Streaming]);
    case("heroku logs -a x", &[]);
    case("tail -f f", &[Streaming]);
    case("tail -n5 f", &[]);
    case("ping h", &[Streaming]);
    case("ping -c 3 h", &[]);
    case("while true; do ls; sleep 1; done", &[Streaming]);
    case("while true; do ls; break; done", &[]);
    case("vim f", &[Interactive]);
    case("gh auth login", &[Interactive]);
    case("read -r X", &[Interactive]);
    case("cat f | while read -r X; do echo; done", &[]);
    case("while read -r X; do echo; done < f", &[]);
    case("ssh host", &[OpensSession]);
    case("ssh host uptime", &[]);
    case("psql", &[OpensSession]);
    case("psql -c 'select 1'", &[]);
    case("psql < f", &[]);
    case("kubectl exec -it p -- bash", &[OpensSession]);
    case("kubectl exec -it p -- ls", &[]);
    case("kubectl get -n a secret b", &[]);
    case("kubectl get -n a secret b -ojson", &[PrintsSecret]);
    case("kubectl get pods,secrets -o yaml", &[PrintsSecret]);
    case("kubectl get Secret b -o yaml", &[PrintsSecret]);
    case("kubectl get all,secret -o=json", &[PrintsSecret]);
    case("kubectl get cm/a secret/x -o yaml", &[PrintsSecret]);
    case("kubectl get \"$KIND\" -o yaml", &[PrintsSecret]);
    case("kubectl get pods -o yaml", &[]);
    case("kubectl get pods,secrets", &[]);
    case("git config --get http.https://github.com/.extraheader", &[PrintsSecret]);
    case("git config -l", &[PrintsSecret]);
    case("git config list", &[PrintsSecret]);
    case("git config user.name", &[]);
    case("aws gamelift get-compute-access --fleet-id x --compute-name y", &[PrintsSecret]);
    case(
        "aws ec2 describe-instance-attribute --attribute userData --instance-id i",
        &[PrintsSecret],
    );
    case("aws finspace-data get-programmatic-access-credentials", &[PrintsSecret]);
    case("aws codepipeline get-job-details --job-id x", &[PrintsSecret]);
    case("docker exec -it c sh", &[OpensSession]);
    case("heroku run bash -a x", &[Interactive, OpensSession]);
    case("bash", &[OpensSession]);
    case("bash -c ls", &[]);
    case("infisical secrets --env=prod", &[PrintsSecret]);
    case("heroku config:set A=b -a x", &[PrintsSecret]);
    case("heroku apps:destroy x", &[Irreversible]);
    case("infisical secrets delete A", &[Irreversible]);
    case("rm a", &[Irreversible]);
}

#[test]
fn stages_tell_how_to_judge_a_status() {
    let script = parse("timeout 5 tail -f a | grep -m1 b | sort | head -3").unwrap();
    let pipeline = &script.statements[0].node.items[0].and_or.first;
    let stages = stages(pipeline, Catalogue::builtin());
    let names: Vec<_> = stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["tail", "grep", "sort", "head"]);
    let streaming: Vec<_> = stages.iter().map(|stage| stage.streaming).collect();
    assert_eq!(streaming, [true, false, false, false]);
    let early: Vec<_> = stages.iter().map(|stage| stage.leaves_early).collect();
    assert_eq!(early, [false, true, false, true]);
    let Command::Simple(grep) = &pipeline.stages[1] else {
        panic!("a simple command");
    };
    let benign = |status| status_is_benign(grep, status, Catalogue::builtin());
    assert_eq!(benign(1).as_deref(), Some("nothing matched"));
    assert_eq!(benign(2), None);
}

#[test]
fn programs_are_everything_that_a_statement_starts() {
    let case = |text: &str, expected: &[(&str, bool)]| {
        let script = parse(text).unwrap();
        let found = programs(&script.statements[0], Catalogue::builtin());
        let found: Vec<_> =
            found.iter().map(|program| (program.name.as_str(), program.pure_filter)).collect();
        assert_eq!(found, expected, "{text}");
    };
    case("heroku logs -a x | grep a", &[("heroku", false), ("grep", true)]);
    case("f() { sed -n 1p f | sed -i s/a/b/ f; }", &[("sed", true), ("sed", false)]);
    case("echo $(curl https://a.example)", &[("curl", false), ("echo", true)]);
    case("timeout 5 jq . f", &[("timeout", false), ("jq", true)]);
    case("$X a", &[("", false)]);
    let script = parse("xargs -n1 gh api").unwrap();
    let found = programs(&script.statements[0], Catalogue::builtin());
    assert_eq!(found[1].via.as_deref(), Some("xargs"));
}

#[test]
fn written_files_are_the_targets_of_every_redirection_that_writes() {
    let case = |text: &str, expected: &[Option<&str>]| {
        let script = parse(text).unwrap();
        let found = written_files(&script.statements[0]);
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, expected, "{text}");
    };
    for operator in [">", ">>", ">|", "&>", "&>>", "<>", ">&", "2>", "3>>"] {
        case(&format!("ls {operator} f"), &[Some("f")]);
        case(&format!("ls {operator} \"/a b/f\""), &[Some("/a b/f")]);
        case(&format!("ls {operator} $F"), &[None]);
    }
    for quiet in ["2>&1", ">&-", ">&2-", "< f", "<<< f", "<<E\nf\nE", "<&3", "> >(cat)"] {
        case(&format!("ls {quiet}"), &[]);
    }
    for sink in ["null", "stdout", "stderr", "tty", "fd/3"] {
        case(&format!("ls > /dev/{sink}"), &[]);
    }
    case("ls > /dev/fd/../sda", &[Some("/dev/fd/../sda")]);
    case("ls > /dev/sda", &[Some("/dev/sda")]);
    case("ls > -", &[Some("-")]);
    case("ls > 1", &[Some("1")]);
    case("ls > ~/f", &[None]);
    case("ls > *", &[None]);
    case("ls > $(cat > a)", &[Some("a"), None]);
    case("> f", &[Some("f")]);
    case("X=$(ls > f) pwd | cat >> g && cat > h", &[Some("f"), Some("g"), Some("h")]);
    case("{ ls > a; } > b", &[Some("a"), Some("b")]);
    case("(ls > a)", &[Some("a")]);
    case("f() { ls > a; } > b", &[Some("a"), Some("b")]);
    case("for x in `ls > a`; do ls > b; done > c", &[Some("a"), Some("b"), Some("c")]);
    case("if ls > a; then ls > b; else ls > c; fi", &[Some("a"), Some("b"), Some("c")]);
    case("case a in a) ls > b;; esac", &[Some("b")]);
    case("[[ -n $(ls > a) ]] > b", &[Some("a"), Some("b")]);
    case("cat <(ls > a) <<E\n$(ls > b)\nE", &[Some("a"), Some("b")]);
    case("echo ${X:-$(ls > a)} $((1 + $(ls > b)))", &[Some("a"), Some("b")]);
    case("ls ${ pwd > f; }", &[None]);
    case("coproc ls > f", &[None]);
}

#[test]
fn a_team_adds_rules_but_cannot_vouch_for_a_shell() {
    let add = |toml: &str| Catalogue::builtin().clone().with(toml);
    let rule = "[[command]]\nnames = \"mycli\"\nreason = \"asks our status API\"\n\
        sub = [{ path = \"status\", effect = \"read\", bool = \"--json\" }]\n\
        examples.read = [\"mycli status --json\"]\nexamples.refused = [\"mycli deploy\"]\n";
    let catalogue = add(rule).unwrap();
    let script = parse("mycli status").unwrap();
    assert_eq!(classify(&script.statements[0], &catalogue).effect, Effect::Read);
    assert_eq!(effect("mycli status"), Effect::Unknown);
    let fails = |toml: &str, message: &str| {
        let error = add(toml).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    fails(&rule.replace("mycli deploy", "mycli status"), "is judged Read");
    fails(&rule.replace("\"mycli\"", "\"bash\""), "no rule can vouch");
    fails(&rule.replace("asks our status API", ""), "give it a `reason`");
    fails(&rule.replace("--json\" }", "--json\", frob = 1 }"), "frob");
}

/// What is said of a command that starts with these words and variables, where these hosts and tools
/// are listed.
fn started(line: &str, variables: &[(&str, &str)]) -> Result<super::Permit, super::Refusal> {
    let own = |texts: &[&str]| texts.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let hosts = ["good:5432", "good:6379", "good:27017", "good:9090", "good:443"];
    let hosts = own(&[&hosts[..], &["api.github.com", "github.com"]].concat());
    let listed = Listed::new(&hosts, &own(&["npm", "terraform"])).expect("hosts");
    let script = parse(line).expect("it parses");
    let Command::Simple(simple) = &script.statements[0].node.items[0].and_or.first.stages[0] else {
        panic!("a simple command");
    };
    let words: Option<Vec<_>> = simple.words.iter().map(Word::literal).collect();
    let variable = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| (*value).to_owned())
    };
    permit(&words.expect("it is known"), &variable, Catalogue::builtin(), &listed)
}

#[test]
fn nothing_starts_that_leads_elsewhere_by_another_of_its_arguments() {
    let good = |line: &str| {
        let started = started(line, &[]);
        assert!(started.is_ok(), "{line}: {started:?}");
    };
    let bad = |line: &str| assert!(started(line, &[]).is_err(), "{line}");
    good("psql postgresql://u@good/x -c 'select 1'");
    good("psql 'postgresql://u@good/x?sslmode=require&application_name=a' -c 'select 1'");
    bad("psql 'postgresql://u@good/x?host=evil' -c 'select 1'");
    bad("psql 'postgresql://good?@evil/x' -c 'select 1'");
    bad("psql 'postgresql://good#@evil/x' -c 'select 1'");
    bad("psql -h good 'postgresql://u@/x?hostaddr=127.0.0.4' -c 'select 1'");
    bad("psql -h good/x.evil.test -c 'select 1'");
    bad("psql -h good -p 1 -c 'select 1'");
    good("redis-cli -h good --cluster info good:6379");
    bad("redis-cli -h good --cluster info evil:6379");
    bad("redis-cli --cluster check evil:6379");
    bad("redis-cli -u redis://good/x@evil ping");
    bad("redis-cli -h good -p 1 ping");
    good("mongosh 'mongodb://good/x?authSource=admin' --eval 'rs.status()'");
    bad("mongosh 'mongodb://good/x?proxyHost=evil&proxyPort=443' --eval 'rs.status()'");
    bad("mongosh mongodb://good/@evil/x --eval 'rs.status()'");
    good("promtool query instant http://good:9090 up");
    bad("promtool query instant --http.config.file=f.yml http://good:9090 up");
    good("wget -qO- https://good/x");
    bad("wget -qO- 'https://evil;@good/x'");
    bad("ssh good/x@evil uptime");
    bad("npm view left-pad");
    bad("terraform state list");
    good("terraform version");
}

#[test]
fn a_repository_of_another_host_is_not_asked_about() {
    let good = |line: &str, variables: &[(&str, &str)]| {
        let started = started(line, variables);
        assert!(started.is_ok(), "{line}: {started:?}");
    };
    let bad = |line: &str, variables: &[(&str, &str)]| {
        assert!(started(line, variables).is_err(), "{line}");
    };
    good("gh pr list", &[]);
    good("gh pr list -R o/r", &[]);
    good("gh pr list -R github.com/o/r", &[]);
    good("gh pr view https://github.com/o/r/pull/1", &[]);
    good("gh pr list -R good/o/r", &[]);
    good("gh pr list", &[("GH_REPO", "o/r")]);
    good("gh api repos/o/r/branches/main", &[]);
    good("gh search prs 'is:open label:x' --repo o/r", &[]);
    bad("gh pr list -R evil/o/r", &[]);
    bad("gh pr list --repo=evil/o/r", &[]);
    bad("gh pr list -Revil/o/r", &[]);
    bad("gh pr list -R https://evil/o/r", &[]);
    bad("gh pr view https://evil/o/r/pull/1", &[]);
    bad("gh repo view git@evil.test:o/r", &[]);
    bad("gh repo view evil/o/r", &[]);
    bad("gh repo view ssh://git@evil.test/o/r", &[]);
    bad("gh issue view https://evil/o/r/issues/1", &[]);
    bad("gh gist view https://evil/1", &[]);
    bad("gh release view -R evil/o/r v1", &[]);
    bad("gh run view 1 -R evil/o/r", &[]);
    bad("gh pr list", &[("GH_REPO", "evil/o/r")]);
    bad("gh pr list", &[("GH_REPO", "https://evil/o/r")]);
    bad("gh pr list", &[("GH_HOST", "evil")]);
}

#[test]
fn what_a_repository_configures_is_switched_off() {
    let guards = |line: &str| started(line, &[]).expect("it starts").guards;
    let has = |line: &str, name: &str, value: &str| {
        let guards = guards(line);
        let found = guards.iter().any(|(own, its)| own == name && its == value);
        assert!(found, "{line}: {guards:?}");
    };
    has("git status", "GIT_ATTR_SOURCE", "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    has("git -C sub status", "GIT_CONFIG_KEY_12", "safe.bareRepository");
    has("git diff", "GIT_CONFIG_COUNT", "13");
    has("cargo --version", "RUSTUP_TOOLCHAIN", "stable");
    has("cargo locate-project", "RUSTUP_TOOLCHAIN", "stable");
    let starts = |line: &str| started(line, &[]).expect("it starts").starts;
    assert_eq!(starts("git log -p"), Some(vec!["ssh".to_owned()]));
    assert_eq!(starts("terraform validate"), Some(Vec::new()));
    assert_eq!(starts("psql postgresql://good/x -c 'select 1'"), None);
    let cargo = started("cargo metadata --locked", &[]).expect("it starts");
    assert!(!cargo.network);
}

#[test]
fn what_is_appended_may_follow_the_value_of_an_option() {
    let case = |line: &str, expected| assert_eq!(judge(line).effect, expected, "{line}");
    for command in [
        "openssl x509 -noout -in",
        "nice -n",
        "awk -F",
        "sort -k",
        "kubectl get pods -n",
        "kubectl exec -n",
        "kubectl exec p -c",
        "docker exec -w",
        "docker exec -u",
        "timeout -k",
        "ionice -c",
        "stdbuf -o",
        "watch -n",
        "xargs -n",
        "curl -m",
        "curl -s https://a.example -A",
        "wget -qO- -T",
        "psql -c 'select 1' -d",
        "sed -l",
        "helm template x y --set",
        "heroku config -a",
        "systemctl status -n",
        "ss -f",
        "dmesg -l",
        "git -C",
        "aws ec2 describe-instances --query",
    ] {
        case(&format!("cat f | xargs {command}"), Unknown);
        case(&format!("find . -exec {command} {{}} +"), Unknown);
    }
    case("find . -name '*.pem' | xargs -n1 openssl x509 -noout -in", Unknown);
    case("find . -name '*.pem' -exec openssl x509 -noout -in {} \\;", Read);
    case("cat f | xargs -I{} openssl x509 -noout -in {}", Read);
    case("cat f | xargs grep -n -e x", Read);
    case("cat f | xargs cat", Read);
    case("nice -n * ls", Unknown);
}

#[test]
fn a_word_without_quotes_is_to_be_judged_again_where_it_stands_for_a_value() {
    let case = |line: &str, expected: &[(&str, Option<&[&str]>)]| {
        let judged = judge(line);
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected: Vec<_> =
            expected.iter().map(|(text, names)| ((*text).to_owned(), names.map(own))).collect();
        let words = judged.words.iter().map(|word| (word.text.clone(), word.variables.clone()));
        assert_eq!(judged.effect, Read, "{line}");
        assert_eq!(words.collect::<Vec<_>>(), expected, "{line}");
    };
    case("kubectl get pods -n $NS", &[("$NS", Some(&["NS"]))]);
    case("kubectl get pods -n \"$NS\"", &[]);
    case("kubectl get pods --namespace=${NS}", &[("--namespace=${NS}", Some(&["NS"]))]);
    case(
        "kubectl -n $NS get pods -l app=$A-$B",
        &[("$NS", Some(&["NS"])), ("app=$A-$B", Some(&["A", "B"]))],
    );
    case("git -C $F log", &[("$F", Some(&["F"]))]);
    case("git log --format=$F", &[("--format=$F", Some(&["F"]))]);
    case("nice -n $(cat f) ls", &[("$(cat f)", None)]);
    case("nice -n ${F:-1} ls", &[("${F:-1}", None)]);
    case("curl -s -m $F https://a.example", &[("$F", Some(&["F"]))]);
    case("openssl x509 -noout -in $F", &[("$F", Some(&["F"]))]);
    case("aws ec2 describe-instances --query $Q", &[("$Q", Some(&["Q"]))]);
    case("head -n $# f", &[]);
    case("nice -n 1* ls", &[("1*", None)]);
    case("cat $F", &[]);
}

#[test]
fn a_value_that_grows_is_not_followed() {
    let doubled = (1..28).map(|at| format!("a{at}=$a{0}$a{0};", at - 1)).collect::<String>();
    let line = format!("a0=aaaaaaaaaa;{doubled}ls $a27");
    let began = std::time::Instant::now();
    super::classify_text(&line, Catalogue::builtin());
    super::classify_text(&format!("bash -c '{line}'"), Catalogue::builtin());
    for (begin, part) in
        [("awk 'BEGIN{print ", "a?"), ("curl ", " -s"), ("awk '", "a "), ("", "ssh h ")]
    {
        let end = if begin.contains('\'') { "'" } else { "" };
        let long = format!("{begin}{}{end}", part.repeat(64 * 1024 / part.len() - 20));
        let judged = super::classify_text(&long, Catalogue::builtin());
        assert_ne!(judged.effect, Read, "{begin}{part}");
    }
    // Generous, for a program that is not optimised on a busy machine.
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
}

/// A text with `{}` replaced by a word.
fn back_to(pattern: &str) -> String {
    pattern.replace("{}", "there")
}

#[test]
fn every_probe_only_reads_and_is_found_by_its_names() {
    let probes = super::catalogue::all_builtin_probes();
    assert_eq!(probes.len(), super::catalogue::probes_found());
    for probe in &probes {
        assert!(!probe.is_for_all() && !probe.tells.is_empty(), "{probe:?}");
        let asks = [&probe.command, &probe.variables, &probe.file];
        assert!(asks.iter().any(|one| !one.is_empty()), "{probe:?} asks nothing");
        assert_eq!(probe.file.is_empty(), probe.pattern.is_empty(), "{probe:?}");
        assert_eq!(probe.is_of_shell(), !probe.knows_what_moves(), "{probe:?}");
        for back in probe.tells.iter().filter_map(|fact| fact.back.as_ref()) {
            let words: Vec<_> = back.split(' ').collect();
            assert!(words[0] == "cd" || probe.is_moved_by(&words), "{probe:?}");
        }
        assert!(probe.command.is_empty() || effect(&probe.command) == Effect::Read, "{probe:?}");
        let programs = [probe.tool().to_owned()];
        assert!(Catalogue::builtin().probes(&programs).contains(probe), "{probe:?}");
        for back in probe.tells.iter().filter_map(|fact| fact.back.as_deref()) {
            assert!(crate::shell::parse(&back_to(back)).is_ok(), "{back}");
        }
    }
}

#[test]
fn a_version_is_asked_only_where_that_is_known_to_read() {
    let version = |name: &str| Catalogue::builtin().version(name).map(|(line, _)| line);
    assert_eq!(version("kubectl").as_deref(), Some("kubectl version --client"));
    assert_eq!(version("jq").as_deref(), Some("jq --version"));
    assert_eq!(version("deploy-everything"), None);
    assert_eq!(version("./deploy"), None);
}

#[test]
fn what_a_team_asks_must_only_read() {
    let probe = |command: &str| super::Probe::of_team("region", &["aws".into()], command, None);
    let with = |command: &str| Catalogue::builtin().clone().with_probes(vec![probe(command)]);
    assert!(with("git branch --show-current").is_ok());
    for command in ["deploy --where", "rm -rf /tmp/x", "echo x > f", "", "echo $("] {
        assert!(with(command).is_err(), "{command}");
    }
}
