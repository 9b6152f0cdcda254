//! Why a partition refuses.

use batch::{BatchError, RecordError};
use storage::StorageError;
use types::{ErrorCode, LeaderEpoch, Offset};

/// Why records were not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// What the client sent is not right.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The log refuses, or cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Another node leads.
    #[error("this node does not lead the partition")]
    NotLeader,
    /// `min.insync.replicas` is not met.
    #[error("{in_sync} replicas are in sync, {required} are required")]
    NotEnoughReplicas {
        /// In sync now.
        in_sync: usize,
        /// `min.insync.replicas`.
        required: usize,
    },
}

impl AppendError {
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            AppendError::Batch(error) => error.code(),
            AppendError::Storage(error) => error.code(),
            AppendError::NotLeader => ErrorCode::NotLeaderOrFollower,
            AppendError::NotEnoughReplicas { .. } => ErrorCode::NotEnoughReplicas,
        }
    }

    /// What is wrong with single records.
    pub(crate) fn record_errors(&self) -> &[RecordError] {
        match self {
            AppendError::Batch(error) => error.record_errors(),
            _ => &[],
        }
    }
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// With this code.
    Refused(ErrorCode),
    /// The reader's log is not a prefix of this one.
    Diverging {
        /// The largest epoch not above the reader's.
        epoch: LeaderEpoch,
        /// Where it ends.
        end_offset: Offset,
    },
}

impl From<ErrorCode> for ReadError {
    fn from(code: ErrorCode) -> ReadError {
        ReadError::Refused(code)
    }
}

impl From<StorageError> for ReadError {
    fn from(error: StorageError) -> ReadError {
        ReadError::Refused(error.code())
    }
}
