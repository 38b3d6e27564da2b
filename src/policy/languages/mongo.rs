//! The scripts of `mongosh` and `mongo`.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections. A script is the value of an
//! option that the rule lists as `script`. Of JavaScript it knows a few expressions: calls on `db`,
//! `rs` and `sh` that are listed as reading, literals, operators, and `m => m.name` as what is done
//! with each result. There are no statements, no assignments, no functions but that, and no way to
//! name a function other than to call a listed one.

mod lex;
mod names;

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::super::rule::{Rule, lists};
use super::unknown;
use lex::Token;

/// What the scripts object to.
pub(super) fn mongo(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let options = rules.iter().map(|rule| rule.script.as_str()).collect::<Vec<_>>().join(" ");
    let scripts = parsed.operands.iter().filter(|operand| names_script(operand));
    let scripts = scripts.map(|it| unknown("runs a script that nobody has looked at", it.span));
    // Where a value begins with a dash, mongosh takes it for an option of its own (yargs-parser).
    let dashes = parsed.values.iter().filter(|(_, value)| value.known.starts_with('-'));
    let dashes = dashes.map(|(_, it)| unknown("gets an option where a value belongs", it.span));
    let settings = parsed.operands.iter().chain(parsed.values_of("--host"));
    let settings = settings.filter(|it| !has_known_settings(&it.known));
    let settings = settings.map(|it| unknown("gets a setting that the catalogue lacks", it.span));
    let scripts = scripts.chain(dashes).chain(settings);
    scripts.chain(parsed.values_of(&options).filter_map(objection)).collect()
}

/// Settings in an address that only say who asks, and how (mongosh, "Connection String Options").
/// `proxyHost` and its like lead elsewhere, and some mechanisms ask further servers.
const SETTINGS: &str = "authsource replicaset tls ssl retrywrites retryreads w wtimeoutms journal \
    readpreference readconcernlevel maxstalenessseconds directconnection appname connecttimeoutms \
    sockettimeoutms serverselectiontimeoutms maxpoolsize minpoolsize maxidletimems \
    waitqueuetimeoutms heartbeatfrequencyms localthresholdms loadbalanced uuidrepresentation \
    tlsallowinvalidcertificates tlsallowinvalidhostnames tlsinsecure";

/// Mechanisms of `authMechanism` that ask nobody but the server.
const MECHANISMS: &str = "scram-sha-1 scram-sha-256 mongodb-x509 plain";

fn has_known_settings(address: &str) -> bool {
    let Some((_, settings)) = address.split_once('?') else { return true };
    settings.split('&').filter(|setting| !setting.is_empty()).all(|setting| {
        let setting = setting.to_ascii_lowercase();
        let (name, value) = setting.split_once('=').unwrap_or((&setting, ""));
        lists(SETTINGS, name) || name == "authmechanism" && lists(MECHANISMS, value)
    })
}

/// Whether an operand is a file to be run, and no database (mongosh, "Connect").
fn names_script(operand: &Argument) -> bool {
    let name = operand.known.to_ascii_lowercase();
    let file = [".js", ".mongodb", ".cjs", ".mjs"].iter().any(|ending| name.ends_with(ending));
    let address = name.starts_with("mongodb://") || name.starts_with("mongodb+srv://");
    file || !address && name.contains('/') && !name.contains(':')
}

fn objection(script: &Argument) -> Option<Objection> {
    let Some(text) = script.text() else {
        return Some(unknown("gets a script that is known only when it runs", script.span));
    };
    (!reads(text)).then(|| unknown("runs a script that is not known to read", script.span))
}

/// Whether a script only reads.
fn reads(script: &str) -> bool {
    if names::HOSTILE.iter().any(|hostile| script.contains(hostile)) {
        return false;
    }
    let Some(tokens) = lex::tokens(script) else {
        return false;
    };
    let mut reader = Reader { tokens: &tokens, at: 0, bound: Vec::new(), depth: 0 };
    reader.script().is_some()
}

/// What an expression stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Database,
    Collection,
    Connection,
    ReplicaSet,
    Sharding,
    /// A document, a cursor, a list or a plain value.
    Value,
}

