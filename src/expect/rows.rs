//! Tables in output: their data rows, and what state the rows are in.
//!
//! Comes in: a command's stdout. Goes out: a [`Table`] without borders, header and footer, for
//! psql, mysql, box-drawing tables and the columns of kubectl and docker; and [`Rows`], the
//! check of `all pods Running`, `2/2 READY`, `at least 1 node Ready`.

use std::sync::LazyLock;

use regex::Regex;

use super::number::Bound;
use super::words::{after, is, singular};
use super::{Finding, Verdict};

/// What a table says, row by row.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// What the output itself says the number of rows is: `(3 rows)`.
    pub(super) footer: Option<f64>,
}

impl Table {
    /// Reads a table with a header; `None` where there is none to be seen.
    pub(super) fn read(text: &str) -> Option<Table> {
        let (lines, footer) = without_footer(text);
        let mut table = bordered(&lines).or_else(|| ruled(&lines)).or_else(|| columns(&lines));
        if table.is_none() && footer.is_some() {
            let rows = lines.iter().map(|line| cells(line, &[])).collect();
            table = Some(Table { header: Vec::new(), rows, footer: None });
        }
        table.map(|table| Table { footer, ..table })
    }

    /// The cells of the column with this header, in any case.
    pub(super) fn column(&self, name: &str) -> Option<Vec<&str>> {
        let at = self.header.iter().position(|cell| cell.eq_ignore_ascii_case(name))?;
        Some(self.rows.iter().map(|row| row.get(at).map_or("", String::as_str)).collect())
    }
}

impl Table {
    /// Where the column is that tells the state of a row.
    fn state_column(&self) -> Option<usize> {
        self.header.iter().position(|cell| is(cell, "status|state|phase"))
    }
}

/// Whether a row is in a state: by the column of states where there is one, else by any cell.
fn stands_in(row: &[String], column: Option<usize>, state: &str) -> bool {
    let fraction = state.contains('/');
    match column.filter(|_| !fraction).and_then(|at| row.get(at)) {
        Some(cell) => cell_is(cell, state),
        None => row.iter().any(|cell| cell_is(cell, state)),
    }
}

fn without_footer(text: &str) -> (Vec<&str>, Option<f64>) {
    static FOOTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:\(([0-9]+) rows?\)|([0-9]+) rows? in set.*|(Empty set).*)$")
            .expect("a valid pattern")
    });
    let mut lines: Vec<&str> = super::text::lines(text).collect();
    let found = lines.last().and_then(|last| FOOTER.captures(last.trim()));
    let Some(captures) = found else {
        return (lines, None);
    };
    lines.pop();
    let number = captures.get(1).or_else(|| captures.get(2)).map_or("0", |m| m.as_str());
    (lines, number.parse().ok())
}

/// A table drawn with borders: mysql's `+---+` and `|`, or box characters.
fn bordered(lines: &[&str]) -> Option<Table> {
    let edge = |line: &&str| {
        let line = line.trim();
        line.chars().count() > 2
            && line.chars().all(|c| "+-|=─━═┌┬┐├┼┤└┴┘┏┳┓┡╇┩┣╋┫┗┻┛╭╮╰╯│┃╔╦╗╠╬╣╚╩╝".contains(c))
    };
    let drawn = |line: &&str| line.trim().starts_with(['|', '│', '┃', '║']);
    if !lines.first().is_some_and(edge) || !lines.get(1).is_some_and(drawn) {
        return None;
    }
    let mut rows = lines.iter().filter(|line| drawn(line) && !edge(line)).map(|line| {
        let inner = line.trim().trim_matches(['|', '│', '┃', '║']);
        inner.split(['|', '│', '┃', '║']).map(|cell| cell.trim().to_owned()).collect()
    });
    let header = rows.next()?;
    Some(Table { header, rows: rows.collect(), footer: None })
}

/// psql's form: a header, a rule of dashes, rows.
fn ruled(lines: &[&str]) -> Option<Table> {
    let rule = lines.get(1)?.trim();
    if rule.len() < 2 || !rule.chars().all(|c| c == '-' || c == '+') {
        return None;
    }
    let row = |line: &&str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    Some(Table {
        header: row(lines.first()?),
        rows: lines[2..].iter().map(row).collect(),
        footer: None,
    })
}

