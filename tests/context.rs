//! The right place: what a run's tools would act on is pinned at its start, asked again before every
//! write, and what differs is not written to.

mod cluster;
mod scene;
mod screen;
mod story;

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use runbook::document::Document;
use runbook::engine::{
    Answer, AskChanges, AskChoice, AskContext, AskDifference, AskDoubt, AskEdit, AskFailure,
    AskInput, AskJudgement, AskLeftOut, AskManual, AskRun, AskUnknown, Changes, Difference, Edit,
    Given, Go, Happened, Judged, Manual, OnFailure, Operator, Setup, Unrecorded, Wishes, carry_out,
};
use runbook::event::{Event, Placed, RunResult, Sink, Summary, What, place_after};
use runbook::plan::{Plan, Selection};
use runbook::policy::Catalogue;
use runbook::source::Source;

use cluster::{Clusters, KUBECTL};
use scene::{Scene, Told};
use story::Story;

/// A runbook that reads a cluster, then writes to it.
const SCALE: &str = "# Scale\n\n## Step 1 — Look\n\n```bash\nkubectl get pods\n```\n\n\
                     ## Step 2 — Scale\n\n```bash\nkubectl scale deployment api --replicas=3\n```\n";

fn git(folder: &std::path::Path, words: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]);
    let output = git.args(words).current_dir(folder).output().expect("git");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An operator at a terminal whose `kubectl` is set to staging.
fn operator_on_staging(clusters: &Clusters) -> Story {
    let story = Story::new();
    let bin = story.folder().join("bin");
    fs::create_dir(&bin).expect("a folder for commands");
    fs::write(bin.join("kubectl"), KUBECTL).expect("a command");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(bin.join("kubectl"), mode).expect("executable");
    let config = story.folder().join("kubeconfig");
    clusters.use_context(&config, "staging");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    story.with("KUBECONFIG", &config.display().to_string()).with("PATH", &path)
}

