//! The checked values of one node, as its file gives them.
//!
//! Every broker key has a value here, its default where the file is silent. What is changed at run time lies above
//! these values (`resolve.rs`); `overlaid` gives both together.

use std::collections::BTreeMap;
use std::fmt;

use types::NodeId;

use crate::checks;
use crate::error::{ConfigError, HIDDEN, Warning};
use crate::key::{Acted, DefaultValue, Key, Scope, Synonym};
use crate::listeners::{self, ListenerTexts, Listeners};
use crate::nearest::nearest;
use crate::quorum_voters::Voter;
use crate::table::{find, keys};
use crate::value::{Value, parse};

/// What a node is told where it is started without a file: one broker and controller, alone.
const ZERO_CONFIGURATION: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"),
    ("controller.listener.names", "CONTROLLER"),
    ("log.dirs", "./vltava-data"),
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
];

/// The checked values of one node.
#[derive(Clone, PartialEq)]
pub struct Settings {
    explicit: BTreeMap<String, String>,
    values: BTreeMap<&'static str, Value>,
    listeners: Listeners,
}

impl Settings {
    /// Checks a file's settings. Of a key given twice the last one counts. The warnings are about keys that are not
    /// known or have no effect; the errors are all that could be found.
    pub fn from_properties(pairs: &[(String, String)]) -> Result<(Settings, Vec<Warning>), Vec<ConfigError>> {
        let explicit: BTreeMap<String, String> = pairs.iter().cloned().collect();
        let mut errors = Vec::new();
        let warnings = explicit.iter().filter_map(|(name, value)| examine(name, value, &mut errors)).collect();
        let mut values = BTreeMap::new();
        for key in keys(Scope::Broker) {
            match initial(key, &explicit) {
                Ok(value) => {
                    values.insert(key.name, value);
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut settings = Settings { explicit, values, listeners: Listeners::default() };
        checks::check(&settings, &mut errors);
        let resolved = listeners::resolve(&settings.listener_texts());
        match resolved {
            Ok(listeners) => settings.listeners = listeners,
            Err(found) => errors.extend(found),
        }
        if errors.is_empty() { Ok((settings, warnings)) } else { Err(errors) }
    }

    /// What a node is started with where there is no file: one broker and controller on localhost, data in
    /// `./vltava-data`, every internal topic with one replica.
    pub fn zero_configuration() -> Settings {
        let (settings, _) = Settings::from_properties(&Settings::zero_configuration_properties())
            .expect("the built-in settings pass their own checks");
        settings
    }

    /// The same as a file's settings, for those who change some of them first.
    pub fn zero_configuration_properties() -> Vec<(String, String)> {
        ZERO_CONFIGURATION.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// These settings with what was changed at run time on top: for all brokers, then for this one.
    pub fn overlaid(
        &self,
        for_all: &BTreeMap<String, String>,
        for_this: &BTreeMap<String, String>,
    ) -> Result<Settings, Vec<ConfigError>> {
        let mut merged = self.explicit.clone();
        merged.extend(for_all.iter().chain(for_this).map(|(key, value)| (key.clone(), value.clone())));
        let merged: Vec<(String, String)> = merged.into_iter().collect();
        Settings::from_properties(&merged).map(|(settings, _)| settings)
    }

    /// What the file says about a key, if anything; also of listener-prefixed and unknown keys.
    pub fn explicit(&self, name: &str) -> Option<&str> {
        self.explicit.get(name).map(String::as_str)
    }

    /// The value of a broker key. Panics where there is no such key, which is a mistake in the program.
    pub fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or_else(|| panic!("`{name}` is no broker key"))
    }

    /// The value of a boolean key.
    pub fn get_bool(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Bool(value) => *value,
            _ => panic!("`{name}` is no boolean key"),
        }
    }

    /// The value of an int or short key that always has one.
    pub fn get_int(&self, name: &str) -> i32 {
        i32::try_from(self.get_long(name)).unwrap_or_else(|_| panic!("`{name}` is a long key"))
    }

    /// The value of a long, int or short key that always has one.
    pub fn get_long(&self, name: &str) -> i64 {
        self.get_optional_long(name).unwrap_or_else(|| panic!("`{name}` has no value by default"))
    }

    /// The value of a long, int or short key that may have none.
    pub fn get_optional_long(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Value::Int(value) => Some(*value),
            Value::Null => None,
            _ => panic!("`{name}` is no whole number"),
        }
    }

    /// The value of a double key.
    pub fn get_double(&self, name: &str) -> f64 {
        match self.value(name) {
            Value::Double(value) => *value,
            _ => panic!("`{name}` is no double key"),
        }
    }

    /// The value of a string, class or password key; empty where it has none.
    pub fn get_str(&self, name: &str) -> &str {
        self.get_optional_str(name).unwrap_or_default()
    }

    /// The value of a string, class or password key, if it has one.
    pub fn get_optional_str(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Value::Text(value) => Some(value),
            Value::Null => None,
            _ => panic!("`{name}` is no text"),
        }
    }

