//! CreateTopics (19), versions 2–7: makes topics.
//!
//! Behaviour: every topic of the request is answered, also one that is named twice (INVALID_REQUEST). When the answer says
//! success the topic is committed and usable on this node. Version notes: 4+ −1 for the defaults; 5+ the answer tells
//! partitions, replicas and configuration; 7+ topic ids.
//! Authorization: Create on the cluster or on each topic; DescribeConfigs on the topic to see its configuration.

use std::collections::HashMap;

use metadata::controller::{CreateTopics, CreateTopicsResult, NewTopic, ReplicaAssignment};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::create_topics_request::Topic as Asked;
use wire::create_topics_response::{Config, Topic};
use wire::{CreateTopicsRequest, CreateTopicsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let mut count: HashMap<Str, usize> = HashMap::new();
    request.topics.iter().for_each(|topic| *count.entry(topic.name.clone()).or_default() += 1);
    let cluster_allows = context.allows(Operation::Create, Resource::CLUSTER);
    let refusal = |topic: &Asked| {
        if count[&topic.name] > 1 {
            Some((ErrorCode::InvalidRequest, "the topic is named more than once in the request"))
        } else if !cluster_allows && !context.allows(Operation::Create, Resource::topic(&topic.name)) {
            Some((ErrorCode::TopicAuthorizationFailed, "not allowed to create the topic"))
        } else if topic.name == types::CLUSTER_METADATA {
            Some((ErrorCode::TopicAuthorizationFailed, "the name belongs to the metadata log"))
        } else {
            None
        }
    };
    let refusals: Vec<_> = request.topics.iter().map(refusal).collect();
    let names: Vec<Str> = request.topics.iter().map(|topic| topic.name.clone()).collect();
    let wanted = request.topics.into_iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
    let topics: Vec<NewTopic> = wanted.map(|(topic, _)| new_topic(topic)).collect();
    let mut results = Vec::new();
    let mut failure = ErrorCode::UnknownServerError;
    if !topics.is_empty() {
        let seed = u128::from_le_bytes(context.node.random.next_16());
        let command = Command::CreateTopics(CreateTopics { topics, validate_only: request.validate_only, seed });
        match context.node.cluster.ask(command).await {
            Ok(Answer::CreateTopics(answers)) => results = answers,
            Ok(_) => {}
            Err(code) => failure = code,
        }
    }
    let mut results = results.into_iter();
    let answers = names.into_iter().zip(refusals).map(|(name, refusal)| match refusal {
        Some((code, message)) => refused(name, code, message.into()),
        None => match results.next() {
            Some(result) => told(&context, result),
            None => refused(name, failure, "the controller did not answer".into()),
        },
    });
    CreateTopicsResponse { topics: answers.collect(), ..CreateTopicsResponse::default() }
}

fn new_topic(topic: Asked) -> NewTopic {
    let assignments = topic.assignments.into_iter();
    NewTopic {
        name: topic.name,
        num_partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: assignments
            .map(|each| ReplicaAssignment { partition: each.partition_index, broker_ids: each.broker_ids })
            .collect(),
        configs: topic.configs.into_iter().map(|config| (config.name, config.value)).collect(),
    }
}

fn told(context: &Context, result: CreateTopicsResult) -> Topic {
    let created = match result.result {
        Ok(created) => created,
        Err(refusal) => return refused(result.name, refusal.code, refusal.message),
    };
    if !context.allows(Operation::DescribeConfigs, Resource::topic(&result.name)) {
        return Topic {
            name: result.name,
            topic_id: created.topic_id,
            topic_config_error_code: ErrorCode::TopicAuthorizationFailed.code(),
            ..Topic::default()
        };
    }
    let configs = created.configs.into_iter().map(|config| Config {
        name: config.name,
        value: config.value,
        read_only: config.read_only,
        config_source: config.source,
        is_sensitive: config.is_sensitive,
        ..Config::default()
    });
    Topic {
        name: result.name,
        topic_id: created.topic_id,
        num_partitions: created.num_partitions,
        replication_factor: created.replication_factor,
        configs: Some(configs.collect()),
        ..Topic::default()
    }
}

fn refused(name: Str, code: ErrorCode, message: Str) -> Topic {
    Topic { name, error_code: code.code(), error_message: Some(message), ..Topic::default() }
}
