//! Stories of one shell, with the real bash.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Heard, Interrupt, Limits, Listener, Mode, Report, Session, Settings, Stop, for_shell};
use crate::expect::Stream;

const NO_LIMITS: Limits = Limits { deadline: None, window: None };

#[derive(Default)]
struct Ear {
    stdout: String,
    stderr: String,
    bytes: usize,
    enough: Option<&'static str>,
}

impl Listener for Ear {
    fn hear(&mut self, stream: Stream, bytes: &[u8]) -> Heard {
        self.bytes += bytes.len();
        let kept = if stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
        if kept.len() < 1 << 20 {
            kept.push_str(&String::from_utf8_lossy(bytes));
        }
        match self.enough {
            Some(word) if kept.contains(word) => Heard::Enough,
            _ => Heard::Continue,
        }
    }
}

fn settings(bash: &str, folder: &Path) -> Settings {
    Settings {
        within: None,
        bash: bash.into(),
        folder: folder.into(),
        environment: for_shell(std::env::vars_os()),
        terminal: "dumb".into(),
        size: (80, 24),
    }
}

struct Story {
    session: Session,
    interrupt: Interrupt,
    _folder: tempfile::TempDir,
}

impl Story {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings("bash", folder.path());
        let interrupt = Interrupt::default();
        let session = Session::start(settings, interrupt.clone()).await.expect("a shell");
        Self { session, interrupt, _folder: folder }
    }

    async fn run(&mut self, text: &str) -> (Report, String) {
        self.run_as(text, Mode::Plain, NO_LIMITS, Ear::default()).await
    }

    async fn run_as(
        &mut self,
        text: &str,
        mode: Mode<'_>,
        limits: Limits,
        mut ear: Ear,
    ) -> (Report, String) {
        let report = self.session.run(text.as_bytes(), mode, limits, &mut ear).await;
        (report.expect("a report"), ear.stdout + &ear.stderr)
    }
}

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[tokio::test]
async fn a_shell_that_says_nothing_of_its_version_is_not_called_old() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bash = folder.path().join("bash");
    std::fs::write(&bash, "#!/bin/bash\nexit 0\n").expect("writable");
    std::fs::set_permissions(&bash, Permissions::from_mode(0o755)).expect("executable");
    let settings = settings(&bash.display().to_string(), folder.path());
    let started = Session::start(settings, Interrupt::default()).await;
    let error = started.err().expect("it is no shell").to_string();
    assert_eq!(error, "start bash: it did not answer when it was asked for its version");
}

#[tokio::test]
async fn variables_functions_options_and_folder_carry_over() {
    let mut story = Story::new().await;
    story.run("x=5; f() { echo \"f $x\"; }; cd /; shopt -s extglob").await;
    let (report, text) = story.run("f; pwd; shopt -q extglob && echo extglob").await;
    assert_eq!((report.status, text.as_str()), (0, "f 5\n/\nextglob\n"));
}

#[tokio::test]
async fn every_stage_of_a_pipeline_is_reported() {
    let mut story = Story::new().await;
    let (report, _) = story.run("false | (exit 3) | cat").await;
    assert_eq!((report.status, report.stages), (0, vec![1, 3, 0]));
}

#[tokio::test]
async fn a_block_that_redefines_what_the_driver_uses_changes_nothing() {
    let mut story = Story::new().await;
    story.run("echo() { builtin echo fake; }; printf() { :; }; read() { :; }; eval() { :; }").await;
    story.run("IFS=7; set -u -f; set -o noclobber; trap 'builtin echo bye' EXIT").await;
    let (report, text) = story.run("builtin printf ok; (exit 17)").await;
    assert_eq!((report.status, text.as_str()), (17, "ok"));
}

#[tokio::test]
async fn tracing_shows_the_blocks_own_commands_only() {
    let mut story = Story::new().await;
    story.run("set -x").await;
    let (_, text) = story.run("true one").await;
    assert_eq!(text, "++ true one\n");
    let state = story.session.snapshot().await.expect("a state");
    story.session.restart(&state).await.expect("a new shell");
    assert_eq!(story.run("true two").await.1, "++ true two\n");
}

