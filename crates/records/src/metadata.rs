//! Records of the metadata log: their frame, and which version of them is written at which level of `metadata.version`.

use bytes::Bytes;
use wire::EncodeError;

pub use crate::frame::{FRAME_VERSION, Framed};
use crate::{BrokerRegistrationChangeRecord, PartitionChangeRecord, PartitionRecord};
use crate::{MetadataRecord, RecordError, RegisterBrokerRecord, frame};

/// 3.3-IV3, the lowest level that Kafka 4 reads: controlled shutdown is part of a broker's registration.
const CONTROLLED_SHUTDOWN: i16 = 7;
/// 3.4-IV0: a broker says whether it migrates from ZooKeeper.
const MIGRATION: i16 = 8;
/// 3.7-IV2: log directories have ids.
const DIRECTORIES: i16 = 17;
/// 4.0-IV1: eligible leader replicas.
const ELIGIBLE_LEADER_REPLICAS: i16 = 23;
/// 4.3-IV0: log directories can be cordoned.
const CORDONED_DIRECTORIES: i16 = 30;

/// The value of a record of the metadata log.
pub fn encode(record: &MetadataRecord, version: i16) -> Result<Bytes, EncodeError> {
    frame::encode(record.number(), version, |writer| record.write(writer, version))
}

/// The value of one kind of record of the metadata log.
pub fn encode_one<R: Framed>(record: &R, version: i16) -> Result<Bytes, EncodeError> {
    frame::encode(R::NUMBER, version, |writer| record.encode(writer, version))
}

/// Reads the value of a record of the metadata log: the record and the version it was written in.
pub fn decode(bytes: Bytes) -> Result<(MetadataRecord, i16), RecordError> {
    let (number, version, mut reader) = frame::open(bytes)?;
    let record = MetadataRecord::read(number, &mut reader, version)?;
    let record = record.ok_or(RecordError::UnknownType(number as u32))?;
    reader.finish()?;
    Ok((record, version))
}

impl MetadataRecord {
    /// The record's type, as its frame has it.
    pub const fn type_id(&self) -> i16 {
        self.number()
    }

    /// The version in which the record is written at this level of `metadata.version`.
    pub const fn highest_version(&self, metadata_version_level: i16) -> i16 {
        highest_version(self.type_id(), metadata_version_level)
    }
}

/// The version in which a record of this type is written at this level of `metadata.version`.
pub const fn highest_version(type_id: i16, metadata_version_level: i16) -> i16 {
    let level = metadata_version_level;
    match type_id {
        RegisterBrokerRecord::NUMBER => match level {
            CORDONED_DIRECTORIES.. => 4,
            DIRECTORIES.. => 3,
            MIGRATION.. => 2,
            CONTROLLED_SHUTDOWN.. => 1,
            _ => 0,
        },
        BrokerRegistrationChangeRecord::NUMBER => match level {
            CORDONED_DIRECTORIES.. => 3,
            DIRECTORIES.. => 2,
            CONTROLLED_SHUTDOWN.. => 1,
            _ => 0,
        },
        PartitionRecord::NUMBER | PartitionChangeRecord::NUMBER => match level {
            ELIGIBLE_LEADER_REPLICAS.. => 2,
            DIRECTORIES.. => 1,
            _ => 0,
        },
        _ => 0,
    }
}
