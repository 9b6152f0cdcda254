//! Brings a log's directory into order before it is opened, and tells what it holds.
//!
//! After a clean stop the files are as they were left; only the end of the last segment is looked at. Otherwise:
//!
//! 1. Reading begins at the newest producer snapshot that is not above the recovery point, which is where the last checkpoint
//!    took one. Segments before that are left alone, apart from indexes that are missing.
//! 2. Every batch from there on is read: format, length, CRC, offsets and epochs that never fall. The first one that is not as
//!    it should be ends the log, and so does a tail of zeros; later segments are removed.
//! 3. That end is never before the recovery point, because everything before it was synced: damage there is reported, the
//!    partition stays out of use, and another replica can repair it. Nothing is cut off.
//! 4. Indexes, aborted transactions, leader epochs and producers are rebuilt from what was read.
//!
//! Recovering twice, or being interrupted in between, ends in the same state.

use std::sync::Arc;

use batch::{BatchView, Header};
use types::{CLUSTER_METADATA, LeaderEpoch, NO_EPOCH, Offset, TimestampMs, Uuid};

use super::replay::{apply, newest_snapshot, snapshot_offsets};
use super::state::{LogState, Mark, Recent};
use super::swap;
use crate::epochs::Epochs;
use crate::error::StorageError;
use crate::format::index::{OffsetEntry, TimeEntry};
use crate::format::logs_checkpoint::Summary;
use crate::format::partition_metadata;
use crate::format::txn_index::AbortedTransaction;
use crate::names;
use crate::options::LogOptions;
use crate::producers::{Applied, Producers};
use crate::segment::{Headers, Home, MemoryIndex, Segment, Step, WholeBatches};

/// What the log directory's checkpoints say about a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hints {
    /// Everything before this offset is synced.
    pub recovery_point: Offset,
    /// Records before this offset are deleted.
    pub log_start: Offset,
    /// The last process stopped cleanly.
    pub clean: bool,
}

/// Brings the directory into order.
pub(crate) fn load(
    home: &Arc<Home>,
    options: &LogOptions,
    hints: Hints,
    expired_before: TimestampMs,
) -> Result<Summary, StorageError> {
    let topic_id = read_topic_id(home)?;
    swap::tidy(home)?;
    let segments = find_segments(home)?;
    for segment in &segments {
        rebuild_missing_index(home, segment, options)?;
    }
    let file_epochs = epochs_of_file(home)?;
    let epochs = match &file_epochs {
        Some(epochs) => epochs.clone(),
        None => epochs_of_batches(&segments)?,
    };
    let end = hints.log_start;
    let mut recovery = Recovery { home, options, hints, expired_before, epochs, file_epochs, segments, end };
    let scanned = if hints.clean && recovery.clean_end()? { None } else { Some(recovery.scan()?) };
    recovery.summarize(topic_id, scanned)
}

/// The epochs of a log that is in order.
pub(super) fn load_epochs(home: &Home, state: &LogState) -> Result<Epochs, StorageError> {
    let mut epochs = match epochs_of_file(home)? {
        Some(epochs) => epochs,
        None => epochs_of_batches(&state.segments)?,
    };
    epochs.truncate_start(state.log_start);
    epochs.truncate_end(state.end.offset);
    Ok(epochs)
}

fn epochs_of_file(home: &Home) -> Result<Option<Epochs>, StorageError> {
    let Some(content) = home.read_if_there(names::EPOCHS)? else { return Ok(None) };
    match Epochs::decode(&content) {
        Ok(epochs) => Ok(Some(epochs)),
        Err(reason) => {
            tracing::warn!(path = %home.file(names::EPOCHS).display(), reason, "leader epochs are unreadable");
            Ok(None)
        }
    }
}

/// The epochs that the batches carry.
fn epochs_of_batches(segments: &[Arc<Segment>]) -> Result<Epochs, StorageError> {
    let mut epochs = Epochs::default();
    for segment in segments {
        let mut headers = Headers::new(segment.file()?, 0, segment.size());
        while let Step::Batch(_, header) = headers.next().map_err(|error| segment.failed("read", error))? {
            epochs.assign(header.leader_epoch(), header.base_offset());
        }
    }
    Ok(epochs)
}

