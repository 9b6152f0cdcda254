//! Which value of a key wins, and where it comes from: what DescribeConfigs answers.
//!
//! In order: the topic's or group's own setting, what was set at run time for this broker, what was set at run time
//! for all brokers, the broker's file, the default. Within each of these a key goes before those it falls back to.

use std::collections::BTreeMap;

use crate::key::{Key, Kind, Scope, Synonym, Update};
use crate::layered::bounded;
use crate::settings::{Settings, base_key};
use crate::table::{find, keys};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Set for this topic.
    DynamicTopic,
    /// Set at run time for this broker.
    DynamicBroker,
    /// Set at run time for all brokers.
    DynamicDefaultBroker,
    /// Set in the broker's file.
    StaticBroker,
    /// Set by nobody.
    Default,
    /// The level of one of the broker's loggers.
    DynamicBrokerLogger,
    /// Set for a subscription to clients' metrics.
    ClientMetrics,
    /// Set for this group.
    Group,
}

impl Source {
    /// The number that stands for this source in DescribeConfigs answers.
    pub fn code(self) -> i8 {
        match self {
            Source::DynamicTopic => 1,
            Source::DynamicBroker => 2,
            Source::DynamicDefaultBroker => 3,
            Source::StaticBroker => 4,
            Source::Default => 5,
            Source::DynamicBrokerLogger => 6,
            Source::ClientMetrics => 7,
            Source::Group => 8,
        }
    }
}

/// One value a key has somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcedValue {
    /// The key it was set under.
    pub name: String,
    /// The value as it was set, in that key's unit; nothing for passwords.
    pub value: Option<String>,
    /// Where.
    pub source: Source,
}

/// What holds for one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The key.
    pub name: String,
    /// The value that wins, in the key's unit; nothing for passwords and where there is none.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Every value the key has anywhere, the winner first.
    pub synonyms: Vec<SourcedValue>,
    /// Whether it takes a restart to change it.
    pub read_only: bool,
    /// Whether its value is not shown.
    pub sensitive: bool,
    /// The type of its values.
    pub kind: Kind,
    /// What it means.
    pub words: &'static str,
}

/// The places where a broker's keys have values.
#[derive(Clone, Copy, Debug)]
pub struct BrokerLayers<'a> {
    /// What was set at run time for this broker.
    pub dynamic_broker: &'a BTreeMap<String, String>,
    /// What was set at run time for all brokers.
    pub dynamic_default: &'a BTreeMap<String, String>,
    /// The broker's file.
    pub settings: &'a Settings,
}

impl BrokerLayers<'_> {
    /// The value a broker key has, its default included; without the keys it falls back to.
    pub fn value(&self, name: &str) -> Option<String> {
        Some(self.values(&[name]).into_iter().next()?.1)
    }

    /// Every value these keys have, with its key and source, the winner first.
    fn values(&self, names: &[&str]) -> Vec<(String, String, Source)> {
        let mut values = Vec::new();
        let mut add = |source, get: &dyn Fn(&str) -> Option<String>| {
            for &name in names {
                values.extend(get(name).map(|value| (name.to_owned(), value, source)));
            }
        };
        add(Source::DynamicBroker, &|name| self.dynamic_broker.get(name).cloned());
        add(Source::DynamicDefaultBroker, &|name| self.dynamic_default.get(name).cloned());
        add(Source::StaticBroker, &|name| self.settings.explicit(name).map(str::to_owned));
        add(Source::Default, &|name| find(Scope::Broker, name)?.default_text().map(str::to_owned));
        values
    }
}

/// What holds for a key of a topic that has these settings of its own; nothing where there is no such key.
pub fn resolve_topic(name: &str, overrides: &BTreeMap<String, String>, broker: &BrokerLayers<'_>) -> Option<Resolved> {
    let key = find(Scope::Topic, name)?;
    Some(resolve_with_overrides(key, overrides, Source::DynamicTopic, broker))
}

/// What holds for a key of a group that has these settings of its own; nothing where there is no such key.
pub fn resolve_group(name: &str, overrides: &BTreeMap<String, String>, broker: &BrokerLayers<'_>) -> Option<Resolved> {
    let key = find(Scope::Group, name)?;
    Some(resolve_with_overrides(key, overrides, Source::Group, broker))
}

