//! What holds for any header and any stamp.

use jiff::civil::{Date, date};
use proptest::prelude::{
    ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, proptest,
};

use super::{Evidence, Field, Method, Reason, Stamp, Standing, edit, method, standing};
use crate::document::Document;
use crate::source::Source;

fn read(text: &str) -> Document {
    Document::read(Source::new("a.md", text))
}

fn day() -> impl Strategy<Value = Date> {
    (1990_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn any_method() -> impl Strategy<Value = Method> {
    let all = [Method::ReadOnlyDocs, Method::ReadOnlyLive, Method::Rehearsed, Method::Executed];
    prop::sample::select(all.to_vec())
}

fn stamp(date: Date, method: Method) -> Stamp {
    let evidence = Evidence { today: date, reached: Some(Method::Executed) };
    Stamp::new(date, method, &evidence).expect("a stamp that the evidence bears out")
}

const DATES: &[&str] = &[
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%-d %B %Y",
    "%d %b %Y",
    "%B %-d, %Y",
    "%b %-d %Y",
    "%d.%m.%Y",
    "**%Y-%m-%d**",
    "`%-d %B %Y`",
    "%Y-%m-%d UTC",
    "%Y-%m-%dT12:00:00Z",
    "%Y-%m-%d 09:30 CET",
    "never",
    "TBD",
];

const METHODS: &[&str] =
    &["read-only-docs", "Read-only (live)", "EXECUTED", "*rehearsed*", "-", "peer review"];

const HEADERS: &[&str] = &[
    "# T\n\n**Last validated:** @  \n**Validation method:** %  \n**Owner:** me\n\nText.\n",
    "---\nlast_validated: \"@\"\nowner: me\nvalidation_method: '%'\n---\n# T\n\n## Step 1\n",
    "\u{feff}---\r\nlast-verified: @ # fresh\r\nvalidation-method: %\r\n---\r\n# T\r\n",
    "# T\r\n\r\n- **Last tested**: @\r\n- **Validation method**: %\r\n\r\n```bash\r\nls\r\n```\r\n",
    "# T\n\n> __Last reviewed:__ @ · __Validation method:__ %\n\n<!-- Last validated: @ -->\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_stamp_is_read_back_is_idempotent_and_touches_only_its_bytes(
        header in prop::sample::select(HEADERS),
        form in prop::sample::select(DATES),
        words in prop::sample::select(METHODS),
        (old, new) in (day(), day()),
        reached in any_method(),
    ) {
        let value = old.strftime(form).to_string();
        let quoted = header.replace('@', &value).replace('%', words);
        let document = read(&quoted);
        let stamp = stamp(new.max(old), reached);
        let edited = match edit(&document, &stamp) {
            Ok(edited) => edited,
            Err(error) if error.reason == Reason::Weaker => {
                prop_assert!(method(&document) > Some(reached), "{error}");
                return Ok(());
            }
            // A list item's `*x*` or a YAML alias is no value to the reader.
            Err(error) => { prop_assert!(header.contains("validation-method: %"), "{error}"); return Ok(()) }
        };
        let after = read(&edited.text);
        prop_assert_eq!(standing(&after).0, Standing::On(stamp.date()));
        prop_assert_eq!(method(&after), Some(reached));
        prop_assert!(edit(&after, &stamp).expect("a second stamp").is_unchanged());
        let mut rest = edited.text.as_str();
        let mut at = 0;
        for change in &edited.changes {
            let kept = &quoted[at..change.span.start];
            prop_assert!(rest.starts_with(kept));
            rest = rest[kept.len()..].strip_prefix(change.new.as_str()).expect("the new value");
            at = change.span.end;
            let entries = document.metadata.entries.iter();
            let mut holders = entries.filter(|one| {
                one.span.start <= change.span.start && change.span.end <= one.span.end
            });
            let key = if change.field == Field::Date { "last_validated" } else { "validation_method" };
            prop_assert!(holders.any(|one| one.key == key));
        }
        prop_assert_eq!(rest, &quoted[at..]);
    }

    #[test]
    fn no_text_makes_a_stamp_panic_or_lie(
        before in "(---\n)?[a-z#>*\\-:` \n]{0,40}",
        value in "\\PC{0,24}",
        label in prop::sample::select(vec!["**Last validated:** ", "Last tested: ", "last_validated:"]),
        after in "[\r\n ]{0,3}\\PC{0,20}\n(---\n)?",
        reached in any_method(),
        twice in any::<bool>(),
    ) {
        let again = if twice { "Validation method: docs\n" } else { "" };
        let text = format!("{before}\n{label}{value}{after}**Validation method:** x\n{again}");
        let stamp = stamp(date(2026, 11, 26), reached);
        if let Ok(edited) = edit(&read(&text), &stamp) {
            let now = read(&edited.text);
            prop_assert_eq!(standing(&now).0, Standing::On(stamp.date()));
            prop_assert_eq!(method(&now), Some(reached));
        }
    }
}
