//! Ways to write, as data.
//!
//! Each is a script that bash runs in the victim folder; these variables lead it:
//! `V` the victim folder, `S` the scratch, `W` the folder around both, `PID` a process of the same
//! user, `ADDR` where its memory says `AAAAAAAA`, `TCP`, `TCP6` ports that somebody listens on,
//! `SERVE` a port that nobody listens on, `SOCK`, `DGRAM` UNIX sockets, `ABSTRACT` the name of one,
//! `TTY` a terminal of the same user, `NAME` a word that is not used elsewhere.

/// One way.
pub struct Way {
    /// What a person would call it.
    pub name: &'static str,
    /// What is run, with and without the sandbox.
    pub script: &'static str,
    /// What root prepares before.
    pub before: &'static str,
    /// What looks at that part of the world that every row does not look at anyway.
    pub look: &'static str,
    /// What root tidies up after.
    pub after: &'static str,
}

const fn way(name: &'static str, script: &'static str) -> Way {
    Way { name, script, before: "", look: "", after: "" }
}

impl Way {
    const fn before(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    const fn look(self, look: &'static str) -> Self {
        Self { look, ..self }
    }

    const fn after(self, after: &'static str) -> Self {
        Self { after, ..self }
    }
}

const HOSTNAME: &str = "cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname";
const LINKS: &str = "ip address show lo; ip route show table all";
const SYSTEM_V: &str = "cat /proc/sysvipc/*";
const LISTENERS: &str = r#"cat /proc/net/tcp | awk '$4 == "0A" {print $2}'"#;

/// All of them.
pub const WAYS: &[Way] = &[
    // Content.
    way("create", "echo new >new"),
    way("append", "echo more >>f"),
    way("write in place", "exec 3<>f; echo X >&3"),
    way("empty by opening", ": >f"),
    way("empty by opening for reading", "perl -MFcntl -e 'sysopen(F, \"f\", O_RDONLY|O_TRUNC)'"),
    way("create by opening for reading", "perl -MFcntl -e 'sysopen(F, \"n\", O_RDONLY|O_CREAT)'"),
    way("truncate(2)", "perl -e 'truncate(\"f\", 1)'"),
    way("ftruncate", "perl -e 'open(F, \"+<f\"); truncate(F, 1)'"),
    way("truncate, the tool", "truncate -s 0 f"),
    way("shared memory map", "python3 -c 'import mmap; f = open(\"f\", \"r+b\"); m = mmap.mmap(f.fileno(), 0); m[0] = 88; m.flush()'"),
    way("sendfile", "python3 -c 'import os; os.sendfile(os.open(\"f\", os.O_WRONLY), os.open(\"g\", 0), 0, 5)'"),
    way("copy_file_range", "python3 -c 'import os; os.copy_file_range(os.open(\"g\", 0), os.open(\"f\", os.O_WRONLY), 5)'"),
    way("splice", "echo spliced | perl -I$W -MWay -e 'open(F, \"+<f\"); call(\"splice\", 0, 0, fileno(F), 0, 7, 0)'"),
    way("punch a hole", "fallocate -p -o 0 -l 4096 big"),
    way("allocate", "fallocate -l 128K big"),
    way("write by python", "python3 -c 'open(\"f\", \"w\").write(\"x\")'"),
    way("cp", "cp g f"),
    way("tee", "echo x | tee f"),
    way("dd", "dd if=g of=f conv=notrunc"),
    way("sed -i", "sed -i s/old/new/ f"),
    way("perl -i", "perl -pi -e s/old/new/ f"),
    way("sort -o", "sort -o f g"),
    way("tar", "tar cf - f | tar xf - -C d"),
    way("shred", "shred -n 1 f"),
    way("install", "install -m 600 g installed"),
    way("git init", "git init -q ."),
    // Names.
    way("rename", "mv f f2"),
    way("exchange", "perl -I$W -MWay -e 'call(\"renameat2\", -100, \"f\", -100, \"g\", 2)'"),
    way("move into the scratch", "perl -e 'rename(\"f\", \"$ENV{S}/f\")'"),
    way("move out of the scratch", "echo x >$S/x; perl -e 'rename(\"$ENV{S}/x\", \"f\")'"),
    way("remove", "rm -f f"),
    way("remove a folder", "rmdir e"),
    way("remove a tree", "rm -rf d"),
    way("make a folder", "mkdir new"),
    way("make a folder with a mode", "mkdir -m 700 new"),
    way("link", "ln f new"),
    way("link into the scratch and write there", "ln f $S/f; echo x >$S/f"),
    way("symbolic link", "ln -s f new"),
    way("replace a symbolic link", "ln -sfn g l"),
    way("a symbolic link in the scratch that leads out", "ln -s $V/new $S/l; echo x >$S/l"),
    way("a way up from the scratch", "cd $S; echo x >../victim/new"),
    way("make a fifo", "mkfifo new"),
    way("make a character device", "mknod new c 1 3"),
    way("make a block device", "mknod new b 7 0"),
    way("a file without a name, then linked", "python3 -c 'import os; n = os.open(\".\", os.O_TMPFILE | os.O_RDWR, 0o600); os.link(f\"/proc/self/fd/{n}\", \"new\", src_dir_fd=n, follow_symlinks=True)'"),
    way("open again what was opened by path only", "python3 -c 'import os; n = os.open(\"f\", os.O_PATH); open(f\"/proc/self/fd/{n}\", \"w\").write(\"x\")'"),
    way("open again what was opened for reading", "exec 3<f; echo x >/proc/self/fd/3"),
    way("open by handle", "perl -I$W -MWay -e '$h = pack(\"Ii\", 128, 0) . \"\\0\" x 128; $m = pack(\"q\", 0); call(\"name_to_handle_at\", -100, \"f\", $h, $m, 0); open(D, \"<\", \".\"); $n = call(\"open_by_handle_at\", fileno(D), $h, 1); syswrite(socket_of($n), \"x\")'"),
    way("io_uring", "python3 $W/ring.py"),
    // Modes, owners, times, attributes.
    way("chmod", "chmod 600 f"),
    way("fchmod", "perl -e 'open(F, \"<f\"); chmod(0600, *F)'"),
    way("fchmodat2", "perl -I$W -MWay -e 'call(\"fchmodat2\", -100, \"f\", 0600, 0x100)'"),
    way("chmod through a descriptor's path", "exec 3<f; chmod 600 /proc/self/fd/3"),
    way("chown", "chown $(id -u) f"),
    way("chown of a link", "chown -h $(id -u) l"),
    way("chown of the folder", "perl -e 'chown($<, -1, \".\")'"),
    way("fchown", "perl -e 'open(F, \"<f\"); chown($<, -1, *F)'"),
    way("fchownat", "perl -I$W -MWay -e 'call(\"fchownat\", -100, \"f\", $<, -1, 0)'"),
    way("utimensat", "touch -d 2001-02-03 f"),
    way("utimensat to now", "touch f"),
    way("times of a link", "touch -h l"),
    way("utime", "perl -I$W -MWay -e 'call(\"utime\", \"f\", 0)'"),
    way("utimes", "perl -I$W -MWay -e 'call(\"utimes\", \"f\", 0)'"),
    way("futimesat", "perl -I$W -MWay -e 'call(\"futimesat\", -100, \"f\", 0)'"),
    way("setxattr", "perl -I$W -MWay -e 'call(\"setxattr\", \"f\", \"user.new\", \"x\", 1, 0)'"),
    way("lsetxattr", "perl -I$W -MWay -e 'call(\"lsetxattr\", \"f\", \"user.new\", \"x\", 1, 0)'"),
    way("fsetxattr", "perl -I$W -MWay -e 'open(F, \"<f\"); call(\"fsetxattr\", fileno(F), \"user.new\", \"x\", 1, 0)'"),
    way("removexattr", "perl -I$W -MWay -e 'call(\"removexattr\", \"x\", \"user.note\")'"),
    way("setxattrat", "perl -I$W -MWay -e '$v = \"x\"; $a = pack(\"pII\", $v, 1, 0); call(\"setxattrat\", -100, \"f\", 0, \"user.new\", $a, 16)'"),
    way("flags of a file", "perl -I$W -MWay -e 'open(F, \"<f\"); $v = pack(\"L\", 0x40); call(\"ioctl\", fileno(F), 0x40086602, $v)'"),
    way("file_setattr", "perl -I$W -MWay -e '$a = pack(\"QLLLL\", 0x80, 0, 0, 0, 0); call(\"file_setattr\", -100, \"f\", $a, 24, 0)'"),
    // Places.
    way("/tmp", "echo x >/tmp/$NAME").look("ls /tmp | grep $NAME").after("rm -f /tmp/$NAME"),
    way("/var/tmp", "echo x >/var/tmp/$NAME").look("ls /var/tmp"),
    way("/dev/shm", "echo x >/dev/shm/$NAME").look("ls /dev/shm"),
    way("the spool of cron", "echo '* * * * * root touch x' >/var/spool/cron/$NAME").look("ls /var/spool/cron"),
    way("a network setting in /proc/sys", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        .look("cat /proc/sys/net/ipv4/ip_forward")
        .after("echo 0 >/proc/sys/net/ipv4/ip_forward"),
    way("the name in /proc/sys", "echo $NAME >/proc/sys/kernel/hostname").look(HOSTNAME),
    way("a setting in /sys", "echo 1400 >/sys/class/net/lo/mtu")
        .look(LINKS)
        .after("ip link set lo mtu 65536"),
    way("the kernel's messages", "echo $NAME >/dev/kmsg").look("dmesg | grep -c $NAME"),
    way("a block device", "dd if=g of=$(cat $W/loop) conv=notrunc,fsync")
        .before("losetup -f --show $V/big >$W/loop")
        .look("head -c 5 $(cat $W/loop)")
        .after("losetup -d $(cat $W/loop)"),
    way("make a loop device", "losetup -f --show big")
        .look("losetup -a | grep -o $V/big")
        .after("losetup -j $V/big | cut -d: -f1 | xargs -r losetup -d"),
    // Mounts.
    way("mount", "mount -t tmpfs none e").after("umount $V/e"),
    way("bind mount", "mount --bind d e").after("umount $V/e"),
    way("unmount", "umount $W/mounted")
        .before("mkdir $W/mounted; mount -t tmpfs none $W/mounted")
        .after("umount $W/mounted"),
    way("remount", "mount -o remount,ro $W/mounted")
        .before("mkdir $W/mounted; mount -t tmpfs none $W/mounted")
        .after("umount $W/mounted"),
    way("mount by the new calls", "perl -I$W -MWay -e '$f = call(\"fsopen\", \"tmpfs\", 0); call(\"fsconfig\", $f, 6, 0, 0, 0); $m = call(\"fsmount\", $f, 0, 0); call(\"move_mount\", $m, \"\", -100, \"e\", 4)'")
        .after("umount $V/e"),
    way("bind mount by the new calls", "perl -I$W -MWay -e '$t = call(\"open_tree\", -100, \"d\", 1); call(\"move_mount\", $t, \"\", -100, \"e\", 4)'")
        .after("umount $V/e"),
    way("mount_setattr", "perl -I$W -MWay -e '$a = pack(\"QQQQ\", 1, 0, 0, 0); call(\"mount_setattr\", -100, \"$ENV{W}/mounted\", 0, $a, 32)'")
        .before("mkdir $W/mounted; mount -t tmpfs none $W/mounted")
        .after("umount $W/mounted"),
    way("another root", "chroot / /bin/sh -c \"echo x >$V/new\""),
    way("a user namespace", "unshare -r sh -c 'echo x >new; chmod 600 f'"),
    way("a user and a mount namespace", "unshare -rm sh -c 'mount -t tmpfs none e && chmod 600 f'"),
    way("entering a namespace", "nsenter -t $PID -u hostname $NAME").look(HOSTNAME),
    // Other processes.
    way("kill", "kill $PID"),
    way("stop", "kill -STOP $PID"),
    way("kill a group", "kill -- -$PID"),
    way("tkill", "perl -I$W -MWay -e 'call(\"tkill\", $ENV{PID} + 0, 15)'"),
    way("tgkill", "perl -I$W -MWay -e 'call(\"tgkill\", $ENV{PID} + 0, $ENV{PID} + 0, 15)'"),
    way("rt_sigqueueinfo", "perl -I$W -MWay -e '$i = pack(\"iii\", 15, 0, -1) . \"\\0\" x 116; call(\"rt_sigqueueinfo\", $ENV{PID} + 0, 15, $i)'"),
    way("rt_tgsigqueueinfo", "perl -I$W -MWay -e '$i = pack(\"iii\", 15, 0, -1) . \"\\0\" x 116; call(\"rt_tgsigqueueinfo\", $ENV{PID} + 0, $ENV{PID} + 0, 15, $i)'"),
    way("pidfd_send_signal", "perl -I$W -MWay -e '$p = call(\"pidfd_open\", $ENV{PID} + 0, 0); call(\"pidfd_send_signal\", $p, 15, 0, 0)'"),
    way("a signal by a file's owner", "perl -I$W -MWay -e 'pipe(R, W); call(\"fcntl\", fileno(R), 8, $ENV{PID} + 0); call(\"fcntl\", fileno(R), 10, 15); call(\"fcntl\", fileno(R), 4, 0x2000); syswrite(W, \"x\")'"),
    way("ptrace", "perl -I$W -MWay -e 'call(\"ptrace\", 16, $ENV{PID} + 0, 0, 0); waitpid($ENV{PID}, 0x40000000); select(undef, undef, undef, 0.05); call(\"ptrace\", 5, $ENV{PID} + 0, $ENV{ADDR} + 0, 0x42424242)'"),
    way("process_vm_writev", "perl -I$W -MWay -e '$b = \"BBBB\"; $l = pack(\"pJ\", $b, 4); $r = pack(\"JJ\", $ENV{ADDR}, 4); call(\"process_vm_writev\", $ENV{PID} + 0, $l, 1, $r, 1, 0)'"),
    way("a process's memory in /proc", "perl -e 'open(M, \"+<\", \"/proc/$ENV{PID}/mem\"); sysseek(M, $ENV{ADDR}, 0); syswrite(M, \"BBBB\")'"),
    way("a process's descriptor", "perl -I$W -MWay -e '$p = call(\"pidfd_open\", $ENV{PID} + 0, 0); $n = call(\"pidfd_getfd\", $p, 3, 0); syswrite(socket_of($n), \"x\")'"),
    way("a process's descriptor in /proc", "echo x >>/proc/$PID/fd/3"),
    way("a process's root in /proc", "echo x >/proc/$PID/root$V/new"),
    way("a process's folder in /proc", "echo x >/proc/$PID/cwd/new"),
    way("a process's standing with the OOM killer", "echo 500 >/proc/$PID/oom_score_adj"),
    way("what a process would dump", "echo 7 >/proc/$PID/coredump_filter"),
    way("limits of a process", "prlimit --pid $PID --nofile=33:33"),
    way("priority of a process", "renice -n 19 -p $PID"),
    // Never by user: the control would change every process of root on the machine.
    way("priority of a group", "renice -n 19 -g $PID"),
    way("scheduling of a process", "chrt -b -p 0 $PID"),
    way("processors of a process", "taskset -p 1 $PID"),
    way("input and output priority of a process", "ionice -c 3 -p $PID").look("ionice -p $PID"),
    way("a terminal", "echo x >$TTY"),
    way("typing into a terminal", "setsid perl -I$W -MWay -e 'open(T, \"<\", $ENV{TTY}); $c = \"x\"; call(\"ioctl\", fileno(T), 0x5412, $c)'"),
    way("a fifo that somebody reads", "echo x >p"),
    way("a server of terminals", "tmux -S $W/tmux run-shell 'touch $V/new'")
        .before("setpriv --reuid $ID --regid $ID --clear-groups tmux -S $W/tmux -f /dev/null new-session -d 'sleep 20'")
        .after("tmux -S $W/tmux kill-server"),
    // Sockets.
    way("a UNIX stream socket", "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ENV{SOCK})); syswrite(S, \"x\")'"),
    way("a UNIX datagram socket", "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, \"x\", 0, sockaddr_un($ENV{DGRAM}))'"),
    way("a UNIX datagram socket of a pair", "perl -MSocket -e 'socketpair(S, T, AF_UNIX, SOCK_DGRAM, 0); connect(S, sockaddr_un($ENV{DGRAM})); send(S, \"x\", 0)'"),
    way("a UNIX raw socket of a pair", "perl -MSocket -e 'socketpair(S, T, AF_UNIX, SOCK_RAW, 0); connect(S, sockaddr_un($ENV{DGRAM})); send(S, \"x\", 0)'"),
    way("an abstract UNIX socket", "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack(\"Sxa*\", AF_UNIX, $ENV{ABSTRACT}))'"),
    way("a TCP port", "exec 3<>/dev/tcp/127.0.0.1/$TCP; echo x >&3"),
    way("a TCP port by IPv6", "exec 3<>/dev/tcp/::1/$TCP6; echo x >&3"),
    way("a TCP port by a fast open", "perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0); send(S, \"x\", 0x20000000, sockaddr_in($ENV{TCP}, inet_aton(\"127.0.0.1\")))'"),
    way("a TCP port by multipath TCP", "perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 262); connect(S, sockaddr_in($ENV{TCP}, inet_aton(\"127.0.0.1\"))); syswrite(S, \"x\")'"),
    way("serving TCP", "perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in($ENV{SERVE}, INADDR_ANY)); listen(S, 1) or exit; fork and exit; close STDOUT; close STDERR; select(undef, undef, undef, 0.3)'")
        .look(LISTENERS)
        .after("sleep 0.4"),
    way("serving TCP without a bind", "perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0); listen(S, 1) or exit; fork and exit; close STDOUT; close STDERR; select(undef, undef, undef, 0.3)'")
        .look(LISTENERS)
        .after("sleep 0.4"),
    way("an interface's size", "ip link set lo mtu 1300").look(LINKS).after("ip link set lo mtu 65536"),
    way("an interface's address", "ip address add 127.0.0.9/8 dev lo")
        .look(LINKS)
        .after("ip address del 127.0.0.9/8 dev lo"),
    way("a route", "ip route add blackhole 192.0.2.0/24")
        .look(LINKS)
        .after("ip route del blackhole 192.0.2.0/24"),
    // The machine and what it keeps.
    way("the machine's name", "hostname $NAME").look(HOSTNAME),
    way("the machine's domain", "perl -I$W -MWay -e 'call(\"setdomainname\", $ENV{NAME}, length $ENV{NAME})'").look(HOSTNAME),
    // The error that the clock is thought to have: harmless, and nobody else sets it here.
    way("the clock", "perl -I$W -MWay -e '$t = pack(\"Lx4qqqq\", 8, 0, 0, 0, 4321) . \"\\0\" x 200; call(\"adjtimex\", $t)'")
        .look("perl -I$W -MWay -e '$t = \"\\0\" x 232; call(\"adjtimex\", $t); print join \" \", (unpack(\"Lx4qqqq\", $t))[4]'")
        .after("perl -I$W -MWay -e '$t = pack(\"Lx4qqqq\", 8, 0, 0, 0, 16) . \"\\0\" x 200; call(\"adjtimex\", $t)'"),
    way("accounting", "perl -I$W -MWay -e 'call(\"acct\", \"$ENV{V}/big\")'; true")
        .after("perl -I$W -MWay -e 'call(\"acct\", 0)'"),
    way("swap", "swapon $V/big")
        .before("truncate -s 0 $V/big; dd if=/dev/zero of=$V/big bs=64k count=16; chmod 600 $V/big; mkswap $V/big")
        .look("cat /proc/swaps")
        .after("swapoff $V/big"),
    way("shared memory", "ipcmk -M 64").look(SYSTEM_V),
    way("a message queue", "ipcmk -Q").look(SYSTEM_V),
    way("semaphores", "ipcmk -S 1").look(SYSTEM_V),
    way("removing a message queue", "ipcrm -q $(cat $W/queue)")
        .before("setpriv --reuid $ID --regid $ID --clear-groups ipcmk -Q | grep -o '[0-9]*$' >$W/queue")
        .look(SYSTEM_V),
    way("a POSIX message queue", "perl -I$W -MWay -e 'call(\"mq_open\", $ENV{NAME}, 0102, 0600, 0)'")
        .look("ls /dev/mqueue"),
    way("a key", "perl -I$W -MWay -e '$k = call(\"add_key\", \"user\", $ENV{NAME}, \"x\", 1, -4); call(\"keyctl\", 15, $k, 2)'")
        .look("grep -c $NAME /proc/keys"),
    way("a program that is setuid", "$W/touch $W/of-root/new")
        .before("cp $(which touch) $W/touch; chmod 4755 $W/touch; mkdir $W/of-root")
        .look("ls $W/of-root"),
];
