//! A loopback server whose answers a test decides. It keeps a journal and notes how many requests
//! it had at once.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::support::http::Request;

/// What comes back for a request.
pub struct Answer {
    status: u16,
    text: String,
    headers: String,
    after: Duration,
    ends: Ends,
}

enum Ends {
    WithAnswer,
    WithoutAnswer,
    Never,
}

impl Answer {
    /// 200, with this body.
    pub fn text(text: impl Into<String>) -> Self {
        Self::status(200, text)
    }

    /// A status, with this body.
    pub fn status(status: u16, text: impl Into<String>) -> Self {
        let (text, headers) = (text.into(), String::new());
        Self { status, text, headers, after: Duration::ZERO, ends: Ends::WithAnswer }
    }

    /// What is asked for is elsewhere.
    pub fn moved(to: &str) -> Self {
        Self { headers: format!("Location: {to}\r\n"), ..Self::status(302, "") }
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        Self { headers: format!("{}{name}: {value}\r\n", self.headers), ..self }
    }

    /// The same, late.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    /// The connection is closed.
    pub fn hang_up() -> Self {
        Self { ends: Ends::WithoutAnswer, ..Self::text("") }
    }

    /// The connection stays open, and nothing comes.
    pub fn never() -> Self {
        Self { ends: Ends::Never, ..Self::text("") }
    }
}

/// The running server. It ends when it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    host: String,
}

struct Shared {
    answer: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
    journal: Mutex<Journal>,
    over: AtomicBool,
}

#[derive(Default)]
struct Journal {
    requests: Vec<Request>,
    now: usize,
    most: usize,
}

impl Server {
    /// Starts it on a port of its own.
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let host = listener.local_addr().expect("its address").to_string();
        let (journal, over) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { answer: Box::new(answer), journal, over });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&accepting, &listener));
        Self { shared, host }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Every request so far, as `METHOD /path`, in the order of arrival.
    pub fn journal(&self) -> Vec<String> {
        let journal = self.shared.journal();
        journal.requests.iter().map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.journal().requests.clone()
    }

    /// The most requests that were there at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.journal().most
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // The accepting thread looks at `over` after its next connection.
        drop(TcpStream::connect(&self.host));
    }
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn begin(&self, request: &Request) {
        let mut journal = self.journal();
        journal.requests.push(request.clone());
        journal.now += 1;
        journal.most = journal.most.max(journal.now);
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming().map_while(Result::ok) {
        if shared.is_over() {
            return;
        }
        let shared = Arc::clone(shared);
        // A client that goes away is none of the server's troubles.
        thread::spawn(move || drop(serve(&shared, &stream)));
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> io::Result<()> {
    let Some(request) = Request::read(&mut BufReader::new(stream))? else {
        return Ok(());
    };
    shared.begin(&request);
    let sent = answer(shared, stream, &request);
    shared.journal().now -= 1;
    sent
}

fn answer(shared: &Shared, mut stream: &TcpStream, request: &Request) -> io::Result<()> {
    let Answer { status, text, headers, after, ends } = (shared.answer)(request);
    thread::sleep(after);
    match ends {
        Ends::WithoutAnswer => return Ok(()),
        Ends::Never => {
            while !shared.is_over() {
                thread::sleep(Duration::from_millis(20));
            }
            return Ok(());
        }
        Ends::WithAnswer => {}
    }
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    )?;
    stream.flush()
}
