//! Replication: how followers copy their leaders.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "replica.lag.time.max.ms" Long = Is("30000"), Any, High, ReadOnly, CLUSTERS;
        "A follower that has not caught up for this long is no longer in sync, in milliseconds."
    "replica.fetch.max.bytes" Int = Is("1048576"), AtLeast(0), Medium, ReadOnly, CLUSTERS;
        "The most bytes of one partition a follower asks for at a time."
    "replica.fetch.response.max.bytes" Int = Is("10485760"), AtLeast(0), Medium, ReadOnly, CLUSTERS;
        "The most bytes a follower asks for in one fetch."
    "replica.fetch.min.bytes" Int = Is("1"), Any, High, ReadOnly, CLUSTERS;
        "The fewest bytes for which a leader answers a follower's fetch at once."
    "replica.fetch.wait.max.ms" Int = Is("500"), Any, High, ReadOnly, CLUSTERS;
        "How long a leader may hold a follower's fetch when there is little to send, in milliseconds."
    "replica.fetch.backoff.ms" Int = Is("1000"), AtLeast(0), Medium, ReadOnly, CLUSTERS;
        "How long a follower pauses after a failed fetch, in milliseconds."
    "replica.high.watermark.checkpoint.interval.ms" Long = Is("5000"), Any, High, ReadOnly, Yes;
        "How often high watermarks are written down, in milliseconds."
    "replica.selector.class" Str = Null, Any, Medium, ReadOnly, CLUSTERS;
        "The rule by which consumers are sent to a nearby replica."
    "replica.socket.receive.buffer.bytes" Int = Is("65536"), Any, High, ReadOnly, CLUSTERS;
        "The kernel's receive buffer of a follower's connection, in bytes."
    "replica.socket.timeout.ms" Int = Is("30000"), Any, High, ReadOnly, CLUSTERS;
        "How long a follower waits for an answer, in milliseconds."
    "num.replica.fetchers" Int = Is("1"), AtLeast(1), High, ClusterWide, CLUSTERS;
        "How many connections copy from each leader."
    "num.replica.alter.log.dirs.threads" Int = Null, Any, High, ReadOnly, CLUSTERS;
        "How many partitions move between log directories at a time."
};
