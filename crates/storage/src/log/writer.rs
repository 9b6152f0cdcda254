//! What the one who writes holds: opened at the first append, made where there is nothing yet.

use std::sync::Arc;

use runtime::File;
use types::{NO_TIMESTAMP, Offset, TimestampMs};

use super::replay::load_producers;
use super::state::{LogState, Place, Recent};
use super::{Log, LogOptions};
use crate::error::StorageError;
use crate::format::partition_metadata;
use crate::names;
use crate::producers::Producers;
use crate::segment::{Headers, Segment, Step};

/// The writer's side of a log.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    open: Option<Box<OpenLog>>,
    closed: bool,
    deleted: bool,
}

/// A log that is open for writing.
#[derive(Debug)]
pub(crate) struct OpenLog {
    pub active: Active,
    pub producers: Producers,
}

/// The segment that is written.
#[derive(Debug)]
pub(crate) struct Active {
    pub segment: Arc<Segment>,
    pub file: File,
    pub size: u64,
    pub created_ms: TimestampMs,
    /// Highest timestamp of the first batch: the segment's age counts from there.
    pub first_timestamp: Option<TimestampMs>,
}

impl Writer {
    /// The open log, where it is.
    pub(crate) fn opened(&mut self) -> Option<&mut OpenLog> {
        self.open.as_deref_mut()
    }

    /// Closes the log: nothing is written any more, or what was said about it at the close would not be true.
    pub(crate) fn close(&mut self) {
        self.open = None;
        self.closed = true;
    }

    /// Closes the log for good; false where it was before.
    pub(crate) fn delete(&mut self) -> bool {
        self.open = None;
        !std::mem::replace(&mut self.deleted, true)
    }
}

impl Log {
    /// Does something with the open log, alone.
    pub(super) fn with_writer<T>(
        &self,
        work: impl FnOnce(&mut OpenLog) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut writer = self.writer.lock();
        work(self.opened(&mut writer)?)
    }

    /// The open log, opened now if it was not.
    pub(super) fn opened<'w>(&self, writer: &'w mut Writer) -> Result<&'w mut OpenLog, StorageError> {
        if writer.deleted {
            return Err(StorageError::Deleted { partition: self.home.partition.to_string() });
        }
        if writer.closed {
            return Err(StorageError::Offline { reason: "the log is closed".into() });
        }
        self.home.health.check()?;
        if writer.open.is_none() {
            writer.open = Some(Box::new(self.open_now()?));
        }
        match writer.open.as_deref_mut() {
            Some(open) => Ok(open),
            None => unreachable!("opened above"),
        }
    }

    fn open_now(&self) -> Result<OpenLog, StorageError> {
        let state = self.state.load_full();
        let options = self.options.load();
        self.with_epochs(|_| ())?;
        if let Some(segment) = state.active() {
            segment.load_index()?;
            let active = self.open_active(segment.clone(), state.size_of(state.segments.len() - 1))?;
            let producers = load_producers(&self.home, &state, options.max_producers, self.expired_before())?;
            self.publish(|_, transactions| {
                transactions.reset(producers.open_transactions().map(|(offset, _)| offset));
            });
            return Ok(OpenLog { active, producers });
        }
        self.home.make()?;
        self.home.write(names::PARTITION_METADATA, &partition_metadata::encode(self.topic_id), false)?;
        let producers = Producers::new(state.end.offset, options.max_producers);
        let active = self.begin_segment(state.end.offset, |segments, segment| {
            segments.push(segment);
        })?;
        Ok(OpenLog { active, producers })
    }

    fn open_active(&self, segment: Arc<Segment>, size: u64) -> Result<Active, StorageError> {
        let file = segment.file()?;
        let length = file.len().map_err(|error| segment.failed("read", error))?;
        if length < size {
            return Err(segment.damaged(length, format!("{size} bytes should be there")));
        }
        // What lies behind the last batch was never part of the log: an append that was not finished.
        if length > size {
            file.set_len(size).map_err(|error| segment.failed("truncate", error))?;
        }
        let first_timestamp = first_timestamp(&segment, &file, size)?;
        Ok(Active { segment, file, size, created_ms: self.clock.now_ms(), first_timestamp })
    }

    /// Makes an empty segment and publishes it as the active one, in a list that `place` changes.
    pub(super) fn begin_segment(
        &self,
        base_offset: Offset,
        place: impl FnOnce(&mut Vec<Arc<Segment>>, Arc<Segment>),
    ) -> Result<Active, StorageError> {
        let segment = Arc::new(Segment::create(self.home.clone(), base_offset)?);
        let file = segment.file()?;
        self.publish(|state, _| {
            let mut segments = state.segments.to_vec();
            place(&mut segments, segment.clone());
            state.segments = segments.into();
            state.end.place = Some(Place { segment: base_offset, position: 0 });
            state.recent = Recent::default();
            state.recent.push(state.end.offset, 0);
        });
        Ok(Active { segment, file, size: 0, created_ms: self.clock.now_ms(), first_timestamp: None })
    }

    /// Closes the active segment and begins the next one, at this offset.
    pub(super) fn roll_at(&self, open: &mut OpenLog, base_offset: Offset) -> Result<(), StorageError> {
        let old = open.active.segment.clone();
        // A recovery that begins at a snapshot trusts what lies before it, if it was promised that much earlier.
        if base_offset < self.promised.load(std::sync::atomic::Ordering::Acquire) {
            old.sync()?;
        }
        self.write_epochs(false)?;
        open.producers.set_end(base_offset);
        self.write_snapshot(open)?;
        open.active = self.begin_segment(base_offset, |segments, segment| segments.push(segment))?;
        old.close_index()?;
        tracing::debug!(partition = %self.home.partition, base_offset, "new segment");
        Ok(())
    }

    /// Writes a snapshot of the producers, as of their end, unless there is one.
    pub(super) fn write_snapshot(&self, open: &mut OpenLog) -> Result<(), StorageError> {
        let end = open.producers.end();
        if open.producers.snapshots.contains(&end) {
            return Ok(());
        }
        self.home.write(&names::file_name(end, names::SNAPSHOT), &open.producers.to_snapshot(), false)?;
        open.producers.snapshots.insert(end);
        Ok(())
    }

    /// Begins a new segment now, where the active one holds anything.
    pub fn roll(&self) -> Result<(), StorageError> {
        self.with_writer(|open| {
            if open.active.size > 0 {
                self.roll_at(open, self.log_end_offset())?;
            }
            Ok(())
        })
    }
}

