//! The interpreter is killed at every event, and at moments that nobody chose: whatever was done is
//! in the journal, and nothing is done twice.
//!
//! The rotation of a secret in a small world of files: store the new value, set it for four
//! consumers, verify each, revoke the old one. After each kill a person looks at the world, says
//! what became of the one write that is not known, and the run goes on. `RUNBOOK_CRASHES=500` is
//! what the promise is held against; without it fewer moments are tried.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use story::{Ended, Story};

/// Each change is a line of the world; making one takes its time, before and after.
const CHANGE: &str = "#!/bin/sh\nsleep 0.01\necho \"$*\" >> \"$WORLD\"\nsleep 0.01\necho changed\n";

const RUNBOOK: &str = r#"# Rotate

## Step 1 — Look

```bash
cat "$WORLD" | wc -l
# Expect: 0
N=new; cd /
```

## Step 2 — Store

```bash
change store "$N"
# Expect: contains "changed"
grep -c "store new" "$WORLD"
# Expect: 1
```

## Step 3 — Set

```bash
change set "$N" <app>
# Expect: contains "changed"
grep -c "set new <app>" "$WORLD"
# Expect: 1
```

## Step 4 — Verify

```bash
grep -c "set new" "$WORLD"
# Expect: 4
```

## Step 5 — Drop

```bash
change drop old
```

```bash
grep -c "drop old" "$WORLD"
# Expect: 1
```
"#;

const ANSWERS: &str = "[inputs]\napp = [\"a\", \"b\", \"c\", \"d\"]\n\
                       [confirm]\n2 = [\"writes\"]\n3 = [\"writes\"]\n5 = [\"writes\"]\n";

/// What the world is in the end.
const END: &[&str] = &["store new", "set new a", "set new b", "set new c", "set new d", "drop old"];

struct World {
    story: Story,
}

