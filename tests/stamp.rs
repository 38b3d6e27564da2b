//! A stamped text goes back into its file whole, or not at all.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use jiff::civil::date;
use runbook::document::Document;
use runbook::source::Source;
use runbook::stamp::{Evidence, Method, Stamp, WriteError, edit, write};

const OLD: &[u8] = b"# T\n\n**Last validated:** 2026-04-24\n";
const NEW: &[u8] = b"# T\n\n**Last validated:** 2026-11-26\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::write(folder.file(), OLD).expect("writable");
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("a.md")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).expect("readable")
    }

    /// Everything in the folder: no temporary file may be left.
    fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_seed_runbook_changes_in_exactly_two_values() {
    let path = Path::new("runbooks/rotate-infisical-service-token.md");
    let document = Document::read(Source::read(path).expect("the seed"));
    let today = date(2031, 1, 2);
    let evidence = Evidence { today, reached: Some(Method::ReadOnlyLive) };
    let stamp = Stamp::new(today, Method::ReadOnlyLive, &evidence).expect("a stamp");
    let edited = edit(&document, &stamp).expect("a stamped text");
    let values: Vec<_> = edited
        .changes
        .iter()
        .map(|change| (document.source.slice(change.span), change.new.as_str()))
        .collect();
    let (date, method) = (values[0], values[1]);
    assert_eq!(date.1, "2031-01-02 UTC");
    assert_eq!((method.1, values.len()), ("read-only-live", 2));
    let expected = document.source.text().replacen(
        &format!("**Last validated:** {}", date.0),
        "**Last validated:** 2031-01-02 UTC",
        1,
    );
    let expected = expected.replacen(
        &format!("**Validation method:** {}", method.0),
        "**Validation method:** read-only-live",
        1,
    );
    assert_eq!(edited.text, expected);
}

#[test]
fn a_file_keeps_its_mode_and_its_owner() {
    let folder = Folder::new();
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).expect("allowed");
    let before = fs::metadata(folder.file()).expect("metadata");
    write(&folder.file(), OLD, NEW).expect("stamped");
    let after = fs::metadata(folder.file()).expect("metadata");
    assert_eq!(folder.bytes(), NEW);
    assert_eq!(after.mode(), before.mode());
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert_eq!(folder.names(), ["a.md"]);
}

#[test]
fn a_file_that_changed_while_it_was_validated_is_left_alone() {
    let folder = Folder::new();
    fs::write(folder.file(), b"# T\n\nother\n").expect("writable");
    let error = write(&folder.file(), OLD, NEW).expect_err("changed");
    assert!(matches!(error, WriteError::Changed { .. }), "{error}");
    assert_eq!(folder.bytes(), b"# T\n\nother\n");
    assert_eq!(folder.names(), ["a.md"]);
}

#[test]
fn what_is_no_file_of_its_own_is_refused() {
    let folder = Folder::new();
    let link = folder.0.path().join("link.md");
    symlink(folder.file(), &link).expect("a link");
    let error = write(&link, OLD, NEW).expect_err("a link");
    assert!(matches!(error, WriteError::Link { .. }), "{error}");
    let error = write(folder.0.path(), OLD, NEW).expect_err("a folder");
    assert!(matches!(error, WriteError::NotAlone { .. }), "{error}");
    fs::hard_link(folder.file(), folder.0.path().join("other.md")).expect("a second name");
    let error = write(&folder.file(), OLD, NEW).expect_err("two names");
    assert!(matches!(error, WriteError::NotAlone { .. }), "{error}");
    assert_eq!(folder.bytes(), OLD);
}

#[test]
fn a_read_only_file_is_refused_also_to_the_superuser() {
    let folder = Folder::new();
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o444)).expect("allowed");
    let error = write(&folder.file(), OLD, NEW).expect_err("read-only");
    assert!(error.to_string().ends_with("it is read-only; allow writing with `chmod u+w`"));
    assert_eq!(folder.bytes(), OLD);
}

#[test]
fn of_many_stamps_at_once_one_is_written_and_the_others_notice() {
    for _ in 0..20 {
        let folder = Folder::new();
        let texts: Vec<Vec<u8>> = (10..18).map(text_of).collect();
        let results: Vec<_> = thread::scope(|scope| {
            let stamps = texts.iter().map(|text| {
                let path = folder.file();
                scope.spawn(move || write(&path, OLD, text))
            });
            let stamps: Vec<_> = stamps.collect();
            stamps.into_iter().map(|stamp| stamp.join().expect("no panic")).collect()
        });
        let written: Vec<_> =
            results.iter().zip(&texts).filter(|(result, _)| result.is_ok()).collect();
        assert_eq!(written.len(), 1);
        assert_eq!(folder.bytes(), *written[0].1);
        let noticed = results.iter().filter(|one| matches!(one, Err(WriteError::Changed { .. })));
        assert_eq!(noticed.count(), 7);
        assert_eq!(folder.names(), ["a.md"]);
    }
}

fn text_of(day: u32) -> Vec<u8> {
    format!("# T\n\n**Last validated:** 2026-11-{day}\n").repeat(500).into_bytes()
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    // A file system of a few pages; where none may be mounted, there is nothing to fill.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = format!(
        "mount -t tmpfs -o size=64k none {0} && cp {0}.old {0}/a.md && exec \"$@\"",
        folder.path().display()
    );
    fs::write(folder.path().with_extension("old"), OLD).expect("writable");
    let inner = std::env::current_exe().expect("this test");
    let output = duct::cmd!(
        "unshare",
        "-Urm",
        "sh",
        "-c",
        script,
        "sh",
        inner,
        "--exact",
        "--ignored",
        "inside_a_full_disk"
    )
    .env("STAMP_FOLDER", folder.path())
    .stderr_to_stdout()
    .stdout_capture()
    .unchecked()
    .run();
    fs::remove_file(folder.path().with_extension("old")).expect("removable");
    let output = output.expect("unshare");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let impossible = ["unshare:", "mount:"].iter().any(|who| said.contains(who));
    assert!(said.contains("1 passed") || impossible, "{said}");
}

#[test]
#[ignore = "called by a_full_disk_leaves_the_file_as_it_was"]
#[allow(clippy::disallowed_methods)] // A word from one test to another.
fn inside_a_full_disk() {
    // Without a caller there is no full disk here.
    let Ok(folder) = std::env::var("STAMP_FOLDER").map(PathBuf::from) else { return };
    let error = write(&folder.join("a.md"), OLD, &NEW.repeat(10_000)).expect_err("a full disk");
    let said = error.to_string();
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.ends_with("the file is as it was"), "{said}");
    assert_eq!(fs::read(folder.join("a.md")).expect("readable"), OLD);
    assert_eq!(names(&folder), ["a.md"]);
}
