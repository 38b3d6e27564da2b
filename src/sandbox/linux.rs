//! Linux: the layers one after another.
//!
//! Comes in: the rules. Goes out: the calling process, held to them. The order matters: what needs
//! a privilege comes before the privileges go, and the filter of system calls comes last, since it
//! forbids some of what the layers before it use.

use std::path::PathBuf;

use super::{Layer, Layers, Rules, SandboxError, calls, filter, privileges, ruleset};

/// What the running kernel can enforce; changes nothing.
pub fn probe() -> Layers {
    Layers::of(ruleset::version(), &others(filter::available()))
}

/// Holds the calling process, which must have a single thread, and all that it starts, to `rules`.
///
/// On an error the process is held to a part of them at most, and must end.
pub fn enter(rules: &Rules) -> Result<Layers, SandboxError> {
    let able = probe();
    able.suffices()?;
    let ruleset = ruleset::prepare(rules)?;
    privileges::limit()?;
    privileges::die_with_the_parent()?;
    privileges::give_up()?;
    let landlock = ruleset::restrict(ruleset)?;
    filter::apply(rules, &able)?;
    let held = Layers::of(landlock, &others(filter::is_applied()));
    if held != able {
        let reason = format!("{able:?} was promised, {held:?} holds");
        return Err(SandboxError::NotTaken { layer: "all", reason });
    }
    Ok(held)
}

/// Asks that the calling process, and the program that it becomes, be killed when its parent ends.
pub fn end_with_the_parent() -> Result<(), SandboxError> {
    privileges::die_with_the_parent()
}

/// Forbids the calling process, and all that it starts, to use the internet protocols at all.
pub fn without_network() -> Result<(), SandboxError> {
    filter::forbid_network()
}

/// Forbids the calling process, and all that it starts, to start any program but those that are
/// `paths` or lie below them.
pub fn only_start(paths: &[PathBuf]) -> Result<(), SandboxError> {
    ruleset::only_start(paths)
}

/// The groups of system calls that are forbidden, each with its names.
pub(super) fn forbidden(layers: &Layers) -> Vec<(&'static str, String)> {
    let signals = (!layers.has(Layer::Signals)).then_some(&calls::SIGNALS);
    let names = |group: &calls::Group| {
        let names: Vec<_> = group.calls.iter().map(calls::Call::told).collect();
        (group.what, names.join(", "))
    };
    calls::FORBIDDEN.iter().chain(signals).map(names).collect()
}

/// The layers beside Landlock; the last three are as old as any kernel that has Landlock, and
/// [`enter`] fails where one is not taken.
fn others(filter: filter::State) -> Vec<Layer> {
    let mut layers = vec![Layer::Capabilities, Layer::NewPrivileges, Layer::Limits];
    if filter == filter::State::There {
        layers.push(Layer::SystemCalls);
    }
    layers
}
