//! CreatePartitions (37), versions 0–3: gives topics more partitions.
//!
//! Behaviour: every topic of the request is answered, also one that is named twice (INVALID_REQUEST).
//! Authorization: Alter on each topic.

use std::collections::HashMap;

use metadata::controller::{CreatePartitions, MorePartitions};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::create_partitions_response::Result as Told;
use wire::{CreatePartitionsRequest, CreatePartitionsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let mut count: HashMap<Str, usize> = HashMap::new();
    request.topics.iter().for_each(|topic| *count.entry(topic.name.clone()).or_default() += 1);
    let refusals: Vec<_> = request
        .topics
        .iter()
        .map(|topic| {
            if count[&topic.name] > 1 {
                Some((ErrorCode::InvalidRequest, "the topic is named more than once in the request"))
            } else if types::is_internal(&topic.name) {
                Some((
                    ErrorCode::InvalidTopicException,
                    "the partitions of an internal topic say where things are: their number is fixed",
                ))
            } else if !context.allows(Operation::Alter, Resource::topic(&topic.name)) {
                Some((ErrorCode::TopicAuthorizationFailed, "not allowed to alter the topic"))
            } else {
                None
            }
        })
        .collect();
    let names: Vec<Str> = request.topics.iter().map(|topic| topic.name.clone()).collect();
    let wanted = request.topics.into_iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
    let topics: Vec<MorePartitions> = wanted
        .map(|(topic, _)| MorePartitions {
            name: topic.name,
            count: topic.count,
            assignments: topic.assignments.map(|each| each.into_iter().map(|one| one.broker_ids).collect()),
        })
        .collect();
    let mut failure = ErrorCode::UnknownServerError;
    let mut results = Vec::new();
    if !topics.is_empty() {
        let seed = u128::from_le_bytes(context.node.random.next_16());
        let command =
            Command::CreatePartitions(CreatePartitions { topics, validate_only: request.validate_only, seed });
        match context.node.cluster.ask(command).await {
            Ok(Answer::CreatePartitions(answers)) => results = answers,
            Ok(_) => {}
            Err(code) => failure = code,
        }
    }
    let mut results = results.into_iter();
    let results = names.into_iter().zip(refusals).map(|(name, refusal)| match refusal {
        Some((code, message)) => told(name, code, Some(message.into())),
        None => match results.next().map(|result| result.result) {
            Some(Ok(())) => told(name, ErrorCode::None, None),
            Some(Err(refusal)) => told(name, refusal.code, Some(refusal.message)),
            None => told(name, failure, Some("the controller did not answer".into())),
        },
    });
    CreatePartitionsResponse { results: results.collect(), ..CreatePartitionsResponse::default() }
}

fn told(name: Str, code: ErrorCode, message: Option<Str>) -> Told {
    Told { name, error_code: code.code(), error_message: message, ..Told::default() }
}
