//! FetchSnapshot · key 59 · versions 0–1: a piece of a snapshot's file by position, not aligned to batches.
//!
//! v1 carries the replica's directory id and the leader's endpoint. As with Fetch, the answer of the machine says what is to
//! be read; the driver reads it.

use bytes::Bytes;
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_OFFSET, Str};
use wire::{Records, fetch_snapshot_request, fetch_snapshot_response};

use super::{LeaderHint, MALFORMED, is_metadata, leader_address, metadata_topic, only, top_level};
use crate::checkpoint::SnapshotId;
use crate::replica::ReplicaKey;

/// "Give me the snapshot from `position`."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSnapshotRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// Who fetches.
    pub replica: ReplicaKey,
    /// The epoch the sender is in.
    pub epoch: LeaderEpoch,
    /// Which snapshot.
    pub id: SnapshotId,
    /// The first byte wanted.
    pub position: i64,
    /// How much may be sent.
    pub max_bytes: i32,
}

/// The bytes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotBytes {
    /// None.
    Nothing,
    /// To be read by whoever sends the answer, from the answer's position.
    Read {
        /// Not more than this.
        max_bytes: i32,
    },
    /// As they arrived.
    Received(Bytes),
}

/// The answer to a FetchSnapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSnapshotResponse {
    /// Why nothing can be fetched.
    pub error: ErrorCode,
    /// Who leads, as far as the sender knows.
    pub leader: LeaderHint,
    /// Which snapshot.
    pub id: Option<SnapshotId>,
    /// The length of the whole file.
    pub size: i64,
    /// Where the bytes belong.
    pub position: i64,
    /// The bytes.
    pub bytes: SnapshotBytes,
}

impl FetchSnapshotRequest {
    /// Reads the wire's struct; the error is the top-level answer to a wrong shape.
    pub fn from_wire(wire: &wire::FetchSnapshotRequest) -> Result<FetchSnapshotRequest, ErrorCode> {
        let topic = only(&wire.topics).ok_or(ErrorCode::InvalidRequest)?;
        let partition = only(&topic.partitions).ok_or(ErrorCode::InvalidRequest)?;
        if !is_metadata(&topic.name) || partition.partition != 0 {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        Ok(FetchSnapshotRequest {
            cluster_id: wire.cluster_id.clone(),
            replica: ReplicaKey::new(wire.replica_id, partition.replica_directory_id),
            epoch: partition.current_leader_epoch,
            id: SnapshotId::new(partition.snapshot_id.end_offset, partition.snapshot_id.epoch),
            position: partition.position,
            max_bytes: wire.max_bytes,
        })
    }

    /// The wire's struct, for every version: what v0 lacks may be dropped.
    pub fn to_wire(&self) -> wire::FetchSnapshotRequest {
        let partition = fetch_snapshot_request::Partition {
            partition: 0,
            current_leader_epoch: self.epoch,
            snapshot_id: fetch_snapshot_request::SnapshotId {
                end_offset: self.id.end_offset,
                epoch: self.id.epoch,
                ..Default::default()
            },
            position: self.position,
            replica_directory_id: self.replica.directory_or_zero(),
            ..Default::default()
        };
        let topic =
            fetch_snapshot_request::Topic { name: metadata_topic(), partitions: vec![partition], ..Default::default() };
        wire::FetchSnapshotRequest {
            cluster_id: self.cluster_id.clone(),
            replica_id: self.replica.id,
            max_bytes: self.max_bytes,
            topics: vec![topic],
            ..Default::default()
        }
    }
}

impl FetchSnapshotResponse {
    /// An answer without bytes.
    pub(crate) fn empty(error: ErrorCode, leader: LeaderHint) -> FetchSnapshotResponse {
        FetchSnapshotResponse { error, leader, id: None, size: 0, position: 0, bytes: SnapshotBytes::Nothing }
    }

    /// Reads the wire's struct; the error is the answer's top-level error.
    pub fn from_wire(wire: &wire::FetchSnapshotResponse) -> Result<FetchSnapshotResponse, ErrorCode> {
        top_level(wire.error_code)?;
        let topic = only(&wire.topics).filter(|topic| is_metadata(&topic.name));
        let partition = topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.index == 0);
        let partition = partition.ok_or(MALFORMED)?;
        let endpoints = wire.node_endpoints.iter().map(|node| (node.node_id, node.host.clone(), node.port));
        let leader_id = partition.current_leader.leader_id;
        let id = SnapshotId::new(partition.snapshot_id.end_offset, partition.snapshot_id.epoch);
        let bytes = match &partition.unaligned_records {
            Some(Records::Bytes(bytes)) => SnapshotBytes::Received(bytes.clone()),
            _ => SnapshotBytes::Nothing,
        };
        Ok(FetchSnapshotResponse {
            error: ErrorCode::from_code(partition.error_code),
            leader: LeaderHint::read(
                partition.current_leader.leader_epoch,
                leader_id,
                leader_address(leader_id, endpoints),
            ),
            id: Some(id).filter(|id| id.end_offset >= 0 && id.epoch >= 0),
            size: partition.size,
            position: partition.position,
            bytes,
        })
    }

    /// The wire's struct in a version, with the bytes that the driver has read for `SnapshotBytes::Read`.
    pub fn to_wire(&self, version: i16, records: Option<Records>) -> wire::FetchSnapshotResponse {
        let id = self.id.unwrap_or(SnapshotId::new(NO_OFFSET, NO_EPOCH));
        let partition = fetch_snapshot_response::Partition {
            index: 0,
            error_code: self.error.code(),
            snapshot_id: fetch_snapshot_response::SnapshotId {
                end_offset: id.end_offset,
                epoch: id.epoch,
                ..Default::default()
            },
            current_leader: fetch_snapshot_response::CurrentLeader {
                leader_id: self.leader.id_or_none(),
                leader_epoch: self.leader.epoch,
                ..Default::default()
            },
            size: self.size,
            position: self.position,
            unaligned_records: Some(records.unwrap_or_default()),
            ..Default::default()
        };
        let endpoint = self.leader.endpoint().filter(|_| version >= 1);
        let endpoint = endpoint.map(|(node_id, address)| fetch_snapshot_response::NodeEndpoint {
            node_id,
            host: address.host.clone(),
            port: address.port,
            ..Default::default()
        });
        let topic = fetch_snapshot_response::Topic {
            name: metadata_topic(),
            partitions: vec![partition],
            ..Default::default()
        };
        wire::FetchSnapshotResponse {
            topics: vec![topic],
            node_endpoints: endpoint.into_iter().collect(),
            ..Default::default()
        }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::FetchSnapshotResponse {
        wire::FetchSnapshotResponse { error_code: error.code(), ..Default::default() }
    }
}
