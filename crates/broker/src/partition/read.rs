//! Reading: whole batches, as a slice of a file.

use runtime::FileSlice;
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, Offset};

use super::{Partition, ReadError};

/// What a reader wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Everything that is committed to the replicas.
    Uncommitted,
    /// Only what belongs to no open transaction, and the list of the aborted ones.
    Committed,
}

/// A reader's question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadRequest {
    pub(crate) offset: Offset,
    pub(crate) max_bytes: u32,
    /// One batch is given even if it is larger than `max_bytes`.
    pub(crate) at_least_one: bool,
    pub(crate) isolation: Isolation,
    pub(crate) current_leader_epoch: LeaderEpoch,
    pub(crate) last_fetched_epoch: LeaderEpoch,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) slice: Option<FileSlice>,
    pub(crate) high_watermark: Offset,
    pub(crate) last_stable_offset: Offset,
    pub(crate) log_start_offset: Offset,
    /// Producer id and first offset of the aborted transactions in the slice, for readers of what is committed.
    pub(crate) aborted: Option<Vec<(i64, Offset)>>,
}

impl Partition {
    /// Reads from an offset up to what the reader may see.
    pub(crate) fn read(&self, request: &ReadRequest) -> Result<Read, ReadError> {
        self.check_leader(request.current_leader_epoch)?;
        self.check_divergence(request)?;
        let isolation = match request.isolation {
            Isolation::Uncommitted => storage::Isolation::HighWatermark,
            Isolation::Committed => storage::Isolation::LastStable,
        };
        let read = self.log.read(request.offset, request.max_bytes, request.at_least_one, isolation)?;
        let committed = request.isolation == Isolation::Committed;
        Ok(Read {
            slice: read.slice,
            high_watermark: read.high_watermark,
            last_stable_offset: read.last_stable_offset,
            log_start_offset: read.log_start_offset,
            aborted: committed.then_some(read.aborted),
        })
    }

    /// Reads what this node wrote itself, whether it is committed or not.
    pub(crate) fn read_own(&self, offset: Offset, max_bytes: u32) -> Result<Option<FileSlice>, ErrorCode> {
        let read = self.log.read(offset, max_bytes, true, storage::Isolation::LogEnd);
        read.map(|read| read.slice).map_err(|error| error.code())
    }

    /// A reader that says in which epoch its last record was written has another log, if that epoch ended earlier here.
    fn check_divergence(&self, request: &ReadRequest) -> Result<(), ReadError> {
        if request.last_fetched_epoch == NO_EPOCH {
            return Ok(());
        }
        let end = self.log.epoch_end_offset(request.last_fetched_epoch)?;
        match end.epoch {
            NO_EPOCH => Err(ReadError::Refused(ErrorCode::OffsetOutOfRange)),
            epoch if epoch == request.last_fetched_epoch && end.end_offset >= request.offset => Ok(()),
            epoch => Err(ReadError::Diverging { epoch, end_offset: end.end_offset }),
        }
    }
}
