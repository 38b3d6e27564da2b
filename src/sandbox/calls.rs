//! The system calls that a process inside may not make, as data.
//!
//! Comes in: nothing. Goes out: groups of calls, each with its numbers and with what of it is
//! forbidden. Landlock sees files being opened, made and removed; the calls here change something
//! without that, or make a way around it. A call that is newer than this table does not exist
//! inside, so a table that is out of date denies too much and never too little.
//!
//! Numbers: `arch/x86/entry/syscalls/syscall_64.tbl` and `scripts/syscall.tbl` of Linux 6.18;
//! those from 424 on are the same everywhere.

/// The first number that this table does not know.
pub(super) const FIRST_UNKNOWN: u32 = 470;

/// A newer form of `clone` whose flags a filter cannot see; libraries fall back to `clone`.
pub(super) const CLONE3: u32 = 435;

/// Calls that are forbidden for one reason.
pub(super) struct Group {
    /// What they do.
    pub what: &'static str,
    /// The calls.
    pub calls: &'static [Call],
}

/// One call.
pub(super) struct Call {
    /// Its name.
    name: &'static str,
    /// Its number on `x86_64`.
    x86_64: Option<u32>,
    /// Its number on `aarch64` and `riscv64`.
    generic: Option<u32>,
    /// What of it is forbidden: any of these, each being all of its tests; everything if empty.
    pub when: &'static [&'static [Test]],
}

/// A test of an argument, by its position.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    /// The number is this one.
    Is(u8, u32),
    /// The number is another one.
    IsNot(u8, u32),
    /// The bits of the first number have the value of the second.
    Bits(u8, u32, u32),
    /// The pointer points somewhere.
    Points(u8),
}

use Test::{Bits, Is, IsNot, Points};

impl Call {
    /// Its number on the machine that this program was built for.
    pub(super) fn number(&self) -> Option<u32> {
        if cfg!(target_arch = "x86_64") { self.x86_64 } else { self.generic }
    }

    /// Its name, and whether only some of it is meant.
    pub(super) fn told(&self) -> String {
        if self.when.is_empty() { self.name.to_owned() } else { format!("{} (in part)", self.name) }
    }

    const fn when(self, when: &'static [&'static [Test]]) -> Self {
        Self { when, ..self }
    }
}

const fn call(name: &'static str, x86_64: u32, generic: u32) -> Call {
    Call { name, x86_64: Some(x86_64), generic: Some(generic), when: &[] }
}

/// One that only `x86_64` has.
const fn old(name: &'static str, x86_64: u32) -> Call {
    Call { name, x86_64: Some(x86_64), generic: None, when: &[] }
}

/// One that has the same number everywhere.
const fn new(name: &'static str, number: u32) -> Call {
    call(name, number, number)
}