/// Aligned columns under a header of capitals: kubectl, docker, ps.
fn columns(lines: &[&str]) -> Option<Table> {
    let first = lines.first()?;
    let capitals = first.chars().any(|c| c.is_ascii_uppercase())
        && first.chars().all(|c| c.is_ascii_uppercase() || " \t()/_-%#".contains(c));
    let starts = column_starts(first);
    if !capitals || starts.len() < 2 {
        return None;
    }
    Some(Table {
        header: cells(first, &[]),
        rows: lines[1..].iter().map(|line| cells(line, &starts)).collect(),
        footer: None,
    })
}

/// The character positions at which columns start.
fn column_starts(header: &str) -> Vec<usize> {
    let chars: Vec<char> = header.chars().collect();
    (0..chars.len())
        .filter(|&at| !chars[at].is_whitespace())
        .filter(|&at| {
            at == 0
                || chars[at - 1] == '\t'
                || (at > 1 && chars[at - 1] == ' ' && chars[at - 2] == ' ')
        })
        .collect()
}

/// The cells of a row: by the header's columns where they fit, else by wide gaps.
fn cells(line: &str, starts: &[usize]) -> Vec<String> {
    static GAP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\t+| {2,}").expect("a valid pattern"));
    let gaps: Vec<String> = GAP.split(line.trim()).map(|cell| cell.trim().to_owned()).collect();
    if gaps.len() == starts.len() || starts.is_empty() {
        return gaps;
    }
    let chars: Vec<char> = line.chars().collect();
    let fits =
        starts.iter().all(|&at| at == 0 || chars.get(at - 1).is_none_or(|c| c.is_whitespace()));
    if !fits {
        return gaps;
    }
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let cell: String = chars.iter().take(end).skip(start).collect();
            cell.trim().to_owned()
        })
        .collect()
}

/// How many of the rows.
#[derive(Debug, Clone, PartialEq)]
enum Quantity {
    All,
    Some(Bound),
    /// The author did not say; only all or none decides.
    Unsaid,
}

/// `all pods Running`: rows, of which some must be in a state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    quantity: Quantity,
    /// What must stand in a row, each as a cell: `2/2` and `READY`, or `Running`.
    states: Vec<String>,
    noun: String,
}

const STATES: &str = "\
     running|ready|healthy|active|completed|succeeded|available|bound|up|online|pending|\
     enabled|synced|deployed";

const NOUNS: &str = "\
     pod|node|container|service|deployment|job|instance|replica|worker|target|app|\
     process|row|cluster|volume|host|server|task|dyno";

/// How many rows of a table are in a state, and how many rows there are.
pub(super) fn in_state(state: &str, stdout: &str) -> Option<(usize, usize)> {
    let table = Table::read(stdout).filter(|_| is(state, STATES))?;
    let column = table.state_column();
    let holding = table.rows.iter().filter(|row| stands_in(row, column, state));
    Some((holding.count(), table.rows.len()))
}

impl Rows {
    /// `all pods Running`, `3 pods are Running`, `2/2 READY`, `READY 2/2`, `1/1 Running`.
    pub(super) fn parse(text: &str) -> Option<Rows> {
        fraction(text).or_else(|| quantified(text))
    }

    /// What can be said of the whole stdout.
    pub(super) fn judge(&self, stdout: &str) -> Finding {
        let table = Table::read(stdout);
        let loose: Vec<Vec<String>> = super::text::lines(stdout).map(words_of).collect();
        let rows = table.as_ref().map_or(&loose, |table| &table.rows);
        let column = table.as_ref().and_then(Table::state_column);
        let holding = rows.iter().filter(|row| self.holds(row, column)).count();
        let near =
            rows.iter().filter(|row| !self.holds(row, column) && self.nearly(row, column)).count();
        let why = format!("{holding} of {} rows: {}", rows.len(), self.states.join(", "));
        if table.is_none() && loose.iter().any(|words| self.is_denied_in_prose(words)) {
            return Finding::new(Verdict::Unverified, "the output may say that it is not so");
        }
        Finding::new(self.weigh(holding, near, rows.len()), why)
    }

