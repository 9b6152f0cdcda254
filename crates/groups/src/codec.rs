//! A `GroupRecord` as the key and the value of a record in the log, and back.
//!
//! What is read here is kept for long: names and bytes are copied out of the large buffers that a log is read with.

use bytes::Bytes;
use records::coordinator::decode_value;
use records::{
    GroupMetadataValue, GroupRecordKey, GroupRecordValue, LegacyOffsetCommitValue, OffsetCommitKey, OffsetCommitValue,
    RecordError,
};
use types::Str;

use crate::{GroupRecord, Producer};

/// Why a record cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not what their key says.
    #[error("no record of a group: {0}")]
    Malformed(#[from] RecordError),
    /// A name or a text is longer than the record can say.
    #[error("the record cannot be written: {0}")]
    Unwritable(String),
}

impl GroupRecord {
    /// Reads a record of a data batch. `producer` is that of the batch if it is transactional. The control batch that ends a
    /// transaction is not read here: whoever reads the log makes `GroupRecord::EndTransaction` of it.
    pub fn from_bytes(key: Bytes, value: Option<Bytes>, producer: Option<Producer>) -> Result<GroupRecord, CodecError> {
        match GroupRecordKey::from_bytes(key.clone()).map_err(RecordError::from)? {
            GroupRecordKey::LegacyOffsetCommit(key) => {
                let value = value.map(decode_value).transpose().map_err(RecordError::from)?;
                let key = OffsetCommitKey { group: key.group, topic: key.topic, partition: key.partition };
                Ok(offset_record(key, value.map(from_legacy), producer))
            }
            GroupRecordKey::OffsetCommit(key) => {
                let value = value.map(decode_value).transpose().map_err(RecordError::from)?;
                Ok(offset_record(key, value, producer))
            }
            GroupRecordKey::GroupMetadata(key) => {
                let value = value.map(decode_value).transpose().map_err(RecordError::from)?;
                let key = records::GroupMetadataKey { group: key.group.detached() };
                Ok(GroupRecord::GroupMetadata { key, value: value.map(detached_group) })
            }
            _ => Ok(GroupRecord::Unknown { key, value }),
        }
    }

    /// The key and the value to write, in the versions that Kafka writes. `None` for the end of a transaction, which is a
    /// control batch.
    pub fn to_bytes(&self) -> Result<Option<(Bytes, Option<Bytes>)>, CodecError> {
        match self {
            GroupRecord::OffsetCommit { key, value } => {
                let key = key_bytes(&GroupRecordKey::OffsetCommit(key.clone()))?;
                Ok(Some((key, value.as_ref().map(offset_bytes).transpose()?)))
            }
            GroupRecord::TransactionalOffsetCommit { key, value, .. } => {
                let key = key_bytes(&GroupRecordKey::OffsetCommit(key.clone()))?;
                Ok(Some((key, Some(offset_bytes(value)?))))
            }
            GroupRecord::GroupMetadata { key, value } => {
                let key = key_bytes(&GroupRecordKey::GroupMetadata(key.clone()))?;
                Ok(Some((key, value.as_ref().map(group_bytes).transpose()?)))
            }
            GroupRecord::EndTransaction { .. } => Ok(None),
            GroupRecord::Unknown { key, value } => Ok(Some((key.clone(), value.clone()))),
        }
    }
}

fn offset_record(key: OffsetCommitKey, value: Option<OffsetCommitValue>, producer: Option<Producer>) -> GroupRecord {
    match (value, producer) {
        (Some(value), Some(producer)) => GroupRecord::TransactionalOffsetCommit { producer, key, value },
        (value, _) => GroupRecord::OffsetCommit { key, value },
    }
}

fn from_legacy(value: LegacyOffsetCommitValue) -> OffsetCommitValue {
    OffsetCommitValue {
        offset: value.offset,
        metadata: value.metadata,
        commit_timestamp: value.commit_timestamp,
        ..Default::default()
    }
}

