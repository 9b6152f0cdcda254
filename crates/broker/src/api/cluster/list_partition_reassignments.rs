//! ListPartitionReassignments (46), version 0: the reassignments under way. `kafka-topics --describe` asks for them.
//!
//! Authorization: Describe on the cluster.

use metadata::controller::{TopicPartitions, list_partition_reassignments};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::list_partition_reassignments_response::{Partition, Topic};
use wire::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse};

use crate::router::Context;

pub(crate) async fn handle(
    context: Context,
    request: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    if !context.allows(Operation::Describe, Resource::CLUSTER) {
        let error_code = ErrorCode::ClusterAuthorizationFailed.code();
        return ListPartitionReassignmentsResponse { error_code, ..ListPartitionReassignmentsResponse::default() };
    }
    let asked: Option<Vec<TopicPartitions>> = request.topics.map(|topics| {
        let topics = topics.into_iter();
        topics.map(|topic| TopicPartitions { name: topic.name, partitions: topic.partition_indexes }).collect()
    });
    let mut topics: Vec<Topic> = Vec::new();
    for ongoing in list_partition_reassignments(&context.node.cluster.image(), asked.as_deref()) {
        let partition = Partition {
            partition_index: ongoing.partition,
            replicas: ongoing.replicas,
            adding_replicas: ongoing.adding_replicas,
            removing_replicas: ongoing.removing_replicas,
            ..Partition::default()
        };
        match topics.last_mut() {
            Some(topic) if topic.name == ongoing.topic => topic.partitions.push(partition),
            _ => topics.push(Topic { name: ongoing.topic, partitions: vec![partition], ..Topic::default() }),
        }
    }
    ListPartitionReassignmentsResponse { topics, ..ListPartitionReassignmentsResponse::default() }
}
