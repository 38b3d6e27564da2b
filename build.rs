//! Writes the catalogue down in a form that is found and read fast.
//!
//! Comes in: the TOML files of `src/policy/catalogue`, one per tool, as people write them. Goes
//! out: every rule as a line of JSON, and an index of their names; and the probes. A gate is started for every
//! program of a read-only session and needs one rule of two hundred: it must not have to look at
//! the others. The examples stay behind: the tests try them, on the TOML.

use std::fs;
use std::path::{Path, PathBuf};

const CATALOGUE: &str = "src/policy/catalogue";

fn main() {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    link_in_place();
    let (mut rules, mut index, mut probes) = (String::new(), Vec::new(), String::new());
    for file in files(Path::new(CATALOGUE)) {
        let text = fs::read_to_string(&file).expect("a file that was listed");
        let table: toml::Table = toml::from_str(&text)
            .unwrap_or_else(|error| panic!("{} is no catalogue: {error}", file.display()));
        for rule in table["command"].as_array().expect("a list of commands") {
            let from = rules.len();
            let names = write(rule, &mut rules);
            index.extend(names.map(|name| format!("{name} {from} {}", rules.len())));
            rules.push('\n');
        }
        for probe in table.get("probe").and_then(toml::Value::as_array).into_iter().flatten() {
            let names = probe["names"].as_str().expect("the programs of a probe");
            let json = serde_json::to_string(probe).expect("TOML without dates is JSON");
            probes.push_str(&format!("{names}\t{json}\n"));
        }
    }
    // In the order of the names: each ends at the first blank, which sorts before all of a name.
    index.sort();
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(folder.join("catalogue.jsonl"), rules).expect("the rules are written");
    fs::write(folder.join("catalogue.probes"), probes).expect("the probes are written");
    fs::write(folder.join("catalogue.index"), index.join("\n")).expect("the index is written");
}

/// The executable is started before every program that a validation runs, and where it may lie
/// anywhere in memory, a hundred pages of addresses are put right before its first instruction. It
/// is linked for one place, as most programs are that it starts (those written in Go are by
/// default).
fn link_in_place() {
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bin=runbook=-no-pie");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the catalogue's folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// Writes a rule, and returns the names that it is found by.
fn write(rule: &toml::Value, rules: &mut String) -> std::vec::IntoIter<String> {
    let mut rule = rule.as_table().expect("a rule").clone();
    rule.remove("examples");
    rules.push_str(&serde_json::to_string(&rule).expect("TOML without dates is JSON"));
    let names = rule["names"].as_str().expect("the names of a command");
    assert!(names.is_ascii(), "{names}");
    names.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}
