//! Committed offsets: how far each group has read each partition.
//!
//! An offset committed in a transaction is pending until the transaction ends; meanwhile the one before it stands, and who
//! asks for stable offsets only is told to come again.

mod by_partition;
mod commit;
mod delete;
mod expire;
mod fetch;
mod pending;
mod topics_deleted;

use by_partition::ByPartition;
pub use commit::{CommitOffsets, CommitPartition, CommitTopic, CommittedTopic};
pub use delete::{DeleteOffsets, DeleteOffsetsAnswer, DeletedOffsets};
pub use fetch::{FetchGroup, FetchOffsets, FetchTopic, FetchedGroup, FetchedPartition, FetchedTopic};
pub(crate) use pending::PendingOffsets;
pub use topics_deleted::DeletedTopic;

use records::OffsetCommitValue;
use types::{ErrorCode, LeaderEpoch, NO_TIMESTAMP, Offset, Str, TimestampMs, Uuid};

/// The committed offsets of all groups.
pub(crate) type Offsets = ByPartition<OffsetAndMetadata>;

/// A committed offset.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetAndMetadata {
    /// The next record to read.
    pub offset: Offset,
    /// The leader epoch of the last record read, or -1.
    pub leader_epoch: LeaderEpoch,
    /// Whatever the client wrote beside it.
    pub metadata: Str,
    /// When it was committed.
    pub commit_timestamp: TimestampMs,
    /// When it expires, if its commit said so (OffsetCommit versions 2 to 4).
    pub expire_timestamp: Option<TimestampMs>,
    /// The topic it was committed for, if that was known; zero if not.
    pub topic_id: Uuid,
    /// The place of its record among those applied: the later of two wins.
    pub(crate) order: u64,
}

impl OffsetAndMetadata {
    pub(crate) fn from_value(value: &OffsetCommitValue, order: u64) -> OffsetAndMetadata {
        OffsetAndMetadata {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: if value.metadata.is_empty() { Str::EMPTY } else { value.metadata.detached() },
            commit_timestamp: value.commit_timestamp,
            expire_timestamp: Some(value.expire_timestamp).filter(|&at| at >= 0),
            topic_id: value.topic_id,
            order,
        }
    }

    pub(crate) fn to_value(&self) -> OffsetCommitValue {
        OffsetCommitValue {
            offset: self.offset,
            leader_epoch: self.leader_epoch,
            metadata: self.metadata.clone(),
            commit_timestamp: self.commit_timestamp,
            expire_timestamp: self.expire_timestamp.unwrap_or(NO_TIMESTAMP),
            topic_id: self.topic_id,
            ..Default::default()
        }
    }
}

/// What became of one partition of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionResult {
    /// The partition.
    pub partition: i32,
    /// Why not, or none.
    pub error: ErrorCode,
}

impl Offsets {
    /// Takes over offsets whose transaction committed, except where a later commit stands already.
    pub(crate) fn merge_later(&mut self, ended: Offsets) {
        for (group, topic, partition, offset) in ended.iter() {
            let is_later = self.get(group, topic, partition).is_none_or(|standing| standing.order < offset.order);
            if is_later {
                self.insert(group, topic, partition, offset.clone());
            }
        }
    }
}
