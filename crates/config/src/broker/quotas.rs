//! Quotas: how rates are measured, and which code enforces them.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "quota.window.num" Int = Is("11"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How many windows the rates of clients are averaged over."
    "quota.window.size.seconds" Int = Is("1"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How long each of those windows is, in seconds."
    "replication.quota.window.num" Int = Is("11"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How many windows the rates of replication are averaged over."
    "replication.quota.window.size.seconds" Int = Is("1"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How long each of those windows is, in seconds."
    "alter.log.dirs.replication.quota.window.num" Int = Is("11"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How many windows the rates of moves between directories are averaged over."
    "alter.log.dirs.replication.quota.window.size.seconds" Int = Is("1"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How long each of those windows is, in seconds."
    "controller.quota.window.num" Int = Is("11"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How many windows the rates of changes to topics are averaged over."
    "controller.quota.window.size.seconds" Int = Is("1"), AtLeast(1), Low, ReadOnly, QUOTAS;
        "How long each of those windows is, in seconds."
    "client.quota.callback.class" Class = Null, Any, Low, ReadOnly, JVM;
        "A class that decides the quotas of clients."
};
