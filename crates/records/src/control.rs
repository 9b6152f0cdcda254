//! Control records: what stands in control batches, among the data of a partition (transaction markers) and in the log and
//! the snapshots of the metadata quorum.
//!
//! The key is two numbers, its version and the type. A transaction marker has its version in front; the others begin
//! with a field that is their version. What is newer than we know is read as the newest that we know, and bytes beyond it
//! are left alone, as Kafka does.

use bytes::Bytes;
use wire::{DecodeError, EncodeError, Message, Reader, Writer};
pub use wire::{
    EndTxnMarker, KRaftVersionRecord, LeaderChangeMessage, SnapshotFooterRecord, SnapshotHeaderRecord, VotersRecord,
};

/// The version of the key, and of all values that are written.
pub const WRITTEN_VERSION: i16 = 0;

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlRecordType {
    /// The transaction of this producer is aborted.
    Abort,
    /// The transaction of this producer is committed.
    Commit,
    /// A quorum leader begins its epoch.
    LeaderChange,
    /// The first record of a snapshot.
    SnapshotHeader,
    /// The last record of a snapshot.
    SnapshotFooter,
    /// The feature level `kraft.version`.
    KRaftVersion,
    /// The voters of the quorum.
    Voters,
    /// A type that is not known; the record is to be ignored.
    Unknown(i16),
}

impl ControlRecordType {
    /// The type with this number.
    pub const fn from_code(code: i16) -> ControlRecordType {
        match code {
            0 => ControlRecordType::Abort,
            1 => ControlRecordType::Commit,
            2 => ControlRecordType::LeaderChange,
            3 => ControlRecordType::SnapshotHeader,
            4 => ControlRecordType::SnapshotFooter,
            5 => ControlRecordType::KRaftVersion,
            6 => ControlRecordType::Voters,
            other => ControlRecordType::Unknown(other),
        }
    }

    /// The number in the key.
    pub const fn code(self) -> i16 {
        match self {
            ControlRecordType::Abort => 0,
            ControlRecordType::Commit => 1,
            ControlRecordType::LeaderChange => 2,
            ControlRecordType::SnapshotHeader => 3,
            ControlRecordType::SnapshotFooter => 4,
            ControlRecordType::KRaftVersion => 5,
            ControlRecordType::Voters => 6,
            ControlRecordType::Unknown(other) => other,
        }
    }

    /// Reads a key.
    pub fn from_key(key: Bytes) -> Result<ControlRecordType, DecodeError> {
        let mut reader = Reader::new(key);
        let version = i16::from_be_bytes(reader.fixed()?);
        if version < 0 {
            return Err(DecodeError::UnsupportedVersion { message: "ControlRecordTypeSchema", version });
        }
        Ok(ControlRecordType::from_code(i16::from_be_bytes(reader.fixed()?)))
    }

    /// The bytes of the key.
    pub fn to_key(self) -> Bytes {
        let [high, low] = self.code().to_be_bytes();
        let [version_high, version_low] = WRITTEN_VERSION.to_be_bytes();
        Bytes::copy_from_slice(&[version_high, version_low, high, low])
    }
}

/// A control record.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlRecord {
    /// The transaction is aborted.
    Abort(EndTxnMarker),
    /// The transaction is committed.
    Commit(EndTxnMarker),
    /// A quorum leader begins its epoch.
    LeaderChange(LeaderChangeMessage),
    /// A snapshot begins.
    SnapshotHeader(SnapshotHeaderRecord),
    /// A snapshot ends.
    SnapshotFooter(SnapshotFooterRecord),
    /// The feature level `kraft.version`.
    KRaftVersion(KRaftVersionRecord),
    /// The voters of the quorum.
    Voters(VotersRecord),
    /// A type that is not known; to be ignored.
    Unknown(i16),
}

impl ControlRecord {
    /// What the record says.
    pub const fn record_type(&self) -> ControlRecordType {
        match self {
            ControlRecord::Abort(_) => ControlRecordType::Abort,
            ControlRecord::Commit(_) => ControlRecordType::Commit,
            ControlRecord::LeaderChange(_) => ControlRecordType::LeaderChange,
            ControlRecord::SnapshotHeader(_) => ControlRecordType::SnapshotHeader,
            ControlRecord::SnapshotFooter(_) => ControlRecordType::SnapshotFooter,
            ControlRecord::KRaftVersion(_) => ControlRecordType::KRaftVersion,
            ControlRecord::Voters(_) => ControlRecordType::Voters,
            ControlRecord::Unknown(code) => ControlRecordType::Unknown(*code),
        }
    }

    /// Reads a control record.
    pub fn decode(key: Bytes, value: Bytes) -> Result<ControlRecord, DecodeError> {
        Ok(match ControlRecordType::from_key(key)? {
            ControlRecordType::Abort => ControlRecord::Abort(marker(value)?),
            ControlRecordType::Commit => ControlRecord::Commit(marker(value)?),
            ControlRecordType::LeaderChange => ControlRecord::LeaderChange(versioned(value)?),
            ControlRecordType::SnapshotHeader => ControlRecord::SnapshotHeader(versioned(value)?),
            ControlRecordType::SnapshotFooter => ControlRecord::SnapshotFooter(versioned(value)?),
            ControlRecordType::KRaftVersion => ControlRecord::KRaftVersion(versioned(value)?),
            ControlRecordType::Voters => ControlRecord::Voters(versioned(value)?),
            ControlRecordType::Unknown(code) => ControlRecord::Unknown(code),
        })
    }

    /// The key and the value of the record.
    pub fn encode(&self) -> Result<(Bytes, Bytes), EncodeError> {
        let value = match self {
            ControlRecord::Abort(marker) | ControlRecord::Commit(marker) => {
                let mut writer = Writer::new();
                writer.raw(&WRITTEN_VERSION.to_be_bytes());
                marker.encode(&mut writer, WRITTEN_VERSION)?;
                writer.into_bytes()?
            }
            ControlRecord::LeaderChange(message) => message.to_bytes(message.version)?,
            ControlRecord::SnapshotHeader(header) => header.to_bytes(header.version)?,
            ControlRecord::SnapshotFooter(footer) => footer.to_bytes(footer.version)?,
            ControlRecord::KRaftVersion(level) => level.to_bytes(level.version)?,
            ControlRecord::Voters(voters) => voters.to_bytes(voters.version)?,
            ControlRecord::Unknown(code) => {
                return Err(EncodeError::UnsupportedVersion { message: "unknown control record", version: *code });
            }
        };
        Ok((self.record_type().to_key(), value))
    }
}

/// The version to read with: the one that was written, or the newest that we know.
fn readable<M: Message>(version: i16) -> i16 {
    version.min(*M::VERSIONS.end())
}

fn marker(value: Bytes) -> Result<EndTxnMarker, DecodeError> {
    let mut reader = Reader::new(value);
    let version = i16::from_be_bytes(reader.fixed()?);
    EndTxnMarker::decode(&mut reader, readable::<EndTxnMarker>(version))
}

fn versioned<M: Message>(value: Bytes) -> Result<M, DecodeError> {
    let version = i16::from_be_bytes(*value.first_chunk().ok_or(DecodeError::Truncated)?);
    M::decode(&mut Reader::new(value), readable::<M>(version))
}
