//! seccomp: which system calls may be made.
//!
//! Comes in: the table of calls, the rules, and what Landlock can do already. Goes out: filters on
//! the calling thread, which all that it starts inherits and nothing can take off again. Three of
//! them, one per answer: calls that change something get "not permitted", device requests that are
//! not listed "no such request", calls that nobody knew when this was written "no such call".

use std::collections::BTreeMap;

use rustix::io::Errno;
use rustix::thread::SecureComputingMode;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};

use super::calls::{self, Call, Group, Test};
use super::{Layer, Layers, Rules, SandboxError, UnixSockets};

const UNIX: u32 = 1;
const INTERNET: [u32; 2] = [2, 10];
const NETLINK: u32 = 16;
const STREAM: u32 = 1;

/// Protocols of the internet families: the default, ICMP (by unprivileged ping), TCP, UDP. The
/// others include ones whose connections Landlock does not take for TCP (MPTCP, SCTP, SMC).
const PROTOCOLS: [u32; 5] = [0, 1, 6, 17, 58];

/// Netlink that only asks, without privileges: routes and addresses, sockets.
const QUESTIONS: [u32; 2] = [0, 4];

/// Whether there is a filter, or can be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Yes.
    There,
    /// No.
    Missing,
}

/// Whether this kernel and machine can filter.
pub(super) fn available() -> State {
    match (architecture(), rustix::thread::secure_computing_mode()) {
        (Ok(_), Ok(_)) => State::There,
        _ => State::Missing,
    }
}

/// Whether the calling thread is filtered.
pub(super) fn is_applied() -> State {
    match rustix::thread::secure_computing_mode() {
        Ok(SecureComputingMode::Filter) => State::There,
        _ => State::Missing,
    }
}

/// Filters the calling thread; `able` is what Landlock does already.
pub(super) fn apply(rules: &Rules, able: &Layers) -> Result<(), SandboxError> {
    let filters = [
        forbidding(Errno::PERM, forbidden(rules, able).map_err(not_taken)?),
        forbidding(Errno::NOTTY, requests().map_err(not_taken)?),
    ];
    for filter in filters {
        seccompiler::apply_filter(&filter.map_err(not_taken)?).map_err(not_taken)?;
    }
    seccompiler::apply_filter(&unknown_calls()).map_err(not_taken)
}

/// Forbids the internet families to the calling thread.
pub(super) fn forbid_network() -> Result<(), SandboxError> {
    let families: Vec<_> = INTERNET.iter().map(|family| vec![Test::Is(0, *family)]).collect();
    let filter = compile(&families)
        .map(|rules| rules_of(&calls::SOCKET, rules))
        .and_then(|rules| forbidding(Errno::ACCESS, rules));
    seccompiler::apply_filter(&filter.map_err(not_taken)?).map_err(not_taken)
}

type RulesByNumber = BTreeMap<i64, Vec<SeccompRule>>;

fn forbidden(rules: &Rules, able: &Layers) -> Result<RulesByNumber, BackendError> {
    let mut all = RulesByNumber::new();
    for group in calls::FORBIDDEN {
        all.append(&mut of_group(group)?);
    }
    if !able.has(Layer::Signals) {
        all.append(&mut of_group(&calls::SIGNALS)?);
    }
    all.append(&mut rules_of(&calls::SOCKET, compile(&sockets(rules, able))?));
    all.append(&mut of_call(&calls::SOCKET_PAIR)?);
    Ok(all)
}

/// The sockets that may not be made.
fn sockets(rules: &Rules, able: &Layers) -> Vec<Vec<Test>> {
    let mut families = vec![INTERNET[0], INTERNET[1], NETLINK];
    if rules.unix_sockets == UnixSockets::Allowed {
        families.push(UNIX);
    }
    let mut forbidden = vec![none_of(0, &families)];
    for family in INTERNET {
        // Streams are 1, datagrams 2; what follows is raw, packets and the like.
        forbidden.extend((3..16).map(|kind| vec![Test::Is(0, family), Test::Bits(1, 0xf, kind)]));
        forbidden.push([vec![Test::Is(0, family)], none_of(2, &PROTOCOLS)].concat());
        if rules.ports.is_empty() && !able.has(Layer::TcpPorts) {
            forbidden.push(vec![Test::Is(0, family), Test::Bits(1, 0xf, STREAM)]);
        }
    }
    forbidden.push([vec![Test::Is(0, NETLINK)], none_of(2, &QUESTIONS)].concat());
    forbidden
}