/// Everything that is forbidden whatever the rules.
pub(super) const FORBIDDEN: &[Group] = &[
    Group {
        what: "changing modes, owners, times and attributes of files",
        calls: &[
            old("chmod", 90),
            call("fchmod", 91, 52),
            call("fchmodat", 268, 53),
            new("fchmodat2", 452),
            old("chown", 92),
            call("fchown", 93, 55),
            old("lchown", 94),
            call("fchownat", 260, 54),
            old("utime", 132),
            old("utimes", 235),
            old("futimesat", 261),
            call("utimensat", 280, 88),
            call("setxattr", 188, 5),
            call("lsetxattr", 189, 6),
            call("fsetxattr", 190, 7),
            call("removexattr", 197, 14),
            call("lremovexattr", 198, 15),
            call("fremovexattr", 199, 16),
            new("setxattrat", 463),
            new("removexattrat", 466),
            new("file_setattr", 469),
        ],
    },
    Group {
        what: "making devices",
        calls: &[
            old("mknod", 133).when(&[&[Bits(1, 0xf000, 0x2000)], &[Bits(1, 0xf000, 0x6000)]]),
            call("mknodat", 259, 33)
                .when(&[&[Bits(2, 0xf000, 0x2000)], &[Bits(2, 0xf000, 0x6000)]]),
        ],
    },
    Group {
        what: "holding up or hinting at files of others (leases, write hints, signals by file)",
        // F_SETLEASE, F_SETOWN, F_SETOWN_EX, F_SET_RW_HINT, F_SET_FILE_RW_HINT
        calls: &[call("fcntl", 72, 25).when(&[
            &[Is(1, 1024)],
            &[Is(1, 8)],
            &[Is(1, 15)],
            &[Is(1, 1036)],
            &[Is(1, 1038)],
        ])],
    },
    Group {
        what: "mounting, and changing the root",
        calls: &[
            call("mount", 165, 40),
            call("umount2", 166, 39),
            call("pivot_root", 155, 41),
            call("chroot", 161, 51),
            new("open_tree", 428),
            new("move_mount", 429),
            new("fsopen", 430),
            new("fsconfig", 431),
            new("fsmount", 432),
            new("fspick", 433),
            new("mount_setattr", 442),
            new("open_tree_attr", 467),
        ],
    },
    Group {
        what: "files by handle instead of by path",
        calls: &[call("name_to_handle_at", 303, 264), call("open_by_handle_at", 304, 265)],
    },
    Group {
        what: "namespaces of one's own, in which one is root",
        calls: &[
            call("unshare", 272, 97),
            call("setns", 308, 268),
            call("clone", 56, 220).when(&[
                &[Bits(0, 0x0002_0000, 0x0002_0000)], // CLONE_NEWNS
                &[Bits(0, 0x0200_0000, 0x0200_0000)], // CLONE_NEWCGROUP
                &[Bits(0, 0x0400_0000, 0x0400_0000)], // CLONE_NEWUTS
                &[Bits(0, 0x0800_0000, 0x0800_0000)], // CLONE_NEWIPC
                &[Bits(0, 0x1000_0000, 0x1000_0000)], // CLONE_NEWUSER
                &[Bits(0, 0x2000_0000, 0x2000_0000)], // CLONE_NEWPID
                &[Bits(0, 0x4000_0000, 0x4000_0000)], // CLONE_NEWNET
            ]),
        ],
    },
    Group {
        what: "the machine: its names, clock, swap, quota, accounting, restart",
        calls: &[
            call("sethostname", 170, 161),
            call("setdomainname", 171, 162),
            call("settimeofday", 164, 170),
            call("clock_settime", 227, 112),
            call("adjtimex", 159, 171),
            call("clock_adjtime", 305, 266),
            call("swapon", 167, 224),
            call("swapoff", 168, 225),
            call("quotactl", 179, 60),
            new("quotactl_fd", 443),
            call("acct", 163, 89),
            call("reboot", 169, 142),
            // Reading the kernel's messages is left.
            call("syslog", 103, 116).when(&[&[IsNot(0, 3), IsNot(0, 10)]]),
            call("vhangup", 153, 58),
        ],
    },
    Group {
        what: "the kernel: modules, another kernel, ports of the hardware",
        calls: &[
            call("init_module", 175, 105),
            call("finit_module", 313, 273),
            call("delete_module", 176, 106),
            call("kexec_load", 246, 104),
            call("kexec_file_load", 320, 294),
            old("iopl", 172),
            old("ioperm", 173),
            old("uselib", 134),
        ],
    },
    Group {
        what: "ways around a filter: BPF, io_uring, profiling, page faults, other personalities",
        calls: &[
            call("bpf", 321, 280),
            call("perf_event_open", 298, 241),
            call("userfaultfd", 323, 282),
            new("io_uring_setup", 425),
            new("io_uring_enter", 426),
            new("io_uring_register", 427),
            call("fanotify_init", 300, 262),
            call("fanotify_mark", 301, 263),
            call("personality", 135, 92).when(&[&[IsNot(0, u32::MAX)]]),
        ],
    },
    Group {
        what: "other processes: their memory, descriptors, priorities, limits",
        calls: &[
            call("ptrace", 101, 117),
            call("process_vm_readv", 310, 270),
            call("process_vm_writev", 311, 271),
            new("process_madvise", 440),
            new("process_mrelease", 448),
            new("pidfd_getfd", 438),
            call("migrate_pages", 256, 238),
            call("move_pages", 279, 239),
            call("setpriority", 141, 140).when(&[&[IsNot(0, 0)], &[IsNot(1, 0)]]),
            call("sched_setparam", 142, 118).when(&[&[IsNot(0, 0)]]),
            call("sched_setscheduler", 144, 119).when(&[&[IsNot(0, 0)]]),
            call("sched_setattr", 314, 274).when(&[&[IsNot(0, 0)]]),
            call("sched_setaffinity", 203, 122).when(&[&[IsNot(0, 0)]]),
            call("ioprio_set", 251, 30).when(&[&[IsNot(0, 1)], &[IsNot(1, 0)]]),
            call("prlimit64", 302, 261).when(&[&[IsNot(0, 0), Points(2)]]),
        ],
    },
    Group {
        what: "memory, queues and semaphores that are shared by name (System V, POSIX)",
        calls: &[
            call("shmget", 29, 194),
            call("shmat", 30, 196),
            call("shmctl", 31, 195),
            call("semget", 64, 190),
            call("semop", 65, 193),
            call("semctl", 66, 191),
            call("semtimedop", 220, 192),
            call("msgget", 68, 186),
            call("msgsnd", 69, 189),
            call("msgrcv", 70, 188),
            call("msgctl", 71, 187),
            call("mq_open", 240, 180),
            call("mq_unlink", 241, 181),
            call("mq_timedsend", 242, 182),
            call("mq_timedreceive", 243, 183),
            call("mq_notify", 244, 184),
            call("mq_getsetattr", 245, 185),
        ],
    },
    Group {
        what: "keys that the kernel keeps",
        calls: &[
            call("add_key", 248, 217),
            call("request_key", 249, 218),
            call("keyctl", 250, 219),
        ],
    },
    Group {
        what: "serving, and sending before a connection is made (which Landlock does not see)",
        calls: &[
            // Listening on a socket that is not bound binds it.
            call("listen", 50, 201),
            // MSG_FASTOPEN connects without a `connect`.
            call("sendto", 44, 206).when(&[&[Bits(3, 0x2000_0000, 0x2000_0000)]]),
            call("sendmsg", 46, 211).when(&[&[Bits(2, 0x2000_0000, 0x2000_0000)]]),
            call("sendmmsg", 307, 269).when(&[&[Bits(3, 0x2000_0000, 0x2000_0000)]]),
        ],
    },
];

