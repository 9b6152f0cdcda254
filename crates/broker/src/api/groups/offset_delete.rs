//! OffsetDelete (47), version 0: removes committed offsets of topics that the group does not read now.
//!
//! Authorization: Delete on the group, Read on each topic.

use std::collections::HashMap;

use groups::{Answer, Command, DeleteOffsets};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::offset_delete_request::Topic as Asked;
use wire::offset_delete_response::{Partition, Topic};
use wire::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    if !context.allows(Operation::Delete, Resource::group(&request.group_id)) {
        return refused(ErrorCode::GroupAuthorizationFailed);
    }
    let image = context.node.cluster.image();
    let refusal = |topic: &Asked, partition: i32| {
        if !context.allows(Operation::Read, Resource::topic(&topic.name)) {
            Some(ErrorCode::TopicAuthorizationFailed)
        } else if image.partition(&topic.name, partition).is_none() {
            Some(ErrorCode::UnknownTopicOrPartition)
        } else {
            None
        }
    };
    let asked = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| partition.partition_index);
        (topic.name.clone(), partitions.filter(|&partition| refusal(topic, partition).is_none()).collect::<Vec<_>>())
    });
    let asked: Vec<_> = asked.filter(|(_, partitions)| !partitions.is_empty()).collect();
    let command = Command::DeleteOffsets(DeleteOffsets { group_id: request.group_id.clone(), topics: asked });
    let answer = match ask::ask(&context, &request.group_id, command).await {
        Ok(Answer::DeleteOffsets(answer)) if answer.error.is_none() => answer,
        Ok(Answer::DeleteOffsets(answer)) => return refused(answer.error),
        Ok(_) => return refused(ask::UNEXPECTED),
        Err(code) => return refused(code),
    };
    let told: HashMap<_, _> = answer
        .topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(|result| ((topic.name.clone(), result.partition), result.error)))
        .collect();
    let topics = request.topics.iter().map(|topic| Topic {
        name: topic.name.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|asked| {
                let number = asked.partition_index;
                let told = told.get(&(topic.name.clone(), number)).copied().unwrap_or(ask::UNEXPECTED);
                let code = refusal(topic, number).unwrap_or(told);
                Partition { partition_index: number, error_code: code.code() }
            })
            .collect(),
    });
    OffsetDeleteResponse { topics: topics.collect(), ..OffsetDeleteResponse::default() }
}

fn refused(code: ErrorCode) -> OffsetDeleteResponse {
    OffsetDeleteResponse { error_code: code.code(), ..OffsetDeleteResponse::default() }
}
