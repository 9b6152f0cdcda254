//! Configuration as it is in force now: the file's settings, with what the metadata log says on top.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{BrokerLayers, Settings};
use metadata::{ClusterImage, ConfigResource};
use types::NodeId;

/// What was set at run time for this node and for all nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveConfig {
    dynamic_broker: BTreeMap<String, String>,
    dynamic_default: BTreeMap<String, String>,
}

impl LiveConfig {
    pub(crate) fn of(image: &ClusterImage, node: NodeId) -> LiveConfig {
        LiveConfig {
            dynamic_broker: set_for(image, &ConfigResource::broker(node)),
            dynamic_default: set_for(image, &ConfigResource::cluster()),
        }
    }

    /// The layers in which keys are looked up.
    pub(crate) fn layers<'a>(&'a self, settings: &'a Settings) -> BrokerLayers<'a> {
        BrokerLayers { dynamic_broker: &self.dynamic_broker, dynamic_default: &self.dynamic_default, settings }
    }

    /// What was set for all nodes.
    pub(crate) fn for_all(&self) -> &BTreeMap<String, String> {
        &self.dynamic_default
    }

    /// The settings with everything on top; the file's own where what is on top does not fit.
    pub(crate) fn settings(&self, settings: &Arc<Settings>) -> Arc<Settings> {
        match settings.overlaid(&self.dynamic_default, &self.dynamic_broker) {
            Ok(overlaid) => Arc::new(overlaid),
            Err(errors) => {
                for error in errors {
                    tracing::warn!(%error, "a setting made at run time is passed over");
                }
                settings.clone()
            }
        }
    }
}

/// What was set for a resource, by name.
pub(crate) fn set_for(image: &ClusterImage, resource: &ConfigResource) -> BTreeMap<String, String> {
    let set = image.configs_of(resource);
    set.map(|configs| {
        configs.iter().map(|(name, value)| (String::from(name.clone()), String::from(value.clone()))).collect()
    })
    .unwrap_or_default()
}
