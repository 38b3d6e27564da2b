//! What this executable does when it is started through a link of a gate.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::path::find;
use crate::policy::{Catalogue, Listed, Permit, permit};
use crate::sandbox;

use super::report::{self, Refused};
use super::{Confines, LINKS, REPORT, RULES, Rules};

/// The status of a program that is found and not started (POSIX, "Exit Status for Commands").
const NOT_STARTED: u8 = 126;

/// If this process was started through a gate: becomes the program that it was asked for, or
/// returns the status to exit with. Otherwise returns nothing.
///
/// `started` is the path by which it was executed, `arguments` the whole argument list.
pub fn enter(
    started: &Path,
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
) -> Option<u8> {
    let links = started.parent().filter(|links| links.ends_with(LINKS))?;
    let folder = links.parent()?;
    let rules = fs::read(folder.join(RULES)).ok()?;
    let outcome = match serde_json::from_slice(&rules) {
        Ok(rules) => pass(&rules, started, arguments, environment),
        Err(error) => Err(refused(started, format!("the gate's rules are damaged: {error}"))),
    };
    let refused = outcome.err()?;
    let _ =
        writeln!(std::io::stderr(), "runbook: {} was not started: {}", refused.name, refused.why);
    let _ = report::tell(&folder.join(REPORT), &refused);
    Some(NOT_STARTED)
}

fn refused(started: &Path, why: String) -> Refused {
    let name = started.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned();
    Refused { name, why, host: false }
}

/// Never returns but with a refusal.
fn pass(
    rules: &Rules,
    started: &Path,
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
) -> Result<(), Refused> {
    let refuse = |why: String| refused(started, why);
    let name = started.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| refuse("its name is not UTF-8".into()))?;
    let words = words(name, arguments).map_err(refuse)?;
    let catalogue = catalogue(rules).map_err(refuse)?;
    let listed =
        Listed::new(&rules.hosts, &rules.tools).map_err(|error| refuse(error.to_string()))?;
    let variable = |wanted: &str| value(wanted, environment, &rules.configuration);
    let permit = permit(&words, &variable, &catalogue, &listed).map_err(|no| Refused {
        name: no.name,
        why: no.why,
        host: no.host,
    })?;
    let program = find(name, &rules.path).ok_or_else(|| {
        refuse("it is in none of the folders that programs are taken from".into())
    })?;
    if is_chosen_by_a_file(&program) {
        return Err(refuse(
            "it is the shim of a version manager, and a file of the working directory may name any \
             program for it"
                .into(),
        ));
    }
    if let Some(others) = &permit.starts
        && rules.confines == Confines::Network
    {
        let others = others.iter().filter_map(|other| find(other, &rules.path));
        let paths: Vec<_> =
            std::iter::once(program.clone()).chain(others).flat_map(parts).collect();
        sandbox::only_start(&paths).map_err(|error| refuse(format!("failed to {error}")))?;
    }
    if !permit.network && rules.confines == Confines::Network {
        sandbox::without_network().map_err(|error| refuse(format!("failed to {error}")))?;
    }
    // A shell that is killed leaves nothing running.
    sandbox::end_with_the_parent().map_err(|error| refuse(format!("failed to {error}")))?;
    let error = Command::new(&program)
        .arg0(arguments.first().map_or(OsStr::new(name), OsString::as_os_str))
        .args(arguments.get(1..).unwrap_or_default())
        .env_clear()
        .envs(given(rules, &permit, environment))
        .exec();
    Err(refuse(format!("failed to start {}: {error}", program.display())))
}

/// Whether a program only stands for others, of which a file of the working directory may name one
/// by its path (`.tool-versions` of asdf and mise, the plug-ins of proto, the registries of aqua).
/// rustup does so as well; a guard of the catalogue keeps it from looking.
fn is_chosen_by_a_file(program: &Path) -> bool {
    const MANAGERS: &[&str] = &["asdf", ".asdf", "mise", ".mise", ".proto", "aqua-proxy"];
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_path_buf());
    let manages = |name: &OsStr| MANAGERS.iter().any(|manager| name == *manager);
    let shim = program.parent().is_some_and(|folder| folder.ends_with("shims"));
    let managed = shim && program.components().any(|part| manages(part.as_os_str()));
    managed || real.file_name().is_some_and(manages)
}

/// What of a program is to be started along with it: itself, what loads it, and its helpers
/// (`git-core`).
fn parts(program: PathBuf) -> Vec<PathBuf> {
    let real = fs::canonicalize(&program).unwrap_or(program);
    let mut parts: Vec<_> = loader(&real).into_iter().collect();
    if let (Some(name), Some(prefix)) = (real.file_name(), real.parent().and_then(Path::parent)) {
        let helpers = format!("{}-core", name.to_string_lossy());
        parts.extend(["lib", "libexec"].map(|folder| prefix.join(folder).join(&helpers)));
    }
    parts.push(real);
    parts
}

