//! Values in the notations of real headers, stamped.

use std::time::Duration;

use jiff::civil::date;

use super::{
    Evidence, Method, NoStamp, Reason, Sandbox, Stamp, StampError, Standing, edit, standing,
};
use crate::document::Document;
use crate::source::Source;

fn read(text: &str) -> Document {
    Document::read(Source::new("a.md", text))
}

fn stamp(method: Method) -> Stamp {
    let today = date(2026, 11, 5);
    let evidence = Evidence { today, reached: Some(Method::Executed) };
    Stamp::new(today, method, &evidence).expect("a stamp that the evidence bears out")
}

fn live(text: &str) -> Result<String, StampError> {
    edit(&read(text), &stamp(Method::ReadOnlyLive)).map(|edited| edited.text)
}

/// The value of the date in a header, stamped on 2026-11-05.
fn dated(value: &str) -> Result<String, StampError> {
    let around = |value: &str| {
        format!("# T\n\n**Last validated:** {value}  \n**Validation method:** read-only-live\n")
    };
    let text = live(&around(value))?;
    let (start, end) = around("\0").split_once('\0').map(|(a, b)| (a.len(), b.len())).unwrap();
    assert_eq!(text, around(&text[start..text.len() - end]), "{value}");
    Ok(text[start..text.len() - end].to_owned())
}

fn method_of(value: &str, new: Method) -> Result<String, StampError> {
    let text = format!("# T\n\n**Last validated:** 2026-11-05\n**Validation method:** {value}\n");
    let edited = edit(&read(&text), &stamp(new))?.text;
    let (_, value) = edited.split_once("method:** ").expect("the entry");
    Ok(value.trim_end_matches('\n').to_owned())
}

#[test]
fn a_date_is_rewritten_in_its_own_notation() {
    let case = |old: &str, new: &str| {
        assert_eq!(dated(old).unwrap_or_else(|error| error.to_string()), new, "{old}");
    };
    case("2026-04-24", "2026-11-05");
    case("2026-4-3", "2026-11-5");
    case("2026/04/24", "2026/11/05");
    case("2026.04.24", "2026.11.05");
    case("20260424", "20261105");
    case("24 April 2026", "5 November 2026");
    case("04 April 2026", "05 November 2026");
    case("24th April 2026", "5th November 2026");
    case("24 Apr 2026", "5 Nov 2026");
    case("24-Apr-2026", "5-Nov-2026");
    case("24 APR 2026", "5 NOV 2026");
    case("April 24, 2026", "November 5, 2026");
    case("Apr 24 2026", "Nov 5 2026");
    case("Sept. 24, 2026", "Nov. 5, 2026");
    case("april 1st, 2026", "november 5th, 2026");
    case("24.04.2026", "05.11.2026");
    case("3.4.2026", "5.11.2026");
    case("**2026-04-24**", "**2026-11-05**");
    case("_24 April 2026_", "_5 November 2026_");
    case("`2026-04-24`", "`2026-11-05`");
    case("**`2026-04-24`**", "**`2026-11-05`**");
    case("2026-04-24.", "2026-11-05.");
    case("2026-04-24 <!-- kept fresh -->", "2026-11-05 <!-- kept fresh -->");
}

#[test]
fn an_order_of_day_and_month_is_kept_while_it_can_be_seen() {
    let on = |day: i8, old: &str| {
        let today = date(2026, 11, day);
        let evidence = Evidence { today, reached: Some(Method::Executed) };
        let stamp = Stamp::new(today, Method::Executed, &evidence).expect("a stamp");
        let text = format!("# T\n\nLast validated: {old}\nValidation method: executed\n");
        edit(&read(&text), &stamp).map(|edited| edited.changes[0].new.clone())
    };
    assert_eq!(on(25, "04/24/2026").as_deref(), Ok("11/25/2026"));
    assert_eq!(on(25, "4/24/2026").as_deref(), Ok("11/25/2026"));
    assert_eq!(on(25, "24/04/2026").as_deref(), Ok("25/11/2026"));
    assert_eq!(on(25, "24-04-2026 UTC").as_deref(), Ok("25-11-2026 UTC"));
    let error = on(5, "04/24/2026").expect_err("5 November or 11 May");
    assert_eq!(error.reason, Reason::Ambiguous);
    assert!(error.help.starts_with("write `2026-11-05`"), "{error}");
}

