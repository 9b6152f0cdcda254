//! What happens to a field that a version lacks: dropped where the schema says so, an error elsewhere, the default on reading.

use crate::{
    DecodeError, EncodeError, FetchRequest, FindCoordinatorRequest, ListGroupsRequest, Message, MetadataRequest,
    OffsetCommitRequest, ProduceResponse, produce_response,
};

#[test]
fn a_set_field_that_the_version_lacks_is_an_error() {
    let request = FindCoordinatorRequest { coordinator_keys: vec!["a".into()], ..Default::default() };
    assert_eq!(request.to_bytes(3), Err(EncodeError::FieldAbsent { field: "CoordinatorKeys", version: 3 }));
    assert!(request.to_bytes(4).is_ok());
    let request = ListGroupsRequest { states_filter: vec!["Stable".into()], ..Default::default() };
    assert_eq!(request.to_bytes(3), Err(EncodeError::FieldAbsent { field: "StatesFilter", version: 3 }));
}

#[test]
fn an_ignorable_field_is_dropped() {
    let request = OffsetCommitRequest { retention_time_ms: 5000, ..Default::default() };
    let bytes = request.to_bytes(7).expect("encodes");
    assert_eq!(OffsetCommitRequest::from_bytes(bytes, 7).expect("decodes").retention_time_ms, -1);
}

#[test]
fn a_tagged_field_that_the_version_lacks_is_an_error_unless_ignorable() {
    let partition = produce_response::PartitionResponse {
        current_leader: produce_response::CurrentLeader { leader_id: 4, ..Default::default() },
        ..Default::default()
    };
    let topic = produce_response::Response { partition_responses: vec![partition], ..Default::default() };
    let response = ProduceResponse { responses: vec![topic], ..Default::default() };
    assert_eq!(response.to_bytes(9), Err(EncodeError::FieldAbsent { field: "CurrentLeader", version: 9 }));
    let fetch = FetchRequest { cluster_id: Some("c".into()), ..Default::default() };
    assert!(fetch.to_bytes(11).is_ok());
}

#[test]
fn a_missing_field_is_read_as_the_default_of_the_schema() {
    let bytes = FetchRequest { max_bytes: 7, session_epoch: 3, ..Default::default() }.to_bytes(6).expect("encodes");
    let request = FetchRequest::from_bytes(bytes, 6).expect("decodes");
    assert_eq!((request.max_bytes, request.session_epoch), (7, -1));
    assert_eq!(FetchRequest::default().max_bytes, i32::MAX);
}

#[test]
fn null_is_refused_where_the_version_does_not_have_it() {
    let everything = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(everything.to_bytes(0), Err(EncodeError::FieldNull { field: "Topics", version: 0 }));
    let bytes = everything.to_bytes(1).expect("encodes");
    assert_eq!(MetadataRequest::from_bytes(bytes.clone(), 1), Ok(everything));
    assert_eq!(MetadataRequest::from_bytes(bytes, 0), Err(DecodeError::UnexpectedNull));
}
