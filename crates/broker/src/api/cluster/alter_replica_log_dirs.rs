//! AlterReplicaLogDirs (34), versions 1–2: moves replicas between directories of this node.
//!
//! Behaviour: a directory that is not one of `log.dirs` is LOG_DIR_NOT_FOUND; a partition that is not here is
//! UNKNOWN_TOPIC_OR_PARTITION, as far as its directory is known; one that is where it shall be is done.
//! Authorization: Alter on the cluster. Skipped: moving data between two directories: KAFKA_STORAGE_ERROR with a log line.

use std::path::Path;

use security::{Operation, Resource};
use types::ErrorCode;
use wire::alter_replica_log_dirs_response::{Partition, Result as Told};
use wire::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: AlterReplicaLogDirsRequest) -> AlterReplicaLogDirsResponse {
    let allowed = context.allows(Operation::Alter, Resource::CLUSTER);
    let mut results = Vec::new();
    for dir in request.dirs {
        let target = context.node.directories.iter().position(|directory| directory.path() == Path::new(&*dir.path));
        for topic in dir.topics {
            let partitions = topic.partitions.iter().map(|&number| {
                let code = if allowed {
                    move_replica(&context, target, &topic.name, number)
                } else {
                    ErrorCode::ClusterAuthorizationFailed
                };
                Partition { partition_index: number, error_code: code.code(), ..Partition::default() }
            });
            let partitions = partitions.collect();
            results.push(Told { topic_name: topic.name, partitions, ..Told::default() });
        }
    }
    AlterReplicaLogDirsResponse { results, ..AlterReplicaLogDirsResponse::default() }
}

fn move_replica(context: &Context, target: Option<usize>, topic: &str, number: i32) -> ErrorCode {
    let Some(target) = target else { return ErrorCode::LogDirNotFound };
    let partition = context.node.partitions.topic(topic).and_then(|topic| topic.partition(number));
    match partition {
        None => ErrorCode::UnknownTopicOrPartition,
        Some(partition) if partition.directory() == target => ErrorCode::None,
        Some(partition) => {
            tracing::warn!(%partition, "replicas cannot be moved between directories of a node");
            ErrorCode::KafkaStorageError
        }
    }
}
