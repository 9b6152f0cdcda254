//! How each record changes the image.
//!
//! A record that contradicts the image (a topic created twice, a partition of an unknown topic) is refused with an error and
//! leaves the image as it was: whoever replays the log decides what a broken log means, this file never panics over one.

use std::sync::Arc;

use records::{
    BrokerRegistrationChangeRecord, ClearElrRecord, ClientQuotaRecord, ConfigRecord, FeatureLevelRecord,
    MetadataRecord, PartitionChangeRecord, PartitionRecord, TopicRecord, UserScramCredentialRecord,
};
use types::{NodeId, Str, Uuid};

use super::map::SharedMap;
use super::nodes::{Broker, ControllerNode};
use super::topic::{Partition, Topic};
use super::{
    ClusterImage, ConfigResource, DelegationToken, QuotaEntity, ResourceType, ScramCredential, ScramKey, unified_name,
};
use crate::MetadataVersion;
use crate::features::METADATA_VERSION;

/// A record that contradicts what the records before it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// The metadata version is not one that this program understands.
    #[error("metadata.version {0} is not supported: levels {min} to {max} are", min = MetadataVersion::MINIMUM.level(), max = MetadataVersion::LATEST.level())]
    MetadataVersion(i16),
    /// No broker with this id is registered.
    #[error("broker {0} is not registered")]
    UnknownBroker(NodeId),
    /// The broker is registered under another epoch.
    #[error("broker {broker} is registered with epoch {registered}, the record says {epoch}")]
    BrokerEpoch {
        /// The broker.
        broker: NodeId,
        /// Its epoch.
        registered: i64,
        /// The epoch in the record.
        epoch: i64,
    },
    /// A topic with this name or id exists.
    #[error("topic {0} exists already")]
    DuplicateTopic(Str),
    /// No topic has this id.
    #[error("there is no topic with id {0}")]
    UnknownTopic(Uuid),
    /// The topic has no partition with this number.
    #[error("topic {0} has no partition {1}")]
    UnknownPartition(Str, i32),
    /// A metadata transaction begins while one is open.
    #[error("a metadata transaction is open already")]
    TransactionOpen,
    /// A metadata transaction ends while none is open.
    #[error("no metadata transaction is open")]
    NoTransaction,
}

impl ClusterImage {
    /// Enters one record. Records come in the order of the log; one that contradicts the image changes nothing.
    pub fn apply(&mut self, record: &MetadataRecord) -> Result<(), InvalidRecord> {
        match record {
            MetadataRecord::FeatureLevel(record) => self.apply_feature(record)?,
            MetadataRecord::RegisterBroker(record) => {
                self.brokers.insert(record.broker_id, Arc::new(Broker::from_record(record)));
            }
            MetadataRecord::UnregisterBroker(record) => {
                self.registered(record.broker_id, record.broker_epoch)?;
                self.brokers.remove(&record.broker_id);
            }
            MetadataRecord::FenceBroker(record) => self.registered(record.id, record.epoch)?.fenced = true,
            MetadataRecord::UnfenceBroker(record) => self.registered(record.id, record.epoch)?.fenced = false,
            MetadataRecord::BrokerRegistrationChange(record) => self.apply_registration_change(record)?,
            MetadataRecord::RegisterController(record) => {
                self.controllers.insert(record.controller_id, Arc::new(ControllerNode::from_record(record)));
            }
            MetadataRecord::Topic(record) => self.apply_topic(record)?,
            MetadataRecord::RemoveTopic(record) => self.apply_remove_topic(record.topic_id)?,
            MetadataRecord::Partition(record) => self.apply_partition(record)?,
            MetadataRecord::PartitionChange(record) => self.apply_partition_change(record)?,
            MetadataRecord::ClearElr(record) => self.apply_clear_elr(record),
            MetadataRecord::Config(record) => self.apply_config(record),
            MetadataRecord::ClientQuota(record) => self.apply_quota(record),
            MetadataRecord::ProducerIds(record) => self.next_producer_id = Some(record.next_producer_id),
            MetadataRecord::AccessControlEntry(record) => {
                self.acls.insert(record.id, Arc::new(record.clone()));
            }
            MetadataRecord::RemoveAccessControlEntry(record) => {
                self.acls.remove(&record.id);
            }
            MetadataRecord::UserScramCredential(record) => self.apply_scram(record),
            MetadataRecord::RemoveUserScramCredential(record) => {
                self.scram_credentials.remove(&ScramKey { user: record.name.clone(), mechanism: record.mechanism });
            }
            MetadataRecord::DelegationToken(record) => {
                self.delegation_tokens.insert(record.token_id.detached(), Arc::new(DelegationToken(record.clone())));
            }
            MetadataRecord::RemoveDelegationToken(record) => {
                self.delegation_tokens.remove(&record.token_id);
            }
            MetadataRecord::BeginTransaction(_) => self.begin_transaction()?,
            MetadataRecord::EndTransaction(_) => {
                self.before_transaction.take().ok_or(InvalidRecord::NoTransaction)?;
            }
            MetadataRecord::AbortTransaction(_) => {
                let before = self.before_transaction.take().ok_or(InvalidRecord::NoTransaction)?;
                *self = Arc::unwrap_or_clone(before);
            }
            // A cluster that migrated from ZooKeeper long ago still carries the state of the migration in its log.
            MetadataRecord::ZkMigrationState(_) | MetadataRecord::NoOp(_) => {}
        }
        Ok(())
    }

