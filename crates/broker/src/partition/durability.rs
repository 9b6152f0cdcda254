//! When an acknowledgement waits for the disk.
//!
//! With two or more replicas in sync, `acks=all` means that all of them have the records. With one — replication factor 1, or a
//! set that has shrunk — another machine does not have them, so this one syncs first. One sync is under way per log;
//! everything that arrives meanwhile joins the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;
use types::{ErrorCode, Offset};

use super::{Partition, Waiter};

/// `vltava.durability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On two machines at least, or on disk.
    ReplicatedOrSynced,
    /// On disk, always.
    Synced,
    /// As in Kafka: the acknowledgement never waits for the disk.
    Kafka,
}

impl Durability {
    /// The mode of this name; the default for any other, which the table of keys does not let through.
    pub(crate) fn named(name: &str) -> Durability {
        match name {
            "synced" => Durability::Synced,
            "kafka" => Durability::Kafka,
            _ => Durability::ReplicatedOrSynced,
        }
    }

    /// Must records be synced before `acks=all` is answered, when so many replicas are in sync?
    pub(crate) fn needs_sync(self, in_sync: usize) -> bool {
        match self {
            Durability::ReplicatedOrSynced => in_sync < 2,
            Durability::Synced => true,
            Durability::Kafka => false,
        }
    }
}

/// The sync that is under way, if any.
#[derive(Debug, Default)]
pub(super) struct Syncing(AtomicBool);

impl Partition {
    /// Waits until everything before `end` is on disk.
    pub(crate) async fn synced(self: &Arc<Partition>, end: Offset, deadline: Instant) -> ErrorCode {
        if self.log.synced_offset() >= end {
            return ErrorCode::None;
        }
        let waiter = Waiter::default();
        let _entered = self.waiters.enter(&waiter);
        loop {
            if self.log.synced_offset() >= end {
                return ErrorCode::None;
            }
            if self.sync_failed.load(Ordering::Acquire) {
                return ErrorCode::KafkaStorageError;
            }
            self.begin_sync();
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => return ErrorCode::RequestTimedOut,
                () = waiter.changed() => {}
            }
        }
    }

    /// Starts a sync if there is something before `end` that is not on disk.
    pub(crate) fn begin_sync_up_to(self: &Arc<Partition>, end: Offset) {
        if self.log.synced_offset() < end {
            self.begin_sync();
        }
    }

    /// Starts a sync on a thread that may wait, unless one is under way: then its end starts the next.
    fn begin_sync(self: &Arc<Partition>) {
        if self.syncing.0.swap(true, Ordering::SeqCst) {
            return;
        }
        let partition = self.clone();
        tokio::task::spawn_blocking(move || {
            let result = partition.log.sync();
            if let Err(error) = &result {
                // The directory is offline by now: nothing more is acknowledged from it.
                tracing::error!(%partition, %error, "a log cannot be synced");
                partition.sync_failed.store(true, Ordering::Release);
            }
            // In one order with the waiters' count: one that enters now either sees the flag down or is woken.
            partition.syncing.0.swap(false, Ordering::SeqCst);
            partition.waiters.wake();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_replica_syncs_two_do_not() {
        assert!(Durability::named("replicated-or-synced").needs_sync(1));
        assert!(!Durability::named("replicated-or-synced").needs_sync(2));
        assert!(Durability::named("synced").needs_sync(3));
        assert!(!Durability::named("kafka").needs_sync(1));
    }
}
