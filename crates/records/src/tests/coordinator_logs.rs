//! Keys and values of the coordinators' logs.

use bytes::Bytes;
use types::Uuid;
use wire::{DecodeError, Sampler};

use super::SEEDS;
use crate::coordinator::{decode_value, encode_key, encode_value};
use crate::{
    ConsumerGroupMetadataKey, GroupMetadataValue, GroupRecordKey, GroupRecordValue, OffsetCommitKey, OffsetCommitValue,
    RecordError, ShareRecordKey, ShareRecordValue, TransactionLogKey, TransactionLogValue, TransactionRecordKey,
    TransactionRecordValue,
};

/// Every key and every value of one log, in every version, there and back.
macro_rules! survives {
    ($key:ident, $value:ident) => {
        for seed in SEEDS {
            for (key, _) in $key::samples(&mut Sampler::new(seed), &|_| 0) {
                assert_eq!($key::from_bytes(key.to_bytes().expect("encodes")), Ok(key));
            }
            for oldest in [false, true] {
                let version =
                    |versions: std::ops::RangeInclusive<i16>| if oldest { *versions.start() } else { *versions.end() };
                for (value, version) in $value::samples(&mut Sampler::new(seed), &version) {
                    let bytes = value.to_bytes(version).expect("encodes");
                    assert_eq!($value::from_bytes(value.number(), bytes), Ok(value));
                }
            }
        }
    };
}

#[test]
fn every_key_and_value_survives() {
    survives!(GroupRecordKey, GroupRecordValue);
    survives!(TransactionRecordKey, TransactionRecordValue);
    survives!(ShareRecordKey, ShareRecordValue);
}

#[test]
fn an_offset_commit_looks_as_kafka_writes_it() {
    let key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 2 };
    let bytes = encode_key(&key).expect("encodes");
    assert_eq!(bytes.as_ref(), b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x02");
    assert_eq!(GroupRecordKey::from_bytes(bytes), Ok(GroupRecordKey::OffsetCommit(key)));

    let value = OffsetCommitValue { offset: 5, leader_epoch: 1, commit_timestamp: 9, ..Default::default() };
    let bytes = encode_value(&value, value.written_version()).expect("encodes");
    assert_eq!(bytes.as_ref(), b"\x00\x04\0\0\0\0\0\0\0\x05\0\0\0\x01\x01\0\0\0\0\0\0\0\x09\0");
    assert_eq!(decode_value(bytes), Ok(value));
}

#[test]
fn a_member_that_is_not_classic_says_so() {
    use crate::consumer_group_member_metadata_value::{ClassicMemberMetadata, SupportedProtocol};
    let mut value = crate::ConsumerGroupMemberMetadataValue::default();
    let bytes = encode_value(&value, 0).expect("encodes");
    assert_eq!(bytes[bytes.len() - 4..], [1, 0, 1, 0], "one tagged field: tag 0, one byte, null");
    assert_eq!(decode_value(bytes.clone()), Ok(value.clone()));
    let silent = [&bytes[..bytes.len() - 4], &[0]].concat();
    assert_eq!(decode_value(silent.into()), Ok(value.clone()), "as written before the field was there");

    let protocol = SupportedProtocol { name: "r".into(), ..Default::default() };
    value.classic_member_metadata = Some(ClassicMemberMetadata {
        session_timeout_ms: 5,
        supported_protocols: vec![protocol],
        ..Default::default()
    });
    let bytes = encode_value(&value, 0).expect("encodes");
    assert_eq!(bytes[bytes.len() - 14..], [1, 0, 11, 1, 0, 0, 0, 5, 2, 2, b'r', 1, 0, 0]);
    assert_eq!(decode_value(bytes), Ok(value));
}

#[test]
fn assignment_epochs_that_are_not_known_are_written_as_null() {
    let tasks = crate::consumer_group_current_member_assignment_value::AssignedPartition {
        partitions: vec![3],
        ..Default::default()
    };
    let value =
        crate::ConsumerGroupCurrentMemberAssignmentValue { assigned_partitions: vec![tasks], ..Default::default() };
    let bytes = encode_value(&value, 0).expect("encodes");
    let element = [2, 0, 0, 0, 3, 1, 0, 1, 0];
    assert_eq!(bytes[bytes.len() - 2 - element.len()..], [&element[..], &[1, 0]].concat());
    assert_eq!(decode_value(bytes), Ok(value));
}

#[test]
fn an_offset_that_expires_is_written_in_version_1() {
    let value = OffsetCommitValue { expire_timestamp: 77, topic_id: Uuid::METADATA_TOPIC, ..Default::default() };
    assert_eq!(value.written_version(), 1);
    let bytes = encode_value(&value, 1).expect("encodes");
    assert_eq!(decode_value::<OffsetCommitValue>(bytes).map(|value| value.expire_timestamp), Ok(77));
}

#[test]
fn the_written_versions_exist() {
    let group = GroupMetadataValue { generation: 4, ..Default::default() };
    let bytes = encode_value(&group, GroupMetadataValue::WRITTEN_VERSION).expect("encodes");
    assert_eq!(bytes[..2], [0, 3]);
    assert_eq!(decode_value(bytes), Ok(group));
    for (level, version) in [(0, 0), (1, 1), (2, 1)] {
        assert_eq!(TransactionLogValue::written_version(level), version);
        assert!(encode_value(&TransactionLogValue::default(), version).is_ok());
    }
}

#[test]
fn a_key_of_an_unknown_kind_is_not_an_error() {
    let bytes = Bytes::from_static(&[0, 99, 1, 2, 3]);
    let key = GroupRecordKey::from_bytes(bytes).expect("readable");
    assert_eq!(key, GroupRecordKey::Unknown(99));
    assert_eq!(key.number(), 99);
    assert!(key.to_bytes().is_err());
    let value = GroupRecordValue::from_bytes(99, Bytes::from_static(&[0, 0]));
    assert_eq!(value, Err(RecordError::UnknownType(99)));
}

#[test]
fn keys_and_values_that_are_wrong_are_refused() {
    assert_eq!(GroupRecordKey::from_bytes(Bytes::from_static(&[0])), Err(DecodeError::Truncated));
    assert_eq!(GroupRecordKey::from_bytes(Bytes::from_static(&[0, 2, 0, 0, 1])), Err(DecodeError::TrailingBytes(1)));
    let value = GroupRecordValue::from_bytes(1, Bytes::from_static(&[0, 9]));
    let version = DecodeError::UnsupportedVersion { message: "OffsetCommitValue", version: 9 };
    assert_eq!(value, Err(RecordError::Fields(version)));
}

#[test]
fn equal_numbers_of_different_logs_are_different_records() {
    let transaction = TransactionLogKey { transactional_id: "tx".into() };
    let bytes = encode_key(&transaction).expect("encodes");
    assert_eq!(TransactionRecordKey::from_bytes(bytes), Ok(transaction.into()));
    assert_eq!(GroupRecordKey::from(ConsumerGroupMetadataKey::default()).number(), 3);
    assert_eq!(ShareRecordKey::from(crate::ShareUpdateKey::default()).number(), 1);
}
