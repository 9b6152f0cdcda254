//! `quorum-state`: the promises a replica must remember over a crash: its epoch, its vote, and the leader of the epoch.
//!
//! One JSON object on one line. With kraft.version 0 (`data_version` 0) the vote is a node id; with kraft.version 1
//! (`data_version` 1) it is a node id and a directory id. −1 and the zero id stand for none. Whoever writes the file writes
//! a temporary one, syncs it, renames it over the old one and syncs the directory.

use serde_json::{Map, Value};
use types::{LeaderEpoch, NodeId, Uuid};

use crate::replica::ReplicaKey;
use crate::voters::MAX_VOTERS;

/// The file's name in the directory of the metadata log.
pub const QUORUM_STATE_FILE: &str = "quorum-state";
/// More bytes than any valid file has; a longer one need not be read.
pub const MAX_QUORUM_STATE_BYTES: usize = 64 * 1024;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct QuorumState {
    /// The epoch the replica is in; 0 before the first election.
    pub epoch: LeaderEpoch,
    /// The leader of that epoch, where it is known.
    pub leader_id: Option<NodeId>,
    /// Whom the replica voted for in that epoch.
    pub voted: Option<ReplicaKey>,
    /// How the file is written: 0 (kraft.version 0) or 1.
    pub data_version: i16,
    /// The voters, written with `data_version` 0 only and for people's eyes.
    pub voters: Vec<NodeId>,
}

/// The file cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuorumState {
    /// Not JSON, or not an object.
    #[error("not a JSON object: {0}")]
    NotAnObject(String),
    /// A field is missing or of the wrong kind.
    #[error("field '{0}' is missing or not what it should be")]
    Field(&'static str),
    /// A version of the future.
    #[error("data_version {0} is not supported: 0 and 1 are")]
    Version(i64),
    /// Longer than any valid file.
    #[error("{0} bytes are too many for this file")]
    TooLong(usize),
}

impl QuorumState {
    /// The file's content.
    pub fn to_json(&self) -> String {
        let leader = self.leader_id.unwrap_or(types::NO_NODE);
        let voted = self.voted.map_or(types::NO_NODE, |key| key.id);
        let epoch = self.epoch;
        if self.data_version == 0 {
            let voters: Vec<String> = self.voters.iter().map(|id| format!("{{\"voterId\":{id}}}")).collect();
            let voters = voters.join(",");
            format!(
                "{{\"clusterId\":\"\",\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":{voted},\
                 \"appliedOffset\":0,\"currentVoters\":[{voters}],\"data_version\":0}}"
            )
        } else {
            let directory = self.voted.map_or(Uuid::ZERO, |key| key.directory_or_zero());
            format!(
                "{{\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":{voted},\
                 \"votedDirectoryId\":\"{directory}\",\"data_version\":1}}"
            )
        }
    }

    /// Reads the file's content.
    pub fn parse(text: &str) -> Result<QuorumState, InvalidQuorumState> {
        if text.len() > MAX_QUORUM_STATE_BYTES {
            return Err(InvalidQuorumState::TooLong(text.len()));
        }
        let value: Value =
            serde_json::from_str(text.trim()).map_err(|error| InvalidQuorumState::NotAnObject(error.to_string()))?;
        let Value::Object(fields) = value else {
            return Err(InvalidQuorumState::NotAnObject("some other JSON value".to_owned()));
        };
        let data_version = match fields.get("data_version").and_then(Value::as_i64) {
            Some(0) => 0,
            Some(1) => 1,
            Some(other) => return Err(InvalidQuorumState::Version(other)),
            None => return Err(InvalidQuorumState::Field("data_version")),
        };
        let leader_id = some_node(number(&fields, "leaderId")?);
        let epoch = number(&fields, "leaderEpoch")?;
        if epoch < 0 {
            return Err(InvalidQuorumState::Field("leaderEpoch"));
        }
        let directory = if data_version == 1 { directory(&fields)? } else { Uuid::ZERO };
        let voted = some_node(number(&fields, "votedId")?).map(|id| ReplicaKey::new(id, directory));
        let voters = if data_version == 0 { voters(&fields)? } else { Vec::new() };
        Ok(QuorumState { epoch, leader_id, voted, data_version, voters })
    }
}

fn number(fields: &Map<String, Value>, name: &'static str) -> Result<i32, InvalidQuorumState> {
    let value = fields.get(name).and_then(Value::as_i64).and_then(|value| i32::try_from(value).ok());
    value.ok_or(InvalidQuorumState::Field(name))
}

fn some_node(id: NodeId) -> Option<NodeId> {
    if id < 0 { None } else { Some(id) }
}

fn directory(fields: &Map<String, Value>) -> Result<Uuid, InvalidQuorumState> {
    let text = fields.get("votedDirectoryId").and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).ok_or(InvalidQuorumState::Field("votedDirectoryId"))
}

fn voters(fields: &Map<String, Value>) -> Result<Vec<NodeId>, InvalidQuorumState> {
    let wrong = InvalidQuorumState::Field("currentVoters");
    let list = match fields.get("currentVoters") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MAX_VOTERS => list,
        Some(_) => return Err(wrong),
    };
    let ids = list.iter().map(|voter| {
        let id = voter.get("voterId").and_then(Value::as_i64);
        id.and_then(|id| i32::try_from(id).ok()).ok_or_else(|| wrong.clone())
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_0_is_written_as_kafka_writes_it() {
        let state = QuorumState { epoch: 2, leader_id: Some(1), voted: None, data_version: 0, voters: vec![1, 2] };
        let text = "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":2,\"votedId\":-1,\"appliedOffset\":0,\
                    \"currentVoters\":[{\"voterId\":1},{\"voterId\":2}],\"data_version\":0}";
        assert_eq!(state.to_json(), text);
        assert_eq!(QuorumState::parse(text), Ok(state));
    }

    #[test]
    fn version_1_is_written_as_kafka_writes_it() {
        let directory: Uuid = "J8aAPcfLQt2bqs1JT_rMgQ".parse().expect("valid");
        let voted = Some(ReplicaKey::new(1, directory));
        let state = QuorumState { epoch: 2, leader_id: None, voted, data_version: 1, voters: Vec::new() };
        let text = "{\"leaderId\":-1,\"leaderEpoch\":2,\"votedId\":1,\
                    \"votedDirectoryId\":\"J8aAPcfLQt2bqs1JT_rMgQ\",\"data_version\":1}";
        assert_eq!(state.to_json(), text);
        assert_eq!(QuorumState::parse(text), Ok(state));
    }

    #[test]
    fn unset_vote_of_version_1_has_the_zero_directory() {
        let state = QuorumState { epoch: 5, leader_id: Some(3), voted: None, data_version: 1, voters: Vec::new() };
        assert!(state.to_json().contains("\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\""));
        assert_eq!(QuorumState::parse(&state.to_json()), Ok(state));
    }

    #[test]
    fn what_is_not_the_file_is_refused() {
        for wrong in [
            "",
            "[]",
            "{}",
            "{\"data_version\":2}",
            "{\"leaderId\":-1,\"leaderEpoch\":2,\"votedId\":1,\"data_version\":1}",
            "{\"leaderId\":-1,\"leaderEpoch\":-2,\"votedId\":-1,\"data_version\":0}",
            "{\"leaderId\":-1,\"leaderEpoch\":99999999999,\"votedId\":-1,\"data_version\":0}",
        ] {
            assert!(QuorumState::parse(wrong).is_err(), "{wrong}");
        }
        assert!(QuorumState::parse(&" ".repeat(MAX_QUORUM_STATE_BYTES + 1)).is_err());
    }
}