fn read_topic_id(home: &Home) -> Result<Uuid, StorageError> {
    let topic_id = match home.read_if_there(names::PARTITION_METADATA)? {
        None => Uuid::ZERO,
        Some(content) => partition_metadata::decode(&content).map_err(|reason| StorageError::Damaged {
            path: home.file(names::PARTITION_METADATA),
            position: 0,
            reason,
        })?,
    };
    // A directory that was only formatted has a snapshot of the metadata and no id. Kafka does not start on one whose id is
    // wrong, so it is set right before anything is appended.
    if topic_id == Uuid::ZERO && *home.partition.topic == *CLUSTER_METADATA {
        home.write(names::PARTITION_METADATA, &partition_metadata::encode(Uuid::METADATA_TOPIC), false)?;
        return Ok(Uuid::METADATA_TOPIC);
    }
    Ok(topic_id)
}

/// The segments that have a file, in order, each as large as its file.
fn find_segments(home: &Arc<Home>) -> Result<Vec<Arc<Segment>>, StorageError> {
    let path = home.path();
    let entries = home.disk.list(&path).map_err(|error| home.failed("list", &path, error))?;
    let mut segments: Vec<_> = entries
        .iter()
        .filter_map(|entry| match names::parse_file_name(&entry.name) {
            Some((offset, names::LOG)) => Some(Arc::new(Segment::new(home.clone(), offset, entry.length))),
            _ => None,
        })
        .collect();
    segments.sort_unstable_by_key(|segment| segment.base_offset);
    Ok(segments)
}

/// A segment without an index file gets one. What cannot be walked is left to the scan.
fn rebuild_missing_index(home: &Home, segment: &Segment, options: &LogOptions) -> Result<(), StorageError> {
    let path = home.file(&segment.name(names::OFFSET_INDEX));
    if home.disk.exists(&path) {
        return Ok(());
    }
    let mut index = MemoryIndex::default();
    let mut headers = Headers::new(segment.file()?, 0, segment.size());
    while let Step::Batch(position, header) = headers.next().map_err(|error| segment.failed("read", error))? {
        if header.base_offset() < segment.base_offset {
            break;
        }
        index.add(segment.base_offset, position, &header, options.index_interval_bytes);
    }
    segment.replace_index(index)
}

struct Recovery<'a> {
    home: &'a Arc<Home>,
    options: &'a LogOptions,
    hints: Hints,
    expired_before: TimestampMs,
    epochs: Epochs,
    /// What the file holds; `None` where it cannot be read.
    file_epochs: Option<Epochs>,
    segments: Vec<Arc<Segment>>,
    /// Offset after the last batch.
    end: Offset,
}

/// What the scan of one segment came to.
struct SegmentEnd {
    /// Position after the last good batch.
    position: u64,
    /// What is wrong with the bytes behind it.
    broken: Option<String>,
}

