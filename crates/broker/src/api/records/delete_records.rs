//! DeleteRecords (21), versions 0–2: moves a partition's log start ahead.
//!
//! Behaviour: −1 means the high watermark; an offset beyond it or negative is OFFSET_OUT_OF_RANGE; one at or before the log
//! start changes nothing. A topic whose cleanup policy lacks `delete` refuses with POLICY_VIOLATION. The answer carries
//! the new low watermark, and is sent when the log starts are on the disk: what was deleted does not come back after a crash.
//! Segments that hold nothing else go at once. Authorization: Delete on each topic.

use std::sync::Arc;

use security::{Operation, Resource};
use types::{ErrorCode, NO_OFFSET};
use wire::delete_records_response::{Partition as PartitionResponse, Topic};
use wire::{DeleteRecordsRequest, DeleteRecordsResponse};

use crate::node::Node;
use crate::partition::Partition;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let mut changed = Vec::new();
    let topics = request.topics.into_iter().map(|topic| {
        let allowed = context.allows(Operation::Delete, Resource::topic(&topic.name));
        let found = context.node.partitions.topic(&topic.name);
        let partitions = topic.partitions.into_iter().map(|asked| {
            let partition = found.as_ref().and_then(|topic| topic.partition(asked.partition_index));
            let result = match partition {
                _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                _ if types::is_internal(&topic.name) => Err(ErrorCode::InvalidTopicException),
                None => Err(ErrorCode::UnknownTopicOrPartition),
                Some(partition) => {
                    let result = partition.delete_records(asked.offset);
                    if result.is_ok() {
                        changed.push(partition.clone());
                    }
                    result
                }
            };
            PartitionResponse {
                partition_index: asked.partition_index,
                low_watermark: *result.as_ref().unwrap_or(&NO_OFFSET),
                error_code: result.err().unwrap_or_default().code(),
                ..PartitionResponse::default()
            }
        });
        Topic { name: topic.name.clone(), partitions: partitions.collect(), ..Topic::default() }
    });
    let mut response = DeleteRecordsResponse { topics: topics.collect(), ..DeleteRecordsResponse::default() };
    if !changed.is_empty() {
        let node = context.node.clone();
        // An error means that the work panicked, which was reported when it happened.
        let durable = tokio::task::spawn_blocking(move || settle(&node, &changed)).await.unwrap_or(false);
        if !durable {
            let answers = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
            for answer in answers.filter(|answer| answer.error_code == ErrorCode::None.code()) {
                answer.error_code = ErrorCode::KafkaStorageError.code();
                answer.low_watermark = NO_OFFSET;
            }
        }
    }
    response
}

/// Makes the new log starts durable and lets go of the segments before them. False: they could not be written.
fn settle(node: &Node, changed: &[Arc<Partition>]) -> bool {
    let mut durable = true;
    for (directory, logs) in node.directories.grouped(&node.partitions.all()) {
        if let Err(error) = directory.write_log_starts(&logs) {
            tracing::error!(directory = %directory.path().display(), %error, "log starts cannot be written");
            durable = false;
        }
    }
    for partition in changed {
        node.directories.retain(partition.log(), node.clock.now_ms());
    }
    durable
}
