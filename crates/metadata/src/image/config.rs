//! Names of what can be configured, quota'd or hold credentials.

use std::collections::BTreeMap;
use std::fmt;

use records::{DelegationTokenRecord, UserScramCredentialRecord};
use types::Str;

/// What kind of thing a configuration belongs to, by Kafka's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(pub i8);

impl ResourceType {
    /// A topic.
    pub const TOPIC: ResourceType = ResourceType(2);
    /// A broker by its id, or, with an empty name, all of them.
    pub const BROKER: ResourceType = ResourceType(4);
    /// The log levels of a broker; never in the metadata log.
    pub const BROKER_LOGGER: ResourceType = ResourceType(8);
    /// A subscription to clients' metrics.
    pub const CLIENT_METRICS: ResourceType = ResourceType(16);
    /// A group.
    pub const GROUP: ResourceType = ResourceType(32);
}

/// What a configuration belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ResourceType,
    /// Its name.
    pub name: Str,
}

impl ConfigResource {
    /// The configuration of a topic.
    pub fn topic(name: impl Into<Str>) -> ConfigResource {
        ConfigResource { kind: ResourceType::TOPIC, name: name.into() }
    }

    /// The configuration of a broker.
    pub fn broker(id: types::NodeId) -> ConfigResource {
        ConfigResource { kind: ResourceType::BROKER, name: Str::from(id.to_string()) }
    }

    /// What is configured for all brokers.
    pub fn cluster() -> ConfigResource {
        ConfigResource { kind: ResourceType::BROKER, name: Str::EMPTY }
    }
}

/// Names and values that were set for one resource.
pub type Configs = BTreeMap<Str, Str>;

/// Whom a quota limits: types ("user", "client-id", "ip") with names, or no name for the default of the type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuotaEntity(pub BTreeMap<Str, Option<Str>>);

/// Names a SCRAM credential: a user, and 1 for SCRAM-SHA-256 or 2 for SCRAM-SHA-512.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScramKey {
    /// The user.
    pub user: Str,
    /// Kafka's number of the mechanism.
    pub mechanism: i8,
}

/// A SCRAM credential. Its keys are not shown when it is printed.
#[derive(Clone, PartialEq)]
pub struct ScramCredential(pub UserScramCredentialRecord);

impl fmt::Debug for ScramCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramCredential({:?}, {} iterations, keys hidden)", self.0.name, self.0.iterations)
    }
}

/// A delegation token as the log holds it: its secret is derived elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct DelegationToken(pub DelegationTokenRecord);