#[test]
fn a_time_goes_and_a_zone_becomes_the_stamps() {
    let case = |old: &str, new: &str| {
        assert_eq!(dated(old).unwrap_or_else(|error| error.to_string()), new, "{old}");
    };
    case("2026-04-24 UTC", "2026-11-05 UTC");
    case("2026-04-24 (UTC)", "2026-11-05 (UTC)");
    case("2026-04-24 CEST", "2026-11-05 UTC");
    case("2026-04-24 14:00", "2026-11-05");
    case("2026-04-24 14:00 UTC", "2026-11-05 UTC");
    case("2026-04-24 14:00 CET", "2026-11-05 UTC");
    case("2026-04-24T14:00:00Z", "2026-11-05");
    case("2026-04-24T14:00:00.123+02:00", "2026-11-05");
    case("24 April 2026, 14:00 GMT", "5 November 2026 GMT");
    case("April 24, 2026 at 2:00 PM PST", "November 5, 2026 UTC");
}

#[test]
fn nothing_yet_becomes_a_plain_date() {
    for old in ["never", "Never", "TBD", "-", "—", "n/a", "N/A", "not yet validated", "*never*"] {
        let new = if old == "*never*" { "*2026-11-05*" } else { "2026-11-05" };
        assert_eq!(dated(old).as_deref(), Ok(new), "{old}");
    }
}

#[test]
fn a_value_that_was_left_empty_is_filled_in() {
    let case = |old: &str, new: &str| {
        assert_eq!(live(old).unwrap_or_else(|error| error.to_string()), new);
    };
    case(
        "# T\n\n**Last validated:**  \n**Validation method:**\n\n## Step 1\n",
        "# T\n\n**Last validated:** 2026-11-05  \n**Validation method:** read-only-live\n\n## Step 1\n",
    );
    case(
        "---\r\nlast_validated:\r\nvalidation_method: \"\"\r\n---\r\n# T\r\n",
        "---\r\nlast_validated: 2026-11-05\r\nvalidation_method: \"read-only-live\"\r\n---\r\n# T\r\n",
    );
    case(
        "# T\n\n- **Last validated:**\n- **Validation method:** -\n",
        "# T\n\n- **Last validated:** 2026-11-05\n- **Validation method:** read-only-live\n",
    );
}

#[test]
fn a_value_that_was_left_empty_between_others_is_filled_in_alone() {
    let case = |date: &str, rest: &str| {
        let method = "**Validation method:** read-only-live";
        let text = |date: &str| format!("# T\n\n{}\n\n{method}\n", rest.replace("DATE", date));
        let found = live(&text(date)).unwrap_or_else(|error| error.to_string());
        let before = if date.starts_with(' ') || date.is_empty() { " " } else { "" };
        assert_eq!(found, text(&format!("{before}2026-11-05")));
    };
    case("", "**Target:** prod\n**Average duration:**\n**Last validated:**DATE\n**Owner:**");
    case("", "**Owner:**\n**Last validated:**DATE\n**Target:** prod");
    case("", "**Last validated:**DATE\\\n**Owner:**\\\n**Target:** prod");
    case("", "**Last validated:**DATE<br>\n**Owner:**<br>\n**Target:** prod");
    case("", "Target: prod\nLast validated:DATE\nOwner:\nMode: x");
    case("", "- **Target:** prod\n- **Last validated:**DATE\n- **Owner:**");
    case("", "> **Target:** prod\n> **Last validated:**DATE\n> **Owner:**");
    case(" 2026-04-24", "**Last validated:**DATE\n**Owner:**\n**Average duration:**\n**Mode:** x");
    case("2026-04-24", "**Average duration:**\n**Last validated:**\nDATE\n**Owner:**");
}

