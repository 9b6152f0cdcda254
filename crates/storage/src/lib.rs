//! The log on disk, file for file Kafka's.
//!
//! A log directory holds:
//!
//! ```text
//! .lock                               held by the process that uses the directory
//! meta.properties                     which cluster, node and directory this is
//! .kafka_cleanshutdown                everything was synced when the last process stopped
//! recovery-point-offset-checkpoint    per partition: synced up to here
//! replication-offset-checkpoint       per partition: high watermark
//! log-start-offset-checkpoint         per partition: records before this offset are deleted
//! vltava-logs-checkpoint              what is in the partitions' directories, so that a clean start reads one file
//! <topic>-<partition>/
//!     partition.metadata              topic id
//!     leader-epoch-checkpoint         epoch and first offset, line by line
//!     00000000000000000000.log        record batches, one behind the other; the name is the first offset
//!     00000000000000000000.index      offset (relative) -> position, one entry per 4 KiB or so
//!     00000000000000000000.timeindex  highest timestamp so far -> offset (relative)
//!     00000000000000000000.txnindex   aborted transactions that end in this segment
//!     00000000000000000123.snapshot   producers as of this offset
//! ```
//!
//! [`LogDirectory`] owns a directory, [`Log`] one partition. A log costs little until it is used: files are made at the
//! first append and opened at the first use. Writers of a log take turns and write everything that is queued in one system
//! call; readers load the published state and never wait for a writer.

mod directory;
mod epochs;
mod error;
mod format;
mod log;
mod names;
mod options;
mod producers;
mod segment;

pub use directory::{FailedLog, LoadedLogs, LogDirectories, LogDirectory};
pub use epochs::{EpochEnd, EpochStart};
pub use error::{DirectoryError, StorageError};
pub use log::{
    Append, AppendInfo, Checkpoint, Isolation, Log, OffsetAndTimestamp, Origin, ReadResult, Removal, Truncated,
};
pub use options::LogOptions;
pub use producers::{ActiveProducer, VerificationGuard};
