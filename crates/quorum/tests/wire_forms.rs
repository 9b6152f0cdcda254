//! Every message goes through the wire and back, in every version that can carry it.

mod script;

use bytes::Bytes;
use quorum::message::{
    AddVoterRequest, AddVoterResponse, ApiVersionsResponse, BeginQuorumEpochRequest, BeginQuorumEpochResponse,
    DescribeQuorumResponse, EndQuorumEpochRequest, EndQuorumEpochResponse, FetchRequest, FetchResponse,
    FetchSnapshotRequest, FetchSnapshotResponse, FetchedRecords, RemoveVoterRequest, RemoveVoterResponse,
    ReplicaStatus, SnapshotBytes, UpdateVoterRequest, UpdateVoterResponse, VoteRequest, VoteResponse,
};
use quorum::{EpochEnd, ReplicaKey, SnapshotId, VersionRange};
use script::{CLUSTER, endpoints, fetch, fetched, hint, key};
use types::{ErrorCode, Offset, Str};
use wire::{Message, Records};

/// What the peer reads of what was written.
fn sent<M: Message>(message: &M, version: i16) -> M {
    let bytes = message.to_bytes(version).expect("encodes");
    M::from_bytes(bytes, version).expect("decodes")
}

#[test]
fn votes() {
    for version in 0..=2 {
        let with_key = version >= 1;
        let request = VoteRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            voter: with_key.then(|| key(2)),
            candidate: if with_key { key(1) } else { ReplicaKey::without_directory(1) },
            epoch: 5,
            last_epoch: 4,
            end_offset: 77,
            pre_vote: version >= 2,
        };
        assert_eq!(VoteRequest::from_wire(&sent(&request.to_wire(), version)), Ok(request));
        let mut leader = hint(5, Some(3));
        let response = VoteResponse { error: ErrorCode::None, leader: leader.clone(), granted: false };
        if !with_key {
            leader.address = None;
        }
        let read = VoteResponse::from_wire(&sent(&response.to_wire(version), version));
        assert_eq!(read, Ok(VoteResponse { leader, ..response }));
    }
    let pre_vote = VoteRequest {
        cluster_id: None,
        voter: None,
        candidate: key(1),
        epoch: 5,
        last_epoch: 4,
        end_offset: 77,
        pre_vote: true,
    };
    assert!(pre_vote.to_wire().to_bytes(1).is_err(), "a peer without version 2 knows no pre-vote");
}

#[test]
fn begin_and_end_of_an_epoch() {
    for version in 0..=1 {
        let full = version >= 1;
        let begin = BeginQuorumEpochRequest {
            cluster_id: None,
            voter: full.then(|| key(2)),
            leader_id: 1,
            epoch: 5,
            endpoints: if full { endpoints(1) } else { Default::default() },
        };
        assert_eq!(BeginQuorumEpochRequest::from_wire(&sent(&begin.to_wire(), version)), Ok(begin));
        let candidates = [key(3), key(2)];
        let end = EndQuorumEpochRequest {
            cluster_id: None,
            leader_id: 1,
            epoch: 5,
            preferred_candidates: candidates
                .into_iter()
                .map(|key| if full { key } else { ReplicaKey::without_directory(key.id) })
                .collect(),
            endpoints: if full { endpoints(1) } else { Default::default() },
        };
        assert_eq!(EndQuorumEpochRequest::from_wire(&sent(&end.to_wire(), version)), Ok(end));
        let nobody = hint(5, None);
        let began = BeginQuorumEpochResponse { error: ErrorCode::InvalidVoterKey, leader: nobody.clone() };
        assert_eq!(BeginQuorumEpochResponse::from_wire(&sent(&began.to_wire(version), version)), Ok(began));
        let ended = EndQuorumEpochResponse { error: ErrorCode::None, leader: nobody };
        assert_eq!(EndQuorumEpochResponse::from_wire(&sent(&ended.to_wire(version), version)), Ok(ended));
    }
}

#[test]
fn fetches() {
    for version in 12..=18 {
        let mut request = fetch(2, 5, 77, 4);
        request.high_watermark = if version >= 18 { 70 } else { Offset::MAX };
        if version < 17 {
            request.replica = ReplicaKey::without_directory(2);
        }
        assert_eq!(FetchRequest::from_wire(&sent(&request.to_wire(version), version), version), Ok(request));
        let good = fetched(1, 5, Some(70));
        let records = Records::Bytes(Bytes::from_static(b"batches"));
        let (read, read_records) =
            FetchResponse::from_wire(sent(&good.to_wire(version, Some(records.clone())), version), version)
                .expect("an answer");
        let mut expected = good.clone();
        if version < 16 {
            expected.leader.address = None;
        }
        assert_eq!((read, read_records), (expected, Some(records)));
        for (diverging, snapshot) in
            [(Some(EpochEnd { epoch: 3, end_offset: 50 }), None), (None, Some(SnapshotId::new(60, 3)))]
        {
            let response = FetchResponse { diverging, snapshot, high_watermark: None, ..good.clone() };
            let (read, _) =
                FetchResponse::from_wire(sent(&response.to_wire(version, None), version), version).expect("an answer");
            assert_eq!((read.diverging, read.snapshot, read.high_watermark), (diverging, snapshot, None));
            assert_eq!(read.records, FetchedRecords::Nothing);
        }
    }
}