/// Signals, where Landlock cannot tell those inside from those outside: all but none and SIGURG,
/// which does nothing unless asked for (and by which Go wakes its own threads).
pub(super) const SIGNALS: Group = Group {
    what: "signals, since this kernel cannot tell the processes inside from those outside",
    calls: &[
        call("kill", 62, 129).when(&[&[IsNot(1, 0), IsNot(1, 23)]]),
        call("tkill", 200, 130).when(&[&[IsNot(1, 0), IsNot(1, 23)]]),
        call("tgkill", 234, 131).when(&[&[IsNot(2, 0), IsNot(2, 23)]]),
        call("rt_sigqueueinfo", 129, 138).when(&[&[IsNot(1, 0), IsNot(1, 23)]]),
        call("rt_tgsigqueueinfo", 297, 240).when(&[&[IsNot(2, 0), IsNot(2, 23)]]),
        new("pidfd_send_signal", 424).when(&[&[IsNot(1, 0), IsNot(1, 23)]]),
    ],
};

/// `socket`, whose rules depend on those of the sandbox.
pub(super) const SOCKET: Call = call("socket", 41, 198);

/// `socketpair`: a pair of datagram sockets is not bound to each other, and could be sent from to
/// any daemon; a pair of stream or packet sockets is.
pub(super) const SOCKET_PAIR: Call = call("socketpair", 53, 199).when(&[
    &[IsNot(0, 1)],
    &[Bits(1, 0xf, 0)],
    &[Bits(1, 0xf, 2)],
    &[Bits(1, 0xf, 3)],
    &[Bits(1, 0xf, 4)],
    &[Bits(1, 0x8, 0x8)],
    &[Bits(1, 0xe, 0x6)],
]);

/// `ioctl`, by which every driver and file system has its own writes: only what is listed passes.
pub(super) const REQUEST: Call = call("ioctl", 16, 29);

