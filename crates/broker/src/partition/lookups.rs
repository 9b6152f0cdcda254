//! Questions about a partition that move no record data.

use storage::ActiveProducer;
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_OFFSET, Offset, TimestampMs};

use super::{Isolation, Partition, Role};

/// Offset, timestamp and leader epoch of a record.
pub(crate) type Found = (Offset, TimestampMs, LeaderEpoch);

impl Partition {
    pub(crate) fn log_start(&self) -> Offset {
        self.log.log_start_offset()
    }

    pub(crate) fn log_end(&self) -> Offset {
        self.log.log_end_offset()
    }

    pub(crate) fn high_watermark(&self) -> Offset {
        self.log.high_watermark()
    }

    /// Where what a reader may see ends.
    pub(crate) fn readable_end(&self, isolation: Isolation) -> Offset {
        match isolation {
            Isolation::Uncommitted => self.log.high_watermark(),
            Isolation::Committed => self.log.last_stable_offset(),
        }
    }

    /// A new leader does not know what is committed before a record of its own epoch is (KIP-207).
    pub(crate) fn knows_high_watermark(&self) -> bool {
        match &*self.role.lock() {
            Role::Leader(leader) => leader.knows_high_watermark(),
            Role::Other { .. } => false,
        }
    }

    /// The first record that is not older.
    pub(crate) fn offset_for_timestamp(&self, timestamp: TimestampMs) -> Result<Option<Found>, ErrorCode> {
        let found = self.log.offset_for_timestamp(timestamp).map_err(|error| error.code())?;
        Ok(found.map(|found| (found.offset, found.timestamp, found.leader_epoch)))
    }

    /// The record with the greatest timestamp.
    pub(crate) fn newest_timestamp(&self) -> Result<Option<Found>, ErrorCode> {
        let found = self.log.offset_of_max_timestamp().map_err(|error| error.code())?;
        Ok(found.map(|found| (found.offset, found.timestamp, found.leader_epoch)))
    }

    /// The epoch in which the record at an offset was written; −1 when the log does not say.
    pub(crate) fn epoch_at(&self, offset: Offset) -> LeaderEpoch {
        self.log.epoch_of(offset).ok().flatten().unwrap_or(NO_EPOCH)
    }

    /// The end of the largest epoch that is not above `epoch`; −1 and −1 when there is none. The present epoch ends with the log.
    pub(crate) fn epoch_end(&self, epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        if epoch == self.leader_epoch() {
            return (epoch, self.log.log_end_offset());
        }
        match self.log.epoch_end_offset(epoch) {
            // Epochs without a record are not in the log: they ended where this leader's began.
            Ok(end) if end.epoch == NO_EPOCH => self.end_before_leader(epoch),
            Ok(end) => (end.epoch, end.end_offset),
            Err(_) => (NO_EPOCH, NO_OFFSET),
        }
    }

    fn end_before_leader(&self, epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        match &*self.role.lock() {
            Role::Leader(leader) if (0..leader.epoch()).contains(&epoch) => {
                (self.log.latest_epoch().filter(|latest| *latest < epoch).unwrap_or(epoch), leader.start())
            }
            _ => (NO_EPOCH, NO_OFFSET),
        }
    }

    /// Moves the log start ahead; says where it is now. −1 means everything that is committed.
    pub(crate) fn delete_records(&self, before: Offset) -> Result<Offset, ErrorCode> {
        self.check_leader(NO_EPOCH)?;
        if !self.rules.load().deletes {
            return Err(ErrorCode::PolicyViolation);
        }
        let committed = self.log.high_watermark();
        let before = if before == NO_OFFSET { committed } else { before };
        if before < 0 || before > committed {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        self.log.delete_records_before(before).map_err(|error| error.code())?;
        Ok(self.log.log_start_offset())
    }

    /// The producers that the log remembers.
    pub(crate) fn producers(&self) -> Vec<ActiveProducer> {
        self.log.active_producers().unwrap_or_default()
    }

    /// Bytes of its segments.
    pub(crate) fn size_on_disk(&self) -> u64 {
        self.log.size()
    }
}
