//! `ClusterImage`: the cluster as the metadata log describes it, up to some record.
//!
//! An image is a value. Cloning it costs a few reference counts and changing a clone leaves the original as it was, so that
//! the controller can try out a request on a clone, and a broker can hold the image it last acted on beside the newest one.
//! `apply` (file `apply.rs`) is the only way in which an image changes.
//!
//! A metadata transaction (BeginTransaction … EndTransaction over several batches) becomes visible as a whole: while one is
//! open, `published` is the image from before it, and AbortTransaction goes back to that.

mod apply;
mod changes;
mod config;
mod map;
mod nodes;
mod snapshot;
mod topic;

use std::sync::Arc;

use records::AccessControlEntryRecord;
use types::{NodeId, Str, Uuid};

pub use apply::InvalidRecord;
pub use changes::{Changes, TopicChange, TopicEvent};
pub use config::{ConfigResource, Configs, DelegationToken, QuotaEntity, ResourceType, ScramCredential, ScramKey};
pub use map::{Iter, SharedMap};
pub use nodes::{Broker, ControllerNode, Endpoint, FeatureRange};
pub use snapshot::feature_record;
pub(crate) use topic::NO_LEADER_CHANGE;
pub use topic::{LeaderRecoveryState, Partition, Topic};

use crate::MetadataVersion;
use crate::features::METADATA_VERSION;

/// The cluster as the metadata log describes it, up to some record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterImage {
    features: SharedMap<Str, i16>,
    brokers: SharedMap<NodeId, Arc<Broker>>,
    controllers: SharedMap<NodeId, Arc<ControllerNode>>,
    topics: SharedMap<Uuid, Arc<Topic>>,
    topic_ids: SharedMap<Str, Uuid>,
    /// Names with '.' or '_', each behind itself with every '.' made '_': such names must not meet.
    collision_names: SharedMap<(Str, Str), ()>,
    partition_count: usize,
    configs: SharedMap<ConfigResource, Arc<Configs>>,
    client_quotas: SharedMap<QuotaEntity, Arc<std::collections::BTreeMap<Str, f64>>>,
    next_producer_id: Option<i64>,
    acls: SharedMap<Uuid, Arc<AccessControlEntryRecord>>,
    scram_credentials: SharedMap<ScramKey, Arc<ScramCredential>>,
    delegation_tokens: SharedMap<Str, Arc<DelegationToken>>,
    /// The image from before the metadata transaction that is open.
    before_transaction: Option<Arc<ClusterImage>>,
}

impl ClusterImage {
    /// A cluster of which nothing is known.
    pub fn new() -> ClusterImage {
        ClusterImage::default()
    }

    /// What may be shown: this image, or the one from before the metadata transaction that is open.
    pub fn published(&self) -> &ClusterImage {
        self.before_transaction.as_deref().unwrap_or(self)
    }

    /// Is a metadata transaction open?
    pub fn in_transaction(&self) -> bool {
        self.before_transaction.is_some()
    }

    /// The metadata version that was finalized; none in a log that was never bootstrapped.
    pub fn finalized_metadata_version(&self) -> Option<MetadataVersion> {
        MetadataVersion::from_level(*self.features.get(METADATA_VERSION)?)
    }

    /// The metadata version to write by: the finalized one, or the minimum.
    pub fn metadata_version(&self) -> MetadataVersion {
        self.finalized_metadata_version().unwrap_or(MetadataVersion::MINIMUM)
    }

    /// The finalized level of a feature; 0 where it is off.
    pub fn feature_level(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or(0)
    }

    /// Every finalized feature, by name.
    pub fn features(&self) -> &SharedMap<Str, i16> {
        &self.features
    }

    /// A broker's registration.
    pub fn broker(&self, id: NodeId) -> Option<&Arc<Broker>> {
        self.brokers.get(&id)
    }

    /// Every registered broker, by id.
    pub fn brokers(&self) -> &SharedMap<NodeId, Arc<Broker>> {
        &self.brokers
    }

