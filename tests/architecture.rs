//! Data flows one way: a module imports only from those that the table allows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and what it may know. `main` and `lib` are the doors.
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("path", &[]),
    ("git", &["path"]),
    ("program", &[]),
    ("diagnostic", &["source"]),
    ("voice", &[]),
    ("expect", &["source"]),
    ("shell", &["source"]),
    ("policy", &["shell", "source"]),
    ("variables", &["source"]),
    ("document", &["diagnostic", "expect", "shell", "source"]),
    ("stamp", &["diagnostic", "document", "source"]),
    ("config", &["path", "policy", "source"]),
    (
        "plan",
        &["config", "diagnostic", "document", "expect", "policy", "shell", "source", "variables"],
    ),
    (
        "check",
        &[
            "diagnostic",
            "document",
            "expect",
            "plan",
            "policy",
            "shell",
            "source",
            "stamp",
            "voice",
        ],
    ),
    ("freshness", &["document", "git", "expect", "plan", "policy", "source", "stamp"]),
    ("event", &["expect", "policy", "source", "variables"]),
    ("journal", &["event", "policy", "variables"]),
    ("audit", &["config", "event", "journal", "path", "program", "variables"]),
    ("resume", &["document", "event", "expect", "plan", "policy", "variables"]),
    ("validation", &["event", "plan", "variables"]),
    ("sandbox", &[]),
    ("gate", &["path", "policy", "sandbox"]),
    ("session", &["expect", "sandbox", "shell", "variables"]),
    (
        "engine",
        &[
            "check",
            "event",
            "expect",
            "gate",
            "path",
            "plan",
            "policy",
            "resume",
            "sandbox",
            "session",
            "shell",
            "source",
            "stamp",
            "validation",
            "variables",
            "document",
        ],
    ),
    (
        "report",
        &[
            "diagnostic",
            "document",
            "event",
            "expect",
            "plan",
            "policy",
            "source",
            "validation",
            "variables",
            "voice",
        ],
    ),
    (
        "cli",
        &[
            "audit",
            "check",
            "config",
            "diagnostic",
            "document",
            "engine",
            "event",
            "expect",
            "gate",
            "git",
            "journal",
            "path",
            "freshness",
            "plan",
            "policy",
            "program",
            "report",
            "resume",
            "sandbox",
            "session",
            "shell",
            "source",
            "validation",
            "stamp",
            "variables",
            "voice",
        ],
    ),
];

#[test]
fn modules_import_only_what_the_table_allows() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in rust_files(Path::new("src")) {
        let room = room_of(&file);
        if room == "main" || room == "lib" {
            continue;
        }
        let Some(known) = allowed.get(room.as_str()) else {
            wrong.push(format!("{}: module `{room}` is not in the table", file.display()));
            continue;
        };
        for import in imports(&fs::read_to_string(&file).expect("readable source")) {
            if import != room && !known.contains(&import.as_str()) {
                wrong.push(format!("{}: `{room}` must not know `{import}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    let mut order: Vec<&str> = Vec::new();
    for (room, known) in ALLOWED {
        for other in *known {
            assert!(order.contains(other), "`{room}` knows `{other}`, which stands after it");
        }
        order.push(room);
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").expect("under src");
    let first = inside.components().next().expect("a name").as_os_str();
    Path::new(first).file_stem().expect("a name").to_string_lossy().into_owned()
}

/// Every `crate::NAME` in code; comments count too, since a link in a comment is knowledge.
fn imports(text: &str) -> Vec<String> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}
