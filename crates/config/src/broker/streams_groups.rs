//! Streams groups: groups of stream processing applications, whose tasks the coordinator assigns.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "group.streams.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, ClusterWide, STREAMS;
        "The shortest time between two assignments of a streams group, in milliseconds."
    "group.streams.min.assignment.interval.ms" Int = Is("0"), AtLeast(0), Medium, ReadOnly, STREAMS;
        "The lowest such time a streams group may be given, in milliseconds."
    "group.streams.max.assignment.interval.ms" Int = Is("15000"), AtLeast(0), Medium, ReadOnly, STREAMS;
        "The highest such time a streams group may be given, in milliseconds."
    "group.streams.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "How often members of streams groups send heartbeats, in milliseconds."
    "group.streams.min.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "The shortest heartbeat interval a streams group may be given, in milliseconds."
    "group.streams.max.heartbeat.interval.ms" Int = Is("15000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "The longest heartbeat interval a streams group may be given, in milliseconds."
    "group.streams.initial.rebalance.delay.ms" Int = Is("3000"), AtLeast(0), Medium, ReadOnly, STREAMS;
        "How long an empty streams group waits for more members before its first assignment, in milliseconds."
    "group.streams.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "A member of a streams group without a heartbeat for this long is removed, in milliseconds."
    "group.streams.min.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "The shortest session timeout a streams group may be given, in milliseconds."
    "group.streams.max.session.timeout.ms" Int = Is("60000"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "The longest session timeout a streams group may be given, in milliseconds."
    "group.streams.max.size" Int = Is("2147483647"), AtLeast(1), Medium, ReadOnly, STREAMS;
        "The most members of one streams group."
    "group.streams.num.standby.replicas" Int = Is("0"), AtLeast(0), Medium, ReadOnly, STREAMS;
        "How many warm copies of each task a streams group keeps."
    "group.streams.max.standby.replicas" Int = Is("2"), AtLeast(0), Medium, ReadOnly, STREAMS;
        "The most warm copies a streams group may be given."
};