    /// Where a registered broker listens under this listener's name.
    pub fn broker_endpoint(&self, id: NodeId, listener: &str) -> Option<&Endpoint> {
        self.broker(id)?.endpoint(listener)
    }

    /// Is this broker registered, unfenced and not leaving?
    pub fn is_active(&self, id: NodeId) -> bool {
        self.broker(id).is_some_and(|broker| broker.is_active())
    }

    /// Every registered controller, by id.
    pub fn controllers(&self) -> &SharedMap<NodeId, Arc<ControllerNode>> {
        &self.controllers
    }

    /// A topic by its name.
    pub fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.get(self.topic_ids.get(name)?)
    }

    /// A topic by its id.
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.topics.get(&id)
    }

    /// The id of the topic with this name.
    pub fn topic_id(&self, name: &str) -> Option<Uuid> {
        self.topic_ids.get(name).copied()
    }

    /// Every topic, in the order of the names.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topic_ids.values().filter_map(|id| self.topics.get(id))
    }

    /// Every topic's name, in order.
    pub fn topic_names(&self) -> impl Iterator<Item = &Str> {
        self.topic_ids.keys()
    }

    /// How many topics there are.
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// How many partitions there are in all topics together.
    pub fn partition_count(&self) -> usize {
        self.partition_count
    }

    /// A partition by its topic's name and its number.
    pub fn partition(&self, topic: &str, number: i32) -> Option<&Arc<Partition>> {
        self.topic(topic)?.partitions.get(&number)
    }

    /// Who leads a partition; none if nobody does or there is no such partition.
    pub fn leader_of(&self, topic: &str, number: i32) -> Option<NodeId> {
        self.partition(topic, number).filter(|partition| partition.has_leader()).map(|partition| partition.leader)
    }

    /// An existing topic whose name differs from this one only in '.' and '_', other than this one itself.
    pub fn colliding_topic(&self, name: &str) -> Option<&Str> {
        let unified = unified_name(name)?;
        let from = (unified.clone(), Str::EMPTY);
        let same_unified =
            self.collision_names.iter_from(&from).map(|(key, ())| key).take_while(|key| key.0 == unified);
        same_unified.map(|key| &key.1).find(|other| **other != *name)
    }

    /// One configured value of a resource.
    pub fn config(&self, resource: &ConfigResource, name: &str) -> Option<&Str> {
        self.configs.get(resource)?.get(name)
    }

    /// Everything configured for a resource; none if nothing is.
    pub fn configs_of(&self, resource: &ConfigResource) -> Option<&Arc<Configs>> {
        self.configs.get(resource)
    }

    /// Every resource for which something is configured.
    pub fn configs(&self) -> &SharedMap<ConfigResource, Arc<Configs>> {
        &self.configs
    }

    /// Quotas by whom they limit.
    pub fn client_quotas(&self) -> &SharedMap<QuotaEntity, Arc<std::collections::BTreeMap<Str, f64>>> {
        &self.client_quotas
    }

    /// The first producer id not yet given to any broker.
    pub fn next_producer_id(&self) -> i64 {
        self.next_producer_id.unwrap_or(0)
    }

    /// Access control entries by their id.
    pub fn acls(&self) -> &SharedMap<Uuid, Arc<AccessControlEntryRecord>> {
        &self.acls
    }

    /// SCRAM credentials by user and mechanism.
    pub fn scram_credentials(&self) -> &SharedMap<ScramKey, Arc<ScramCredential>> {
        &self.scram_credentials
    }

    /// Delegation tokens by their id.
    pub fn delegation_tokens(&self) -> &SharedMap<Str, Arc<DelegationToken>> {
        &self.delegation_tokens
    }
}

/// The name with every '.' made '_', if it has any of the two.
fn unified_name(name: &str) -> Option<Str> {
    name.contains(['.', '_']).then(|| Str::from(name.replace('.', "_")))
}
