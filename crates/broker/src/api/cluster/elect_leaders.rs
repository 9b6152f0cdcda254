//! ElectLeaders (43), versions 0–2: gives leadership to the preferred replica, or to any replica that is left (KIP-460).
//!
//! Behaviour: `null` partitions mean all; then only partitions that changed are told. A partition that already has the leader
//! is ELECTION_NOT_NEEDED. Version notes: 0 knows the preferred election only. Authorization: Alter on the cluster.

use metadata::controller::{ElectLeaders, ElectionType, TopicPartitions};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::elect_leaders_response::{PartitionResult, ReplicaElectionResult};
use wire::{ElectLeadersRequest, ElectLeadersResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: ElectLeadersRequest) -> ElectLeadersResponse {
    if !context.allows(Operation::Alter, Resource::CLUSTER) {
        return refused(&context, &request, ErrorCode::ClusterAuthorizationFailed);
    }
    let Some(election_type) = ElectionType::from_code(request.election_type) else {
        return refused(&context, &request, ErrorCode::InvalidRequest);
    };
    let partitions = request.topic_partitions.as_ref().map(|topics| {
        let topics = topics.iter();
        topics.map(|t| TopicPartitions { name: t.topic.clone(), partitions: t.partitions.clone() }).collect()
    });
    let command = Command::ElectLeaders(ElectLeaders { election_type, partitions });
    match context.node.cluster.ask(command).await {
        Ok(Answer::ElectLeaders(topics)) => {
            let results = topics.into_iter().map(|topic| ReplicaElectionResult {
                topic: topic.name,
                partition_result: topic
                    .partitions
                    .into_iter()
                    .map(|partition| {
                        let (code, message) = match partition.result {
                            Ok(()) => (ErrorCode::None, None),
                            Err(refusal) => (refusal.code, Some(refusal.message)),
                        };
                        result(partition.partition, code, message)
                    })
                    .collect(),
                ..ReplicaElectionResult::default()
            });
            ElectLeadersResponse { replica_election_results: results.collect(), ..ElectLeadersResponse::default() }
        }
        Ok(_) => refused(&context, &request, ErrorCode::UnknownServerError),
        Err(code) => refused(&context, &request, code),
    }
}

fn result(partition_id: i32, code: ErrorCode, error_message: Option<types::Str>) -> PartitionResult {
    PartitionResult { partition_id, error_code: code.code(), error_message, ..PartitionResult::default() }
}

/// Version 0 has no error for the whole: every partition carries it.
fn refused(context: &Context, request: &ElectLeadersRequest, code: ErrorCode) -> ElectLeadersResponse {
    let topics = request.topic_partitions.iter().flatten().map(|topic| ReplicaElectionResult {
        topic: topic.topic.clone(),
        partition_result: topic
            .partitions
            .iter()
            .map(|&number| result(number, code, Some(code.name().into())))
            .collect(),
        ..ReplicaElectionResult::default()
    });
    ElectLeadersResponse {
        error_code: if context.version() >= 1 { code.code() } else { 0 },
        replica_election_results: topics.collect(),
        ..ElectLeadersResponse::default()
    }
}