impl Recovery<'_> {
    /// After a clean stop: the log's end, where the last batches are whole. False: the log must be scanned after all.
    fn clean_end(&mut self) -> Result<bool, StorageError> {
        let Some(segment) = self.segments.last() else { return Ok(true) };
        let size = segment.size();
        let from = segment.position_before(Offset::MAX)?.min(size);
        let mut batches = WholeBatches::new(segment.file()?, from, size);
        let mut end = segment.base_offset;
        loop {
            match batches.next().map_err(|error| segment.failed("read", error))? {
                Step::Batch(_, batch) if batch.crc_is_valid() && batch.base_offset() >= end => {
                    end = batch.next_offset()
                }
                Step::End => break,
                Step::Batch(..) | Step::Broken(..) => return Ok(false),
            }
        }
        self.end = end;
        Ok(true)
    }

    /// Reads everything from the newest usable snapshot on, and cuts off what is not whole.
    fn scan(&mut self) -> Result<Producers, StorageError> {
        let first_offset = self.segments.first().map_or(0, |segment| segment.base_offset);
        let limit = self.options.max_producers;
        // Segments are deleted only below the high watermark, so nothing before the first one is ever truncated: its snapshot is
        // right, though the log may have been deleted faster than checkpoints are taken.
        let mut at_most = self.hints.recovery_point.max(first_offset);
        loop {
            let snapshot = newest_snapshot(self.home, first_offset, at_most, limit, self.expired_before)?;
            let mut producers = snapshot.unwrap_or_else(|| Producers::new(first_offset, limit));
            let from = producers.end();
            self.scan_from(from, &mut producers)?;
            if self.end >= from || self.segments.is_empty() {
                producers.set_end(self.end);
                return Ok(producers);
            }
            // The disk has lost what it had promised to keep: the snapshot knows more than the log.
            let (partition, log_end) = (&self.home.partition, self.end);
            tracing::error!(%partition, log_end, snapshot = from, "the log ends before its last checkpoint");
            at_most = self.end;
        }
    }

    fn scan_from(&mut self, from: Offset, producers: &mut Producers) -> Result<(), StorageError> {
        self.end = from;
        let first = self.segments.partition_point(|segment| segment.base_offset <= from).saturating_sub(1);
        for index in first..self.segments.len() {
            let segment = self.segments[index].clone();
            let end = if index > first && segment.base_offset < self.end {
                let reason = format!("the segment begins before offset {}, where the one before it ends", self.end);
                SegmentEnd { position: 0, broken: Some(reason) }
            } else {
                self.scan_segment(&segment, from, producers)?
            };
            if let Some(reason) = end.broken {
                return self.cut(index, end.position, reason);
            }
        }
        Ok(())
    }

    fn scan_segment(
        &mut self,
        segment: &Arc<Segment>,
        from: Offset,
        producers: &mut Producers,
    ) -> Result<SegmentEnd, StorageError> {
        let size = segment.size();
        let Trusted { mut index, mut aborted, start, files } = trusted_part(segment, from)?;
        let mut batches = WholeBatches::new(segment.file()?, start, size);
        let mut position = start;
        let mut expected = segment.base_offset;
        let mut epoch = NO_EPOCH;
        let broken = loop {
            let batch = match batches.next().map_err(|error| segment.failed("read", error))? {
                Step::Batch(_, batch) => batch,
                Step::End => break None,
                Step::Broken(_, reason) => break Some(reason),
            };
            if let Err(reason) = check(&batch, segment.base_offset, expected, epoch) {
                break Some(reason);
            }
            index.add(segment.base_offset, position, &batch, self.options.index_interval_bytes);
            position += batch.size() as u64;
            expected = batch.next_offset();
            epoch = batch.leader_epoch();
            if self.epochs.epoch_of(batch.base_offset()) != Some(epoch) {
                self.epochs.assign(epoch, batch.base_offset());
            }
            if batch.last_offset() >= from {
                take_in(producers, &batch, &mut aborted)?;
            }
        };
        self.end = expected;
        index.add_largest();
        if files.is_some_and(|files| files.hold(&index, &aborted)) {
            segment.unload_index();
        } else {
            segment.replace_index(index)?;
            segment.set_aborted(aborted)?;
        }
        Ok(SegmentEnd { position, broken })
    }

    /// The log ends at this position of this segment: what lies behind it goes, unless it was synced.
    fn cut(&mut self, index: usize, position: u64, reason: String) -> Result<(), StorageError> {
        let segment = self.segments[index].clone();
        // What lies before the log's start is deleted, and may be damaged.
        if self.end < self.hints.recovery_point && self.hints.log_start < self.hints.recovery_point {
            return Err(segment.damaged(position, reason));
        }
        let partition = &self.home.partition;
        tracing::warn!(%partition, segment = segment.base_offset, position, reason, log_end = self.end, "the log's end was torn");
        // The latest first: whenever this is interrupted, what is left is a log.
        for later in self.segments.drain(index + 1..).rev() {
            for kind in [names::LOG, names::OFFSET_INDEX, names::TIME_INDEX, names::TXN_INDEX] {
                self.home.remove(&later.name(kind))?;
            }
        }
        segment.file()?.set_len(position).map_err(|error| segment.failed("truncate", error))?;
        segment.set_size(position);
        Ok(())
    }

    /// Writes what was rebuilt, and says what the directory holds.
    fn summarize(mut self, topic_id: Uuid, scanned: Option<Producers>) -> Result<Summary, StorageError> {
        let first_offset = self.segments.first().map_or(self.hints.log_start, |segment| segment.base_offset);
        let log_start = self.hints.log_start.max(first_offset);
        if self.end < log_start {
            return self.restart(topic_id, log_start);
        }
        self.epochs.truncate_start(log_start);
        self.epochs.truncate_end(self.end);
        let state = self.state(log_start);
        let producers = match scanned {
            Some(producers) => {
                if self.file_epochs.as_ref() != Some(&self.epochs) {
                    self.home.write(names::EPOCHS, &self.epochs.encode(), false)?;
                }
                self.tidy_snapshots()?;
                if !self.segments.is_empty() && !producers.snapshots.contains(&self.end) {
                    let name = names::file_name(self.end, names::SNAPSHOT);
                    self.home.write(&name, &producers.to_snapshot(), false)?;
                }
                producers
            }
            None => {
                if self.file_epochs.as_ref() != Some(&self.epochs) {
                    self.home.write(names::EPOCHS, &self.epochs.encode(), false)?;
                }
                super::replay::load_producers(self.home, &state, self.options.max_producers, self.expired_before)?
            }
        };
        Ok(Summary {
            topic_id,
            log_start,
            log_end: self.end,
            recovery_point: self.hints.recovery_point.min(self.end),
            first_open_transaction: producers.open_transactions().map(|(offset, _)| offset).min(),
            latest_epoch: self.epochs.latest(),
            segments: self.segments.iter().map(|segment| (segment.base_offset, segment.size())).collect(),
        })
    }

    fn state(&self, log_start: Offset) -> LogState {
        LogState {
            segments: self.segments.clone().into(),
            log_start,
            end: Mark::somewhere(self.end),
            high_watermark: Mark::somewhere(log_start),
            last_stable: Mark::somewhere(log_start),
            recent: Recent::default(),
        }
    }

    /// Snapshots beyond the end belong to batches that are gone; of those that are at no segment's beginning, only the newest is
    /// of use.
    fn tidy_snapshots(&self) -> Result<(), StorageError> {
        let offsets = snapshot_offsets(self.home)?;
        let at_segment = |offset: Offset| self.segments.iter().any(|segment| segment.base_offset == offset);
        for &offset in &offsets {
            let newest = offsets.iter().all(|&other| other <= offset || other > self.end);
            if offset > self.end || !(newest || at_segment(offset)) {
                self.home.remove(&names::file_name(offset, names::SNAPSHOT))?;
            }
        }
        Ok(())
    }

    /// Every record of the log is deleted: it begins anew where it may begin.
    fn restart(self, topic_id: Uuid, log_start: Offset) -> Result<Summary, StorageError> {
        let (partition, log_end) = (&self.home.partition, self.end);
        tracing::warn!(%partition, log_start, log_end, "the log ends before its start, and begins anew");
        for segment in self.segments.iter().rev() {
            for kind in [names::LOG, names::OFFSET_INDEX, names::TIME_INDEX, names::TXN_INDEX] {
                self.home.remove(&segment.name(kind))?;
            }
        }
        for offset in snapshot_offsets(self.home)? {
            self.home.remove(&names::file_name(offset, names::SNAPSHOT))?;
        }
        self.home.write(names::EPOCHS, &Epochs::default().encode(), false)?;
        Ok(Summary {
            topic_id,
            log_start,
            log_end: log_start,
            recovery_point: log_start,
            first_open_transaction: None,
            latest_epoch: None,
            segments: Vec::new(),
        })
    }
}

