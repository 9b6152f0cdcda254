//! What is deleted: whole segments that are too old, too many, or before the log's start; and whole logs.
//!
//! Files first get another name, which readers in flight do not notice; their content is removed later.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::Disk;
use types::{Offset, TimestampMs, Uuid};

use super::Log;
use super::state::LogState;
use super::writer::{OpenLog, closed};
use crate::error::StorageError;
use crate::names;
use crate::options::LogOptions;
use crate::segment::Segment;

/// Files that are out of the way and wait for their removal. Dropping it leaves them to the next start.
#[derive(Debug)]
#[must_use]
pub struct Removal {
    disk: Disk,
    paths: Vec<PathBuf>,
    delay: Duration,
}

impl Removal {
    pub(crate) fn new(disk: Disk, paths: Vec<PathBuf>, delay_ms: i64) -> Removal {
        Removal { disk, paths, delay: Duration::from_millis(u64::try_from(delay_ms).unwrap_or(0)) }
    }

    /// How long to wait first, for those who still read: `file.delete.delay.ms`.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Removes them.
    pub fn run(self) -> io::Result<()> {
        for path in &self.paths {
            let is_file = path.to_string_lossy().ends_with(names::DELETED);
            match if is_file { self.disk.remove_file(path) } else { self.disk.remove_dir_all(path) } {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Log {
    /// Deletes the segments that nobody needs any more. Nothing at or above the high watermark goes. What is left to do is
    /// given back.
    pub fn retain(&self, now_ms: TimestampMs) -> Result<Option<Removal>, StorageError> {
        let options = self.options.load_full();
        // Most logs have nothing to delete: that is seen without opening anything for writing.
        if deletable(&self.state.load_full(), &options, now_ms)?.is_none() {
            return Ok(None);
        }
        self.with_writer(|open| {
            let state = self.state.load_full();
            let Some(keep_from) = deletable(&state, &options, now_ms)? else { return Ok(None) };
            if keep_from >= state.end.offset && state.active().is_some_and(|active| active.size() > 0) {
                self.roll_at(open, state.end.offset)?;
            }
            self.delete_before(open, keep_from, &options).map(Some)
        })
    }

    /// Removes the closed segments that end at or before this offset, and moves the log's start there.
    fn delete_before(
        &self,
        open: &mut OpenLog,
        keep_from: Offset,
        options: &LogOptions,
    ) -> Result<Removal, StorageError> {
        let state = self.state.load_full();
        let count = closed(&state)
            .iter()
            .zip(state.segments.iter().skip(1))
            .take_while(|(_, next)| next.base_offset <= keep_from)
            .count();
        let going: Vec<Arc<Segment>> = state.segments[..count].to_vec();
        self.move_start(open, state.segments[count].base_offset);
        self.publish(|state, _| state.segments = state.segments[count..].to_vec().into());
        let mut paths = Vec::new();
        for segment in going {
            open.producers.snapshots.remove(&segment.base_offset);
            paths.extend(segment.mark_deleted()?.iter().map(|name| self.home.file(name)));
        }
        tracing::info!(partition = %self.home.partition, segments = count, log_start = self.log_start_offset(), "deleted old segments");
        Ok(Removal::new(self.home.disk.clone(), paths, options.file_delete_delay_ms))
    }

    /// Moves the log's start up to this offset.
    fn move_start(&self, open: &mut OpenLog, offset: Offset) {
        let moved = self.publish(|state, _| {
            let moves = offset > state.log_start;
            if moves {
                state.log_start = offset;
                if state.high_watermark.offset < offset {
                    state.high_watermark = state.mark(offset);
                }
            }
            moves
        });
        if moved {
            // In memory only: the file may keep the old beginning until it is written for another reason.
            let _ = self.change_epochs(|epochs| ((), epochs.truncate_start(offset)));
            if open.producers.end() < offset {
                open.producers.set_end(offset);
            }
        }
    }

    /// Moves the log's start up to this offset, which must not be above the high watermark; the segments before it go with the
    /// next [`Log::retain`]. Returns the log's start. It is durable once the directory has checkpointed it.
    pub fn delete_records_before(&self, offset: Offset) -> Result<Offset, StorageError> {
        let state = self.state.load_full();
        if offset < 0 || offset > state.high_watermark.offset {
            let (log_start, log_end) = (state.log_start, state.high_watermark.offset);
            return Err(StorageError::OffsetOutOfRange { offset, log_start, log_end });
        }
        self.advance_log_start(offset)?;
        Ok(self.log_start_offset())
    }

    /// Moves the log's start up to what the leader says, at most to the log's end.
    pub fn advance_log_start(&self, offset: Offset) -> Result<(), StorageError> {
        if offset <= self.log_start_offset() {
            return Ok(());
        }
        self.with_writer(|open| {
            self.move_start(open, offset.min(self.log_end_offset()));
            Ok(())
        })
    }

    /// Deletes the log: its directory gets another name at once, and is removed later. `None`: there was nothing on disk.
    pub fn delete(&self) -> Result<Option<Removal>, StorageError> {
        let mut writer = self.writer.lock();
        if writer.delete() {
            self.home.health.remove_log();
        }
        if !self.home.disk.exists(&self.home.path()) {
            return Ok(None);
        }
        let id = Uuid::from_bytes(runtime::random_bytes());
        let path = self.home.move_to(&names::deleted_directory(&self.home.partition, id))?;
        let delay = self.options.load().file_delete_delay_ms;
        Ok(Some(Removal::new(self.home.disk.clone(), vec![path], delay)))
    }
}

/// The offset before which closed segments can go, `None` where none can. The active segment goes, too (after a roll), where all of
/// it is too old or too much.
fn deletable(state: &LogState, options: &LogOptions, now: TimestampMs) -> Result<Option<Offset>, StorageError> {
    let total: u64 = (0..state.segments.len()).map(|index| state.size_of(index)).sum();
    let mut excess = match u64::try_from(options.retention_bytes) {
        Ok(allowed) if options.delete => total.saturating_sub(allowed),
        _ => 0,
    };
    let mut keep_from = None;
    for (index, segment) in state.segments.iter().enumerate() {
        let size = state.size_of(index);
        let next = state.segments.get(index + 1).map(|next| next.base_offset);
        let end = next.unwrap_or(state.end.offset);
        if end > state.high_watermark.offset || (next.is_none() && size == 0) {
            break;
        }
        let before_start = next.is_some_and(|next| next <= state.log_start);
        let too_much = options.delete && excess >= size && excess > 0;
        if !before_start && !too_much && !is_too_old(segment, options, now)? {
            break;
        }
        excess = excess.saturating_sub(size);
        keep_from = Some(end);
    }
    Ok(keep_from)
}

/// Without timestamps there is no age, and nothing is too old.
fn is_too_old(segment: &Segment, options: &LogOptions, now: TimestampMs) -> Result<bool, StorageError> {
    if !options.delete || options.retention_ms < 0 {
        return Ok(false);
    }
    let largest = segment.largest_timestamp()?;
    Ok(largest.is_some_and(|(timestamp, _)| now.saturating_sub(timestamp) > options.retention_ms))
}
