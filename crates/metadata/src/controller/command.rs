//! Everything that can be asked of the controller, and everything it answers: one arm each.

use machine::Now;
use types::{ErrorCode, NodeId};

use super::*;
use crate::Refusal;

/// Something asked of the controller.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// This node has become the active controller. Comes first, once for every time it becomes that.
    Activate(Activate),
    /// A broker registers.
    RegisterBroker(RegisterBroker),
    /// A broker says that it is alive, and what it wants.
    BrokerHeartbeat(BrokerHeartbeat),
    /// A broker is known to be gone before its session ends.
    FenceBroker(FenceBroker),
    /// A broker will never come back.
    UnregisterBroker(NodeId),
    /// A controller registers.
    RegisterController(RegisterController),
    /// Topics are created.
    CreateTopics(CreateTopics),
    /// Topics are deleted.
    DeleteTopics(DeleteTopics),
    /// Topics get more partitions.
    CreatePartitions(CreatePartitions),
    /// Configurations are replaced as a whole.
    AlterConfigs(AlterConfigs),
    /// Single configurations are changed.
    IncrementalAlterConfigs(IncrementalAlterConfigs),
    /// Leaders are elected on demand.
    ElectLeaders(ElectLeaders),
    /// A leader changes the in-sync sets of its partitions.
    AlterPartition(AlterPartition),
    /// Replicas move to other brokers.
    AlterPartitionReassignments(AlterPartitionReassignments),
    /// Replicas have moved to other directories.
    AssignReplicasToDirs(AssignReplicasToDirs),
    /// A broker needs producer ids.
    AllocateProducerIds(AllocateProducerIds),
    /// Features change their levels.
    UpdateFeatures(UpdateFeatures),
    /// The log shall move on, so that readers see that it lives.
    NoOp,
}

/// What the controller answers, command by command.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To `Activate`.
    Activate(Result<Activated, Refusal>),
    /// To `RegisterBroker`: the broker's epoch.
    RegisterBroker(Result<i64, Refusal>),
    /// To `BrokerHeartbeat`.
    BrokerHeartbeat(Result<HeartbeatReply, Refusal>),
    /// To `FenceBroker`: whether that incarnation was unfenced until now.
    FenceBroker(Result<bool, Refusal>),
    /// To `UnregisterBroker`.
    UnregisterBroker(Result<(), Refusal>),
    /// To `RegisterController`.
    RegisterController(Result<(), Refusal>),
    /// To `CreateTopics`: one entry for each of the request, in its order.
    CreateTopics(Vec<CreateTopicsResult>),
    /// To `DeleteTopics`: one entry for each of the request, in its order.
    DeleteTopics(Vec<DeleteTopicsResult>),
    /// To `CreatePartitions`: one entry for each of the request, in its order.
    CreatePartitions(Vec<CreatePartitionsResult>),
    /// To `AlterConfigs`: one entry for each of the request, in its order.
    AlterConfigs(Vec<AlterConfigsResult>),
    /// To `IncrementalAlterConfigs`: one entry for each of the request, in its order.
    IncrementalAlterConfigs(Vec<AlterConfigsResult>),
    /// To `ElectLeaders`: the partitions of the request; of all, those that needed an election.
    ElectLeaders(Vec<ElectedTopic>),
    /// To `AlterPartition`.
    AlterPartition(Result<Vec<AlteredTopic>, Refusal>),
    /// To `AlterPartitionReassignments`: one entry for each of the request, in its order.
    AlterPartitionReassignments(Vec<ReassignedTopic>),
    /// To `AssignReplicasToDirs`.
    AssignReplicasToDirs(Result<Vec<AssignedDirectory>, Refusal>),
    /// To `AllocateProducerIds`.
    AllocateProducerIds(Result<ProducerIdBlock, Refusal>),
    /// To `UpdateFeatures`: all of them or none.
    UpdateFeatures(Result<(), Refusal>),
    /// To `NoOp`.
    NoOp(Result<(), Refusal>),
}

