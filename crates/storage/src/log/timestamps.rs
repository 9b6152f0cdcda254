//! Offsets by time, for ListOffsets: the time index leads near, then batches are walked, and the records of one are looked at.

use std::ops::ControlFlow;
use std::sync::Arc;

use batch::{DecompressionLimit, walk_records};
use types::{LeaderEpoch, Offset, TimestampMs};

use super::Log;
use super::state::LogState;
use crate::error::StorageError;
use crate::segment::{Headers, Segment, Step, WholeBatches};

/// A record found by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetAndTimestamp {
    /// The record's offset.
    pub offset: Offset,
    /// The record's time.
    pub timestamp: TimestampMs,
    /// The leader epoch of its batch.
    pub leader_epoch: LeaderEpoch,
}

impl Log {
    /// The first record that is not older than this. Whether the asker may see it is for the caller to say.
    pub fn offset_for_timestamp(&self, timestamp: TimestampMs) -> Result<Option<OffsetAndTimestamp>, StorageError> {
        let state = self.state.load_full();
        for (index, segment) in state.segments.iter().enumerate() {
            let reaches = segment.largest_timestamp()?.is_some_and(|(largest, _)| largest >= timestamp);
            if !reaches {
                continue;
            }
            let near = segment.offset_before(timestamp)?.max(state.log_start);
            let start = segment.position_before(near)?;
            if let Some(found) = first_record(&state, index, start, |batch| batch >= timestamp, timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The first record that has the highest timestamp of the log.
    pub fn offset_of_max_timestamp(&self) -> Result<Option<OffsetAndTimestamp>, StorageError> {
        let state = self.state.load_full();
        let mut highest: Option<(usize, TimestampMs, Offset)> = None;
        for (index, segment) in state.segments.iter().enumerate() {
            if let Some((timestamp, offset)) = segment.largest_timestamp()?
                && highest.is_none_or(|(_, before, _)| timestamp > before)
            {
                highest = Some((index, timestamp, offset));
            }
        }
        let Some((index, timestamp, offset)) = highest else { return Ok(None) };
        // The index may name a later batch with the same time: entries are made for the first, but not before 4 KiB.
        let start = state.segments[index].position_before(offset)?;
        first_record(&state, index, start, |batch| batch == timestamp, timestamp)
    }
}

/// The first record from this position on that is not older than `timestamp`, in the first batches whose highest time fits.
fn first_record(
    state: &LogState,
    index: usize,
    start: u64,
    fits: impl Fn(TimestampMs) -> bool,
    timestamp: TimestampMs,
) -> Result<Option<OffsetAndTimestamp>, StorageError> {
    let segment = &state.segments[index];
    let mut headers = Headers::new(segment.file()?, start, state.size_of(index));
    loop {
        match headers.next().map_err(|error| segment.failed("read", error))? {
            Step::Batch(position, header)
                if fits(header.max_timestamp()) && header.last_offset() >= state.log_start =>
            {
                let found = search_batch(segment, position, header.size() as u64, timestamp, state.log_start)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Step::Batch(..) => {}
            Step::End => return Ok(None),
            Step::Broken(position, reason) => return Err(segment.damaged(position, reason)),
        }
    }
}

fn search_batch(
    segment: &Arc<Segment>,
    position: u64,
    size: u64,
    timestamp: TimestampMs,
    log_start: Offset,
) -> Result<Option<OffsetAndTimestamp>, StorageError> {
    let mut batches = WholeBatches::new(segment.file()?, position, position + size);
    let Step::Batch(_, batch) = batches.next().map_err(|error| segment.failed("read", error))? else {
        return Ok(None);
    };
    let mut found = None;
    walk_records(&batch, DecompressionLimit::for_packed(batch.body().len()), |_, record, _| {
        let offset = batch.base_offset() + i64::from(record.offset_delta);
        let time = record.timestamp(&batch);
        if time >= timestamp && offset >= log_start {
            found = Some(OffsetAndTimestamp { offset, timestamp: time, leader_epoch: batch.leader_epoch() });
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