    fn begin_transaction(&mut self) -> Result<(), InvalidRecord> {
        if self.in_transaction() {
            return Err(InvalidRecord::TransactionOpen);
        }
        self.before_transaction = Some(Arc::new(self.clone()));
        Ok(())
    }

    fn apply_feature(&mut self, record: &FeatureLevelRecord) -> Result<(), InvalidRecord> {
        if record.name == METADATA_VERSION && MetadataVersion::from_level(record.feature_level).is_none() {
            return Err(InvalidRecord::MetadataVersion(record.feature_level));
        }
        if record.feature_level == 0 {
            self.features.remove(&record.name);
        } else {
            self.features.insert(record.name.detached(), record.feature_level);
        }
        Ok(())
    }

    /// The registration with this id and this epoch, to be changed.
    fn registered(&mut self, broker: NodeId, epoch: i64) -> Result<&mut Broker, InvalidRecord> {
        let registration = self.brokers.get_mut(&broker).ok_or(InvalidRecord::UnknownBroker(broker))?;
        if registration.epoch != epoch {
            return Err(InvalidRecord::BrokerEpoch { broker, registered: registration.epoch, epoch });
        }
        Ok(Arc::make_mut(registration))
    }

    fn apply_registration_change(&mut self, record: &BrokerRegistrationChangeRecord) -> Result<(), InvalidRecord> {
        self.registered(record.broker_id, record.broker_epoch)?.change(record);
        Ok(())
    }

    fn apply_topic(&mut self, record: &TopicRecord) -> Result<(), InvalidRecord> {
        if self.topic_ids.contains_key(&record.name) || self.topics.contains_key(&record.topic_id) {
            return Err(InvalidRecord::DuplicateTopic(record.name.clone()));
        }
        let name = record.name.detached();
        if let Some(unified) = unified_name(&name) {
            self.collision_names.insert((unified, name.clone()), ());
        }
        self.topic_ids.insert(name.clone(), record.topic_id);
        let topic = Topic { id: record.topic_id, name, partitions: SharedMap::new() };
        self.topics.insert(record.topic_id, Arc::new(topic));
        Ok(())
    }

    fn apply_remove_topic(&mut self, id: Uuid) -> Result<(), InvalidRecord> {
        let topic = self.topics.remove(&id).ok_or(InvalidRecord::UnknownTopic(id))?;
        self.topic_ids.remove(&topic.name);
        if let Some(unified) = unified_name(&topic.name) {
            self.collision_names.remove(&(unified, topic.name.clone()));
        }
        self.partition_count -= topic.partitions.len();
        self.configs.remove(&ConfigResource::topic(&topic.name));
        Ok(())
    }

