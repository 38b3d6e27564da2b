//! As much of HTTP/1.1 as the tools speak: one request, one reply, then the connection closes.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde_json::Value;

use super::heroku::Session;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The query's pairs, decoded.
    pub query: BTreeMap<String, String>,
    /// By lowercase name.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    /// Reads one request; `None` when the client went away before it sent one.
    pub fn read(input: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(first) = line(input)? else {
            return Ok(None);
        };
        let mut words = first.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = of_proxy(words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = read_headers(input)?;
        let length = headers
            .get("content-length")
            .map_or(Ok(0), |length| length.parse())
            .map_err(io::Error::other)?;
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        Ok(Some(Self {
            method,
            path: decode(path),
            query: query.split('&').filter_map(pair).collect(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }))
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What follows the scheme in the `Authorization` header, or nothing.
    pub fn credential(&self) -> &str {
        self.headers
            .get("authorization")
            .and_then(|header| header.split_once(' '))
            .map_or("", |(_, credential)| credential)
    }
}

/// What a proxy is asked for names the host first (RFC 9112, 3.2.2).
fn of_proxy(target: &str) -> &str {
    let rest = target.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.unwrap_or(target)
}

fn line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = input.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

fn read_headers(input: &mut impl BufRead) -> io::Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    while let Some(line) = line(input)?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    Ok(headers)
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((decode(name), decode(&value.replace('+', " "))))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status and a JSON body.
    Json(u16, Value),
    /// A status alone.
    Empty(u16),
    /// An app's log, as a stream of server-sent events.
    Log(Session),
}

impl Reply {
    pub fn status(&self) -> u16 {
        match self {
            Self::Json(status, _) | Self::Empty(status) => *status,
            Self::Log(_) => 200,
        }
    }
}

/// Writes a whole reply with its body.
pub fn write(output: &mut impl Write, status: u16, body: Option<&Value>) -> io::Result<()> {
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        output,
        "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        reason(status),
        body.len()
    )?;
    output.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}