fn detached_group(mut value: GroupMetadataValue) -> GroupMetadataValue {
    let detached = |text: &mut Str| *text = text.detached();
    detached(&mut value.protocol_type);
    value.protocol.iter_mut().for_each(detached);
    value.leader.iter_mut().for_each(detached);
    for member in &mut value.members {
        detached(&mut member.member_id);
        member.group_instance_id.iter_mut().for_each(detached);
        detached(&mut member.client_id);
        detached(&mut member.client_host);
        member.subscription = Bytes::copy_from_slice(&member.subscription);
        member.assignment = Bytes::copy_from_slice(&member.assignment);
    }
    value
}

fn key_bytes(key: &GroupRecordKey) -> Result<Bytes, CodecError> {
    key.to_bytes().map_err(|error| CodecError::Unwritable(error.to_string()))
}

fn offset_bytes(value: &OffsetCommitValue) -> Result<Bytes, CodecError> {
    let written = GroupRecordValue::OffsetCommit(value.clone()).to_bytes(value.written_version());
    written.map_err(|error| CodecError::Unwritable(error.to_string()))
}

fn group_bytes(value: &GroupMetadataValue) -> Result<Bytes, CodecError> {
    let written = GroupRecordValue::GroupMetadata(value.clone()).to_bytes(GroupMetadataValue::WRITTEN_VERSION);
    written.map_err(|error| CodecError::Unwritable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offsets::OffsetAndMetadata;

    fn round_trip(record: &GroupRecord, producer: Option<Producer>) -> GroupRecord {
        let (key, value) = record.to_bytes().unwrap().unwrap();
        GroupRecord::from_bytes(key, value, producer).unwrap()
    }

    fn offset(expire_timestamp: Option<i64>) -> OffsetAndMetadata {
        OffsetAndMetadata {
            offset: 42,
            leader_epoch: -1,
            metadata: Str::from("half way"),
            commit_timestamp: 1_000,
            expire_timestamp,
            topic_id: types::Uuid::ZERO,
            order: 0,
        }
    }

    #[test]
    fn offsets_and_groups_survive_the_log() {
        let (group, topic) = (Str::from("g"), Str::from("t"));
        for record in [
            GroupRecord::offset(&group, &topic, 3, &offset(None)),
            GroupRecord::offset(&group, &topic, 3, &offset(Some(9_000))),
            GroupRecord::offset_tombstone(&group, &topic, 3),
            GroupRecord::group_tombstone(&group),
            GroupRecord::group(&group, GroupMetadataValue { generation: 7, ..Default::default() }),
        ] {
            assert_eq!(round_trip(&record, None), record);
        }
    }

    #[test]
    fn an_offset_in_a_transactional_batch_is_pending() {
        let producer = Producer { id: 5, epoch: 1 };
        let (group, topic) = (Str::from("g"), Str::from("t"));
        let record = GroupRecord::transactional_offset(producer, &group, &topic, 0, &offset(None));
        assert_eq!(round_trip(&record, Some(producer)), record);
    }

    #[test]
    fn the_oldest_offsets_are_understood() {
        let key = Bytes::from_static(b"\0\0\0\x01g\0\x01t\0\0\0\x03");
        let value = Bytes::from_static(b"\0\0\0\0\0\0\0\0\0\x2a\0\0\0\0\0\0\0\0\x03\xe8");
        let record = GroupRecord::from_bytes(key, Some(value), None).unwrap();
        let GroupRecord::OffsetCommit { key, value: Some(value) } = record else { panic!("another record") };
        assert_eq!((key.group.as_str(), key.topic.as_str(), key.partition), ("g", "t", 3));
        assert_eq!((value.offset, value.commit_timestamp), (42, 1_000));
    }

    #[test]
    fn records_of_other_groups_are_kept_as_they_are() {
        let record =
            GroupRecord::Unknown { key: Bytes::from_static(b"\x03\xe7x"), value: Some(Bytes::from_static(b"y")) };
        assert_eq!(round_trip(&record, None), record);
    }

    #[test]
    fn bytes_that_are_cut_are_malformed() {
        assert!(GroupRecord::from_bytes(Bytes::from_static(b"\0"), None, None).is_err());
        assert!(GroupRecord::from_bytes(Bytes::from_static(b"\0\x02\0\x05g"), None, None).is_err());
    }
}