#[test]
fn what_may_become_a_lie_is_refused_with_what_to_type() {
    let case = |old: &str, reason: Reason, help: &str| match dated(old) {
        Ok(new) => panic!("{old} became {new}"),
        Err(error) => {
            assert_eq!(error.reason, reason, "{old}: {error}");
            assert_eq!(error.line, 3, "{old}");
            assert!(error.help.contains(help), "{old}: {error}");
        }
    };
    case("2026-04-24 (by Anna)", Reason::Words, "`2026-04-24` alone");
    case("2026-04-24 by Anna", Reason::Words, "`2026-04-24` alone");
    case("2026-04-24 <!-- by Anna -->", Reason::Words, "`2026-04-24` alone");
    case("2026-04-24 UTC+2", Reason::Words, "alone");
    case("2026-04-24, 2026-03-01", Reason::Words, "alone");
    case("2026-04-241", Reason::Unreadable, "`2026-11-05`");
    case("2026-04-24x", Reason::Unreadable, "`2026-11-05`");
    case("[2026-04-24](https://ci.example.com/7)", Reason::Unreadable, "`2026-11-05`");
    case("03/04/2026", Reason::Ambiguous, "`2026-04-03` or `2026-03-04`");
    case("04/04/2026", Reason::Ambiguous, "`2026-04-04`");
    case("Friday, 24 April 2026", Reason::Unreadable, "`2026-11-05`");
    case("2026-02-30", Reason::Unreadable, "`2026-11-05`");
    case("31/31/2026", Reason::Unreadable, "`2026-11-05`");
    case("24 Smarch 2026", Reason::Unreadable, "`2026-11-05`");
    case("April 2026", Reason::Unreadable, "`2026-11-05`");
    case("yesterday", Reason::Unreadable, "`2026-11-05`");
    case("2026-12-01", Reason::Later, "really validated");
    case("2027-01-01 UTC", Reason::Later, "really validated");
}

#[test]
fn a_method_is_written_as_the_author_writes_it() {
    let case = |old: &str, new: Method, expected: &str| {
        let found = method_of(old, new).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{old}");
    };
    case("read-only-docs", Method::ReadOnlyLive, "read-only-live");
    case("Read-only (docs)", Method::ReadOnlyLive, "Read-only (live)");
    case("Read-only (live)", Method::ReadOnlyLive, "Read-only (live)");
    case("READ_ONLY_DOCS", Method::ReadOnlyLive, "READ_ONLY_LIVE");
    case("read only docs", Method::ReadOnlyLive, "read only live");
    case("Read-Only-Docs", Method::ReadOnlyLive, "Read-Only-Live");
    case("`read-only-docs`", Method::ReadOnlyLive, "`read-only-live`");
    case("Executed", Method::Executed, "Executed");
    case("Docs", Method::ReadOnlyLive, "Read-only-live");
    case("Read-only (live)", Method::Executed, "Executed");
    case("dry run", Method::Rehearsed, "rehearsed");
    case("peer review", Method::ReadOnlyDocs, "read-only-docs");
    case("TBD", Method::ReadOnlyDocs, "read-only-docs");
    case("read-only-live (sandbox off)", Method::ReadOnlyLive, "read-only-live");
}

#[test]
fn a_method_is_never_replaced_by_a_weaker_one() {
    let all = [Method::ReadOnlyDocs, Method::ReadOnlyLive, Method::Rehearsed, Method::Executed];
    for (stands, new) in all.into_iter().flat_map(|one| all.map(|other| (one, other))) {
        let found = method_of(&stands.to_string(), new);
        let expected = if new < stands { Err(Reason::Weaker) } else { Ok(new.to_string()) };
        assert_eq!(found.map_err(|error| error.reason), expected, "{stands} and then {new}");
    }
    let error = method_of("Full run", Method::ReadOnlyLive).expect_err("weaker").to_string();
    assert!(error.contains("is executed, which says more than read-only-live"), "{error}");
}

#[test]
fn a_method_with_a_story_is_left_to_its_author() {
    let case = |old: &str| {
        let found = method_of(old, Method::ReadOnlyLive);
        assert_eq!(found.map_err(|error| error.reason), Err(Reason::Words), "{old}");
    };
    case("read-only-docs (by Anna, PR 12)");
    case("executed by Anna");
    case("[drill](https://wiki.example.com/drill)");
    case("we ran it all in staging");
}

#[test]
fn a_stamp_without_the_sandbox_says_so() {
    let off = stamp(Method::ReadOnlyLive).sandbox(Sandbox::Off);
    let text = "# T\n\nLast validated: never\n\nValidation method: Read-only (docs)\n";
    let edited = edit(&read(text), &off).expect("a stamp").text;
    assert!(edited.ends_with("Validation method: Read-only (live) (sandbox off)\n"), "{edited}");
    assert!(edit(&read(&edited), &off).expect("a stamp").is_unchanged());
    let on = edit(&read(&edited), &stamp(Method::ReadOnlyLive)).expect("a stamp").text;
    assert!(on.ends_with("Validation method: Read-only (live)\n"), "{on}");
}