    fn weigh(&self, holding: usize, near: usize, all: usize) -> Verdict {
        #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 rows")]
        let holds = |bound: &Bound, count: usize| bound.holds(count as f64);
        let decided = match &self.quantity {
            Quantity::Some(bound) if near == 0 || holds(bound, holding) => holds(bound, holding),
            Quantity::Some(_) => return Verdict::Unverified,
            _ if all == 0 => false,
            _ if holding == all => true,
            _ if holding + near == all => return Verdict::Unverified,
            Quantity::All => false,
            Quantity::Unsaid if holding + near == 0 => false,
            Quantity::Unsaid => return Verdict::Unverified,
        };
        if decided { Verdict::Met } else { Verdict::NotMet }
    }

    fn holds(&self, row: &[String], column: Option<usize>) -> bool {
        self.states.iter().all(|state| stands_in(row, column, state)) && !self.is_denied(row)
    }

    /// `Not Running`
    fn is_denied(&self, row: &[String]) -> bool {
        let line = row.join(" ").to_lowercase();
        self.states.iter().any(|state| {
            let state = state.to_lowercase();
            let mut places = line.match_indices(&state).map(|(at, _)| at);
            places.any(|at| super::text::negated(&line, at))
        })
    }

    /// `no pods ready`, `not all pods are running`: a word before the state denies it.
    fn is_denied_in_prose(&self, words: &[String]) -> bool {
        let said = |word: &String| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            self.states.iter().any(|state| word.eq_ignore_ascii_case(state))
        };
        let last = words.iter().rposition(said);
        last.is_some_and(|at| words[..at].iter().any(|word| super::text::denies(word)))
    }

    /// The state stands in the row as a word, but not as a cell: `Ready,SchedulingDisabled`.
    fn nearly(&self, row: &[String], column: Option<usize>) -> bool {
        let told = column.filter(|_| self.states.len() == 1).and_then(|at| row.get(at));
        let line = told.map_or_else(|| row.join(" "), String::clone).to_lowercase();
        let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '/')).collect();
        self.states.iter().all(|state| words.contains(&state.to_lowercase().as_str()))
    }

    /// Whether the author said that all rows must be in it.
    pub(super) fn is_of_every(&self) -> bool {
        self.quantity == Quantity::All
    }

    pub(super) fn describe(&self) -> String {
        let states = self.states.join(" and ");
        match &self.quantity {
            Quantity::All | Quantity::Unsaid => {
                format!("every {} of the table is {states}", self.noun)
            }
            Quantity::Some(bound) => {
                format!("{} {} rows are {states}", bound.describe(), self.noun)
            }
        }
    }
}

/// A cell is a state when it says it and nothing that takes it back: `Up 3 minutes` is `Up`,
/// `Up 3 minutes (unhealthy)` is not.
fn cell_is(cell: &str, state: &str) -> bool {
    if cell.eq_ignore_ascii_case(state) {
        return true;
    }
    let lower = cell.to_lowercase();
    let state = state.to_lowercase();
    let continued = lower.strip_prefix(&format!("{state} ")).is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("about ")
    });
    (continued && !lower.contains("unhealthy") && !lower.contains("starting"))
        || lower.ends_with(&format!("({state})"))
}

fn words_of(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// `2/2 READY`, `READY 2/2`, `1/1 Running`, `2/2`.
fn fraction(text: &str) -> Option<Rows> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_fraction = |word: &str| {
        word.split_once('/').is_some_and(|(ready, all)| {
            ready == all && !all.is_empty() && all.chars().all(|c| c.is_ascii_digit())
        })
    };
    let (number, state) = match words.as_slice() {
        [one, other] if is_fraction(one) => (*one, *other),
        [one, other] if is_fraction(other) && is(one, "ready") => (*other, *one),
        _ => return None,
    };
    let states = match state.to_lowercase().as_str() {
        "ready" => vec![number.to_owned()],
        known if is(known, STATES) => vec![number.to_owned(), state.to_owned()],
        _ => return None,
    };
    Some(Rows { quantity: Quantity::Unsaid, states, noun: "row".to_owned() })
}