/// The program that loads a program, which stands in its first page (elf(5), `PT_INTERP`).
fn loader(program: &Path) -> Option<PathBuf> {
    let mut page = Vec::new();
    fs::File::open(program).ok()?.take(4096).read_to_end(&mut page).ok()?;
    let mut texts = page.split(|byte| *byte == 0);
    let named = texts
        .find(|text| text.starts_with(b"/") && memchr::memmem::find(text, b"/ld").is_some())?;
    Some(PathBuf::from(OsStr::from_bytes(named)))
}

/// The arguments as text, under the name by which it is looked up.
fn words(name: &str, arguments: &[OsString]) -> Result<Vec<String>, String> {
    let rest = arguments.get(1..).unwrap_or_default().iter();
    let texts = rest.map(|word| word.to_str().map(str::to_owned));
    let texts: Option<Vec<_>> = std::iter::once(Some(name.to_owned())).chain(texts).collect();
    texts.ok_or_else(|| "an argument is not UTF-8".to_owned())
}

fn catalogue(rules: &Rules) -> Result<Catalogue, String> {
    let builtin = Catalogue::builtin().clone();
    match &rules.catalogue {
        // Its examples were tried when the gate was laid.
        Some(added) => builtin.with_tried(added).map_err(|error| format!("failed to {error}")),
        None => Ok(builtin),
    }
}

/// A variable's value: the operator's own configuration holds before what the shell says.
fn value(
    wanted: &str,
    environment: &[(OsString, OsString)],
    configuration: &[(String, String)],
) -> Option<String> {
    let own = configuration.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let shells = || {
        let found = environment.iter().find(|(name, _)| name.as_bytes() == wanted.as_bytes());
        found.map(|(_, value)| value.to_string_lossy().into_owned())
    };
    own.or_else(shells).filter(|value| !value.is_empty())
}

/// The environment that the program gets.
fn given(
    rules: &Rules,
    permit: &Permit,
    environment: &[(OsString, OsString)],
) -> Vec<(OsString, OsString)> {
    // What is set below needs no judging.
    let own = sandbox::environment(&rules.scratch);
    let is_own = |wanted: &OsString| wanted == "PATH" || own.iter().any(|(name, _)| name == wanted);
    let passes = |name: &OsStr| name.to_str().is_some_and(|name| permit.passes(name));
    let kept = environment.iter().filter(|(name, _)| !is_own(name) && passes(name)).cloned();
    let path = if permit.starts_another {
        environment.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone())
    } else {
        std::env::join_paths(&rules.path).ok()
    };
    let mut given: Vec<(OsString, OsString)> = kept.collect();
    given.extend(path.map(|path| (OsString::from("PATH"), path)));
    given.extend(own);
    if permit.network {
        given.extend(rules.configuration.iter().map(|(name, value)| (name.into(), value.into())));
    }
    let scratch = rules.scratch.to_string_lossy();
    let guards = permit.guards.iter();
    given.extend(
        guards.map(|(name, value)| (name.into(), value.replace("$SCRATCH", &scratch).into())),
    );
    given
}

/// The path by which this process was executed, as the kernel tells it; a shell cannot change it.
#[cfg(target_os = "linux")]
pub fn executed() -> Option<PathBuf> {
    let path = rustix::param::linux_execfn();
    Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

/// There is no gate here.
#[cfg(not(target_os = "linux"))]
pub fn executed() -> Option<PathBuf> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_shim_that_a_file_may_lead_elsewhere_is_told_from_a_program() {
        let shim = |path: &str| is_chosen_by_a_file(Path::new(path));
        assert!(shim("/home/a/.asdf/shims/kubectl"));
        assert!(shim("/home/a/.local/share/mise/shims/terraform"));
        assert!(shim("/home/a/.proto/shims/node"));
        assert!(!shim("/home/a/.pyenv/shims/aws"));
        assert!(!shim("/usr/bin/asdf-tool"));
        assert!(!shim("/usr/bin/git"));
    }

    #[test]
    fn the_loader_of_a_program_is_found_and_a_script_has_none() {
        let shell = fs::canonicalize("/bin/sh").expect("a shell");
        assert!(loader(&shell).is_some_and(|loader| loader.exists()));
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("x"), "#!/bin/sh\n").expect("a file");
        assert_eq!(loader(&folder.path().join("x")), None);
    }
}
