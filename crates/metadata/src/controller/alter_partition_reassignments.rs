//! Replicas move to other brokers, or a move is taken back (AlterPartitionReassignments, key 45).

use types::{ErrorCode, NodeId, Str};

use super::draft::Draft;
use super::placement::check_chosen_replicas;
use super::reassignment;
use crate::Refusal;
use crate::image::{Partition, Topic};

/// Replicas move to other brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterPartitionReassignments {
    /// The topics.
    pub topics: Vec<TopicReassignment>,
    /// May a partition have another number of replicas afterwards?
    pub allow_replication_factor_change: bool,
}

/// Reassignments of a topic's partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicReassignment {
    /// The topic's name.
    pub name: Str,
    /// The partitions.
    pub partitions: Vec<PartitionReassignment>,
}

/// The reassignment of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReassignment {
    /// The partition's number.
    pub partition: i32,
    /// Its replicas when all is done; none takes back what is under way.
    pub replicas: Option<Vec<NodeId>>,
}

/// What became of the reassignments of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReassignedTopic {
    /// The topic's name.
    pub name: Str,
    /// Its partitions.
    pub partitions: Vec<ReassignedPartition>,
}

/// What became of a reassignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReassignedPartition {
    /// The partition's number.
    pub partition: i32,
    /// Why it did not begin, or was not taken back.
    pub result: Result<(), Refusal>,
}

pub(super) fn alter(draft: &mut Draft<'_>, command: AlterPartitionReassignments) -> Vec<ReassignedTopic> {
    let mut altered = Vec::with_capacity(command.topics.len());
    for topic in command.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for PartitionReassignment { partition, replicas } in topic.partitions {
            let result = alter_one(draft, &topic.name, partition, replicas, command.allow_replication_factor_change);
            partitions.push(ReassignedPartition { partition, result });
        }
        altered.push(ReassignedTopic { name: topic.name, partitions });
    }
    altered
}

fn alter_one(
    draft: &mut Draft<'_>,
    name: &str,
    number: i32,
    replicas: Option<Vec<NodeId>>,
    may_change_factor: bool,
) -> Result<(), Refusal> {
    let topic = draft.image().topic(name).cloned();
    let found = topic.as_ref().and_then(|topic| Some((topic, topic.partitions.get(&number)?)));
    let Some((topic, partition)) = found else {
        let message = format!("There is no partition {number} of a topic '{name}'.");
        return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, message));
    };
    match replicas {
        Some(target) => begin(draft, topic, number, partition, &target, may_change_factor),
        None => take_back(draft, topic, number, partition),
    }
}

fn begin(
    draft: &mut Draft<'_>,
    topic: &Topic,
    number: i32,
    partition: &Partition,
    target: &[NodeId],
    may_change_factor: bool,
) -> Result<(), Refusal> {
    check_chosen_replicas(draft.image(), target, None)?;
    let staying = partition.replicas.iter().filter(|id| !partition.removing_replicas.contains(id)).count();
    if !may_change_factor && target.len() != staying {
        let message = format!("The partition has {staying} replica(s) and would have {}.", target.len());
        return Err(Refusal::new(ErrorCode::InvalidReplicationFactor, message));
    }
    let plan = reassignment::plan(partition, target);
    let mut change = draft.change(topic, number, partition);
    change.replicas = plan.replicas;
    change.adding_replicas = plan.adding;
    change.removing_replicas = plan.removing;
    let record = change.into_record();
    draft.push_partition_change(record);
    Ok(())
}

fn take_back(draft: &mut Draft<'_>, topic: &Topic, number: i32, partition: &Partition) -> Result<(), Refusal> {
    if !partition.is_reassigning() {
        return Err(Refusal::new(ErrorCode::NoReassignmentInProgress, "The partition is not being reassigned."));
    }
    let (replicas, isr, unclean) = reassignment::reverted(partition);
    if replicas.is_empty() {
        return Err(Refusal::new(
            ErrorCode::InvalidReplicaAssignment,
            "The partition has no replica but the new ones.",
        ));
    }
    if unclean && !draft.allows_unclean_election(&topic.name) {
        let message =
            "Only new replicas are in sync: going back would lose records, and unclean elections are not allowed.";
        return Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, message));
    }
    let mut change = draft.change(topic, number, partition);
    change.replicas = replicas;
    change.isr = isr;
    change.adding_replicas.clear();
    change.removing_replicas.clear();
    let record = change.into_record();
    draft.push_partition_change(record);
    Ok(())
}
