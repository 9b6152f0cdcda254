//! `StoredGroup`: a group as its last GroupMetadata record has it, which is all that a new coordinator knows of it.

use bytes::Bytes;
use records::GroupMetadataValue;
use types::{Str, TimestampMs};

/// A group as it was last persisted. The default is a group that only commits offsets and never had members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredGroup {
    /// The generation of the last completed rebalance.
    pub generation: i32,
    /// What the members agree on, "consumer" for consumers; `None` for a group that only commits offsets.
    pub protocol_type: Option<Str>,
    /// The selected protocol; `None` while the group is empty.
    pub protocol_name: Option<Str>,
    /// The member that assigns; `None` while the group is empty.
    pub leader: Option<Str>,
    /// When the group got into the state that was persisted; records of old versions do not say.
    pub state_timestamp: Option<TimestampMs>,
    /// The members of the generation. None: the group is empty. Some: it was stable.
    pub members: Vec<StoredMember>,
}

/// A member as it was last persisted.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMember {
    /// The id that the coordinator gave it.
    pub member_id: Str,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Str>,
    /// The client id of the request that made it a member.
    pub client_id: Str,
    /// Where that request came from.
    pub client_host: Str,
    /// How long the group waits for it in a rebalance.
    pub rebalance_timeout_ms: i32,
    /// How long it may stay silent.
    pub session_timeout_ms: i32,
    /// What it said for the selected protocol.
    pub subscription: Bytes,
    /// What the leader gave it.
    pub assignment: Bytes,
}

impl StoredGroup {
    pub(crate) fn from_value(value: &GroupMetadataValue) -> StoredGroup {
        StoredGroup {
            generation: value.generation,
            protocol_type: Some(value.protocol_type.clone()).filter(|name| !name.is_empty()),
            protocol_name: value.protocol.clone(),
            leader: value.leader.clone(),
            state_timestamp: Some(value.current_state_timestamp).filter(|&at| at >= 0),
            members: value.members.iter().map(StoredMember::from_value).collect(),
        }
    }
}

impl StoredMember {
    fn from_value(value: &records::group_metadata_value::Member) -> StoredMember {
        StoredMember {
            member_id: value.member_id.clone(),
            instance_id: value.group_instance_id.clone(),
            client_id: value.client_id.clone(),
            client_host: value.client_host.clone(),
            // Version 0 of the record has no rebalance timeout: the session timeout served for both.
            rebalance_timeout_ms: match value.rebalance_timeout {
                -1 => value.session_timeout,
                given => given,
            },
            session_timeout_ms: value.session_timeout,
            subscription: value.subscription.clone(),
            assignment: value.assignment.clone(),
        }
    }
}
