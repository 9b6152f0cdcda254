//! Vote · key 52 · versions 0–2: a replica asks to be elected (v2: or whether it would be, the pre-vote).
//!
//! v0 has no voter key and no endpoints; v1 has both; v2 has `PreVote`, which earlier versions cannot carry: whoever sends a
//! pre-vote to a peer without v2 reports `UNSUPPORTED_VERSION` as the answer.

use types::{ErrorCode, LeaderEpoch, NO_NODE, Offset, Str, Uuid};
use wire::{vote_request, vote_response};

use super::{Address, LeaderHint, MALFORMED, is_metadata, leader_address, metadata_topic, only, top_level};
use crate::replica::ReplicaKey;

/// "May I lead `epoch`?"
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// Whom the request is meant for; `None` in v0.
    pub voter: Option<ReplicaKey>,
    /// Who asks.
    pub candidate: ReplicaKey,
    /// The epoch to be led; in a pre-vote the epoch the sender is in.
    pub epoch: LeaderEpoch,
    /// The epoch of the sender's last record.
    pub last_epoch: LeaderEpoch,
    /// The end of the sender's log.
    pub end_offset: Offset,
    /// Only asking whether a vote would be granted.
    pub pre_vote: bool,
}

/// The answer to a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteResponse {
    /// Why the vote was not considered.
    pub error: ErrorCode,
    /// Who leads, as far as the voter knows.
    pub leader: LeaderHint,
    /// Granted?
    pub granted: bool,
}

impl VoteRequest {
    /// Reads the wire's struct; the error is the top-level answer to a wrong shape.
    pub fn from_wire(wire: &wire::VoteRequest) -> Result<VoteRequest, ErrorCode> {
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(ErrorCode::InvalidRequest)?;
        let voter = ReplicaKey::new(wire.voter_id, partition.voter_directory_id);
        Ok(VoteRequest {
            cluster_id: wire.cluster_id.clone(),
            voter: if wire.voter_id < 0 { None } else { Some(voter) },
            candidate: ReplicaKey::new(partition.replica_id, partition.replica_directory_id),
            epoch: partition.replica_epoch,
            last_epoch: partition.last_offset_epoch,
            end_offset: partition.last_offset,
            pre_vote: partition.pre_vote,
        })
    }

    /// The wire's struct, for every version that can carry it.
    pub fn to_wire(&self) -> wire::VoteRequest {
        let partition = vote_request::Partition {
            partition_index: 0,
            replica_epoch: self.epoch,
            replica_id: self.candidate.id,
            replica_directory_id: self.candidate.directory_or_zero(),
            voter_directory_id: self.voter.map_or(Uuid::ZERO, |voter| voter.directory_or_zero()),
            last_offset_epoch: self.last_epoch,
            last_offset: self.end_offset,
            pre_vote: self.pre_vote,
            ..Default::default()
        };
        let topic =
            vote_request::Topic { topic_name: metadata_topic(), partitions: vec![partition], ..Default::default() };
        wire::VoteRequest {
            cluster_id: self.cluster_id.clone(),
            voter_id: self.voter.map_or(NO_NODE, |voter| voter.id),
            topics: vec![topic],
            ..Default::default()
        }
    }
}

impl VoteResponse {
    /// Reads the wire's struct; the error is the answer's top-level error.
    pub fn from_wire(wire: &wire::VoteResponse) -> Result<VoteResponse, ErrorCode> {
        top_level(wire.error_code)?;
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.topic_name));
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(MALFORMED)?;
        let endpoints = wire.node_endpoints.iter().map(|node| (node.node_id, node.host.clone(), node.port));
        let address: Option<Address> = leader_address(partition.leader_id, endpoints);
        Ok(VoteResponse {
            error: ErrorCode::from_code(partition.error_code),
            leader: LeaderHint::read(partition.leader_epoch, partition.leader_id, address),
            granted: partition.vote_granted,
        })
    }

    /// The wire's struct in a version.
    pub fn to_wire(&self, version: i16) -> wire::VoteResponse {
        let partition = vote_response::Partition {
            partition_index: 0,
            error_code: self.error.code(),
            leader_id: self.leader.id_or_none(),
            leader_epoch: self.leader.epoch,
            vote_granted: self.granted,
            ..Default::default()
        };
        let endpoint = self.leader.endpoint().filter(|_| version >= 1);
        let endpoint = endpoint.map(|(node_id, address)| vote_response::NodeEndpoint {
            node_id,
            host: address.host.clone(),
            port: address.port,
            ..Default::default()
        });
        let topic =
            vote_response::Topic { topic_name: metadata_topic(), partitions: vec![partition], ..Default::default() };
        wire::VoteResponse { topics: vec![topic], node_endpoints: endpoint.into_iter().collect(), ..Default::default() }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::VoteResponse {
        wire::VoteResponse { error_code: error.code(), ..Default::default() }
    }
}
