//! A token that four consumers get one after the other: the server applies the third change and
//! drops the connection, and the interpreter is killed. Nothing is set twice, and the old token is
//! not revoked before all four have the new one.

mod lab;
mod screen;
mod story;
mod support;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use sha2::{Digest, Sha256};

use lab::{Answer, Server};
use story::Story;

const RUNBOOK: &str = r#"# Rotate

## Step 1 — Set

```bash
curl -fsS -X PUT -d token=new "$API/apps/<app>"
# Expect: contains "set"
curl -fsS "$API/apps/<app>"
# Expect: new
```

## Step 2 — Verify

```bash
curl -fsS "$API/new"
# Expect: 4
```

## Step 3 — Revoke

```bash
curl -fsS -X DELETE "$API/tokens/old"
# Expect: contains "gone"
```
"#;

const CONFIRMED: &str = "[inputs]\napp = [\"a\", \"b\", \"c\", \"d\"]\n[confirm]\n\
                         1 = [\"writes\"]\n3 = [\"writes\", \"irreversible\"]\n";

/// What the consumers have, and what can go wrong with them.
struct World {
    server: Server,
    story: Story,
    runbook: String,
    /// Whether the third has taken the new token into use.
    third_is_ready: Arc<AtomicBool>,
    /// Says when the third change was applied and nothing will be answered.
    applied: mpsc::Receiver<()>,
}

fn world(on_the_third: fn() -> Answer) -> World {
    let tokens = Mutex::new(BTreeMap::new());
    let third_is_ready = Arc::new(AtomicBool::new(false));
    let (apply, applied) = mpsc::channel();
    let ready = Arc::clone(&third_is_ready);
    let server = Server::start(move |request| {
        let mut tokens = tokens.lock().expect("not poisoned");
        let app = request.path.trim_start_matches("/apps/").to_owned();
        match request.method.as_str() {
            "PUT" => {
                tokens.insert(app.clone(), "new");
                if app == "c" {
                    apply.send(()).expect("the test listens");
                    return on_the_third();
                }
                Answer::text("set\n")
            }
            "DELETE" => Answer::text("gone\n"),
            _ if request.path == "/new" => {
                let late = usize::from(!ready.load(Ordering::SeqCst));
                Answer::text(format!("{}\n", tokens.len() - late))
            }
            _ => Answer::text(format!("{}\n", tokens.get(&app).unwrap_or(&"old"))),
        }
    });
    let story = Story::new();
    let runbook = RUNBOOK.replace("$API", &server.address());
    story.write("rotate.md", &runbook);
    let world = World { server, story, runbook, third_is_ready, applied };
    world.answers("");
    world
}

impl World {
    fn answers(&self, more: &str) {
        let plan = Sha256::digest(&self.runbook);
        let plan: String = plan.iter().map(|byte| format!("{byte:02x}")).collect();
        self.story.write("answers.toml", &format!("plan = \"{plan}\"\n{CONFIRMED}{more}"));
    }

    /// Runs until the third change is applied, and is killed.
    fn run_until_the_third(&self) {
        let mut command = self.story.command(&["run", "rotate.md", "--answers", "answers.toml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
        self.applied.recv_timeout(Duration::from_secs(60)).expect("the third change");
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
    }

    fn changes(&self) -> Vec<String> {
        let requests = self.server.requests();
        let writes = requests.iter().filter(|request| request.method != "GET");
        writes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

const SET: [&str; 4] = ["PUT /apps/a", "PUT /apps/b", "PUT /apps/c", "PUT /apps/d"];

/// `stands` is how the third is told; its failure may have been recorded before the kill.
fn goes_on_after(on_the_third: fn() -> Answer, stands: &[&str]) {
    let world = world(on_the_third);
    world.run_until_the_third();
    let resume = ["resume", "--answers", "answers.toml"];
    // Nobody says what became of the third: nothing more is done.
    let asked = world.story.run(&resume);
    asked.is(3, &["whether step 1, line 6 happened is not known"]);
    let told = asked.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let line =
        |third| format!("app = a: done; app = b: done; app = c: {third}; app = d: not begun");
    assert!(stands.iter().any(|third| told.contains(&line(third))), "{told}");
    assert_eq!(world.changes(), SET[..3]);
    // Its own check shows it; the fourth is carried out. One has not taken it into use: no revoke.
    world.answers("[unknown]\n1 = \"check\"\n");
    world.story.run(&resume).is(1, &["its check is met", "in step 2"]);
    assert_eq!(world.changes(), SET);
    world.third_is_ready.store(true, Ordering::SeqCst);
    world.story.run(&resume).is(0, &["complete"]);
    assert_eq!(world.changes(), [&SET[..], &["DELETE /tokens/old"]].concat());
    world.story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
}

#[test]
fn a_change_whose_answer_never_came_is_looked_for_and_not_made_twice() {
    goes_on_after(Answer::never, &["not known"]);
}

#[test]
fn a_change_whose_connection_was_dropped_is_looked_for_and_not_made_twice() {
    goes_on_after(Answer::hang_up, &["not known", "failed"]);
}

#[test]
fn a_consumer_that_stands_there_twice_is_refused() {
    let world = world(Answer::never);
    let answers = world.story.folder().join("answers.toml");
    let text = std::fs::read_to_string(&answers).expect("answers");
    std::fs::write(&answers, text.replace("\"c\", ", "\"a\", ")).expect("answers");
    let ended = world.story.run(&["run", "rotate.md", "--answers", "answers.toml"]);
    ended.is(3, &["\"a\" stands there twice"]);
    assert!(world.changes().is_empty());
}
