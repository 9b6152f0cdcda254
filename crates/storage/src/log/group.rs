//! Batches on their way to the file: everything that is queued goes in one write, and counts only when all of it is written.

use std::io::IoSlice;

use batch::{EndTransactionMarker, Header, first_record};
use bytes::Bytes;
use types::Offset;

use super::state::{LogState, Place, Transactions};
use super::writer::OpenLog;
use super::{Log, Origin};
use crate::error::StorageError;
use crate::format::txn_index::AbortedTransaction;
use crate::producers::{Applied, CompletedTransaction, Undo};

/// A batch that passed its checks.
struct Planned {
    header: Header,
    body: Bytes,
    position: u64,
    applied: Applied,
    undo: Option<Undo>,
}

/// The batches of one write to one segment.
pub(super) struct Group {
    planned: Vec<Planned>,
    /// Offset after the last batch.
    pub next_offset: Offset,
    /// Position after the last batch.
    pub position: u64,
}

impl Group {
    pub(super) fn new(state: &LogState, open: &OpenLog, capacity: usize) -> Group {
        Group { planned: Vec::with_capacity(capacity), next_offset: state.end.offset, position: open.active.size }
    }

    /// Checks the batch's producer and takes the batch in; its offsets are final.
    pub(super) fn add(
        &mut self,
        open: &mut OpenLog,
        header: Header,
        body: Bytes,
        origin: Origin,
    ) -> Result<(), StorageError> {
        let (applied, undo) = if header.has_producer_id() {
            let marker = end_marker(&header, &body)?;
            let (applied, undo) = open.producers.apply(&header, marker, origin)?;
            (applied, Some(undo))
        } else {
            (Applied::Plain, None)
        };
        let position = self.position;
        self.position += header.size() as u64;
        self.next_offset = header.next_offset();
        self.planned.push(Planned { header, body, position, applied, undo });
        Ok(())
    }

    /// The write failed, or will not be tried: nothing of it happened.
    fn undo(&mut self, open: &mut OpenLog) {
        for planned in self.planned.drain(..).rev() {
            if let Some(undo) = planned.undo {
                open.producers.undo(undo);
            }
        }
        self.position = open.active.size;
    }
}

/// The transaction marker in a control batch, and its time. Compaction may have emptied the batch.
pub(super) fn end_marker(header: &Header, body: &[u8]) -> Result<Option<(EndTransactionMarker, i64)>, StorageError> {
    if !header.is_control() || header.count() == 0 {
        return Ok(None);
    }
    let record = first_record(header, body)?;
    let marker = EndTransactionMarker::parse(record.key, record.value)?;
    Ok(marker.map(|marker| (marker, record.timestamp(header))))
}

impl Log {
    /// Writes the group and publishes what it changes. After an error the log is as if the group had never been there.
    pub(super) fn write_group(&self, open: &mut OpenLog, group: &mut Group) -> Result<(), StorageError> {
        if group.planned.is_empty() {
            return Ok(());
        }
        let start = open.active.size;
        let mut pieces = Vec::with_capacity(group.planned.len() * 2);
        for planned in &group.planned {
            pieces.push(IoSlice::new(planned.header.as_bytes()));
            pieces.push(IoSlice::new(&planned.body));
        }
        if let Err(error) = open.active.file.write_all_at(&pieces, start) {
            drop(pieces);
            // Part of it may be in the file. If that cannot be cut off again, nobody can tell what the file holds.
            if let Err(error) = open.active.file.set_len(start) {
                let error = open.active.segment.failed("truncate", error);
                self.home.health.fail(&error);
            }
            group.undo(open);
            group.next_offset = self.log_end_offset();
            return Err(open.active.segment.failed("append to", error));
        }
        self.take_in(open, group)
    }

    /// The group is in the file: indexes, epochs, transactions and readers get to know it.
    fn take_in(&self, open: &mut OpenLog, group: &mut Group) -> Result<(), StorageError> {
        let interval = self.options.load().index_interval_bytes;
        let base_offset = open.active.segment.base_offset;
        open.active.segment.with_index(|index| {
            for planned in &group.planned {
                index.add(base_offset, planned.position, &planned.header, interval);
            }
        });
        if open.active.size == 0
            && let Some(first) = group.planned.first()
        {
            open.active.first_timestamp = Some(first.header.max_timestamp()).filter(|&timestamp| timestamp >= 0);
        }
        open.active.size = group.position;
        open.producers.set_end(group.next_offset);
        // From here on the batches are part of the log, whatever becomes of the files beside it.
        let beside = self.assign_epochs(group).and(self.note_aborted(open, group));
        if let Err(error) = &beside {
            self.home.health.fail(error);
        }
        self.publish(|state, transactions| {
            for planned in &group.planned {
                let place = Place { segment: base_offset, position: planned.position };
                note_transaction(transactions, planned, place);
            }
            open.active.segment.set_size(group.position);
            let place = Place { segment: base_offset, position: group.position };
            state.end.offset = group.next_offset;
            state.end.place = Some(place);
            state.recent.push(group.next_offset, group.position);
        });
        group.planned.clear();
        beside
    }

    fn assign_epochs(&self, group: &Group) -> Result<(), StorageError> {
        let latest = self.latest_epoch();
        if group.planned.iter().all(|planned| Some(planned.header.leader_epoch()) == latest) {
            return Ok(());
        }
        self.change_epochs(|epochs| {
            let mut news = false;
            for planned in &group.planned {
                news |= epochs.assign(planned.header.leader_epoch(), planned.header.base_offset());
            }
            ((), news)
        })?;
        match self.write_epochs(false) {
            // Recovery finds the epochs in the batches; the file is tried again at the next occasion.
            Err(StorageError::DiskFull { .. }) => Ok(()),
            written => written,
        }
    }

    fn note_aborted(&self, open: &OpenLog, group: &Group) -> Result<(), StorageError> {
        for planned in &group.planned {
            if let Applied::Completed(completed @ CompletedTransaction { aborted: true, .. }) = planned.applied {
                open.active.segment.add_aborted(AbortedTransaction {
                    producer_id: completed.producer_id,
                    first_offset: completed.first_offset,
                    last_offset: completed.last_offset,
                    last_stable_offset: open.producers.last_stable_after(&completed),
                })?;
            }
        }
        Ok(())
    }
}

fn note_transaction(transactions: &mut Transactions, planned: &Planned, place: Place) {
    match planned.applied {
        Applied::Plain => {}
        Applied::Started => transactions.begin(planned.header.base_offset(), Some(place)),
        Applied::Completed(completed) => transactions.end(completed.first_offset, completed.last_offset),
    }
}
