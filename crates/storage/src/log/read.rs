//! Reads: whole batches of one segment, as a slice of its file.
//!
//! Those who follow the newest records ask for an offset where an append ended, and get everything up to another such offset:
//! both places are remembered, and nothing is searched. Others find theirs through the offset index.

use std::sync::Arc;

use batch::Header;
use runtime::FileSlice;
use types::Offset;

use super::Log;
use super::state::{LogState, Mark};
use crate::error::StorageError;
use crate::segment::{Headers, Segment, Step};

/// How far a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Everything: replicas.
    LogEnd,
    /// What all in-sync replicas have: read_uncommitted.
    HighWatermark,
    /// What is decided, too: read_committed.
    LastStable,
}

/// What a read found.
#[derive(Clone, Debug)]
pub struct ReadResult {
    /// Whole batches; the first may begin before the offset asked for. `None`: nothing to see (yet), or nothing that fits.
    pub slice: Option<FileSlice>,
    /// Offset after the last batch of the slice; the offset asked for where there is none.
    pub next_offset: Offset,
    /// For [`Isolation::LastStable`]: producer and first offset of the aborted transactions that the slice may hold records of,
    /// by first offset.
    pub aborted: Vec<(i64, Offset)>,
    /// As of this read.
    pub log_start_offset: Offset,
    /// As of this read.
    pub log_end_offset: Offset,
    /// As of this read.
    pub high_watermark: Offset,
    /// As of this read.
    pub last_stable_offset: Offset,
}

/// The part of a segment that a reader may see, and where it begins to read.
struct Found {
    index: usize,
    start: u64,
    /// Position behind the last byte that may be seen.
    end: u64,
}

impl Log {
    /// Reads at most `max_bytes` from this offset on. A first batch that is larger comes all the same where `min_one_batch`.
    pub fn read(
        &self,
        from: Offset,
        max_bytes: u32,
        min_one_batch: bool,
        isolation: Isolation,
    ) -> Result<ReadResult, StorageError> {
        let state = self.state.load_full();
        if from < state.log_start || from > state.end.offset {
            let (log_start, log_end) = (state.log_start, state.end.offset);
            return Err(StorageError::OffsetOutOfRange { offset: from, log_start, log_end });
        }
        let limit = match isolation {
            Isolation::LogEnd => state.end,
            Isolation::HighWatermark => state.high_watermark,
            Isolation::LastStable => state.last_stable,
        };
        let mut result = ReadResult {
            slice: None,
            next_offset: from,
            aborted: Vec::new(),
            log_start_offset: state.log_start,
            log_end_offset: state.end.offset,
            high_watermark: state.high_watermark.offset,
            last_stable_offset: state.last_stable.offset,
        };
        if from >= limit.offset {
            return Ok(result);
        }
        let Some(found) = state.find(from, limit)? else { return Ok(result) };
        let segment = &state.segments[found.index];
        let (length, next_offset) = state.fit(&found, limit, max_bytes, min_one_batch)?;
        if length == 0 {
            return Ok(result);
        }
        if next_offset <= from {
            let reason = format!("what follows offset {from} leads back to {next_offset}");
            return Err(segment.damaged(found.start, reason));
        }
        result.slice = Some(FileSlice { file: segment.file()?, position: found.start, length });
        result.next_offset = next_offset;
        if isolation == Isolation::LastStable {
            result.aborted = state.aborted(found.index, from, next_offset)?;
        }
        Ok(result)
    }
}

impl LogState {
    /// The batch that holds this offset, or the first after it.
    fn find(&self, from: Offset, limit: Mark) -> Result<Option<Found>, StorageError> {
        let Some(mut index) = self.floor(from).or(Some(0)).filter(|_| !self.segments.is_empty()) else {
            return Ok(None);
        };
        while index < self.segments.len() {
            let Some(end) = self.visible_end(index, limit)? else { return Ok(None) };
            let recent = if index + 1 == self.segments.len() { self.recent.position_of(from) } else { None };
            let start = match recent {
                Some(position) => Some(position),
                None => find_batch(&self.segments[index], from, end)?.map(|(position, _)| position),
            };
            match start {
                Some(start) if start < end => return Ok(Some(Found { index, start, end })),
                _ => index += 1,
            }
        }
        Ok(None)
    }

