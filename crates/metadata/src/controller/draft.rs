//! `Draft`: records being decided, and the image as they would make it.

use records::{ConfigRecord, MetadataRecord, PartitionChangeRecord};
use types::{ErrorCode, NodeId, Offset, Str, Uuid};

use super::options::ControllerOptions;
use super::partition_change::PartitionChange;
use crate::Refusal;
use crate::features::ELIGIBLE_LEADER_REPLICAS_VERSION;
use crate::image::{Broker, ClusterImage, ConfigResource, Partition, Topic};

pub(super) const MIN_IN_SYNC_REPLICAS: &str = "min.insync.replicas";
pub(super) const UNCLEAN_LEADER_ELECTION: &str = "unclean.leader.election.enable";

/// Records being decided, and the image as they would make it.
pub(super) struct Draft<'c> {
    image: ClusterImage,
    records: Vec<MetadataRecord>,
    options: &'c ControllerOptions,
}

/// A point to which a draft can be taken back.
pub(super) struct Mark {
    image: ClusterImage,
    length: usize,
}

impl<'c> Draft<'c> {
    pub fn new(image: &ClusterImage, options: &'c ControllerOptions) -> Draft<'c> {
        Draft { image: image.clone(), records: Vec::new(), options }
    }

    /// The image with everything pushed so far.
    pub fn image(&self) -> &ClusterImage {
        &self.image
    }

    pub fn options(&self) -> &'c ControllerOptions {
        self.options
    }

    pub fn push(&mut self, record: MetadataRecord) {
        let applied = self.image.apply(&record);
        assert!(applied.is_ok(), "a record decided on this image contradicts it: {applied:?} for {record:?}");
        self.records.push(record);
    }

    pub fn mark(&self) -> Mark {
        Mark { image: self.image.clone(), length: self.records.len() }
    }

    /// Takes back everything pushed since the mark.
    pub fn roll_back(&mut self, mark: Mark) {
        self.image = mark.image;
        self.records.truncate(mark.length);
    }

    pub fn into_records(self) -> Vec<MetadataRecord> {
        self.records
    }

    /// The offset of the last record pushed, if the first one gets this offset.
    pub fn last_offset(&self, next_offset: Offset) -> Offset {
        next_offset.saturating_add(self.records.len() as Offset).saturating_sub(1)
    }

    /// The registration of a broker that speaks under this epoch.
    pub fn broker_with_epoch(&self, broker: NodeId, epoch: i64) -> Result<&Broker, Refusal> {
        match self.image.broker(broker) {
            None => Err(Refusal::new(ErrorCode::StaleBrokerEpoch, format!("Broker {broker} is not registered."))),
            Some(registered) if registered.epoch != epoch => Err(Refusal::new(
                ErrorCode::StaleBrokerEpoch,
                format!("Broker {broker} is registered with epoch {}, not {epoch}.", registered.epoch),
            )),
            Some(registered) => Ok(registered),
        }
    }

    /// Are eligible leader replicas kept?
    pub fn keeps_eligible_replicas(&self) -> bool {
        self.image.metadata_version().has_eligible_leader_replicas()
            && self.image.feature_level(ELIGIBLE_LEADER_REPLICAS_VERSION) > 0
    }

    /// A configuration that topics inherit from the cluster, as it is in force for a topic.
    fn topic_config(&self, topic: &str, name: &str) -> Option<&Str> {
        let own = self.image.config(&ConfigResource::topic(topic), name);
        own.or_else(|| self.image.config(&ConfigResource::cluster(), name))
    }

    /// `min.insync.replicas` of a topic, but no more than it has replicas.
    pub fn min_in_sync_replicas(&self, topic: &Topic) -> usize {
        let set = self.topic_config(&topic.name, MIN_IN_SYNC_REPLICAS).and_then(|value| value.trim().parse().ok());
        let configured: i32 = set.unwrap_or(self.options.min_in_sync_replicas);
        usize::try_from(configured).unwrap_or(1).max(1).min(topic.replication_factor())
    }

    /// May a replica from outside of the in-sync set become leader of this topic's partitions when nobody else can?
    pub fn allows_unclean_election(&self, topic: &str) -> bool {
        let set = self.topic_config(topic, UNCLEAN_LEADER_ELECTION);
        set.map_or(self.options.unclean_leader_election, |value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// A change of a partition, to be filled in; it elects uncleanly where the topic allows it.
    pub fn change<'d>(&'d self, topic: &'d Topic, number: i32, partition: &'d Partition) -> PartitionChange<'d> {
        PartitionChange::new(self, topic, number, partition)
    }

    pub fn push_partition_change(&mut self, change: Option<PartitionChangeRecord>) -> bool {
        let changed = change.is_some();
        if let Some(record) = change {
            self.push(MetadataRecord::PartitionChange(record));
        }
        changed
    }

    /// The partitions for which `wanted` holds, as topic id and number.
    pub fn partitions_where(&self, wanted: impl Fn(&Partition) -> bool) -> Vec<(Uuid, i32)> {
        let topics = self.image.topics();
        let partitions =
            topics.flat_map(|topic| topic.partitions.iter().map(move |(number, it)| (topic.id, *number, it)));
        partitions.filter(|(_, _, partition)| wanted(partition)).map(|(id, number, _)| (id, number)).collect()
    }

    pub fn push_config(&mut self, resource: &ConfigResource, name: &Str, value: Option<Str>) {
        self.push(MetadataRecord::Config(ConfigRecord {
            resource_type: resource.kind.0,
            resource_name: resource.name.clone(),
            name: name.clone(),
            value,
            ..Default::default()
        }));
    }
}
