//! What can be wrong with a configuration: errors stop the node or refuse a change, warnings are told and passed over.

use std::fmt;

use crate::key::{Key, Scope};
use crate::nearest::nearest;

/// Why a configuration is refused: which key, what value, what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value is outside what the key allows.
    #[error("{key}: `{value}` is not allowed; it must be {allowed}")]
    Invalid {
        /// The key.
        key: String,
        /// Its value, hidden for passwords.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// The value contradicts another key.
    #[error("{key}: `{value}` does not fit: {reason}")]
    Conflict {
        /// The key.
        key: String,
        /// Its value, hidden for passwords.
        value: String,
        /// What it contradicts and how to resolve that.
        reason: String,
    },
    /// A key that must be set is not.
    #[error("{key} is not set: {remedy}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What to do.
        remedy: String,
    },
    /// A value that Kafka knows and that is not served here.
    #[error("{key}: `{value}` is not supported: {reason}")]
    Unsupported {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What is missing.
        reason: String,
    },
    /// No key has this name.
    #[error("{key} is no configuration key{}", did_you_mean(.nearest))]
    Unknown {
        /// The name.
        key: String,
        /// A key with nearly this name.
        nearest: Option<&'static str>,
    },
    /// The key cannot change at run time, or not for all brokers at once.
    #[error("{key} cannot be changed like this: {reason}")]
    NotDynamic {
        /// The key.
        key: String,
        /// How it can be changed.
        reason: &'static str,
    },
    /// APPEND and SUBTRACT need a list.
    #[error("{key} is no list: nothing can be appended to it or taken from it")]
    NotAList {
        /// The key.
        key: String,
    },
}

impl ConfigError {
    /// The key that is wrong.
    pub fn key(&self) -> &str {
        match self {
            ConfigError::Invalid { key, .. }
            | ConfigError::Conflict { key, .. }
            | ConfigError::Unsupported { key, .. }
            | ConfigError::Unknown { key, .. }
            | ConfigError::NotDynamic { key, .. }
            | ConfigError::NotAList { key } => key,
            ConfigError::Missing { key, .. } => key,
        }
    }

    pub(crate) fn invalid(key: &Key, value: &str, allowed: impl Into<String>) -> ConfigError {
        let value = if key.is_sensitive() { HIDDEN } else { value };
        ConfigError::Invalid { key: key.name.to_owned(), value: value.to_owned(), allowed: allowed.into() }
    }

    /// The same mistake of a key that is read like another one, such as one with a listener's prefix.
    pub(crate) fn renamed(self, name: &str) -> ConfigError {
        match self {
            ConfigError::Invalid { value, allowed, .. } => {
                ConfigError::Invalid { key: name.to_owned(), value, allowed }
            }
            other => other,
        }
    }

    pub(crate) fn conflict(key: &str, value: impl Into<String>, reason: impl Into<String>) -> ConfigError {
        ConfigError::Conflict { key: key.to_owned(), value: value.into(), reason: reason.into() }
    }

    pub(crate) fn unknown(scope: Scope, key: &str) -> ConfigError {
        ConfigError::Unknown { key: key.to_owned(), nearest: nearest(scope, key) }
    }
}

/// Stands for the value of a password.
pub(crate) const HIDDEN: &str = "[hidden]";

/// What an operator should know, though the node starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// No key has this name.
    Unknown {
        /// The name.
        key: String,
        /// A key with nearly this name.
        nearest: Option<&'static str>,
    },
    /// The key is known and set, and does nothing yet.
    NotYet {
        /// The key.
        key: String,
        /// What is missing.
        reason: &'static str,
    },
    /// The key is known and set, and has no meaning here.
    Inert {
        /// The key.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// The key stands in the file more than once; the last one counts.
    Duplicate {
        /// The key.
        key: String,
        /// The file.
        file: String,
        /// The line of the one that counts.
        line: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Unknown { key, nearest } => {
                write!(f, "{key} is no configuration key and is passed over{}", did_you_mean(nearest))
            }
            Warning::NotYet { key, reason } => write!(f, "{key} is set but does nothing yet: {reason}"),
            Warning::Inert { key, reason } => write!(f, "{key} is set but has no effect here: {reason}"),
            Warning::Duplicate { key, file, line } => {
                write!(f, "{file}:{line}: {key} is set more than once; this last one counts")
            }
        }
    }
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::find;

    #[test]
    fn errors_name_key_value_and_what_is_allowed() {
        let key = find(Scope::Broker, "num.partitions").unwrap();
        let error = ConfigError::invalid(key, "0", "at least 1");
        assert_eq!(error.to_string(), "num.partitions: `0` is not allowed; it must be at least 1");
        assert_eq!(error.key(), "num.partitions");
    }

    #[test]
    fn errors_do_not_show_passwords() {
        let key = find(Scope::Broker, "ssl.key.password").unwrap();
        assert!(!ConfigError::invalid(key, "secret", "something else").to_string().contains("secret"));
    }

    #[test]
    fn unknown_names_come_with_the_nearest_key() {
        let error = ConfigError::unknown(Scope::Topic, "retension.ms");
        assert_eq!(error.to_string(), "retension.ms is no configuration key; did you mean retention.ms?");
    }
}
