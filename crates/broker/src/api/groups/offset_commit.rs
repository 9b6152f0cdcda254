//! OffsetCommit (8), versions 2–10: a consumer says how far it has read.
//!
//! Behaviour: partitions of unknown topics are refused one by one; the others are written in one batch and answered when it
//! is committed. Version notes: 2–4 the request says how long to keep the offsets; 6+ leader epochs; 7+ static members; 9+
//! GROUP_ID_NOT_FOUND for a missing group; 10 topics by id. Authorization: Read on the group, Read on each topic.

use std::collections::HashMap;

use groups::{Answer, Command, CommitOffsets, CommitPartition, CommitTopic};
use security::{Operation, Resource};
use types::{ErrorCode, Str, Uuid};
use wire::offset_commit_request::Topic as Asked;
use wire::offset_commit_response::{Partition, Topic};
use wire::{OffsetCommitRequest, OffsetCommitResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let allowed = context.allows(Operation::Read, Resource::group(&request.group_id));
    // Answers come topic by topic in the order of the request; what the coordinator says is filled in behind.
    let mut topics: Vec<Topic> = request.topics.iter().map(|topic| echo(topic, ErrorCode::None)).collect();
    if !allowed {
        let refused = request.topics.iter().map(|topic| echo(topic, ErrorCode::GroupAuthorizationFailed));
        return OffsetCommitResponse { topics: refused.collect(), ..OffsetCommitResponse::default() };
    }
    let mut commits = Vec::new();
    let mut places = Vec::new();
    for (place, asked) in request.topics.into_iter().enumerate() {
        match checked(&context, asked, &mut topics[place]) {
            Some(commit) if !commit.partitions.is_empty() => {
                places.push(place);
                commits.push(commit);
            }
            _ => {}
        }
    }
    if commits.is_empty() {
        return OffsetCommitResponse { topics, ..OffsetCommitResponse::default() };
    }
    let group_id = request.group_id.clone();
    let command = Command::CommitOffsets(CommitOffsets {
        group_id: request.group_id,
        generation: request.generation_id_or_member_epoch,
        member_id: request.member_id,
        instance_id: request.group_instance_id,
        retention_ms: (request.retention_time_ms >= 0).then_some(request.retention_time_ms),
        reports_missing_group: context.version() >= 9,
        transaction: None,
        topics: commits,
    });
    let answer = ask::ask(&context, &group_id, command).await;
    for (index, place) in places.into_iter().enumerate() {
        let told: HashMap<i32, ErrorCode> = match &answer {
            Ok(Answer::CommitOffsets(told)) => {
                told.get(index).into_iter().flat_map(|t| t.partitions.iter().map(|p| (p.partition, p.error))).collect()
            }
            _ => HashMap::new(),
        };
        let otherwise = answer.as_ref().err().copied().unwrap_or(ask::UNEXPECTED);
        for partition in topics[place].partitions.iter_mut().filter(|partition| partition.error_code == 0) {
            partition.error_code = told.get(&partition.partition_index).copied().unwrap_or(otherwise).code();
        }
    }
    OffsetCommitResponse { topics, ..OffsetCommitResponse::default() }
}

fn echo(topic: &Asked, code: ErrorCode) -> Topic {
    let partitions = topic.partitions.iter().map(|partition| Partition {
        partition_index: partition.partition_index,
        error_code: code.code(),
        ..Partition::default()
    });
    Topic { name: topic.name.clone(), topic_id: topic.topic_id, partitions: partitions.collect(), ..Topic::default() }
}

/// What of a topic goes to the coordinator; what does not is marked in the answer.
fn checked(context: &Context, asked: Asked, answer: &mut Topic) -> Option<CommitTopic> {
    let image = context.node.cluster.image();
    let by_id = context.version() >= 10;
    let topic = if by_id { image.topic_by_id(asked.topic_id) } else { image.topic(&asked.name) };
    let name: Str = topic.map_or(asked.name, |topic| topic.name.clone());
    let refusal = if by_id && topic.is_none() {
        Some(ErrorCode::UnknownTopicId)
    } else if !context.allows(Operation::Read, Resource::topic(&name)) {
        Some(ErrorCode::TopicAuthorizationFailed)
    } else if topic.is_none() {
        Some(ErrorCode::UnknownTopicOrPartition)
    } else {
        None
    };
    if let Some(code) = refusal {
        answer.partitions.iter_mut().for_each(|partition| partition.error_code = code.code());
        return None;
    }
    let topic = topic?;
    let mut partitions = Vec::with_capacity(asked.partitions.len());
    for (partition, told) in asked.partitions.into_iter().zip(&mut answer.partitions) {
        if !topic.partitions.contains_key(&partition.partition_index) {
            told.error_code = ErrorCode::UnknownTopicOrPartition.code();
            continue;
        }
        partitions.push(CommitPartition {
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: partition.committed_metadata,
        });
    }
    let topic_id = if by_id { topic.id } else { Uuid::ZERO };
    Some(CommitTopic { name, topic_id, partitions })
}