#[test]
fn a_duration_is_written_as_the_author_writes_it() {
    let case = |old: &str, seconds: u64, expected: &str| {
        let text = format!(
            "# T\n\n**Last validated:** never\n**Validation method:** -\n**Average duration:** {old}\n"
        );
        let stamp = stamp(Method::Executed).duration(Duration::from_secs(seconds));
        let edited = edit(&read(&text), &stamp).map(|edited| edited.text);
        let edited = edited.unwrap_or_else(|error| format!("duration:** {error}"));
        let (_, value) = edited.split_once("duration:** ").expect("the entry");
        assert_eq!(value.trim_end_matches('\n'), expected, "{old}");
    };
    case("6m", 430, "7m");
    case("6 min", 430, "7 min");
    case("6 minutes", 60, "1 minute");
    case("~6 minutes", 5400, "~1 hour 30 minutes");
    case("1h 30m", 3720, "1h 2m");
    case("1h30m", 3720, "1h2m");
    case("1 hour and 30 minutes", 3720, "1 hour and 2 minutes");
    case("5-10 minutes", 430, "7 minutes");
    case("About 10 Minutes", 430, "About 7 Minutes");
    case("2 hours", 45, "45 seconds");
    case("TBD", 430, "7m");
    case(
        "a while",
        430,
        "line 5: `a while` is no duration that can be read; write one such as `7m`",
    );
}

#[test]
fn every_kind_of_header_is_stamped_and_nothing_else() {
    let case = |template: &str| {
        let text = |date: &str, method: &str| template.replace('@', date).replace('%', method);
        let old = text("2026-04-24", "read-only-docs");
        let new = text("2026-11-05", "read-only-live");
        assert_eq!(live(&old).unwrap_or_else(|error| error.to_string()), new);
        assert_eq!(live(&new).unwrap_or_else(|error| error.to_string()), new);
    };
    case(
        "# T\n\n**Last validated:** @ UTC  \n**Validation method:** %  \n**Average duration:** 6m\n",
    );
    case("# T\r\n\r\n**Last validated**: @  \r\n**Validation method**: %\\\r\n**Owner**: me\r\n");
    case("\u{feff}---\nlast_validated: @\nvalidation_method: '%'\n---\n# T\n");
    case("---\nLast-Verified: \"@\"   # YYYY-MM-DD\nValidation-Method: %\n---\n# T\n");
    case("# T\n\n- **Last validated:** @\n- **Validation method:** %\n- Owner: me\n");
    case("# T\n\n- **Last validated:** **@**\n- **Validation method:** _%_\n- Owner: me\n");
    case("# T\n\n> **Last tested:** `@` | **Validation method:** % | **Owner:** me\n");
    case("# T\n\nMode: by hand Last validated: @ UTC Validation method: % Average duration: 6m\n");
    case("# T\n\n__Last reviewed:__ @ UTC\t \n__Validation method:__ %\n");
    case(
        "# T\n\n| Last validated | @ |\n|---|---|\n| **Validation method** | `%` |\n| Owner | me |\n",
    );
    case(
        "# T\n\n| Field | Value |\n|---|---|\n| Last validated | @ UTC |\n| Validation method | % |\n",
    );
    case("# T\n\n_Last validated: @_\n\n*Validation method: %*\n");
    case("# T\n\n**Last validated** — @ UTC  \n**Validation method** — %\n");
    case("---\nlastValidated: @\nvalidationMethod: %\n---\n# T\n");
    case("# T\n\n**Last updated:** 2026-01-02\n**Last validated:** @\n**Validation method:** %\n");
    case(
        "# T\n\n**Last validated:** @\n**Validation method:** %\n\n```bash\n# Last validated: 2020-01-01\necho\n```\n<!-- Last validated: 2020-01-01 -->\n",
    );
}

