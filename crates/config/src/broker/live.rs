//! Keys that exist only as live settings: tools set them while replicas move, and a file never has them.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "leader.replication.throttled.rate" Long = Is("9223372036854775807"), AtLeast(0), Medium, ClusterWide, QUOTAS;
        "The most bytes a second sent to followers of the throttled replicas."
    "follower.replication.throttled.rate" Long = Is("9223372036854775807"), AtLeast(0), Medium, ClusterWide, QUOTAS;
        "The most bytes a second copied by the throttled replicas."
    "replica.alter.log.dirs.io.max.bytes.per.second" Long = Is("9223372036854775807"), AtLeast(0),
        Medium, ClusterWide, QUOTAS;
        "The most bytes a second copied between log directories."
};
