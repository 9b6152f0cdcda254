//! Fetch · key 1 · versions 12–18 on the metadata log: replication, acknowledgement and the discovery of the leader in one.
//!
//! By topic name before v13, by topic id from v13; the replica's id moved into `ReplicaState` with v15; endpoints since v16;
//! the directory id since v17; the replica's high watermark since v18 (before: so high that no answer is hurried by it).
//! An answer of the machine says where the records are to be read; the driver reads them. An answer that arrived holds them.

use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_NODE, NO_OFFSET, NodeId, Offset, Str, Uuid};
use wire::{Records, fetch_request, fetch_response};

use super::{LeaderHint, MALFORMED, is_metadata, leader_address, metadata_topic, only, top_level};
use crate::batches::Batches;
use crate::checkpoint::SnapshotId;
use crate::log_view::EpochEnd;
use crate::replica::ReplicaKey;

/// "My log is durable up to `fetch_offset`; what comes next?"
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// The sender's cluster; refused when it is another.
    pub cluster_id: Option<Str>,
    /// Who fetches; a negative id is no replica and does not count.
    pub replica: ReplicaKey,
    /// The epoch the sender is in.
    pub epoch: LeaderEpoch,
    /// The end of the sender's log.
    pub fetch_offset: Offset,
    /// The epoch of the sender's last record.
    pub last_fetched_epoch: LeaderEpoch,
    /// The high watermark the sender knows; `Offset::MAX` before v18, −1 for none.
    pub high_watermark: Offset,
    /// How long the answer may be held.
    pub max_wait_ms: i32,
    /// How much may be sent.
    pub max_bytes: i32,
}

/// The records of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchedRecords {
    /// None.
    Nothing,
    /// To be read by whoever sends the answer: whole batches from `offset`, about `max_bytes`, at least one batch.
    ReadFrom {
        /// The first record's offset.
        offset: Offset,
        /// The limit the follower asked for.
        max_bytes: i32,
    },
    /// As they arrived, checked and described.
    Received(Batches),
}

/// The answer to a fetch.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchResponse {
    /// Why nothing can be fetched.
    pub error: ErrorCode,
    /// Who leads, as far as the sender knows.
    pub leader: LeaderHint,
    /// The leader's high watermark, once its epoch has one.
    pub high_watermark: Option<Offset>,
    /// Where the leader's log starts.
    pub log_start_offset: Offset,
    /// The logs differ: cut back to this.
    pub diverging: Option<EpochEnd>,
    /// The log is gone there: fetch this snapshot.
    pub snapshot: Option<SnapshotId>,
    /// The records.
    pub records: FetchedRecords,
}

impl FetchRequest {
    /// Reads the wire's struct; the error is the top-level answer to a wrong shape.
    pub fn from_wire(wire: &wire::FetchRequest, version: i16) -> Result<FetchRequest, ErrorCode> {
        let by_id = version >= 13;
        let of_metadata = |topic: &&fetch_request::Topic| {
            if by_id { topic.topic_id == Uuid::METADATA_TOPIC } else { is_metadata(&topic.topic) }
        };
        let topic = only(&wire.topics).filter(of_metadata);
        let partition = topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition == 0);
        let partition = partition.ok_or(ErrorCode::InvalidRequest)?;
        let replica_id = if version >= 15 { wire.replica_state.replica_id } else { wire.replica_id };
        Ok(FetchRequest {
            cluster_id: wire.cluster_id.clone(),
            replica: ReplicaKey::new(replica_id, partition.replica_directory_id),
            epoch: partition.current_leader_epoch,
            fetch_offset: partition.fetch_offset,
            last_fetched_epoch: partition.last_fetched_epoch,
            high_watermark: partition.high_watermark,
            max_wait_ms: wire.max_wait_ms,
            max_bytes: wire.max_bytes,
        })
    }

    /// The wire's struct in a version.
    pub fn to_wire(&self, version: i16) -> wire::FetchRequest {
        let in_state = version >= 15;
        let partition = fetch_request::Partition {
            partition: 0,
            current_leader_epoch: self.epoch,
            fetch_offset: self.fetch_offset,
            last_fetched_epoch: self.last_fetched_epoch,
            replica_directory_id: self.replica.directory_or_zero(),
            high_watermark: self.high_watermark,
            ..Default::default()
        };
        let topic = fetch_request::Topic {
            topic: metadata_topic(),
            topic_id: Uuid::METADATA_TOPIC,
            partitions: vec![partition],
            ..Default::default()
        };
        wire::FetchRequest {
            cluster_id: self.cluster_id.clone(),
            replica_id: if in_state { NO_NODE } else { self.replica.id },
            replica_state: fetch_request::ReplicaState {
                replica_id: if in_state { self.replica.id } else { NO_NODE },
                ..Default::default()
            },
            max_wait_ms: self.max_wait_ms,
            max_bytes: self.max_bytes,
            topics: vec![topic],
            ..Default::default()
        }
    }
}

