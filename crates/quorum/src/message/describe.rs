//! DescribeQuorum · key 55 · versions 0–2: who votes, who watches, and how far each of them is.
//!
//! v1 has the times, v2 directory ids, error messages and the voters' listeners.

use types::{ErrorCode, LeaderEpoch, NO_OFFSET, NodeId, Offset, TimestampMs};
use wire::describe_quorum_response;

use super::{is_metadata, metadata_topic, only};
use crate::endpoints::{Endpoint, Endpoints};
use crate::replica::ReplicaKey;

/// How far a replica is, as the leader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Which replica.
    pub key: ReplicaKey,
    /// The end of its log; `None` while it has not fetched from this leader.
    pub end_offset: Option<Offset>,
    /// When it last fetched; −1 for never.
    pub last_fetch_ms: TimestampMs,
    /// When it last had everything the leader had; −1 for never.
    pub last_caught_up_ms: TimestampMs,
}

/// The state of the quorum; only a leader can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeQuorumResponse {
    /// `NOT_LEADER_OR_FOLLOWER` from everybody else.
    pub error: ErrorCode,
    /// The leader.
    pub leader_id: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// The high watermark, once the epoch has one.
    pub high_watermark: Option<Offset>,
    /// The voters.
    pub voters: Vec<ReplicaStatus>,
    /// Everybody else who fetches.
    pub observers: Vec<ReplicaStatus>,
    /// Where the voters listen.
    pub nodes: Vec<(NodeId, Endpoints)>,
}

impl DescribeQuorumResponse {
    /// Does the request ask for the metadata quorum? Anything else is answered with `UNKNOWN_TOPIC_OR_PARTITION`.
    pub fn is_asked_by(wire: &wire::DescribeQuorumRequest) -> bool {
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        topic.and_then(|topic| only(&topic.partitions)).is_some_and(|partition| partition.partition_index == 0)
    }

    /// An answer that tells nothing.
    pub(crate) fn error(error: ErrorCode) -> DescribeQuorumResponse {
        DescribeQuorumResponse {
            error,
            leader_id: 0,
            epoch: 0,
            high_watermark: None,
            voters: Vec::new(),
            observers: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// The wire's struct in a version.
    pub fn to_wire(&self, version: i16) -> wire::DescribeQuorumResponse {
        let observer = |status: &ReplicaStatus| describe_quorum_response::Observer {
            replica_id: status.key.id,
            replica_directory_id: directory(status, version),
            log_end_offset: status.end_offset.unwrap_or(NO_OFFSET),
            last_fetch_timestamp: status.last_fetch_ms,
            last_caught_up_timestamp: status.last_caught_up_ms,
            ..Default::default()
        };
        let voter = |status: &ReplicaStatus| describe_quorum_response::CurrentVoter {
            replica_id: status.key.id,
            replica_directory_id: directory(status, version),
            log_end_offset: status.end_offset.unwrap_or(NO_OFFSET),
            last_fetch_timestamp: status.last_fetch_ms,
            last_caught_up_timestamp: status.last_caught_up_ms,
            ..Default::default()
        };
        let partition = describe_quorum_response::Partition {
            partition_index: 0,
            error_code: self.error.code(),
            leader_id: self.leader_id,
            leader_epoch: self.epoch,
            high_watermark: self.high_watermark.unwrap_or(if self.error.is_none() { NO_OFFSET } else { 0 }),
            current_voters: self.voters.iter().map(voter).collect(),
            observers: self.observers.iter().map(observer).collect(),
            ..Default::default()
        };
        let nodes = if version >= 2 { &self.nodes[..] } else { &[] };
        let topic = describe_quorum_response::Topic {
            topic_name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::DescribeQuorumResponse {
            topics: vec![topic],
            nodes: nodes.iter().map(|(node_id, endpoints)| node(*node_id, endpoints)).collect(),
            ..Default::default()
        }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::DescribeQuorumResponse {
        wire::DescribeQuorumResponse { error_code: error.code(), ..Default::default() }
    }
}

fn directory(status: &ReplicaStatus, version: i16) -> types::Uuid {
    if version >= 2 { status.key.directory_or_zero() } else { types::Uuid::ZERO }
}

fn node(node_id: NodeId, endpoints: &Endpoints) -> describe_quorum_response::Node {
    let listener = |endpoint: &Endpoint| describe_quorum_response::Listener {
        name: endpoint.name.clone(),
        host: endpoint.host.clone(),
        port: endpoint.port,
        ..Default::default()
    };
    describe_quorum_response::Node {
        node_id,
        listeners: endpoints.iter().map(listener).collect(),
        ..Default::default()
    }
}
