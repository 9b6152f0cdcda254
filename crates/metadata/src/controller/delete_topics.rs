//! Topics are deleted, by name or by id (DeleteTopics, key 20). Their configurations go with them.

use std::collections::BTreeMap;

use records::{MetadataRecord, RemoveTopicRecord};
use types::{ErrorCode, Str, Uuid};

use super::draft::Draft;
use crate::Refusal;

/// Topics are deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTopics {
    /// The topics.
    pub topics: Vec<TopicSelector>,
}

/// Names a topic by its name or by its id, never by both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSelector {
    /// The name.
    pub name: Option<Str>,
    /// The id; zero where the name is given.
    pub topic_id: Uuid,
}

/// What became of a topic to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTopicsResult {
    /// Its name, if it is known.
    pub name: Option<Str>,
    /// Its id, if it is known, otherwise zero.
    pub topic_id: Uuid,
    /// Why it was not deleted.
    pub result: Result<(), Refusal>,
}

pub(super) fn delete(draft: &mut Draft<'_>, command: DeleteTopics) -> Vec<DeleteTopicsResult> {
    let resolved: Vec<_> = command.topics.into_iter().map(|selector| resolve(draft, selector)).collect();
    let mut times: BTreeMap<Uuid, usize> = BTreeMap::new();
    for topic in resolved.iter().filter(|topic| topic.result.is_ok()) {
        *times.entry(topic.topic_id).or_default() += 1;
    }
    let mut results = Vec::with_capacity(resolved.len());
    for mut topic in resolved {
        if topic.result.is_ok() {
            topic.result = if times.get(&topic.topic_id).is_some_and(|times| *times > 1) {
                Err(Refusal::new(ErrorCode::InvalidRequest, "The request names this topic more than once."))
            } else {
                let record = RemoveTopicRecord { topic_id: topic.topic_id, ..Default::default() };
                draft.push(MetadataRecord::RemoveTopic(record));
                Ok(())
            };
        }
        results.push(topic);
    }
    results
}

fn resolve(draft: &Draft<'_>, selector: TopicSelector) -> DeleteTopicsResult {
    let TopicSelector { name, topic_id } = selector;
    let refused = |name, topic_id, code, message: &str| DeleteTopicsResult {
        name,
        topic_id,
        result: Err(Refusal::new(code, message)),
    };
    if !draft.options().delete_topics {
        return refused(name, topic_id, ErrorCode::TopicDeletionDisabled, "Deleting topics is switched off.");
    }
    match name {
        None if topic_id.is_zero() => {
            refused(None, topic_id, ErrorCode::InvalidRequest, "Neither the topic's name nor its id is given.")
        }
        Some(name) if !topic_id.is_zero() => {
            let message = "Both the topic's name and its id are given.";
            refused(Some(name), topic_id, ErrorCode::InvalidRequest, message)
        }
        None => match draft.image().topic_by_id(topic_id) {
            Some(topic) => DeleteTopicsResult { name: Some(topic.name.clone()), topic_id, result: Ok(()) },
            None => refused(None, topic_id, ErrorCode::UnknownTopicId, "No topic has this id."),
        },
        Some(name) => match draft.image().topic_id(&name) {
            Some(topic_id) => DeleteTopicsResult { name: Some(name), topic_id, result: Ok(()) },
            None => refused(Some(name), topic_id, ErrorCode::UnknownTopicOrPartition, "No topic has this name."),
        },
    }
}
