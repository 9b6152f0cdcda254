//! What is remembered of one producer.

use batch::{EndTransactionMarker, Header, NO_PRODUCER_EPOCH, NO_SEQUENCE};
use types::{NO_OFFSET, NO_TIMESTAMP, Offset, TimestampMs};

use super::{Applied, CompletedTransaction};
use crate::error::StorageError;
use crate::format::producer_snapshot::SnapshotEntry;
use crate::log::Origin;

/// So many batches of a producer can come again and are recognized: as many as a producer may have in flight.
const REMEMBERED: usize = 5;

/// A batch that is in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastBatch {
    pub last_sequence: i32,
    pub last_offset: Offset,
    pub offset_delta: i32,
    pub timestamp: TimestampMs,
}

impl LastBatch {
    pub(crate) fn first_offset(&self) -> Offset {
        self.last_offset - i64::from(self.offset_delta)
    }

    fn first_sequence(&self) -> i32 {
        let first = i64::from(self.last_sequence) - i64::from(self.offset_delta);
        // Below zero, the numbering had begun anew inside the batch.
        if first < 0 { (first + i64::from(i32::MAX) + 1) as i32 } else { first as i32 }
    }
}

/// One producer. The default is one of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProducerEntry {
    pub epoch: i16,
    pub coordinator_epoch: i32,
    pub last_timestamp: TimestampMs,
    pub transaction_start: Option<Offset>,
    batches: [LastBatch; REMEMBERED],
    count: u8,
}

impl Default for ProducerEntry {
    fn default() -> ProducerEntry {
        ProducerEntry {
            epoch: NO_PRODUCER_EPOCH,
            coordinator_epoch: -1,
            last_timestamp: NO_TIMESTAMP,
            transaction_start: None,
            batches: [LastBatch::default(); REMEMBERED],
            count: 0,
        }
    }
}

impl ProducerEntry {
    pub(crate) fn from_snapshot(entry: &SnapshotEntry) -> ProducerEntry {
        let mut producer = ProducerEntry {
            epoch: entry.epoch,
            coordinator_epoch: entry.coordinator_epoch,
            last_timestamp: entry.timestamp,
            transaction_start: Some(entry.transaction_first_offset).filter(|&offset| offset >= 0),
            ..ProducerEntry::default()
        };
        if entry.last_offset >= 0 {
            producer.remember(LastBatch {
                last_sequence: entry.last_sequence,
                last_offset: entry.last_offset,
                offset_delta: entry.offset_delta,
                timestamp: entry.timestamp,
            });
        }
        producer
    }

    pub(crate) fn to_snapshot(&self, producer_id: i64) -> SnapshotEntry {
        let last = self.batches().last();
        SnapshotEntry {
            producer_id,
            epoch: self.epoch,
            last_sequence: self.last_sequence(),
            last_offset: last.map_or(NO_OFFSET, |batch| batch.last_offset),
            offset_delta: last.map_or(0, |batch| batch.offset_delta),
            timestamp: self.last_timestamp,
            coordinator_epoch: self.coordinator_epoch,
            transaction_first_offset: self.transaction_start.unwrap_or(NO_OFFSET),
        }
    }

    pub(crate) fn batches(&self) -> &[LastBatch] {
        &self.batches[..usize::from(self.count)]
    }

    /// The last sequence number, -1 where no batch of this epoch is known.
    pub(crate) fn last_sequence(&self) -> i32 {
        self.batches().last().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    pub(crate) fn is_expired(&self, expired_before: TimestampMs) -> bool {
        self.transaction_start.is_none() && self.last_timestamp <= expired_before
    }

    pub(crate) fn duplicate(&self, batch: &Header) -> Option<LastBatch> {
        if batch.producer_epoch() != self.epoch {
            return None;
        }
        let (first, last) = (batch.base_sequence(), batch.last_sequence());
        self.batches().iter().find(|known| known.first_sequence() == first && known.last_sequence == last).copied()
    }

    fn remember(&mut self, batch: LastBatch) {
        if usize::from(self.count) == REMEMBERED {
            self.batches.rotate_left(1);
            self.count -= 1;
        }
        self.batches[usize::from(self.count)] = batch;
        self.count += 1;
    }

    fn enter_epoch(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.count = 0;
        }
    }

    /// Takes in a batch that passed the checks, at the offsets in its header.
    pub(super) fn append(&mut self, producer_id: i64, batch: &Header, origin: Origin) -> Result<Applied, StorageError> {
        if self.transaction_start.is_some() && !batch.is_transactional() && origin != Origin::Replication {
            let reason = "a batch outside of the producer's open transaction";
            return Err(StorageError::InvalidTxnState { producer_id, reason });
        }
        self.enter_epoch(batch.producer_epoch());
        self.remember(LastBatch {
            last_sequence: batch.last_sequence(),
            last_offset: batch.last_offset(),
            offset_delta: batch.last_offset_delta(),
            timestamp: batch.max_timestamp(),
        });
        self.last_timestamp = batch.max_timestamp();
        if self.transaction_start.is_none() && batch.is_transactional() {
            self.transaction_start = Some(batch.base_offset());
            return Ok(Applied::Started);
        }
        Ok(Applied::Plain)
    }

    /// Takes in a marker that passed the checks. A marker without a transaction changes nothing that readers see.
    pub(super) fn end_transaction(
        &mut self,
        producer_id: i64,
        batch: &Header,
        marker: &EndTransactionMarker,
        timestamp: TimestampMs,
    ) -> Applied {
        self.enter_epoch(batch.producer_epoch());
        self.coordinator_epoch = marker.coordinator_epoch;
        self.last_timestamp = timestamp;
        match self.transaction_start.take() {
            None => Applied::Plain,
            Some(first_offset) => Applied::Completed(CompletedTransaction {
                producer_id,
                first_offset,
                last_offset: batch.base_offset(),
                aborted: !marker.committed,
            }),
        }
    }
}
