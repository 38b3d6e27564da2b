//! A date as authors write it in a header.
//!
//! Comes in: a value such as `2026-04-24 UTC`, `24 April 2026`, `Apr 24th, 2026` or `2026-04`. Goes
//! out: the day; the first one of a month without a day. Figures alone, such as `04/05/2026`, mean
//! different days to different readers, and are none.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\W*(?:on\s+|(?:mon|tues?|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?,?\s+)?(?:",
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?(?:\D|$)",
        r"|(?P<d2>\d{1,2})(?:st|nd|rd|th)?[ -](?:of )?(?P<n2>[a-z]{3,9})\.?,?[ -](?P<y2>\d{4})\b",
        r"|(?P<n3>[a-z]{3,9})\.? (?:(?P<d3>\d{1,2})(?:st|nd|rd|th)?,? )?(?P<y3>\d{4})\b)"
    ))
    .expect("a valid pattern")
});

/// The day that a value begins with.
pub(super) fn read(value: &str) -> Option<Date> {
    let found = FORM.captures(value)?;
    let part =
        |names: &[&str]| names.iter().find_map(|name| found.name(name)).map(|it| it.as_str());
    let year = part(&["y", "y2", "y3"])?.parse().ok()?;
    let day = part(&["d", "d2", "d3"]).unwrap_or("1").parse().ok()?;
    let month = match part(&["m"]) {
        Some(month) => month.parse().ok()?,
        None => month(part(&["n2", "n3"])?)?,
    };
    Date::new(year, month, day).ok()
}

/// The number of a month by its name.
fn month(name: &str) -> Option<i8> {
    let start = name.get(..3)?.to_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    i8::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn dates_are_read_as_authors_write_them() {
        let case = |value: &str, expected: &str| {
            assert_eq!(
                read(value).map(|date| date.to_string()).as_deref(),
                Some(expected),
                "{value}"
            );
        };
        case("2026-04-24 UTC", "2026-04-24");
        case("2026-04-24T10:00:00Z", "2026-04-24");
        case("2026/4/24 (by me)", "2026-04-24");
        case("24 April 2026", "2026-04-24");
        case("24th of April, 2026", "2026-04-24");
        case("Apr 24th, 2026", "2026-04-24");
        case("Friday, April 24 2026", "2026-04-24");
        case("24-Apr-2026", "2026-04-24");
        case("April 2026", "2026-04-01");
        case("2026-04", "2026-04-01");
        for value in
            ["never", "TBD", "04/05/2026", "2026-13-01", "2026-02-30", "last week", "v2026"]
        {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
