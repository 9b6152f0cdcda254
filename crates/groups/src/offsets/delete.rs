//! OffsetDelete (47), version 0: an administrator removes committed offsets of topics that the group does not read.

use machine::Ticket;
use types::{ErrorCode, Str};

use super::PartitionResult;
use crate::classic::GroupState;
use crate::coordinator::Turn;
use crate::{Answer, GroupCoordinator, GroupRecord};

/// Offsets are to be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteOffsets {
    /// The group.
    pub group_id: Str,
    /// Topics and their partitions.
    pub topics: Vec<(Str, Vec<i32>)>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteOffsetsAnswer {
    /// Why nothing could be removed, or none.
    pub error: ErrorCode,
    /// Topic by topic, in the order of the request.
    pub topics: Vec<DeletedOffsets>,
}

/// What became of the offsets of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletedOffsets {
    /// Its name.
    pub name: Str,
    /// Partition by partition, in the order of the request.
    pub partitions: Vec<PartitionResult>,
}

impl Turn<'_> {
    pub(crate) fn delete_offsets(&mut self, ticket: Ticket, command: DeleteOffsets) {
        let answer = match self.check_delete_offsets(&command.group_id) {
            Ok(()) => {
                let topics = command
                    .topics
                    .iter()
                    .map(|(name, partitions)| self.delete_topic_offsets(&command.group_id, name, partitions));
                DeleteOffsetsAnswer { error: ErrorCode::None, topics: topics.collect() }
            }
            Err(error) => DeleteOffsetsAnswer { error, topics: Vec::new() },
        };
        self.answer(ticket, Answer::DeleteOffsets(answer));
    }

    /// Of a group with members only consumers tell what they read; of others any offset may be in use.
    fn check_delete_offsets(&self, group_id: &Str) -> Result<(), ErrorCode> {
        if group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        match self.soft.groups.get(group_id.as_str()) {
            Some(group) if group.state() != GroupState::Empty && !group.uses_consumer_protocol() => {
                Err(ErrorCode::NonEmptyGroup)
            }
            None if !self.has_group(group_id) => Err(ErrorCode::GroupIdNotFound),
            _ => Ok(()),
        }
    }

    fn delete_topic_offsets(&mut self, group_id: &Str, name: &Str, partitions: &[i32]) -> DeletedOffsets {
        let is_read = self.soft.groups.get(group_id.as_str()).is_some_and(|group| group.is_subscribed_to(name));
        let mut results = Vec::with_capacity(partitions.len());
        for &partition in partitions {
            let mut error = ErrorCode::None;
            if is_read {
                error = ErrorCode::GroupSubscribedToTopic;
            } else if self.durable.offsets.get(group_id, name, partition).is_some()
                || self.durable.pending.is_open(group_id, name, partition)
            {
                self.out.records.push(GroupRecord::offset_tombstone(group_id, name, partition));
            }
            results.push(PartitionResult { partition, error });
        }
        DeletedOffsets { name: name.clone(), partitions: results }
    }
}

impl GroupCoordinator {
    /// Tombstones for all that a group has committed, pending or not.
    pub(crate) fn offset_tombstones<'t>(&'t self, group_id: &'t Str) -> impl Iterator<Item = GroupRecord> + 't {
        let committed = self.offsets.group(group_id).into_iter().flatten().flat_map(move |(topic, offsets)| {
            offsets.keys().map(move |&partition| GroupRecord::offset_tombstone(group_id, topic, partition))
        });
        let pending = self.pending.group(group_id).into_iter().flatten().flat_map(move |(topic, open)| {
            let uncommitted = move |&&partition: &&i32| self.offsets.get(group_id, topic, partition).is_none();
            let open = open.keys().filter(uncommitted);
            open.map(move |&partition| GroupRecord::offset_tombstone(group_id, topic, partition))
        });
        committed.chain(pending)
    }
}