/// Reads tokens; every method gives nothing where it meets what it does not know.
struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The parameters of the functions around.
    bound: Vec<String>,
    depth: usize,
}

/// How deep expressions may stand in each other.
const DEEPEST: usize = 40;

impl Reader<'_> {
    fn script(&mut self) -> Option<()> {
        loop {
            while self.takes(';') {}
            if self.at == self.tokens.len() {
                return Some(());
            }
            self.statement()?;
            if self.at < self.tokens.len() && !self.takes(';') {
                return None;
            }
        }
    }

    fn statement(&mut self) -> Option<()> {
        if self.peek_name() == Some("show") {
            self.at += 1;
            let what = self.name()?;
            return lists(names::SHOWN, &what).then_some(());
        }
        self.expression()
    }

    /// Operands between operators.
    fn expression(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.operand()?;
        while matches!(self.tokens.get(self.at), Some(Token::Operator)) {
            self.at += 1;
            self.operand()?;
        }
        self.depth -= 1;
        Some(())
    }

    fn operand(&mut self) -> Option<()> {
        while self.takes('!') || self.takes('-') {}
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Number => Some(()),
            Token::Text(_) => self.rest_of(Kind::Value),
            Token::Sign('(') => {
                self.expression()?;
                self.expect(')')?;
                self.rest_of(Kind::Value)
            }
            Token::Sign('[') => {
                self.list(']')?;
                self.rest_of(Kind::Value)
            }
            Token::Sign('{') => self.document(),
            Token::Name(name) => self.named(&name),
            Token::Sign(_) | Token::Operator | Token::Arrow => None,
        }
    }

    fn named(&mut self, name: &str) -> Option<()> {
        match name {
            "true" | "false" | "null" | "undefined" => Some(()),
            "new" => {
                let made = self.name()?;
                (made == "Date").then_some(())?;
                self.arguments()?;
                self.rest_of(Kind::Value)
            }
            "Date" if self.takes('.') => {
                (self.name()? == "now").then_some(())?;
                self.arguments()
            }
            "JSON" | "EJSON" => {
                self.expect('.')?;
                (self.name()? == "stringify").then_some(())?;
                self.arguments()
            }
            "db" => self.rest_of(Kind::Database),
            "rs" => self.rest_of(Kind::ReplicaSet),
            "sh" => self.rest_of(Kind::Sharding),
            _ if self.bound.iter().any(|bound| bound == name) => self.rest_of(Kind::Value),
            _ if lists(names::PLAIN, name) => {
                self.arguments()?;
                self.rest_of(Kind::Value)
            }
            _ => None,
        }
    }

    /// `.name`, `.call(...)`, `['name']` and `[0]`, as often as they come.
    fn rest_of(&mut self, mut kind: Kind) -> Option<()> {
        loop {
            if self.takes('.') {
                let name = self.name()?;
                kind = self.member(kind, &name)?;
            } else if self.takes('[') {
                let index = self.tokens.get(self.at)?;
                let fits = matches!(index, Token::Text(_) | Token::Number);
                kind = if fits { property(kind)? } else { return None };
                self.at += 1;
                self.expect(']')?;
            } else {
                // What was not called is no value: it may be a function.
                return (kind == Kind::Value).then_some(());
            }
        }
    }

    fn member(&mut self, kind: Kind, name: &str) -> Option<Kind> {
        if self.tokens.get(self.at) != Some(&Token::Sign('(')) {
            return property(kind);
        }
        let (reading, result) = match (kind, name) {
            (Kind::Database, "getSiblingDB") => ("getSiblingDB", Kind::Database),
            (Kind::Database, "getCollection") => ("getCollection", Kind::Collection),
            (Kind::Database, "getMongo") => ("getMongo", Kind::Connection),
            (Kind::Database, "adminCommand" | "runCommand") => {
                self.command()?;
                (name, Kind::Value)
            }
            (Kind::Collection, "explain") => ("explain", Kind::Collection),
            (Kind::Database, _) => (names::DATABASE, Kind::Value),
            (Kind::Collection, _) => (names::COLLECTION, Kind::Value),
            (Kind::Connection, _) => (names::CONNECTION, Kind::Value),
            (Kind::ReplicaSet, _) => (names::REPLICA_SET, Kind::Value),
            (Kind::Sharding, _) => (names::SHARDING, Kind::Value),
            (Kind::Value, _) => (names::VALUE, Kind::Value),
        };
        lists(reading, name).then_some(())?;
        self.arguments()?;
        Some(result)
    }

    /// Looks at the command that a document or a text names; its first key.
    fn command(&self) -> Option<()> {
        let ([Token::Text(name), Token::Sign(')'), ..]
        | [Token::Sign('{'), Token::Text(name) | Token::Name(name), Token::Sign(':'), ..]) =
            self.tokens.get(self.at + 1..)?
        else {
            return None;
        };
        lists(names::COMMANDS, name).then_some(())
    }

    fn arguments(&mut self) -> Option<()> {
        self.expect('(')?;
        self.list(')')
    }

    /// Expressions between commas, up to a closing sign.
    fn list(&mut self, end: char) -> Option<()> {
        while !self.takes(end) {
            self.argument()?;
            if !self.takes(',') {
                return self.expect(end);
            }
        }
        Some(())
    }

    fn argument(&mut self) -> Option<()> {
        match self.tokens.get(self.at..)? {
            // What prints each result.
            [Token::Name(name), Token::Sign(')'), ..] if lists("print printjson tojson", name) => {
                self.at += 1;
                Some(())
            }
            [Token::Name(name), Token::Arrow, ..] => {
                let name = name.clone();
                self.at += 2;
                self.body(name)
            }
            [Token::Sign('('), Token::Name(name), Token::Sign(')'), Token::Arrow, ..] => {
                let name = name.clone();
                self.at += 4;
                self.body(name)
            }
            _ => self.expression(),
        }
    }

    /// The body of `name => ...`; in braces it would be statements.
    fn body(&mut self, name: String) -> Option<()> {
        if self.tokens.get(self.at) == Some(&Token::Sign('{')) {
            return None;
        }
        self.bound.push(name);
        self.expression()?;
        self.bound.pop();
        Some(())
    }

    fn document(&mut self) -> Option<()> {
        while !self.takes('}') {
            match self.tokens.get(self.at)? {
                Token::Name(_) | Token::Text(_) | Token::Number => self.at += 1,
                _ => return None,
            }
            self.expect(':')?;
            self.expression()?;
            if !self.takes(',') {
                return self.expect('}');
            }
        }
        Some(())
    }

    fn peek_name(&self) -> Option<&str> {
        match self.tokens.get(self.at)? {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    fn name(&mut self) -> Option<String> {
        let name = self.peek_name()?.to_owned();
        self.at += 1;
        Some(name)
    }

    fn takes(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Option<()> {
        self.takes(sign).then_some(())
    }
}

/// What a property is: of a database, a collection.
fn property(kind: Kind) -> Option<Kind> {
    match kind {
        Kind::Database | Kind::Collection => Some(Kind::Collection),
        Kind::Value => Some(Kind::Value),
        Kind::Connection | Kind::ReplicaSet | Kind::Sharding => None,
    }
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn queries_and_reports_are_read() {
        let case = |script: &str| assert!(reads(script), "{script}");
        case("rs.status()");
        case("rs.status().ok;");
        case("rs.status().members[0].stateStr");
        case("rs.status().members.map(m => m.name + ' ' + m.stateStr)");
        case("rs.status().members.map( m => ({'id': m._id, name: m.name}))");
        case("rs.status().members.forEach((m) => print(m.name))");
        case("db.serverStatus().connections");
        case("printjson(db.serverStatus().connections.current)");
        case("JSON.stringify(rs.conf(), null, 2)");
        case("db.stats(1024*1024)");
        case("show dbs");
        case("show collections");
        case(
            "db.jobs.find({state: 'failed', n: {$gt: 5}}, {_id: 0}).sort({at: -1}).limit(5).pretty()",
        );
        case("db.jobs.countDocuments({ at: { $lt: new Date(Date.now() - 3600 * 1000) } })");
        case("db.getSiblingDB('app').jobs.estimatedDocumentCount()");
        case("db.getCollection('a.b').find().toArray()");
        case("db['a'].findOne({_id: ObjectId('507f1f77bcf86cd799439011')})");
        case("db.jobs.distinct('state')");
        case(
            "db.jobs.aggregate([{ $match: { a: 1 } }, { $group: { _id: '$a', n: { $sum: 1 } } }])",
        );
        case("db.jobs.find().explain('executionStats')");
        case("db.jobs.explain().find({})");
        case("db.adminCommand({ ping: 1 })");
        case("db.adminCommand('ping').ok");
        case("db.runCommand({ \"replSetGetStatus\": 1 })");
        case("db.currentOp({ secs_running: { $gt: 5 } }).inprog.length");
        case("db.getMongo().getDBNames()");
        case("rs.secondaryOk(); db.jobs.count()");
        case("db.jobs.getIndexes()");
        case("db.version()");
    }

    #[test]
    fn what_may_do_more_is_refused() {
        let case = |script: &str| assert!(!reads(script), "{script}");
        case("db.jobs.drop()");
        case("db.jobs.find().forEach(d => db.jobs.deleteOne(d))");
        case("db.jobs.deleteMany({})");
        case("db.jobs.insertOne({})");
        case("db.jobs.findOneAndUpdate({}, {})");
        case("db.jobs.findAndModify({})");
        case("db.jobs.renameCollection('x')");
        case("db.jobs.createIndex({ a: 1 })");
        case("db.dropDatabase()");
        case("db.dropDatabase");
        case("rs.stepDown()");
        case("rs.reconfig({})");
        case("rs.status(); rs.stepDown()");
        case("rs.status(), rs.stepDown()");
        case("rs.status(rs.stepDown())");
        case("rs.status().map(rs.stepDown)");
        case("rs.status().map(db.jobs.drop)");
        case("rs.status()\nrs.stepDown()");
        case("sh.stopBalancer()");
        case("db.adminCommand({ shutdown: 1 })");
        case("db.adminCommand({ shutdown: 1, ping: 1 })");
        case("db.adminCommand({ 'shutdown': 1 })");
        case("db.adminCommand('shutdown')");
        case("db.adminCommand({ ['shutdown']: 1 })");
        case("db.adminCommand(x)");
        case("db.adminCommand({ ...{ shutdown: 1 } })");
        case("db.adminCommand('ping' && 'shutdown')");
        case("db.runCommand({ eval: 'x' })");
        case("db.runCommand({ aggregate: 'x', pipeline: [] })");
        case("db.jobs.aggregate([{ $out: 'x' }])");
        case("db.jobs.aggregate([{ '$merge': 'x' }])");
        case("db.jobs.aggregate([{ ['$o' + 'ut']: 'x' }])");
        case("db.jobs.aggregate([{ '\\u0024out': 'x' }])");
        case("db.jobs.find({ $where: 'x' })");
        case("db.jobs.find(function() { return 1 })");
        case("db.jobs.mapReduce('a', 'b', 'c')");
        case("db.jobs.find().map(m => { db.x.drop() })");
        case("load('x.js')");
        case("eval('x')");
        case("require('child_process').execSync('x')");
        case("process.exit(1)");
        case("run('touch', 'x')");
        case("db.version.constructor('x')()");
        case("['x'].map(db.stats().constructor.constructor)");
        case("['x']['con' + 'structor']");
        case("x = 1");
        case("db.x = 1");
        case("db = 1");
        case("`x`");
        case("db.jobs.find(/a/)");
        case("db.jobs.find() // x");
        case("db.jobs.find() /* x */");
        case("const x = db.jobs.find()");
        case("var x = 1");
        case("(() => db.x.drop())()");
        case("db.jobs.find()()");
        case("db.jobs");
        case("db.getMongo().getDB('x').dropDatabase()");
        case("db.getMongo().startSession()");
        case("db.fsyncLock()");
        case("db.setProfilingLevel(2)");
        case("db.createUser({})");
        case("db.killOp(1)");
        case("show log; db.x.drop()");
        case("show x");
        case("use x");
        case("db.stats(");
        case("db.auth('a', 'b')");
        case("sleep(1000)");
        case(&"(".repeat(5000));
        case(&"[".repeat(5000));
        case(&"{a:".repeat(5000));
    }
}
