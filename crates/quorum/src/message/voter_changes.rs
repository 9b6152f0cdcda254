//! AddRaftVoter (80), RemoveRaftVoter (81) and UpdateRaftVoter (82): one voter more, one less, one that moved.

use types::{ErrorCode, LeaderEpoch, NO_NODE, Str};
use wire::{add_raft_voter_request, update_raft_voter_request, update_raft_voter_response};

use super::{Address, LeaderHint, top_level};
use crate::endpoints::{Endpoint, Endpoints};
use crate::replica::ReplicaKey;
use crate::voters::VersionRange;

/// "Let this replica vote."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddVoterRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// The new voter.
    pub voter: ReplicaKey,
    /// Where it listens.
    pub endpoints: Endpoints,
    /// Answer when the change is committed, or (v1) as soon as it is in the leader's log.
    pub ack_when_committed: bool,
    /// How long the sender waits.
    pub timeout_ms: i32,
}

/// The answer to an added voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddVoterResponse {
    /// Why it is no voter.
    pub error: ErrorCode,
    /// In words.
    pub message: Option<Str>,
}

/// "Let this replica vote no longer."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveVoterRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// The voter to remove.
    pub voter: ReplicaKey,
}

/// The answer to a removed voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveVoterResponse {
    /// Why it is still a voter.
    pub error: ErrorCode,
    /// In words.
    pub message: Option<Str>,
}

/// "This voter listens here now, and speaks these versions."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateVoterRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// The epoch the sender is in.
    pub epoch: LeaderEpoch,
    /// The voter.
    pub voter: ReplicaKey,
    /// Where it listens.
    pub endpoints: Endpoints,
    /// Which levels of kraft.version it speaks.
    pub kraft_version: VersionRange,
}

/// The answer to an updated voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateVoterResponse {
    /// Why nothing was updated.
    pub error: ErrorCode,
    /// Who leads.
    pub leader: LeaderHint,
}

impl AddVoterRequest {
    /// Reads the wire's struct.
    pub fn from_wire(wire: &wire::AddRaftVoterRequest) -> AddVoterRequest {
        AddVoterRequest {
            cluster_id: wire.cluster_id.clone(),
            voter: ReplicaKey::new(wire.voter_id, wire.voter_directory_id),
            endpoints: Endpoints::new(
                wire.listeners.iter().map(|listener| Endpoint::new(&listener.name, &listener.host, listener.port)),
            ),
            ack_when_committed: wire.ack_when_committed,
            timeout_ms: wire.timeout_ms,
        }
    }

    /// The wire's struct in a version; v0 always waits for the commit.
    pub fn to_wire(&self, version: i16) -> wire::AddRaftVoterRequest {
        let listener = |endpoint: &Endpoint| add_raft_voter_request::Listener {
            name: endpoint.name.clone(),
            host: endpoint.host.clone(),
            port: endpoint.port,
            ..Default::default()
        };
        wire::AddRaftVoterRequest {
            cluster_id: self.cluster_id.clone(),
            timeout_ms: self.timeout_ms,
            voter_id: self.voter.id,
            voter_directory_id: self.voter.directory_or_zero(),
            listeners: self.endpoints.iter().map(listener).collect(),
            ack_when_committed: self.ack_when_committed || version < 1,
            ..Default::default()
        }
    }
}

impl AddVoterResponse {
    /// Reads the wire's struct.
    pub fn from_wire(wire: &wire::AddRaftVoterResponse) -> AddVoterResponse {
        AddVoterResponse { error: ErrorCode::from_code(wire.error_code), message: wire.error_message.clone() }
    }

    /// The wire's struct.
    pub fn to_wire(&self) -> wire::AddRaftVoterResponse {
        wire::AddRaftVoterResponse {
            error_code: self.error.code(),
            error_message: self.message.clone(),
            ..Default::default()
        }
    }
}

impl RemoveVoterRequest {
    /// Reads the wire's struct.
    pub fn from_wire(wire: &wire::RemoveRaftVoterRequest) -> RemoveVoterRequest {
        RemoveVoterRequest {
            cluster_id: wire.cluster_id.clone(),
            voter: ReplicaKey::new(wire.voter_id, wire.voter_directory_id),
        }
    }

