//! OffsetForLeaderEpoch (23), versions 2–4: where an epoch ended, so that a reader can tell whether its log has diverged
//! (KIP-101, KIP-320).
//!
//! Behaviour: the end offset of the largest epoch not above the one asked for; −1 and −1 when there is none.
//! Authorization: ClusterAction on the cluster, or Describe on each topic.

use security::{Operation, Resource};
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_OFFSET, Offset};
use wire::offset_for_leader_epoch_response::{Partition, Topic};
use wire::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
    let node = context.allows(Operation::ClusterAction, Resource::CLUSTER);
    let topics = request.topics.into_iter().map(|topic| {
        let allowed = node || context.allows(Operation::Describe, Resource::topic(&topic.topic));
        let found = context.node.partitions.topic(&topic.topic);
        let partitions = topic.partitions.into_iter().map(|asked| {
            let partition = found.as_ref().and_then(|topic| topic.partition(asked.partition));
            let result = if allowed {
                partition.ok_or(ErrorCode::UnknownTopicOrPartition).and_then(|partition| {
                    partition.check_leader(asked.current_leader_epoch)?;
                    Ok(partition.epoch_end(asked.leader_epoch))
                })
            } else {
                Err(ErrorCode::TopicAuthorizationFailed)
            };
            answer(asked.partition, result)
        });
        Topic { topic: topic.topic, partitions: partitions.collect(), ..Topic::default() }
    });
    OffsetForLeaderEpochResponse { topics: topics.collect(), ..OffsetForLeaderEpochResponse::default() }
}

fn answer(number: i32, result: Result<(LeaderEpoch, Offset), ErrorCode>) -> Partition {
    let (code, (leader_epoch, end_offset)) = match result {
        Ok(found) => (ErrorCode::None, found),
        Err(code) => (code, (NO_EPOCH, NO_OFFSET)),
    };
    Partition { error_code: code.code(), partition: number, leader_epoch, end_offset, ..Partition::default() }
}
