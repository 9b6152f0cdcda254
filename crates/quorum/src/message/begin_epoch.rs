//! BeginQuorumEpoch · key 53 · versions 0–1: a leader tells voters that it leads, and (v1) where it listens.

use types::{ErrorCode, LeaderEpoch, NO_NODE, NodeId, Str, Uuid};
use wire::{begin_quorum_epoch_request, begin_quorum_epoch_response};

use super::{LeaderHint, MALFORMED, is_metadata, leader_address, metadata_topic, only, top_level};
use crate::endpoints::{Endpoint, Endpoints};
use crate::replica::ReplicaKey;

/// "I lead `epoch`."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginQuorumEpochRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// Whom the request is meant for; `None` in v0.
    pub voter: Option<ReplicaKey>,
    /// The leader.
    pub leader_id: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Where it listens; empty in v0.
    pub endpoints: Endpoints,
}

/// The answer: nothing but what the voter knows of the leadership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginQuorumEpochResponse {
    /// Why the voter does not follow.
    pub error: ErrorCode,
    /// Who leads, as far as the voter knows.
    pub leader: LeaderHint,
}

impl BeginQuorumEpochRequest {
    /// Reads the wire's struct; the error is the top-level answer to a wrong shape.
    pub fn from_wire(wire: &wire::BeginQuorumEpochRequest) -> Result<BeginQuorumEpochRequest, ErrorCode> {
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(ErrorCode::InvalidRequest)?;
        let voter = ReplicaKey::new(wire.voter_id, partition.voter_directory_id);
        Ok(BeginQuorumEpochRequest {
            cluster_id: wire.cluster_id.clone(),
            voter: if wire.voter_id < 0 { None } else { Some(voter) },
            leader_id: partition.leader_id,
            epoch: partition.leader_epoch,
            endpoints: Endpoints::new(
                wire.leader_endpoints.iter().map(|node| Endpoint::new(&node.name, &node.host, node.port)),
            ),
        })
    }

    /// The wire's struct, for every version: what v0 lacks may be dropped.
    pub fn to_wire(&self) -> wire::BeginQuorumEpochRequest {
        let partition = begin_quorum_epoch_request::Partition {
            partition_index: 0,
            voter_directory_id: self.voter.map_or(Uuid::ZERO, |voter| voter.directory_or_zero()),
            leader_id: self.leader_id,
            leader_epoch: self.epoch,
            ..Default::default()
        };
        let endpoint = |endpoint: &Endpoint| begin_quorum_epoch_request::LeaderEndpoint {
            name: endpoint.name.clone(),
            host: endpoint.host.clone(),
            port: endpoint.port,
            ..Default::default()
        };
        let topic = begin_quorum_epoch_request::Topic {
            topic_name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::BeginQuorumEpochRequest {
            cluster_id: self.cluster_id.clone(),
            voter_id: self.voter.map_or(NO_NODE, |voter| voter.id),
            topics: vec![topic],
            leader_endpoints: self.endpoints.iter().map(endpoint).collect(),
            ..Default::default()
        }
    }
}

impl BeginQuorumEpochResponse {
    /// Reads the wire's struct; the error is the answer's top-level error.
    pub fn from_wire(wire: &wire::BeginQuorumEpochResponse) -> Result<BeginQuorumEpochResponse, ErrorCode> {
        top_level(wire.error_code)?;
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(MALFORMED)?;
        let endpoints = wire.node_endpoints.iter().map(|node| (node.node_id, node.host.clone(), node.port));
        let address = leader_address(partition.leader_id, endpoints);
        Ok(BeginQuorumEpochResponse {
            error: ErrorCode::from_code(partition.error_code),
            leader: LeaderHint::read(partition.leader_epoch, partition.leader_id, address),
        })
    }

    /// The wire's struct in a version.
    pub fn to_wire(&self, version: i16) -> wire::BeginQuorumEpochResponse {
        let partition = begin_quorum_epoch_response::Partition {
            partition_index: 0,
            error_code: self.error.code(),
            leader_id: self.leader.id_or_none(),
            leader_epoch: self.leader.epoch,
            ..Default::default()
        };
        let endpoint = self.leader.endpoint().filter(|_| version >= 1);
        let endpoint = endpoint.map(|(node_id, address)| begin_quorum_epoch_response::NodeEndpoint {
            node_id,
            host: address.host.clone(),
            port: address.port,
            ..Default::default()
        });
        let topic = begin_quorum_epoch_response::Topic {
            topic_name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::BeginQuorumEpochResponse {
            topics: vec![topic],
            node_endpoints: endpoint.into_iter().collect(),
            ..Default::default()
        }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::BeginQuorumEpochResponse {
        wire::BeginQuorumEpochResponse { error_code: error.code(), ..Default::default() }
    }
}
