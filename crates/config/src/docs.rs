//! The documentation of every key, written from the table: `docs/configuration.md`.

use crate::key::{Acted, DefaultValue, Importance, Key, Scope, Update, Valid};
use crate::table::FAMILIES;

const INTRODUCTION: &str = "\
# Configuration

A node reads a properties file with Apache Kafka's own key names. Keys that are unknown or have no effect are named in a
warning when the node starts; a value that is not allowed stops it. Without a file a node is broker and controller on
localhost and keeps its data in `./vltava-data`.

*Changes* says how a key takes effect: after a restart, live for one broker, or live for one broker or all of them.
Topic and group keys are live. A key that is not set falls back to the keys named with it, in that order.

This page is written by the crate `config` from its table. To change it, change the table.
";

const TABLE_HEAD: &str = "\
| Key | Type | Default | Allowed | Changes | Meaning |
|---|---|---|---|---|---|
";

/// The whole page, in Markdown.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for family in FAMILIES {
        page.push_str(&format!("\n## {}\n\n{}\n\n{TABLE_HEAD}", family.title, family.words));
        for key in family.keys {
            page.push_str(&row(key));
        }
    }
    page
}

fn row(key: &Key) -> String {
    let allowed = match key.valid {
        Valid::Any => String::new(),
        valid => valid.words(),
    };
    format!(
        "| `{}` | {} | {} | {allowed} | {} | {} |\n",
        key.name,
        key.kind.name(),
        default(key),
        changes(key),
        meaning(key)
    )
}

fn default(key: &Key) -> String {
    match key.default {
        DefaultValue::Is("") => "empty".to_owned(),
        DefaultValue::Is(text) => format!("`{text}`"),
        DefaultValue::Null => "unset".to_owned(),
        DefaultValue::Required => "required".to_owned(),
    }
}

fn changes(key: &Key) -> &'static str {
    match key.update {
        Update::ReadOnly => "restart",
        Update::PerBroker => "live, one broker",
        Update::ClusterWide | Update::PerResource => "live",
    }
}

/// The words, then what a reader should know besides them.
fn meaning(key: &Key) -> String {
    let mut text = key.words.to_owned();
    if key.scope != Scope::Broker && !key.synonyms.is_empty() {
        let names: Vec<String> = key.synonyms.iter().map(|synonym| format!("`{}`", synonym.key)).collect();
        text.push_str(&format!(" Unset: {}.", names.join(", ")));
    }
    if key.importance == Importance::Internal {
        text.push_str(" Internal.");
    }
    match key.acted_on {
        Acted::Yes => {}
        Acted::NotYet(reason) => text.push_str(&format!(" **Does nothing yet: {reason}.**")),
        Acted::Inert(reason) => text.push_str(&format!(" *No effect here: {reason}.*")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::keys;

    #[test]
    fn every_key_stands_in_a_row_of_six_cells() {
        let page = markdown();
        for key in keys(Scope::Broker).chain(keys(Scope::Topic)).chain(keys(Scope::Group)) {
            let begin = format!("| `{}` |", key.name);
            let rows: Vec<&str> = page.lines().filter(|line| line.starts_with(&begin)).collect();
            assert!(!rows.is_empty(), "{}", key.name);
            assert!(rows.iter().all(|row| row.matches('|').count() == 7), "{rows:?}");
        }
    }

    #[test]
    fn a_row_says_default_bounds_change_and_effect() {
        let page = markdown();
        assert!(page.contains("| `num.partitions` | int | `1` | at least 1 | restart | How many partitions"));
        assert!(page.contains("**Does nothing yet: TLS listeners are not served yet.**"));
        assert!(page.contains("Unset: `log.retention.ms`, `log.retention.minutes`, `log.retention.hours`."));
    }
}
