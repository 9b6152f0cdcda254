//! OffsetFetch (9), versions 1-10: how far has a group read?
//!
//! A group that is not there has read nothing: offset -1 and no error. With `require_stable` a partition with an offset of
//! an open transaction is answered UNSTABLE_OFFSET_COMMIT, and the client comes again.

use machine::Ticket;
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_OFFSET, Offset, Str, Uuid};

use super::OffsetAndMetadata;
use super::by_partition::Topics;
use crate::Answer;
use crate::coordinator::Turn;

/// Committed offsets are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchOffsets {
    /// Those of the request's groups that live in this partition of the offsets topic.
    pub groups: Vec<FetchGroup>,
    /// Offsets whose transaction is open are not to be overlooked.
    pub require_stable: bool,
}

/// The offsets of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchGroup {
    /// The group.
    pub group_id: Str,
    /// Which offsets; `None` for all there are.
    pub topics: Option<Vec<FetchTopic>>,
}

/// The offsets of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchTopic {
    /// Its name.
    pub name: Str,
    /// Its id, or zero: an offset that was committed for another topic of this name is none.
    pub topic_id: Uuid,
    /// Which partitions.
    pub partitions: Vec<i32>,
}

/// What one group has committed.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchedGroup {
    /// The group.
    pub group_id: Str,
    /// Why it cannot be told, or none.
    pub error: ErrorCode,
    /// The offsets, in the order of the request, or all in the order of their names.
    pub topics: Vec<FetchedTopic>,
}

/// What was committed for one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchedTopic {
    /// Its name.
    pub name: Str,
    /// Its id, as in the request.
    pub topic_id: Uuid,
    /// The offsets by partition.
    pub partitions: Vec<FetchedPartition>,
}

/// What was committed for one partition.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchedPartition {
    /// The partition.
    pub partition: i32,
    /// The next record to read; -1 when nothing was committed.
    pub offset: Offset,
    /// The leader epoch of the last record read, or -1.
    pub leader_epoch: LeaderEpoch,
    /// What the client kept beside it.
    pub metadata: Str,
    /// Why it cannot be told, or none.
    pub error: ErrorCode,
}

impl FetchedGroup {
    pub(crate) fn failed(group_id: Str, error: ErrorCode) -> FetchedGroup {
        FetchedGroup { group_id, error, topics: Vec::new() }
    }
}

impl FetchedPartition {
    fn none(partition: i32, error: ErrorCode) -> FetchedPartition {
        FetchedPartition { partition, offset: NO_OFFSET, leader_epoch: NO_EPOCH, metadata: Str::EMPTY, error }
    }

    fn found(partition: i32, offset: &OffsetAndMetadata) -> FetchedPartition {
        FetchedPartition {
            partition,
            offset: offset.offset,
            leader_epoch: offset.leader_epoch,
            metadata: offset.metadata.clone(),
            error: ErrorCode::None,
        }
    }
}

impl Turn<'_> {
    pub(crate) fn fetch_offsets(&mut self, ticket: Ticket, command: FetchOffsets) {
        let require_stable = command.require_stable;
        let groups = command.groups.into_iter().map(|group| self.fetch_group(group, require_stable)).collect();
        self.answer(ticket, Answer::FetchOffsets(groups));
    }

    fn fetch_group(&self, group: FetchGroup, require_stable: bool) -> FetchedGroup {
        let committed = self.durable.offsets.group(&group.group_id);
        let topics = match group.topics {
            Some(topics) => topics
                .into_iter()
                .map(|topic| self.fetch_topic(&group.group_id, committed, topic, require_stable))
                .collect(),
            None => self.fetch_all(&group.group_id, committed, require_stable),
        };
        FetchedGroup { group_id: group.group_id, error: ErrorCode::None, topics }
    }

    fn fetch_topic(
        &self,
        group_id: &Str,
        committed: Option<&Topics<OffsetAndMetadata>>,
        topic: FetchTopic,
        require_stable: bool,
    ) -> FetchedTopic {
        let offsets = committed.and_then(|topics| topics.get(topic.name.as_str()));
        let partitions = topic.partitions.iter().map(|&partition| {
            if require_stable && self.durable.pending.is_open(group_id, &topic.name, partition) {
                return FetchedPartition::none(partition, ErrorCode::UnstableOffsetCommit);
            }
            match offsets.and_then(|offsets| offsets.get(&partition)) {
                Some(offset) if is_same_topic(offset.topic_id, topic.topic_id) => {
                    FetchedPartition::found(partition, offset)
                }
                _ => FetchedPartition::none(partition, ErrorCode::None),
            }
        });
        let partitions = partitions.collect();
        FetchedTopic { name: topic.name, topic_id: topic.topic_id, partitions }
    }

    fn fetch_all(
        &self,
        group_id: &Str,
        committed: Option<&Topics<OffsetAndMetadata>>,
        require_stable: bool,
    ) -> Vec<FetchedTopic> {
        let topics = committed.into_iter().flatten().map(|(name, offsets)| FetchedTopic {
            name: name.clone(),
            topic_id: Uuid::ZERO,
            partitions: offsets
                .iter()
                .map(|(&partition, offset)| {
                    if require_stable && self.durable.pending.is_open(group_id, name, partition) {
                        FetchedPartition::none(partition, ErrorCode::UnstableOffsetCommit)
                    } else {
                        FetchedPartition::found(partition, offset)
                    }
                })
                .collect(),
        });
        topics.collect()
    }
}

/// Where one side does not know the id, the name decides.
fn is_same_topic(committed: Uuid, asked: Uuid) -> bool {
    committed.is_zero() || asked.is_zero() || committed == asked
}
