//! The frame of metadata and tiering records, and the versions that are written.

use bytes::Bytes;
use wire::{DecodeError, Sampler};

use super::SEEDS;
use crate::metadata::{decode, encode, encode_one, highest_version};
use crate::{
    BrokerRegistrationChangeRecord, FeatureLevelRecord, MetadataRecord, NoOpRecord, PartitionChangeRecord, RecordError,
    RegisterBrokerRecord, RemoteLogRecord, TopicRecord, metadata::Framed, remote_log,
};

#[test]
fn every_record_survives_in_its_frame() {
    for seed in SEEDS {
        for level in [7, 8, 17, 23, 30] {
            let mut sampler = Sampler::new(seed);
            for (record, _) in MetadataRecord::samples(&mut sampler, &|versions| *versions.start()) {
                let version = record.highest_version(level);
                let versions = MetadataRecord::versions_of(record.type_id()).expect("known");
                assert!(versions.contains(&version), "{} {version}", record.name());
                let bytes = encode(&record, version).expect("encodes");
                assert_eq!(decode(bytes), Ok((record, version)));
            }
        }
    }
}

#[test]
fn every_newest_version_survives_in_its_frame() {
    let samples = MetadataRecord::samples(&mut Sampler::new(5), &|versions| *versions.end());
    assert_eq!(samples.len(), 26);
    for (record, version) in samples {
        assert_eq!(decode(encode(&record, version).expect("encodes")), Ok((record, version)));
    }
    for (record, _) in RemoteLogRecord::samples(&mut Sampler::new(5), &|_| 0) {
        assert_eq!(remote_log::decode(remote_log::encode(&record).expect("encodes")), Ok(record));
    }
}

#[test]
fn a_feature_level_looks_as_kafka_writes_it() {
    let record = FeatureLevelRecord { name: "metadata.version".into(), feature_level: 25, ..Default::default() };
    let bytes = encode_one(&record, 0).expect("encodes");
    assert_eq!(bytes.as_ref(), b"\x01\x0c\x00\x11metadata.version\x00\x19\x00");
    assert_eq!(encode(&record.into(), 0), Ok(bytes));
}

#[test]
fn unchanged_fields_of_a_partition_change_take_no_room() {
    let record = PartitionChangeRecord { partition_id: 1, leader: 3, ..Default::default() };
    let bytes = encode_one(&record, 2).expect("encodes");
    assert_eq!(bytes[..7], [1, 5, 2, 0, 0, 0, 1]);
    assert_eq!(bytes[7 + 16..], [1, 1, 4, 0, 0, 0, 3]);
}

#[test]
fn frames_that_are_wrong_are_refused() {
    let frame = |bytes: &'static [u8]| decode(Bytes::from_static(bytes)).map(|(record, _)| record.type_id());
    assert_eq!(frame(&[1, 20, 0, 0]), Ok(NoOpRecord::NUMBER));
    assert_eq!(frame(&[0, 20, 0, 0]), Err(RecordError::FrameVersion(0)));
    assert_eq!(frame(&[2, 20, 0, 0]), Err(RecordError::FrameVersion(2)));
    assert_eq!(frame(&[1, 6, 0, 0]), Err(RecordError::UnknownType(6)));
    assert_eq!(frame(&[1, 0xff, 0xff, 0x03, 0, 0]), Err(RecordError::UnknownType(0xffff)));
    assert_eq!(frame(&[1, 20, 0xff, 0xff, 0x03, 0]), Err(RecordError::Version(0xffff)));
    assert_eq!(frame(&[1, 20, 0, 0, 9]), Err(RecordError::Fields(DecodeError::TrailingBytes(1))));
    assert_eq!(frame(&[1, 20, 0]), Err(RecordError::Fields(DecodeError::Truncated)));
    let version = DecodeError::UnsupportedVersion { message: "NoOpRecord", version: 1 };
    assert_eq!(frame(&[1, 20, 1, 0]), Err(RecordError::Fields(version)));
}

#[test]
fn versions_follow_the_metadata_version() {
    let versions = |type_id: i16| [7, 8, 16, 17, 22, 23, 29, 30, 33].map(|level| highest_version(type_id, level));
    assert_eq!(versions(RegisterBrokerRecord::NUMBER), [1, 2, 2, 3, 3, 3, 3, 4, 4]);
    assert_eq!(versions(BrokerRegistrationChangeRecord::NUMBER), [1, 1, 1, 2, 2, 2, 2, 3, 3]);
    assert_eq!(versions(PartitionChangeRecord::NUMBER), [0, 0, 0, 1, 1, 2, 2, 2, 2]);
    assert_eq!(versions(TopicRecord::NUMBER), [0; 9]);
}
