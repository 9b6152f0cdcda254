//! Single configurations are set, removed, appended to or subtracted from (IncrementalAlterConfigs, key 44).
//!
//! Appending and subtracting are for keys whose value is a list; the list begins with the key's default where nothing is set.

use std::collections::BTreeSet;

use types::{ErrorCode, Str};

use super::alter_configs::{AlterConfigsResult, alter_each};
use super::draft::Draft;
use crate::Refusal;
use crate::image::ConfigResource;

/// Single configurations are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncrementalAlterConfigs {
    /// The resources.
    pub resources: Vec<ResourceChanges>,
    /// Only say whether it could be done.
    pub validate_only: bool,
}

/// Changes of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChanges {
    /// The resource.
    pub resource: ConfigResource,
    /// Its changes, each of another key.
    pub changes: Vec<ConfigChange>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// The key.
    pub name: Str,
    /// What happens to it.
    pub operation: ConfigOperation,
    /// The value; for a removal none is needed.
    pub value: Option<Str>,
}

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigOperation {
    /// It gets a value.
    Set,
    /// It goes back to its default.
    Delete,
    /// Elements are added to its list.
    Append,
    /// Elements are taken out of its list.
    Subtract,
}

impl ConfigOperation {
    /// The operation with Kafka's number.
    pub fn from_code(code: i8) -> Option<ConfigOperation> {
        match code {
            0 => Some(ConfigOperation::Set),
            1 => Some(ConfigOperation::Delete),
            2 => Some(ConfigOperation::Append),
            3 => Some(ConfigOperation::Subtract),
            _ => None,
        }
    }
}

pub(super) fn alter(draft: &mut Draft<'_>, command: IncrementalAlterConfigs) -> Vec<AlterConfigsResult> {
    let entries: Vec<_> = command.resources.into_iter().map(|entry| (entry.resource, entry.changes)).collect();
    alter_each(draft, entries, command.validate_only, |draft, resource, changes| {
        let mut seen = BTreeSet::new();
        if let Some(again) = changes.iter().find(|change| !seen.insert(&change.name)) {
            let message = format!("The request names configuration '{}' more than once.", again.name);
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        }
        changes.iter().map(|change| Ok((change.name.clone(), new_value(draft, resource, change)?))).collect()
    })
}

fn new_value(draft: &Draft<'_>, resource: &ConfigResource, change: &ConfigChange) -> Result<Option<Str>, Refusal> {
    if change.operation == ConfigOperation::Delete {
        return Ok(None);
    }
    let Some(value) = &change.value else {
        let message = format!("Configuration '{}' has no value.", change.name);
        return Err(Refusal::new(ErrorCode::InvalidRequest, message));
    };
    if change.operation == ConfigOperation::Set {
        return Ok(Some(value.clone()));
    }
    let rules = &draft.options().configs;
    if !rules.is_list(resource.kind, &change.name) {
        let message =
            format!("Configuration '{}' is not a list: nothing can be added to it or taken out.", change.name);
        return Err(Refusal::new(ErrorCode::InvalidConfig, message));
    }
    let present = draft.image().config(resource, &change.name).cloned();
    let present = present.or_else(|| rules.default_value(resource.kind, &change.name)).unwrap_or_default();
    let mut elements: Vec<&str> = present.split(',').filter(|element| !element.is_empty()).collect();
    for element in value.split(',') {
        match change.operation {
            ConfigOperation::Append if elements.contains(&element) => {}
            ConfigOperation::Append => elements.push(element),
            _ => elements.retain(|other| *other != element),
        }
    }
    Ok(Some(Str::from(elements.join(","))))
}