/// The highest timestamp of a segment's first batch.
pub(super) fn first_timestamp(segment: &Segment, file: &File, size: u64) -> Result<Option<TimestampMs>, StorageError> {
    let first = Headers::new(file.clone(), 0, size).next().map_err(|error| segment.failed("read", error))?;
    Ok(match first {
        Step::Batch(_, header) => Some(header.max_timestamp()).filter(|&timestamp| timestamp > NO_TIMESTAMP),
        Step::End | Step::Broken(..) => None,
    })
}

/// How much earlier than `segment.ms` a segment is closed: the same for one segment each time it is asked.
fn jitter(options: &LogOptions, base_offset: Offset, partition: i32) -> i64 {
    if options.segment_jitter_ms <= 0 {
        return 0;
    }
    let spread = (base_offset as u64 ^ (partition as u64) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    (spread % options.segment_jitter_ms as u64) as i64
}

impl Active {
    /// Must a new segment begin before a batch like this?
    pub(super) fn is_full(
        &self,
        options: &LogOptions,
        batch: &batch::Header,
        now: TimestampMs,
        partition: i32,
        size: u64,
    ) -> bool {
        let beyond_reach = batch.last_offset() - self.segment.base_offset > i64::from(i32::MAX);
        if size == 0 {
            return beyond_reach;
        }
        // The age counts in the records' own time where they have one, so that old records do not make a segment each.
        let age = match self.first_timestamp {
            Some(first) => batch.max_timestamp().saturating_sub(first),
            None => now.saturating_sub(self.created_ms),
        };
        let jitter = jitter(options, self.segment.base_offset, partition);
        beyond_reach
            || size + batch.size() as u64 > u64::from(options.segment_bytes)
            || age > options.segment_ms.saturating_sub(jitter)
            || self
                .segment
                .with_index(|index| {
                    index.offsets.len() >= options.max_offset_entries()
                        || index.times.len() + 1 >= options.max_time_entries()
                })
                .unwrap_or(false)
    }
}

/// The state's segments without the last: those that are closed.
pub(super) fn closed(state: &LogState) -> &[Arc<Segment>] {
    state.segments.split_last().map_or(&[], |(_, closed)| closed)
}