/// What can be believed of the files beside a segment.
#[derive(Default)]
struct Trusted {
    index: MemoryIndex,
    aborted: Vec<AbortedTransaction>,
    /// Where reading begins.
    start: u64,
    /// What the files hold; `None` where they hold anything else, too.
    files: Option<Files>,
}

/// What the files beside a segment hold.
struct Files {
    offsets: Vec<OffsetEntry>,
    times: Vec<TimeEntry>,
    aborted: Arc<[AbortedTransaction]>,
}

impl Files {
    /// Exactly this? Then they need not be written.
    fn hold(&self, index: &MemoryIndex, aborted: &[AbortedTransaction]) -> bool {
        self.offsets == index.offsets && self.times == index.times && *self.aborted == *aborted
    }
}

/// The indexes and aborted transactions of a segment up to this offset; nothing where the index does not lead to a batch.
fn trusted_part(segment: &Segment, from: Offset) -> Result<Trusted, StorageError> {
    if from <= segment.base_offset {
        return Ok(Trusted::default());
    }
    segment.load_index()?;
    let relative = from - segment.base_offset;
    let mut trusted = segment.with_index(|index| trusted_index(index, relative)).unwrap_or_default();
    let first = Headers::new(segment.file()?, trusted.start, segment.size()).next();
    let leads_to_a_batch = match first.map_err(|error| segment.failed("read", error))? {
        Step::Batch(_, header) => header.base_offset() >= segment.base_offset && header.base_offset() <= from,
        Step::End | Step::Broken(..) => false,
    };
    if !leads_to_a_batch {
        return Ok(Trusted::default());
    }
    let aborted = match segment.aborted() {
        Ok(aborted) => aborted,
        Err(StorageError::Damaged { .. }) => return Ok(Trusted::default()),
        Err(error) => return Err(error),
    };
    trusted.aborted = aborted.iter().copied().filter(|transaction| transaction.last_offset < from).collect();
    if let Some(files) = &mut trusted.files {
        files.aborted = aborted;
    }
    Ok(trusted)
}

