//! The idempotent producers of a log: what each wrote last, and the transaction it has open.
//!
//! A producer's batches carry its id, its epoch and consecutive sequence numbers. The last five batches are remembered: a batch
//! that comes again is answered with the offsets it has (`entry`); one that leaves a gap, or comes from an older incarnation, is
//! refused (`sequence`). The state is rebuilt from the log, beginning at a snapshot file.

mod entry;
mod sequence;

use std::collections::BTreeSet;

use batch::{EndTransactionMarker, Header};
use foldhash::{HashMap, HashMapExt};
use types::{Offset, TimestampMs};

pub(crate) use entry::{LastBatch, ProducerEntry};

use crate::error::StorageError;
use crate::format::producer_snapshot::{self, SnapshotEntry};
use crate::log::Origin;

/// Proof that the transaction coordinator was asked whether a producer's transaction includes this partition. It is good for the
/// first batch of that transaction only (KIP-890).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationGuard(u64);

/// A producer as DescribeProducers shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveProducer {
    /// The producer.
    pub producer_id: i64,
    /// Its epoch.
    pub epoch: i16,
    /// Sequence number of its last record, -1 where none is known.
    pub last_sequence: i32,
    /// When it last wrote.
    pub last_timestamp: TimestampMs,
    /// Epoch of the coordinator that ended its last transaction, -1 where none is known.
    pub coordinator_epoch: i32,
    /// First offset of its open transaction.
    pub transaction_start: Option<Offset>,
}

/// A transaction that a marker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompletedTransaction {
    pub producer_id: i64,
    pub first_offset: Offset,
    pub last_offset: Offset,
    pub aborted: bool,
}

/// What a batch did to its producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// Nothing that matters to transactions.
    Plain,
    /// It is the first of a transaction.
    Started,
    /// It ended a transaction.
    Completed(CompletedTransaction),
}

/// A transaction that waits for the coordinator's word.
#[derive(Clone, Copy, Debug)]
struct Verification {
    guard: VerificationGuard,
    lowest_sequence: i32,
    epoch: i16,
    supports_epoch_bump: bool,
    since: TimestampMs,
}

/// Undoes [`Producers::apply`] when the write that it announced failed.
pub(crate) struct Undo {
    producer_id: i64,
    before: Option<ProducerEntry>,
}

/// The producers of one log, as of [`Producers::end`].
#[derive(Debug)]
pub(crate) struct Producers {
    entries: HashMap<i64, ProducerEntry>,
    verifications: HashMap<i64, Verification>,
    next_guard: u64,
    /// Offset after the last batch that is in here.
    end: Offset,
    /// Offsets of the snapshot files.
    pub(crate) snapshots: BTreeSet<Offset>,
    limit: usize,
}

impl Producers {
    pub(crate) fn new(end: Offset, limit: usize) -> Producers {
        Producers {
            entries: HashMap::new(),
            verifications: HashMap::new(),
            next_guard: 1,
            end,
            snapshots: BTreeSet::new(),
            limit: limit.max(1),
        }
    }

    /// The producers in a snapshot that was taken at this offset, without those that expired.
    pub(crate) fn from_snapshot(
        content: &[u8],
        end: Offset,
        limit: usize,
        expired_before: TimestampMs,
    ) -> Result<Producers, String> {
        let mut producers = Producers::new(end, limit);
        for entry in producer_snapshot::decode(content)? {
            let producer_id = entry.producer_id;
            let entry = ProducerEntry::from_snapshot(&entry);
            if !entry.is_expired(expired_before) {
                producers.entries.insert(producer_id, entry);
            }
        }
        Ok(producers)
    }

    /// A snapshot file's content.
    pub(crate) fn to_snapshot(&self) -> Vec<u8> {
        let mut entries: Vec<SnapshotEntry> =
            self.entries.iter().map(|(&producer_id, entry)| entry.to_snapshot(producer_id)).collect();
        entries.sort_unstable_by_key(|entry| entry.producer_id);
        producer_snapshot::encode(entries.into_iter())
    }

    pub(crate) fn end(&self) -> Offset {
        self.end
    }

    pub(crate) fn set_end(&mut self, end: Offset) {
        self.end = end;
    }

    /// The batch with the same sequence numbers that is in the log already.
    pub(crate) fn duplicate(&self, batch: &Header) -> Option<LastBatch> {
        self.entries.get(&batch.producer_id())?.duplicate(batch)
    }

    /// First offsets of the open transactions, with their producers.
    pub(crate) fn open_transactions(&self) -> impl Iterator<Item = (Offset, i64)> {
        self.entries.iter().filter_map(|(&id, entry)| Some((entry.transaction_start?, id)))
    }

    /// The last stable offset once this transaction has ended, as far as producers are concerned.
    pub(crate) fn last_stable_after(&self, completed: &CompletedTransaction) -> Offset {
        self.open_transactions().map(|(offset, _)| offset).min().unwrap_or(completed.last_offset + 1)
    }

