//! The names that scripts of `mongosh` may use, after <https://www.mongodb.com/docs/manual/reference/method/>.

/// What may stand nowhere in a script: it leads to functions, or makes a query run or write
/// something.
pub(super) const HOSTILE: &[&str] = &[
    "constructor",
    "prototype",
    "__proto__",
    "$where",
    "$function",
    "$accumulator",
    "$out",
    "$merge",
];

/// What follows `show`.
pub(super) const SHOWN: &str = "dbs databases collections tables users roles profile";

/// Functions of the shell that compute or print.
pub(super) const PLAIN: &str = "print printjson tojson ObjectId ISODate NumberLong NumberInt \
    NumberDecimal Timestamp UUID Number String parseInt Long Int32";

/// Methods of `db`.
pub(super) const DATABASE: &str = "stats serverStatus hello isMaster version getName \
    getCollectionNames getCollectionInfos hostInfo serverBuildInfo buildInfo currentOp \
    getProfilingStatus getProfilingLevel getReplicationInfo printReplicationInfo \
    printSecondaryReplicationInfo printSlaveReplicationInfo printShardingStatus getUsers getUser \
    getRoles getRole listCommands serverCmdLineOpts aggregate printCollectionStats latencyStats";

/// Methods of a collection.
pub(super) const COLLECTION: &str = "find findOne countDocuments estimatedDocumentCount count \
    distinct aggregate getIndexes getIndexKeys stats totalSize dataSize storageSize totalIndexSize \
    isCapped latencyStats getShardDistribution";

/// Methods of a connection.
pub(super) const CONNECTION: &str = "getDBNames getDBs getReadPrefMode";

/// Methods of `rs`.
pub(super) const REPLICA_SET: &str = "status conf config hello isMaster printReplicationInfo \
    printSecondaryReplicationInfo printSlaveReplicationInfo secondaryOk slaveOk";

/// Methods of `sh`.
pub(super) const SHARDING: &str = "status getBalancerState isBalancerRunning";

/// Methods of cursors, lists and texts.
pub(super) const VALUE: &str = "limit sort skip count size toArray pretty explain hint batchSize \
    maxTimeMS itcount hasNext next length map filter forEach find join slice toString toFixed \
    includes projection readPref collation comment toISOString getTime";

/// Commands of the server.
pub(super) const COMMANDS: &str = "ping hello isMaster ismaster buildInfo buildinfo serverStatus \
    replSetGetStatus replSetGetConfig listDatabases listCollections listIndexes dbStats dbstats \
    collStats collstats getParameter getCmdLineOpts hostInfo connectionStatus connPoolStats \
    currentOp top getLog listShards balancerStatus getDefaultRWConcern usersInfo rolesInfo \
    isdbgrid features listCommands";