/// The requests that may be made of a device, a file or a socket (asm-generic/ioctls.h,
/// linux/fs.h, linux/sockios.h): settings of a terminal that is open, and questions.
pub(super) const REQUESTS: &[(u32, &str)] = &[
    (0x5401, "TCGETS"),
    (0x5402, "TCSETS"),
    (0x5403, "TCSETSW"),
    (0x5404, "TCSETSF"),
    (0x802c_542a, "TCGETS2"),
    (0x402c_542b, "TCSETS2"),
    (0x402c_542c, "TCSETSW2"),
    (0x402c_542d, "TCSETSF2"),
    (0x5409, "TCSBRK"),
    (0x540a, "TCXONC"),
    (0x540b, "TCFLSH"),
    (0x540e, "TIOCSCTTY"),
    (0x5422, "TIOCNOTTY"),
    (0x540f, "TIOCGPGRP"),
    (0x5410, "TIOCSPGRP"),
    (0x5429, "TIOCGSID"),
    (0x5411, "TIOCOUTQ"),
    (0x541b, "FIONREAD"),
    (0x5413, "TIOCGWINSZ"),
    (0x5414, "TIOCSWINSZ"),
    (0x8004_5430, "TIOCGPTN"),
    (0x4004_5431, "TIOCSPTLCK"),
    (0x5441, "TIOCGPTPEER"),
    (0x5421, "FIONBIO"),
    (0x5450, "FIONCLEX"),
    (0x5451, "FIOCLEX"),
    (0x5452, "FIOASYNC"),
    (0x5460, "FIOQSIZE"),
    (0x0002, "FIGETBSZ"),
    (0x8008_6601, "FS_IOC_GETFLAGS"),
    (0x8008_7601, "FS_IOC_GETVERSION"),
    (0x801c_581f, "FS_IOC_FSGETXATTR"),
    (0xc020_660b, "FS_IOC_FIEMAP"),
    (0x125e, "BLKROGET"),
    (0x1260, "BLKGETSIZE"),
    (0x1268, "BLKSSZGET"),
    (0x127b, "BLKPBSZGET"),
    (0x8008_1272, "BLKGETSIZE64"),
    (0x8024_7009, "RTC_RD_TIME"),
    (0x8905, "SIOCATMARK"),
    (0x8906, "SIOCGSTAMP"),
    (0x8910, "SIOCGIFNAME"),
    (0x8912, "SIOCGIFCONF"),
    (0x8913, "SIOCGIFFLAGS"),
    (0x8915, "SIOCGIFADDR"),
    (0x8917, "SIOCGIFDSTADDR"),
    (0x8919, "SIOCGIFBRDADDR"),
    (0x891b, "SIOCGIFNETMASK"),
    (0x891d, "SIOCGIFMETRIC"),
    (0x8921, "SIOCGIFMTU"),
    (0x8927, "SIOCGIFHWADDR"),
    (0x8933, "SIOCGIFINDEX"),
    (0x8942, "SIOCGIFTXQLEN"),
    (0x8970, "SIOCGIFMAP"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_call_stands_there_twice_and_all_are_known() {
        let mut seen = BTreeSet::new();
        let groups = FORBIDDEN.iter().chain([&SIGNALS]).flat_map(|group| group.calls);
        for call in groups.chain([&SOCKET, &SOCKET_PAIR, &REQUEST]) {
            assert!(seen.insert(call.name), "{} stands there twice", call.name);
            for number in [call.x86_64, call.generic].into_iter().flatten() {
                assert!(number < FIRST_UNKNOWN, "{}", call.name);
            }
        }
    }

    /// The number that a header of the kernel gives a call, if it has the call and a plain number.
    fn number_in(header: &str, name: &str) -> Option<u32> {
        let start = format!("#define __NR_{name} ");
        header.lines().find_map(|line| line.strip_prefix(&start)?.trim().parse().ok())
    }

    fn compare(path: &str, number: impl Fn(&Call) -> Option<u32>) {
        let Ok(header) = std::fs::read_to_string(path) else {
            return;
        };
        let groups = FORBIDDEN.iter().chain([&SIGNALS]).flat_map(|group| group.calls);
        let all = groups.chain([&SOCKET, &SOCKET_PAIR, &REQUEST]);
        let known: Vec<_> =
            all.filter_map(|call| Some((call, number_in(&header, call.name)?))).collect();
        assert!(known.len() > 60, "{}", known.len());
        for (call, there) in known {
            assert_eq!(number(call), Some(there), "{}", call.name);
        }
    }

    #[test]
    fn numbers_are_those_of_the_kernel_headers() {
        compare("/usr/include/asm-generic/unistd.h", |call| call.generic);
        compare("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", |call| call.x86_64);
    }
}
