//! Topics that the node creates by itself: those that clients ask for, and its own internal ones.

use metadata::Command;
use metadata::controller::{CreateTopics, NewTopic};
use types::{CONSUMER_OFFSETS, Str};

use crate::node::Node;

/// A topic to be created.
#[derive(Debug)]
pub(crate) struct AutoCreate {
    topic: NewTopic,
    seed: u128,
}

impl AutoCreate {
    /// A client's topic with the defaults for everything.
    pub(crate) fn topic(name: &Str, node: &Node) -> AutoCreate {
        AutoCreate::new(node, name.detached(), -1, -1, Vec::new())
    }

    /// The topic that holds groups and their offsets.
    pub(crate) fn consumer_offsets(node: &Node) -> AutoCreate {
        let settings = &node.settings;
        let set = |name: &'static str, value: String| (Str::from_static(name), Some(Str::from(value)));
        let configs = vec![
            set("cleanup.policy", "compact".to_owned()),
            set("compression.type", "producer".to_owned()),
            set("segment.bytes", settings.get_int("offsets.topic.segment.bytes").to_string()),
        ];
        let partitions = settings.get_int("offsets.topic.num.partitions");
        let replicas = settings.get_int("offsets.topic.replication.factor") as i16;
        AutoCreate::new(node, Str::from_static(CONSUMER_OFFSETS), partitions, replicas, configs)
    }

    fn new(node: &Node, name: Str, partitions: i32, replicas: i16, configs: Vec<(Str, Option<Str>)>) -> AutoCreate {
        let topic = NewTopic {
            name,
            num_partitions: partitions,
            replication_factor: replicas,
            assignments: Vec::new(),
            configs,
        };
        AutoCreate { topic, seed: u128::from_le_bytes(node.random.next_16()) }
    }

    pub(super) fn into_command(self) -> Command {
        Command::CreateTopics(CreateTopics { topics: vec![self.topic], validate_only: false, seed: self.seed })
    }
}
