//! The commands that `redis-cli` sends.
//!
//! Comes in: parsed arguments. Goes out: objections. The operands are one command of the server;
//! commands that only read are listed, those with sub-commands with each of them.

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::{unknown, write};
use crate::source::Span;

/// Commands that read whatever they are given (<https://redis.io/commands>).
const READING: &str = "ping info dbsize get mget strlen getrange substr getbit bitcount bitpos exists \
    ttl pttl expiretime pexpiretime type keys scan randomkey hget hmget hgetall hlen hkeys hvals \
    hexists hscan hstrlen hrandfield llen lrange lindex lpos scard smembers sismember smismember \
    sscan srandmember sinter sunion sdiff sintercard zcard zrange zrangebyscore zrevrange \
    zrevrangebyscore zrangebylex zrevrangebylex zscore zmscore zrank zrevrank zcount zlexcount zscan \
    zrandmember zunion zinter zdiff zintercard xlen xrange xrevrange xpending geopos geodist geohash \
    geosearch georadius_ro georadiusbymember_ro time lastsave role echo dump sort_ro lolwut pfcount";

/// Commands of which some sub-commands read.
const BOTH: &[(&str, &str)] = &[
    ("config", "get help"),
    ("client", "list info getname id getredir trackinginfo help"),
    (
        "cluster",
        "info nodes slots shards keyslot myid myshardid countkeysinslot getkeysinslot replicas \
         slaves links count-failure-reports help",
    ),
    ("slowlog", "get len help"),
    ("memory", "usage stats doctor malloc-stats help"),
    ("latency", "latest history doctor graph histogram help"),
    ("acl", "whoami list users cat getuser log help"),
    ("command", "count docs info list getkeys getkeysandflags help"),
    ("object", "encoding idletime freq refcount help"),
    ("pubsub", "channels numsub numpat shardchannels shardnumsub help"),
    ("xinfo", "stream groups consumers help"),
    ("module", "list help"),
    ("script", "exists help"),
    ("function", "list stats dump help"),
    ("debug", "object"),
    ("sentinel", "masters master slaves replicas sentinels ckquorum get-master-addr-by-name myid"),
];

/// Commands that change something, of which it is as well to be told.
const CHANGING: &str = "set setex setnx psetex mset msetnx append incr decr incrby decrby getset \
    getdel getex del unlink expire pexpire expireat persist rename renamenx move copy restore migrate \
    hset hmset hsetnx hdel hincrby lpush rpush lpop rpop lrem lset ltrim linsert sadd srem spop smove \
    zadd zrem zincrby zpopmin zpopmax xadd xdel xtrim xgroup xack xclaim flushall flushdb save bgsave \
    bgrewriteaof shutdown replicaof slaveof failover publish swapdb pfadd setbit setrange reset";

/// Options with which it sends commands of its own that read.
const SAMPLING: &str = "--scan --bigkeys --memkeys --hotkeys --stat --latency --latency-history \
    --latency-dist --intrinsic-latency";

/// What `redis-cli` is told to send.
pub(super) fn redis(parsed: &Parsed) -> Vec<Objection> {
    objection(parsed).into_iter().collect()
}

fn objection(parsed: &Parsed) -> Option<Objection> {
    if parsed.has("--cluster") {
        return cluster(parsed);
    }
    let Some(first) = parsed.operands.first() else {
        let text = "reads commands that nobody has looked at";
        return (!parsed.has(SAMPLING)).then(|| unknown(text, Span::new(0, 0)));
    };
    let Some(command) = first.text().map(str::to_ascii_lowercase) else {
        return Some(unknown("sends a command that is known only when it runs", first.span));
    };
    // Several words in one argument are split by nobody: no command has such a name.
    if lists(READING, &command) || lists("monitor subscribe psubscribe ssubscribe", &command) {
        return None;
    }
    if lists(CHANGING, &command) {
        return Some(write(&format!("changes something with `{command}`"), first.span));
    }
    let next = parsed.operands.get(1);
    let next = next.map_or(Some(String::new()), |it| it.text().map(str::to_ascii_lowercase));
    let both = BOTH.iter().find(|(name, _)| *name == command);
    let reads = match (both, &next) {
        (Some(_), None) | (None, _) => false,
        (Some((name, _)), Some(sub)) if sub.is_empty() => *name == "command",
        (Some((_, reading)), Some(sub)) => lists(reading, sub),
    };
    // `acl log` takes a number, or `reset`.
    let further = parsed.operands.get(2).filter(|_| command == "acl").map(Argument::text);
    let resets = |text: Option<&str>| text.is_none_or(|it| it.eq_ignore_ascii_case("reset"));
    let reads = reads && !further.is_some_and(resets);
    (!reads).then(|| unknown(&format!("sends `{command}`, which may change something"), first.span))
}

/// `--cluster check HOST:PORT` and `--cluster info`.
fn cluster(parsed: &Parsed) -> Option<Objection> {
    let reads = |it: &Argument| it.text().is_some_and(|text| lists("check info", text));
    let address = |it: &Argument| !it.known.is_empty() && !it.known.starts_with('-');
    let checks = parsed.values_of("--cluster").all(reads);
    // Further options may follow the address, `--cluster-fix` among them.
    let only_address = parsed.operands.len() == 1 && parsed.operands.iter().all(address);
    let span = parsed.values_of("--cluster").next().map_or(Span::new(0, 0), |it| it.span);
    (!checks || !only_address).then(|| unknown("may change a cluster", span))
}
