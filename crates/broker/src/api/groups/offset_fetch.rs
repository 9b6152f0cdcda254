//! OffsetFetch (9), versions 1–10: the committed offsets of groups.
//!
//! Behaviour: `null` topics mean all (from version 2); a partition without a commit has offset −1. Version notes: 2+ an error
//! for the whole; 5+ leader epochs; 7+ `require_stable`; 8+ several groups; 10 topics by id.
//! Authorization: Describe on each group, Describe on each topic; topics that may not be seen are left out of "all".

use groups::{Answer, Command, FetchGroup, FetchOffsets, FetchTopic, FetchedGroup, FetchedPartition, FetchedTopic};
use security::{Operation, Resource};
use types::{ErrorCode, NO_EPOCH, NO_OFFSET, Str, Uuid};
use wire::offset_fetch_response::{
    Group, GroupTopic, GroupTopicPartition, OffsetFetchResponseTopic, OffsetFetchResponseTopicPartition,
};
use wire::{OffsetFetchRequest, OffsetFetchResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: OffsetFetchRequest) -> OffsetFetchResponse {
    if context.version() >= 8 {
        let mut groups = Vec::with_capacity(request.groups.len());
        for asked in request.groups {
            let topics = asked.topics.map(|topics| {
                let topics = topics.into_iter();
                topics
                    .map(|t| FetchTopic { name: t.name, topic_id: t.topic_id, partitions: t.partition_indexes })
                    .collect()
            });
            let group = FetchGroup { group_id: asked.group_id, topics };
            groups.push(told(fetch(&context, group, request.require_stable).await));
        }
        return OffsetFetchResponse { groups, ..OffsetFetchResponse::default() };
    }
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter();
        topics.map(|t| FetchTopic { name: t.name, topic_id: Uuid::ZERO, partitions: t.partition_indexes }).collect()
    });
    let asked: Vec<FetchTopic> = topics.clone().unwrap_or_default();
    let group = FetchGroup { group_id: request.group_id, topics };
    let fetched = fetch(&context, group, request.require_stable).await;
    single(&context, fetched, asked)
}

/// The answer before version 8. Version 1 has no error for the whole: each partition carries it.
fn single(context: &Context, fetched: FetchedGroup, asked: Vec<FetchTopic>) -> OffsetFetchResponse {
    let topics = if fetched.error.is_none() || context.version() >= 2 {
        fetched.topics
    } else {
        asked.iter().map(|topic| failed(topic, fetched.error)).collect()
    };
    let topics = topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|partition| OffsetFetchResponseTopicPartition {
                partition_index: partition.partition,
                committed_offset: partition.offset,
                committed_leader_epoch: partition.leader_epoch,
                metadata: Some(partition.metadata),
                error_code: partition.error.code(),
                ..OffsetFetchResponseTopicPartition::default()
            })
            .collect(),
        ..OffsetFetchResponseTopic::default()
    });
    OffsetFetchResponse {
        topics: topics.collect(),
        error_code: if context.version() >= 2 { fetched.error.code() } else { 0 },
        ..OffsetFetchResponse::default()
    }
}

fn told(fetched: FetchedGroup) -> Group {
    let topics = fetched.topics.into_iter().map(|topic| GroupTopic {
        name: topic.name,
        topic_id: topic.topic_id,
        partitions: topic
            .partitions
            .into_iter()
            .map(|partition| GroupTopicPartition {
                partition_index: partition.partition,
                committed_offset: partition.offset,
                committed_leader_epoch: partition.leader_epoch,
                metadata: Some(partition.metadata),
                error_code: partition.error.code(),
                ..GroupTopicPartition::default()
            })
            .collect(),
        ..GroupTopic::default()
    });
    Group { group_id: fetched.group_id, topics: topics.collect(), error_code: fetched.error.code(), ..Group::default() }
}

