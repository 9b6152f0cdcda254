//! The partitions of this node, by topic name and by topic id.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use observe::{Counter, Registry};
use parking_lot::RwLock;
use types::{Str, Uuid};

use super::Partition;

/// A topic as this node has it: the partitions of which it holds a replica.
#[derive(Debug)]
pub(crate) struct Topic {
    name: Arc<str>,
    id: Uuid,
    partitions: ArcSwap<Vec<Option<Arc<Partition>>>>,
    messages_in: Arc<Counter>,
    bytes_in: Arc<Counter>,
}

impl Topic {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn partition(&self, number: i32) -> Option<Arc<Partition>> {
        self.partitions.load().get(usize::try_from(number).ok()?)?.clone()
    }

    pub(crate) fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions.load().iter().flatten().cloned().collect()
    }

    /// Records came in.
    pub(crate) fn count_in(&self, messages: u64, bytes: u64) {
        self.messages_in.add(messages);
        self.bytes_in.add(bytes);
    }
}

#[derive(Debug, Default)]
struct Index {
    by_name: HashMap<Arc<str>, Arc<Topic>, foldhash::fast::RandomState>,
    by_id: HashMap<Uuid, Arc<Topic>, foldhash::fast::RandomState>,
}

/// All partitions of the node.
#[derive(Debug)]
pub(crate) struct Partitions {
    index: RwLock<Index>,
    metrics: Registry,
}

impl Partitions {
    pub(crate) fn new(metrics: Registry) -> Partitions {
        Partitions { index: RwLock::default(), metrics }
    }

    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.index.read().by_name.get(name).cloned()
    }

    pub(crate) fn topic_by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.index.read().by_id.get(&id).cloned()
    }

    pub(crate) fn topics(&self) -> Vec<Arc<Topic>> {
        self.index.read().by_id.values().cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Partition>> {
        self.topics().iter().flat_map(|topic| topic.partitions()).collect()
    }

    /// Enters partitions of a topic, which is made when it is new.
    pub(crate) fn enter(&self, name: &Str, id: Uuid, partitions: Vec<Arc<Partition>>) {
        let mut index = self.index.write();
        let topic = match index.by_id.get(&id) {
            Some(topic) => topic.clone(),
            None => {
                let labels = [("topic", name.as_str())];
                let counter = |what: &str| {
                    self.metrics.counter(&format!("kafka_server_brokertopicmetrics_{what}_total"), &labels)
                };
                let topic = Arc::new(Topic {
                    name: name.as_str().into(),
                    id,
                    partitions: ArcSwap::default(),
                    messages_in: counter("messagesin"),
                    bytes_in: counter("bytesin"),
                });
                index.by_name.insert(topic.name.clone(), topic.clone());
                index.by_id.insert(id, topic.clone());
                topic
            }
        };
        let mut all = Vec::clone(&topic.partitions.load());
        for partition in partitions {
            let place = partition.number().max(0) as usize;
            if all.len() <= place {
                all.resize(place + 1, None);
            }
            all[place] = Some(partition);
        }
        topic.partitions.store(Arc::new(all));
    }

    /// A topic is gone; its partitions, for whoever removes their files.
    pub(crate) fn remove(&self, id: Uuid) -> Option<Arc<Topic>> {
        let mut index = self.index.write();
        let topic = index.by_id.remove(&id)?;
        // A new topic may bear the name already.
        if index.by_name.get(topic.name()).is_some_and(|named| named.id == id) {
            index.by_name.remove(topic.name());
        }
        self.metrics.forget("topic", topic.name());
        Some(topic)
    }
}
