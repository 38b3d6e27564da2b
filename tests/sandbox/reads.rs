//! What must work inside, as data.
//!
//! Each is a script that bash runs in the victim folder, and what it says on standard output. The
//! variables are those of the ways; `PORT` is a port that the rules allow and that answers over
//! HTTP.

/// One read: what it is, the script, its output.
pub struct Read {
    pub name: &'static str,
    pub script: &'static str,
    pub output: &'static str,
    /// A program without which it is left out.
    pub needs: &'static str,
}

const fn read(name: &'static str, script: &'static str, output: &'static str) -> Read {
    Read { name, script, output, needs: "bash" }
}

impl Read {
    const fn needs(self, needs: &'static str) -> Self {
        Self { needs, ..self }
    }
}

/// All of them.
pub const READS: &[Read] = &[
    read("cat", "cat f", "old\n"),
    read("a listing", "ls d", "inner\n"),
    read("a here document", "cat <<END\nhere\nEND", "here\n"),
    read("a here string", "cat <<<here", "here\n"),
    read("a here document over the size of a pipe", "wc -c <<END\n$(head -c 300000 /dev/zero | tr '\\0' a)\nEND", "300001\n"),
    read("a here document of a megabyte", "x=$(head -c 1000000 /dev/zero | tr '\\0' a); cat <<<$x | wc -c", "1000001\n"),
    read("process substitution", "cat <(echo one) <(echo two)", "one\ntwo\n"),
    read("process substitution for output", "echo one > >(cat); wait $!", "one\n"),
    read("a pipe", "seq 5 | grep 3 | tr 3 x", "x\n"),
    read("nowhere", "echo x >/dev/null; cat f 2>/dev/null", "old\n"),
    read("nothing", "head -c 2 /dev/zero | wc -c; echo x >/dev/zero", "2\n"),
    read("error into output", "ls nosuch 2>&1 | grep -c nosuch", "1\n"),
    read("error by name", "{ echo x >/dev/stderr; } 2>&1 | cat", "x\n"),
    read("tee to the error by name", "{ echo x | tee /dev/stderr; } 2>&1 | cat", "x\nx\n"),
    read("a descriptor by name", "echo x >/dev/fd/1 | cat", "x\n"),
    read("sort with temporary files", "seq 20000 | sort -S 32k -rn | head -1", "20000\n"),
    read("a temporary file", "t=$(mktemp) && echo x >$t && cat $t && rm $t && ls $TMPDIR", "x\n"),
    read("a file at home", "mkdir -p ~/.config/tool && echo x >~/.config/tool/f && cat ~/.config/tool/f", "x\n"),
    read("renaming in the scratch", "cd $S && echo x >a && mv a b && mkdir c && mv b c/ && cat c/b", "x\n"),
    read("a lock in the scratch", "flock $S/lock echo x", "x\n"),
    read("a fifo in the scratch", "mkfifo $S/p && { echo x >$S/p & cat $S/p; }", "x\n"),
    read("a subshell", "(cd d; cat inner)", "in\n"),
    read("background and wait", "sleep 0.01 & wait $!; echo $?", "0\n"),
    read("job control", "set -m; sleep 9 & kill %1; wait %1; echo $?", "143\n"),
    read("a signal to a child", "sleep 9 & kill -STOP $!; kill -CONT $!; kill -KILL $!; wait $!; echo $?", "137\n"),
    read("a trap", "trap 'echo bye' EXIT", "bye\n"),
    read("timeout", "timeout 0.05 sleep 9; echo $?", "124\n"),
    read("xargs", "echo f g | xargs cat", "old\nother\n"),
    read("xargs in parallel", "seq 4 | xargs -P 4 -n 1 echo | sort", "1\n2\n3\n4\n"),
    read("find", "find . -name inner", "./d/inner\n"),
    read("ps", "ps -o comm= -p $$; true", "bash\n"),
    read("date", "date -u -d @0 +%Y", "1970\n"),
    read("limits", "ulimit -c; ulimit -n 64; ulimit -n", "0\n64\n"),
    read("nice", "nice -n 1 echo x", "x\n"),
    read("who", "id -u", "ID\n"),
    read("names of this machine", "getent hosts localhost | grep -c localhost", "1\n"),
    read("addresses of this machine", "ip -o address show lo | grep -c 127.0.0.1", "1\n").needs("ip"),
    read("python", "python3 -c 'import subprocess; print(subprocess.check_output([\"echo\", \"x\"]).decode(), end=\"\")'", "x\n").needs("python3"),
    read("threads", "python3 -c 'import threading as t; a = t.Thread(target=lambda: print(1)); a.start(); a.join()'", "1\n").needs("python3"),
    read("names by python", "python3 -c 'import socket; print(socket.getaddrinfo(\"localhost\", 80, socket.AF_INET)[0][4][0])'", "127.0.0.1\n").needs("python3"),
    read("memory by descriptor", "python3 -c 'import os; n = os.memfd_create(\"x\"); print(os.write(n, b\"x\"))'", "1\n").needs("python3"),
    read("a pair of sockets", "python3 -c 'import socket; a, b = socket.socketpair(); a.send(b\"x\"); print(b.recv(1))'", "b'x'\n").needs("python3"),
    read("watching files", "python3 -c 'import ctypes; print(ctypes.CDLL(None).inotify_init() > 0)'", "True\n").needs("python3"),
    read("node", "node -e 'console.log(1)'", "1\n").needs("node"),
    read("perl", "perl -e 'print 1'", "1").needs("perl"),
    read("curl", "curl -s http://127.0.0.1:$PORT/", "served\n").needs("curl"),
    read("a connection by bash", "exec 3<>/dev/tcp/127.0.0.1/$PORT; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -1 <&3", "served\n"),
    read("git log", "git -C $W/repository log --format=%s", "first\n").needs("git"),
    read("git diff", "git -C $W/repository diff --stat", "").needs("git"),
    read("tar to a pipe", "tar cf - d | tar tf - | tail -1", "d/inner\n"),
    read("a program that is setuid gains nothing", "$W/id -u", "ID\n"),
    read("no capability is left but that to read", "grep -cE '^Cap(Prm|Eff|Inh|Amb):\t0+4?$' /proc/self/status", "4\n"),
];