#[tokio::test]
async fn a_copy_has_the_options_of_its_time() {
    const ASK: &str = "[[ -o pipefail ]] && echo pipefail; shopt -q nullglob && echo nullglob; :";
    let mut story = Story::new().await;
    let mut states = Vec::new();
    for change in ["set -o pipefail", "shopt -s nullglob", "set +o pipefail; shopt -u nullglob"] {
        story.run(change).await;
        states.push(story.session.snapshot().await.expect("a state"));
    }
    for (state, expected) in states.iter().zip(["pipefail\n", "pipefail\nnullglob\n", ""]) {
        story.session.restart(state).await.expect("a new shell");
        assert_eq!(story.run(ASK).await.1, expected);
        let again = story.session.snapshot().await.expect("a state");
        story.session.restart(&again).await.expect("a new shell");
        assert_eq!(story.run(ASK).await.1, expected, "from a copy of the copy");
    }
}

#[tokio::test]
async fn a_copy_has_what_a_trap_did_after_the_last_statement() {
    let mut story = Story::new().await;
    story.run("x=old; trap 'x=new' USR1; (sleep 0.1; kill -USR1 $$) &").await;
    tokio::time::sleep(millis(300)).await;
    let state = story.session.snapshot().await.expect("a state");
    story.session.restart(&state).await.expect("a new shell");
    assert_eq!(story.run("echo $x").await.1, "new\n");
}

#[tokio::test]
async fn a_shell_that_died_continues_from_a_copy_of_its_state() {
    for fatal in ["exit 3", "exec true", "kill -9 $$", "set -e; false", ": ${NONE:?no}"] {
        let mut story = Story::new().await;
        story
            .run("s=\"it's\"$'\\n'x; a=(1 '2 3'); declare -A m=([k]=v); g() { echo g; }; cd /usr")
            .await;
        story.run("set -o pipefail; shopt -s extglob nullglob; trap 'echo t' USR1").await;
        let state = story.session.snapshot().await.expect("a state");
        let (report, _) = story.run(fatal).await;
        assert!(report.shell_ended, "{fatal}: {report:?}");
        story.session.restart(&state).await.expect("a new shell");
        let (_, text) =
            story.run("echo \"$s|${a[1]}|${m[k]}|$PWD|$(set -o | grep pipefail)\"; g").await;
        assert_eq!(text, "it's\nx|2 3|v|/usr|pipefail       \ton\ng\n", "{fatal}");
        let (_, traps) = story.run("trap -p USR1; shopt nullglob").await;
        assert_eq!(traps, "trap -- 'echo t' SIGUSR1\nnullglob       \ton\n", "{fatal}");
    }
}

#[tokio::test]
async fn a_block_that_leaves_a_loop_that_it_is_not_in_fails_and_the_shell_goes_on() {
    let mut story = Story::new().await;
    story.run("x=5").await;
    for text in ["break", "continue", "continue 2"] {
        let (report, _) = story.run(text).await;
        assert!(report.status != 0 && !report.shell_ended, "{text}: {report:?}");
        assert_eq!(story.run("echo $x").await.1, "5\n", "{text}");
    }
}

#[tokio::test]
async fn standard_input_is_empty_and_the_control_channel_out_of_reach() {
    let mut story = Story::new().await;
    let (report, text) = story.run("cat; echo R 0 0 >&251; cat <&250").await;
    assert_ne!(report.status, 0);
    assert!(text.contains("251: Bad file descriptor"), "{text}");
    let (_, text) = story.run("(echo forged >/dev/tty) 2>&1 | tail -n 1").await;
    assert!(text.contains("/dev/tty"), "{text}");
}

#[tokio::test]
async fn a_deadline_ends_a_command_that_ignores_signals_and_all_below_it() {
    let mut story = Story::new().await;
    let state = story.session.snapshot().await.expect("a state");
    let started = Instant::now();
    let text = "bash -c 'trap \"\" INT TERM; sleep 1000 & setsid sleep 1000 & wait; wait' | cat";
    let limits = Limits { deadline: Some(millis(200)), window: None };
    let (report, _) = story.run_as(text, Mode::Plain, limits, Ear::default()).await;
    assert_eq!(report.stop, Stop::Deadline);
    assert!(started.elapsed() < Duration::from_secs(12));
    story.session.restart(&state).await.expect("a new shell");
    assert_eq!(story.session.background(), []);
    assert_eq!(story.run("echo on").await.1, "on\n");
}

