//! Versions: `v14.0.0 or higher`, `24.x`, `Docker version 20.10+`.
//!
//! Comes in: the author's version with the words before it, and a command's output. Goes out:
//! whether the version that the output names is one of those. Versions compare part by part, so
//! that 20.10 is later than 20.9.

use std::sync::LazyLock;

use regex::Regex;

use super::words::{before, is};
use super::{Finding, Verdict};

/// A version and how it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// The words before it, which must stand before it in the output as well.
    product: String,
    parts: Vec<u64>,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    OrLater,
    /// `24.x`: the given parts are the same.
    Within,
}

const OR_LATER: &str = "or higher|or later|or newer|or above|and above|and up|or greater";

impl Version {
    /// Needs an "or higher", a `+` or an `x`: a plain version is literal text.
    pub(super) fn parse(text: &str) -> Option<Version> {
        static FORM: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^((?:[A-Za-z]+ ){0,3}?)((?:>=|≥) ?)?([A-Za-z]*?)([0-9]+(?:\.[0-9]+){0,3})((?:\.[xX*])*)(\+)?$")
                .expect("a valid pattern")
        });
        const NO_PRODUCT: &str = "at least|the|about|around|only|count|exactly";
        let later = before(text, OR_LATER);
        let found = FORM.captures(later.unwrap_or(text).trim())?;
        let (prefix, digits) = (&found[3], &found[4]);
        let compared = found.get(2).is_some() && digits.matches('.').count() > 1;
        let is_later = later.is_some() || compared || found.get(6).is_some();
        let wild = !found[5].is_empty();
        let product = format!("{}{}", &found[1], if prefix == "v" { "" } else { prefix });
        let product = product.trim();
        let product = if is(product, "version") { "" } else { product };
        let versioned = digits.contains('.') || wild || prefix == "v" || !product.is_empty();
        let clear = versioned && (is_later || wild) && !is(product, NO_PRODUCT);
        let clear = clear && (found.get(2).is_none() || compared);
        let order = if is_later { Order::OrLater } else { Order::Within };
        clear.then(|| Version { product: product.to_lowercase(), parts: parts(digits), order })
    }

    pub(super) fn describe(&self) -> String {
        let number: Vec<String> = self.parts.iter().map(ToString::to_string).collect();
        let order = match self.order {
            Order::OrLater => " or later",
            Order::Within => ".x",
        };
        let product = match self.product.as_str() {
            "" => "the version".to_owned(),
            product => format!("the version of `{product}`"),
        };
        format!("{product} is {}{order}", number.join("."))
    }

    /// What the whole output says.
    pub(super) fn judge(&self, output: &str) -> Finding {
        static NUMBER: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"[0-9]+(?:\.[0-9]+)+").expect("a valid pattern"));
        let all: Vec<_> =
            NUMBER.find_iter(output).filter(|m| starts_version(output, m.start())).collect();
        if all.is_empty() {
            return Finding::new(Verdict::NotMet, "the output names no version");
        }
        let named: Vec<_> = all.iter().filter(|m| self.is_named(output, m.start())).collect();
        let Some(first) = named.first() else {
            return Finding::new(
                Verdict::Unverified,
                format!("no version of `{}` is named", self.product),
            );
        };
        let fitting = named.iter().filter(|m| self.fits(&parts(m.as_str()))).count();
        let verdict = match fitting {
            0 => Verdict::NotMet,
            all if all == named.len()
                || !self.product.is_empty() && self.fits(&parts(first.as_str())) =>
            {
                Verdict::Met
            }
            _ => Verdict::Unverified,
        };
        Finding::new(verdict, format!("the output says {}", first.as_str()))
    }

    fn is_named(&self, output: &str, at: usize) -> bool {
        let line = output[..at].rsplit('\n').next().unwrap_or_default().to_lowercase();
        line.contains(&self.product)
    }

    fn fits(&self, found: &[u64]) -> bool {
        let at = |parts: &[u64], index: usize| parts.get(index).copied().unwrap_or(0);
        match self.order {
            Order::Within => {
                found.len() >= self.parts.len() && found[..self.parts.len()] == self.parts[..]
            }
            Order::OrLater => {
                let length = found.len().max(self.parts.len());
                let one: Vec<u64> = (0..length).map(|index| at(found, index)).collect();
                let other: Vec<u64> = (0..length).map(|index| at(&self.parts, index)).collect();
                one >= other
            }
        }
    }
}

/// A `v` or the tool's own name may be glued to it (`go1.20`), a number or a dot may not.
fn starts_version(output: &str, at: usize) -> bool {
    !output[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.' || c == '_')
}

fn parts(digits: &str) -> Vec<u64> {
    digits.split('.').map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::Version;
    use crate::expect::Verdict::{self, Met, NotMet, Unverified};

    #[test]
    fn versions_compare_part_by_part() {
        let case = |text: &str, output: &str, expected: Verdict| {
            let version = Version::parse(text).unwrap_or_else(|| panic!("{text} is a version"));
            assert_eq!(version.judge(output).verdict, expected, "{text} on {output}");
        };
        case("v14.0.0 or higher", "v18.2.1", Met);
        case("v14.0.0 or higher", "v9.9.9", NotMet);
        case("20.10+", "20.9", NotMet);
        case("Docker version 20.10+", "Docker version 24.0.7, build afdd53b", Met);
        case("Docker version 24.x.x or higher", "Docker version 23.0.1, build 1", NotMet);
        case("Docker version 24 or higher", "podman version 25.0.1", Unverified);
        case("24.x", "24.1.0", Met);
        case("24.x", "25.0.0", NotMet);
        case("go1.20 or later", "go version go1.21.3 linux/amd64", Met);
        case("6.0.0 or higher", "command not found", NotMet);
        case("2.0.0 or higher", "client 1.9.0, server 2.1.0", Unverified);
    }

    #[test]
    fn plain_numbers_are_no_versions() {
        for text in [
            "24",
            "20.10",
            "10 or more",
            "at least 3",
            "gga v2.7.0",
            "x",
            "> 0.0",
            "count > 0",
            "a.b > 0",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
