//! This node acts on what the metadata log says: partitions come and go, leaders change, configurations change.

use std::collections::BTreeMap;
use std::sync::Arc;

use batch::ProduceRules;
use config::{Settings, TimestampType, TopicOptions};
use groups::DeletedTopic;
use metadata::image::TopicEvent;
use metadata::image::{Partition as PartitionImage, ResourceType, Topic as TopicImage};
use metadata::{Changes, ClusterImage, ConfigResource};
use replication::LeaderView;
use runtime::Clock;
use storage::LogOptions;
use types::{CONSUMER_OFFSETS, NodeId, TopicPartition};

use crate::coordinator::GroupCoordinators;
use crate::directories::Directories;
use crate::live_config::{LiveConfig, set_for};
use crate::partition::{Partition, Partitions, TopicRules};

/// Carries what is published into the node.
pub(crate) struct Publisher {
    pub(crate) node: NodeId,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) directories: Arc<Directories>,
    pub(crate) groups: Arc<GroupCoordinators>,
}

/// A topic's configuration, as logs and partitions need it.
#[derive(Clone)]
struct TopicConfig {
    options: Arc<LogOptions>,
    rules: Arc<TopicRules>,
}

impl Publisher {
    /// Acts on the difference between two images.
    pub(crate) fn publish(&self, changes: &Changes, before: &ClusterImage, image: &ClusterImage) {
        let live = LiveConfig::of(image, self.node);
        for change in changes.topics.iter().filter(|change| change.event == TopicEvent::Deleted) {
            self.delete_topic(change.id);
        }
        for change in changes.topics.iter().filter(|change| change.event != TopicEvent::Deleted) {
            if let Some(topic) = image.topic_by_id(change.id) {
                self.update_topic(topic, &change.partitions, &live, image);
            }
        }
        self.update_configs(changes, before, image, &live);
    }

    /// The offsets committed for deleted topics go, once the image without those topics is published.
    pub(crate) fn forget_offsets(&self, changes: &Changes) {
        let deleted = changes.topics.iter().filter(|change| change.event == TopicEvent::Deleted);
        let deleted: Vec<DeletedTopic> =
            deleted.map(|change| DeletedTopic { name: change.name.clone(), topic_id: change.id }).collect();
        if !deleted.is_empty() {
            self.groups.topics_deleted(&deleted);
        }
    }

    fn delete_topic(&self, id: types::Uuid) {
        let Some(topic) = self.partitions.remove(id) else { return };
        for partition in topic.partitions() {
            partition.follow(types::NO_NODE, partition.leader_epoch());
            if topic.name() == CONSUMER_OFFSETS {
                self.groups.resign(partition.number());
            }
            self.directories.delete(&partition);
        }
        tracing::info!(topic = topic.name(), %id, "topic deleted");
        // Closing large files takes a while: not here, where the whole cluster waits.
        self.directories.drop_later(topic);
    }

    fn update_topic(&self, topic: &TopicImage, numbers: &[i32], live: &LiveConfig, image: &ClusterImage) {
        let config = self.topic_config(&topic.name, live, image);
        let known = self.partitions.topic_by_id(topic.id);
        let mut fresh = Vec::new();
        let mut changed: Vec<(Arc<Partition>, &PartitionImage)> = Vec::new();
        for (number, partition) in numbers.iter().filter_map(|number| Some((*number, topic.partitions.get(number)?))) {
            if !partition.replicas.contains(&self.node) {
                continue;
            }
            let here = known.as_ref().and_then(|topic| topic.partition(number)).or_else(|| {
                let name = TopicPartition::new(topic.name.as_str(), number);
                let made = self.open(name, topic.id, &config)?;
                fresh.push(made.clone());
                Some(made)
            });
            changed.extend(here.map(|here| (here, &**partition)));
        }
        if !fresh.is_empty() || known.is_none() {
            self.partitions.enter(&topic.name, topic.id, fresh);
        }
        for (partition, facts) in changed {
            self.change_role(&partition, facts, config.rules.min_in_sync);
        }
    }