pub(super) fn carry_out(draft: &mut Draft<'_>, soft: &mut Soft, now: Now, command: Command) -> Answer {
    match command {
        Command::Activate(it) => Answer::Activate(Ok(bootstrap::activate(draft, soft, now, it))),
        Command::RegisterBroker(it) => Answer::RegisterBroker(register_broker::register(draft, soft, now, it)),
        Command::BrokerHeartbeat(it) => Answer::BrokerHeartbeat(broker_heartbeat::heartbeat(draft, soft, now, it)),
        Command::FenceBroker(it) => Answer::FenceBroker(Ok(fencing::fence_lost(draft, it))),
        Command::UnregisterBroker(id) => Answer::UnregisterBroker(unregister_broker::unregister(draft, soft, id)),
        Command::RegisterController(it) => Answer::RegisterController(register_controller::register(draft, it)),
        Command::CreateTopics(it) => Answer::CreateTopics(create_topics::create(draft, it)),
        Command::DeleteTopics(it) => Answer::DeleteTopics(delete_topics::delete(draft, it)),
        Command::CreatePartitions(it) => Answer::CreatePartitions(create_partitions::create(draft, it)),
        Command::AlterConfigs(it) => Answer::AlterConfigs(alter_configs::alter(draft, it)),
        Command::IncrementalAlterConfigs(it) => {
            Answer::IncrementalAlterConfigs(incremental_alter_configs::alter(draft, it))
        }
        Command::ElectLeaders(it) => Answer::ElectLeaders(elect_leaders::elect(draft, it)),
        Command::AlterPartition(it) => Answer::AlterPartition(alter_partition::alter(draft, it)),
        Command::AlterPartitionReassignments(it) => {
            Answer::AlterPartitionReassignments(alter_partition_reassignments::alter(draft, it))
        }
        Command::AssignReplicasToDirs(it) => Answer::AssignReplicasToDirs(assign_replicas_to_dirs::assign(draft, it)),
        Command::AllocateProducerIds(it) => Answer::AllocateProducerIds(allocate_producer_ids::allocate(draft, it)),
        Command::UpdateFeatures(it) => Answer::UpdateFeatures(update_features::update(draft, it)),
        Command::NoOp => {
            no_op::write(draft);
            Answer::NoOp(Ok(()))
        }
    }
}

impl Answer {
    /// The answer when its records could not be written: what was refused stays refused, nothing else happened.
    pub(super) fn refused(self, code: ErrorCode) -> Answer {
        match self {
            Answer::Activate(it) => Answer::Activate(refuse(it, code)),
            Answer::RegisterBroker(it) => Answer::RegisterBroker(refuse(it, code)),
            Answer::BrokerHeartbeat(it) => Answer::BrokerHeartbeat(refuse(it, code)),
            Answer::FenceBroker(it) => Answer::FenceBroker(refuse(it, code)),
            Answer::UnregisterBroker(it) => Answer::UnregisterBroker(refuse(it, code)),
            Answer::RegisterController(it) => Answer::RegisterController(refuse(it, code)),
            Answer::CreateTopics(it) => Answer::CreateTopics(refuse_each(it, code, |entry| &mut entry.result)),
            Answer::DeleteTopics(it) => Answer::DeleteTopics(refuse_each(it, code, |entry| &mut entry.result)),
            Answer::CreatePartitions(it) => Answer::CreatePartitions(refuse_each(it, code, |entry| &mut entry.result)),
            Answer::AlterConfigs(it) => Answer::AlterConfigs(refuse_each(it, code, |entry| &mut entry.result)),
            Answer::IncrementalAlterConfigs(it) => {
                Answer::IncrementalAlterConfigs(refuse_each(it, code, |entry| &mut entry.result))
            }
            Answer::ElectLeaders(mut topics) => {
                for topic in &mut topics {
                    topic.partitions.iter_mut().for_each(|partition| refuse_in_place(&mut partition.result, code));
                }
                Answer::ElectLeaders(topics)
            }
            Answer::AlterPartition(it) => Answer::AlterPartition(refuse(it, code)),
            Answer::AlterPartitionReassignments(mut topics) => {
                for topic in &mut topics {
                    topic.partitions.iter_mut().for_each(|partition| refuse_in_place(&mut partition.result, code));
                }
                Answer::AlterPartitionReassignments(topics)
            }
            Answer::AssignReplicasToDirs(it) => Answer::AssignReplicasToDirs(refuse(it, code)),
            Answer::AllocateProducerIds(it) => Answer::AllocateProducerIds(refuse(it, code)),
            Answer::UpdateFeatures(it) => Answer::UpdateFeatures(refuse(it, code)),
            Answer::NoOp(it) => Answer::NoOp(refuse(it, code)),
        }
    }
}

fn refuse<T>(result: Result<T, Refusal>, code: ErrorCode) -> Result<T, Refusal> {
    result.and_then(|_| Err(Refusal::not_written(code)))
}

fn refuse_in_place<T>(result: &mut Result<T, Refusal>, code: ErrorCode) {
    if result.is_ok() {
        *result = Err(Refusal::not_written(code));
    }
}

fn refuse_each<E, T>(
    mut entries: Vec<E>,
    code: ErrorCode,
    result: impl Fn(&mut E) -> &mut Result<T, Refusal>,
) -> Vec<E> {
    entries.iter_mut().for_each(|entry| refuse_in_place(result(entry), code));
    entries
}