    /// The items of a list key; none where it has no value.
    pub fn get_list(&self, name: &str) -> &[String] {
        match self.value(name) {
            Value::List(items) => items,
            Value::Null => &[],
            _ => panic!("`{name}` is no list"),
        }
    }

    /// The node's id: `node.id`, or `broker.id` where only that is set.
    pub fn node_id(&self) -> NodeId {
        self.get_int("node.id")
    }

    /// Whether this node is a broker.
    pub fn is_broker(&self) -> bool {
        self.get_list("process.roles").iter().any(|role| role == "broker")
    }

    /// Whether this node is a controller.
    pub fn is_controller(&self) -> bool {
        self.get_list("process.roles").iter().any(|role| role == "controller")
    }

    /// Where this node listens.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// The fixed voters of the quorum; none where the voters are kept in the metadata log.
    pub fn quorum_voters(&self) -> Vec<Voter> {
        self.get_list("controller.quorum.voters").iter().filter_map(|voter| Voter::parse(voter)).collect()
    }

    /// The directories of the logs: `log.dirs`, or `log.dir` where that is not set.
    pub fn log_dirs(&self) -> &[String] {
        match self.get_list("log.dirs") {
            [] => self.get_list("log.dir"),
            directories => directories,
        }
    }

    /// The directory of the metadata log.
    pub fn metadata_log_dir(&self) -> &str {
        let first = self.log_dirs().first().map(String::as_str).unwrap_or_default();
        self.get_optional_str("metadata.log.dir").unwrap_or(first)
    }

    /// The memory that received requests in work may take, in bytes: `queued.max.request.bytes` where that is set, else
    /// `vltava.request.memory.bytes`, and never less than one request of the largest size.
    pub fn request_memory_bytes(&self) -> i64 {
        let largest = self.get_long("socket.request.max.bytes");
        match self.get_long("queued.max.request.bytes") {
            bytes if bytes > 0 => bytes.max(largest),
            _ => self.get_long("vltava.request.memory.bytes").max(largest),
        }
    }

    /// How long records are kept, in milliseconds; -1 means forever.
    pub fn retention_ms(&self) -> i64 {
        self.with_fallbacks("log.retention.ms").max(-1)
    }

    /// The age at which a log starts a new segment, in milliseconds.
    pub fn log_roll_ms(&self) -> i64 {
        self.with_fallbacks("log.roll.ms")
    }

    /// The largest random part taken off that age, in milliseconds.
    pub fn log_roll_jitter_ms(&self) -> i64 {
        self.with_fallbacks("log.roll.jitter.ms")
    }

    /// After how long written records are synced, in milliseconds.
    pub fn flush_ms(&self) -> i64 {
        self.with_fallbacks("log.flush.interval.ms")
    }

    /// The value of a whole-number key, or of the keys it falls back to in its own unit.
    fn with_fallbacks(&self, name: &str) -> i64 {
        let key = find(Scope::Broker, name).unwrap_or_else(|| panic!("`{name}` is no broker key"));
        let fallback = |synonym: &Synonym| Some(self.get_optional_long(synonym.key)?.saturating_mul(synonym.factor));
        self.get_optional_long(name)
            .or_else(|| key.synonyms.iter().find_map(fallback))
            .unwrap_or_else(|| panic!("`{name}` and its fallbacks have no value by default"))
    }