fn trusted_index(index: &mut MemoryIndex, relative: i64) -> Trusted {
    let mut index = std::mem::take(index);
    let is_before = |entry: &OffsetEntry| i64::from(entry.relative_offset) < relative;
    let files = index.intact.then(|| Files {
        offsets: index.offsets.clone(),
        times: index.times.clone(),
        aborted: Arc::new([]),
    });
    index.offsets.retain(is_before);
    let start = index.offsets.pop();
    let last = start.map_or(0, |entry| entry.relative_offset);
    index.times.retain(|entry| entry.relative_offset < last);
    index.largest = index.times.last().copied();
    // The last entry is made again by the batch that it points to.
    index.unindexed = if start.is_some() { u64::MAX / 2 } else { 0 };
    Trusted { index, aborted: Vec::new(), start: start.map_or(0, |entry| u64::from(entry.position)), files }
}

/// Is this batch one that was appended here? The CRC does not cover offsets, length and epoch, so they are compared with what
/// came before.
fn check(batch: &BatchView<'_>, base_offset: Offset, expected: Offset, epoch: LeaderEpoch) -> Result<(), String> {
    batch.check_crc().map_err(|error| error.to_string())?;
    if batch.base_offset() < expected {
        return Err(format!("offset {} comes after {expected}", batch.base_offset()));
    }
    if batch.last_offset() - base_offset > i64::from(i32::MAX) {
        return Err(format!("offset {} is too far from the segment's first", batch.last_offset()));
    }
    if batch.leader_epoch() < epoch {
        return Err(format!("leader epoch {} comes after {epoch}", batch.leader_epoch()));
    }
    Ok(())
}

fn take_in(
    producers: &mut Producers,
    batch: &BatchView<'_>,
    aborted: &mut Vec<AbortedTransaction>,
) -> Result<(), StorageError> {
    let header: &Header = batch.header();
    if !header.has_producer_id() {
        return Ok(());
    }
    if let Applied::Completed(completed) = apply(producers, header, batch.body())?
        && completed.aborted
    {
        aborted.push(AbortedTransaction {
            producer_id: completed.producer_id,
            first_offset: completed.first_offset,
            last_offset: completed.last_offset,
            last_stable_offset: producers.last_stable_after(&completed),
        });
    }
    Ok(())
}
