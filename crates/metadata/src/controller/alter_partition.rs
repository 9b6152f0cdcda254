//! A leader changes the in-sync sets of its partitions (AlterPartition, key 56).
//!
//! The order of the checks matters, because the leader acts on the code: epochs ahead of ours mean that we are not the active
//! controller any more (NOT_CONTROLLER: it asks another); a leader epoch behind ours means that it has been deposed; a partition
//! epoch behind ours that it must first read what has changed. Members must be active, and in the incarnation that the leader
//! has heard of (KIP-903): otherwise a broker that lost its data could come back into the set by an old fetch.
//!
//! A change that completes a reassignment may depose the sender. Then the record is written *and* NEW_LEADER_ELECTED answered.

use types::{ErrorCode, LeaderEpoch, NodeId, Uuid};

use super::draft::Draft;
use crate::Refusal;
use crate::image::{LeaderRecoveryState, NO_LEADER_CHANGE, Partition};

/// A leader changes the in-sync sets of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterPartition {
    /// The leader.
    pub broker_id: NodeId,
    /// The epoch it was given.
    pub broker_epoch: i64,
    /// Its topics.
    pub topics: Vec<AlterPartitionTopic>,
}

/// Partitions of a topic whose in-sync sets shall change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterPartitionTopic {
    /// The topic's id.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<NewPartitionState>,
}

/// What a partition shall be, and what the leader believes it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartitionState {
    /// The partition's number.
    pub partition: i32,
    /// The leader epoch as the leader knows it.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch as the leader knows it.
    pub partition_epoch: i32,
    /// The in-sync set wanted.
    pub isr: Vec<IsrMember>,
    /// Kafka's number of the recovery state wanted: 0 recovered, 1 recovering.
    pub leader_recovery_state: i8,
}

/// A member of an in-sync set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsrMember {
    /// The broker.
    pub broker_id: NodeId,
    /// The incarnation that fetched; -1 if the leader does not know.
    pub broker_epoch: i64,
}

/// What became of the changes of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlteredTopic {
    /// The topic's id.
    pub topic_id: Uuid,
    /// Its partitions.
    pub partitions: Vec<AlteredPartition>,
}

/// What became of the change of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlteredPartition {
    /// The partition's number.
    pub partition: i32,
    /// What it is now, or why it was left as it was.
    pub result: Result<PartitionState, Refusal>,
}

/// What a partition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// Its leader.
    pub leader: NodeId,
    /// Its leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// Its partition epoch.
    pub partition_epoch: i32,
    /// Its in-sync set.
    pub isr: Vec<NodeId>,
    /// Its recovery state.
    pub leader_recovery_state: LeaderRecoveryState,
}

pub(super) fn alter(draft: &mut Draft<'_>, command: AlterPartition) -> Result<Vec<AlteredTopic>, Refusal> {
    draft.broker_with_epoch(command.broker_id, command.broker_epoch)?;
    let mut altered = Vec::with_capacity(command.topics.len());
    for topic in command.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for wanted in topic.partitions {
            let result = alter_one(draft, command.broker_id, topic.topic_id, &wanted);
            partitions.push(AlteredPartition { partition: wanted.partition, result });
        }
        altered.push(AlteredTopic { topic_id: topic.topic_id, partitions });
    }
    Ok(altered)
}

fn alter_one(
    draft: &mut Draft<'_>,
    sender: NodeId,
    topic_id: Uuid,
    wanted: &NewPartitionState,
) -> Result<PartitionState, Refusal> {
    let Some(topic) = draft.image().topic_by_id(topic_id).cloned() else {
        return Err(Refusal::new(ErrorCode::UnknownTopicId, format!("No topic has id {topic_id}.")));
    };
    let Some(partition) = topic.partitions.get(&wanted.partition) else {
        let message = format!("Topic '{}' has no partition {}.", topic.name, wanted.partition);
        return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, message));
    };
    check_epochs(sender, partition, wanted)?;
    let recovery_state = check_set(partition, wanted)?;
    check_members(draft, wanted)?;
    let mut change = draft.change(&topic, wanted.partition, partition);
    change.isr = wanted.isr.iter().map(|member| member.broker_id).collect();
    change.leader_recovery_state = recovery_state;
    let Some(record) = change.into_record() else {
        return Ok(state_of(partition));
    };
    let changed = partition.changed(&record);
    let deposed = record.leader != NO_LEADER_CHANGE && record.leader != sender;
    draft.push_partition_change(Some(record));
    if deposed {
        let message = "The change completed a reassignment, which elected another leader.";
        return Err(Refusal::new(ErrorCode::NewLeaderElected, message));
    }
    Ok(state_of(&changed))
}

