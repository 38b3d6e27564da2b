//! The listeners, the state behind them, the journal of requests, and faults.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::heroku::Session;
use super::http::{self, Reply, Request};
use super::{Github, Heroku, Vault, application};

/// How often an app's log gets a line of the router; each shows whether the reader is still there.
const ROUTER_PERIOD: Duration = Duration::from_millis(500);

/// Everything that the services know.
#[derive(Debug)]
pub struct State {
    pub vault: Vault,
    pub heroku: Heroku,
    pub github: Github,
    /// The app that answers at `/health/dependencies`.
    pub healthy_app: String,
    journal: Vec<(Request, u16)>,
    faults: Vec<(Fault, usize)>,
    over: bool,
}

/// What goes wrong with requests whose path starts so.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers this status instead, once so many requests went well.
    Status { path: &'static str, after: usize, status: u16 },
    /// Answers late.
    Slow { path: &'static str, delay: Duration },
    /// Closes the connection without an answer.
    Close { path: &'static str },
}

impl Fault {
    fn path(&self) -> &'static str {
        match self {
            Self::Status { path, .. } | Self::Slow { path, .. } | Self::Close { path } => path,
        }
    }
}

/// The running server. It ends when it is dropped.
pub struct Services {
    shared: Arc<Shared>,
    address: String,
    folder: TempDir,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Services {
    /// Starts the services in the state that the rotation's runbook expects.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let folder = tempfile::tempdir().expect("a folder for the socket");
        let socket = UnixListener::bind(socket_in(folder.path())).expect("a Unix socket");
        let shared =
            Arc::new(Shared { state: Mutex::new(State::new(&address)), changed: Condvar::new() });
        let tcp = Arc::clone(&shared);
        thread::spawn(move || accept(&tcp, || listener.accept().map(|(stream, _)| stream)));
        let unix = Arc::clone(&shared);
        thread::spawn(move || accept(&unix, || socket.accept().map(|(stream, _)| stream)));
        Self { shared, address, folder }
    }

    /// `http://127.0.0.1:PORT`, of the vault, of Heroku and of the application.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The socket that `gh` is to use.
    pub fn socket(&self) -> PathBuf {
        socket_in(self.folder.path())
    }

    /// The state, to arrange or to inspect. Followed logs go on when it is released.
    pub fn state(&self) -> StateGuard<'_> {
        StateGuard { guard: self.shared.lock(), changed: &self.shared.changed }
    }

    /// Switches a fault on; the first that fits a request counts.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.push((fault, 0));
    }

    /// Switches all faults off.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Every request so far, as `METHOD /path STATUS`.
    pub fn journal(&self) -> Vec<String> {
        self.shared
            .lock()
            .journal
            .iter()
            .map(|(request, status)| format!("{} {} {status}", request.method, request.path))
            .collect()
    }

    /// The requests of the journal whose path starts so.
    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.shared
            .lock()
            .journal
            .iter()
            .filter(|(request, _)| request.path.starts_with(path))
            .map(|(request, _)| request.clone())
            .collect()
    }
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("gh.sock")
}

impl Drop for Services {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
        // Each accepting thread looks at `over` after its next connection.
        drop(TcpStream::connect(self.address.trim_start_matches("http://")));
        drop(UnixStream::connect(self.socket()));
    }
}

/// The state, locked.
pub struct StateGuard<'a> {
    guard: MutexGuard<'a, State>,
    changed: &'a Condvar,
}

impl std::ops::Deref for StateGuard<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.guard
    }
}

impl std::ops::DerefMut for StateGuard<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.guard
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        self.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept<S>(shared: &Arc<Shared>, mut next: impl FnMut() -> io::Result<S>)
where
    S: Read + Write + Send + 'static,
{
    while let Ok(stream) = next() {
        if shared.lock().over {
            return;
        }
        let shared = Arc::clone(shared);
        // A client that goes away in the middle is no matter of ours.
        thread::spawn(move || serve(&shared, stream).ok());
    }
}

fn serve(shared: &Shared, stream: impl Read + Write) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(request) = Request::read(&mut stream)? else {
        return Ok(());
    };
    let output = stream.get_mut();
    let fault = shared.lock().fault_for(&request);
    match fault {
        Some(Fault::Close { .. }) => {
            shared.lock().journal.push((request, 0));
            return Ok(());
        }
        Some(Fault::Slow { delay, .. }) => thread::sleep(delay),
        Some(Fault::Status { status, .. }) => {
            shared.lock().journal.push((request, status));
            return http::write(output, status, Some(&json!({"message": "a fault of the test"})));
        }
        None => {}
    }
    let reply = shared.lock().answer(request);
    shared.changed.notify_all();
    match reply {
        Reply::Json(status, body) => http::write(output, status, Some(&body)),
        Reply::Empty(status) => http::write(output, status, None),
        Reply::Log(session) => shared.stream(output, &session),
    }
}

impl State {
    fn new(address: &str) -> Self {
        Self {
            vault: Vault::new(),
            heroku: Heroku::new(address),
            github: Github::new(),
            healthy_app: "raxx-api-prod".to_owned(),
            journal: Vec::new(),
            faults: Vec::new(),
            over: false,
        }
    }

    fn fault_for(&mut self, request: &Request) -> Option<Fault> {
        let (fault, seen) =
            self.faults.iter_mut().find(|(fault, _)| request.path.starts_with(fault.path()))?;
        *seen += 1;
        match fault {
            Fault::Status { after, .. } if *seen <= *after => None,
            fault => Some(fault.clone()),
        }
    }

    fn answer(&mut self, request: Request) -> Reply {
        let reply = match request.path.split('/').nth(1).unwrap_or_default() {
            "api" => self.vault.answer(&request),
            "apps" | "account" | "logplex" => self.heroku.answer(&request, &self.vault),
            "repos" | "user" => self.github.answer(&request),
            "health" => application::answer(&request, self),
            _ => Reply::Json(404, json!({"message": "Not Found"})),
        };
        self.journal.push((request, reply.status()));
        reply
    }
}

impl Shared {
    /// Sends an app's log as server-sent events: the last lines, then what comes.
    fn stream(&self, output: &mut impl Write, session: &Session) -> io::Result<()> {
        let app = session.app.as_str();
        output.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
        )?;
        let mut sent = self.lock().heroku.due(app).len().saturating_sub(session.lines);
        let mut router = Instant::now() + ROUTER_PERIOD;
        loop {
            let due = self.lock().heroku.due(app);
            for (id, line) in due.iter().enumerate().skip(sent) {
                write!(output, "id: {id}\ndata: {line}\n\n")?;
            }
            output.flush()?;
            sent = due.len();
            if !session.tail || self.lock().over {
                return Ok(());
            }
            if Instant::now() >= router {
                self.lock().heroku.log(
                    app,
                    "heroku[router]",
                    "at=info method=GET path=\"/health\" status=200",
                );
                router = Instant::now() + ROUTER_PERIOD;
            }
            // A line may become due without a change, so the wait is short.
            drop(self.changed.wait_timeout(self.lock(), Duration::from_millis(50)));
        }
    }
}
