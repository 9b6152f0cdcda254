//! `Changes`: what differs between two images, so that a node acts on that alone.
//!
//! They are found by comparing the images, not by collecting what records touched: records of an aborted transaction leave no
//! trace, a topic that was deleted and created again under its name is two events with two ids, and an image loaded from a
//! snapshot is compared just the same. Parts that both images share are skipped, so the cost is that of what differs.

use std::sync::Arc;

use types::{NodeId, Str, Uuid};

use super::{ClusterImage, ConfigResource, QuotaEntity, Topic};

/// What happened to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicEvent {
    /// It is new.
    Created,
    /// It is gone.
    Deleted,
    /// Some of its partitions are new or changed.
    Changed,
}

/// A topic that differs between two images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicChange {
    /// The topic's id.
    pub id: Uuid,
    /// The topic's name.
    pub name: Str,
    /// What happened to it.
    pub event: TopicEvent,
    /// The numbers of the partitions that are new, changed or gone, in order.
    pub partitions: Vec<i32>,
}

/// What differs between two images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Features with another level, or none any more.
    pub features: Vec<Str>,
    /// Brokers that registered, changed or left.
    pub brokers: Vec<NodeId>,
    /// Controllers that registered or changed.
    pub controllers: Vec<NodeId>,
    /// Topics that came, changed or went; the deleted ones first, so that a name can be reused.
    pub topics: Vec<TopicChange>,
    /// Resources with another configuration.
    pub configs: Vec<ConfigResource>,
    /// Entities with other quotas.
    pub client_quotas: Vec<QuotaEntity>,
    /// Did the next producer id move?
    pub producer_ids: bool,
    /// Ids of access control entries that came or went.
    pub acls: Vec<Uuid>,
    /// Users with another SCRAM credential, or none any more; a user may appear once for each mechanism.
    pub scram_users: Vec<Str>,
    /// Delegation tokens that came, changed or went.
    pub delegation_tokens: Vec<Str>,
}

impl Changes {
    /// What differs between what the two images publish.
    pub fn between(older: &ClusterImage, newer: &ClusterImage) -> Changes {
        let (old, new) = (older.published(), newer.published());
        let mut changes = Changes { producer_ids: old.next_producer_id != new.next_producer_id, ..Changes::default() };
        old.features.differences(&new.features, |a, b| a == b, |name, _, _| changes.features.push(name.clone()));
        old.brokers.differences(&new.brokers, same, |id, _, _| changes.brokers.push(*id));
        old.controllers.differences(&new.controllers, same, |id, _, _| changes.controllers.push(*id));
        changes.topics = topic_changes(old, new);
        old.configs.differences(&new.configs, same, |resource, _, _| changes.configs.push(resource.clone()));
        old.client_quotas.differences(&new.client_quotas, same, |entity, _, _| {
            changes.client_quotas.push(entity.clone());
        });
        old.acls.differences(&new.acls, same, |id, _, _| changes.acls.push(*id));
        old.scram_credentials.differences(&new.scram_credentials, same, |key, _, _| {
            changes.scram_users.push(key.user.clone());
        });
        old.delegation_tokens.differences(&new.delegation_tokens, same, |id, _, _| {
            changes.delegation_tokens.push(id.clone());
        });
        changes
    }

    /// Do the images publish the same?
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }
}

fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

fn topic_changes(old: &ClusterImage, new: &ClusterImage) -> Vec<TopicChange> {
    let (mut deleted, mut others) = (Vec::new(), Vec::new());
    // Topics are compared by address here and by content below, where only partitions that differ are looked at.
    old.topics.differences(&new.topics, Arc::ptr_eq, |_, before, after| match (before, after) {
        (Some(before), Some(after)) => {
            let change = topic_change(after, TopicEvent::Changed, differing_partitions(before, after));
            if !change.partitions.is_empty() {
                others.push(change);
            }
        }
        (None, Some(after)) => {
            others.push(topic_change(after, TopicEvent::Created, after.partitions.keys().copied().collect()));
        }
        (Some(before), None) => {
            deleted.push(topic_change(before, TopicEvent::Deleted, before.partitions.keys().copied().collect()));
        }
        (None, None) => {}
    });
    deleted.append(&mut others);
    deleted
}

fn topic_change(topic: &Topic, event: TopicEvent, partitions: Vec<i32>) -> TopicChange {
    TopicChange { id: topic.id, name: topic.name.clone(), event, partitions }
}

fn differing_partitions(before: &Topic, after: &Topic) -> Vec<i32> {
    let mut numbers = Vec::new();
    before.partitions.differences(&after.partitions, same, |number, _, _| numbers.push(*number));
    numbers
}
