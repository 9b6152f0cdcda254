//! EndQuorumEpoch · key 54 · versions 0–1: a leader that resigns tells voters whom it would like to see elected.
//!
//! v0 names the successors by node id, v1 by voter key; v1 also says where the resigning leader listens.

use types::{ErrorCode, LeaderEpoch, NodeId, Str};
use wire::{end_quorum_epoch_request, end_quorum_epoch_response};

use super::{LeaderHint, MALFORMED, is_metadata, leader_address, metadata_topic, only, top_level};
use crate::endpoints::{Endpoint, Endpoints};
use crate::replica::ReplicaKey;

/// "I lead `epoch` no longer."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndQuorumEpochRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// The leader that resigned.
    pub leader_id: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Voters by descending end of their logs.
    pub preferred_candidates: Vec<ReplicaKey>,
    /// Where it listens; empty in v0.
    pub endpoints: Endpoints,
}

/// The answer: nothing but what the voter knows of the leadership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndQuorumEpochResponse {
    /// Why the voter does not care.
    pub error: ErrorCode,
    /// Who leads, as far as the voter knows.
    pub leader: LeaderHint,
}

impl EndQuorumEpochRequest {
    /// Reads the wire's struct; the error is the top-level answer to a wrong shape.
    pub fn from_wire(wire: &wire::EndQuorumEpochRequest) -> Result<EndQuorumEpochRequest, ErrorCode> {
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(ErrorCode::InvalidRequest)?;
        let preferred_candidates = if partition.preferred_candidates.is_empty() {
            partition.preferred_successors.iter().map(|&id| ReplicaKey::without_directory(id)).collect()
        } else {
            let key = |candidate: &end_quorum_epoch_request::PreferredCandidate| {
                ReplicaKey::new(candidate.candidate_id, candidate.candidate_directory_id)
            };
            partition.preferred_candidates.iter().map(key).collect()
        };
        Ok(EndQuorumEpochRequest {
            cluster_id: wire.cluster_id.clone(),
            leader_id: partition.leader_id,
            epoch: partition.leader_epoch,
            preferred_candidates,
            endpoints: Endpoints::new(
                wire.leader_endpoints.iter().map(|node| Endpoint::new(&node.name, &node.host, node.port)),
            ),
        })
    }

    /// The wire's struct, for every version: each drops the successors of the other.
    pub fn to_wire(&self) -> wire::EndQuorumEpochRequest {
        let candidate = |key: &ReplicaKey| end_quorum_epoch_request::PreferredCandidate {
            candidate_id: key.id,
            candidate_directory_id: key.directory_or_zero(),
            ..Default::default()
        };
        let endpoint = |endpoint: &Endpoint| end_quorum_epoch_request::LeaderEndpoint {
            name: endpoint.name.clone(),
            host: endpoint.host.clone(),
            port: endpoint.port,
            ..Default::default()
        };
        let partition = end_quorum_epoch_request::Partition {
            partition_index: 0,
            leader_id: self.leader_id,
            leader_epoch: self.epoch,
            preferred_successors: self.preferred_candidates.iter().map(|key| key.id).collect(),
            preferred_candidates: self.preferred_candidates.iter().map(candidate).collect(),
            ..Default::default()
        };
        let topic = end_quorum_epoch_request::Topic {
            topic_name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::EndQuorumEpochRequest {
            cluster_id: self.cluster_id.clone(),
            topics: vec![topic],
            leader_endpoints: self.endpoints.iter().map(endpoint).collect(),
            ..Default::default()
        }
    }
}

impl EndQuorumEpochResponse {
    /// Reads the wire's struct; the error is the answer's top-level error.
    pub fn from_wire(wire: &wire::EndQuorumEpochResponse) -> Result<EndQuorumEpochResponse, ErrorCode> {
        top_level(wire.error_code)?;
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(MALFORMED)?;
        let endpoints = wire.node_endpoints.iter().map(|node| (node.node_id, node.host.clone(), node.port));
        let address = leader_address(partition.leader_id, endpoints);
        Ok(EndQuorumEpochResponse {
            error: ErrorCode::from_code(partition.error_code),
            leader: LeaderHint::read(partition.leader_epoch, partition.leader_id, address),
        })
    }

    /// The wire's struct in a version.
    pub fn to_wire(&self, version: i16) -> wire::EndQuorumEpochResponse {
        let partition = end_quorum_epoch_response::Partition {
            partition_index: 0,
            error_code: self.error.code(),
            leader_id: self.leader.id_or_none(),
            leader_epoch: self.leader.epoch,
            ..Default::default()
        };
        let endpoint = self.leader.endpoint().filter(|_| version >= 1);
        let endpoint = endpoint.map(|(node_id, address)| end_quorum_epoch_response::NodeEndpoint {
            node_id,
            host: address.host.clone(),
            port: address.port,
            ..Default::default()
        });
        let topic = end_quorum_epoch_response::Topic {
            topic_name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::EndQuorumEpochResponse {
            topics: vec![topic],
            node_endpoints: endpoint.into_iter().collect(),
            ..Default::default()
        }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::EndQuorumEpochResponse {
        wire::EndQuorumEpochResponse { error_code: error.code(), ..Default::default() }
    }
}
