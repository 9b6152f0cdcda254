//! Control records of the metadata log: what the quorum writes about itself.
//!
//! They stand in control batches (attribute bit 5). The key is two int16: version 0 and the type; the value is the message.
//! Every value is written and read in version 0, also with kraft.version 1: Apache Kafka's readers decode LeaderChange in
//! version 0 whatever the message says of itself, so version 1 (with directory ids) would stop them.

use bytes::Bytes;
use types::{NodeId, TimestampMs};
use wire::{Message, leader_change_message};

use crate::voters::{InvalidVoters, VoterSet};

/// The version in which every value is written and read.
const VALUE_VERSION: i16 = 0;
/// Bytes of a control record's key.
const KEY_BYTES: usize = 4;

/// One control record.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlRecord {
    /// The first record of every epoch.
    LeaderChange(LeaderChange),
    /// The first record of a snapshot.
    SnapshotHeader {
        /// The timestamp of the last record in the snapshot.
        last_contained_log_timestamp: TimestampMs,
    },
    /// The last record of a snapshot.
    SnapshotFooter,
    /// The level of kraft.version from here on.
    KRaftVersion(i16),
    /// The voters from here on: as soon as the record is in the log, committed or not.
    Voters(VoterSet),
}

/// Who leads the epoch, and thanks to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderChange {
    /// The leader.
    pub leader_id: NodeId,
    /// The voters at that time.
    pub voters: Vec<NodeId>,
    /// Those of them that voted for the leader.
    pub granting_voters: Vec<NodeId>,
}

/// A control record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InvalidControlRecord {
    /// The key is not two int16 with version 0.
    #[error("the key is no control record key")]
    Key,
    /// The value is not the message its type says.
    #[error("the value cannot be read: {0}")]
    Value(String),
    /// A Voters record that names no possible set.
    #[error(transparent)]
    Voters(#[from] InvalidVoters),
}

impl ControlRecord {
    /// The type in the record's key.
    pub fn kind(&self) -> i16 {
        match self {
            ControlRecord::LeaderChange(_) => 2,
            ControlRecord::SnapshotHeader { .. } => 3,
            ControlRecord::SnapshotFooter => 4,
            ControlRecord::KRaftVersion(_) => 5,
            ControlRecord::Voters(_) => 6,
        }
    }

    /// The record's key.
    pub fn key(&self) -> Bytes {
        let [high, low] = self.kind().to_be_bytes();
        Bytes::copy_from_slice(&[0, 0, high, low])
    }

    /// The record's value.
    pub fn value(&self) -> Result<Bytes, wire::EncodeError> {
        match self {
            ControlRecord::LeaderChange(change) => change.to_message().to_bytes(VALUE_VERSION),
            ControlRecord::SnapshotHeader { last_contained_log_timestamp } => wire::SnapshotHeaderRecord {
                version: 0,
                last_contained_log_timestamp: *last_contained_log_timestamp,
                ..Default::default()
            }
            .to_bytes(VALUE_VERSION),
            ControlRecord::SnapshotFooter => {
                wire::SnapshotFooterRecord { version: 0, ..Default::default() }.to_bytes(VALUE_VERSION)
            }
            ControlRecord::KRaftVersion(level) => {
                wire::KRaftVersionRecord { version: 0, k_raft_version: *level, ..Default::default() }
                    .to_bytes(VALUE_VERSION)
            }
            ControlRecord::Voters(voters) => voters.to_record().to_bytes(VALUE_VERSION),
        }
    }

    /// Reads a record; `None` for types that do not concern the quorum.
    pub fn read(key: &[u8], value: Bytes) -> Result<Option<ControlRecord>, InvalidControlRecord> {
        let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| InvalidControlRecord::Key)?;
        if key[..2] != [0, 0] {
            return Err(InvalidControlRecord::Key);
        }
        let record = match i16::from_be_bytes([key[2], key[3]]) {
            2 => ControlRecord::LeaderChange(LeaderChange::from_message(&decode::<wire::LeaderChangeMessage>(value)?)),
            3 => {
                let header = decode::<wire::SnapshotHeaderRecord>(value)?;
                ControlRecord::SnapshotHeader { last_contained_log_timestamp: header.last_contained_log_timestamp }
            }
            4 => decode::<wire::SnapshotFooterRecord>(value).map(|_| ControlRecord::SnapshotFooter)?,
            5 => ControlRecord::KRaftVersion(decode::<wire::KRaftVersionRecord>(value)?.k_raft_version),
            6 => ControlRecord::Voters(VoterSet::from_record(&decode::<wire::VotersRecord>(value)?)?),
            _ => return Ok(None),
        };
        Ok(Some(record))
    }
}

fn decode<M: Message>(value: Bytes) -> Result<M, InvalidControlRecord> {
    M::from_bytes(value, VALUE_VERSION).map_err(|error| InvalidControlRecord::Value(error.to_string()))
}

impl LeaderChange {
    fn to_message(&self) -> wire::LeaderChangeMessage {
        let voter = |&voter_id: &NodeId| leader_change_message::Voter { voter_id, ..Default::default() };
        let granting = |&voter_id: &NodeId| leader_change_message::GrantingVoter { voter_id, ..Default::default() };
        wire::LeaderChangeMessage {
            version: VALUE_VERSION,
            leader_id: self.leader_id,
            voters: self.voters.iter().map(voter).collect(),
            granting_voters: self.granting_voters.iter().map(granting).collect(),
            ..Default::default()
        }
    }

    fn from_message(message: &wire::LeaderChangeMessage) -> LeaderChange {
        LeaderChange {
            leader_id: message.leader_id,
            voters: message.voters.iter().map(|voter| voter.voter_id).collect(),
            granting_voters: message.granting_voters.iter().map(|voter| voter.voter_id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_survives_the_log() {
        let all = [
            ControlRecord::LeaderChange(LeaderChange {
                leader_id: 1,
                voters: vec![1, 2, 3],
                granting_voters: vec![1, 3],
            }),
            ControlRecord::SnapshotHeader { last_contained_log_timestamp: 77 },
            ControlRecord::SnapshotFooter,
            ControlRecord::KRaftVersion(1),
            ControlRecord::Voters(VoterSet::parse("1@a:1,2@b:2", "CONTROLLER").expect("valid")),
        ];
        for record in all {
            let value = record.value().expect("encodes");
            let read = ControlRecord::read(&record.key(), value).expect("decodes");
            assert_eq!(read, Some(record));
        }
    }

    #[test]
    fn leader_change_is_version_0_as_every_reader_expects() {
        let change = LeaderChange { leader_id: 1, voters: vec![1], granting_voters: vec![1] };
        let value = ControlRecord::LeaderChange(change).value().expect("encodes");
        // int16 version, int32 leader, two compact arrays of (int32, no tags), no tags.
        assert_eq!(&value[..], [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn other_types_are_passed_over_and_wrong_keys_refused() {
        assert_eq!(ControlRecord::read(&[0, 0, 0, 1], Bytes::new()).expect("a transaction marker"), None);
        assert!(ControlRecord::read(&[0, 1, 0, 2], Bytes::new()).is_err());
        assert!(ControlRecord::read(&[0, 0, 0], Bytes::new()).is_err());
        assert!(ControlRecord::read(&[0, 0, 0, 6], Bytes::from_static(b"\xff\xff")).is_err());
    }
}
