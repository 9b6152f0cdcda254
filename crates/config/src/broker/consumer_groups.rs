//! Consumer groups with server-side assignment: the newer protocol: the coordinator computes the assignment.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "group.consumer.assignors" List = Is("uniform,range"), Any, Medium, ReadOnly, NEXT_GROUPS;
        "The assignors offered, the first being the default."
    "group.consumer.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, ClusterWide, NEXT_GROUPS;
        "The shortest time between two assignments of a group, in milliseconds."
    "group.consumer.min.assignment.interval.ms" Int = Is("0"), AtLeast(0), Medium, ReadOnly, NEXT_GROUPS;
        "The lowest such time a group may be given, in milliseconds."
    "group.consumer.max.assignment.interval.ms" Int = Is("15000"), AtLeast(0), Medium, ReadOnly, NEXT_GROUPS;
        "The highest such time a group may be given, in milliseconds."
    "group.consumer.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "How often members send heartbeats, in milliseconds."
    "group.consumer.min.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "The shortest heartbeat interval a group may be given, in milliseconds."
    "group.consumer.max.heartbeat.interval.ms" Int = Is("15000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "The longest heartbeat interval a group may be given, in milliseconds."
    "group.consumer.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "A member without a heartbeat for this long is removed, in milliseconds."
    "group.consumer.min.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "The shortest session timeout a group may be given, in milliseconds."
    "group.consumer.max.session.timeout.ms" Int = Is("60000"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "The longest session timeout a group may be given, in milliseconds."
    "group.consumer.max.size" Int = Is("2147483647"), AtLeast(1), Medium, ReadOnly, NEXT_GROUPS;
        "The most members of one group."
    "group.consumer.migration.policy" Str = Is("bidirectional"),
        OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]), Medium, ReadOnly, NEXT_GROUPS;
        "Whether a group may move between the classic and the newer protocol while it is running, and in which \
        direction."
    "group.consumer.regex.refresh.interval.ms" Int = Is("600000"), AtLeast(10000), Internal, ReadOnly, NEXT_GROUPS;
        "How often subscribed patterns are matched again, in milliseconds."
};
