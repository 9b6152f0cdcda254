//! What goes wrong in a log or its directory, and the code that a client gets for it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use batch::BatchError;
use types::ErrorCode;

/// Why an operation on a log failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// The operating system refused.
    #[error("cannot {operation} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// No room: nothing was written, and freeing space is enough to go on.
    #[error("no space is left on the disk of {}", .path.display())]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The directory failed earlier; nothing is written to it any more.
    #[error("the log directory is offline: {reason}")]
    Offline {
        /// The first failure.
        reason: Arc<str>,
    },
    /// The log was deleted.
    #[error("the log of {partition} is deleted")]
    Deleted {
        /// The partition.
        partition: String,
    },
    /// The bytes on disk are not what was written.
    #[error("{} is damaged at byte {position}: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// No such offset.
    #[error("offset {offset} is not in [{log_start}, {log_end}]")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: i64,
        /// First offset of the log.
        log_start: i64,
        /// Offset after the last one that counts.
        log_end: i64,
    },
    /// A batch that no segment can hold.
    #[error("a batch of {size} bytes is larger than a segment ({segment_bytes})")]
    BatchTooLarge {
        /// Bytes of the batch.
        size: usize,
        /// `segment.bytes`.
        segment_bytes: u32,
    },
    /// A replicated batch that does not continue the log.
    #[error("offsets {first} to {last} do not continue the log, which ends at {log_end}")]
    UnexpectedOffset {
        /// First offset of the batch.
        first: i64,
        /// Last offset of the batch.
        last: i64,
        /// Where the log ends.
        log_end: i64,
    },
    /// A batch of the metadata log that carries another epoch than its leader's.
    #[error("the batch carries leader epoch {batch}, expected {expected}")]
    UnexpectedEpoch {
        /// In the batch.
        batch: i32,
        /// The leader's.
        expected: i32,
    },
    /// A replicated or own batch is not one.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A sequence number that does not follow the last one.
    #[error("producer {producer_id} sent sequence {sequence} after {last_sequence}")]
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// The first sequence number of the batch.
        sequence: i32,
        /// The last one in the log, -1 where there is none.
        last_sequence: i32,
    },
    /// An older incarnation of the producer.
    #[error("producer {producer_id} has epoch {epoch}, the log has seen {current}")]
    InvalidProducerEpoch {
        /// The producer.
        producer_id: i64,
        /// In the batch.
        epoch: i16,
        /// In the log.
        current: i16,
    },
    /// A transactional batch outside of a transaction, or another batch inside one.
    #[error("producer {producer_id}: {reason}")]
    InvalidTxnState {
        /// The producer.
        producer_id: i64,
        /// What does not fit.
        reason: &'static str,
    },
    /// A marker from a deposed coordinator.
    #[error("producer {producer_id}: a marker of coordinator epoch {epoch} comes after one of {current}")]
    TransactionCoordinatorFenced {
        /// The producer.
        producer_id: i64,
        /// In the marker.
        epoch: i32,
        /// In the log.
        current: i32,
    },
}

impl StorageError {
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> StorageError {
        if source.kind() == io::ErrorKind::StorageFull || source.kind() == io::ErrorKind::QuotaExceeded {
            return StorageError::DiskFull { path: path.to_owned() };
        }
        StorageError::Io { operation, path: path.to_owned(), source: Arc::new(source) }
    }

    /// The code in the answer to the client.
    pub fn code(&self) -> ErrorCode {
        match self {
            StorageError::Io { .. }
            | StorageError::DiskFull { .. }
            | StorageError::Offline { .. }
            | StorageError::Deleted { .. } => ErrorCode::KafkaStorageError,
            StorageError::Damaged { .. } => ErrorCode::CorruptMessage,
            StorageError::OffsetOutOfRange { .. } => ErrorCode::OffsetOutOfRange,
            StorageError::BatchTooLarge { .. } => ErrorCode::RecordListTooLarge,
            StorageError::UnexpectedOffset { .. } => ErrorCode::UnknownServerError,
            StorageError::UnexpectedEpoch { .. } => ErrorCode::InvalidRecord,
            StorageError::Batch(error) => error.code(),
            StorageError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
            StorageError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
            StorageError::InvalidTxnState { .. } => ErrorCode::InvalidTxnState,
            StorageError::TransactionCoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
        }
    }
}

/// Why a log directory cannot be used; the message names the remedy.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process has it.
    #[error("log directory {} is in use by another process: stop it, or give this one a directory of its own", .0.display())]
    Locked(PathBuf),
    /// Never formatted.
    #[error("log directory {} has no meta.properties: format it first (`vltava format`), or correct log.dirs", .0.display())]
    Unformatted(PathBuf),
    /// Formatted, for somebody else.
    #[error("log directory {} belongs to {what} {found}, not to {expected}: correct log.dirs or the configuration", .path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// "cluster" or "node".
        what: &'static str,
        /// In meta.properties.
        found: String,
        /// In the configuration.
        expected: String,
    },
    /// Formatted already.
    #[error("log directory {} is formatted already: leave it as it is, or empty it first", .0.display())]
    AlreadyFormatted(PathBuf),
    /// Two directories with one id.
    #[error("log directories {} and {} have the same directory.id: one is a copy of the other, remove it from log.dirs", .0.display(), .1.display())]
    SameId(PathBuf, PathBuf),
    /// A file that does not parse.
    #[error("{} is unreadable: {reason}; restore it from another copy, or format an empty directory", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot {operation} {}: {source}; check that the directory exists and belongs to this user", .path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
}

impl DirectoryError {
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> DirectoryError {
        DirectoryError::Io { operation, path: path.to_owned(), source: Arc::new(source) }
    }
}