    fn apply_partition(&mut self, record: &PartitionRecord) -> Result<(), InvalidRecord> {
        let topic = self.topics.get_mut(&record.topic_id).ok_or(InvalidRecord::UnknownTopic(record.topic_id))?;
        let partition = Arc::new(Partition::from_record(record));
        if Arc::make_mut(topic).partitions.insert(record.partition_id, partition).is_none() {
            self.partition_count += 1;
        }
        Ok(())
    }

    fn apply_partition_change(&mut self, record: &PartitionChangeRecord) -> Result<(), InvalidRecord> {
        let topic = self.topics.get_mut(&record.topic_id).ok_or(InvalidRecord::UnknownTopic(record.topic_id))?;
        let topic = Arc::make_mut(topic);
        let Some(partition) = topic.partitions.get_mut(&record.partition_id) else {
            return Err(InvalidRecord::UnknownPartition(topic.name.clone(), record.partition_id));
        };
        *partition = Arc::new(partition.changed(record));
        Ok(())
    }

    /// Forgets the eligible leader replicas of one topic, or, with an empty name, of all. A topic that is gone is no error.
    fn apply_clear_elr(&mut self, record: &ClearElrRecord) {
        let ids: Vec<Uuid> = if record.topic_name.is_empty() {
            self.topics.keys().copied().collect()
        } else {
            self.topic_id(&record.topic_name).into_iter().collect()
        };
        let has_any = |partition: &Partition| {
            !partition.eligible_leader_replicas.is_empty() || !partition.last_known_elr.is_empty()
        };
        for id in ids {
            let Some(topic) = self.topics.get(&id) else { continue };
            let numbers: Vec<i32> = topic
                .partitions
                .iter()
                .filter(|(_, partition)| has_any(partition))
                .map(|(number, _)| *number)
                .collect();
            if numbers.is_empty() {
                continue;
            }
            let Some(topic) = self.topics.get_mut(&id) else { continue };
            let topic = Arc::make_mut(topic);
            for number in numbers {
                if let Some(partition) = topic.partitions.get_mut(&number) {
                    let partition = Arc::make_mut(partition);
                    partition.eligible_leader_replicas.clear();
                    partition.last_known_elr.clear();
                }
            }
        }
    }

    fn apply_config(&mut self, record: &ConfigRecord) {
        let resource =
            ConfigResource { kind: ResourceType(record.resource_type), name: record.resource_name.detached() };
        let mut configs = self.configs.remove(&resource).unwrap_or_default();
        match &record.value {
            Some(value) => Arc::make_mut(&mut configs).insert(record.name.detached(), value.detached()),
            None => Arc::make_mut(&mut configs).remove(&record.name),
        };
        if !configs.is_empty() {
            self.configs.insert(resource, configs);
        }
    }

    fn apply_quota(&mut self, record: &ClientQuotaRecord) {
        let parts = record.entity.iter();
        let entity = QuotaEntity(
            parts.map(|part| (part.entity_type.detached(), part.entity_name.as_ref().map(Str::detached))).collect(),
        );
        let mut quotas = self.client_quotas.remove(&entity).unwrap_or_default();
        if record.remove {
            Arc::make_mut(&mut quotas).remove(&record.key);
        } else {
            Arc::make_mut(&mut quotas).insert(record.key.detached(), record.value);
        }
        if !quotas.is_empty() {
            self.client_quotas.insert(entity, quotas);
        }
    }

    fn apply_scram(&mut self, record: &UserScramCredentialRecord) {
        let key = ScramKey { user: record.name.detached(), mechanism: record.mechanism };
        self.scram_credentials.insert(key, Arc::new(ScramCredential(record.clone())));
    }
}
