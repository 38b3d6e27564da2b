//! The values of `openssl`'s options.
//!
//! Comes in: parsed arguments. Goes out: objections. Where a file is expected openssl takes an
//! address, too, whose scheme may load a module (`org.openssl.engine:`, `pkcs11:`).

use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::unknown;

/// Options whose value holds a colon of its own.
const COLONS: &str = "-connect -host -proxy -passin -pass -servername -checkip -checkhost -cipher \
    -ciphersuites -groups -curves -sigalgs -alpn -nameopt -certopt -dateopt -name -xmpphost";

/// What `openssl` objects to.
pub(super) fn openssl(parsed: &Parsed) -> Vec<Objection> {
    let files = parsed.values.iter().filter(|(option, _)| !lists(COLONS, option));
    let files = files.map(|(_, value)| value).chain(&parsed.operands);
    let addresses = files.filter(|file| {
        let scheme = file.known.split('/').next().unwrap_or("");
        scheme.contains(':') && !scheme.split(':').skip(1).all(is_port)
    });
    let text = "gets an address where a file is expected";
    addresses.map(|file| unknown(text, file.span)).collect()
}

/// What may follow the colon of `HOST:PORT`.
fn is_port(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}
