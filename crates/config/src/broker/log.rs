//! Logs on disk: directories, segments, indexes, flushing and retention.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "log.dir" List = Is("/tmp/kafka-logs"), Any, High, ReadOnly, Yes;
        "The directory of the logs where `log.dirs` is not set."
    "log.dirs" List = Null, Any, High, ReadOnly, Yes;
        "The directories of the logs, comma separated; partitions are spread over them."
    "cordoned.log.dirs" List = Is(""), Any, Medium, PerBroker, CLUSTERS;
        "Log directories that take no new partitions; `*` means all of them."
    "log.dir.failure.timeout.ms" Long = Is("30000"), AtLeast(1), Low, ReadOnly, CLUSTERS;
        "How long a broker tries to tell the controller that a directory failed before it stops, in milliseconds."
    "log.segment.bytes" Int = Is("1073741824"), AtLeast(1048576), High, ClusterWide, Yes;
        "The size at which a log starts a new segment, in bytes."
    "log.segment.delete.delay.ms" Long = Is("60000"), AtLeast(0), High, ClusterWide, Yes;
        "How long the files of a removed segment stay before they are deleted, in milliseconds."
    "log.roll.ms" Long = Null, Any, High, ClusterWide, Yes, from [times("log.roll.hours", HOUR)];
        "The age at which a log starts a new segment, in milliseconds. Unset: `log.roll.hours`."
    "log.roll.hours" Int = Is("168"), AtLeast(1), High, ReadOnly, Yes;
        "The age at which a log starts a new segment, in hours."
    "log.roll.jitter.ms" Long = Null, Any, High, ClusterWide, Yes, from [times("log.roll.jitter.hours", HOUR)];
        "The largest random part taken off that age, in milliseconds, so that segments do not all end at once. \
        Unset: `log.roll.jitter.hours`."
    "log.roll.jitter.hours" Int = Is("0"), AtLeast(0), High, ReadOnly, Yes;
        "The largest random part taken off that age, in hours."
    "log.index.interval.bytes" Int = Is("4096"), AtLeast(0), Medium, ClusterWide, Yes;
        "About how many bytes of records lie between two entries of the offset index."
    "log.index.size.max.bytes" Int = Is("10485760"), AtLeast(4), Medium, ClusterWide, Yes;
        "The largest size of an offset or time index, in bytes."
    "log.preallocate" Bool = Is("false"), Any, Medium, ClusterWide, GROWING;
        "Whether a new segment's space is taken from the file system at once."
    "log.cleanup.policy" List = Is("delete"), EachOf(&["compact", "delete"]), Medium, ClusterWide, Yes;
        "What happens to old segments: `delete` removes them, `compact` keeps the last record of every key; both may \
        be given."
    "log.retention.ms" Long = Null, Any, High, ClusterWide, Yes,
        from [times("log.retention.minutes", MINUTE), times("log.retention.hours", HOUR)];
        "How long records are kept, in milliseconds; -1 means forever. Unset: `log.retention.minutes`."
    "log.retention.minutes" Int = Null, Any, High, ReadOnly, Yes;
        "How long records are kept, in minutes. Unset: `log.retention.hours`."
    "log.retention.hours" Int = Is("168"), Any, High, ReadOnly, Yes;
        "How long records are kept, in hours."
    "log.retention.bytes" Long = Is("-1"), Any, High, ClusterWide, Yes;
        "How many bytes of a partition are kept; -1 means no limit."
    "log.retention.check.interval.ms" Long = Is("300000"), AtLeast(1), Medium, ReadOnly, Yes;
        "How often logs are checked for segments to remove, in milliseconds."
    "log.local.retention.ms" Long = Is("-2"), AtLeast(-2), Medium, ClusterWide, TIERED;
        "How long records stay on local disk once they are in remote storage, in milliseconds; -2 means as long as \
        they are kept at all."
    "log.local.retention.bytes" Long = Is("-2"), AtLeast(-2), Medium, ClusterWide, TIERED;
        "How many bytes stay on local disk once they are in remote storage; -2 means as much as is kept at all."
    "log.flush.interval.messages" Long = Is("9223372036854775807"), AtLeast(1), High, ClusterWide, Yes;
        "After how many records a log is synced to disk."
    "log.flush.interval.ms" Long = Null, Any, High, ClusterWide, Yes, from [same("log.flush.scheduler.interval.ms")];
        "After how long written records are synced to disk, in milliseconds. Unset: `log.flush.scheduler.interval.ms`."
    "log.flush.scheduler.interval.ms" Long = Is("9223372036854775807"), Any, High, ReadOnly, Yes;
        "How often logs are checked for records to sync, in milliseconds."
    "log.flush.offset.checkpoint.interval.ms" Int = Is("60000"), AtLeast(0), High, ReadOnly, Yes;
        "How often recovery points are written down, in milliseconds."
    "log.flush.start.offset.checkpoint.interval.ms" Int = Is("60000"), AtLeast(0), High, ReadOnly, WITH_RECOVERY_POINTS;
        "How often log start offsets are written down, in milliseconds."
    "log.initial.task.delay.ms" Long = Is("30000"), AtLeast(0), Internal, ReadOnly, FIXED;
        "How long after starting the first retention and flush rounds begin, in milliseconds."
    "log.message.timestamp.type" Str = Is("CreateTime"), OneOf(&["CreateTime", "LogAppendTime"]),
        Medium, ClusterWide, Yes;
        "Whose time a record carries: the producer's (`CreateTime`) or the broker's (`LogAppendTime`)."
    "log.message.timestamp.before.max.ms" Long = Is("9223372036854775807"), AtLeast(0), Medium, ClusterWide, Yes;
        "How far a record's time may lie in the past, in milliseconds."
    "log.message.timestamp.after.max.ms" Long = Is("3600000"), AtLeast(0), Medium, ClusterWide, Yes;
        "How far a record's time may lie in the future, in milliseconds."
    "num.recovery.threads.per.data.dir" Int = Is("2"), AtLeast(1), High, ClusterWide, Yes;
        "How many logs of one directory are recovered at a time when starting."
};