#[test]
fn snapshot_pieces() {
    for version in 0..=1 {
        let request = FetchSnapshotRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            replica: if version >= 1 { key(2) } else { ReplicaKey::without_directory(2) },
            epoch: 5,
            id: SnapshotId::new(60, 3),
            position: 1_000,
            max_bytes: 10,
        };
        assert_eq!(FetchSnapshotRequest::from_wire(&sent(&request.to_wire(), version)), Ok(request));
        let response = FetchSnapshotResponse {
            error: ErrorCode::None,
            leader: hint(5, None),
            id: Some(SnapshotId::new(60, 3)),
            size: 5_000,
            position: 1_000,
            bytes: SnapshotBytes::Received(Bytes::from_static(b"piece")),
        };
        let wire = response.to_wire(version, Some(Records::Bytes(Bytes::from_static(b"piece"))));
        assert_eq!(FetchSnapshotResponse::from_wire(&sent(&wire, version)), Ok(response));
    }
}

#[test]
fn voter_changes() {
    for version in 0..=1 {
        let add = AddVoterRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            voter: key(4),
            endpoints: endpoints(4),
            ack_when_committed: version < 1,
            timeout_ms: 30,
        };
        assert_eq!(AddVoterRequest::from_wire(&sent(&add.to_wire(version), version)), add);
    }
    let added = AddVoterResponse { error: ErrorCode::DuplicateVoter, message: Some(Str::from("no")) };
    assert_eq!(AddVoterResponse::from_wire(&sent(&added.to_wire(), 1)), added);
    let remove = RemoveVoterRequest { cluster_id: None, voter: key(4) };
    assert_eq!(RemoveVoterRequest::from_wire(&sent(&remove.to_wire(), 0)), remove);
    let removed = RemoveVoterResponse { error: ErrorCode::None, message: None };
    assert_eq!(RemoveVoterResponse::from_wire(&sent(&removed.to_wire(), 0)), removed);
    let update = UpdateVoterRequest {
        cluster_id: None,
        epoch: 5,
        voter: key(4),
        endpoints: endpoints(4),
        kraft_version: VersionRange::SUPPORTED,
    };
    assert_eq!(UpdateVoterRequest::from_wire(&sent(&update.to_wire(), 0)), update);
    for leader in [hint(5, Some(1)), hint(5, None)] {
        let updated = UpdateVoterResponse { error: ErrorCode::NotLeaderOrFollower, leader };
        assert_eq!(UpdateVoterResponse::from_wire(&sent(&updated.to_wire(), 0)), Ok(updated));
    }
}

#[test]
fn descriptions_carry_what_their_version_has() {
    let status = |id| ReplicaStatus { key: key(id), end_offset: Some(9), last_fetch_ms: 8, last_caught_up_ms: 7 };
    let response = DescribeQuorumResponse {
        error: ErrorCode::None,
        leader_id: 1,
        epoch: 5,
        high_watermark: Some(9),
        voters: vec![status(1)],
        observers: vec![status(2)],
        nodes: vec![(1, endpoints(1))],
    };
    for version in 0..=2 {
        let read = sent(&response.to_wire(version), version);
        let partition = &read.topics[0].partitions[0];
        assert_eq!((partition.leader_id, partition.high_watermark), (1, 9));
        assert_eq!((partition.current_voters[0].log_end_offset, partition.observers[0].replica_id), (9, 2));
        assert_eq!(read.nodes.len(), if version >= 2 { 1 } else { 0 });
    }
}

#[test]
fn feature_range_is_read() {
    let answer = wire::ApiVersionsResponse {
        supported_features: vec![wire::api_versions_response::SupportedFeature {
            name: Str::from("kraft.version"),
            min_version: 0,
            max_version: 1,
            ..Default::default()
        }],
        ..Default::default()
    };
    let read = ApiVersionsResponse::from_wire(&answer);
    assert_eq!(read, Ok(ApiVersionsResponse { kraft_version: Some(VersionRange { min: 0, max: 1 }) }));
    let none = ApiVersionsResponse::from_wire(&wire::ApiVersionsResponse::default());
    assert_eq!(none, Ok(ApiVersionsResponse { kraft_version: None }));
}

#[test]
fn other_shapes_are_refused_at_the_top_level() {
    let good = fetch(2, 5, 77, 4).to_wire(17);
    let mut twice = good.clone();
    twice.topics.extend(good.topics.clone());
    assert_eq!(FetchRequest::from_wire(&twice, 17), Err(ErrorCode::InvalidRequest));
    let mut other = good.clone();
    other.topics[0].partitions[0].partition = 1;
    assert_eq!(FetchRequest::from_wire(&other, 17), Err(ErrorCode::InvalidRequest));
    let mut unknown = good;
    unknown.topics[0].topic_id = types::Uuid::from_random([5; 16]);
    assert_eq!(FetchRequest::from_wire(&unknown, 17), Err(ErrorCode::InvalidRequest));
    assert_eq!(VoteRequest::from_wire(&wire::VoteRequest::default()), Err(ErrorCode::InvalidRequest));
    assert!(VoteResponse::from_wire(&wire::VoteResponse::default()).is_err());
    let refused = VoteResponse::refused(ErrorCode::InconsistentClusterId);
    assert_eq!(VoteResponse::from_wire(&sent(&refused, 2)), Err(ErrorCode::InconsistentClusterId));
}
