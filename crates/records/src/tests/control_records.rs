//! Control records, against bytes written down by hand.

use bytes::Bytes;
use wire::{DecodeError, Message, leader_change_message};

use crate::control::{ControlRecord, ControlRecordType, EndTxnMarker, LeaderChangeMessage, SnapshotHeaderRecord};

#[test]
fn a_commit_marker_looks_as_kafka_writes_it() {
    let record = ControlRecord::Commit(EndTxnMarker { coordinator_epoch: 7 });
    let (key, value) = record.encode().expect("encodes");
    assert_eq!((key.as_ref(), value.as_ref()), (&[0, 0, 0, 1][..], &[0, 0, 0, 0, 0, 7][..]));
    assert_eq!(ControlRecord::decode(key, value), Ok(record));
}

#[test]
fn a_leader_change_looks_as_kafka_writes_it() {
    let voter = leader_change_message::Voter { voter_id: 2, ..Default::default() };
    let message = LeaderChangeMessage { leader_id: 2, voters: vec![voter], ..Default::default() };
    let record = ControlRecord::LeaderChange(message);
    let (key, value) = record.encode().expect("encodes");
    assert_eq!(key.as_ref(), [0, 0, 0, 2]);
    assert_eq!(value.as_ref(), [0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 2, 0, 1, 0]);
    assert_eq!(ControlRecord::decode(key, value), Ok(record));
}

#[test]
fn newer_versions_are_read_as_the_newest_known() {
    let key = Bytes::from_static(&[0, 9, 0, 0, 0xff]);
    let value = Bytes::from_static(&[0, 9, 0, 0, 0, 3, 0xff, 0xff]);
    assert_eq!(ControlRecord::decode(key, value), Ok(ControlRecord::Abort(EndTxnMarker { coordinator_epoch: 3 })));
    let header = SnapshotHeaderRecord { version: 3, last_contained_log_timestamp: 8, ..Default::default() };
    let value = header.to_bytes(0).expect("encodes");
    let decoded = ControlRecord::decode(ControlRecordType::SnapshotHeader.to_key(), value);
    assert_eq!(decoded, Ok(ControlRecord::SnapshotHeader(header)));
}

#[test]
fn unknown_types_are_told_and_wrong_bytes_refused() {
    let decode = |key: &'static [u8], value: &'static [u8]| {
        ControlRecord::decode(Bytes::from_static(key), Bytes::from_static(value))
    };
    assert_eq!(decode(&[0, 0, 0, 40], &[]), Ok(ControlRecord::Unknown(40)));
    assert_eq!(decode(&[0, 0, 0], &[]), Err(DecodeError::Truncated));
    assert!(decode(&[0xff, 0xff, 0, 0], &[]).is_err());
    assert_eq!(decode(&[0, 0, 0, 2], &[0]), Err(DecodeError::Truncated));
    assert_eq!(decode(&[0, 0, 0, 1], &[0, 0, 0, 0]), Err(DecodeError::Truncated));
    assert!(ControlRecord::Unknown(40).encode().is_err());
}

#[test]
fn types_and_their_numbers_agree() {
    for code in -1..=7 {
        let record_type = ControlRecordType::from_code(code);
        assert_eq!(record_type.code(), code);
        assert_eq!(ControlRecordType::from_key(record_type.to_key()), Ok(record_type));
    }
}
