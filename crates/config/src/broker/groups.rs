//! Consumer groups and offsets: the classic group protocol and the offsets of all groups.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "group.coordinator.rebalance.protocols" List = Is("classic,consumer,streams"),
        EachOf(&["consumer", "classic", "share", "streams"]), Medium, ReadOnly, Yes;
        "Which group protocols are offered. Of these only `classic` is served so far."
    "group.min.session.timeout.ms" Int = Is("6000"), Any, Medium, ReadOnly, Yes;
        "The shortest session timeout a member may ask for, in milliseconds."
    "group.max.session.timeout.ms" Int = Is("1800000"), Any, Medium, ReadOnly, Yes;
        "The longest session timeout a member may ask for, in milliseconds."
    "group.initial.rebalance.delay.ms" Int = Is("3000"), Any, Medium, ReadOnly, Yes;
        "How long an empty group waits for more members before its first rebalance, in milliseconds."
    "group.max.size" Int = Is("2147483647"), AtLeast(1), Medium, ReadOnly, Yes;
        "The most members of one group."
    "group.coordinator.threads" Int = Is("4"), AtLeast(1), High, ReadOnly, THREADS;
        "Threads of the group coordinator."
    "group.coordinator.background.threads" Int = Is("2"), AtLeast(1), High, ReadOnly, THREADS;
        "Threads for the group coordinator's background work."
    "group.coordinator.append.linger.ms" Int = Is("-1"), AtLeast(-1), Medium, ReadOnly, COMMIT_NOW;
        "How long the group coordinator collects records before it writes them, in milliseconds; -1 adapts to the load."
    "group.coordinator.cached.buffer.max.bytes" Int = Is("1048588"), AtLeast(524288), Medium, ClusterWide, COMMIT_NOW;
        "The largest write buffer the group coordinator keeps for reuse, in bytes."
    "offset.metadata.max.bytes" Int = Is("4096"), Any, High, ReadOnly, Yes;
        "The longest text that may be stored with a committed offset, in bytes."
    "offsets.commit.timeout.ms" Int = Is("5000"), AtLeast(1), High, ReadOnly, CLUSTERS;
        "How long a commit of offsets may wait for its replicas, in milliseconds."
    "offsets.load.buffer.size" Int = Is("5242880"), AtLeast(1), High, ReadOnly, FIXED;
        "How many bytes of the offsets topic are read at a time when a coordinator starts."
    "offsets.retention.minutes" Int = Is("10080"), AtLeast(1), High, ReadOnly, Yes;
        "How long the offsets of a group without members are kept, in minutes."
    "offsets.retention.check.interval.ms" Long = Is("600000"), AtLeast(1), High, ReadOnly, Yes;
        "How often expired offsets are looked for, in milliseconds."
    "offsets.topic.num.partitions" Int = Is("50"), AtLeast(1), High, ReadOnly, Yes;
        "How many partitions the offsets topic is created with. It must not change afterwards."
    "offsets.topic.replication.factor" Short = Is("3"), AtLeast(1), High, ReadOnly, Yes;
        "How many replicas the offsets topic is created with."
    "offsets.topic.segment.bytes" Int = Is("104857600"), AtLeast(1), High, ReadOnly, Yes;
        "The segment size the offsets topic is created with, in bytes."
    "offsets.topic.compression.codec" Int = Is("0"), Between(0, 4), High, ReadOnly, PLAIN_OFFSETS;
        "How offsets are compressed: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."
};