    /// Has this incarnation of the producer an open transaction?
    pub(crate) fn has_open_transaction(&self, producer_id: i64, epoch: i16) -> bool {
        self.entries.get(&producer_id).is_some_and(|entry| entry.epoch == epoch && entry.transaction_start.is_some())
    }

    /// Checks that a transactional batch belongs to a transaction that the coordinator knows of.
    pub(crate) fn check_verified(&self, batch: &Header, guard: Option<VerificationGuard>) -> Result<(), StorageError> {
        let producer_id = batch.producer_id();
        if !batch.is_transactional()
            || batch.is_control()
            || self.has_open_transaction(producer_id, batch.producer_epoch())
        {
            return Ok(());
        }
        let expected = self.verifications.get(&producer_id).map(|verification| verification.guard);
        if expected.is_some() && expected == guard {
            return Ok(());
        }
        let reason = "the batch is not part of an ongoing transaction";
        Err(StorageError::InvalidTxnState { producer_id, reason })
    }

    /// Begins to verify a producer's transaction; `None` where it is open in this log already.
    pub(crate) fn begin_verification(
        &mut self,
        producer_id: i64,
        epoch: i16,
        sequence: i32,
        supports_epoch_bump: bool,
        now: TimestampMs,
    ) -> Option<VerificationGuard> {
        if self.has_open_transaction(producer_id, epoch) {
            return None;
        }
        let next_guard = &mut self.next_guard;
        let verification = self.verifications.entry(producer_id).or_insert_with(|| {
            *next_guard += 1;
            let guard = VerificationGuard(*next_guard);
            Verification { guard, lowest_sequence: sequence, epoch, supports_epoch_bump, since: now }
        });
        if epoch > verification.epoch {
            (verification.epoch, verification.lowest_sequence) = (epoch, sequence);
        } else if epoch == verification.epoch {
            verification.lowest_sequence = verification.lowest_sequence.min(sequence);
        }
        Some(verification.guard)
    }

    /// Checks a batch that is about to be appended at its offsets, and takes it in. The caller undoes that if the write fails.
    pub(crate) fn apply(
        &mut self,
        batch: &Header,
        marker: Option<(EndTransactionMarker, TimestampMs)>,
        origin: Origin,
    ) -> Result<(Applied, Undo), StorageError> {
        let producer_id = batch.producer_id();
        let before = self.entries.get(&producer_id).cloned();
        let mut entry = before.clone().unwrap_or_default();
        let applied = match marker {
            Some((marker, timestamp)) => {
                sequence::check_marker(&entry, batch, &marker, origin)?;
                entry.end_transaction(producer_id, batch, &marker, timestamp)
            }
            None => {
                let verification = self.verifications.get(&producer_id);
                sequence::check_batch(&entry, verification, batch, origin)?;
                entry.append(producer_id, batch, origin)?
            }
        };
        if before.is_none() && self.entries.len() >= self.limit {
            self.forget_idle();
        }
        self.entries.insert(producer_id, entry);
        if batch.is_transactional() {
            self.verifications.remove(&producer_id);
        }
        Ok((applied, Undo { producer_id, before }))
    }

    /// Takes back what [`Producers::apply`] did; the latest first.
    pub(crate) fn undo(&mut self, undo: Undo) {
        match undo.before {
            Some(entry) => self.entries.insert(undo.producer_id, entry),
            None => self.entries.remove(&undo.producer_id),
        };
    }

    /// Forgets the producers that were idle since before this moment and have no open transaction.
    pub(crate) fn expire(&mut self, expired_before: TimestampMs) {
        self.entries.retain(|_, entry| !entry.is_expired(expired_before));
        self.verifications.retain(|_, verification| verification.since > expired_before);
    }

    /// Makes room: a tenth of the producers, those idle longest.
    fn forget_idle(&mut self) {
        let mut idle: Vec<(TimestampMs, i64)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.transaction_start.is_none())
            .map(|(&id, entry)| (entry.last_timestamp, id))
            .collect();
        let count = (self.limit / 10).max(1).min(idle.len());
        if count < idle.len() {
            idle.select_nth_unstable(count);
        }
        for (_, id) in &idle[..count] {
            self.entries.remove(id);
        }
    }

    /// The producers, for DescribeProducers.
    pub(crate) fn active(&self) -> Vec<ActiveProducer> {
        let mut active: Vec<_> = self
            .entries
            .iter()
            .map(|(&producer_id, entry)| ActiveProducer {
                producer_id,
                epoch: entry.epoch,
                last_sequence: entry.last_sequence(),
                last_timestamp: entry.last_timestamp,
                coordinator_epoch: entry.coordinator_epoch,
                transaction_start: entry.transaction_start,
            })
            .collect();
        active.sort_unstable_by_key(|producer| producer.producer_id);
        active
    }
}

#[cfg(test)]
mod tests;
