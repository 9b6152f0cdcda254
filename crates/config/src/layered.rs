//! Typed values of a topic or a group: its own settings, then the broker keys they fall back to, then the defaults.

use std::collections::BTreeMap;

use crate::key::{Key, Scope};
use crate::table::find;
use crate::value::{Value, parse};

/// Where the values of one topic or group come from.
pub(crate) struct Layered<'a, F> {
    pub(crate) scope: Scope,
    pub(crate) overrides: &'a BTreeMap<String, String>,
    /// The value a broker key has on this node, its default included.
    pub(crate) broker_value: F,
}

impl<F: Fn(&str) -> Option<String>> Layered<'_, F> {
    /// The first value that passes the row. One that does not is passed over: it was refused when somebody tried to
    /// set it, so it can only come from a node with other rules.
    fn value(&self, name: &str) -> Value {
        let key = find(self.scope, name).unwrap_or_else(|| panic!("`{name}` is no key of {:?}", self.scope));
        let own = self.overrides.get(name).cloned();
        let inherited =
            key.synonyms.iter().filter_map(|synonym| Some(synonym.scaled(&(self.broker_value)(synonym.key)?)));
        let default = key.default_text().map(str::to_owned);
        let mut candidates = own.into_iter().chain(inherited).chain(default);
        candidates.find_map(|text| parse(key, &bounded(key, text)).ok()).unwrap_or(Value::Null)
    }

    pub(crate) fn long(&self, name: &str) -> i64 {
        self.optional_long(name).unwrap_or_else(|| panic!("`{name}` has no default"))
    }

    pub(crate) fn optional_long(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Value::Int(value) => Some(value),
            Value::Null => None,
            _ => panic!("`{name}` is no whole number"),
        }
    }

    pub(crate) fn int(&self, name: &str) -> i32 {
        i32::try_from(self.long(name)).unwrap_or_else(|_| panic!("`{name}` is a long key"))
    }

    pub(crate) fn optional_int(&self, name: &str) -> Option<i32> {
        self.optional_long(name).map(|value| i32::try_from(value).unwrap_or_else(|_| panic!("`{name}` is a long key")))
    }

    pub(crate) fn double(&self, name: &str) -> f64 {
        match self.value(name) {
            Value::Double(value) => value,
            _ => panic!("`{name}` is no double key"),
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Bool(value) => value,
            _ => panic!("`{name}` is no boolean key"),
        }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        match self.value(name) {
            Value::Text(value) => value,
            _ => panic!("`{name}` is no text"),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Value::List(value) => value,
            _ => panic!("`{name}` is no list"),
        }
    }
}

/// The broker's retention time may be any negative number, the topic's only -1.
pub(crate) fn bounded(key: &Key, text: String) -> String {
    let forever = key.name == "retention.ms" && key.scope == Scope::Topic;
    match text.trim().parse::<i64>() {
        Ok(number) if forever && number < -1 => "-1".to_owned(),
        _ => text,
    }
}
