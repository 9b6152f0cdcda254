//! The log of one partition.
//!
//! ```text
//!            log start            last stable    high watermark      log end
//! ───────────────┼──────────────────────┼──────────────┼───────────────┼
//!    deleted     │  read_committed      │ consumers    │ followers     │ next append
//! ```
//!
//! One writer at a time (`append`, `truncate`, `retention`), readers without locks (`read`, `timestamps`), syncs beside both
//! (`sync`). `recovery` brings a directory into order before it is opened.

mod append;
mod group;
mod read;
mod recovery;
mod replay;
mod retention;
mod state;
mod swap;
mod sync;
mod timestamps;
mod truncate;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use batch::ValidatedBatch;
use parking_lot::{Mutex, RwLock};
use runtime::{Clock, Disk};
use types::{LeaderEpoch, Offset, TopicPartition, Uuid};

pub use read::{Isolation, ReadResult};
pub use retention::Removal;
pub use sync::Checkpoint;
pub use timestamps::OffsetAndTimestamp;
pub use truncate::Truncated;

pub(crate) use recovery::{Hints, load};

use crate::epochs::{EpochEnd, EpochStart, Epochs};
use crate::error::StorageError;
use crate::format::logs_checkpoint::Summary;
use crate::names;
use crate::options::LogOptions;
use crate::producers::{ActiveProducer, VerificationGuard};
use crate::segment::{Health, Home, Segment};
use state::{LogState, Mark, Recent, Transactions};
use writer::Writer;

/// Where a batch comes from, which decides what is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A producer: everything is checked.
    Client,
    /// A coordinator of this cluster: committed offsets, transaction markers. Sequence numbers are not checked. Markers carry
    /// the version of transactions of their producer.
    Coordinator {
        /// 0, 1, or 2 where each transaction has an epoch of its own.
        transaction_version: i16,
    },
    /// The leader of the metadata log: batches carry their offsets and epoch.
    RaftLeader,
    /// Another replica, or the disk: everything was checked before.
    Replication,
}

/// A batch to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// The batch. Offsets and epoch in it are overwritten, except for [`Origin::RaftLeader`].
    pub batch: ValidatedBatch,
    /// The epoch of this leader.
    pub leader_epoch: LeaderEpoch,
    /// Where it comes from.
    pub origin: Origin,
    /// For the first batch of a transaction.
    pub guard: Option<VerificationGuard>,
}

impl Append {
    /// A batch of a producer.
    pub fn from_client(batch: ValidatedBatch, leader_epoch: LeaderEpoch) -> Append {
        Append { batch, leader_epoch, origin: Origin::Client, guard: None }
    }
}

/// Where a batch was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// The time it was given, -1 where it keeps its producer's.
    pub log_append_time_ms: i64,
    /// First offset of the log.
    pub log_start_offset: Offset,
    /// It was in the log already; the offsets are those that it has.
    pub duplicate: bool,
}

/// The log of one partition.
#[derive(Debug)]
pub struct Log {
    home: Arc<Home>,
    topic_id: Uuid,
    clock: Clock,
    options: ArcSwap<LogOptions>,
    state: ArcSwap<LogState>,
    transactions: Mutex<Transactions>,
    epochs: RwLock<EpochsOnDemand>,
    writer: Mutex<Writer>,
    /// Everything before this offset is synced.
    synced: AtomicI64,
    /// Everything before this offset is synced and so is what recovery needs to begin here.
    recovery_point: AtomicI64,
    /// The highest recovery point there ever was: the directory's file may still have it after a truncation.
    promised: AtomicI64,
    /// Counts truncations, so that whoever works beside the writer notices one.
    truncations: AtomicU64,
    last_sync_ms: AtomicI64,
    /// Held by the one who syncs; the others wait for the result.
    sync_turn: Mutex<()>,
}

/// Leader epochs, read from their file when somebody asks.
#[derive(Debug)]
enum EpochsOnDemand {
    /// Only the latest is known.
    Latest(Option<LeaderEpoch>),
    /// All are known, and whether the file does not have them.
    Loaded { epochs: Box<Epochs>, changed: bool },
}

impl Log {
    /// A new log. Nothing is made on disk before the first append.
    pub(crate) fn create(
        disk: &Disk,
        directory: &Path,
        partition: TopicPartition,
        topic_id: Uuid,
        options: Arc<LogOptions>,
        clock: Clock,
        health: Arc<Health>,
    ) -> Log {
        let summary = Summary {
            topic_id,
            log_start: 0,
            log_end: 0,
            recovery_point: 0,
            first_open_transaction: None,
            latest_epoch: None,
            segments: Vec::new(),
        };
        Log::from_summary(disk, directory, partition, &summary, options, clock, health)
    }

