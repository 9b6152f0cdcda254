//! Truncation: a follower drops what its leader does not have, or begins anew at the leader's start.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use types::Offset;

use super::Log;
use super::read::find_batch;
use super::replay::load_producers;
use super::state::{Mark, Place, Recent};
use super::writer::OpenLog;
use crate::error::StorageError;
use crate::names;
use crate::producers::Producers;
use crate::segment::{Headers, Segment, Step};

/// The offset after the last batch before this position. Compaction may have left a gap behind it, which no file tells of.
fn end_before(segment: &Segment, position: u64) -> Result<Offset, StorageError> {
    let Some(last) = position.checked_sub(1) else { return Ok(segment.base_offset) };
    let mut headers = Headers::new(segment.file()?, segment.indexed_position(last)?, position);
    let mut end = segment.base_offset;
    while let Step::Batch(_, header) = headers.next().map_err(|error| segment.failed("read", error))? {
        end = header.next_offset();
    }
    Ok(end)
}

/// What a truncation left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Offset of the next record now. Below the offset asked for where that was inside a batch, or in a gap between two.
    pub log_end: Offset,
    /// Were any records dropped? Then [`crate::LogDirectory::write_recovery_points`] comes next, before the log is appended to:
    /// recovery never cuts below the recovery point that it finds.
    pub changed: bool,
}

impl Log {
    /// Drops every record from this offset on, and all of the batch that holds it.
    pub fn truncate_to(&self, offset: Offset) -> Result<Truncated, StorageError> {
        if offset < 0 {
            let (log_start, log_end) = (self.log_start_offset(), self.log_end_offset());
            return Err(StorageError::OffsetOutOfRange { offset, log_start, log_end });
        }
        self.with_writer(|open| {
            let state = self.state.load_full();
            if offset >= state.end.offset {
                // An epoch that began here and has no record must not stay: another leader may begin at the same offset.
                self.change_epochs(|epochs| ((), epochs.truncate_end(state.end.offset)))?;
                self.write_epochs(false)?;
                return Ok(Truncated { log_end: state.end.offset, changed: false });
            }
            if state.segments.first().is_none_or(|first| first.base_offset > offset) {
                self.begin_at(open, offset)?;
                return Ok(Truncated { log_end: offset, changed: true });
            }
            let log_end = self.cut(open, offset)?;
            Ok(Truncated { log_end, changed: true })
        })
    }

    /// Drops everything; the next record gets this offset.
    pub fn truncate_fully_and_start_at(&self, offset: Offset) -> Result<(), StorageError> {
        self.with_writer(|open| self.begin_at(open, offset))
    }

    fn cut(&self, open: &mut OpenLog, offset: Offset) -> Result<Offset, StorageError> {
        let state = self.state.load_full();
        let Some(index) = state.floor(offset) else { return Ok(state.end.offset) };
        let segment = state.segments[index].clone();
        let size = state.size_of(index);
        let position = find_batch(&segment, offset, size)?.map_or(size, |(position, _)| position);
        let log_end = end_before(&segment, position)?;
        let turn = self.sync_turn.lock();
        self.lower(log_end);
        // Readers go first, then the files, the latest first: whenever this is interrupted, what is left is a log.
        self.publish(|state, _| {
            state.segments = state.segments[..=index].to_vec().into();
            state.end = Mark { offset: log_end, place: Some(Place { segment: segment.base_offset, position }) };
            state.log_start = state.log_start.min(log_end);
            state.recent = Recent::default();
            state.recent.push(log_end, position);
            state.high_watermark = if state.high_watermark.offset >= log_end {
                state.end
            } else {
                Mark::somewhere(state.high_watermark.offset)
            };
        });
        drop(turn);
        for later in state.segments[index + 1..].iter().rev() {
            self.remove_files(later.mark_deleted()?)?;
        }
        segment.truncate(log_end, position)?;
        self.change_epochs(|epochs| ((), epochs.truncate_end(log_end)))?;
        self.write_epochs(false)?;
        self.rebuild_producers(open, log_end)?;
        let file = segment.file()?;
        open.active.first_timestamp = if index + 1 == state.segments.len() && position > 0 {
            open.active.first_timestamp
        } else {
            super::writer::first_timestamp(&segment, &file, position)?
        };
        open.active.segment = segment;
        open.active.file = file;
        open.active.size = position;
        open.active.created_ms = self.clock.now_ms();
        Ok(log_end)
    }

    /// Nothing above this offset is durable any more.
    fn lower(&self, log_end: Offset) {
        self.truncations.fetch_add(1, Ordering::AcqRel);
        let lower = |value: &AtomicI64| value.fetch_min(log_end, Ordering::AcqRel);
        lower(&self.synced);
        lower(&self.recovery_point);
    }

    fn rebuild_producers(&self, open: &mut OpenLog, log_end: Offset) -> Result<(), StorageError> {
        let beyond: Vec<Offset> = open.producers.snapshots.range(log_end + 1..).copied().collect();
        for offset in beyond {
            self.home.remove(&names::file_name(offset, names::SNAPSHOT))?;
        }
        let options = self.options.load();
        let state = self.state.load_full();
        open.producers = load_producers(&self.home, &state, options.max_producers, self.expired_before())?;
        self.publish(|_, transactions| {
            transactions.reset(open.producers.open_transactions().map(|(offset, _)| offset));
        });
        Ok(())
    }

    fn begin_at(&self, open: &mut OpenLog, offset: Offset) -> Result<(), StorageError> {
        let state = self.state.load_full();
        let turn = self.sync_turn.lock();
        self.lower(offset);
        self.publish(|state, transactions| {
            state.segments = Arc::new([]);
            state.log_start = offset;
            state.end = Mark::somewhere(offset);
            state.high_watermark = state.end;
            transactions.reset(std::iter::empty());
        });
        drop(turn);
        for segment in state.segments.iter().rev() {
            self.remove_files(segment.mark_deleted()?)?;
        }
        for &snapshot in &open.producers.snapshots {
            self.home.remove(&names::file_name(snapshot, names::SNAPSHOT))?;
        }
        open.producers = Producers::new(offset, self.options.load().max_producers);
        self.change_epochs(|epochs| (epochs.clear(), true))?;
        self.write_epochs(false)?;
        open.active = self.begin_segment(offset, |segments, segment| segments.push(segment))?;
        // An empty log is durable as it is, and a log that begins above its old end has nothing to recover before that.
        self.synced.store(offset, Ordering::Release);
        self.recovery_point.store(offset, Ordering::Release);
        Ok(())
    }

    fn remove_files(&self, names: Vec<String>) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| self.home.remove(name))
    }
}
