//! DeleteTopics (20), versions 1–6: removes topics and their data.
//!
//! Behaviour: every topic of the request is answered; when it says success the topic is gone from this node, its files
//! follow after `file.delete.delay.ms`. Version notes: 5+ error messages; 6 topics by id.
//! Authorization: Delete on each topic. A topic that may not be seen gives the same answer whether it exists or not.

use metadata::controller::{DeleteTopics, TopicSelector};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::{ErrorCode, Str, Uuid};
use wire::delete_topics_response::Response;
use wire::{DeleteTopicsRequest, DeleteTopicsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let selectors: Vec<TopicSelector> = if context.version() >= 6 {
        let topics = request.topics.into_iter();
        topics.map(|topic| TopicSelector { name: topic.name, topic_id: topic.topic_id }).collect()
    } else {
        let names = request.topic_names.into_iter();
        names.map(|name| TopicSelector { name: Some(name), topic_id: Uuid::ZERO }).collect()
    };
    let mut responses = Vec::with_capacity(selectors.len());
    let mut asked = Vec::new();
    for selector in selectors {
        let refusal = refusal(&context, &selector);
        responses.push(match refusal {
            Some(code) => Some(told(selector.name, selector.topic_id, code, None)),
            None => {
                asked.push(selector);
                None
            }
        });
    }
    let mut failure = ErrorCode::UnknownServerError;
    let mut results = Vec::new();
    let count = asked.len();
    if count > 0 {
        match context.node.cluster.ask(Command::DeleteTopics(DeleteTopics { topics: asked.clone() })).await {
            Ok(Answer::DeleteTopics(answers)) => results = answers,
            Ok(_) => {}
            Err(code) => failure = code,
        }
    }
    let mut results = results.into_iter();
    let mut asked = asked.into_iter();
    let responses = responses.into_iter().filter_map(|response| {
        response.or_else(|| {
            let selector = asked.next()?;
            Some(match results.next() {
                Some(result) => match result.result {
                    Ok(()) => told(result.name, result.topic_id, ErrorCode::None, None),
                    Err(refusal) => told(result.name, result.topic_id, refusal.code, Some(refusal.message)),
                },
                None => told(selector.name, selector.topic_id, failure, None),
            })
        })
    });
    DeleteTopicsResponse { responses: responses.collect(), ..DeleteTopicsResponse::default() }
}

fn refusal(context: &Context, selector: &TopicSelector) -> Option<ErrorCode> {
    let image = context.node.cluster.image();
    match &selector.name {
        Some(name) => {
            (!context.allows(Operation::Delete, Resource::topic(name))).then_some(ErrorCode::TopicAuthorizationFailed)
        }
        None => {
            let name = image.topic_by_id(selector.topic_id).map(|topic| &topic.name)?;
            if !context.allows(Operation::Describe, Resource::topic(name)) {
                return Some(ErrorCode::UnknownTopicId);
            }
            (!context.allows(Operation::Delete, Resource::topic(name))).then_some(ErrorCode::TopicAuthorizationFailed)
        }
    }
}

fn told(name: Option<Str>, topic_id: Uuid, code: ErrorCode, message: Option<Str>) -> Response {
    let message = message.or_else(|| (!code.is_none()).then(|| code.name().into()));
    Response { name, topic_id, error_code: code.code(), error_message: message, ..Response::default() }
}