fn state_of(partition: &Partition) -> PartitionState {
    PartitionState {
        leader: partition.leader,
        leader_epoch: partition.leader_epoch,
        partition_epoch: partition.partition_epoch,
        isr: partition.isr.clone(),
        leader_recovery_state: partition.leader_recovery_state,
    }
}

fn check_epochs(sender: NodeId, partition: &Partition, wanted: &NewPartitionState) -> Result<(), Refusal> {
    let (leader_epoch, partition_epoch) = (partition.leader_epoch, partition.partition_epoch);
    if wanted.leader_epoch > leader_epoch || wanted.partition_epoch > partition_epoch {
        let message = format!(
            "The sender knows leader epoch {} and partition epoch {}, this controller only {leader_epoch} and {partition_epoch}.",
            wanted.leader_epoch, wanted.partition_epoch
        );
        return Err(Refusal::new(ErrorCode::NotController, message));
    }
    if wanted.leader_epoch < leader_epoch {
        let message = format!("Leader epoch {} is over: the partition is at {leader_epoch}.", wanted.leader_epoch);
        return Err(Refusal::new(ErrorCode::FencedLeaderEpoch, message));
    }
    if sender != partition.leader {
        let message = format!("Broker {sender} does not lead the partition, broker {} does.", partition.leader);
        return Err(Refusal::new(ErrorCode::InvalidRequest, message));
    }
    if wanted.partition_epoch < partition_epoch {
        let message =
            format!("Partition epoch {} is over: the partition is at {partition_epoch}.", wanted.partition_epoch);
        return Err(Refusal::new(ErrorCode::InvalidUpdateVersion, message));
    }
    Ok(())
}

fn check_set(partition: &Partition, wanted: &NewPartitionState) -> Result<LeaderRecoveryState, Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    let mut isr: Vec<NodeId> = wanted.isr.iter().map(|member| member.broker_id).collect();
    isr.sort_unstable();
    if isr.windows(2).any(|pair| pair[0] == pair[1]) {
        return invalid("A broker is twice in the in-sync set.".to_owned());
    }
    if let Some(stranger) = isr.iter().find(|id| !partition.replicas.contains(id)) {
        return invalid(format!("Broker {stranger} holds no replica of the partition."));
    }
    if !isr.contains(&partition.leader) {
        return invalid("The in-sync set does not contain the leader.".to_owned());
    }
    let Some(recovery_state) = LeaderRecoveryState::from_code(wanted.leader_recovery_state) else {
        return invalid(format!("There is no leader recovery state {}.", wanted.leader_recovery_state));
    };
    if recovery_state == LeaderRecoveryState::Recovering {
        if isr.len() > 1 {
            return invalid(
                "The in-sync set cannot grow while the leader recovers from an unclean election.".to_owned(),
            );
        }
        if partition.leader_recovery_state == LeaderRecoveryState::Recovered {
            return invalid("A leader that has recovered cannot begin to recover.".to_owned());
        }
    }
    Ok(recovery_state)
}

fn check_members(draft: &Draft<'_>, wanted: &NewPartitionState) -> Result<(), Refusal> {
    for member in &wanted.isr {
        let ineligible = |why: &str| {
            let message = format!("Broker {} cannot be in sync: it {why}.", member.broker_id);
            Err(Refusal::new(ErrorCode::IneligibleReplica, message))
        };
        match draft.image().broker(member.broker_id) {
            None => return ineligible("is not registered"),
            Some(broker) if broker.in_controlled_shutdown => return ineligible("is shutting down"),
            Some(broker) if broker.fenced => return ineligible("is fenced"),
            Some(broker) if member.broker_epoch != -1 && member.broker_epoch != broker.epoch => {
                return ineligible(&format!("is registered with epoch {}, not {}", broker.epoch, member.broker_epoch));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
