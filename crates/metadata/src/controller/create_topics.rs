//! Topics are created (CreateTopics, key 19).
//!
//! Each topic stands for itself: it is created as a whole or refused with its own error. -1 partitions or replicas mean the
//! defaults. The records of a topic are its TopicRecord, its configurations, its partitions, in this order.

use std::collections::BTreeSet;

use records::{MetadataRecord, TopicRecord};
use types::{CLUSTER_METADATA, ErrorCode, NodeId, Str, Uuid, validate_topic_name};

use super::alter_configs::check_value;
use super::config_rules::EffectiveConfig;
use super::draft::Draft;
use super::placement::{Placer, check_chosen_replicas, new_partition};
use super::random::Random;
use crate::Refusal;
use crate::image::{ConfigResource, Configs, Partition};

/// The most partitions that one request may create.
pub const MAX_PARTITIONS_PER_REQUEST: usize = 100_000;
/// The most partitions that a cluster may have.
pub const MAX_PARTITIONS: usize = 4_000_000;

/// Topics are created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTopics {
    /// The topics.
    pub topics: Vec<NewTopic>,
    /// Only say whether it could be done.
    pub validate_only: bool,
    /// Random bits: topic ids and the spreading of replicas follow from them.
    pub seed: u128,
}

/// A topic to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: Str,
    /// How many partitions, -1 for the default; -1 where assignments are given.
    pub num_partitions: i32,
    /// How many replicas each, -1 for the default; -1 where assignments are given.
    pub replication_factor: i16,
    /// Replicas chosen by hand, or nothing.
    pub assignments: Vec<ReplicaAssignment>,
    /// Configurations.
    pub configs: Vec<(Str, Option<Str>)>,
}

/// The replicas of one partition, chosen by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaAssignment {
    /// The partition's number.
    pub partition: i32,
    /// Its replicas, the preferred leader first.
    pub broker_ids: Vec<NodeId>,
}

/// What became of a topic to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTopicsResult {
    /// Its name.
    pub name: Str,
    /// What it is, or why it is not.
    pub result: Result<CreatedTopic, Refusal>,
}

/// A new topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id.
    pub topic_id: Uuid,
    /// How many partitions it has.
    pub num_partitions: i32,
    /// How many replicas each.
    pub replication_factor: i16,
    /// How it is configured, defaults included.
    pub configs: Vec<EffectiveConfig>,
}

pub(super) fn create(draft: &mut Draft<'_>, command: CreateTopics) -> Vec<CreateTopicsResult> {
    let before = draft.mark();
    let mut random = Random::new(command.seed);
    let mut left = MAX_PARTITIONS_PER_REQUEST;
    let twice = named_twice(command.topics.iter().map(|topic| &topic.name));
    let mut results = Vec::with_capacity(command.topics.len());
    for topic in command.topics {
        let result = if twice.contains(&topic.name) {
            Err(Refusal::new(ErrorCode::InvalidRequest, "The request names this topic more than once."))
        } else {
            create_topic(draft, &topic, &mut left, &mut random)
        };
        results.push(CreateTopicsResult { name: topic.name, result });
    }
    if command.validate_only {
        draft.roll_back(before);
    }
    results
}

/// Names that come more than once.
pub(super) fn named_twice<'n>(names: impl Iterator<Item = &'n Str>) -> BTreeSet<Str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !seen.insert(*name)).cloned().collect()
}

fn create_topic(
    draft: &mut Draft<'_>,
    topic: &NewTopic,
    left: &mut usize,
    random: &mut Random,
) -> Result<CreatedTopic, Refusal> {
    check_name(draft, &topic.name)?;
    let configs = check_configs(draft, topic)?;
    let partitions = if topic.assignments.is_empty() {
        spread_partitions(draft, topic, *left, random)?
    } else {
        chosen_partitions(draft, topic, *left)?
    };
    *left -= partitions.len();
    let mut topic_id = random.uuid();
    while draft.image().topic_by_id(topic_id).is_some() {
        topic_id = random.uuid();
    }
    let created = CreatedTopic {
        topic_id,
        num_partitions: partitions.len() as i32,
        replication_factor: partitions.first().map_or(0, |partition| partition.replicas.len() as i16),
        configs: draft.options().configs.effective_topic_configs(&configs),
    };
    draft.push(MetadataRecord::Topic(TopicRecord { name: topic.name.clone(), topic_id, ..Default::default() }));
    for (name, value) in configs {
        draft.push_config(&ConfigResource::topic(&topic.name), &name, Some(value));
    }
    push_partitions(draft, topic_id, 0, partitions);
    Ok(created)
}

pub(super) fn push_partitions(draft: &mut Draft<'_>, topic_id: Uuid, first: i32, partitions: Vec<Partition>) {
    let version = draft.image().metadata_version();
    for (number, partition) in (first..).zip(partitions) {
        draft.push(MetadataRecord::Partition(partition.to_record(topic_id, number, version)));
    }
}

