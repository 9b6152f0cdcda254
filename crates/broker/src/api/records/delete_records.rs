//! DeleteRecords (21), versions 0–2: moves a partition's log start ahead.
//!
//! Behaviour: −1 means the high watermark; an offset beyond it or negative is OFFSET_OUT_OF_RANGE; one at or before the log
//! start changes nothing. A topic whose cleanup policy lacks `delete` refuses with POLICY_VIOLATION. The answer carries
//! the new low watermark. Authorization: Delete on each topic.

use security::{Operation, Resource};
use types::{ErrorCode, NO_OFFSET};
use wire::delete_records_response::{Partition, Topic};
use wire::{DeleteRecordsRequest, DeleteRecordsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let allowed = context.allows(Operation::Delete, Resource::topic(&topic.name));
        let found = context.node.partitions.topic(&topic.name);
        let partitions = topic.partitions.into_iter().map(|asked| {
            let partition = found.as_ref().and_then(|topic| topic.partition(asked.partition_index));
            let result = match partition {
                _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                _ if types::is_internal(&topic.name) => Err(ErrorCode::InvalidTopicException),
                None => Err(ErrorCode::UnknownTopicOrPartition),
                Some(partition) => partition.delete_records(asked.offset),
            };
            Partition {
                partition_index: asked.partition_index,
                low_watermark: *result.as_ref().unwrap_or(&NO_OFFSET),
                error_code: result.err().unwrap_or_default().code(),
                ..Partition::default()
            }
        });
        Topic { name: topic.name.clone(), partitions: partitions.collect(), ..Topic::default() }
    });
    DeleteRecordsResponse { topics: topics.collect(), ..DeleteRecordsResponse::default() }
}