    /// Where the visible part of this segment ends; `None` where nothing of it is visible.
    fn visible_end(&self, index: usize, limit: Mark) -> Result<Option<u64>, StorageError> {
        let segment = &self.segments[index];
        let last = match limit.place {
            Some(place) => place.segment,
            None => self.floor(limit.offset).map_or(Offset::MIN, |index| self.segments[index].base_offset),
        };
        let size = self.size_of(index);
        if segment.base_offset < last {
            return Ok(Some(size));
        }
        if segment.base_offset > last {
            return Ok(None);
        }
        match limit.place {
            Some(place) => Ok(Some(place.position)),
            None => Ok(Some(find_batch(segment, limit.offset, size)?.map_or(size, |(position, _)| position))),
        }
    }

    /// How many bytes of whole batches fit, and the offset after them.
    fn fit(
        &self,
        found: &Found,
        limit: Mark,
        max_bytes: u32,
        min_one_batch: bool,
    ) -> Result<(u32, Offset), StorageError> {
        let segment = &self.segments[found.index];
        let available = found.end - found.start;
        if available <= u64::from(max_bytes) {
            let next =
                self.segments.get(found.index + 1).map_or(limit.offset, |next| next.base_offset.min(limit.offset));
            return Ok((available as u32, next));
        }
        let last_position = found.start + u64::from(max_bytes);
        let from = segment.indexed_position(last_position)?.max(found.start);
        let mut end = found.start;
        let mut next_offset = None;
        let mut headers = Headers::new(segment.file()?, from, found.end);
        while let Step::Batch(position, header) = headers.next().map_err(|error| segment.failed("read", error))? {
            let behind = position + header.size() as u64;
            let first = position == found.start;
            if behind > last_position && !(first && min_one_batch) {
                // The index led to a batch that is too large itself: it ends what fits.
                if !first {
                    end = position;
                    next_offset = next_offset.or(Some(header.base_offset()));
                }
                break;
            }
            (end, next_offset) = (behind, Some(header.next_offset()));
            if behind > last_position {
                break;
            }
        }
        let length = u32::try_from(end - found.start).unwrap_or(0);
        Ok((length, next_offset.unwrap_or(limit.offset)))
    }

    /// The aborted transactions that may have records in these offsets.
    fn aborted(&self, first: usize, from: Offset, to: Offset) -> Result<Vec<(i64, Offset)>, StorageError> {
        let mut aborted = Vec::new();
        'segments: for segment in &self.segments[first..] {
            for transaction in segment.aborted()?.iter() {
                if transaction.last_offset >= from && transaction.first_offset < to {
                    aborted.push((transaction.producer_id, transaction.first_offset));
                }
                if transaction.last_stable_offset >= to {
                    break 'segments;
                }
            }
        }
        aborted.sort_unstable_by_key(|&(_, first_offset)| first_offset);
        Ok(aborted)
    }
}

/// Position and header of the first batch of a segment whose last offset is not before this one.
pub(super) fn find_batch(
    segment: &Arc<Segment>,
    offset: Offset,
    end: u64,
) -> Result<Option<(u64, Header)>, StorageError> {
    let start = segment.position_before(offset)?;
    match walk_to(segment, offset, start, end)? {
        Ok(found) => Ok(found),
        // An index that leads nowhere is not worth the records: they are walked from the beginning.
        Err(_) if start > 0 => walk_to(segment, offset, 0, end)?.map_err(|(at, reason)| segment.damaged(at, reason)),
        Err((at, reason)) => Err(segment.damaged(at, reason)),
    }
}

/// The inner error is where the bytes are no batch.
type Walked = Result<Option<(u64, Header)>, (u64, String)>;

fn walk_to(segment: &Arc<Segment>, offset: Offset, start: u64, end: u64) -> Result<Walked, StorageError> {
    let mut headers = Headers::new(segment.file()?, start, end);
    loop {
        match headers.next().map_err(|error| segment.failed("read", error))? {
            Step::Batch(position, header) if header.last_offset() >= offset => return Ok(Ok(Some((position, header)))),
            Step::Batch(..) => {}
            Step::End => return Ok(Ok(None)),
            Step::Broken(position, reason) => return Ok(Err((position, reason))),
        }
    }
}
