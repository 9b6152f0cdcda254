//! Compaction: the cleaner, which keeps the last record of every key in compacted topics.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "log.cleaner.enable" Bool = Is("true"), Any, Medium, ReadOnly, COMPACTION;
        "Whether compacted topics are compacted."
    "log.cleaner.threads" Int = Is("1"), AtLeast(0), Medium, ClusterWide, COMPACTION;
        "How many logs are compacted at a time."
    "log.cleaner.backoff.ms" Long = Is("15000"), AtLeast(0), Medium, ClusterWide, COMPACTION;
        "How long the cleaner sleeps when nothing needs cleaning, in milliseconds."
    "log.cleaner.dedupe.buffer.size" Long = Is("134217728"), Any, Medium, ClusterWide, COMPACTION;
        "Memory for the map from key to last offset, in bytes, shared by all cleaning at a time."
    "log.cleaner.io.buffer.size" Int = Is("524288"), AtLeast(0), Medium, ClusterWide, COMPACTION;
        "Memory for reading and writing while cleaning, in bytes."
    "log.cleaner.io.buffer.load.factor" Double = Is("0.9"), Any, Medium, ClusterWide, COMPACTION;
        "How full the map from key to last offset may get, from 0 to 1."
    "log.cleaner.io.max.bytes.per.second" Double = Is("1.7976931348623157E308"), Any, Medium, ClusterWide, COMPACTION;
        "The most bytes a second the cleaner reads and writes."
    "log.cleaner.min.cleanable.ratio" Double = Is("0.5"), Within(0.0, 1.0), Medium, ClusterWide, COMPACTION;
        "The share of a log that must be uncleaned before it is worth cleaning, from 0 to 1."
    "log.cleaner.min.compaction.lag.ms" Long = Is("0"), AtLeast(0), Medium, ClusterWide, COMPACTION;
        "How long a record stays uncompacted at least, in milliseconds."
    "log.cleaner.max.compaction.lag.ms" Long = Is("9223372036854775807"), AtLeast(1), Medium, ClusterWide, COMPACTION;
        "How long a record may stay uncompacted at most, in milliseconds."
    "log.cleaner.delete.retention.ms" Long = Is("86400000"), AtLeast(0), Medium, ClusterWide, COMPACTION;
        "How long a tombstone stays readable in a compacted topic, in milliseconds."
};
