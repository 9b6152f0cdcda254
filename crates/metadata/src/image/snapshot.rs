//! The image as records, in the order in which Kafka writes a snapshot.
//!
//! Features come first, `metadata.version` before all others, because they say how the rest is to be read. Then nodes, topics
//! with their partitions, configurations, quotas, producer ids, access control entries, SCRAM credentials, delegation tokens.
//! Applied to an empty image the records give an equal image. A metadata transaction that is open is not part of a snapshot.

use records::client_quota_record::Entity;
use records::{ClientQuotaRecord, ConfigRecord, FeatureLevelRecord, MetadataRecord, ProducerIdsRecord, TopicRecord};
use types::{NO_NODE, Str};

use super::ClusterImage;
use crate::features::METADATA_VERSION;

impl ClusterImage {
    /// Everything `published` says, as records.
    pub fn to_records(&self) -> Vec<MetadataRecord> {
        self.published().records().collect()
    }

    fn records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.feature_records()
            .chain(self.node_records())
            .chain(self.topic_records())
            .chain(self.config_records())
            .chain(self.quota_records())
            .chain(self.next_producer_id.map(producer_ids_record))
            .chain(self.acls.values().map(|entry| MetadataRecord::AccessControlEntry((**entry).clone())))
            .chain(self.scram_credentials.values().map(|it| MetadataRecord::UserScramCredential(it.0.clone())))
            .chain(self.delegation_tokens.values().map(|it| MetadataRecord::DelegationToken(it.0.clone())))
    }

    fn feature_records(&self) -> impl Iterator<Item = MetadataRecord> {
        let (first, rest): (Vec<_>, Vec<_>) = self.features.iter().partition(|(name, _)| **name == METADATA_VERSION);
        first.into_iter().chain(rest).map(|(name, level)| feature_record(name, *level))
    }

    fn node_records(&self) -> impl Iterator<Item = MetadataRecord> {
        let version = self.metadata_version();
        let brokers =
            self.brokers.values().map(move |broker| MetadataRecord::RegisterBroker(broker.to_record(version)));
        let controllers = self.controllers.values().filter(move |_| version.has_controller_registration());
        brokers.chain(controllers.map(|controller| MetadataRecord::RegisterController(controller.to_record())))
    }

    fn topic_records(&self) -> impl Iterator<Item = MetadataRecord> {
        let version = self.metadata_version();
        self.topics().flat_map(move |topic| {
            let created = TopicRecord { name: topic.name.clone(), topic_id: topic.id, ..Default::default() };
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(move |(number, partition)| partition.to_record(topic.id, *number, version));
            std::iter::once(MetadataRecord::Topic(created)).chain(partitions.map(MetadataRecord::Partition))
        })
    }

    fn config_records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.configs.iter().flat_map(|(resource, configs)| {
            configs.iter().map(move |(name, value)| {
                MetadataRecord::Config(ConfigRecord {
                    resource_type: resource.kind.0,
                    resource_name: resource.name.clone(),
                    name: name.clone(),
                    value: Some(value.clone()),
                    ..Default::default()
                })
            })
        })
    }

    fn quota_records(&self) -> impl Iterator<Item = MetadataRecord> {
        self.client_quotas.iter().flat_map(|(entity, quotas)| {
            quotas.iter().map(move |(key, value)| {
                let parts = entity.0.iter().map(|(entity_type, entity_name)| Entity {
                    entity_type: entity_type.clone(),
                    entity_name: entity_name.clone(),
                    ..Default::default()
                });
                MetadataRecord::ClientQuota(ClientQuotaRecord {
                    entity: parts.collect(),
                    key: key.clone(),
                    value: *value,
                    remove: false,
                    ..Default::default()
                })
            })
        })
    }
}

/// The record that finalizes a feature at a level.
pub fn feature_record(name: &Str, level: i16) -> MetadataRecord {
    MetadataRecord::FeatureLevel(FeatureLevelRecord { name: name.clone(), feature_level: level, ..Default::default() })
}

fn producer_ids_record(next_producer_id: i64) -> MetadataRecord {
    let record = ProducerIdsRecord { broker_id: NO_NODE, broker_epoch: -1, next_producer_id, ..Default::default() };
    MetadataRecord::ProducerIds(record)
}