#[test]
fn what_a_comment_hides_is_no_entry() {
    let text = "# T\n\n**Owner:** me <!--\n**Last validated:** 2020-01-01\n-->\n**Validation method:** x\n";
    assert_eq!(live(text).map_err(|error| error.reason), Err(Reason::Missing));
    let text = "# T\n\n```\nLast validated:\nValidation method: x\n```\n";
    assert_eq!(live(text).map_err(|error| error.reason), Err(Reason::Missing));
}

#[test]
fn a_missing_entry_is_not_invented() {
    let case = |text: &str, help: &str| {
        let error = live(text).expect_err(text);
        assert_eq!(error.reason, Reason::Missing, "{text}");
        assert_eq!(error.help, help, "{text}");
    };
    case("# T\n\nText.\n", "add the line `**Last validated:**` below the title");
    case(
        "# T\n\n- __Last validated__: `2026-04-24`\n- __Owner__: me\n",
        "add the line `- __Validation method__:` below line 3",
    );
    case(
        "---\nlast-validated: \"2026-04-24\"\n---\n# T\n",
        "add the line `validation-method:` below line 2",
    );
    case(
        "# T\n\n> Owner: me  \n> Validation Method: live\n",
        "add the line `> Last Validated:` below line 4",
    );
    case(
        "# T\n\n| Last validated | 2026-04-24 |\n|---|---|\n| Owner | me |\n",
        "add the line `| Validation method | never |` below line 3",
    );
    case(
        "---\nlastValidated: 2026-04-24\n---\n# T\n",
        "add the line `validationMethod:` below line 2",
    );
    case(
        "# T\n\nMode: by hand Last validated: 2026-04-24\n",
        "add the line `**Validation method:**` below line 3",
    );
    case(
        "# T\n\n**Last updated:** 2026-04-24\n**Validation method:** -\n",
        "add the line `**Last validated:**` below line 4",
    );
}

#[test]
fn two_entries_of_one_kind_are_refused() {
    let text = "---\nlast_validated: 2026-04-24\n---\n# T\n\n**Last validated:** 2026-04-24\n**Validation method:** x\n";
    let error = live(text).expect_err("two entries");
    assert_eq!((error.reason, error.line), (Reason::Twice, 6), "{error}");
    assert!(matches!(standing(&read(text)), (Standing::Unreadable(_), Some(_))));
}

#[test]
fn a_comment_of_the_front_matter_that_claims_something_is_refused() {
    let text = "---\nlast_validated: 2026-04-24 # by Anna\nvalidation_method: docs\n---\n# T\n";
    assert_eq!(live(text).map_err(|error| error.reason), Err(Reason::Words));
}

#[test]
fn a_time_of_today_goes_when_the_method_changes() {
    let text = |date: &str, method: &str| {
        format!("# T\n\n**Last validated:** {date}\n**Validation method:** {method}\n")
    };
    let same = text("2026-11-05 09:00 UTC", "read-only-live");
    assert_eq!(live(&same).as_deref(), Ok(same.as_str()));
    let other = text("2026-11-05 09:00 UTC", "read-only-docs");
    assert_eq!(live(&other), Ok(text("2026-11-05 UTC", "read-only-live")));
}

#[test]
fn no_evidence_makes_no_stamp() {
    let today = date(2026, 11, 5);
    let make = |day, method, reached| Stamp::new(day, method, &Evidence { today, reached });
    let future = make(date(2026, 11, 6), Method::ReadOnlyDocs, Some(Method::Executed));
    assert!(matches!(future, Err(NoStamp::Future { .. })));
    let beyond = make(today, Method::Rehearsed, Some(Method::ReadOnlyLive));
    let beyond = beyond.expect_err("beyond what was reached").to_string();
    assert_eq!(beyond, "stamp rehearsed: the validation reached read-only-live only");
    assert!(make(today, Method::ReadOnlyDocs, None).is_err());
}

#[test]
fn words_beside_a_date_do_not_hide_it_from_a_reader() {
    let case = |value: &str, expected: &Standing| {
        let document = read(&format!("# T\n\n**Last validated:** {value}\n"));
        assert_eq!(standing(&document).0, *expected, "{value}");
    };
    let on = Standing::On(date(2026, 4, 24));
    case("2026-04-24 (by Anna)", &on);
    case("24 April 2026, 10:00 UTC", &on);
    case("TBD", &Standing::Never);
    assert_eq!(standing(&read("# T\n\n**Last updated:** 2026-04-24\n")), (Standing::Never, None));
}
