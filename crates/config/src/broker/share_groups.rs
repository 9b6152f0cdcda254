//! Share groups: groups whose members share partitions record by record, and where their state is kept.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "group.share.assignors" List = Is("simple"), Any, Medium, ReadOnly, SHARE;
        "The assignors offered for share groups."
    "group.share.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, ClusterWide, SHARE;
        "The shortest time between two assignments of a share group, in milliseconds."
    "group.share.min.assignment.interval.ms" Int = Is("0"), AtLeast(0), Medium, ReadOnly, SHARE;
        "The lowest such time a share group may be given, in milliseconds."
    "group.share.max.assignment.interval.ms" Int = Is("15000"), AtLeast(0), Medium, ReadOnly, SHARE;
        "The highest such time a share group may be given, in milliseconds."
    "group.share.delivery.count.limit" Int = Is("5"), Between(2, 10), Medium, ReadOnly, SHARE;
        "How often a record is delivered before it is given up."
    "group.share.min.delivery.count.limit" Int = Is("2"), Between(2, 5), Medium, ReadOnly, SHARE;
        "The lowest delivery limit a share group may be given."
    "group.share.max.delivery.count.limit" Int = Is("10"), Between(5, 25), Medium, ReadOnly, SHARE;
        "The highest delivery limit a share group may be given."
    "group.share.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "How often members of share groups send heartbeats, in milliseconds."
    "group.share.min.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "The shortest heartbeat interval a share group may be given, in milliseconds."
    "group.share.max.heartbeat.interval.ms" Int = Is("15000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "The longest heartbeat interval a share group may be given, in milliseconds."
    "group.share.initialize.retry.interval.ms" Int = Is("30000"), AtLeast(1), Internal, ReadOnly, SHARE;
        "How long before the state of a share partition is initialised again after a failure, in milliseconds."
    "group.share.partition.max.record.locks" Int = Is("2000"), Between(100, 10000), Medium, ReadOnly, SHARE;
        "The most records of one partition that are out for delivery at once."
    "group.share.min.partition.max.record.locks" Int = Is("100"), Between(100, 2000), Medium, ReadOnly, SHARE;
        "The lowest such number a share group may be given."
    "group.share.max.partition.max.record.locks" Int = Is("4000"), Between(2000, 10000), Medium, ReadOnly, SHARE;
        "The highest such number a share group may be given."
    "group.share.record.lock.duration.ms" Int = Is("30000"), Between(1000, 3600000), Medium, ReadOnly, SHARE;
        "How long a member may hold a record before it is offered again, in milliseconds."
    "group.share.min.record.lock.duration.ms" Int = Is("15000"), Between(1000, 30000), Medium, ReadOnly, SHARE;
        "The shortest lock a share group may be given, in milliseconds."
    "group.share.max.record.lock.duration.ms" Int = Is("60000"), Between(30000, 3600000), Medium, ReadOnly, SHARE;
        "The longest lock a share group may be given, in milliseconds."
    "group.share.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "A member of a share group without a heartbeat for this long is removed, in milliseconds."
    "group.share.min.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "The shortest session timeout a share group may be given, in milliseconds."
    "group.share.max.session.timeout.ms" Int = Is("60000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "The longest session timeout a share group may be given, in milliseconds."
    "group.share.max.share.sessions" Int = Is("2000"), AtLeast(1), Medium, ReadOnly, SHARE;
        "The most share sessions of one broker."
    "group.share.max.size" Int = Is("200"), Between(1, 1000), Medium, ReadOnly, SHARE;
        "The most members of one share group."
    "group.share.persister.class.name" Str = Is("org.apache.kafka.server.share.persister.DefaultStatePersister"), Any,
        Internal, ReadOnly, JVM;
        "The class that stores the state of share groups."
    "share.coordinator.append.linger.ms" Int = Is("-1"), AtLeast(-1), Medium, ReadOnly, SHARE;
        "How long the share coordinator collects records before it writes them, in milliseconds; -1 adapts to the load."
    "share.coordinator.cached.buffer.max.bytes" Int = Is("1048588"), AtLeast(524288), Medium, ClusterWide, SHARE;
        "The largest write buffer the share coordinator keeps for reuse, in bytes."
    "share.coordinator.cold.partition.snapshot.interval.ms" Int = Is("300000"), AtLeast(1), Internal, ReadOnly, SHARE;
        "How often the state of an idle share partition is written out again, in milliseconds."
    "share.coordinator.load.buffer.size" Int = Is("5242880"), AtLeast(1), High, ReadOnly, SHARE;
        "How many bytes of the state topic are read at a time when a share coordinator starts."
    "share.coordinator.snapshot.update.records.per.snapshot" Int = Is("500"), Between(0, 500), Medium, ReadOnly, SHARE;
        "How many changes of a share partition are written before its whole state is."
    "share.coordinator.state.topic.compression.codec" Int = Is("0"), Between(0, 4), High, ReadOnly, SHARE;
        "How the state of share groups is compressed: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."
    "share.coordinator.state.topic.min.isr" Short = Is("2"), AtLeast(1), High, ReadOnly, SHARE;
        "How many in-sync replicas the state topic of share groups needs for a write."
    "share.coordinator.state.topic.num.partitions" Int = Is("50"), AtLeast(1), High, ReadOnly, SHARE;
        "How many partitions the state topic of share groups is created with."
    "share.coordinator.state.topic.prune.interval.ms" Int = Is("300000"), AtLeast(1), Internal, ReadOnly, SHARE;
        "How often state that is no longer needed is removed, in milliseconds."
    "share.coordinator.state.topic.replication.factor" Short = Is("3"), AtLeast(1), High, ReadOnly, SHARE;
        "How many replicas the state topic of share groups is created with."
    "share.coordinator.state.topic.segment.bytes" Int = Is("104857600"), AtLeast(1), High, ReadOnly, SHARE;
        "The segment size the state topic of share groups is created with, in bytes."
    "share.coordinator.threads" Int = Is("1"), AtLeast(1), Medium, ReadOnly, THREADS;
        "Threads of the share coordinator."
    "share.coordinator.write.timeout.ms" Int = Is("5000"), AtLeast(1), High, ReadOnly, SHARE;
        "How long a write of the share coordinator may wait for its replicas, in milliseconds."
};