fn resolve_with_overrides(
    key: &'static Key,
    overrides: &BTreeMap<String, String>,
    source: Source,
    broker: &BrokerLayers<'_>,
) -> Resolved {
    let own = overrides.get(key.name).map(|value| (key.name.to_owned(), value.clone(), source));
    let names: Vec<&str> = key.synonyms.iter().map(|synonym| synonym.key).collect();
    let mut values: Vec<(String, String, Source)> = own.into_iter().chain(broker.values(&names)).collect();
    if values.is_empty() {
        values.extend(key.default_text().map(|text| (key.name.to_owned(), text.to_owned(), Source::Default)));
    }
    let winner = values.first().map(|(name, value, source)| {
        let is_own = matches!(source, Source::DynamicTopic | Source::Group);
        match key.synonyms.iter().find(|synonym| !is_own && synonym.key == name) {
            Some(synonym) => bounded(key, synonym.scaled(value)),
            None => value.clone(),
        }
    });
    resolved(key, key.name, winner, values)
}

/// What holds for a broker key, also for one with a listener's prefix; nothing where there is no such key.
pub fn resolve_broker(name: &str, broker: &BrokerLayers<'_>) -> Option<Resolved> {
    let key = base_key(name)?;
    let chain = if key.name == name { chain(key) } else { vec![name, key.name] };
    let mut values = broker.values(&chain);
    let own_first = values.iter().position(|(set, ..)| set == name).unwrap_or(values.len());
    if key.name == name {
        values.drain(..own_first);
    }
    let winner = values.first().filter(|(set, ..)| set == name || key.name != name).map(|(_, value, _)| value.clone());
    Some(resolved(key, name, winner, values))
}