/// Every request that is not listed.
fn requests() -> Result<RulesByNumber, BackendError> {
    let listed: Vec<_> = calls::REQUESTS.iter().map(|(number, _)| *number).collect();
    Ok(rules_of(&calls::REQUEST, compile(&[none_of(1, &listed)])?))
}

fn none_of(argument: u8, numbers: &[u32]) -> Vec<Test> {
    numbers.iter().map(|number| Test::IsNot(argument, *number)).collect()
}

fn of_group(group: &Group) -> Result<RulesByNumber, BackendError> {
    let mut all = RulesByNumber::new();
    for call in group.calls {
        all.append(&mut of_call(call)?);
    }
    Ok(all)
}

fn of_call(call: &Call) -> Result<RulesByNumber, BackendError> {
    let when: Vec<_> = call.when.iter().map(|tests| tests.to_vec()).collect();
    Ok(rules_of(call, compile(&when)?))
}

fn rules_of(call: &Call, rules: Vec<SeccompRule>) -> RulesByNumber {
    call.number().map(|number| (i64::from(number), rules)).into_iter().collect()
}

fn compile(any: &[Vec<Test>]) -> Result<Vec<SeccompRule>, BackendError> {
    let rule = |all: &Vec<Test>| {
        SeccompRule::new(all.iter().copied().map(condition).collect::<Result<_, _>>()?)
    };
    any.iter().map(rule).collect()
}

/// Numbers are compared by their lower half, since the kernel drops the upper one.
fn condition(test: Test) -> Result<SeccompCondition, BackendError> {
    let (argument, length, operator, value) = match test {
        Test::Is(at, number) => (at, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, number),
        Test::IsNot(at, number) => (at, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, number),
        Test::Bits(at, mask, value) => {
            (at, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask.into()), value)
        }
        Test::Points(at) => (at, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0),
    };
    SeccompCondition::new(argument, length, operator, value.into())
}

/// A filter that answers what matches with `error`; a call by the numbers of another architecture
/// ends the process.
fn forbidding(error: Errno, rules: RulesByNumber) -> Result<BpfProgram, BackendError> {
    let answer = SeccompAction::Errno(error.raw_os_error().unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture()?)?.try_into()
}

fn architecture() -> Result<TargetArch, BackendError> {
    TargetArch::try_from(std::env::consts::ARCH)
}

/// A filter for which calls from the first unknown one on do not exist, those of the x32 interface
/// included, whose numbers lie above; the crate has no way to say "from".
fn unknown_calls() -> BpfProgram {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_FROM: u16 = 0x35;
    const JUMP_IF_IS: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    const ERROR: u32 = 0x0005_0000;
    let missing = ERROR | Errno::NOSYS.raw_os_error().unsigned_abs();
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        step(LOAD_NUMBER, 0, 0, 0),
        step(JUMP_IF_FROM, 2, 0, calls::FIRST_UNKNOWN),
        step(JUMP_IF_IS, 1, 0, calls::CLONE3),
        step(RETURN, 0, 0, ALLOW),
        step(RETURN, 0, 0, missing),
    ]
}

fn not_taken(error: impl ToString) -> SandboxError {
    SandboxError::NotTaken { layer: "seccomp", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landlock(version: u32) -> Layers {
        Layers::of(version, &[])
    }

    #[test]
    fn every_filter_can_be_compiled_for_every_kernel() {
        for version in 0..=10 {
            let rules = forbidden(&Rules::new("/s"), &landlock(version)).expect("rules");
            assert!(forbidding(Errno::PERM, rules).is_ok());
        }
        assert!(requests().and_then(|rules| forbidding(Errno::NOTTY, rules)).is_ok());
    }

    #[test]
    fn where_signals_cannot_be_told_apart_they_are_forbidden() {
        let kill = i64::from(calls::SIGNALS.calls[0].number().expect("a number"));
        let has = |version| {
            forbidden(&Rules::new("/s"), &landlock(version)).expect("rules").contains_key(&kill)
        };
        assert!(has(5));
        assert!(!has(6));
    }

    #[test]
    fn where_ports_cannot_be_enforced_no_port_means_no_stream() {
        let count = |version| sockets(&Rules::new("/s"), &landlock(version)).len();
        assert_eq!(count(3), count(4) + INTERNET.len());
    }
}
