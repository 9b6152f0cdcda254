//! OffsetCommit (8), versions 2-10, and TxnOffsetCommit (28): a group notes how far it has read.
//!
//! A member commits under its generation; who has no member id may commit only while the group is empty, and makes the group
//! if there is none. The offsets a request asks for are kept by name: version 10, which names topics by id, is translated
//! before it comes here.

use machine::Ticket;
use types::{ErrorCode, LeaderEpoch, Offset, Str, Uuid};

use super::{OffsetAndMetadata, PartitionResult};
use crate::classic::GroupState;
use crate::coordinator::Turn;
use crate::{Answer, GroupRecord, Producer};

/// Offsets are committed.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitOffsets {
    /// The group.
    pub group_id: Str,
    /// The generation of the member that commits; -1 for none.
    pub generation: i32,
    /// The member that commits; empty for none.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
    /// How long the offsets are to be kept, where the request says so (versions 2 to 4).
    pub retention_ms: Option<i64>,
    /// OffsetCommit 9 and TxnOffsetCommit 6 and later: a group that is not there is called so.
    pub reports_missing_group: bool,
    /// The transaction that the commit is part of.
    pub transaction: Option<Producer>,
    /// The offsets.
    pub topics: Vec<CommitTopic>,
}

/// The offsets of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitTopic {
    /// Its name.
    pub name: Str,
    /// Its id, or zero.
    pub topic_id: Uuid,
    /// The offsets by partition.
    pub partitions: Vec<CommitPartition>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitPartition {
    /// The partition.
    pub partition: i32,
    /// The next record to read.
    pub offset: Offset,
    /// The leader epoch of the last record read, or -1.
    pub leader_epoch: LeaderEpoch,
    /// Whatever the client wants to keep beside it.
    pub metadata: Option<Str>,
}

/// What became of the offsets of one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedTopic {
    /// Its name.
    pub name: Str,
    /// Its id, as in the request.
    pub topic_id: Uuid,
    /// Partition by partition, in the order of the request.
    pub partitions: Vec<PartitionResult>,
}

impl CommittedTopic {
    pub(crate) fn failed(mut self, code: ErrorCode) -> CommittedTopic {
        for partition in &mut self.partitions {
            partition.error = code;
        }
        self
    }
}

impl Turn<'_> {
    pub(crate) fn commit_offsets(&mut self, ticket: Ticket, command: CommitOffsets) {
        let mut records = Vec::new();
        let mut topics: Vec<CommittedTopic> =
            command.topics.iter().map(|topic| self.commit_topic(&command, topic, &mut records)).collect();
        let size: usize = records.iter().map(GroupRecord::estimated_bytes).sum();
        let refusal = match self.check_commit(&command) {
            Ok(()) if size > self.soft.options.max_record_bytes => Some(ErrorCode::UnknownServerError),
            Ok(()) => None,
            Err(code) => Some(code),
        };
        match refusal {
            None => self.out.records.append(&mut records),
            Some(code) => topics = topics.into_iter().map(|topic| topic.failed(code)).collect(),
        }
        self.answer(ticket, Answer::CommitOffsets(topics));
    }

    /// May this be committed? A commit also tells that its member is alive, and must not wait behind its held heartbeat.
    fn check_commit(&mut self, command: &CommitOffsets) -> Result<(), ErrorCode> {
        if command.transaction.is_some() && command.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        if self.soft.is_being_deleted(&command.group_id) {
            return Err(ErrorCode::CoordinatorLoadInProgress);
        }
        let is_transactional = command.transaction.is_some();
        let Some(mut group) = self.living_group(&command.group_id) else { return self.check_empty_commit(command) };
        let state = group.group.state();
        if command.generation < 0 && state == GroupState::Empty {
            return Ok(());
        }
        let has_identity = command.generation >= 0 || !command.member_id.is_empty() || command.instance_id.is_some();
        if !has_identity {
            // Old producers commit in transactions without saying for which member.
            return if is_transactional { Ok(()) } else { Err(ErrorCode::UnknownMemberId) };
        }
        group.group.validate_member(&command.member_id, command.instance_id.as_deref())?;
        if command.generation != group.group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if is_transactional {
            return Ok(());
        }
        group.answer_held_heartbeat(&command.member_id, ErrorCode::None);
        match state {
            GroupState::CompletingRebalance => Err(ErrorCode::RebalanceInProgress),
            _ => {
                group.restart_session(&command.member_id);
                Ok(())
            }
        }
    }

    /// The same for a group without members, or one that does not exist.
    fn check_empty_commit(&self, command: &CommitOffsets) -> Result<(), ErrorCode> {
        let exists = self.has_group(&command.group_id);
        if command.generation < 0 {
            let has_room = exists || self.durable.groups.len() < self.soft.options.max_groups;
            return if has_room { Ok(()) } else { Err(ErrorCode::PolicyViolation) };
        }
        Err(match (exists, command.reports_missing_group) {
            (true, _) => ErrorCode::UnknownMemberId,
            (false, true) => ErrorCode::GroupIdNotFound,
            (false, false) => ErrorCode::IllegalGeneration,
        })
    }

    fn commit_topic(
        &self,
        command: &CommitOffsets,
        topic: &CommitTopic,
        records: &mut Vec<GroupRecord>,
    ) -> CommittedTopic {
        let mut results = Vec::with_capacity(topic.partitions.len());
        for partition in &topic.partitions {
            let mut error = ErrorCode::None;
            if is_longer_than(partition.metadata.as_deref(), self.soft.options.offset_metadata_max_bytes) {
                error = ErrorCode::OffsetMetadataTooLarge;
            } else {
                records.push(self.commit_record(command, topic, partition));
            }
            results.push(PartitionResult { partition: partition.partition, error });
        }
        CommittedTopic { name: topic.name.clone(), topic_id: topic.topic_id, partitions: results }
    }

    fn commit_record(&self, command: &CommitOffsets, topic: &CommitTopic, partition: &CommitPartition) -> GroupRecord {
        let now_ms = self.now.wall_ms;
        let offset = OffsetAndMetadata {
            offset: partition.offset,
            leader_epoch: partition.leader_epoch.max(types::NO_EPOCH),
            metadata: partition.metadata.clone().unwrap_or_default(),
            commit_timestamp: now_ms,
            expire_timestamp: match command.transaction {
                Some(_) => None,
                None => command.retention_ms.map(|retention_ms| now_ms.saturating_add(retention_ms)),
            },
            topic_id: topic.topic_id,
            order: 0,
        };
        match command.transaction {
            Some(producer) => GroupRecord::transactional_offset(
                producer,
                &command.group_id,
                &topic.name,
                partition.partition,
                &offset,
            ),
            None => GroupRecord::offset(&command.group_id, &topic.name, partition.partition, &offset),
        }
    }
}

/// Is the text longer than this, in UTF-16 units? That is how Kafka counts what it calls bytes.
fn is_longer_than(text: Option<&str>, limit: usize) -> bool {
    text.is_some_and(|text| text.len() > limit && text.encode_utf16().count() > limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_measured_in_utf16_units() {
        assert!(!is_longer_than(None, 0));
        assert!(!is_longer_than(Some("ééé"), 3));
        assert!(is_longer_than(Some("éééé"), 3));
        assert!(is_longer_than(Some("😀😀"), 3));
    }
}
