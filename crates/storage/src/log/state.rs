//! What readers see of a log: one immutable value that is replaced as a whole, so that nobody waits for a writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::Offset;

use crate::segment::Segment;

/// A place in a segment's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// First offset of the segment.
    pub segment: Offset,
    /// Where in its file.
    pub position: u64,
}

/// An offset, with its place where that is known without searching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub offset: Offset,
    pub place: Option<Place>,
}

impl Mark {
    pub(crate) fn somewhere(offset: Offset) -> Mark {
        Mark { offset, place: None }
    }
}

/// So many places where appends ended are remembered: those who read the newest records ask for exactly these.
const RECENT: usize = 8;

/// Where the last appends to the active segment ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent {
    ends: [(Offset, u64); RECENT],
    count: u8,
}

impl Recent {
    pub(crate) fn push(&mut self, offset: Offset, position: u64) {
        self.ends.rotate_right(1);
        self.ends[0] = (offset, position);
        self.count = (self.count + 1).min(RECENT as u8);
    }

    pub(crate) fn position_of(&self, offset: Offset) -> Option<u64> {
        self.ends[..usize::from(self.count)].iter().find(|end| end.0 == offset).map(|end| end.1)
    }
}

/// The published state of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogState {
    /// In order; the last one is written. Empty until the first append.
    pub segments: Arc<[Arc<Segment>]>,
    pub log_start: Offset,
    pub end: Mark,
    pub high_watermark: Mark,
    pub last_stable: Mark,
    pub recent: Recent,
}

impl LogState {
    /// The index of the segment that this offset falls into.
    pub(crate) fn floor(&self, offset: Offset) -> Option<usize> {
        self.segments.partition_point(|segment| segment.base_offset <= offset).checked_sub(1)
    }

    pub(crate) fn active(&self) -> Option<&Arc<Segment>> {
        self.segments.last()
    }

    /// Bytes of whole batches in the segment with this index.
    pub(crate) fn size_of(&self, index: usize) -> u64 {
        let segment = &self.segments[index];
        match self.end.place {
            Some(place) if place.segment == segment.base_offset => place.position,
            _ => segment.size(),
        }
    }

    /// The mark of an offset, with its place where that is at hand.
    pub(crate) fn mark(&self, offset: Offset) -> Mark {
        if offset == self.end.offset {
            return self.end;
        }
        let place = self.recent.position_of(offset).zip(self.active());
        Mark { offset, place: place.map(|(position, active)| Place { segment: active.base_offset, position }) }
    }
}

/// Transactions that hold back the last stable offset, by their first offset.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    /// Neither committed nor aborted.
    open: BTreeMap<Offset, Option<Place>>,
    /// Ended by a marker (at the offset) that is not yet below the high watermark.
    ended: BTreeMap<Offset, (Offset, Option<Place>)>,
}

impl Transactions {
    pub(crate) fn begin(&mut self, first_offset: Offset, place: Option<Place>) {
        self.open.insert(first_offset, place);
    }

    pub(crate) fn end(&mut self, first_offset: Offset, marker_offset: Offset) {
        let place = self.open.remove(&first_offset).flatten();
        self.ended.insert(first_offset, (marker_offset, place));
    }

    /// Replaces the open transactions by those that the producers have.
    pub(crate) fn reset(&mut self, open: impl Iterator<Item = Offset>) {
        self.ended.clear();
        self.open = open.map(|offset| (offset, None)).collect();
    }

    pub(crate) fn first_open(&self) -> Option<Offset> {
        self.open.keys().next().copied()
    }

    /// The offset below which every transaction is decided and replicated.
    pub(crate) fn last_stable(&mut self, state: &LogState) -> Mark {
        let high_watermark = state.high_watermark;
        self.ended.retain(|_, (marker, _)| *marker >= high_watermark.offset);
        let open = self.open.first_key_value().map(|(&offset, &place)| Mark { offset, place });
        let ended = self.ended.first_key_value().map(|(&offset, &(_, place))| Mark { offset, place });
        let first = open.into_iter().chain(ended).min_by_key(|mark| mark.offset);
        match first {
            Some(mark) if mark.offset < state.log_start => Mark::somewhere(state.log_start.min(high_watermark.offset)),
            Some(mark) if mark.offset < high_watermark.offset => mark,
            _ => high_watermark,
        }
    }
}
