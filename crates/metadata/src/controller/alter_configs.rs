//! Configurations are replaced as a whole (AlterConfigs, key 33); and what holds for every change of configurations.
//!
//! Each resource stands for itself: all of its changes are made, or none. A value of a broker is written even if it is the one
//! it has, because the record makes brokers read files again that the value names (KAFKA-14136). Whoever changes
//! `min.insync.replicas` changes what eligible leader replicas mean, so they are forgotten in the same breath.

use std::collections::BTreeSet;

use records::{ClearElrRecord, MetadataRecord, PartitionChangeRecord};
use types::{ErrorCode, NodeId, Str};

use super::draft::{Draft, MIN_IN_SYNC_REPLICAS};
use crate::Refusal;
use crate::image::{ConfigResource, Configs, NO_LEADER_CHANGE, ResourceType};

/// The longest value, in bytes.
pub const MAX_CONFIG_VALUE_LENGTH: usize = i16::MAX as usize;

const CORDONED_LOG_DIRS: &str = "cordoned.log.dirs";

/// Configurations are replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterConfigs {
    /// The resources.
    pub resources: Vec<ResourceConfigs>,
    /// Only say whether it could be done.
    pub validate_only: bool,
}

/// Everything that shall be set for a resource from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceConfigs {
    /// The resource.
    pub resource: ConfigResource,
    /// Its configurations.
    pub configs: Vec<(Str, Option<Str>)>,
}

/// What became of the changes of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterConfigsResult {
    /// The resource.
    pub resource: ConfigResource,
    /// Why nothing of it was changed.
    pub result: Result<(), Refusal>,
}

pub(super) fn alter(draft: &mut Draft<'_>, command: AlterConfigs) -> Vec<AlterConfigsResult> {
    let entries: Vec<_> = command.resources.into_iter().map(|entry| (entry.resource, entry.configs)).collect();
    alter_each(draft, entries, command.validate_only, |draft, resource, configs| {
        let mut changes: Vec<Change> = Vec::with_capacity(configs.len());
        for (name, value) in configs {
            if value.is_none() {
                return Err(Refusal::new(ErrorCode::InvalidRequest, format!("Configuration '{name}' has no value.")));
            }
            changes.push((name.clone(), value.clone()));
        }
        if let Some(present) = draft.image().configs_of(resource) {
            let named: BTreeSet<&Str> = configs.iter().map(|(name, _)| name).collect();
            changes.extend(present.keys().filter(|name| !named.contains(name)).map(|name| (name.clone(), None)));
        }
        Ok(changes)
    })
}

/// A key and its new value; none for the default.
pub(super) type Change = (Str, Option<Str>);

