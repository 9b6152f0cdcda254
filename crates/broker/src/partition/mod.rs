//! A partition as this node has it: its log, its role, and those who wait for it.
//!
//! ```text
//!  produce ─▶ validate ─▶ leader? enough in sync? ─▶ log ─▶ high watermark ─▶ wake waiters
//!  fetch   ─▶ leader? epoch? diverged? ─▶ log up to the high watermark (or the last stable offset)
//! ```

mod durability;
mod errors;
mod lookups;
mod produce;
mod read;
mod registry;
mod waiters;

pub(crate) use durability::Durability;
pub(crate) use errors::{AppendError, ReadError};
pub(crate) use produce::{ProduceFrom, TopicRules};
pub(crate) use read::{Isolation, Read, ReadRequest};
pub(crate) use registry::{Partitions, Topic};
pub(crate) use waiters::{Waiter, Waiters};

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use replication::{Leader, LeaderView};
use runtime::Clock;
use storage::Log;
use tokio::time::Instant;
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_NODE, NodeId, Offset};

/// One replica on this node.
pub(crate) struct Partition {
    name: types::TopicPartition,
    log: Arc<Log>,
    directory: usize,
    clock: Clock,
    rules: ArcSwap<TopicRules>,
    role: Mutex<Role>,
    waiters: Waiters,
    syncing: durability::Syncing,
    sync_failed: AtomicBool,
}

#[derive(Debug)]
enum Role {
    /// This node leads.
    Leader(Leader),
    /// Another node leads, or nobody does.
    Other { leader: NodeId, epoch: LeaderEpoch },
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name, f)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({})", self.name)
    }
}

impl Partition {
    pub(crate) fn new(log: Arc<Log>, directory: usize, rules: Arc<TopicRules>, clock: Clock) -> Partition {
        Partition {
            name: log.partition().clone(),
            log,
            directory,
            clock,
            rules: ArcSwap::new(rules),
            role: Mutex::new(Role::Other { leader: NO_NODE, epoch: NO_EPOCH }),
            waiters: Waiters::default(),
            syncing: durability::Syncing::default(),
            sync_failed: AtomicBool::new(false),
        }
    }

    /// The metadata log says that this node leads, in this epoch.
    pub(crate) fn become_leader(&self, view: LeaderView, min_in_sync: usize) {
        let now = self.clock.monotonic();
        let committed = {
            let mut role = self.role.lock();
            match &mut *role {
                Role::Leader(leader) if leader.epoch() == view.epoch => {
                    leader.update(view, now).or(leader.set_min_in_sync(min_in_sync))
                }
                other => {
                    let (end, mark) = (self.log.log_end_offset(), self.log.high_watermark());
                    let leader = Leader::new(view, end, mark, min_in_sync, now);
                    let committed = leader.high_watermark();
                    *other = Role::Leader(leader);
                    Some(committed)
                }
            }
        };
        if let Some(offset) = committed {
            self.log.advance_high_watermark(offset);
        }
        self.waiters.wake();
    }

    /// The metadata log says that another node leads, or nobody.
    pub(crate) fn follow(&self, leader: NodeId, epoch: LeaderEpoch) {
        *self.role.lock() = Role::Other { leader, epoch };
        self.waiters.wake();
    }

    /// The topic's configuration has changed.
    pub(crate) fn set_rules(&self, rules: Arc<TopicRules>) {
        let committed = match &mut *self.role.lock() {
            Role::Leader(leader) => leader.set_min_in_sync(rules.min_in_sync),
            Role::Other { .. } => None,
        };
        self.rules.store(rules);
        if let Some(offset) = committed {
            self.log.advance_high_watermark(offset);
            self.waiters.wake();
        }
    }

    pub(crate) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    pub(crate) fn topic_name(&self) -> &str {
        &self.name.topic
    }

    pub(crate) fn number(&self) -> i32 {
        self.name.partition
    }

    /// The index of its directory among `log.dirs`.
    pub(crate) fn directory(&self) -> usize {
        self.directory
    }

    pub(crate) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// Who leads, in which epoch, as far as this node knows.
    pub(crate) fn current_leader(&self) -> (NodeId, LeaderEpoch) {
        match &*self.role.lock() {
            Role::Leader(leader) => (leader.view().node, leader.epoch()),
            Role::Other { leader, epoch } => (*leader, *epoch),
        }
    }

    pub(crate) fn is_leader(&self) -> bool {
        matches!(&*self.role.lock(), Role::Leader(_))
    }

    /// Are as many replicas in sync as `min.insync.replicas` says?
    pub(crate) fn meets_min_in_sync(&self) -> bool {
        match &*self.role.lock() {
            Role::Leader(leader) => leader.has_enough_in_sync(),
            Role::Other { .. } => true,
        }
    }

    pub(crate) fn in_sync_count(&self) -> usize {
        match &*self.role.lock() {
            Role::Leader(leader) => leader.in_sync().len(),
            Role::Other { .. } => 0,
        }
    }

    pub(crate) fn leader_epoch(&self) -> LeaderEpoch {
        self.current_leader().1
    }

    /// Does this node lead, and in the epoch that the client knows of (−1: it does not say)?
    pub(crate) fn check_leader(&self, known: LeaderEpoch) -> Result<(), ErrorCode> {
        let role = self.role.lock();
        let (leads, epoch) = match &*role {
            Role::Leader(leader) => (true, leader.epoch()),
            Role::Other { epoch, .. } => (false, *epoch),
        };
        match known {
            NO_EPOCH => {}
            known if known < epoch => return Err(ErrorCode::FencedLeaderEpoch),
            known if known > epoch => return Err(ErrorCode::UnknownLeaderEpoch),
            _ => {}
        }
        if leads { Ok(()) } else { Err(ErrorCode::NotLeaderOrFollower) }
    }

    /// Waits until every in-sync replica has everything before `end`.
    pub(crate) async fn committed(&self, end: Offset, deadline: Instant) -> ErrorCode {
        if self.log.high_watermark() >= end {
            return self.enough_in_sync();
        }
        let waiter = Waiter::default();
        let _entered = self.waiters.enter(&waiter);
        loop {
            if self.log.high_watermark() >= end {
                return self.enough_in_sync();
            }
            if !self.is_leader() {
                return ErrorCode::NotLeaderOrFollower;
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => return ErrorCode::RequestTimedOut,
                () = waiter.changed() => {}
            }
        }
    }

    /// The records are committed, but the in-sync set may have shrunk below what was asked for in between.
    fn enough_in_sync(&self) -> ErrorCode {
        match &*self.role.lock() {
            Role::Leader(leader) if !leader.has_enough_in_sync() => ErrorCode::NotEnoughReplicasAfterAppend,
            _ => ErrorCode::None,
        }
    }

    /// Waits until the high watermark has reached an offset, however long that takes, or this node leads no more.
    pub(crate) async fn reached(&self, end: Offset) {
        const LONG: Duration = Duration::from_secs(3_600);
        while self.committed(end, Instant::now() + LONG).await == ErrorCode::RequestTimedOut {}
    }

    /// The own log has grown: the high watermark may move, and those who wait look again.
    fn log_has_grown(&self, end: Offset) {
        let committed = match &mut *self.role.lock() {
            Role::Leader(leader) => leader.local_end(end),
            Role::Other { .. } => None,
        };
        if let Some(offset) = committed {
            self.log.advance_high_watermark(offset);
            self.waiters.wake();
        }
    }
}
