//! Topics get more partitions (CreatePartitions, key 37). They never get fewer.

use types::{ErrorCode, NodeId, Str};

use super::create_topics::{MAX_PARTITIONS_PER_REQUEST, check_room, named_twice, place_partitions, push_partitions};
use super::draft::Draft;
use super::placement::{check_chosen_replicas, new_partition};
use super::random::Random;
use crate::Refusal;
use crate::image::Partition;

/// Topics get more partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePartitions {
    /// The topics.
    pub topics: Vec<MorePartitions>,
    /// Only say whether it could be done.
    pub validate_only: bool,
    /// Random bits: the spreading of replicas follows from them.
    pub seed: u128,
}

/// How many partitions a topic shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MorePartitions {
    /// The topic's name.
    pub name: Str,
    /// Its partitions afterwards, those it has included.
    pub count: i32,
    /// For each new partition the replicas chosen by hand.
    pub assignments: Option<Vec<Vec<NodeId>>>,
}

/// What became of a topic that was to get more partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePartitionsResult {
    /// Its name.
    pub name: Str,
    /// Why it has no more.
    pub result: Result<(), Refusal>,
}

pub(super) fn create(draft: &mut Draft<'_>, command: CreatePartitions) -> Vec<CreatePartitionsResult> {
    let before = draft.mark();
    let mut random = Random::new(command.seed);
    let mut left = MAX_PARTITIONS_PER_REQUEST;
    let twice = named_twice(command.topics.iter().map(|topic| &topic.name));
    let mut results = Vec::with_capacity(command.topics.len());
    for topic in command.topics {
        let result = if twice.contains(&topic.name) {
            Err(Refusal::new(ErrorCode::InvalidRequest, "The request names this topic more than once."))
        } else {
            extend(draft, &topic, &mut left, &mut random)
        };
        results.push(CreatePartitionsResult { name: topic.name, result });
    }
    if command.validate_only {
        draft.roll_back(before);
    }
    results
}

fn extend(draft: &mut Draft<'_>, more: &MorePartitions, left: &mut usize, random: &mut Random) -> Result<(), Refusal> {
    let Some(topic) = draft.image().topic(&more.name).cloned() else {
        return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, "No topic has this name."));
    };
    let present = topic.partitions.len();
    let wanted = usize::try_from(more.count).unwrap_or(0);
    if wanted <= present {
        return Err(Refusal::new(
            ErrorCode::InvalidPartitions,
            format!("Topic '{}' has {present} partition(s); {} would not be more.", more.name, more.count),
        ));
    }
    let additional = wanted - present;
    check_room(draft, additional, *left)?;
    let factor = topic.replication_factor();
    let partitions = match &more.assignments {
        None => place_partitions(draft, additional, factor, random)?,
        Some(assignments) => chosen_partitions(draft, assignments, additional, factor)?,
    };
    *left -= additional;
    push_partitions(draft, topic.id, present as i32, partitions);
    Ok(())
}

fn chosen_partitions(
    draft: &Draft<'_>,
    assignments: &[Vec<NodeId>],
    additional: usize,
    factor: usize,
) -> Result<Vec<Partition>, Refusal> {
    let invalid = |message: String| Refusal::new(ErrorCode::InvalidReplicaAssignment, message);
    if assignments.len() != additional {
        return Err(invalid(format!(
            "{additional} partition(s) are to be added, but replicas are chosen for {}.",
            assignments.len()
        )));
    }
    let chosen = assignments.iter().map(|replicas| {
        check_chosen_replicas(draft.image(), replicas, Some(factor))?;
        new_partition(draft.image(), replicas.clone()).ok_or_else(|| {
            invalid(format!("None of the brokers {replicas:?} is active: all are fenced or shutting down."))
        })
    });
    chosen.collect()
}