/// What a screen has shown, without the breaks between its lines.
fn flowing(screen: &screen::Screen) -> String {
    let text = screen.text().replace('»', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was pinned at the start, as `tool what = value`.
fn pinned(told: &Told) -> Vec<String> {
    let pinned = told.named("context_pinned");
    let entries = pinned[0]["entries"].as_array().expect("entries").clone();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or("?").to_owned();
    let facts = entries.iter().filter(|one| one["what"] != "folder");
    facts
        .map(|one| format!("{} {} = {}", text(one, "tool"), text(one, "what"), text(one, "value")))
        .collect()
}

/// A story with a `kubectl` of its own and two clusters.
fn on_staging(clusters: &Clusters, scene: Scene) -> Scene {
    let scene = scene.command("kubectl", KUBECTL);
    let config = scene.path("kubeconfig").display().to_string();
    clusters.use_context(&scene.path("kubeconfig"), "staging");
    scene.variable("KUBECONFIG", &config)
}

#[test]
fn a_cluster_that_is_switched_while_the_operator_thinks_is_not_written_to() {
    let clusters = Clusters::start();
    let story = operator_on_staging(&clusters);
    let book = story.write("scale.md", SCALE);
    let mut screen = story.screen(&["run", &book]);
    screen.wait_for("kubectl context");
    screen.wait_for("staging");
    screen.wait_for("run it?");
    clusters.use_context(&story.folder().join("kubeconfig"), "production");
    screen.line("y");
    let status = screen.exit();
    let text = flowing(&screen);
    assert_eq!(status.code(), Some(4), "{text}");
    assert!(text.contains("kubectl context was staging and is production"), "{text}");
    assert!(text.contains("kubectl config use-context staging"), "{text}");
    assert_eq!(clusters.production.requests(), Vec::<String>::new());
    assert_eq!(clusters.staging.requests(), ["GET /pods"]);
}

#[test]
fn a_cluster_that_stays_is_written_to() {
    let clusters = Clusters::start();
    let scene = on_staging(&clusters, Scene::of(SCALE).confirm("2"));
    let told = scene.run();
    told.exit(0);
    let server = clusters.staging.address();
    assert_eq!(
        pinned(&told),
        [
            "kubectl context = staging".to_owned(),
            format!("kubectl server = {server}"),
            "kubectl namespace = default".to_owned()
        ]
    );
    assert_eq!(clusters.staging.requests(), ["GET /pods", "POST /scale"]);
    assert!(told.named("context_changed").is_empty());
}

#[test]
fn a_step_that_changes_the_cluster_is_followed_only_with_a_yes_to_its_name() {
    let clusters = Clusters::start();
    let blocks =
        ["kubectl config use-context production", "kubectl scale deployment api --replicas=3"];
    let scene = on_staging(&clusters, Scene::steps(&blocks));
    scene.run().exit(4).because("[context] kubectl.context = \"production\" is not there");
    assert_eq!(clusters.production.requests(), Vec::<String>::new());

    clusters.use_context(&scene.path("kubeconfig"), "staging");
    let server = format!("kubectl.server = \"{}\"", clusters.production.address());
    let scene = scene.context("kubectl.context = [\"production\"]").context(&server);
    let told = scene.run();
    told.exit(0);
    let changed = told.named("context_changed");
    assert_eq!(changed.len(), 2, "{told}");
    assert_eq!((&changed[0]["from"], &changed[0]["to"]), (&"staging".into(), &"production".into()));
    assert_eq!(changed[0]["by"], "answers");
    assert_eq!(clusters.production.requests(), ["POST /scale"]);
}

#[test]
fn a_person_confirms_a_new_cluster_by_typing_it() {
    let clusters = Clusters::start();
    let story = operator_on_staging(&clusters);
    let book = story.write(
        "move.md",
        "# Move\n\n## Step 1 — Go\n\n```bash\nkubectl config use-context production\n```\n\n\
         ## Step 2 — Scale\n\n```bash\nkubectl scale deployment api --replicas=3\n```\n",
    );
    let mut screen = story.screen(&["run", &book]);
    screen.answer("run it?", "y");
    screen.wait_for("kubectl context is production now, was staging");
    screen.answer("run it?", "y");
    screen.answer("to write there type production :", "staging");
    screen.wait_for("that is not production");
    assert_eq!(clusters.production.requests(), Vec::<String>::new());
    screen.answer("to write there type production :", "production");
    assert_eq!(screen.exit().code(), Some(0), "{}", screen.text());
    assert_eq!(clusters.production.requests(), ["POST /scale"]);
}

/// A block that writes, waits for a file, and goes on.
fn waiting(folder: &std::path::Path, rest: &str) -> String {
    let go = folder.join("go");
    format!(
        "kubectl scale deployment a --replicas=3\nuntil [ -e {} ]; do sleep 0.1; done\n{rest}",
        go.display()
    )
}

/// Lets somebody else switch to production once such a block has written, and the block go on.
fn switch_meanwhile(clusters: &Clusters, story: &Story) {
    while clusters.staging.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    clusters.use_context(&story.folder().join("kubeconfig"), "production");
    fs::write(story.folder().join("go"), "").expect("writable");
}

#[test]
fn a_cluster_that_somebody_switches_inside_a_block_is_not_written_to_by_its_next_statement() {
    let clusters = Clusters::start();
    let story = operator_on_staging(&clusters);
    let block = waiting(story.folder(), "kubectl scale deployment b --replicas=3");
    let book = story.write("two.md", &format!("# Two\n\n## Step 1\n\n```bash\n{block}\n```\n"));
    let mut screen = story.screen(&["run", &book]);
    screen.answer("run it?", "y");
    switch_meanwhile(&clusters, &story);
    let status = screen.exit();
    let text = flowing(&screen);
    assert_eq!(status.code(), Some(4), "{text}");
    assert!(
        text.contains("was stopped before `kubectl scale deployment b --replicas=3`"),
        "{text}"
    );
    assert!(text.contains("kubectl context was staging and is production"), "{text}");
    assert!(text.contains("kubectl config use-context staging"), "{text}");
    assert_eq!(clusters.production.requests(), Vec::<String>::new());
    assert_eq!(clusters.staging.requests(), ["POST /scale"]);
}

#[test]
fn what_no_command_of_a_step_can_do_is_not_said_to_be_done_by_it() {
    let clusters = Clusters::start();
    let story = operator_on_staging(&clusters);
    let block = waiting(story.folder(), "echo done");
    let book = format!(
        "# Two\n\n## Step 1\n\n```bash\n{block}\n```\n\n## Step 2\n\n```bash\nkubectl scale \
         deployment b --replicas=3\n```\n"
    );
    let book = story.write("two.md", &book);
    let mut screen = story.screen(&["run", &book]);
    screen.answer("run it?", "y");
    switch_meanwhile(&clusters, &story);
    let status = screen.exit();
    let text = flowing(&screen);
    assert_eq!(status.code(), Some(4), "{text}");
    assert!(text.contains("by another process: no command of this step leads there"), "{text}");
    assert!(text.contains("kubectl context was staging and is production"), "{text}");
    assert!(!text.contains("to write there type"), "{text}");
    assert_eq!(clusters.production.requests(), Vec::<String>::new());
    let told = story.run(&["show", "--format", "text"]).stdout;
    assert!(told.contains("(by another process)"), "{told}");
}

#[test]
fn what_a_script_may_have_done_is_said_to_be_doubtful_and_confirmed() {
    let clusters = Clusters::start();
    let story = operator_on_staging(&clusters);
    let script = story.folder().join("bin/prepare");
    fs::write(&script, "#!/bin/bash\nkubectl config use-context production\n").expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("executable");
    let book = "# Two\n\n## Step 1\n\n```bash\nprepare\n```\n\n## Step 2\n\n```bash\nkubectl scale \
                deployment b --replicas=3\n```\n";
    let book = story.write("two.md", book);
    let mut screen = story.screen(&["run", &book]);
    screen.answer("run it?", "y");
    screen.wait_for("by this step, or by another process");
    screen.answer("run it?", "y");
    screen.answer("to write there type production :", "production");
    assert_eq!(screen.exit().code(), Some(0), "{}", screen.text());
    assert_eq!(clusters.production.requests(), ["POST /scale"]);
}

#[test]
fn what_an_earlier_block_exports_counts_and_is_confirmed() {
    let aws = "#!/bin/bash\ncase $1 in --version) ;; sts) echo \"acct-${AWS_PROFILE-none}\" ;; \
               configure) exit 1 ;; *) echo \"$AWS_PROFILE: $*\" >> \"$HOME/writes\" ;; esac\n";
    let blocks = ["export AWS_PROFILE=prod", "aws s3 rm s3://bucket/x"];
    let scene = Scene::steps(&blocks).command("aws", aws).variable("AWS_PROFILE", "staging");
    let told = scene.run();
    told.exit(4).because("aws profile was staging and is prod");
    assert!(pinned(&told).contains(&"aws account = acct-staging".to_owned()), "{told}");
    assert!(!scene.path("writes").exists());

    let scene = scene.context("aws.profile = \"prod\"").context("aws.account = \"acct-prod\"");
    scene.run().exit(0);
    assert_eq!(
        fs::read_to_string(scene.path("writes")).expect("written"),
        "prod: s3 rm s3://bucket/x\n"
    );
}

#[test]
fn the_folder_that_the_runbook_itself_enters_is_followed_and_told() {
    let scene = Scene::steps(&["mkdir below", "cd below", "touch here"]);
    let told = scene.run();
    told.exit(0);
    let changed = told.named("context_changed");
    assert_eq!((&changed[0]["what"], &changed[0]["by"]), (&"folder".into(), &"runbook".into()));
    assert!(scene.path("below/here").exists());
}

#[test]
fn what_a_tool_tells_of_the_folder_is_followed_with_it() {
    let commit = "git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m first";
    let blocks =
        ["git init -q -b main below", "cd below", commit, "git switch -qc fix", "git tag v1"];
    let scene = Scene::steps(&blocks);
    let told = scene.run();
    told.exit(4).because("[context] git.branch = \"fix\" is not there");
    let changed = told.named("context_changed");
    assert!(changed.iter().all(|one| one["by"] == "runbook"), "{told}");
    assert!(changed.iter().any(|one| one["to"] == "main"), "{told}");
}

#[test]
fn an_input_that_sets_the_variable_has_named_the_place() {
    let block = "INFISICAL_TOKEN=x infisical secrets set A=b --projectId=\"$INFISICAL_PROJECT_ID\"";
    let scene = Scene::steps(&[block]).command("infisical", "#!/bin/bash\nexit 0\n");
    let scene = scene.variable("INFISICAL_PROJECT_ID", "old").input("INFISICAL_PROJECT_ID", "new");
    let told = scene.run();
    told.exit(0);
    assert!(pinned(&told).contains(&"infisical project = old".to_owned()), "{told}");
    let changed = &told.named("context_changed")[0];
    assert_eq!((&changed["to"], &changed["by"]), (&"new".into(), &"runbook".into()));
}

/// Carries a runbook out as a run that was in another place before.
fn resumed(book: &str, folder: &std::path::Path, pins: Vec<Placed>) -> (Summary, Vec<What>) {
    let path = folder.join("book.md");
    fs::write(&path, book).expect("a runbook");
    let document = Document::read(Source::read(&path).expect("a runbook"));
    let plan = Plan::new(document, Catalogue::builtin(), &Selection::default());
    let path = ("PATH".into(), std::env::var_os("PATH").expect("a PATH"));
    let setup = Setup {
        run: "r".into(),
        host: "here".into(),
        bash: "bash".into(),
        folder: folder.to_path_buf(),
        environment: vec![path],
        terminal: "dumb".into(),
        size: (80, 24),
        deadline: Duration::from_secs(60),
        window: Duration::from_secs(5),
        today: "2026-04-24".into(),
        stand_ins: None,
        offers: Vec::new(),
        confined: None,
        pins: Some(pins),
        keeping: None,
        role: None,
        break_glass: None,
        unrecorded: Unrecorded::default(),
        usual: None,
        audit: None,
        jump: None,
    };
    let mut operator = Nobody;
    let mut events = Events(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let run = carry_out(&plan, setup, &mut operator, vec![&mut events], Wishes::default());
    let summary = runtime.expect("a runtime").block_on(run);
    (summary, events.0)
}

struct Events(Vec<What>);

/// Nobody to ask.
struct Nobody;

fn nobody<T>() -> Answer<T> {
    Answer::Nobody("nobody is there".into())
}

impl Operator for Nobody {
    fn name(&self) -> &'static str {
        "nobody"
    }
    fn input(&mut self, _: &AskInput<'_>) -> Answer<Given> {
        nobody()
    }
    fn choose(&mut self, _: &AskChoice<'_>) -> Answer<usize> {
        nobody()
    }
    fn manual(&mut self, _: &AskManual<'_>) -> Answer<Manual> {
        nobody()
    }
    fn run(&mut self, _: &AskRun<'_>) -> Answer<Go> {
        nobody()
    }
    fn judge(&mut self, _: &AskJudgement<'_>) -> Answer<Judged> {
        nobody()
    }
    fn failed(&mut self, _: &AskFailure<'_>) -> Answer<OnFailure> {
        nobody()
    }
    fn context(&mut self, _: &AskContext<'_>) -> Answer<()> {
        nobody()
    }
    fn unknown(&mut self, _: &AskUnknown<'_>) -> Answer<Happened> {
        nobody()
    }
    fn leave_out(&mut self, _: &AskLeftOut<'_>) -> Answer<Option<String>> {
        nobody()
    }
    fn accept(&mut self, _: &AskDoubt<'_>) -> Answer<String> {
        nobody()
    }
    fn edit(&mut self, _: &AskEdit<'_>) -> Answer<Edit> {
        nobody()
    }
    fn difference(&mut self, _: &AskDifference<'_>) -> Answer<Difference> {
        nobody()
    }
    fn changes(&mut self, _: &AskChanges<'_>) -> Answer<Changes> {
        nobody()
    }
    fn lend_terminal(&mut self) -> Option<OwnedFd> {
        None
    }
    fn take_terminal_back(&mut self) {}
}

impl Sink for Events {
    fn take(&mut self, event: &Event) -> std::io::Result<()> {
        self.0.push(event.what.clone());
        Ok(())
    }
}

#[test]
fn a_run_that_goes_on_does_so_only_where_it_was() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = fs::canonicalize(home.path()).expect("a path");
    let book = "# B\n\n## Step 1 — Look\n\n```bash\ngit status --short; cat f\n```\n";
    git(&folder, &["init", "-q", "-b", "main", "."]);
    fs::write(folder.join("f"), "").expect("a file");
    let (summary, events) = resumed(book, &folder, Vec::new());
    assert_eq!(summary.result, RunResult::Complete, "{summary:?}");
    let place = place_after(&events);
    let values: Vec<_> =
        place.iter().map(|one| one.value.as_ref().expect("known").as_str()).collect();
    let path = folder.display().to_string();
    assert_eq!(values, [&path, &path, "main"]);

    assert_eq!(resumed(book, &folder, place.clone()).0.result, RunResult::Complete);
    git(&folder, &["switch", "-q", "-c", "other"]);
    let (summary, events) = resumed(book, &folder, place);
    assert_eq!(summary.result, RunResult::Refused);
    assert!(summary.why.as_str().contains("git branch was main and is other"), "{summary:?}");
    assert!(!events.iter().any(|one| matches!(one, What::SegmentIntended(_))));
}

#[test]
fn a_folder_that_is_moved_underneath_is_not_written_to() {
    let story = Story::new();
    fs::create_dir(story.folder().join("a")).expect("a folder");
    let book = story.write(
        "book.md",
        "# Try\n\n## Step 1 — Go\n\n```bash\ncd a\n```\n\n## Step 2 — One\n\n```bash\ntouch one\n\
         ```\n\n## Step 3 — Two\n\n```bash\ntouch two\n```\n",
    );
    let mut screen = story.screen(&["run", &book]);
    screen.answer("run it?", "y");
    screen.wait_for("run it?");
    fs::rename(story.folder().join("a"), story.folder().join("b")).expect("moved");
    screen.line("y");
    assert_eq!(screen.exit().code(), Some(4), "{}", screen.text());
    assert!(flowing(&screen).contains("folder was "), "{}", screen.text());
    assert!(story.folder().join("b/one").exists() && !story.folder().join("b/two").exists());
}

#[test]
fn a_branch_that_is_switched_underneath_is_not_written_to() {
    let story = Story::new();
    let folder = story.folder().to_path_buf();
    git(&folder, &["init", "-q", "-b", "main", "."]);
    git(&folder, &["commit", "-q", "--allow-empty", "-m", "first"]);
    git(&folder, &["branch", "other"]);
    let book = story.write("book.md", "# B\n\n## Step 1 — Tag\n\n```bash\ngit tag v1\n```\n");
    let mut screen = story.screen(&["run", &book]);
    screen.wait_for("run it?");
    git(&folder, &["switch", "-q", "other"]);
    screen.line("y");
    assert_eq!(screen.exit().code(), Some(4), "{}", screen.text());
    assert!(flowing(&screen).contains("git branch was main and is other"), "{}", screen.text());
    assert!(flowing(&screen).contains("`git switch main`"), "{}", screen.text());
    let tags = Command::new("git").arg("tag").current_dir(&folder).output().expect("git");
    assert!(tags.stdout.is_empty());
}

#[test]
fn a_probe_that_hangs_is_unknown_and_does_not_hold_the_run_up() {
    let hangs = "#!/bin/bash\n[ \"$1\" = whoami ] && exec sleep 1000\n[ \"$1\" = --version ] && \
                 exec sleep 1000\necho \"$*\" >> \"$HOME/writes\"\n";
    let scene = Scene::steps(&["heroku ps:restart -a x"]).command("heroku", hangs);
    let told = scene.run();
    told.exit(0).says("no answer in time");
    assert!(pinned(&told).contains(&"heroku account = ?".to_owned()), "{told}");
    assert!(scene.path("writes").exists());
}

#[test]
fn what_could_not_be_told_in_time_is_told_and_pinned_when_it_can() {
    let slow = "#!/bin/bash\n[ \"$1\" = whoami ] || exit 0\n[ -e \"$HOME/asked\" ] || { touch \
                \"$HOME/asked\"; exec sleep 1000; }\necho anna@example.com\n";
    let scene = Scene::steps(&["heroku ps:restart -a x"]).command("heroku", slow);
    let told = scene.run();
    told.exit(0);
    let changed = &told.named("context_changed")[0];
    assert!(changed["from"].is_null() && changed["to"] == "anna@example.com", "{told}");
}

#[test]
fn a_probe_that_answered_once_and_does_not_any_more_ends_the_run() {
    let once = "#!/bin/bash\n[ \"$1\" = --version ] && exit; [ \"$1\" = whoami ] && { [ -e \"$HOME/asked\" ] && exit 100; \
                touch \"$HOME/asked\"; echo anna@example.com; exit; }\n\
                echo \"$*\" >> \"$HOME/writes\"\n";
    let scene = Scene::steps(&["heroku ps:restart -a x"]).command("heroku", once);
    let told = scene.run();
    told.exit(4).because("heroku account was anna@example.com and is unknown");
    told.because("`heroku whoami` exited 100");
    assert!(!scene.path("writes").exists());
}

#[test]
fn an_account_that_was_not_known_is_confirmed_before_it_is_written_to() {
    let later = "#!/bin/bash\n[ \"$1\" = --version ] && exit; [ \"$1\" = whoami ] && { [ -e \"$HOME/asked\" ] || { touch \
                 \"$HOME/asked\"; exit 100; }; echo anna@example.com; exit; }\n\
                 echo \"$*\" >> \"$HOME/writes\"\n";
    let scene = Scene::steps(&["heroku ps:restart -a x"]).command("heroku", later);
    scene.run().exit(4).because("heroku account was unknown and is anna@example.com");
    assert!(!scene.path("writes").exists());
    fs::remove_file(scene.path("asked")).expect("it was asked");
    let scene = scene.context("heroku.account = \"anna@example.com\"");
    scene.run().exit(0);
}

#[test]
fn no_secret_and_nothing_that_a_terminal_obeys_comes_out_of_a_probe() {
    let tells = "#!/bin/bash\n[ \"$1\" = whoami ] && printf 'a\\033[2Jb %s\\n' \"$HEROKU_API_KEY\"\nexit 0\n";
    let scene = Scene::steps(&["heroku ps:restart -a x"]).command("heroku", tells);
    let scene = scene.variable("HEROKU_API_KEY", "HRKU-0123456789abcdef");
    let told = scene.shown();
    told.exit(0).never_says("HRKU-0123456789abcdef").never_says("\u{1b}");
    told.says("heroku account     a\u{fffd}[2Jb [redacted HEROKU_API_KEY]");
}

#[test]
fn a_probe_leaves_the_run_and_its_traps_alone() {
    let aws =
        "#!/bin/bash\n[ \"$1\" = sts ] && echo 42\n[ \"$1\" = configure ] && exit 1\nexit 0\n";
    let blocks = [
        "trap 'echo gone >> \"$HOME/trapped\"' EXIT TERM; set -o nounset; x=1; IFS=,",
        "aws s3 rm s3://bucket/x",
        "echo \"$x $IFS $-\"",
        "echo \"$(wc -l < \"$HOME/trapped\" 2>/dev/null || echo never)\"",
    ];
    let scene = Scene::steps(&blocks).command("aws", aws);
    let told = scene.run();
    told.exit(0);
    assert!(told.output().contains("1 , huB") || told.output().contains("1 , "), "{told}");
    assert!(told.output().contains("never"), "{told}");
    let trapped = fs::read_to_string(scene.path("trapped")).expect("at the end");
    assert_eq!(trapped, "gone\n");
}

#[test]
fn the_contexts_of_a_team_count_once_they_are_trusted() {
    let scene = Scene::steps(&["touch here"]);
    let file = "[[context]]\nname = \"customer\"\ncommand = \"cat customer.txt\"\n";
    fs::write(scene.path("runbook.toml"), file).expect("settings");
    fs::write(scene.path("customer.txt"), "acme\n").expect("a customer");
    let told = scene.run();
    told.exit(0).says("is not trusted, so it is not used");
    assert!(pinned(&told).is_empty(), "{told}");

    let mut trust = Command::new(scene::RUNBOOK);
    trust.arg("trust").arg(scene.path("runbook.toml")).env_clear().envs(scene.environment());
    assert!(trust.output().expect("it starts").status.success());
    let told = scene.run();
    told.exit(0);
    assert_eq!(pinned(&told), ["team customer = acme"]);

    let bad = "[[context]]\nname = \"customer\"\ncommand = \"deploy --where\"\n";
    fs::write(scene.path("runbook.toml"), bad).expect("settings");
    scene.run().exit(2).says("`deploy --where` is judged");
}

#[test]
fn a_rehearsal_asks_nothing_real() {
    let scene = Scene::steps(&["gh secret set X --body y"]);
    let told = scene.rehearse();
    let why = told.named("context_pinned")[0]["entries"].to_string();
    assert!(why.contains("the rehearsal has no stand-in for `git`"), "{told}");
}

#[test]
fn the_tools_of_the_whole_plan_are_told_with_their_versions() {
    let deploy = "#!/bin/bash\necho \"$*\" >> \"$HOME/deployed\"\n";
    let tool = "#!/bin/bash\n[ \"$1\" = --version ] && echo 'jq-1.7.1'\nexit 0\n";
    let scene = Scene::steps(&["jq -n 1", "deploy-it now"]);
    let scene = scene.command("deploy-it", deploy).command("jq", tool);
    let told = scene.run();
    told.exit(0);
    let tools = told.named("tools_found")[0]["tools"].clone();
    assert_eq!((&tools[0]["name"], &tools[0]["version"]), (&"jq".into(), &"1.7.1".into()));
    assert_eq!(tools[1]["name"], "deploy-it");
    assert!(tools[1]["version"].is_null() && tools[1]["path"].is_string(), "{tools}");
    assert_eq!(fs::read_to_string(scene.path("deployed")).expect("once"), "now\n");
}
