//! AlterPartitionReassignments (45), versions 0–1: moves replicas to other nodes, or takes that back (KIP-455).
//!
//! Version notes: 1+ says whether the number of replicas may change. Authorization: Alter on the cluster.

use metadata::controller::{AlterPartitionReassignments, PartitionReassignment, TopicReassignment};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::alter_partition_reassignments_response::{Partition, Response};
use wire::{AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse};

use crate::router::Context;

pub(crate) async fn handle(
    context: Context,
    request: AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    if !context.allows(Operation::Alter, Resource::CLUSTER) {
        return refused(ErrorCode::ClusterAuthorizationFailed);
    }
    let allow_replication_factor_change = request.allow_replication_factor_change;
    let topics = request.topics.into_iter().map(|topic| TopicReassignment {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|each| PartitionReassignment { partition: each.partition_index, replicas: each.replicas })
            .collect(),
    });
    let command = AlterPartitionReassignments { topics: topics.collect(), allow_replication_factor_change };
    match context.node.cluster.ask(Command::AlterPartitionReassignments(command)).await {
        Ok(Answer::AlterPartitionReassignments(topics)) => {
            let responses = topics.into_iter().map(|topic| Response {
                name: topic.name,
                partitions: topic
                    .partitions
                    .into_iter()
                    .map(|partition| {
                        let refusal = partition.result.err();
                        Partition {
                            partition_index: partition.partition,
                            error_code: refusal.as_ref().map_or(0, |refusal| refusal.code.code()),
                            error_message: refusal.map(|refusal| refusal.message),
                            ..Partition::default()
                        }
                    })
                    .collect(),
                ..Response::default()
            });
            AlterPartitionReassignmentsResponse {
                allow_replication_factor_change,
                responses: responses.collect(),
                ..AlterPartitionReassignmentsResponse::default()
            }
        }
        Ok(_) => refused(ErrorCode::UnknownServerError),
        Err(code) => refused(code),
    }
}

fn refused(code: ErrorCode) -> AlterPartitionReassignmentsResponse {
    AlterPartitionReassignmentsResponse {
        error_code: code.code(),
        error_message: Some(code.name().into()),
        ..AlterPartitionReassignmentsResponse::default()
    }
}