impl FetchResponse {
    /// An answer without records.
    pub(crate) fn empty(error: ErrorCode, leader: LeaderHint, log_start_offset: Offset) -> FetchResponse {
        FetchResponse {
            error,
            leader,
            high_watermark: None,
            log_start_offset,
            diverging: None,
            snapshot: None,
            records: FetchedRecords::Nothing,
        }
    }

    /// Reads the wire's struct without its records, which stand beside it: the driver checks them and puts them in as
    /// `FetchedRecords::Received`. The error is the answer's top-level error.
    pub fn from_wire(wire: wire::FetchResponse, version: i16) -> Result<(FetchResponse, Option<Records>), ErrorCode> {
        top_level(wire.error_code)?;
        let by_id = version >= 13;
        let topic = only(&wire.responses)
            .filter(|topic| if by_id { topic.topic_id == Uuid::METADATA_TOPIC } else { is_metadata(&topic.topic) });
        let partition =
            topic.and_then(|topic| only(&topic.partitions)).filter(|partition| partition.partition_index == 0);
        let partition = partition.ok_or(MALFORMED)?;
        let leader_id = partition.current_leader.leader_id;
        let endpoints = wire
            .node_endpoints
            .iter()
            .filter_map(|node| u16::try_from(node.port).ok().map(|port| (node.node_id, node.host.clone(), port)));
        let address = leader_address(leader_id, endpoints);
        let diverging = &partition.diverging_epoch;
        let snapshot = &partition.snapshot_id;
        let response = FetchResponse {
            error: ErrorCode::from_code(partition.error_code),
            leader: LeaderHint::read(partition.current_leader.leader_epoch, leader_id, address),
            high_watermark: Some(partition.high_watermark).filter(|&offset| offset >= 0),
            log_start_offset: partition.log_start_offset,
            diverging: Some(EpochEnd { epoch: diverging.epoch, end_offset: diverging.end_offset })
                .filter(|end| end.epoch >= 0),
            snapshot: Some(SnapshotId::new(snapshot.end_offset, snapshot.epoch))
                .filter(|id| id.end_offset >= 0 || id.epoch >= 0),
            records: FetchedRecords::Nothing,
        };
        Ok((response, partition.records.clone()))
    }

    /// The wire's struct in a version, with the records that the driver has read for `FetchedRecords::ReadFrom`.
    pub fn to_wire(&self, version: i16, records: Option<Records>) -> wire::FetchResponse {
        let diverging = self.diverging.unwrap_or(EpochEnd { epoch: NO_EPOCH, end_offset: NO_OFFSET });
        let snapshot = self.snapshot.unwrap_or(SnapshotId::new(NO_OFFSET, NO_EPOCH));
        let partition = fetch_response::Partition {
            partition_index: 0,
            error_code: self.error.code(),
            high_watermark: self.high_watermark.unwrap_or(NO_OFFSET),
            log_start_offset: self.log_start_offset,
            diverging_epoch: fetch_response::DivergingEpoch {
                epoch: diverging.epoch,
                end_offset: diverging.end_offset,
                ..Default::default()
            },
            current_leader: fetch_response::CurrentLeader {
                leader_id: self.leader.id_or_none(),
                leader_epoch: self.leader.epoch,
                ..Default::default()
            },
            snapshot_id: fetch_response::SnapshotId {
                end_offset: snapshot.end_offset,
                epoch: snapshot.epoch,
                ..Default::default()
            },
            records: Some(records.unwrap_or_default()),
            ..Default::default()
        };
        let endpoint = self.leader.endpoint().filter(|_| version >= 16);
        let endpoint = endpoint.map(|(node_id, address): (NodeId, _)| fetch_response::NodeEndpoint {
            node_id,
            host: address.host.clone(),
            port: i32::from(address.port),
            ..Default::default()
        });
        let topic = fetch_response::Response {
            topic: metadata_topic(),
            topic_id: Uuid::METADATA_TOPIC,
            partitions: vec![partition],
            ..Default::default()
        };
        wire::FetchResponse {
            responses: vec![topic],
            node_endpoints: endpoint.into_iter().collect(),
            ..Default::default()
        }
    }

    /// The answer that is nothing but a top-level error.
    pub fn refused(error: ErrorCode) -> wire::FetchResponse {
        wire::FetchResponse { error_code: error.code(), ..Default::default() }
    }
}