/// A broker key with its relatives, the finest unit first. All relatives have the same chain.
fn chain(key: &'static Key) -> Vec<&'static str> {
    let falls_back_to = |other: &&Key| other.synonyms.iter().any(|synonym| is_unit_of(synonym, key));
    let head = if key.synonyms.is_empty() { keys(Scope::Broker).find(falls_back_to).unwrap_or(key) } else { key };
    std::iter::once(head.name).chain(head.synonyms.iter().map(|synonym| synonym.key)).collect()
}

/// `log.flush.scheduler.interval.ms` has a meaning of its own besides being a fallback; the others are units.
fn is_unit_of(synonym: &Synonym, key: &Key) -> bool {
    synonym.factor != 1 && synonym.key == key.name
}

fn resolved(key: &Key, name: &str, winner: Option<String>, values: Vec<(String, String, Source)>) -> Resolved {
    let sensitive = key.is_sensitive();
    let source = values.first().map_or(Source::Default, |(_, _, source)| *source);
    let synonyms = values
        .into_iter()
        .map(|(name, value, source)| SourcedValue { name, value: Some(value).filter(|_| !sensitive), source })
        .collect();
    Resolved {
        name: name.to_owned(),
        value: winner.filter(|_| !sensitive),
        source,
        synonyms,
        read_only: key.update == Update::ReadOnly,
        sensitive,
        kind: key.kind,
        words: key.words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// What holds where the file, all brokers and this broker say these things.
    struct Node {
        settings: Settings,
        default: BTreeMap<String, String>,
        broker: BTreeMap<String, String>,
    }

    impl Node {
        fn new(file: &[(&str, &str)], default: &[(&str, &str)], broker: &[(&str, &str)]) -> Node {
            let mut pairs = Settings::zero_configuration_properties();
            pairs.extend(map(file));
            let (settings, _) = Settings::from_properties(&pairs).unwrap();
            Node { settings, default: map(default), broker: map(broker) }
        }

        fn layers(&self) -> BrokerLayers<'_> {
            BrokerLayers { dynamic_broker: &self.broker, dynamic_default: &self.default, settings: &self.settings }
        }
    }

    fn sources(resolved: &Resolved) -> Vec<Source> {
        resolved.synonyms.iter().map(|synonym| synonym.source).collect()
    }

    #[test]
    fn every_layer_gives_way_to_the_one_above() {
        use Source::{Default, DynamicBroker, DynamicDefaultBroker, DynamicTopic, StaticBroker};
        let name = "message.max.bytes";
        let node = Node::new(&[(name, "1")], &[(name, "2")], &[(name, "3")]);
        let topic = resolve_topic("max.message.bytes", &map(&[("max.message.bytes", "4")]), &node.layers()).unwrap();
        assert_eq!((topic.value.as_deref(), topic.source), (Some("4"), DynamicTopic));
        assert_eq!(sources(&topic), [DynamicTopic, DynamicBroker, DynamicDefaultBroker, StaticBroker, Default]);
        let broker = resolve_broker(name, &node.layers()).unwrap();
        assert_eq!((broker.value.as_deref(), broker.source), (Some("3"), DynamicBroker));
        let node = Node::new(&[(name, "1")], &[(name, "2")], &[]);
        assert_eq!(resolve_broker(name, &node.layers()).unwrap().value.as_deref(), Some("2"));
        let node = Node::new(&[(name, "1")], &[], &[]);
        assert_eq!(resolve_broker(name, &node.layers()).unwrap().source, StaticBroker);
        let node = Node::new(&[], &[], &[]);
        let broker = resolve_broker(name, &node.layers()).unwrap();
        assert_eq!((broker.value.as_deref(), broker.source), (Some("1048588"), Default));
        assert!(!broker.read_only);
    }

    #[test]
    fn a_topic_inherits_retention_in_its_own_unit() {
        let node = Node::new(&[("log.retention.hours", "2")], &[], &[]);
        let topic = resolve_topic("retention.ms", &map(&[]), &node.layers()).unwrap();
        assert_eq!((topic.value.as_deref(), topic.source), (Some("7200000"), Source::StaticBroker));
        assert_eq!(topic.synonyms[0].name, "log.retention.hours");
        assert_eq!(topic.synonyms[0].value.as_deref(), Some("2"));
        let node = Node::new(&[("log.retention.hours", "2")], &[("log.retention.ms", "9")], &[]);
        let topic = resolve_topic("retention.ms", &map(&[]), &node.layers()).unwrap();
        assert_eq!((topic.value.as_deref(), topic.source), (Some("9"), Source::DynamicDefaultBroker));
        let node = Node::new(&[("log.retention.hours", "-1")], &[], &[]);
        let topic = resolve_topic("retention.ms", &map(&[]), &node.layers()).unwrap();
        assert_eq!(topic.value.as_deref(), Some("-1"));
    }

    #[test]
    fn an_override_with_the_broker_keys_own_name_is_not_scaled() {
        let node = Node::new(&[], &[], &[]);
        let overrides = map(&[("min.insync.replicas", "2")]);
        let topic = resolve_topic("min.insync.replicas", &overrides, &node.layers()).unwrap();
        assert_eq!((topic.value.as_deref(), topic.source), (Some("2"), Source::DynamicTopic));
    }

    #[test]
    fn a_topic_key_without_broker_key_has_its_default() {
        let node = Node::new(&[], &[], &[]);
        let topic = resolve_topic("remote.storage.enable", &map(&[]), &node.layers()).unwrap();
        assert_eq!((topic.value.as_deref(), topic.source), (Some("false"), Source::Default));
        assert_eq!(resolve_topic("no.such.key", &map(&[]), &node.layers()), None);
    }

    #[test]
    fn a_group_falls_back_to_the_broker() {
        let node = Node::new(&[], &[("group.consumer.assignment.interval.ms", "7")], &[]);
        let name = "consumer.assignment.interval.ms";
        let group = resolve_group(name, &map(&[]), &node.layers()).unwrap();
        assert_eq!((group.value.as_deref(), group.source), (Some("7"), Source::DynamicDefaultBroker));
        let group = resolve_group(name, &map(&[(name, "8")]), &node.layers()).unwrap();
        assert_eq!((group.value.as_deref(), group.source), (Some("8"), Source::Group));
    }

    #[test]
    fn units_of_one_setting_are_described_together_from_the_one_asked_for() {
        let node = Node::new(&[("log.retention.minutes", "5")], &[], &[]);
        let names = |name| {
            let resolved = resolve_broker(name, &node.layers()).unwrap();
            resolved.synonyms.into_iter().map(|synonym| synonym.name).collect::<Vec<_>>()
        };
        assert_eq!(names("log.retention.minutes"), ["log.retention.minutes", "log.retention.hours"]);
        assert_eq!(names("log.retention.hours"), ["log.retention.hours"]);
        let milliseconds = resolve_broker("log.retention.ms", &node.layers()).unwrap();
        assert_eq!(milliseconds.value, None);
        let hours = resolve_broker("log.retention.hours", &node.layers()).unwrap();
        assert_eq!(hours.value.as_deref(), Some("168"));
        assert!(hours.read_only);
    }

    #[test]
    fn a_listeners_key_falls_back_to_the_one_for_all() {
        let name = "listener.name.plaintext.max.connections";
        let node = Node::new(&[("max.connections", "5")], &[], &[]);
        let resolved = resolve_broker(name, &node.layers()).unwrap();
        assert_eq!((resolved.name.as_str(), resolved.value.as_deref()), (name, Some("5")));
        let node = Node::new(&[("max.connections", "5")], &[], &[(name, "6")]);
        assert_eq!(resolve_broker(name, &node.layers()).unwrap().value.as_deref(), Some("6"));
    }

    #[test]
    fn passwords_are_never_described() {
        let node = Node::new(&[("ssl.key.password", "secret")], &[], &[]);
        let resolved = resolve_broker("ssl.key.password", &node.layers()).unwrap();
        assert!(resolved.sensitive);
        assert_eq!(resolved.source, Source::StaticBroker);
        assert!(!format!("{resolved:?}").contains("secret"));
    }
}
