//! Keys of a group. One that is not set falls back to the broker key after `from`.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Group;
    "consumer.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, PerResource, NEXT_GROUPS,
        from [same("group.consumer.assignment.interval.ms")];
        "The shortest time between two assignments of the group, in milliseconds."
    "consumer.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, PerResource, NEXT_GROUPS,
        from [same("group.consumer.heartbeat.interval.ms")];
        "How often the group's members send heartbeats, in milliseconds."
    "consumer.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, PerResource, NEXT_GROUPS,
        from [same("group.consumer.session.timeout.ms")];
        "A member without a heartbeat for this long is removed, in milliseconds."
    "share.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, PerResource, SHARE,
        from [same("group.share.assignment.interval.ms")];
        "The shortest time between two assignments of the share group, in milliseconds."
    "share.auto.offset.reset" Str = Is("latest"), OffsetReset, Medium, PerResource, SHARE;
        "Where a new share group begins: `latest`, `earliest`, or `by_duration:` with how far back, as an ISO 8601 \
        duration."
    "share.delivery.count.limit" Int = Is("5"), AtLeast(2), Medium, PerResource, SHARE,
        from [same("group.share.delivery.count.limit")];
        "How often a record is delivered before it is given up."
    "share.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, PerResource, SHARE,
        from [same("group.share.heartbeat.interval.ms")];
        "How often the share group's members send heartbeats, in milliseconds."
    "share.isolation.level" Str = Is("read_uncommitted"), OneOf(&["read_committed", "read_uncommitted"]),
        Medium, PerResource, SHARE;
        "Whether records of open and aborted transactions are delivered."
    "share.partition.max.record.locks" Int = Is("2000"), AtLeast(100), Medium, PerResource, SHARE,
        from [same("group.share.partition.max.record.locks")];
        "The most records of one partition that are out for delivery at once."
    "share.record.lock.duration.ms" Int = Is("30000"), AtLeast(1000), Medium, PerResource, SHARE,
        from [same("group.share.record.lock.duration.ms")];
        "How long a member may hold a record before it is offered again, in milliseconds."
    "share.renew.acknowledge.enable" Bool = Is("true"), Any, Medium, PerResource, SHARE;
        "Whether a member may prolong its hold on a record."
    "share.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, PerResource, SHARE,
        from [same("group.share.session.timeout.ms")];
        "A member without a heartbeat for this long is removed, in milliseconds."
    "streams.assignment.interval.ms" Int = Is("1000"), AtLeast(0), Medium, PerResource, STREAMS,
        from [same("group.streams.assignment.interval.ms")];
        "The shortest time between two assignments of the streams group, in milliseconds."
    "streams.heartbeat.interval.ms" Int = Is("5000"), AtLeast(1), Medium, PerResource, STREAMS,
        from [same("group.streams.heartbeat.interval.ms")];
        "How often the streams group's members send heartbeats, in milliseconds."
    "streams.initial.rebalance.delay.ms" Int = Is("3000"), AtLeast(0), Medium, PerResource, STREAMS,
        from [same("group.streams.initial.rebalance.delay.ms")];
        "How long the empty streams group waits for more members before its first assignment, in milliseconds."
    "streams.num.standby.replicas" Int = Is("0"), AtLeast(0), Medium, PerResource, STREAMS,
        from [same("group.streams.num.standby.replicas")];
        "How many warm copies of each task are kept."
    "streams.session.timeout.ms" Int = Is("45000"), AtLeast(1), Medium, PerResource, STREAMS,
        from [same("group.streams.session.timeout.ms")];
        "A member without a heartbeat for this long is removed, in milliseconds."
};
