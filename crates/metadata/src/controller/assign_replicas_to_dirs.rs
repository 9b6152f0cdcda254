//! A broker tells in which of its log directories its replicas live (AssignReplicasToDirs, key 73).
//!
//! A replica in a directory that is not online is out of the in-sync set from now on.

use types::{ErrorCode, NodeId, Uuid};

use super::draft::Draft;
use super::elections::{Departure, remove_from_partitions};
use crate::Refusal;

/// The most replicas that one request may assign.
pub const MAX_ASSIGNMENTS: usize = 2_250;

/// A broker tells in which of its log directories its replicas live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignReplicasToDirs {
    /// The broker.
    pub broker_id: NodeId,
    /// The epoch it was given.
    pub broker_epoch: i64,
    /// The directories.
    pub directories: Vec<DirectoryAssignment>,
}

/// The replicas in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryAssignment {
    /// The directory's id.
    pub directory: Uuid,
    /// By topic.
    pub topics: Vec<TopicAssignment>,
}

/// The replicas of a topic in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicAssignment {
    /// The topic's id.
    pub topic_id: Uuid,
    /// The numbers of its partitions.
    pub partitions: Vec<i32>,
}

/// What became of the assignments to a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedDirectory {
    /// The directory's id.
    pub directory: Uuid,
    /// By topic.
    pub topics: Vec<AssignedTopic>,
}

/// What became of the assignments of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedTopic {
    /// The topic's id.
    pub topic_id: Uuid,
    /// The numbers of its partitions, and why one was not assigned.
    pub partitions: Vec<(i32, Result<(), Refusal>)>,
}

pub(super) fn assign(draft: &mut Draft<'_>, command: AssignReplicasToDirs) -> Result<Vec<AssignedDirectory>, Refusal> {
    if !draft.image().metadata_version().has_directories() {
        let message = format!("Replicas name no directory at metadata.version {}.", draft.image().metadata_version());
        return Err(Refusal::new(ErrorCode::UnsupportedVersion, message));
    }
    let broker = draft.broker_with_epoch(command.broker_id, command.broker_epoch)?.clone();
    let topics = command.directories.iter().flat_map(|directory| &directory.topics);
    let assignments: usize = topics.map(|topic| topic.partitions.len()).sum();
    if assignments > MAX_ASSIGNMENTS {
        let message = format!("One request may assign at most {MAX_ASSIGNMENTS} replicas, not {assignments}.");
        return Err(Refusal::new(ErrorCode::InvalidRequest, message));
    }
    let mut offline = Vec::new();
    let mut assigned = Vec::with_capacity(command.directories.len());
    for DirectoryAssignment { directory, topics } in command.directories {
        let online = broker.has_online_directory(directory);
        let mut assigned_topics = Vec::with_capacity(topics.len());
        for TopicAssignment { topic_id, partitions: numbers } in topics {
            let mut partitions = Vec::with_capacity(numbers.len());
            for number in numbers {
                let result = assign_one(draft, broker.id, directory, topic_id, number);
                if result.is_ok() && !online {
                    offline.push((topic_id, number));
                }
                partitions.push((number, result));
            }
            assigned_topics.push(AssignedTopic { topic_id, partitions });
        }
        assigned.push(AssignedDirectory { directory, topics: assigned_topics });
    }
    remove_from_partitions(draft, broker.id, Departure::Clean, &offline);
    Ok(assigned)
}

fn assign_one(
    draft: &mut Draft<'_>,
    broker: NodeId,
    directory: Uuid,
    topic_id: Uuid,
    number: i32,
) -> Result<(), Refusal> {
    let Some(topic) = draft.image().topic_by_id(topic_id).cloned() else {
        return Err(Refusal::new(ErrorCode::UnknownTopicId, format!("No topic has id {topic_id}.")));
    };
    let Some(partition) = topic.partitions.get(&number) else {
        let message = format!("Topic '{}' has no partition {number}.", topic.name);
        return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, message));
    };
    if !partition.replicas.contains(&broker) {
        let message = format!("Broker {broker} holds no replica of {}-{number}.", topic.name);
        return Err(Refusal::new(ErrorCode::NotLeaderOrFollower, message));
    }
    let mut change = draft.change(&topic, number, partition);
    change.directory = Some((broker, directory));
    let record = change.into_record();
    draft.push_partition_change(record);
    Ok(())
}
