//! Leaders are elected on demand (ElectLeaders, key 43).
//!
//! Of partitions that are named each is answered; of all partitions only those that needed an election.

use types::{ErrorCode, Str};

use super::draft::Draft;
use super::elections::Election;
use super::reassignment::TopicPartitions;
use crate::Refusal;

/// Leaders are elected on demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectLeaders {
    /// Which election.
    pub election_type: ElectionType,
    /// Of which partitions; none for all.
    pub partitions: Option<Vec<TopicPartitions>>,
}

/// Which election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElectionType {
    /// Leadership goes back to the first replica.
    Preferred,
    /// A partition that nobody can lead safely gets a leader all the same.
    Unclean,
}

impl ElectionType {
    /// The election with Kafka's number.
    pub fn from_code(code: i8) -> Option<ElectionType> {
        match code {
            0 => Some(ElectionType::Preferred),
            1 => Some(ElectionType::Unclean),
            _ => None,
        }
    }
}

/// What became of the elections of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectedTopic {
    /// The topic's name.
    pub name: Str,
    /// Its partitions.
    pub partitions: Vec<ElectedPartition>,
}

/// What became of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectedPartition {
    /// The partition's number.
    pub partition: i32,
    /// Why there was none.
    pub result: Result<(), Refusal>,
}

pub(super) fn elect(draft: &mut Draft<'_>, command: ElectLeaders) -> Vec<ElectedTopic> {
    match command.partitions {
        Some(named) => elect_named(draft, command.election_type, named),
        None => elect_all(draft, command.election_type),
    }
}

fn elect_named(draft: &mut Draft<'_>, election_type: ElectionType, named: Vec<TopicPartitions>) -> Vec<ElectedTopic> {
    let mut elected = Vec::with_capacity(named.len());
    for TopicPartitions { name, partitions: numbers } in named {
        let mut partitions = Vec::with_capacity(numbers.len());
        for partition in numbers {
            partitions.push(ElectedPartition { partition, result: elect_one(draft, election_type, &name, partition) });
        }
        elected.push(ElectedTopic { name, partitions });
    }
    elected
}

fn elect_all(draft: &mut Draft<'_>, election_type: ElectionType) -> Vec<ElectedTopic> {
    let topics: Vec<_> = draft.image().topics().cloned().collect();
    let mut elected = Vec::new();
    for topic in topics {
        let mut partitions = Vec::new();
        for &partition in topic.partitions.keys() {
            let result = elect_one(draft, election_type, &topic.name, partition);
            if result.as_ref().is_err_and(|refusal| refusal.code == ErrorCode::ElectionNotNeeded) {
                continue;
            }
            partitions.push(ElectedPartition { partition, result });
        }
        if !partitions.is_empty() {
            elected.push(ElectedTopic { name: topic.name.clone(), partitions });
        }
    }
    elected
}

fn elect_one(draft: &mut Draft<'_>, election_type: ElectionType, name: &str, number: i32) -> Result<(), Refusal> {
    let topic = draft.image().topic(name).cloned();
    let found = topic.as_ref().and_then(|topic| Some((topic, topic.partitions.get(&number)?)));
    let Some((topic, partition)) = found else {
        let message = format!("There is no partition {number} of a topic '{name}'.");
        return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, message));
    };
    let not_needed = match election_type {
        ElectionType::Preferred => Some(partition.leader) == partition.preferred_leader(),
        ElectionType::Unclean => partition.has_leader(),
    };
    if not_needed {
        return Err(Refusal::new(ErrorCode::ElectionNotNeeded, "The partition has the leader that was asked for."));
    }
    let mut change = draft.change(topic, number, partition);
    change.election = match election_type {
        ElectionType::Preferred => Election::Preferred,
        ElectionType::Unclean => Election::Unclean,
    };
    let record = change.into_record();
    if draft.push_partition_change(record) {
        return Ok(());
    }
    Err(match election_type {
        ElectionType::Preferred => Refusal::new(
            ErrorCode::PreferredLeaderNotAvailable,
            "The first replica cannot lead now: it is offline or not in sync.",
        ),
        ElectionType::Unclean => {
            Refusal::new(ErrorCode::EligibleLeadersNotAvailable, "No replica of the partition is online.")
        }
    })
}