fn quantified(text: &str) -> Option<Rows> {
    let (quantity, rest) = match after(text, "all of the|all the|all|every|each") {
        Some(rest) => (Quantity::All, rest),
        None => match Bound::lead(text) {
            Some((bound, rest)) => (Quantity::Some(bound), rest),
            None => (Quantity::Unsaid, after(text, "the").unwrap_or(text)),
        },
    };
    let (noun, rest) = rest.split_once(' ')?;
    let known = singular(noun);
    let linked = after(rest, "are in|is in|in|are|is|show|shows|should be|as|=");
    let state = linked.unwrap_or(rest).trim();
    let state =
        super::words::before(state, "state|status").unwrap_or(state).trim_matches(['"', '`', '\'']);
    let one_word = !state.is_empty() && state.chars().all(char::is_alphanumeric);
    let known_state = is(state, STATES);
    let fits = is(&known, NOUNS) && one_word && known_state;
    fits.then(|| Rows { quantity, states: vec![state.to_owned()], noun: known })
}

#[cfg(test)]
mod tests {
    use super::{Rows, Table};
    use crate::expect::Verdict;

    const PODS: &str = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          2d\nweb-2   1/1     Running   3 (5m ago) 2d\n";

    fn case(text: &str, stdout: &str, expected: Verdict) {
        let rows = Rows::parse(text).expect("rows");
        assert_eq!(rows.judge(stdout).verdict, expected, "{text} on {stdout}");
    }

    #[test]
    fn states_are_cells_of_rows() {
        case("all pods Running", PODS, Verdict::Met);
        case("all pods are in Running state", PODS, Verdict::Met);
        case("at least 2 pods Running", PODS, Verdict::Met);
        case("3 pods Running", PODS, Verdict::NotMet);
        case("READY 1/1", PODS, Verdict::Met);
        case("1/1 Running", PODS, Verdict::Met);
        case("2/2 READY", PODS, Verdict::NotMet);
        let mixed = PODS.replace("web-2   1/1     Running", "web-2   0/1     Pending");
        case("all pods Running", &mixed, Verdict::NotMet);
        case("1/1 Running", &mixed, Verdict::Unverified);
        case("all pods Running", "NAME    READY   STATUS\n", Verdict::NotMet);
        case("all pods Running", "", Verdict::NotMet);
        case("all nodes Ready", "NAME  STATUS\nn1    NotReady\n", Verdict::NotMet);
        case(
            "all nodes Ready",
            "NAME  STATUS\nn1    Ready,SchedulingDisabled\n",
            Verdict::Unverified,
        );
        let docker =
            "CONTAINER ID   IMAGE   STATUS\n1a2b3c4d5e6f   web     Up 3 minutes (unhealthy)\n";
        case("all containers Up", docker, Verdict::Unverified);
        case("all containers healthy", docker, Verdict::NotMet);
        case("all containers Up", &docker.replace(" (unhealthy)", ""), Verdict::Met);
    }

    #[test]
    fn tables_lose_borders_headers_and_footers() {
        let rows = |text: &str| Table::read(text).map(|table| table.rows.len());
        assert_eq!(rows(PODS), Some(2));
        assert_eq!(rows(" id | name \n----+------\n  1 | a\n(1 row)\n"), Some(1));
        assert_eq!(Table::read(" id \n----\n(0 rows)\n").unwrap().footer, Some(0.0));
        let drawn = "┌──────┬───────┐\n│ NAME │ VALUE │\n├──────┼───────┤\n│ A    │ b     │\n└──────┴───────┘\n";
        assert_eq!(rows(drawn), Some(1));
        assert_eq!(rows("just a line"), None);
    }

    #[test]
    fn prose_about_pods_is_no_check() {
        for text in
            ["all pods fine", "all pods Running on one node", "pods", "all the things Running"]
        {
            assert_eq!(Rows::parse(text), None, "{text}");
        }
    }
}
