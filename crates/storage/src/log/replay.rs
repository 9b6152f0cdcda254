//! Brings the producers up to the log's end: the newest snapshot that can be read, then the headers of the batches after it.

use std::sync::Arc;

use batch::{HEADER_LENGTH, Header};
use types::{Offset, TimestampMs};

use super::Origin;
use super::group::end_marker;
use super::state::LogState;
use crate::error::StorageError;
use crate::names;
use crate::producers::Producers;
use crate::segment::{Headers, Home, Segment, Step};

/// Offsets of the snapshot files in a log's directory, in order.
pub(super) fn snapshot_offsets(home: &Home) -> Result<Vec<Offset>, StorageError> {
    let path = home.path();
    let entries = home.disk.list(&path).map_err(|error| home.failed("list", &path, error))?;
    let mut offsets: Vec<Offset> = entries
        .iter()
        .filter_map(|entry| names::parse_file_name(&entry.name))
        .filter_map(|(offset, kind)| (kind == names::SNAPSHOT).then_some(offset))
        .collect();
    offsets.sort_unstable();
    Ok(offsets)
}

/// The newest snapshot in `[first, at_most]` that can be read; those that cannot are removed. `first` is where the first segment
/// begins: the snapshot there knows the producers of the segments that are deleted.
pub(super) fn newest_snapshot(
    home: &Home,
    first: Offset,
    at_most: Offset,
    limit: usize,
    expired_before: TimestampMs,
) -> Result<Option<Producers>, StorageError> {
    let mut offsets = snapshot_offsets(home)?;
    while let Some(offset) = offsets.pop() {
        if offset > at_most || offset < first {
            continue;
        }
        let name = names::file_name(offset, names::SNAPSHOT);
        let content = home.read_if_there(&name)?.unwrap_or_default();
        match Producers::from_snapshot(&content, offset, limit, expired_before) {
            Ok(mut producers) => {
                producers.snapshots = offsets.into_iter().chain([offset]).collect();
                return Ok(Some(producers));
            }
            Err(reason) => {
                tracing::warn!(path = %home.file(&name).display(), reason, "producer snapshot is unreadable, removed");
                home.remove(&name)?;
            }
        }
    }
    Ok(None)
}

/// The producers of a log that is in order, as of its end.
pub(super) fn load_producers(
    home: &Home,
    state: &LogState,
    limit: usize,
    expired_before: TimestampMs,
) -> Result<Producers, StorageError> {
    let end = state.end.offset;
    let first = state.segments.first().map_or(state.log_start, |segment| segment.base_offset);
    let snapshot = newest_snapshot(home, first, end, limit, expired_before)?;
    let mut producers = snapshot.unwrap_or_else(|| Producers::new(state.log_start, limit));
    let from = producers.end();
    if from < end {
        let first = state.floor(from).unwrap_or(0);
        for index in first..state.segments.len() {
            replay(&state.segments[index], state.size_of(index), from, &mut producers)?;
        }
    }
    producers.set_end(end);
    Ok(producers)
}

/// Takes in the batches of a segment from this offset on.
fn replay(segment: &Arc<Segment>, size: u64, from: Offset, producers: &mut Producers) -> Result<(), StorageError> {
    let file = segment.file()?;
    let position = if from > segment.base_offset { segment.position_before(from)? } else { 0 };
    let mut headers = Headers::new(file.clone(), position, size);
    loop {
        let (position, header) = match headers.next().map_err(|error| segment.failed("read", error))? {
            Step::Batch(position, header) => (position, header),
            Step::End => return Ok(()),
            Step::Broken(position, reason) => return Err(segment.damaged(position, reason)),
        };
        if header.last_offset() < from || !header.has_producer_id() {
            continue;
        }
        let body = if header.is_control() {
            let mut body = vec![0; header.size() - HEADER_LENGTH];
            file.read_exact_at(&mut body, position + HEADER_LENGTH as u64)
                .map_err(|error| segment.failed("read", error))?;
            body
        } else {
            Vec::new()
        };
        apply(producers, &header, &body)?;
    }
}

/// Takes in a batch that is in the log.
pub(super) fn apply(
    producers: &mut Producers,
    header: &Header,
    body: &[u8],
) -> Result<crate::producers::Applied, StorageError> {
    // A control batch that compaction emptied has lost its marker, and with it the whole transaction is gone.
    if header.is_control() && header.count() == 0 {
        return Ok(crate::producers::Applied::Plain);
    }
    let marker = end_marker(header, body)?;
    Ok(producers.apply(header, marker, Origin::Replication)?.0)
}