    /// The wire's struct.
    pub fn to_wire(&self) -> wire::RemoveRaftVoterRequest {
        wire::RemoveRaftVoterRequest {
            cluster_id: self.cluster_id.clone(),
            voter_id: self.voter.id,
            voter_directory_id: self.voter.directory_or_zero(),
            ..Default::default()
        }
    }
}

impl RemoveVoterResponse {
    /// Reads the wire's struct.
    pub fn from_wire(wire: &wire::RemoveRaftVoterResponse) -> RemoveVoterResponse {
        RemoveVoterResponse { error: ErrorCode::from_code(wire.error_code), message: wire.error_message.clone() }
    }

    /// The wire's struct.
    pub fn to_wire(&self) -> wire::RemoveRaftVoterResponse {
        wire::RemoveRaftVoterResponse {
            error_code: self.error.code(),
            error_message: self.message.clone(),
            ..Default::default()
        }
    }
}

impl UpdateVoterRequest {
    /// Reads the wire's struct.
    pub fn from_wire(wire: &wire::UpdateRaftVoterRequest) -> UpdateVoterRequest {
        UpdateVoterRequest {
            cluster_id: wire.cluster_id.clone(),
            epoch: wire.current_leader_epoch,
            voter: ReplicaKey::new(wire.voter_id, wire.voter_directory_id),
            endpoints: Endpoints::new(
                wire.listeners.iter().map(|listener| Endpoint::new(&listener.name, &listener.host, listener.port)),
            ),
            kraft_version: VersionRange {
                min: wire.k_raft_version_feature.min_supported_version,
                max: wire.k_raft_version_feature.max_supported_version,
            },
        }
    }

    /// The wire's struct.
    pub fn to_wire(&self) -> wire::UpdateRaftVoterRequest {
        let listener = |endpoint: &Endpoint| update_raft_voter_request::Listener {
            name: endpoint.name.clone(),
            host: endpoint.host.clone(),
            port: endpoint.port,
            ..Default::default()
        };
        wire::UpdateRaftVoterRequest {
            cluster_id: self.cluster_id.clone(),
            current_leader_epoch: self.epoch,
            voter_id: self.voter.id,
            voter_directory_id: self.voter.directory_or_zero(),
            listeners: self.endpoints.iter().map(listener).collect(),
            k_raft_version_feature: update_raft_voter_request::KRaftVersionFeature {
                min_supported_version: self.kraft_version.min,
                max_supported_version: self.kraft_version.max,
                ..Default::default()
            },
            ..Default::default()
        }
    }
}

impl UpdateVoterResponse {
    /// Reads the wire's struct; without a leader in it the error is all there is.
    pub fn from_wire(wire: &wire::UpdateRaftVoterResponse) -> Result<UpdateVoterResponse, ErrorCode> {
        let leader = &wire.current_leader;
        if leader.leader_epoch < 0 {
            top_level(wire.error_code)?;
        }
        let port = u16::try_from(leader.port).ok().filter(|_| !leader.host.is_empty());
        let address = port.map(|port| Address { host: leader.host.clone(), port });
        Ok(UpdateVoterResponse {
            error: ErrorCode::from_code(wire.error_code),
            leader: LeaderHint::read(leader.leader_epoch, leader.leader_id, address),
        })
    }

    /// The wire's struct.
    pub fn to_wire(&self) -> wire::UpdateRaftVoterResponse {
        let (leader_id, host, port) = match self.leader.endpoint() {
            Some((id, address)) => (id, address.host.clone(), i32::from(address.port)),
            None => (NO_NODE, Str::EMPTY, 0),
        };
        wire::UpdateRaftVoterResponse {
            error_code: self.error.code(),
            current_leader: update_raft_voter_response::CurrentLeader {
                leader_id,
                leader_epoch: self.leader.epoch,
                host,
                port,
                ..Default::default()
            },
            ..Default::default()
        }
    }

    /// The answer that is nothing but an error.
    pub fn refused(error: ErrorCode) -> wire::UpdateRaftVoterResponse {
        wire::UpdateRaftVoterResponse { error_code: error.code(), ..Default::default() }
    }
}
