//! What the controller is told about its cluster and about the node it runs on.

use std::sync::Arc;

use types::{NO_NODE, NodeId, Str};

use super::config_rules::{AnyConfig, ConfigRules};
use crate::MetadataVersion;
use crate::features::{FEATURES, METADATA_VERSION};
use crate::image::FeatureRange;

/// What the controller is told about its cluster and about the node it runs on.
#[derive(Clone)]
pub struct ControllerOptions {
    /// The cluster's id; brokers of another cluster are turned away.
    pub cluster_id: Str,
    /// The id of the node this controller runs on.
    pub node_id: NodeId,
    /// Partitions of a topic that asks for -1: `num.partitions`.
    pub default_partitions: i32,
    /// Replicas of a topic that asks for -1: `default.replication.factor`.
    pub default_replication_factor: i16,
    /// `min.insync.replicas` where neither topic nor cluster sets it.
    pub min_in_sync_replicas: i32,
    /// `unclean.leader.election.enable` where neither topic nor cluster sets it.
    pub unclean_leader_election: bool,
    /// A broker not heard of for so long is fenced: `broker.session.timeout.ms`.
    pub session_timeout_ms: i64,
    /// How often leadership is given back to preferred replicas, and unclean elections are tried where they are allowed:
    /// `leader.imbalance.check.interval.seconds`.
    pub election_interval_ms: i64,
    /// Whether leadership is given back at all: `auto.leader.rebalance.enable`.
    pub leader_rebalance: bool,
    /// Whether topics may be deleted: `delete.topic.enable`.
    pub delete_topics: bool,
    /// The levels of every feature that this program can work with.
    pub supported_features: Vec<FeatureRange>,
    /// What configurations may be set.
    pub configs: Arc<dyn ConfigRules>,
}

impl ControllerOptions {
    /// The range of a feature that this program can work with; a feature it does not know is off.
    pub fn supported(&self, feature: &str) -> FeatureRange {
        let known = self.supported_features.iter().find(|range| range.name == *feature);
        known.cloned().unwrap_or(FeatureRange { name: Str::from(feature), minimum: 0, maximum: 0 })
    }
}

impl Default for ControllerOptions {
    fn default() -> Self {
        let mut supported_features = vec![FeatureRange {
            name: Str::from_static(METADATA_VERSION),
            minimum: MetadataVersion::MINIMUM.level(),
            maximum: MetadataVersion::LATEST.level(),
        }];
        supported_features.extend(FEATURES.iter().map(|feature| FeatureRange {
            name: Str::from_static(feature.name),
            minimum: 0,
            maximum: feature.maximum,
        }));
        ControllerOptions {
            cluster_id: Str::EMPTY,
            node_id: NO_NODE,
            default_partitions: 1,
            default_replication_factor: 1,
            min_in_sync_replicas: 1,
            unclean_leader_election: false,
            session_timeout_ms: 9_000,
            election_interval_ms: 300_000,
            leader_rebalance: true,
            delete_topics: true,
            supported_features,
            configs: Arc::new(AnyConfig),
        }
    }
}
