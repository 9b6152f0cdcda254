//! `GroupRecord`: one entry of a partition of `__consumer_offsets`, as far as classic groups and offsets care.
//!
//! Records of other kinds (consumer, share and streams groups) are kept as they are and change nothing.

use bytes::Bytes;
use records::{GroupMetadataKey, GroupMetadataValue, OffsetCommitKey, OffsetCommitValue};
use types::Str;

use crate::offsets::OffsetAndMetadata;

/// Who writes in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// The producer's id.
    pub id: i64,
    /// Its epoch, for the header of the batch.
    pub epoch: i16,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupRecord {
    /// An offset was committed, or is gone.
    OffsetCommit {
        /// Whose offset it is.
        key: OffsetCommitKey,
        /// `None` removes it.
        value: Option<OffsetCommitValue>,
    },
    /// A group has a new generation or state, or is gone.
    GroupMetadata {
        /// The group.
        key: GroupMetadataKey,
        /// `None` removes it.
        value: Option<GroupMetadataValue>,
    },
    /// An offset that takes effect when its transaction commits: a record of a transactional batch of this producer.
    TransactionalOffsetCommit {
        /// Whose transaction it is.
        producer: Producer,
        /// Whose offset it is.
        key: OffsetCommitKey,
        /// The offset.
        value: OffsetCommitValue,
    },
    /// The transaction of this producer ended: a control batch.
    EndTransaction {
        /// Whose transaction it was.
        producer: Producer,
        /// The epoch of the transaction coordinator that ended it.
        coordinator_epoch: i32,
        /// Committed or aborted?
        committed: bool,
    },
    /// Something else, kept as it is.
    Unknown {
        /// The key's bytes, with the type number in front.
        key: Bytes,
        /// The value's bytes, with the version in front; `None` is a tombstone.
        value: Option<Bytes>,
    },
}

/// What a record costs beside its own bytes: lengths, deltas and version numbers, generously.
const FRAME_BYTES: usize = 64;
/// The same for one member inside a group's record.
const MEMBER_FRAME_BYTES: usize = 32;

impl GroupRecord {
    /// The offset of a partition.
    pub(crate) fn offset(group: &Str, topic: &Str, partition: i32, offset: &OffsetAndMetadata) -> GroupRecord {
        GroupRecord::OffsetCommit { key: offset_key(group, topic, partition), value: Some(offset.to_value()) }
    }

    /// The offset of a partition within a transaction.
    pub(crate) fn transactional_offset(
        producer: Producer,
        group: &Str,
        topic: &Str,
        partition: i32,
        offset: &OffsetAndMetadata,
    ) -> GroupRecord {
        GroupRecord::TransactionalOffsetCommit {
            producer,
            key: offset_key(group, topic, partition),
            value: offset.to_value(),
        }
    }

    /// The offset of a partition is gone.
    pub(crate) fn offset_tombstone(group: &Str, topic: &Str, partition: i32) -> GroupRecord {
        GroupRecord::OffsetCommit { key: offset_key(group, topic, partition), value: None }
    }

    /// A group.
    pub(crate) fn group(group: &Str, value: GroupMetadataValue) -> GroupRecord {
        GroupRecord::GroupMetadata { key: GroupMetadataKey { group: group.clone() }, value: Some(value) }
    }

    /// A group is gone.
    pub(crate) fn group_tombstone(group: &Str) -> GroupRecord {
        GroupRecord::GroupMetadata { key: GroupMetadataKey { group: group.clone() }, value: None }
    }

    /// About how many bytes it takes in the log; never less than it does.
    pub(crate) fn estimated_bytes(&self) -> usize {
        FRAME_BYTES
            + match self {
                GroupRecord::OffsetCommit { key, value } => {
                    offset_key_bytes(key) + value.as_ref().map_or(0, offset_value_bytes)
                }
                GroupRecord::TransactionalOffsetCommit { key, value, .. } => {
                    offset_key_bytes(key) + offset_value_bytes(value)
                }
                GroupRecord::GroupMetadata { key, value } => {
                    key.group.len() + value.as_ref().map_or(0, group_value_bytes)
                }
                GroupRecord::EndTransaction { .. } => 0,
                GroupRecord::Unknown { key, value } => key.len() + value.as_ref().map_or(0, Bytes::len),
            }
    }
}

fn offset_key(group: &Str, topic: &Str, partition: i32) -> OffsetCommitKey {
    OffsetCommitKey { group: group.clone(), topic: topic.clone(), partition }
}

fn offset_key_bytes(key: &OffsetCommitKey) -> usize {
    key.group.len() + key.topic.len()
}

fn offset_value_bytes(value: &OffsetCommitValue) -> usize {
    value.metadata.len()
}

fn group_value_bytes(value: &GroupMetadataValue) -> usize {
    let text = |text: &Option<Str>| text.as_ref().map_or(0, |text| text.len());
    let members = value.members.iter().map(|member| {
        MEMBER_FRAME_BYTES
            + member.member_id.len()
            + text(&member.group_instance_id)
            + member.client_id.len()
            + member.client_host.len()
            + member.subscription.len()
            + member.assignment.len()
    });
    value.protocol_type.len() + text(&value.protocol) + text(&value.leader) + members.sum::<usize>()
}
