//! Topics, produce and fetch: how topics come to be, and the limits of writing and reading them.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "auto.create.topics.enable" Bool = Is("true"), Any, High, ReadOnly, Yes;
        "Whether a topic that a client asks for is created when it does not exist."
    "delete.topic.enable" Bool = Is("true"), Any, High, ReadOnly, Yes;
        "Whether topics can be deleted at all."
    "num.partitions" Int = Is("1"), AtLeast(1), Medium, ReadOnly, Yes;
        "How many partitions a new topic gets when its creator does not say."
    "default.replication.factor" Int = Is("1"), Any, Medium, ReadOnly, Yes;
        "How many replicas a new topic's partitions get when its creator does not say."
    "min.insync.replicas" Int = Is("1"), AtLeast(1), High, ClusterWide, Yes;
        "How many replicas must be in sync for a write with acks=all to be accepted."
    "compression.type" Str = Is("producer"), OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        High, ClusterWide, Yes;
        "How records are compressed on disk; `producer` keeps what the producer chose."
    "compression.gzip.level" Int = Is("-1"), BetweenOr(1, 9, -1), Medium, ClusterWide, Yes;
        "The level used when this broker compresses with gzip; -1 is the library's own default."
    "compression.lz4.level" Int = Is("9"), Between(1, 17), Medium, ClusterWide, Yes;
        "The level used when this broker compresses with lz4."
    "compression.zstd.level" Int = Is("3"), Between(-131072, 22), Medium, ClusterWide, Yes;
        "The level used when this broker compresses with zstd."
    "message.max.bytes" Int = Is("1048588"), AtLeast(0), High, ClusterWide, Yes;
        "The largest record batch accepted, in bytes, as it is after compression."
    "fetch.max.bytes" Int = Is("57671680"), AtLeast(1024), Medium, ReadOnly, Yes;
        "The most bytes one fetch returns, whatever the client asks for."
    "max.incremental.fetch.session.cache.slots" Int = Is("1000"), AtLeast(0), Medium, ReadOnly, Yes;
        "How many incremental fetch sessions are remembered."
    "max.request.partition.size.limit" Int = Is("2000"), AtLeast(1), Medium, ReadOnly, Yes;
        "The most partitions one DescribeTopicPartitions request returns."
    "unclean.leader.election.enable" Bool = Is("false"), Any, High, ClusterWide, Yes;
        "Whether a replica that is not in sync may lead when no other is left, at the price of lost records."
    "unclean.leader.election.interval.ms" Long = Is("300000"), AtLeast(1), Internal, ReadOnly, CLUSTERS;
        "How often the controller looks for partitions to give such a leader, in milliseconds."
    "auto.leader.rebalance.enable" Bool = Is("true"), Any, High, ReadOnly, Yes;
        "Whether the controller hands leadership back to preferred replicas by itself."
    "leader.imbalance.check.interval.seconds" Long = Is("300"), AtLeast(1), High, ReadOnly, Yes;
        "How often it looks for leaders to hand back, in seconds."
    "delete.records.purgatory.purge.interval.requests" Int = Is("1"), Any, Medium, ReadOnly, EVENTS;
        "How many requests pass before finished DeleteRecords waits are cleared away."
    "fetch.purgatory.purge.interval.requests" Int = Is("1000"), Any, Medium, ReadOnly, EVENTS;
        "How many requests pass before finished fetch waits are cleared away."
    "producer.purgatory.purge.interval.requests" Int = Is("1000"), Any, Medium, ReadOnly, EVENTS;
        "How many requests pass before finished produce waits are cleared away."
    "share.fetch.purgatory.purge.interval.requests" Int = Is("1000"), Any, Medium, ReadOnly, EVENTS;
        "How many requests pass before finished share fetch waits are cleared away."
};
