//! What the controller must know about configuration keys, supplied by whoever knows them.

use types::Str;

use crate::Refusal;
use crate::image::{ConfigResource, Configs, ResourceType};

/// What the controller must know about configuration keys.
pub trait ConfigRules: Send + Sync {
    /// May the resource be configured like this, all in all? `configs` is everything that would be set for it.
    fn check(&self, resource: &ConfigResource, configs: &Configs) -> Result<(), Refusal>;

    /// Is the value of this key a list, to which can be appended?
    fn is_list(&self, kind: ResourceType, name: &str) -> bool;

    /// The value of this key where nothing is set, if it has one.
    fn default_value(&self, kind: ResourceType, name: &str) -> Option<Str>;

    /// Every configuration of a topic for which these are set, in the order of the names, for the answer to its creator.
    fn effective_topic_configs(&self, configs: &Configs) -> Vec<EffectiveConfig>;
}

/// A configuration as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveConfig {
    /// Its key.
    pub name: Str,
    /// Its value; none where it is sensitive or unset.
    pub value: Option<Str>,
    /// Can it not be changed?
    pub read_only: bool,
    /// Kafka's number of where the value comes from: 1 set for the topic, 4 static, 5 default.
    pub source: i8,
    /// Must its value not be shown?
    pub is_sensitive: bool,
}

/// Allows every key and knows none.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyConfig;

impl ConfigRules for AnyConfig {
    fn check(&self, _: &ConfigResource, _: &Configs) -> Result<(), Refusal> {
        Ok(())
    }

    fn is_list(&self, _: ResourceType, _: &str) -> bool {
        false
    }

    fn default_value(&self, _: ResourceType, _: &str) -> Option<Str> {
        None
    }

    fn effective_topic_configs(&self, configs: &Configs) -> Vec<EffectiveConfig> {
        let set = configs.iter().map(|(name, value)| EffectiveConfig {
            name: name.clone(),
            value: Some(value.clone()),
            read_only: false,
            source: 1,
            is_sensitive: false,
        });
        set.collect()
    }
}
