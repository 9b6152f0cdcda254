//! The commands of the tests, for members of group "g" that are called by one letter.

use bytes::{BufMut, Bytes, BytesMut};
use groups::{
    Command, CommitOffsets, CommitPartition, CommitTopic, FetchGroup, FetchOffsets, Heartbeat, JoinGroup, LeaveGroup,
    LeavingMember, SyncGroup,
};
use types::{Str, Uuid};

pub const SESSION_MS: i32 = 30_000;
pub const REBALANCE_MS: i32 = 10_000;

/// A consumer's metadata: it reads these topics.
pub fn subscription(topics: &[&str]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(1);
    bytes.put_i32(topics.len() as i32);
    for topic in topics {
        bytes.put_i16(topic.len() as i16);
        bytes.put_slice(topic.as_bytes());
    }
    bytes.put_i32(-1);
    bytes.put_i32(0);
    bytes.freeze()
}

/// A first join of a client before version 4, which becomes a member of this name.
pub fn join(name: &str) -> JoinGroup {
    JoinGroup {
        group_id: Str::from("g"),
        member_id: Str::EMPTY,
        instance_id: None,
        protocol_type: Str::from("consumer"),
        protocols: vec![(Str::from("range"), subscription(&["t"]))],
        session_timeout_ms: SESSION_MS,
        rebalance_timeout_ms: REBALANCE_MS,
        client_id: Str::from("client"),
        client_host: Str::from("/127.0.0.1"),
        new_member_id: Str::from(name),
        requires_known_member_id: false,
        supports_skipping_assignment: false,
    }
}

/// A join of somebody who has an id.
pub fn rejoin(name: &str) -> JoinGroup {
    JoinGroup { member_id: Str::from(name), ..join("unused") }
}

/// A first join of a static member.
pub fn static_join(instance: &str, name: &str) -> JoinGroup {
    JoinGroup { instance_id: Some(Str::from(instance)), ..join(name) }
}

/// A sync of a follower.
pub fn sync(name: &str, generation: i32) -> SyncGroup {
    SyncGroup {
        group_id: Str::from("g"),
        generation,
        member_id: Str::from(name),
        instance_id: None,
        protocol_type: None,
        protocol_name: None,
        assignments: Vec::new(),
    }
}

/// A sync of the leader, which gives everybody his own name.
pub fn assign(name: &str, generation: i32, members: &[&str]) -> SyncGroup {
    let assignments = members.iter().map(|member| (Str::from(*member), Bytes::copy_from_slice(member.as_bytes())));
    SyncGroup { assignments: assignments.collect(), ..sync(name, generation) }
}

/// A heartbeat that may be held.
pub fn heartbeat(name: &str, generation: i32) -> Heartbeat {
    Heartbeat { group_id: Str::from("g"), generation, member_id: Str::from(name), instance_id: None, may_hold: true }
}

/// Members leave.
pub fn leave(names: &[&str]) -> LeaveGroup {
    let members = names.iter().map(|name| LeavingMember { member_id: Str::from(*name), instance_id: None });
    LeaveGroup { group_id: Str::from("g"), members: members.collect() }
}

/// An offset for partition 0 of a topic, from somebody without a member id.
pub fn commit(topic: &str, offset: i64) -> CommitOffsets {
    CommitOffsets {
        group_id: Str::from("g"),
        generation: -1,
        member_id: Str::EMPTY,
        instance_id: None,
        retention_ms: None,
        reports_missing_group: true,
        transaction: None,
        topics: vec![CommitTopic {
            name: Str::from(topic),
            topic_id: Uuid::ZERO,
            partitions: vec![CommitPartition { partition: 0, offset, leader_epoch: -1, metadata: None }],
        }],
    }
}

/// The same from a member.
pub fn member_commit(name: &str, generation: i32, topic: &str, offset: i64) -> CommitOffsets {
    CommitOffsets { generation, member_id: Str::from(name), ..commit(topic, offset) }
}

/// All offsets of the group.
pub fn fetch_all(require_stable: bool) -> Command {
    let groups = vec![FetchGroup { group_id: Str::from("g"), topics: None }];
    Command::FetchOffsets(FetchOffsets { groups, require_stable })
}