impl World {
    fn new() -> Self {
        let story = Story::new();
        let folder = story.folder().to_path_buf();
        let bin = folder.join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("change"), CHANGE).unwrap();
        fs::set_permissions(bin.join("change"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let world = folder.join("world").display().to_string();
        let story = story.with("PATH", &path).with("WORLD", &world);
        story.write("world", "");
        story.write("rotate.md", RUNBOOK);
        let world = Self { story };
        world.answers("");
        world
    }

    fn answers(&self, unknown: &str) {
        let plan: String =
            Sha256::digest(RUNBOOK).iter().map(|byte| format!("{byte:02x}")).collect();
        self.story.write("answers.toml", &format!("plan = \"{plan}\"\n{ANSWERS}{unknown}"));
    }

    fn world(&self) -> Vec<String> {
        let text = fs::read_to_string(self.story.folder().join("world")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Carries it out and kills it; whether it was still at work.
    fn run(&self, words: &[&str], killed: Killed) -> bool {
        let words = [words, &["--answers", "answers.toml", "--format", "json"]].concat();
        let mut command = self.story.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        match killed {
            Killed::AfterEvent(last) => {
                let mut lines = out.lines();
                let seen = lines.by_ref().take(last).flatten().count();
                let _ = child.kill();
                let _ = child.wait();
                seen == last
            }
            Killed::After(time) => {
                let reader = thread::spawn(move || out.lines().count());
                let deadline = Instant::now() + time;
                while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
                    thread::sleep(Duration::from_micros(200));
                }
                let ended = child.try_wait().unwrap().is_some();
                let _ = child.kill();
                let _ = child.wait();
                reader.join().unwrap();
                !ended
            }
        }
    }

    /// Waits until nothing of the dead run works on the world any more.
    fn calm(&self) {
        let at_work = || {
            let list = fs::read_dir("/proc").unwrap().flatten();
            let own = self.story.folder().display().to_string();
            list.into_iter().any(|entry| {
                let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
                let needle = format!("WORLD={own}/world");
                environment.windows(needle.len()).any(|window| window == needle.as_bytes())
            })
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while at_work() {
            assert!(Instant::now() < deadline, "something of the dead run lives on");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn resume(&self) -> Ended {
        self.story.run(&["resume", "--answers", "answers.toml"])
    }

    /// Goes on until the end, as somebody who looks at the world before saying anything.
    fn bring_to_its_end(&self, at: &str) {
        self.calm();
        for _ in 0..10 {
            let listed = self.story.run(&["runs"]);
            if listed.stdout.contains("no runs") {
                // Killed before the run was there: nothing may have been done.
                assert!(self.world().is_empty(), "{at}: done, and not recorded");
                self.story.run(&["run", "rotate.md", "--answers", "answers.toml"]).is(0, &[]);
                return;
            }
            if listed.stdout.contains("complete") {
                return;
            }
            let ended = self.resume();
            match ended.code {
                Some(0) => return,
                Some(3) => self.say_what_happened(&ended, at),
                _ => panic!("{at}: {:?}\n{}\n{}", ended.code, ended.stdout, ended.stderr),
            }
        }
        panic!("{at}: it does not come to its end");
    }

    /// Looks whether the change that is asked about is in the world.
    fn say_what_happened(&self, ended: &Ended, at: &str) {
        let text = &ended.stdout;
        let begun = text.split("was begun before:").nth(1);
        let begun = begun.unwrap_or_else(|| panic!("{at}: {text}\n{}", ended.stderr));
        let step = text.split("happened is not known; [unknown] ").nth(1).unwrap();
        let step = step.split(' ').next().unwrap();
        let app =
            begun.split("with app = ").nth(1).map(|rest| rest.split_whitespace().next().unwrap());
        let change = match (step, app) {
            ("2", _) => "store new".to_owned(),
            ("3", Some(app)) => format!("set new {app}"),
            ("5", _) => "drop old".to_owned(),
            other => panic!("{at}: {other:?}"),
        };
        let word = if self.world().contains(&change) { "happened" } else { "did-not-happen" };
        self.answers(&format!("[unknown]\n{step} = \"{word}\"\n"));
    }

    fn is_right(&self, at: &str) {
        assert_eq!(self.world(), END, "{at}");
        self.story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
        let told = self.story.run(&["show", "--format", "json"]).stdout;
        let begun = told.lines().filter(|line| {
            line.contains("\"event\":\"segment_started\"") && line.contains("allowed_by")
        });
        // Each change of the world was begun in the record.
        assert!(begun.count() >= END.len(), "{at}: {told}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Killed {
    AfterEvent(usize),
    After(Duration),
}

#[test]
fn killed_at_any_event_it_goes_on_and_does_nothing_twice() {
    // One after the other until the run is through before the kill comes.
    for last in 1.. {
        let world = World::new();
        let killed = world.run(&["run", "rotate.md"], Killed::AfterEvent(last));
        let at = format!("after event {last}");
        world.bring_to_its_end(&at);
        world.is_right(&at);
        if !killed {
            assert!(last > 40, "only {last} events");
            break;
        }
    }
}

#[test]
fn killed_at_any_moment_it_goes_on_and_does_nothing_twice() {
    let count = std::env::var("RUNBOOK_CRASHES").ok().and_then(|text| text.parse().ok());
    let count: u32 = count.unwrap_or(25);
    // The length of a run, as it is here and now.
    let started = Instant::now();
    World::new().story.run(&["run", "rotate.md", "--answers", "answers.toml"]).is(0, &[]);
    let whole = started.elapsed();
    let mut killed = 0;
    for number in 0..count {
        let world = World::new();
        // Spread over the run, never the same moment twice.
        let time = whole.mul_f64((f64::from(number) * 0.618_033_98).fract());
        killed += u32::from(world.run(&["run", "rotate.md"], Killed::After(time)));
        // Half of them are killed once more while they go on.
        if number % 2 == 0 {
            world.calm();
            let again = whole.mul_f64((f64::from(number) * 0.414_213_56).fract() / 2.0);
            world.run(&["resume"], Killed::After(again));
        }
        let at = format!("moment {number}, after {time:?} of {whole:?}");
        world.bring_to_its_end(&at);
        world.is_right(&at);
    }
    assert!(killed > count / 2, "only {killed} of {count} were killed in the middle");
}
