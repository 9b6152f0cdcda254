//! Keys of a topic. One that is not set falls back to the broker keys after `from`, in that order.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Topic;
    "cleanup.policy" List = Is("delete"), EachOf(&["compact", "delete"]), Medium, PerResource, Yes,
        from [same("log.cleanup.policy")];
        "What happens to old segments: `delete` removes them, `compact` keeps the last record of every key; both may \
        be given, and none keeps everything."
    "compression.type" Str = Is("producer"), OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        Medium, PerResource, Yes, from [same("compression.type")];
        "How records are compressed on disk; `producer` keeps what the producer chose."
    "compression.gzip.level" Int = Is("-1"), BetweenOr(1, 9, -1), Medium, PerResource, Yes,
        from [same("compression.gzip.level")];
        "The level used when the broker compresses with gzip; -1 is the library's own default."
    "compression.lz4.level" Int = Is("9"), Between(1, 17), Medium, PerResource, Yes,
        from [same("compression.lz4.level")];
        "The level used when the broker compresses with lz4."
    "compression.zstd.level" Int = Is("3"), Between(-131072, 22), Medium, PerResource, Yes,
        from [same("compression.zstd.level")];
        "The level used when the broker compresses with zstd."
    "retention.ms" Long = Is("604800000"), AtLeast(-1), Medium, PerResource, Yes,
        from [same("log.retention.ms"), times("log.retention.minutes", MINUTE), times("log.retention.hours", HOUR)];
        "How long records are kept, in milliseconds; -1 means forever."
    "retention.bytes" Long = Is("-1"), Any, Medium, PerResource, Yes, from [same("log.retention.bytes")];
        "How many bytes of each partition are kept; -1 means no limit."
    "segment.bytes" Int = Is("1073741824"), AtLeast(1048576), Medium, PerResource, Yes,
        from [same("log.segment.bytes")];
        "The size at which a log starts a new segment, in bytes."
    "segment.ms" Long = Is("604800000"), AtLeast(1), Medium, PerResource, Yes,
        from [same("log.roll.ms"), times("log.roll.hours", HOUR)];
        "The age at which a log starts a new segment, in milliseconds."
    "segment.jitter.ms" Long = Is("0"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.roll.jitter.ms"), times("log.roll.jitter.hours", HOUR)];
        "The largest random part taken off that age, in milliseconds, so that segments do not all end at once."
    "segment.index.bytes" Int = Is("10485760"), AtLeast(4), Medium, PerResource, Yes,
        from [same("log.index.size.max.bytes")];
        "The largest size of an offset or time index, in bytes."
    "index.interval.bytes" Int = Is("4096"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.index.interval.bytes")];
        "About how many bytes of records lie between two entries of the offset index."
    "internal.segment.bytes" Int = Null, Any, Internal, PerResource, Yes;
        "Replaces `segment.bytes` in tests, in bytes, without its lower bound."
    "file.delete.delay.ms" Long = Is("60000"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.segment.delete.delay.ms")];
        "How long the files of a removed segment stay before they are deleted, in milliseconds."
    "flush.messages" Long = Is("9223372036854775807"), AtLeast(1), Medium, PerResource, Yes,
        from [same("log.flush.interval.messages")];
        "After how many records the log is synced to disk."
    "flush.ms" Long = Is("9223372036854775807"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.flush.interval.ms"), same("log.flush.scheduler.interval.ms")];
        "After how long written records are synced to disk, in milliseconds."
    "preallocate" Bool = Is("false"), Any, Medium, PerResource, GROWING, from [same("log.preallocate")];
        "Whether a new segment's space is taken from the file system at once."
    "max.message.bytes" Int = Is("1048588"), AtLeast(0), Medium, PerResource, Yes, from [same("message.max.bytes")];
        "The largest record batch accepted, in bytes, as it is after compression."
    "message.timestamp.type" Str = Is("CreateTime"), OneOf(&["CreateTime", "LogAppendTime"]), Medium, PerResource, Yes,
        from [same("log.message.timestamp.type")];
        "Whose time a record carries: the producer's (`CreateTime`) or the broker's (`LogAppendTime`)."
    "message.timestamp.before.max.ms" Long = Is("9223372036854775807"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.message.timestamp.before.max.ms")];
        "How far a record's time may lie in the past, in milliseconds."
    "message.timestamp.after.max.ms" Long = Is("3600000"), AtLeast(0), Medium, PerResource, Yes,
        from [same("log.message.timestamp.after.max.ms")];
        "How far a record's time may lie in the future, in milliseconds."
    "min.insync.replicas" Int = Is("1"), AtLeast(1), Medium, PerResource, Yes, from [same("min.insync.replicas")];
        "How many replicas must be in sync for a write with acks=all to be accepted."
    "unclean.leader.election.enable" Bool = Is("false"), Any, Medium, PerResource, CLUSTERS,
        from [same("unclean.leader.election.enable")];
        "Whether a replica that is not in sync may lead when no other is left, at the price of lost records."
    "leader.replication.throttled.replicas" List = Is(""), ThrottledReplicas, Medium, PerResource, QUOTAS;
        "The replicas whose leaders send at the throttled rate, as `partition:broker`, comma separated; `*` means all."
    "follower.replication.throttled.replicas" List = Is(""), ThrottledReplicas, Medium, PerResource, QUOTAS;
        "The replicas that copy at the throttled rate, as `partition:broker`, comma separated; `*` means all."
    "min.cleanable.dirty.ratio" Double = Is("0.5"), Within(0.0, 1.0), Medium, PerResource, COMPACTION,
        from [same("log.cleaner.min.cleanable.ratio")];
        "The share of a log that must be uncleaned before it is worth cleaning, from 0 to 1."
    "min.compaction.lag.ms" Long = Is("0"), AtLeast(0), Medium, PerResource, COMPACTION,
        from [same("log.cleaner.min.compaction.lag.ms")];
        "How long a record stays uncompacted at least, in milliseconds."
    "max.compaction.lag.ms" Long = Is("9223372036854775807"), AtLeast(1), Medium, PerResource, COMPACTION,
        from [same("log.cleaner.max.compaction.lag.ms")];
        "How long a record may stay uncompacted at most, in milliseconds."
    "delete.retention.ms" Long = Is("86400000"), AtLeast(0), Medium, PerResource, COMPACTION,
        from [same("log.cleaner.delete.retention.ms")];
        "How long a tombstone stays readable in a compacted topic, in milliseconds."
    "remote.storage.enable" Bool = Is("false"), Any, Medium, PerResource, TIERED;
        "Whether this topic keeps segments in remote storage."
    "remote.log.copy.disable" Bool = Is("false"), Any, Medium, PerResource, TIERED;
        "Whether copying to remote storage stops while what is there stays readable."
    "remote.log.delete.on.disable" Bool = Is("false"), Any, Medium, PerResource, TIERED;
        "Whether what is in remote storage is deleted when remote storage is switched off for this topic."
    "local.retention.ms" Long = Is("-2"), AtLeast(-2), Medium, PerResource, TIERED,
        from [same("log.local.retention.ms")];
        "How long records stay on local disk once they are in remote storage, in milliseconds; -2 means as long as \
        `retention.ms`."
    "local.retention.bytes" Long = Is("-2"), AtLeast(-2), Medium, PerResource, TIERED,
        from [same("log.local.retention.bytes")];
        "How many bytes stay on local disk once they are in remote storage; -2 means as much as `retention.bytes`."
};