fn check_name(draft: &Draft<'_>, name: &Str) -> Result<(), Refusal> {
    if *name == CLUSTER_METADATA {
        return Err(Refusal::new(ErrorCode::InvalidRequest, format!("{CLUSTER_METADATA} is not an ordinary topic.")));
    }
    if let Err(why) = validate_topic_name(name) {
        return Err(Refusal::new(ErrorCode::InvalidTopicException, why.to_string()));
    }
    if draft.image().topic_id(name).is_some() {
        return Err(Refusal::new(ErrorCode::TopicAlreadyExists, format!("Topic '{name}' already exists.")));
    }
    match draft.image().colliding_topic(name) {
        Some(other) => Err(Refusal::new(
            ErrorCode::InvalidTopicException,
            format!(
                "Topic '{name}' collides with the existing topic '{other}': names must differ in more than '.' and '_'."
            ),
        )),
        None => Ok(()),
    }
}

fn check_configs(draft: &Draft<'_>, topic: &NewTopic) -> Result<Configs, Refusal> {
    let mut configs = Configs::new();
    for (name, value) in &topic.configs {
        let Some(value) = value else {
            let message = format!("Configuration '{name}' of a new topic has no value.");
            return Err(Refusal::new(ErrorCode::InvalidConfig, message));
        };
        check_value(name, value)?;
        configs.insert(name.clone(), value.clone());
    }
    if !configs.is_empty() {
        draft.options().configs.check(&ConfigResource::topic(&topic.name), &configs)?;
    }
    Ok(configs)
}

fn chosen_partitions(draft: &Draft<'_>, topic: &NewTopic, left: usize) -> Result<Vec<Partition>, Refusal> {
    if topic.num_partitions != -1 || topic.replication_factor != -1 {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "Where replicas are chosen by hand, the number of partitions and the replication factor must be -1.",
        ));
    }
    let invalid = |message: String| Refusal::new(ErrorCode::InvalidReplicaAssignment, message);
    check_room(draft, topic.assignments.len(), left)?;
    let mut assignments: Vec<&ReplicaAssignment> = topic.assignments.iter().collect();
    assignments.sort_by_key(|assignment| assignment.partition);
    let factor = topic.assignments.first().map(|assignment| assignment.broker_ids.len());
    let mut partitions = Vec::with_capacity(assignments.len());
    for (number, assignment) in (0..).zip(assignments) {
        if assignment.partition != number {
            let message = "Partitions must be numbered from 0 without a gap, each of them once.";
            return Err(invalid(format!("{message} Number {number} is missing or follows one that is there twice.")));
        }
        check_chosen_replicas(draft.image(), &assignment.broker_ids, factor)?;
        let partition = new_partition(draft.image(), assignment.broker_ids.clone()).ok_or_else(|| {
            invalid(format!("No broker that is to hold partition {number} is active: all are fenced or shutting down."))
        })?;
        partitions.push(partition);
    }
    Ok(partitions)
}

fn spread_partitions(
    draft: &Draft<'_>,
    topic: &NewTopic,
    left: usize,
    random: &mut Random,
) -> Result<Vec<Partition>, Refusal> {
    let factor = match topic.replication_factor {
        -1 => draft.options().default_replication_factor,
        factor => factor,
    };
    let factor = usize::try_from(factor).ok().filter(|factor| *factor > 0).ok_or_else(|| {
        Refusal::new(
            ErrorCode::InvalidReplicationFactor,
            "The replication factor must be above 0, or -1 for the default.",
        )
    })?;
    let count = match topic.num_partitions {
        -1 => draft.options().default_partitions,
        count => count,
    };
    let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
        Refusal::new(ErrorCode::InvalidPartitions, "The number of partitions must be above 0, or -1 for the default.")
    })?;
    check_room(draft, count, left)?;
    place_partitions(draft, count, factor, random)
}

/// New partitions with replicas where the placer puts them.
pub(super) fn place_partitions(
    draft: &Draft<'_>,
    count: usize,
    replication_factor: usize,
    random: &mut Random,
) -> Result<Vec<Partition>, Refusal> {
    let mut placer = Placer::new(draft.image(), random);
    let mut partitions = Vec::with_capacity(count);
    for _ in 0..count {
        let replicas = placer.place(replication_factor)?;
        let partition = new_partition(draft.image(), replicas).ok_or_else(|| {
            Refusal::new(ErrorCode::InvalidReplicationFactor, "Every broker is fenced or shutting down.")
        })?;
        partitions.push(partition);
    }
    Ok(partitions)
}

/// May so many partitions be added?
pub(super) fn check_room(draft: &Draft<'_>, count: usize, left: usize) -> Result<(), Refusal> {
    if count > left {
        return Err(Refusal::new(
            ErrorCode::PolicyViolation,
            format!("One request may create at most {MAX_PARTITIONS_PER_REQUEST} partitions."),
        ));
    }
    if draft.image().partition_count().saturating_add(count) > MAX_PARTITIONS {
        return Err(Refusal::new(
            ErrorCode::PolicyViolation,
            format!("A cluster may have at most {MAX_PARTITIONS} partitions."),
        ));
    }
    Ok(())
}
