//! The model: what a log holds, as a list of batches.

use std::collections::BTreeMap;

use batch::BatchView;
use bytes::Bytes;
use types::Offset;

/// A batch of the model: its bytes as they must lie in the file.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub bytes: Bytes,
    pub times: Vec<i64>,
    /// For a batch of a transaction: what became of it is in the markers.
    pub transaction: Option<i64>,
    pub marker: Option<(i64, bool)>,
}

impl Stored {
    pub(super) fn view(&self) -> BatchView<'_> {
        BatchView::parse(&self.bytes).unwrap()
    }
}

/// Producer, first offset, and the marker's offset and verdict where there is one.
pub(super) type Transaction = (i64, Offset, Option<(Offset, bool)>);

/// The log as a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub batches: Vec<Stored>,
    pub log_start: Offset,
    pub end: Offset,
    pub high_watermark: Offset,
    /// A crash may take nothing before this offset.
    pub durable: Offset,
    pub epoch: i32,
}

impl Model {
    pub(super) fn push(
        &mut self,
        bytes: Bytes,
        times: Vec<i64>,
        transaction: Option<i64>,
        marker: Option<(i64, bool)>,
    ) {
        let stored = Stored { bytes, times, transaction, marker };
        self.end = stored.view().next_offset();
        self.batches.push(stored);
    }

    /// Transactions by producer: first offset, and the marker's offset and verdict.
    pub(super) fn transactions(&self) -> Vec<Transaction> {
        let mut open: BTreeMap<i64, Offset> = BTreeMap::new();
        let mut all = Vec::new();
        for batch in &self.batches {
            let offset = batch.view().base_offset();
            if let Some(producer) = batch.transaction {
                open.entry(producer).or_insert(offset);
            }
            if let Some((producer, committed)) = batch.marker
                && let Some(first) = open.remove(&producer)
            {
                all.push((producer, first, Some((offset, committed))));
            }
        }
        all.extend(open.into_iter().map(|(producer, first)| (producer, first, None)));
        all
    }

    pub(super) fn truncate(&mut self, offset: Offset) {
        if self.batches.first().is_none_or(|first| first.view().base_offset() > offset)
            && offset < self.first_segment_floor()
        {
            self.restart_at(offset);
            return;
        }
        let before = self.end;
        let dropped = self.batches.iter().position(|batch| batch.view().last_offset() >= offset);
        if let Some(index) = dropped {
            self.end = self.batches[index].view().base_offset().min(offset);
            self.batches.truncate(index);
        } else {
            self.end = self.end.min(offset);
        }
        if self.end < before {
            self.lower(self.end);
        }
    }

    pub(super) fn lower(&mut self, end: Offset) {
        self.end = end;
        self.log_start = self.log_start.min(end);
        self.high_watermark = self.high_watermark.min(end);
        self.durable = self.durable.min(end);
    }

    pub(super) fn first_segment_floor(&self) -> Offset {
        self.log_start
    }

    pub(super) fn restart_at(&mut self, offset: Offset) {
        let epoch = self.epoch;
        *self = Model {
            log_start: offset,
            end: offset,
            high_watermark: offset,
            durable: offset,
            epoch,
            ..Model::default()
        };
    }
}
