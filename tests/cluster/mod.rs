//! Two clusters on the loopback device, each with a journal of what was asked of it, and a `kubectl`
//! that goes where a kubeconfig sends it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// As much of kubectl as these tests need: `config view`, `config use-context`, a read, a write.
/// The kubeconfig is that of `Clusters::use_context`.
pub const KUBECTL: &str = r#"#!/bin/bash
config=$KUBECONFIG
current=$(sed -n 's/^current-context: //p' "$config")
server=$(sed -n "s/^# $current: //p" "$config")
request() {
  exec 3<>"/dev/tcp/127.0.0.1/${server##*:}"
  printf '%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
  grep -q '200 OK' <&3
}
case "$1 $2" in
  'config view') printf '%s\n%s\n\n' "$current" "$server" ;;
  'config use-context') sed -i "s/^current-context: .*/current-context: $3/" "$config" ;;
  'get pods') request GET /pods ;;
  'scale deployment') request POST /scale ;;
  'version --client') echo 'Client Version: v1.32.4' ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
"#;

/// One cluster.
pub struct Cluster {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Both.
pub struct Clusters {
    pub staging: Cluster,
    pub production: Cluster,
}

impl Cluster {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let journal = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &journal);
            }
        });
        Self { address, requests }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked of it: method and path.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

/// Reads a whole request, so that its sender is not cut off, and answers it.
fn answer(mut stream: TcpStream, journal: &Mutex<Vec<String>>) {
    let reader = BufReader::new(stream.try_clone().expect("a stream"));
    let head = reader.lines().map_while(Result::ok).take_while(|line| !line.trim().is_empty());
    if let Some(line) = head.collect::<Vec<_>>().first() {
        let request: Vec<_> = line.split_whitespace().take(2).collect();
        journal.lock().expect("not poisoned").push(request.join(" "));
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

impl Clusters {
    pub fn start() -> Self {
        Self { staging: Cluster::start(), production: Cluster::start() }
    }

    /// Writes a kubeconfig with both, of which one is current.
    pub fn use_context(&self, config: &Path, name: &str) {
        let (staging, production) = (self.staging.address(), self.production.address());
        let cluster = |name: &str, server: &str| {
            format!("- {{name: {name}, cluster: {{server: \"{server}\"}}}}\n")
        };
        let context =
            |name: &str| format!("- {{name: {name}, context: {{cluster: {name}, user: u}}}}\n");
        let text = format!(
            "# staging: {staging}\n# production: {production}\napiVersion: v1\nkind: Config\n\
             current-context: {name}\nclusters:\n{}{}contexts:\n{}{}users:\n- {{name: u, user: {{}}}}\n",
            cluster("staging", &staging),
            cluster("production", &production),
            context("staging"),
            context("production"),
        );
        fs::write(config, text).expect("a kubeconfig");
    }
}
