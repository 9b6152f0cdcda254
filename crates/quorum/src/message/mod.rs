//! What replicas of the quorum say to each other, free of wire versions.
//!
//! Each message has a file: the struct the machine speaks, and both directions to the struct of the wire. Reading checks the
//! shape (exactly partition 0 of `__cluster_metadata`) and gives the error that answers a wrong one at the top level.
//! `INVALID_REQUEST` is only ever sent at the top level: in a partition's place it stops Apache Kafka's node.

mod api_versions;
mod begin_epoch;
mod describe;
mod end_epoch;
mod fetch;
mod fetch_snapshot;
mod vote;
mod voter_changes;

pub use api_versions::ApiVersionsResponse;
pub use begin_epoch::{BeginQuorumEpochRequest, BeginQuorumEpochResponse};
pub use describe::{DescribeQuorumResponse, ReplicaStatus};
pub use end_epoch::{EndQuorumEpochRequest, EndQuorumEpochResponse};
pub use fetch::{FetchRequest, FetchResponse, FetchedRecords};
pub use fetch_snapshot::{FetchSnapshotRequest, FetchSnapshotResponse, SnapshotBytes};
pub use vote::{VoteRequest, VoteResponse};
pub use voter_changes::{
    AddVoterRequest, AddVoterResponse, RemoveVoterRequest, RemoveVoterResponse, UpdateVoterRequest, UpdateVoterResponse,
};

use types::{CLUSTER_METADATA, ErrorCode, LeaderEpoch, NO_NODE, NodeId, Str};

use crate::connections::Asked;

/// A request between replicas, or from an administrator.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Key 52.
    Vote(VoteRequest),
    /// Key 53.
    BeginQuorumEpoch(BeginQuorumEpochRequest),
    /// Key 54.
    EndQuorumEpoch(EndQuorumEpochRequest),
    /// Key 1, on the metadata log.
    Fetch(FetchRequest),
    /// Key 59.
    FetchSnapshot(FetchSnapshotRequest),
    /// Key 55. Received only.
    DescribeQuorum,
    /// Key 80.
    AddVoter(AddVoterRequest),
    /// Key 81.
    RemoveVoter(RemoveVoterRequest),
    /// Key 82.
    UpdateVoter(UpdateVoterRequest),
    /// Key 18. Sent only: the driver answers it itself.
    ApiVersions,
}

impl Request {
    pub(crate) fn asked(&self) -> Option<Asked> {
        match self {
            Request::Vote(vote) if vote.pre_vote => Some(Asked::PreVote),
            Request::Vote(_) => Some(Asked::Vote),
            Request::BeginQuorumEpoch(_) => Some(Asked::BeginQuorumEpoch),
            Request::EndQuorumEpoch(_) => Some(Asked::EndQuorumEpoch),
            Request::Fetch(_) => Some(Asked::Fetch),
            Request::FetchSnapshot(_) => Some(Asked::FetchSnapshot),
            Request::AddVoter(_) => Some(Asked::AddVoter),
            Request::RemoveVoter(_) => Some(Asked::RemoveVoter),
            Request::UpdateVoter(_) => Some(Asked::UpdateVoter),
            Request::ApiVersions => Some(Asked::ApiVersions),
            Request::DescribeQuorum => None,
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// To `Request::Vote`.
    Vote(VoteResponse),
    /// To `Request::BeginQuorumEpoch`.
    BeginQuorumEpoch(BeginQuorumEpochResponse),
    /// To `Request::EndQuorumEpoch`.
    EndQuorumEpoch(EndQuorumEpochResponse),
    /// To `Request::Fetch`.
    Fetch(FetchResponse),
    /// To `Request::FetchSnapshot`.
    FetchSnapshot(FetchSnapshotResponse),
    /// To `Request::DescribeQuorum`.
    DescribeQuorum(DescribeQuorumResponse),
    /// To `Request::AddVoter`.
    AddVoter(AddVoterResponse),
    /// To `Request::RemoveVoter`.
    RemoveVoter(RemoveVoterResponse),
    /// To `Request::UpdateVoter`.
    UpdateVoter(UpdateVoterResponse),
    /// To `Request::ApiVersions`.
    ApiVersions(ApiVersionsResponse),
    /// To `Input::UpgradeKRaftVersion`: the level is valid, and written unless only validation was asked for.
    KRaftVersionUpgraded,
}

/// Where somebody listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name or address.
    pub host: Str,
    /// TCP port.
    pub port: u16,
}

/// What a replica knows of the leadership, carried by most answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderHint {
    /// The epoch the replica is in.
    pub epoch: LeaderEpoch,
    /// The leader of that epoch. Sent only where the address is known too.
    pub leader_id: Option<NodeId>,
    /// Where the leader listens, on the listener the request came through.
    pub address: Option<Address>,
}

impl LeaderHint {
    pub(crate) fn id_or_none(&self) -> NodeId {
        self.leader_id.unwrap_or(NO_NODE)
    }

    /// The endpoint that goes into a response: only together with a leader.
    pub(crate) fn endpoint(&self) -> Option<(NodeId, &Address)> {
        self.leader_id.zip(self.address.as_ref())
    }

    pub(crate) fn read(epoch: LeaderEpoch, leader_id: NodeId, address: Option<Address>) -> LeaderHint {
        let leader_id = if leader_id < 0 { None } else { Some(leader_id) };
        LeaderHint { epoch, leader_id, address: if leader_id.is_some() { address } else { None } }
    }
}

/// The address among the endpoints of an answer that belongs to the leader it names.
fn leader_address(leader_id: NodeId, endpoints: impl IntoIterator<Item = (NodeId, Str, u16)>) -> Option<Address> {
    let found = endpoints.into_iter().find(|(id, ..)| *id == leader_id);
    found.map(|(_, host, port)| Address { host, port })
}

/// The error of an answer whose shape is not that of an answer.
const MALFORMED: ErrorCode = ErrorCode::CorruptMessage;

/// The one element of a list that must have exactly one.
fn only<T>(list: &[T]) -> Option<&T> {
    match list {
        [one] => Some(one),
        _ => None,
    }
}

fn is_metadata(topic: &str) -> bool {
    topic == CLUSTER_METADATA
}

fn metadata_topic() -> Str {
    Str::from_static(CLUSTER_METADATA)
}

/// A top-level error ends the reading of an answer.
fn top_level(code: i16) -> Result<(), ErrorCode> {
    match ErrorCode::from_code(code) {
        ErrorCode::None => Ok(()),
        error => Err(error),
    }
}