    fn open(&self, name: TopicPartition, topic_id: types::Uuid, config: &TopicConfig) -> Option<Arc<Partition>> {
        match self.directories.open(&name, topic_id, config.options.clone()) {
            Ok((log, directory)) => {
                Some(Arc::new(Partition::new(log, directory, config.rules.clone(), self.clock.clone())))
            }
            Err(error) => {
                tracing::error!(partition = %name, %error, "a partition cannot be opened");
                None
            }
        }
    }

    fn change_role(&self, partition: &Arc<Partition>, facts: &PartitionImage, min_in_sync: usize) {
        let led = partition.is_leader();
        if facts.leader == self.node {
            let view = LeaderView {
                node: self.node,
                epoch: facts.leader_epoch,
                replicas: facts.replicas.clone(),
                in_sync: facts.isr.clone(),
                partition_epoch: facts.partition_epoch,
            };
            partition.become_leader(view, min_in_sync);
            if !led && partition.topic_name() == CONSUMER_OFFSETS {
                self.groups.lead(partition.clone());
            }
        } else {
            partition.follow(facts.leader, facts.leader_epoch);
            if led && partition.topic_name() == CONSUMER_OFFSETS {
                self.groups.resign(partition.number());
            }
        }
    }

    fn update_configs(&self, changes: &Changes, before: &ClusterImage, image: &ClusterImage, live: &LiveConfig) {
        let brokers_changed = changes.configs.iter().any(|it| it.kind == ResourceType::BROKER)
            && LiveConfig::of(before, self.node) != *live;
        if brokers_changed {
            let settings = live.settings(&self.settings);
            self.groups.set_options(crate::node::group_options(&settings));
        }
        for topic in self.partitions.topics() {
            let own = changes.configs.iter().any(|it| it.kind == ResourceType::TOPIC && it.name == *topic.name());
            if own || brokers_changed {
                let config = self.topic_config(topic.name(), live, image);
                for partition in topic.partitions() {
                    partition.set_rules(config.rules.clone());
                    partition.log().update_options(config.options.clone());
                }
            }
        }
    }

    fn topic_config(&self, topic: &str, live: &LiveConfig, image: &ClusterImage) -> TopicConfig {
        let layers = live.layers(&self.settings);
        let set: BTreeMap<String, String> = set_for(image, &ConfigResource::topic(topic));
        let options = TopicOptions::resolve(&set, |name| layers.value(name));
        TopicConfig { options: Arc::new(log_options(&options, &self.settings)), rules: Arc::new(rules(&options)) }
    }
}

fn log_options(options: &TopicOptions, settings: &Settings) -> LogOptions {
    LogOptions {
        segment_bytes: options.effective_segment_bytes() as u32,
        segment_ms: options.segment_ms,
        segment_jitter_ms: options.segment_jitter_ms,
        segment_index_bytes: options.segment_index_bytes as u32,
        index_interval_bytes: options.index_interval_bytes as u32,
        delete: options.cleanup_policy.delete,
        retention_ms: options.retention_ms,
        retention_bytes: options.retention_bytes,
        file_delete_delay_ms: options.file_delete_delay_ms,
        flush_messages: options.flush_messages,
        flush_ms: options.flush_ms,
        preallocate: options.preallocate,
        producer_id_expiration_ms: settings.get_long("producer.id.expiration.ms"),
        max_producers: settings.get_long("vltava.max.producers.per.partition") as usize,
        ..LogOptions::default()
    }
}

fn rules(options: &TopicOptions) -> TopicRules {
    TopicRules {
        produce: ProduceRules {
            max_message_bytes: options.max_message_bytes as usize,
            compacted: options.cleanup_policy.compact,
            timestamp_type: match options.message_timestamp_type {
                TimestampType::CreateTime => batch::TimestampType::CreateTime,
                TimestampType::LogAppendTime => batch::TimestampType::LogAppendTime,
            },
            timestamp_before_max_ms: options.message_timestamp_before_max_ms,
            timestamp_after_max_ms: options.message_timestamp_after_max_ms,
            compression: TopicRules::compression(options),
            allow_zstd: true,
        },
        min_in_sync: options.min_insync_replicas.max(1) as usize,
        deletes: options.cleanup_policy.delete,
    }
}