/// Carries out what `changes_of` makes of each entry, resource by resource.
pub(super) fn alter_each<C>(
    draft: &mut Draft<'_>,
    entries: Vec<(ConfigResource, C)>,
    validate_only: bool,
    changes_of: impl Fn(&Draft<'_>, &ConfigResource, &C) -> Result<Vec<Change>, Refusal>,
) -> Vec<AlterConfigsResult> {
    let before = draft.mark();
    let twice: BTreeSet<ConfigResource> = {
        let mut seen = BTreeSet::new();
        entries.iter().map(|(resource, _)| resource).filter(|resource| !seen.insert(*resource)).cloned().collect()
    };
    let mut results = Vec::with_capacity(entries.len());
    for (resource, entry) in entries {
        let result = if twice.contains(&resource) {
            Err(Refusal::new(ErrorCode::InvalidRequest, "The request names this resource more than once."))
        } else {
            changes_of(draft, &resource, &entry).and_then(|changes| change(draft, &resource, changes))
        };
        results.push(AlterConfigsResult { resource, result });
    }
    if validate_only {
        draft.roll_back(before);
    }
    results
}

fn change(draft: &mut Draft<'_>, resource: &ConfigResource, changes: Vec<Change>) -> Result<(), Refusal> {
    check_kind(resource)?;
    let present = draft.image().configs_of(resource).cloned().unwrap_or_default();
    let mut configs = Configs::clone(&present);
    for (name, value) in &changes {
        check_change(draft, resource, name, value.as_ref())?;
        match value {
            Some(value) => configs.insert(name.clone(), value.clone()),
            None => configs.remove(name),
        };
    }
    draft.options().configs.check(resource, &configs)?;
    check_existence(draft, resource)?;
    let mut clears_eligible = false;
    for (name, value) in changes {
        if resource.kind != ResourceType::BROKER && present.get(&name) == value.as_ref() {
            continue;
        }
        clears_eligible |= name == MIN_IN_SYNC_REPLICAS;
        draft.push_config(resource, &name, value);
    }
    if clears_eligible && draft.keeps_eligible_replicas() {
        clear_eligible_replicas(draft, resource);
    }
    Ok(())
}

/// Forgets the eligible leader replicas of a topic, or of all topics. A partition that nobody leads and whose in-sync set is
/// empty would have no way back, so it keeps who led last, and a single eligible replica: while nobody leads nothing is
/// committed, and once that one leads nobody else is eligible.
fn clear_eligible_replicas(draft: &mut Draft<'_>, resource: &ConfigResource) {
    let topic_name = if resource.kind == ResourceType::TOPIC { resource.name.clone() } else { Str::EMPTY };
    let topic_id = draft.image().topic_id(&topic_name);
    let leaderless = draft.partitions_where(|partition| !partition.has_leader() && partition.isr.is_empty());
    let mut kept = Vec::new();
    for (id, number) in leaderless.into_iter().filter(|(id, _)| topic_id.is_none_or(|only| only == *id)) {
        let partition = draft.image().topic_by_id(id).and_then(|topic| topic.partitions.get(&number));
        let Some(partition) = partition else { continue };
        let single = Some(partition.eligible_leader_replicas.clone()).filter(|eligible| eligible.len() == 1);
        let last_known = Some(partition.last_known_elr.clone()).filter(|last_known| !last_known.is_empty());
        if single.is_some() || last_known.is_some() {
            kept.push(PartitionChangeRecord {
                partition_id: number,
                topic_id: id,
                leader: NO_LEADER_CHANGE,
                leader_recovery_state: -1,
                eligible_leader_replicas: single,
                last_known_elr: last_known,
                ..Default::default()
            });
        }
    }
    draft.push(MetadataRecord::ClearElr(ClearElrRecord { topic_name, ..Default::default() }));
    kept.into_iter().for_each(|record| draft.push(MetadataRecord::PartitionChange(record)));
}

fn check_kind(resource: &ConfigResource) -> Result<(), Refusal> {
    let known = [ResourceType::TOPIC, ResourceType::BROKER, ResourceType::CLIENT_METRICS, ResourceType::GROUP];
    if known.contains(&resource.kind) {
        return Ok(());
    }
    let message = format!("Resources of type {} are not configured through the metadata log.", resource.kind.0);
    Err(Refusal::new(ErrorCode::InvalidRequest, message))
}

fn check_change(draft: &Draft<'_>, resource: &ConfigResource, name: &Str, value: Option<&Str>) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidConfig, message));
    let of_brokers = resource.kind == ResourceType::BROKER;
    if of_brokers && *name == MIN_IN_SYNC_REPLICAS && draft.keeps_eligible_replicas() {
        if !resource.name.is_empty() {
            return invalid(format!(
                "{name} cannot be set for single brokers while eligible leader replicas are kept."
            ));
        }
        if value.is_none() {
            return invalid(format!(
                "{name} of the cluster cannot be removed while eligible leader replicas are kept."
            ));
        }
    }
    if of_brokers && *name == CORDONED_LOG_DIRS && !draft.image().metadata_version().has_cordoned_directories() {
        return invalid(format!("{name} cannot be set at metadata.version {}.", draft.image().metadata_version()));
    }
    value.map_or(Ok(()), |value| check_value(name, value))
}

/// Is the value short enough to be a configuration?
pub(super) fn check_value(name: &str, value: &str) -> Result<(), Refusal> {
    if value.len() <= MAX_CONFIG_VALUE_LENGTH {
        return Ok(());
    }
    let message =
        format!("The value of '{name}' has {} bytes, at most {MAX_CONFIG_VALUE_LENGTH} are allowed.", value.len());
    Err(Refusal::new(ErrorCode::InvalidConfig, message))
}

fn check_existence(draft: &Draft<'_>, resource: &ConfigResource) -> Result<(), Refusal> {
    match resource.kind {
        ResourceType::TOPIC if draft.image().topic_id(&resource.name).is_none() => {
            let message = format!("There is no topic '{}'.", resource.name);
            Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, message))
        }
        ResourceType::BROKER if !resource.name.is_empty() => {
            let Ok(id) = resource.name.parse::<NodeId>() else {
                let message = format!("'{}' is no broker id.", resource.name);
                return Err(Refusal::new(ErrorCode::InvalidRequest, message));
            };
            let image = draft.image();
            let known =
                image.broker(id).is_some() || image.controllers().contains_key(&id) || draft.options().node_id == id;
            if known {
                return Ok(());
            }
            Err(Refusal::new(ErrorCode::BrokerIdNotRegistered, format!("No node with id {id} is registered.")))
        }
        _ => Ok(()),
    }
}
