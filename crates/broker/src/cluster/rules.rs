//! What the controller must know about configuration keys, from the one table of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{BrokerLayers, ConfigError, Scope, Settings};
use metadata::controller::{ConfigRules, EffectiveConfig};
use metadata::image::{Configs, ResourceType};
use metadata::{ConfigResource, Refusal};
use types::{ErrorCode, Str};

/// The table of keys, with this node's settings for the defaults.
#[derive(Debug)]
pub(crate) struct KeyTable {
    settings: Arc<Settings>,
}

impl KeyTable {
    pub(crate) fn new(settings: Arc<Settings>) -> KeyTable {
        KeyTable { settings }
    }

    fn default_of(&self, name: &str) -> Option<String> {
        let nothing = BTreeMap::new();
        BrokerLayers { dynamic_broker: &nothing, dynamic_default: &nothing, settings: &self.settings }.value(name)
    }
}

fn scope_of(kind: ResourceType) -> Option<Scope> {
    match kind {
        ResourceType::TOPIC => Some(Scope::Topic),
        ResourceType::BROKER => Some(Scope::Broker),
        ResourceType::GROUP => Some(Scope::Group),
        _ => None,
    }
}

fn plain(configs: &Configs) -> BTreeMap<String, String> {
    configs.iter().map(|(name, value)| (String::from(name.clone()), String::from(value.clone()))).collect()
}

impl ConfigRules for KeyTable {
    fn check(&self, resource: &ConfigResource, configs: &Configs) -> Result<(), Refusal> {
        let refused = |error: ConfigError| Refusal::new(ErrorCode::InvalidConfig, error.to_string());
        let Some(scope) = scope_of(resource.kind) else {
            let message = "configurations of this type cannot be set";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        };
        for (name, value) in configs {
            let checked = match scope {
                Scope::Broker => config::validate_broker_change(name, value, resource.name.is_empty()),
                scope => config::validate(scope, name, value),
            };
            match checked {
                // Kafka keeps broker keys that it does not know: plug-ins read them.
                Err(ConfigError::Unknown { .. }) if scope == Scope::Broker => {}
                checked => checked.map_err(refused)?,
            }
        }
        if scope == Scope::Topic {
            config::validate_topic(&plain(configs), |name| self.default_of(name)).map_err(refused)?;
        }
        Ok(())
    }

    fn is_list(&self, kind: ResourceType, name: &str) -> bool {
        let key = scope_of(kind).and_then(|scope| config::find(scope, name));
        key.is_some_and(|key| key.kind == config::Kind::List)
    }

    fn default_value(&self, kind: ResourceType, name: &str) -> Option<Str> {
        match scope_of(kind)? {
            Scope::Topic => {
                let nothing = BTreeMap::new();
                let layers =
                    BrokerLayers { dynamic_broker: &nothing, dynamic_default: &nothing, settings: &self.settings };
                config::resolve_topic(name, &nothing, &layers)?.value.map(Str::from)
            }
            Scope::Broker => self.default_of(name).map(Str::from),
            Scope::Group => config::find(Scope::Group, name)?.default_text().map(Str::from),
        }
    }

    fn effective_topic_configs(&self, configs: &Configs) -> Vec<EffectiveConfig> {
        let nothing = BTreeMap::new();
        let layers = BrokerLayers { dynamic_broker: &nothing, dynamic_default: &nothing, settings: &self.settings };
        let set = plain(configs);
        let mut effective: Vec<EffectiveConfig> = config::keys(Scope::Topic)
            .filter(|key| key.importance != config::Importance::Internal)
            .filter_map(|key| config::resolve_topic(key.name, &set, &layers))
            .map(|resolved| EffectiveConfig {
                name: Str::from(resolved.name),
                value: resolved.value.map(Str::from),
                read_only: resolved.read_only,
                source: resolved.source.code(),
                is_sensitive: resolved.sensitive,
            })
            .collect();
        effective.sort_by(|one, other| one.name.cmp(&other.name));
        effective
    }
}