    fn listener_texts(&self) -> ListenerTexts<'_> {
        let default = |name| find(Scope::Broker, name).and_then(Key::default_text).unwrap_or_default();
        let text = |name| self.explicit(name).unwrap_or_else(|| default(name));
        ListenerTexts {
            listeners: text("listeners"),
            advertised: self.explicit("advertised.listeners"),
            protocol_map: text("listener.security.protocol.map"),
            protocol_map_is_set: self.explicit("listener.security.protocol.map").is_some(),
            controller_names: text("controller.listener.names"),
            inter_broker_name: self.explicit("inter.broker.listener.name"),
            inter_broker_protocol: self.explicit("security.inter.broker.protocol"),
            is_broker: self.is_broker(),
            is_controller: self.is_controller(),
        }
    }
}

impl fmt::Debug for Settings {
    /// What the file says, without passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): (&String, &String)| {
            let key = base_key(name);
            let hidden = key.is_none_or(Key::is_sensitive);
            (name.clone(), if hidden { HIDDEN.to_owned() } else { value.clone() })
        };
        f.debug_map().entries(self.explicit.iter().map(shown)).finish()
    }
}

/// The row of a broker key, also of one with the prefix of a listener: `listener.name.<name>.<key>` or
/// `listener.name.<name>.<mechanism>.<key>`.
pub(crate) fn base_key(name: &str) -> Option<&'static Key> {
    if let Some(key) = find(Scope::Broker, name) {
        return Some(key);
    }
    let (_, rest) = name.strip_prefix("listener.name.")?.split_once('.')?;
    find(Scope::Broker, rest).or_else(|| find(Scope::Broker, rest.split_once('.')?.1))
}

/// Checks a setting of the file by itself: a value that is not allowed becomes an error here only for listener-prefixed
/// keys, the others are read with their defaults.
fn examine(name: &str, value: &str, errors: &mut Vec<ConfigError>) -> Option<Warning> {
    let Some(key) = base_key(name) else {
        return Some(plugin_key(name));
    };
    if key.name != name
        && let Err(error) = parse(key, value)
    {
        errors.push(error.renamed(name));
    }
    match key.acted_on {
        Acted::Yes => None,
        Acted::NotYet(reason) => Some(Warning::NotYet { key: name.to_owned(), reason }),
        Acted::Inert(reason) => Some(Warning::Inert { key: name.to_owned(), reason }),
    }
}

/// Keys that are handed to a plug-in have its prefix and no row.
fn plugin_key(name: &str) -> Warning {
    let owners = [
        ("rsm.config.", "remote.log.storage.manager.class.name"),
        ("rlmm.config.", "remote.log.metadata.manager.class.name"),
        ("config.providers.", "config.providers"),
    ];
    let owner = owners.iter().find(|(prefix, _)| name.starts_with(prefix)).and_then(|(_, owner)| base_key(owner));
    match owner.map(|key| key.acted_on) {
        Some(Acted::NotYet(reason)) => Warning::NotYet { key: name.to_owned(), reason },
        Some(Acted::Inert(reason)) => Warning::Inert { key: name.to_owned(), reason },
        Some(Acted::Yes) | None => Warning::Unknown { key: name.to_owned(), nearest: nearest(Scope::Broker, name) },
    }
}

