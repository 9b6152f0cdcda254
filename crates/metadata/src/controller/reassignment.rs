//! Moving a partition's replicas to other brokers.
//!
//! A reassignment adds the new replicas behind the target list and remembers which are being added and which will be removed.
//! When the in-sync set, less those to be removed, contains every replica of the target list, it is complete: the old replicas
//! go. A reassignment that only changes the order is complete at once.

use types::{NodeId, Str};

use crate::image::{ClusterImage, Partition, Topic};

/// The target and what is on the way to it.
pub(super) struct Plan {
    pub replicas: Vec<NodeId>,
    pub adding: Vec<NodeId>,
    pub removing: Vec<NodeId>,
}

/// What must be done to get to these replicas. A reassignment under way is replaced: what it has added so far stays marked as
/// added, so that it can still be taken back.
pub(super) fn plan(partition: &Partition, target: &[NodeId]) -> Plan {
    let current = &partition.replicas;
    let is_original = |id: &NodeId| current.contains(id) && !partition.adding_replicas.contains(id);
    let mut removing: Vec<NodeId> = current.iter().copied().filter(|id| !target.contains(id)).collect();
    removing.sort_unstable();
    let replicas: Vec<NodeId> = target.iter().chain(&removing).copied().collect();
    let mut adding: Vec<NodeId> = replicas.iter().copied().filter(|id| !is_original(id)).collect();
    adding.sort_unstable();
    Plan { replicas, adding, removing }
}

/// Replicas and in-sync set with which the reassignment ends, if it is under way and can end.
pub(super) fn completed(
    replicas: &[NodeId],
    isr: &[NodeId],
    adding: &[NodeId],
    removing: &[NodeId],
) -> Option<(Vec<NodeId>, Vec<NodeId>)> {
    if adding.is_empty() && removing.is_empty() {
        return None;
    }
    let staying = |ids: &[NodeId]| -> Vec<NodeId> { ids.iter().copied().filter(|id| !removing.contains(id)).collect() };
    let (replicas, isr) = (staying(replicas), staying(isr));
    let complete = !replicas.is_empty() && replicas.iter().all(|id| isr.contains(id));
    complete.then_some((replicas, isr))
}

/// Replicas and in-sync set with which a reassignment is taken back, and whether that loses every in-sync replica.
pub(super) fn reverted(partition: &Partition) -> (Vec<NodeId>, Vec<NodeId>, bool) {
    let staying = |ids: &[NodeId]| -> Vec<NodeId> {
        ids.iter().copied().filter(|id| !partition.adding_replicas.contains(id)).collect()
    };
    let (replicas, mut isr) = (staying(&partition.replicas), staying(&partition.isr));
    let unclean = isr.is_empty() && !partition.isr.is_empty();
    if unclean {
        isr.extend(replicas.first());
    }
    (replicas, isr, unclean)
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic's name.
    pub name: Str,
    /// The partitions' numbers.
    pub partitions: Vec<i32>,
}

/// A reassignment under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OngoingReassignment {
    /// The topic's name.
    pub topic: Str,
    /// The partition's number.
    pub partition: i32,
    /// All replicas: those that will stay, those that come and those that will go.
    pub replicas: Vec<NodeId>,
    /// Those that come.
    pub adding_replicas: Vec<NodeId>,
    /// Those that will go.
    pub removing_replicas: Vec<NodeId>,
}

/// The reassignments under way, of the partitions named or of all, topic by topic.
pub fn list_partition_reassignments(image: &ClusterImage, of: Option<&[TopicPartitions]>) -> Vec<OngoingReassignment> {
    let ongoing = |topic: &Topic, number: i32, partition: &Partition| {
        partition.is_reassigning().then(|| OngoingReassignment {
            topic: topic.name.clone(),
            partition: number,
            replicas: partition.replicas.clone(),
            adding_replicas: partition.adding_replicas.clone(),
            removing_replicas: partition.removing_replicas.clone(),
        })
    };
    let mut found = Vec::new();
    match of {
        None => {
            for topic in image.topics() {
                found.extend(topic.partitions.iter().filter_map(|(number, it)| ongoing(topic, *number, it)));
            }
        }
        Some(named) => {
            for asked in named {
                let Some(topic) = image.topic(&asked.name) else { continue };
                let numbers = asked.partitions.iter();
                found.extend(numbers.filter_map(|number| ongoing(topic, *number, topic.partitions.get(number)?)));
            }
        }
    }
    found
}
