//! Appends: a leader's, which get their offsets here, and those of followers and of the metadata log, which carry them.

use std::mem;

use batch::{BatchError, Batches, HEADER_LENGTH, Header, TimestampType};
use bytes::Bytes;
use types::{LeaderEpoch, NO_TIMESTAMP, Offset};

use super::group::Group;
use super::writer::OpenLog;
use super::{Append, AppendInfo, Log, Origin};
use crate::error::StorageError;

impl Log {
    /// Appends one batch.
    pub fn append(&self, append: Append) -> Result<AppendInfo, StorageError> {
        match self.append_all(std::slice::from_ref(&append)).pop() {
            Some(result) => result,
            None => unreachable!("one batch has one result"),
        }
    }

    /// Appends batches in order, in one write where they fit in one segment. Each has its own result: a batch that is refused
    /// does not keep the others out, a write that fails fails for all that it held.
    pub fn append_all(&self, appends: &[Append]) -> Vec<Result<AppendInfo, StorageError>> {
        let mut writer = self.writer.lock();
        let open = match self.opened(&mut writer) {
            Ok(open) => open,
            Err(error) => return appends.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut group = Group::new(&self.state.load(), open, appends.len());
        let mut results = Vec::with_capacity(appends.len());
        // Results of the batches that are in the group and not yet in the file.
        let mut waiting: Vec<usize> = Vec::with_capacity(appends.len());
        for append in appends {
            let result = self.plan(open, &mut group, append, &mut results, &mut waiting);
            if result.as_ref().is_ok_and(|info| !info.duplicate) {
                waiting.push(results.len());
            }
            results.push(result);
        }
        self.finish(open, &mut group, &mut results, &mut waiting);
        results
    }

    /// Writes the group; if that fails, so do the results of its batches.
    fn finish(
        &self,
        open: &mut OpenLog,
        group: &mut Group,
        results: &mut [Result<AppendInfo, StorageError>],
        waiting: &mut Vec<usize>,
    ) {
        let written = self.write_group(open, group);
        for index in mem::take(waiting) {
            if let Err(error) = &written {
                results[index] = Err(error.clone());
            }
        }
    }

    /// Checks a batch and puts it in the group, which is written first where a new segment must begin.
    fn plan(
        &self,
        open: &mut OpenLog,
        group: &mut Group,
        append: &Append,
        results: &mut [Result<AppendInfo, StorageError>],
        waiting: &mut Vec<usize>,
    ) -> Result<AppendInfo, StorageError> {
        let options = self.options.load();
        let size = append.batch.size();
        if size > options.segment_bytes as usize {
            return Err(StorageError::BatchTooLarge { size, segment_bytes: options.segment_bytes });
        }
        if append.origin == Origin::Client
            && append.batch.header().has_producer_id()
            && let Some(known) = open.producers.duplicate(append.batch.header())
        {
            return Ok(AppendInfo {
                base_offset: known.first_offset(),
                last_offset: known.last_offset,
                log_append_time_ms: known.timestamp,
                log_start_offset: self.log_start_offset(),
                duplicate: true,
            });
        }
        let mut header = place(append, group.next_offset)?;
        if open.active.is_full(&options, &header, self.clock.now_ms(), self.home.partition.partition, group.position) {
            self.finish(open, group, results, waiting);
            // After a failed write the offsets are free again.
            header = place(append, group.next_offset)?;
            if open.active.size > 0 || header.last_offset() - open.active.segment.base_offset > i64::from(i32::MAX) {
                self.home.health.check()?;
                self.roll_at(open, group.next_offset)?;
                group.position = 0;
            }
        }
        if options.transaction_verification
            && header.has_producer_id()
            && matches!(append.origin, Origin::Client | Origin::Coordinator { .. })
        {
            open.producers.check_verified(&header, append.guard)?;
        }
        group.add(open, header, append.batch.body().clone(), append.origin)?;
        Ok(self.info(&header))
    }

    fn info(&self, header: &Header) -> AppendInfo {
        AppendInfo {
            base_offset: header.base_offset(),
            last_offset: header.last_offset(),
            log_append_time_ms: match header.timestamp_type() {
                TimestampType::LogAppendTime => header.max_timestamp(),
                TimestampType::CreateTime => NO_TIMESTAMP,
            },
            log_start_offset: self.log_start_offset(),
            duplicate: false,
        }
    }

    /// Appends what a follower fetched: whole batches with their offsets. What lies behind the last whole batch is ignored, and
    /// so is everything from the first batch on whose epoch is above `leader_epoch`: it belongs to a leader that this follower
    /// has not met yet. `None` where nothing was appended.
    pub fn append_as_follower(
        &self,
        records: &Bytes,
        leader_epoch: LeaderEpoch,
    ) -> Result<Option<AppendInfo>, StorageError> {
        self.append_placed(records, Origin::Replication, leader_epoch)
    }

    /// Appends what the leader of the metadata log made: whole batches that continue the log without a gap, all of this epoch.
    pub fn append_metadata(&self, records: &Bytes, epoch: LeaderEpoch) -> Result<Option<AppendInfo>, StorageError> {
        self.append_placed(records, Origin::RaftLeader, epoch)
    }

    fn append_placed(
        &self,
        records: &Bytes,
        origin: Origin,
        epoch: LeaderEpoch,
    ) -> Result<Option<AppendInfo>, StorageError> {
        let batches = check_placed(records, origin, epoch)?;
        let (Some((first, _)), Some((last, _))) = (batches.first(), batches.last()) else { return Ok(None) };
        let info = AppendInfo { last_offset: last.last_offset(), ..self.info(first) };
        let mut writer = self.writer.lock();
        let open = self.opened(&mut writer)?;
        let mut group = Group::new(&self.state.load(), open, batches.len());
        let log_end = group.next_offset;
        let gap = origin == Origin::RaftLeader && info.base_offset != log_end;
        if info.base_offset < log_end || gap {
            return Err(StorageError::UnexpectedOffset { first: info.base_offset, last: info.last_offset, log_end });
        }
        for (header, body) in batches {
            let options = self.options.load();
            let now = self.clock.now_ms();
            if open.active.is_full(&options, &header, now, self.home.partition.partition, group.position) {
                self.write_group(open, &mut group)?;
                self.roll_at(open, header.base_offset())?;
                group.position = 0;
            }
            group.add(open, header, body, origin)?;
        }
        self.write_group(open, &mut group)?;
        Ok(Some(info))
    }
}

/// The header that the batch gets in the log.
fn place(append: &Append, next_offset: Offset) -> Result<Header, StorageError> {
    let mut header = *append.batch.header();
    if append.origin == Origin::RaftLeader {
        check_epoch(&header, append.leader_epoch)?;
        if header.base_offset() != next_offset {
            return Err(StorageError::UnexpectedOffset {
                first: header.base_offset(),
                last: header.last_offset(),
                log_end: next_offset,
            });
        }
        return Ok(header);
    }
    header.set_base_offset(next_offset);
    header.set_leader_epoch(append.leader_epoch);
    Ok(header)
}

fn check_epoch(header: &Header, expected: LeaderEpoch) -> Result<(), StorageError> {
    let batch = header.leader_epoch();
    if batch == expected { Ok(()) } else { Err(StorageError::UnexpectedEpoch { batch, expected }) }
}

/// The batches in these bytes, checked one by one and against each other.
fn check_placed(records: &Bytes, origin: Origin, epoch: LeaderEpoch) -> Result<Vec<(Header, Bytes)>, StorageError> {
    let mut placed: Vec<(Header, Bytes)> = Vec::new();
    for batch in Batches::new(records) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(BatchError::Incomplete { .. }) if origin == Origin::Replication => break,
            Err(error) => return Err(error.into()),
        };
        batch.check_crc()?;
        if origin == Origin::RaftLeader {
            check_epoch(&batch, epoch)?;
        } else if batch.leader_epoch() > epoch {
            break;
        }
        let log_end = placed.last().map_or(0, |(before, _)| before.next_offset());
        let gap = origin == Origin::RaftLeader && !placed.is_empty() && batch.base_offset() != log_end;
        if batch.base_offset() < log_end || batch.last_offset_delta() < 0 || gap {
            let (first, last) = (batch.base_offset(), batch.last_offset());
            return Err(StorageError::UnexpectedOffset { first, last, log_end });
        }
        placed.push((*batch.header(), records.slice_ref(&batch.bytes()[HEADER_LENGTH..])));
    }
    Ok(placed)
}
