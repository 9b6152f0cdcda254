//! Changes at run time: which are allowed, and how lists are changed item by item.

use std::collections::BTreeMap;

use crate::error::ConfigError;
use crate::key::{Key, Kind, Scope, Update};
use crate::settings::base_key;
use crate::table::find;
use crate::topic_options::TopicOptions;
use crate::value::{list, parse};

/// Whether a value is one the key allows.
pub fn validate(scope: Scope, name: &str, value: &str) -> Result<(), ConfigError> {
    let key = row(scope, name)?;
    parse(key, value).map_err(|error| error.renamed(name))?;
    Ok(())
}

/// Whether a broker key can change without a restart, also one with a listener's prefix.
pub fn is_dynamic(name: &str) -> bool {
    base_key(name).is_some_and(|key| key.update != Update::ReadOnly)
}

/// Whether a broker key may be given this value at run time, for one broker or for all of them.
pub fn validate_broker_change(name: &str, value: &str, for_all_brokers: bool) -> Result<(), ConfigError> {
    let key = row(Scope::Broker, name)?;
    let not_dynamic = |reason| Err(ConfigError::NotDynamic { key: name.to_owned(), reason });
    match key.update {
        Update::ReadOnly => return not_dynamic("it takes a change of the file and a restart"),
        Update::PerBroker if for_all_brokers => return not_dynamic("it is set for each broker by itself"),
        _ if for_all_brokers && key.name != name => {
            return not_dynamic("with a listener's prefix it is set for each broker by itself");
        }
        Update::PerBroker | Update::ClusterWide | Update::PerResource => {}
    }
    validate(Scope::Broker, name, value)
}

/// Whether a topic may have all these settings together.
pub fn validate_topic(
    overrides: &BTreeMap<String, String>,
    broker_value: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (name, value) in overrides {
        validate(Scope::Topic, name, value)?;
    }
    let set = |name: &str| overrides.get(name).map(String::as_str).unwrap_or_default();
    let options = TopicOptions::resolve(overrides, broker_value);
    if options.min_compaction_lag_ms > options.max_compaction_lag_ms {
        let reason = format!("max.compaction.lag.ms is {}, which is less", options.max_compaction_lag_ms);
        return Err(ConfigError::conflict("min.compaction.lag.ms", options.min_compaction_lag_ms.to_string(), reason));
    }
    if options.remote_storage_enable && options.cleanup_policy.compact {
        let reason = "a compacted topic cannot keep segments in remote storage";
        return Err(ConfigError::conflict("remote.storage.enable", set("remote.storage.enable"), reason));
    }
    check_local(
        "local.retention.ms",
        options.local_retention_ms,
        "retention.ms",
        options.retention_ms,
        options.remote_storage_enable,
    )?;
    check_local(
        "local.retention.bytes",
        options.local_retention_bytes,
        "retention.bytes",
        options.retention_bytes,
        options.remote_storage_enable,
    )
}

/// What is kept on local disk is a part of what is kept at all; -2 stands for all of it, -1 for no limit.
fn check_local(name: &str, local: i64, total_name: &str, total: i64, remote: bool) -> Result<(), ConfigError> {
    let too_much = match (local, total) {
        (-2, _) => false,
        (-1, total) => total != -1,
        (local, total) => total != -1 && local > total,
    };
    if remote && too_much {
        let reason = format!("{total_name} is {total}, and what is kept on local disk is a part of that");
        return Err(ConfigError::conflict(name, local.to_string(), reason));
    }
    Ok(())
}

/// A list with these items added that it did not have. `current` is the value set until now, if one was.
pub fn append(scope: Scope, name: &str, current: Option<&str>, items: &str) -> Result<String, ConfigError> {
    let mut result = current_items(scope, name, current)?;
    for item in list(items) {
        if !result.contains(&item) {
            result.push(item);
        }
    }
    Ok(result.join(","))
}

/// A list without these items. `current` is the value set until now, if one was.
pub fn subtract(scope: Scope, name: &str, current: Option<&str>, items: &str) -> Result<String, ConfigError> {
    let mut result = current_items(scope, name, current)?;
    let gone = list(items);
    result.retain(|item| !gone.contains(item));
    Ok(result.join(","))
}

