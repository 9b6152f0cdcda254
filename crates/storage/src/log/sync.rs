//! What is durable: syncs on the way to an acknowledgement, checkpoints once a minute, and the clean end.
//!
//! The writer goes on while the disk works. Those who wait for a sync at the same time share one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use types::{LeaderEpoch, Offset, TimestampMs};

use super::{EpochsOnDemand, Log};
use crate::error::StorageError;
use crate::format::logs_checkpoint::Summary;
use crate::names;
use crate::segment::{MemoryIndex, Segment};

/// What the directory's checkpoint files say about a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Recovery after a crash begins here.
    pub recovery_point: Offset,
    /// Records before this offset are deleted.
    pub log_start: Offset,
    /// All in-sync replicas have the log up to here.
    pub high_watermark: Offset,
}

impl Log {
    /// Syncs everything that is in the log now; returns the offset up to which it is durable.
    pub fn sync(&self) -> Result<Offset, StorageError> {
        self.sync_up_to(self.log_end_offset())
    }

    /// Syncs the log at least up to this offset; returns the offset up to which it is durable. Waits for the disk, so it does
    /// not belong on a thread that others wait for.
    pub fn sync_up_to(&self, offset: Offset) -> Result<Offset, StorageError> {
        let synced = self.synced.load(Ordering::Acquire);
        if synced >= offset {
            return Ok(synced);
        }
        let _turn = self.sync_turn.lock();
        let synced = self.synced.load(Ordering::Acquire);
        if synced >= offset {
            return Ok(synced);
        }
        self.home.health.check()?;
        let state = self.state.load_full();
        let end = state.end.offset;
        let first = state.floor(synced).unwrap_or(0);
        let segments = &state.segments[first.min(state.segments.len())..];
        let written = segments.iter().try_for_each(|segment| segment.sync());
        if let Err(error) = written.and_then(|()| self.home.sync_names()) {
            // After a failed sync nobody can tell what is on disk, a full disk included: the pages may be marked clean.
            self.home.health.fail(&error);
            return Err(error);
        }
        self.last_sync_ms.store(self.clock.now_ms(), Ordering::Release);
        // Truncations wait for their turn, so that what was synced is still there.
        self.synced.fetch_max(end, Ordering::AcqRel);
        Ok(end)
    }

    /// Do `flush.messages` or `flush.ms` ask for a sync?
    pub fn needs_sync(&self, now_ms: TimestampMs) -> bool {
        let options = self.options.load();
        let waiting = self.log_end_offset() - self.synced_offset();
        waiting > 0
            && (waiting >= options.flush_messages
                || now_ms.saturating_sub(self.last_sync_ms.load(Ordering::Acquire)) >= options.flush_ms)
    }

    /// Makes a point from which recovery can begin: syncs the log, and writes what lies beside it (index entries, leader epochs,
    /// producers). A log where nothing has changed costs nothing.
    pub fn checkpoint(&self) -> Result<Checkpoint, StorageError> {
        let state = self.state.load_full();
        let answer = |recovery_point| Checkpoint {
            recovery_point,
            log_start: state.log_start,
            high_watermark: state.high_watermark.offset,
        };
        let recovery_point = self.recovery_point.load(Ordering::Acquire);
        if recovery_point >= state.end.offset || state.segments.is_empty() {
            return Ok(answer(recovery_point));
        }
        let truncations = self.truncations.load(Ordering::Acquire);
        let (end, snapshot) = self.with_writer(|open| {
            // With the highest timestamp, so that recovery finds the files complete.
            open.active.segment.with_index(MemoryIndex::add_largest);
            open.active.segment.write_index()?;
            Ok((open.producers.end(), open.producers.to_snapshot()))
        })?;
        self.sync_up_to(end)?;
        self.write_epochs(true)?;
        self.with_writer(|open| {
            // A truncation in between makes the point void.
            if self.truncations.load(Ordering::Acquire) != truncations {
                return Ok(());
            }
            self.home.write(&names::file_name(end, names::SNAPSHOT), &snapshot, false)?;
            open.producers.snapshots.insert(end);
            self.remove_stray_snapshots(open)?;
            self.promise(end);
            Ok(())
        })?;
        Ok(answer(self.recovery_point()))
    }

    /// From now on recovery may begin here.
    fn promise(&self, recovery_point: Offset) {
        self.recovery_point.fetch_max(recovery_point, Ordering::AcqRel);
        self.promised.fetch_max(recovery_point, Ordering::AcqRel);
    }

    /// Of the snapshots that are at no segment's beginning, only the newest is of use.
    fn remove_stray_snapshots(&self, open: &mut super::writer::OpenLog) -> Result<(), StorageError> {
        let state = self.state.load();
        let newest = open.producers.snapshots.last().copied();
        let stray: Vec<Offset> = open
            .producers
            .snapshots
            .iter()
            .copied()
            .filter(|&offset| Some(offset) != newest)
            .filter(|&offset| state.segments.binary_search_by_key(&offset, |segment| segment.base_offset).is_err())
            .collect();
        for offset in stray {
            self.home.remove(&names::file_name(offset, names::SNAPSHOT))?;
            open.producers.snapshots.remove(&offset);
        }
        Ok(())
    }

    /// Closes the log cleanly: everything is on disk and synced. A log that was not used since it was opened costs nothing.
    pub(crate) fn close(&self) -> Result<Summary, StorageError> {
        let mut writer = self.writer.lock();
        if let Some(open) = writer.opened() {
            self.home.health.check()?;
            open.producers.set_end(self.log_end_offset());
            self.write_snapshot(open)?;
            let segment: Arc<Segment> = open.active.segment.clone();
            self.sync_up_to(self.log_end_offset())?;
            segment.close_index()?;
            self.remove_stray_snapshots(open)?;
            self.write_epochs(true)?;
            self.home.sync_names()?;
            self.promise(self.log_end_offset());
        } else if self.synced_offset() < self.log_end_offset() {
            self.sync_up_to(self.log_end_offset())?;
            self.promise(self.log_end_offset());
        }
        writer.close();
        Ok(self.summary())
    }

    fn latest_epoch_with_records(&self, log_end: Offset) -> Option<LeaderEpoch> {
        match &*self.epochs.read() {
            EpochsOnDemand::Latest(latest) => *latest,
            EpochsOnDemand::Loaded { epochs, .. } => epochs.epoch_of(log_end - 1),
        }
    }

    fn summary(&self) -> Summary {
        let state = self.state.load();
        Summary {
            topic_id: self.topic_id,
            log_start: state.log_start,
            log_end: state.end.offset,
            recovery_point: self.recovery_point.load(Ordering::Acquire),
            first_open_transaction: self.transactions.lock().first_open(),
            latest_epoch: self.latest_epoch_with_records(state.end.offset),
            segments: (0..state.segments.len())
                .map(|index| (state.segments[index].base_offset, state.size_of(index)))
                .collect(),
        }
    }
}