    /// A log that is on disk and in order. Nothing is opened before the first use.
    pub(crate) fn from_summary(
        disk: &Disk,
        directory: &Path,
        partition: TopicPartition,
        summary: &Summary,
        options: Arc<LogOptions>,
        clock: Clock,
        health: Arc<Health>,
    ) -> Log {
        health.add_log();
        let path = directory.join(names::partition_directory(&partition));
        let home = Arc::new(Home::new(disk.clone(), partition, path, health));
        let segments: Arc<[Arc<Segment>]> = summary
            .segments
            .iter()
            .map(|&(base_offset, size)| Arc::new(Segment::new(home.clone(), base_offset, size)))
            .collect();
        let place = summary.segments.last().map(|&(segment, position)| state::Place { segment, position });
        let mut transactions = Transactions::default();
        transactions.reset(summary.first_open_transaction.into_iter());
        let mut state = LogState {
            segments,
            log_start: summary.log_start,
            end: Mark { offset: summary.log_end, place },
            high_watermark: Mark::somewhere(summary.log_start),
            last_stable: Mark::somewhere(summary.log_start),
            recent: Recent::default(),
        };
        state.last_stable = transactions.last_stable(&state);
        let now = clock.now_ms();
        Log {
            home,
            topic_id: summary.topic_id,
            clock,
            options: ArcSwap::new(options),
            state: ArcSwap::from_pointee(state),
            transactions: Mutex::new(transactions),
            epochs: RwLock::new(EpochsOnDemand::Latest(summary.latest_epoch)),
            writer: Mutex::new(Writer::default()),
            synced: AtomicI64::new(summary.recovery_point),
            recovery_point: AtomicI64::new(summary.recovery_point),
            promised: AtomicI64::new(summary.recovery_point),
            truncations: AtomicU64::new(0),
            last_sync_ms: AtomicI64::new(now),
            sync_turn: Mutex::new(()),
        }
    }

    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.home.partition
    }

    /// The topic's id.
    pub fn topic_id(&self) -> Uuid {
        self.topic_id
    }

    /// The directory of the partition.
    pub fn path(&self) -> PathBuf {
        self.home.path()
    }

    /// The options in force.
    pub fn options(&self) -> Arc<LogOptions> {
        self.options.load_full()
    }

    /// Where recovery after a crash begins, as of the last checkpoint or truncation.
    pub fn recovery_point(&self) -> Offset {
        self.recovery_point.load(Ordering::Acquire)
    }

    /// Puts other options in force.
    pub fn update_options(&self, options: Arc<LogOptions>) {
        self.options.store(options);
    }

    /// First offset that counts.
    pub fn log_start_offset(&self) -> Offset {
        self.state.load().log_start
    }

    /// Offset of the next record.
    pub fn log_end_offset(&self) -> Offset {
        self.state.load().end.offset
    }

    /// Offset up to which all in-sync replicas have the log.
    pub fn high_watermark(&self) -> Offset {
        self.state.load().high_watermark.offset
    }

    /// Offset below which every transaction is decided and replicated.
    pub fn last_stable_offset(&self) -> Offset {
        self.state.load().last_stable.offset
    }

    /// Bytes of all segments.
    pub fn size(&self) -> u64 {
        let state = self.state.load();
        (0..state.segments.len()).map(|index| state.size_of(index)).sum()
    }

    /// Number of segments.
    pub fn segment_count(&self) -> usize {
        self.state.load().segments.len()
    }

    /// Everything before this offset survives a crash.
    pub fn synced_offset(&self) -> Offset {
        self.synced.load(Ordering::Acquire)
    }

    /// Sets the high watermark, brought into the range from log start to log end; true where it rose. It goes back only when
    /// the log is truncated.
    pub fn advance_high_watermark(&self, offset: Offset) -> bool {
        let current = self.state.load();
        if offset <= current.high_watermark.offset {
            return false;
        }
        self.publish(|state, _| {
            let offset = offset.clamp(state.log_start, state.end.offset);
            if offset <= state.high_watermark.offset {
                return false;
            }
            state.high_watermark = state.mark(offset);
            true
        })
    }

    /// Changes the published state. Short, and without touching the disk: readers of marks wait for each other here.
    fn publish<T>(&self, change: impl FnOnce(&mut LogState, &mut Transactions) -> T) -> T {
        let mut transactions = self.transactions.lock();
        let mut state = LogState::clone(&self.state.load());
        let result = change(&mut state, &mut transactions);
        state.last_stable = transactions.last_stable(&state);
        self.state.store(Arc::new(state));
        result
    }

    /// The latest leader epoch of the log's batches.
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        match &*self.epochs.read() {
            EpochsOnDemand::Latest(latest) => *latest,
            EpochsOnDemand::Loaded { epochs, .. } => epochs.latest(),
        }
    }

    /// This node leads from here on: the epoch begins at the log's end, before it has any record. Reaches the file together with
    /// the first records; without any, it is forgotten at a restart.
    pub fn begin_epoch(&self, epoch: LeaderEpoch) -> Result<(), StorageError> {
        let log_end = self.log_end_offset();
        self.change_epochs(|epochs| ((), epochs.assign(epoch, log_end)))
    }

    /// Where the largest epoch ends that is not above this one.
    pub fn epoch_end_offset(&self, epoch: LeaderEpoch) -> Result<EpochEnd, StorageError> {
        let log_end = self.log_end_offset();
        self.with_epochs(|epochs| epochs.end_of(epoch, log_end))
    }

    /// The epoch of the record at this offset.
    pub fn epoch_of(&self, offset: Offset) -> Result<Option<LeaderEpoch>, StorageError> {
        self.with_epochs(|epochs| epochs.epoch_of(offset))
    }

    /// All epochs, in order.
    pub fn epoch_starts(&self) -> Result<Vec<EpochStart>, StorageError> {
        self.with_epochs(|epochs| epochs.entries().to_vec())
    }

    fn with_epochs<T>(&self, ask: impl FnOnce(&Epochs) -> T) -> Result<T, StorageError> {
        if let EpochsOnDemand::Loaded { epochs, .. } = &*self.epochs.read() {
            return Ok(ask(epochs));
        }
        self.change_epochs(|epochs| (ask(epochs), false))
    }

    /// Works on the epochs; the second value says whether that changed them.
    fn change_epochs<T>(&self, work: impl FnOnce(&mut Epochs) -> (T, bool)) -> Result<T, StorageError> {
        let mut slot = self.epochs.write();
        if let EpochsOnDemand::Latest(_) = *slot {
            let epochs = Box::new(recovery::load_epochs(&self.home, &self.state.load())?);
            *slot = EpochsOnDemand::Loaded { epochs, changed: false };
        }
        let EpochsOnDemand::Loaded { epochs, changed } = &mut *slot else { unreachable!("loaded above") };
        let (result, news) = work(epochs);
        *changed |= news;
        Ok(result)
    }

    /// Writes the epochs' file where it does not have them.
    fn write_epochs(&self, durably: bool) -> Result<(), StorageError> {
        let mut slot = self.epochs.write();
        if let EpochsOnDemand::Loaded { epochs, changed: changed @ true } = &mut *slot {
            self.home.write(names::EPOCHS, &epochs.encode(), durably)?;
            *changed = false;
        }
        Ok(())
    }

    /// The producers, for DescribeProducers.
    pub fn active_producers(&self) -> Result<Vec<ActiveProducer>, StorageError> {
        if self.segment_count() == 0 {
            return Ok(Vec::new());
        }
        self.with_writer(|open| Ok(open.producers.active()))
    }

    /// Has this incarnation of the producer a transaction open here?
    pub fn has_open_transaction(&self, producer_id: i64, epoch: i16) -> Result<bool, StorageError> {
        if self.segment_count() == 0 {
            return Ok(false);
        }
        self.with_writer(|open| Ok(open.producers.has_open_transaction(producer_id, epoch)))
    }

    /// Begins to verify that a producer's transaction includes this partition. The guard goes with the append once the
    /// coordinator has said yes; `None` where the transaction is open here, and no question is needed.
    pub fn begin_verification(
        &self,
        producer_id: i64,
        epoch: i16,
        sequence: i32,
        supports_epoch_bump: bool,
    ) -> Result<Option<VerificationGuard>, StorageError> {
        let now = self.clock.now_ms();
        self.with_writer(|open| {
            Ok(open.producers.begin_verification(producer_id, epoch, sequence, supports_epoch_bump, now))
        })
    }

    /// Forgets producers that were idle for `producer.id.expiration.ms`.
    pub fn expire_producers(&self) {
        let expired_before = self.expired_before();
        let mut writer = self.writer.lock();
        if let Some(open) = writer.opened() {
            open.producers.expire(expired_before);
        }
    }

    fn expired_before(&self) -> i64 {
        self.clock.now_ms().saturating_sub(self.options.load().producer_id_expiration_ms)
    }

    /// Lets go the files of closed segments; they are opened again when somebody reads them.
    pub fn release_files(&self) {
        for segment in self.state.load().segments.iter() {
            segment.release();
        }
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