async fn fetch(context: &Context, mut group: FetchGroup, require_stable: bool) -> FetchedGroup {
    let group_id = group.group_id.clone();
    if !context.allows(Operation::Describe, Resource::group(&group_id)) {
        return refused(group_id, ErrorCode::GroupAuthorizationFailed);
    }
    let all = group.topics.is_none();
    let mut order = Vec::new();
    if let Some(topics) = group.topics.take() {
        let (visible, hidden) = visible(context, topics, &mut order);
        group.topics = Some(visible);
        return merged(context, group, require_stable, hidden, order).await;
    }
    let mut fetched = ask_one(context, group, require_stable).await;
    if all {
        fetched.topics.retain(|topic| context.allows(Operation::Describe, Resource::topic(&topic.name)));
        name_by_id(context, &mut fetched);
    }
    fetched
}

/// Where each topic of the request stands: seen by the coordinator, or answered with an error here.
enum Place {
    Asked,
    Hidden,
}

fn visible(context: &Context, topics: Vec<FetchTopic>, order: &mut Vec<Place>) -> (Vec<FetchTopic>, Vec<FetchedTopic>) {
    let image = context.node.cluster.image();
    let by_id = context.version() >= 10;
    let (mut asked, mut hidden) = (Vec::new(), Vec::new());
    for mut topic in topics {
        let mut refusal = None;
        if by_id {
            match image.topic_by_id(topic.topic_id) {
                Some(found) => topic.name = found.name.clone(),
                None => refusal = Some(ErrorCode::UnknownTopicId),
            }
        }
        if refusal.is_none() && !context.allows(Operation::Describe, Resource::topic(&topic.name)) {
            refusal = Some(ErrorCode::TopicAuthorizationFailed);
        }
        match refusal {
            Some(code) => {
                order.push(Place::Hidden);
                hidden.push(failed(&topic, code));
            }
            None => {
                order.push(Place::Asked);
                asked.push(topic);
            }
        }
    }
    (asked, hidden)
}

async fn merged(
    context: &Context,
    group: FetchGroup,
    require_stable: bool,
    hidden: Vec<FetchedTopic>,
    order: Vec<Place>,
) -> FetchedGroup {
    let mut fetched = ask_one(context, group, require_stable).await;
    if !fetched.error.is_none() {
        return fetched;
    }
    let (mut asked, mut hidden) = (std::mem::take(&mut fetched.topics).into_iter(), hidden.into_iter());
    fetched.topics = order
        .into_iter()
        .filter_map(|place| match place {
            Place::Asked => asked.next(),
            Place::Hidden => hidden.next(),
        })
        .collect();
    fetched
}

async fn ask_one(context: &Context, group: FetchGroup, require_stable: bool) -> FetchedGroup {
    let group_id = group.group_id.clone();
    let command = Command::FetchOffsets(FetchOffsets { groups: vec![group], require_stable });
    match ask::ask(context, &group_id, command).await {
        Ok(Answer::FetchOffsets(mut groups)) => groups.pop().unwrap_or_else(|| refused(group_id, ask::UNEXPECTED)),
        Ok(_) => refused(group_id, ask::UNEXPECTED),
        Err(code) => refused(group_id, code),
    }
}

/// Version 10 names topics by id in "all", too; a topic that is gone has none and is left out.
fn name_by_id(context: &Context, fetched: &mut FetchedGroup) {
    if context.version() < 10 {
        return;
    }
    let image = context.node.cluster.image();
    fetched.topics.retain_mut(|topic| match image.topic_id(&topic.name) {
        Some(id) => {
            topic.topic_id = id;
            true
        }
        None => false,
    });
}

fn failed(topic: &FetchTopic, code: ErrorCode) -> FetchedTopic {
    let partitions = topic.partitions.iter().map(|&partition| FetchedPartition {
        partition,
        offset: NO_OFFSET,
        leader_epoch: NO_EPOCH,
        metadata: Str::EMPTY,
        error: code,
    });
    FetchedTopic { name: topic.name.clone(), topic_id: topic.topic_id, partitions: partitions.collect() }
}

fn refused(group_id: Str, code: ErrorCode) -> FetchedGroup {
    FetchedGroup { group_id, error: code, topics: Vec::new() }
}
