//! DescribeTopicPartitions (75), version 0: topics page by page, with eligible leader replicas (KIP-966).
//!
//! Behaviour: topics come sorted by name; an empty list means all; at most `max.request.partition.size.limit` partitions are
//! told at once, and a cursor says where to go on. Authorization: Describe on each topic.

use std::collections::BTreeSet;

use metadata::ClusterImage;
use metadata::image::Topic;
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::describe_topic_partitions_response as response;
use wire::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};

use super::placement;
use crate::router::Context;

pub(crate) async fn handle(
    context: Context,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    let image = context.node.cluster.image();
    let all = request.topics.is_empty();
    let names: BTreeSet<Str> = if all {
        image.topic_names().cloned().collect()
    } else {
        request.topics.iter().map(|topic| topic.name.clone()).collect()
    };
    let configured = context.node.settings.get_int("max.request.partition.size.limit").max(1);
    let mut room = configured.min(request.response_partition_limit.max(1)) as usize;
    let mut answer = DescribeTopicPartitionsResponse::default();
    for name in names {
        let first = match &request.cursor {
            Some(cursor) if name < cursor.topic_name => continue,
            Some(cursor) if name == cursor.topic_name => cursor.partition_index.max(0),
            _ => 0,
        };
        if !context.allows(Operation::Describe, Resource::topic(&name)) {
            if !all {
                answer.topics.push(refused(name, ErrorCode::TopicAuthorizationFailed));
            }
            continue;
        }
        let Some(topic) = image.topic(&name) else {
            let invalid = types::validate_topic_name(&name).is_err();
            let code = if invalid { ErrorCode::InvalidTopicException } else { ErrorCode::UnknownTopicOrPartition };
            answer.topics.push(refused(name, code));
            continue;
        };
        if room == 0 {
            answer.next_cursor = Some(cursor(name, first));
            break;
        }
        let told = describe(&context, &image, topic, first, room);
        room -= told.partitions.len();
        let next = first + told.partitions.len() as i32;
        let unfinished = (next as usize) < topic.partitions.len();
        answer.topics.push(told);
        if unfinished {
            answer.next_cursor = Some(cursor(name, next));
            break;
        }
    }
    answer
}

fn cursor(topic_name: Str, partition_index: i32) -> response::NextCursor {
    response::NextCursor { topic_name, partition_index, ..response::NextCursor::default() }
}

fn refused(name: Str, code: ErrorCode) -> response::Topic {
    response::Topic { error_code: code.code(), name: Some(name), ..response::Topic::default() }
}

fn describe(context: &Context, image: &ClusterImage, topic: &Topic, first: i32, room: usize) -> response::Topic {
    let listener = context.session.listener();
    let partitions = topic.partitions.iter_from(&first).take(room).map(|(&number, partition)| {
        let error = placement::leader_error(image, partition, listener);
        response::Partition {
            error_code: error.code(),
            partition_index: number,
            leader_id: if error.is_none() { partition.leader } else { types::NO_NODE },
            leader_epoch: partition.leader_epoch,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            eligible_leader_replicas: Some(partition.eligible_leader_replicas.clone()),
            last_known_elr: Some(partition.last_known_elr.clone()),
            offline_replicas: placement::offline_replicas(image, partition),
            ..response::Partition::default()
        }
    });
    response::Topic {
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: types::is_internal(&topic.name),
        partitions: partitions.collect(),
        topic_authorized_operations: context.allowed_bits(Resource::topic(&topic.name)),
        ..response::Topic::default()
    }
}