#[tokio::test]
async fn a_streaming_pipeline_shows_its_lines_at_once_and_is_stopped_on_the_match() {
    let mut story = Story::new().await;
    let text = "x=1; while sleep 0.02; do echo line; echo other; done | grep line";
    let ear = Ear { enough: Some("line"), ..Ear::default() };
    let limits = Limits { deadline: Some(millis(20_000)), window: Some(millis(15_000)) };
    let started = Instant::now();
    let (report, heard) = story.run_as(text, Mode::Streaming, limits, ear).await;
    assert_eq!(report.stop, Stop::Enough);
    assert!(heard.starts_with("line\n"), "{heard}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    if !report.shell_ended {
        assert_eq!(story.run("echo $x").await.1, "1\n");
    }
}

#[tokio::test]
async fn a_window_ends_a_stream_without_blame() {
    let mut story = Story::new().await;
    let limits = Limits { deadline: Some(millis(20_000)), window: Some(millis(300)) };
    let text = "tail -f /dev/null | cat";
    let (report, _) = story.run_as(text, Mode::Streaming, limits, Ear::default()).await;
    assert_eq!((report.stop, report.shell_ended), (Stop::Window, false));
    assert_eq!(report.stages, [130, 0]);
}

#[tokio::test]
async fn an_interrupt_stops_the_running_command() {
    let mut story = Story::new().await;
    let interrupt = story.interrupt.clone();
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        interrupt.interrupt();
    };
    let (told, ()) = tokio::join!(story.run("sleep 1000"), later);
    assert_eq!(told.0.stop, Stop::Interrupt);
    assert!(told.0.elapsed < Duration::from_secs(5));
}

#[tokio::test]
async fn what_is_left_in_the_background_is_found_and_ended() {
    let mut story = Story::new().await;
    story.run("sleep 1000 & (setsid sleep 1001 &)").await;
    let asleep = |session: &Session| {
        session.background().iter().filter(|process| process.name == "sleep").count() == 2
    };
    while !asleep(&story.session) {
        tokio::task::yield_now().await;
    }
    let left = story.session.background();
    story.session.end(&mut Ear::default()).await;
    let names: Vec<_> = left.iter().map(|process| process.name.as_str()).collect();
    assert_eq!(names, ["sleep", "sleep"]);
    for process in left {
        let path = format!("/proc/{}/stat", process.id);
        let alive = std::fs::read_to_string(path).is_ok_and(|stat| !stat.contains(") Z "));
        assert!(!alive, "{process:?} is still alive");
    }
}

#[tokio::test]
async fn an_exit_trap_of_a_block_runs_at_the_end() {
    let mut story = Story::new().await;
    story.run("trap 'echo bye' EXIT").await;
    let mut ear = Ear::default();
    story.session.end(&mut ear).await;
    assert_eq!(ear.stdout, "bye\n");
}

#[tokio::test]
async fn a_large_output_is_heard_whole() {
    let mut story = Story::new().await;
    let mut ear = Ear::default();
    let text = b"head -c 50000000 /dev/zero; echo end >&2";
    story.session.run(text, Mode::Plain, NO_LIMITS, &mut ear).await.expect("a report");
    assert_eq!((ear.bytes, ear.stderr.as_str()), (50_000_004, "end\n"));
}

#[tokio::test]
async fn a_program_on_the_terminal_reads_what_is_typed() {
    let mut story = Story::new().await;
    let (ours, keys) = std::os::unix::net::UnixStream::pair().expect("a pair");
    keys.set_nonblocking(true).expect("settable");
    let keys: std::os::fd::OwnedFd = keys.into();
    std::io::Write::write_all(&mut &ours, b"hello\n").expect("writable");
    let text = "test -t 0 && test -t 1 && read -r line </dev/tty && echo \"got $line\"";
    let mode = Mode::Interactive { keys: &keys };
    let (report, text) = story.run_as(text, mode, NO_LIMITS, Ear::default()).await;
    assert_eq!(report.status, 0, "{text}");
    assert!(text.contains("got hello"), "{text}");
}
