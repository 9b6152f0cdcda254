//! Control records: the markers that end transactions, and the KRaft records that are not data.
//!
//! The key is `version: int16, type: int16`; what the value holds depends on the type.

use crate::error::BatchError;

/// What a control record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum ControlRecordType {
    /// The producer's open transaction was aborted.
    Abort = 0,
    /// The producer's open transaction was committed.
    Commit = 1,
    /// A KRaft leader begins its epoch.
    LeaderChange = 2,
    /// The first record of a snapshot.
    SnapshotHeader = 3,
    /// The last record of a snapshot.
    SnapshotFooter = 4,
    /// The version of KRaft from here on.
    KraftVersion = 5,
    /// The voters from here on.
    KraftVoters = 6,
}

/// The version of the key that is written.
const KEY_VERSION: i16 = 0;
/// The version of the transaction markers' value that is written.
const MARKER_VERSION: i16 = 0;

impl ControlRecordType {
    fn from_code(code: i16) -> Option<ControlRecordType> {
        Some(match code {
            0 => ControlRecordType::Abort,
            1 => ControlRecordType::Commit,
            2 => ControlRecordType::LeaderChange,
            3 => ControlRecordType::SnapshotHeader,
            4 => ControlRecordType::SnapshotFooter,
            5 => ControlRecordType::KraftVersion,
            6 => ControlRecordType::KraftVoters,
            _ => return None,
        })
    }

    /// The record's key.
    pub fn key(self) -> [u8; 4] {
        let [a, b] = KEY_VERSION.to_be_bytes();
        let [c, d] = (self as i16).to_be_bytes();
        [a, b, c, d]
    }
}

/// The type in a control record's key: `Ok(None)` for one that a later version invented, an error where the key is none.
pub fn control_record_type(key: Option<&[u8]>) -> Result<Option<ControlRecordType>, BatchError> {
    let Some(&[a, b, c, d, ..]) = key else {
        return Err(BatchError::Control("the key needs a version and a type"));
    };
    if i16::from_be_bytes([a, b]) < 0 {
        return Err(BatchError::Control("the key's version is negative"));
    }
    Ok(ControlRecordType::from_code(i16::from_be_bytes([c, d])))
}

/// The record that ends a producer's transaction in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// Committed (true) or aborted?
    pub committed: bool,
    /// Epoch of the transaction coordinator that decided.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The record's key.
    pub fn key(&self) -> [u8; 4] {
        if self.committed { ControlRecordType::Commit.key() } else { ControlRecordType::Abort.key() }
    }

    /// The record's value: version, coordinator epoch.
    pub fn value(&self) -> [u8; 6] {
        let [a, b] = MARKER_VERSION.to_be_bytes();
        let [c, d, e, f] = self.coordinator_epoch.to_be_bytes();
        [a, b, c, d, e, f]
    }

    /// The marker in a control record; `None` where the record is a control record of another kind.
    pub fn parse(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Option<EndTransactionMarker>, BatchError> {
        let committed = match control_record_type(key)? {
            Some(ControlRecordType::Abort) => false,
            Some(ControlRecordType::Commit) => true,
            _ => return Ok(None),
        };
        let Some(&[a, b, c, d, e, f, ..]) = value else {
            return Err(BatchError::Control("a transaction marker needs a version and a coordinator epoch"));
        };
        if i16::from_be_bytes([a, b]) < 0 {
            return Err(BatchError::Control("the marker's version is negative"));
        }
        Ok(Some(EndTransactionMarker { committed, coordinator_epoch: i32::from_be_bytes([c, d, e, f]) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_kafkas_bytes_and_come_back() {
        let marker = EndTransactionMarker { committed: true, coordinator_epoch: 0x0102_0304 };
        assert_eq!(marker.key(), [0, 0, 0, 1]);
        assert_eq!(marker.value(), [0, 0, 1, 2, 3, 4]);
        assert_eq!(EndTransactionMarker::parse(Some(&marker.key()), Some(&marker.value())), Ok(Some(marker)));
        assert_eq!(EndTransactionMarker::parse(Some(&[0, 0, 0, 2]), None), Ok(None));
    }

    #[test]
    fn hostile_control_records_are_refused() {
        assert!(control_record_type(None).is_err());
        assert!(control_record_type(Some(&[0, 0, 1])).is_err());
        assert!(control_record_type(Some(&[0xff, 0, 0, 1])).is_err());
        assert_eq!(control_record_type(Some(&[0, 0, 0, 99])), Ok(None));
        assert!(EndTransactionMarker::parse(Some(&[0, 0, 0, 0]), Some(&[0, 0, 1])).is_err());
    }
}
