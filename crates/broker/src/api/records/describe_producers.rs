//! DescribeProducers (61), version 0: the producers that a partition remembers (KIP-664).
//!
//! Authorization: Read on each topic.

use security::{Operation, Resource};
use types::ErrorCode;
use wire::describe_producers_response::{ActiveProducer, Partition, Topic};
use wire::{DescribeProducersRequest, DescribeProducersResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DescribeProducersRequest) -> DescribeProducersResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let allowed = context.allows(Operation::Read, Resource::topic(&topic.name));
        let found = context.node.partitions.topic(&topic.name);
        let partitions = topic.partition_indexes.into_iter().map(|number| {
            let partition = found.as_ref().and_then(|topic| topic.partition(number));
            let result = match partition {
                _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                None => Err(ErrorCode::UnknownTopicOrPartition),
                Some(partition) => partition.check_leader(types::NO_EPOCH).map(|()| partition.producers()),
            };
            let (code, producers) = match result {
                Ok(producers) => (ErrorCode::None, producers),
                Err(code) => (code, Vec::new()),
            };
            let active = producers.into_iter().map(|producer| ActiveProducer {
                producer_id: producer.producer_id,
                producer_epoch: producer.epoch.into(),
                last_sequence: producer.last_sequence,
                last_timestamp: producer.last_timestamp,
                coordinator_epoch: producer.coordinator_epoch,
                current_txn_start_offset: producer.transaction_start.unwrap_or(types::NO_OFFSET),
                ..ActiveProducer::default()
            });
            Partition {
                partition_index: number,
                error_code: code.code(),
                error_message: (!code.is_none()).then(|| code.name().into()),
                active_producers: active.collect(),
                ..Partition::default()
            }
        });
        Topic { name: topic.name.clone(), partitions: partitions.collect(), ..Topic::default() }
    });
    DescribeProducersResponse { topics: topics.collect(), ..DescribeProducersResponse::default() }
}