fn current_items(scope: Scope, name: &str, current: Option<&str>) -> Result<Vec<String>, ConfigError> {
    let key = row(scope, name)?;
    if key.kind != Kind::List {
        return Err(ConfigError::NotAList { key: name.to_owned() });
    }
    Ok(list(current.or(key.default_text()).unwrap_or_default()))
}

fn row(scope: Scope, name: &str) -> Result<&'static Key, ConfigError> {
    let key = if scope == Scope::Broker { base_key(name) } else { find(scope, name) };
    key.ok_or_else(|| ConfigError::unknown(scope, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn refused(pairs: &[(&str, &str)]) -> String {
        validate_topic(&map(pairs), |_| None).unwrap_err().key().to_owned()
    }

    #[test]
    fn values_are_checked_by_scope() {
        assert!(validate(Scope::Topic, "retention.ms", "-1").is_ok());
        assert!(validate(Scope::Topic, "retention.ms", "-2").is_err());
        assert!(validate(Scope::Broker, "log.retention.ms", "-2").is_ok());
        assert!(validate(Scope::Group, "consumer.session.timeout.ms", "0").is_err());
        let error = validate(Scope::Topic, "log.retention.ms", "1").unwrap_err();
        assert!(matches!(error, ConfigError::Unknown { .. }));
    }

    #[test]
    fn only_some_broker_keys_change_at_run_time() {
        assert!(is_dynamic("log.retention.ms"));
        assert!(is_dynamic("listener.name.outside.ssl.keystore.location"));
        assert!(!is_dynamic("log.retention.hours"));
        assert!(!is_dynamic("no.such.key"));
    }

    #[test]
    fn a_change_is_refused_where_it_takes_a_restart_or_one_broker() {
        let refusal =
            |name, for_all| matches!(validate_broker_change(name, "1", for_all), Err(ConfigError::NotDynamic { .. }));
        assert!(refusal("node.id", false));
        assert!(refusal("ssl.keystore.location", true));
        assert!(!refusal("ssl.keystore.location", false));
        assert!(refusal("listener.name.a.max.connections", true));
        assert!(!refusal("max.connections", true));
        assert!(matches!(validate_broker_change("max.connections", "x", true), Err(ConfigError::Invalid { .. })));
    }

    #[test]
    fn settings_of_a_topic_fit_together() {
        assert!(validate_topic(&map(&[("min.compaction.lag.ms", "5")]), |_| None).is_ok());
        let pairs = [("min.compaction.lag.ms", "5"), ("max.compaction.lag.ms", "4")];
        assert_eq!(refused(&pairs), "min.compaction.lag.ms");
        let pairs = [("remote.storage.enable", "true"), ("cleanup.policy", "compact,delete")];
        assert_eq!(refused(&pairs), "remote.storage.enable");
        let pairs = [("remote.storage.enable", "true"), ("retention.ms", "10"), ("local.retention.ms", "11")];
        assert_eq!(refused(&pairs), "local.retention.ms");
        let pairs = [("remote.storage.enable", "true"), ("retention.bytes", "10"), ("local.retention.bytes", "-1")];
        assert_eq!(refused(&pairs), "local.retention.bytes");
        assert!(validate_topic(&map(&[("retention.ms", "10"), ("local.retention.ms", "11")]), |_| None).is_ok());
        assert_eq!(refused(&[("retention.ms", "x")]), "retention.ms");
    }

    #[test]
    fn items_are_appended_once_and_taken_away() {
        let name = "cleanup.policy";
        assert_eq!(append(Scope::Topic, name, None, "compact").unwrap(), "delete,compact");
        assert_eq!(append(Scope::Topic, name, Some("compact"), "compact,delete").unwrap(), "compact,delete");
        assert_eq!(append(Scope::Topic, name, Some(""), "compact").unwrap(), "compact");
        assert_eq!(subtract(Scope::Topic, name, Some("compact,delete"), "compact").unwrap(), "delete");
        assert_eq!(subtract(Scope::Topic, name, Some("delete"), "compact,delete").unwrap(), "");
    }

    #[test]
    fn only_lists_have_items() {
        let error = append(Scope::Topic, "retention.ms", None, "1").unwrap_err();
        assert_eq!(error, ConfigError::NotAList { key: "retention.ms".to_owned() });
        assert!(subtract(Scope::Topic, "no.such.key", None, "1").is_err());
    }
}