/// The value a broker key has by the file or by default.
fn initial(key: &Key, explicit: &BTreeMap<String, String>) -> Result<Value, ConfigError> {
    let older_name = if key.name == "node.id" { explicit.get("broker.id") } else { None };
    match (explicit.get(key.name).or(older_name), key.default) {
        (Some(text), _) => parse(key, text),
        (None, DefaultValue::Is(text)) => parse(key, text),
        (None, DefaultValue::Null) => Ok(Value::Null),
        (None, DefaultValue::Required) => {
            Err(ConfigError::Missing { key: key.name, remedy: format!("every node needs it. {}", key.words) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Kind;

    fn settings(changes: &[(&str, &str)]) -> Result<(Settings, Vec<Warning>), Vec<ConfigError>> {
        let mut pairs = Settings::zero_configuration_properties();
        pairs.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        Settings::from_properties(&pairs)
    }

    fn refusal(changes: &[(&str, &str)]) -> String {
        let errors = settings(changes).unwrap_err();
        errors.iter().map(ConfigError::to_string).collect::<Vec<_>>().join("\n")
    }

    /// What is warned of, beyond the settings a node has without a file.
    fn warned(changes: &[(&str, &str)]) -> Vec<String> {
        let (_, usual) = settings(&[]).unwrap();
        let (_, warnings) = settings(changes).unwrap();
        warnings.iter().filter(|warning| !usual.contains(warning)).map(Warning::to_string).collect()
    }

    #[test]
    fn a_node_without_a_file_is_broker_and_controller() {
        let settings = Settings::zero_configuration();
        assert!(settings.is_broker() && settings.is_controller());
        assert_eq!(settings.node_id(), 1);
        assert_eq!(settings.log_dirs(), ["./vltava-data"]);
        assert_eq!(settings.metadata_log_dir(), "./vltava-data");
        assert!(settings.quorum_voters().is_empty());
        assert_eq!(settings.listeners().advertised[0].port, 9092);
        assert_eq!(settings.get_int("offsets.topic.replication.factor"), 1);
        assert_eq!(settings.get_str("vltava.durability"), "replicated-or-synced");
    }

    #[test]
    fn every_broker_key_can_be_read_by_its_type() {
        let settings = Settings::zero_configuration();
        for key in keys(Scope::Broker) {
            match key.kind {
                Kind::Bool => assert_eq!(Value::Bool(settings.get_bool(key.name)), *settings.value(key.name)),
                Kind::Double => assert_eq!(Value::Double(settings.get_double(key.name)), *settings.value(key.name)),
                Kind::Short | Kind::Int | Kind::Long => {
                    let number = settings.get_optional_long(key.name).map_or(Value::Null, Value::Int);
                    assert_eq!(number, *settings.value(key.name));
                }
                Kind::Str | Kind::Class | Kind::Password => {
                    let text = settings.get_optional_str(key.name).map(str::to_owned);
                    assert_eq!(text.map_or(Value::Null, Value::Text), *settings.value(key.name));
                }
                Kind::List if *settings.value(key.name) == Value::Null => {
                    assert!(settings.get_list(key.name).is_empty());
                }
                Kind::List => {
                    let items = settings.get_list(key.name).to_vec();
                    assert_eq!(Value::List(items), *settings.value(key.name));
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "`no.such.key` is no broker key")]
    fn asking_for_a_key_that_does_not_exist_is_a_mistake_in_the_program() {
        Settings::zero_configuration().get_int("no.such.key");
    }

    #[test]
    fn what_the_file_says_is_told_apart_from_defaults() {
        let (settings, _) = settings(&[("num.partitions", "1")]).unwrap();
        assert_eq!(settings.explicit("num.partitions"), Some("1"));
        assert_eq!(settings.explicit("message.max.bytes"), None);
        assert_eq!(settings.get_int("message.max.bytes"), 1_048_588);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let errors = refusal(&[("num.partitions", "0"), ("log.preallocate", "maybe")]);
        assert!(errors.contains("num.partitions: `0` is not allowed; it must be at least 1"), "{errors}");
        assert!(errors.contains("log.preallocate: `maybe` is not allowed"), "{errors}");
    }

    #[test]
    fn required_keys_are_asked_for() {
        let errors = Settings::from_properties(&[]).unwrap_err();
        let missing: Vec<&str> = errors.iter().map(ConfigError::key).collect();
        assert_eq!(missing, ["process.roles", "node.id", "controller.listener.names"]);
    }

    #[test]
    fn the_older_name_of_the_node_id_works() {
        let pairs: Vec<(String, String)> = Settings::zero_configuration_properties()
            .into_iter()
            .map(|(key, value)| if key == "node.id" { ("broker.id".to_owned(), "7".to_owned()) } else { (key, value) })
            .collect();
        assert_eq!(Settings::from_properties(&pairs).unwrap().0.node_id(), 7);
        assert!(refusal(&[("broker.id", "2")]).contains("broker.id"));
        assert!(settings(&[("broker.id", "1")]).is_ok());
    }

    #[test]
    fn retention_takes_the_finest_unit_that_is_set() {
        let retention = |changes: &[(&str, &str)]| settings(changes).unwrap().0.retention_ms();
        assert_eq!(retention(&[]), 604_800_000);
        assert_eq!(retention(&[("log.retention.hours", "1")]), 3_600_000);
        assert_eq!(retention(&[("log.retention.hours", "1"), ("log.retention.minutes", "2")]), 120_000);
        assert_eq!(retention(&[("log.retention.minutes", "2"), ("log.retention.ms", "3")]), 3);
        assert_eq!(retention(&[("log.retention.hours", "-1")]), -1);
    }

    #[test]
    fn rolling_and_flushing_fall_back_too() {
        let (settings, _) = settings(&[("log.roll.hours", "2"), ("log.flush.scheduler.interval.ms", "5000")]).unwrap();
        assert_eq!(settings.log_roll_ms(), 7_200_000);
        assert_eq!(settings.log_roll_jitter_ms(), 0);
        assert_eq!(settings.flush_ms(), 5000);
    }

    #[test]
    fn the_request_budget_holds_at_least_one_request() {
        let budget = |changes: &[(&str, &str)]| settings(changes).unwrap().0.request_memory_bytes();
        assert_eq!(budget(&[]), 268_435_456);
        assert_eq!(budget(&[("socket.request.max.bytes", "500000000")]), 500_000_000);
        assert_eq!(budget(&[("queued.max.request.bytes", "200000000")]), 200_000_000);
    }

    #[test]
    fn unknown_keys_are_named_with_the_nearest_one() {
        let warnings = warned(&[("log.retention.hour", "1")]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].ends_with("did you mean log.retention.hours?"), "{warnings:?}");
    }

    #[test]
    fn keys_without_effect_are_told_with_the_reason() {
        let warnings = warned(&[("ssl.keystore.location", "/k"), ("num.io.threads", "8"), ("rsm.config.bucket", "b")]);
        assert_eq!(warnings.len(), 3);
        assert!(warnings.iter().any(|warning| warning.contains("TLS listeners are not served yet")), "{warnings:?}");
        assert!(warnings.iter().any(|warning| warning.starts_with("num.io.threads is set but has no effect")));
        assert!(warned(&[("num.partitions", "3")]).is_empty());
    }

    #[test]
    fn listener_prefixes_are_recognised_and_checked() {
        assert!(warned(&[("listener.name.plaintext.max.connections", "10")]).is_empty());
        let error = refusal(&[("listener.name.plaintext.max.connections", "many")]);
        assert!(error.starts_with("listener.name.plaintext.max.connections: `many`"), "{error}");
        let warnings = warned(&[("listener.name.outside.scram-sha-256.sasl.jaas.config", "x")]);
        assert!(warnings[0].contains("SASL listeners are not served yet"), "{warnings:?}");
    }

    #[test]
    fn passwords_are_not_shown() {
        let (settings, _) =
            settings(&[("ssl.key.password", "secret"), ("listener.name.a.ssl.key.password", "secret")]).unwrap();
        let shown = format!("{settings:?}");
        assert!(!shown.contains("secret") && shown.contains("ssl.key.password"), "{shown}");
    }

    #[test]
    fn run_time_changes_lie_above_the_file() {
        let (settings, _) = settings(&[("message.max.bytes", "100")]).unwrap();
        let change = |value: &str| BTreeMap::from([("message.max.bytes".to_owned(), value.to_owned())]);
        let overlaid = settings.overlaid(&change("200"), &change("300")).unwrap();
        assert_eq!(overlaid.get_int("message.max.bytes"), 300);
        let overlaid = settings.overlaid(&change("200"), &BTreeMap::new()).unwrap();
        assert_eq!(overlaid.get_int("message.max.bytes"), 200);
        assert!(settings.overlaid(&change("-1"), &BTreeMap::new()).is_err());
    }
}
