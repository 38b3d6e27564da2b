//! The attacker's end: every port that somebody could be lured to on an address of the loopback
//! network, 127.0.0.2 or the next that is free, and a name server. Whatever arrives is kept, a bare
//! connection included.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Ports where tools go by themselves.
const USUAL: &[u16] = &[22, 80, 443, 2375, 3306, 5432, 6379, 8200];
/// Where names are asked for; only the superuser may have the first.
const NAMES: u16 = 53;
const OTHER_NAMES: u16 = 5300;

/// Listens until it is dropped.
pub struct Attacker {
    address: Ipv4Addr,
    seen: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Attacker {
    /// Listens on the same port as somebody who is trusted, and on the usual ones.
    pub fn beside(port: u16) -> Self {
        let addresses = (2..=250).map(|last| Ipv4Addr::new(127, 0, 0, last));
        let mut free =
            addresses.filter_map(|one| Some((one, UdpSocket::bind((one, OTHER_NAMES)).ok()?)));
        let (address, names) = free.next().expect("a free address");
        let (seen, over) = (Arc::default(), Arc::default());
        let mut attacker = Self { address, seen, over, threads: Vec::new() };
        attacker.answer(names);
        attacker.accept(TcpListener::bind((address, port)).expect("the same port elsewhere"));
        for port in USUAL {
            if let Ok(listener) = TcpListener::bind((address, *port)) {
                attacker.accept(listener);
            }
        }
        if let Ok(socket) = UdpSocket::bind((address, NAMES)) {
            attacker.answer(socket);
        }
        attacker
    }

    /// Where it listens.
    pub const fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// What arrived since the last time. What was on its way is waited for.
    pub fn take(&self) -> Vec<String> {
        thread::sleep(Duration::from_millis(60));
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether anything arrives, now or soon; what did is forgotten.
    pub fn hears(&self) -> bool {
        let deadline = Instant::now() + Duration::from_millis(100);
        loop {
            let heard =
                std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
            if !heard.is_empty() || Instant::now() > deadline {
                return !heard.is_empty();
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn accept(&mut self, listener: TcpListener) {
        let (seen, over) = (Arc::clone(&self.seen), Arc::clone(&self.over));
        listener.set_nonblocking(true).expect("a setting");
        self.threads.push(thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((stream, _)) => note(&seen, "tcp", &said(stream)),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        }));
    }

    fn answer(&mut self, socket: UdpSocket) {
        let (seen, over) = (Arc::clone(&self.seen), Arc::clone(&self.over));
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a setting");
        self.threads.push(thread::spawn(move || {
            let mut packet = [0; 2048];
            while !over.load(Ordering::SeqCst) {
                let Ok((count, from)) = socket.recv_from(&mut packet) else { continue };
                note(&seen, "udp", &packet[..count]);
                if count > 3 {
                    // An answer with "no such name" (RFC 1035, 4.1.1), so that nobody waits.
                    packet[2] |= 0x80;
                    packet[3] = 0x83;
                    let _ = socket.send_to(&packet[..count], from);
                }
            }
        }));
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn note(seen: &Mutex<Vec<String>>, how: &str, bytes: &[u8]) {
    let text = format!("{how} {}", String::from_utf8_lossy(bytes));
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

/// What a client says first; it gets an empty page.
fn said(mut stream: TcpStream) -> Vec<u8> {
    let mut first = [0; 4096];
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
    let count = stream.read(&mut first).unwrap_or(0);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    first[..count].to_vec()
}
