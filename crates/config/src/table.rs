//! All rows together, and how a row is found by its name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::key::{Key, Scope};
use crate::{broker, group, own, topic};

/// Rows that belong together: a section of the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The section's heading.
    pub title: &'static str,
    /// What its keys are about.
    pub words: &'static str,
    /// Its rows.
    pub keys: &'static [Key],
}

/// Every family, in the order of the documentation.
pub const FAMILIES: &[Family] = &[
    Family {
        title: "Node and roles",
        words: "Who this node is, what it does in the cluster, how it starts and leaves.",
        keys: broker::node::KEYS,
    },
    Family {
        title: "Controller quorum and metadata log",
        words: "How the controllers elect a leader and how they keep the cluster's metadata.",
        keys: broker::quorum::KEYS,
    },
    Family {
        title: "Listeners and connections",
        words: "Where the node listens, how it is reached, and how much one client may take.",
        keys: broker::listeners::KEYS,
    },
    Family {
        title: "Topics, produce and fetch",
        words: "How topics come to be, and the limits of writing and reading them.",
        keys: broker::topics::KEYS,
    },
    Family {
        title: "Logs on disk",
        words: "Directories, segments, indexes, flushing and retention.",
        keys: broker::log::KEYS,
    },
    Family {
        title: "Compaction",
        words: "The cleaner, which keeps the last record of every key in compacted topics.",
        keys: broker::cleaner::KEYS,
    },
    Family { title: "Replication", words: "How followers copy their leaders.", keys: broker::replication::KEYS },
    Family {
        title: "Consumer groups and offsets",
        words: "The classic group protocol and the offsets of all groups.",
        keys: broker::groups::KEYS,
    },
    Family {
        title: "Consumer groups with server-side assignment",
        words: "The newer protocol: the coordinator computes the assignment.",
        keys: broker::consumer_groups::KEYS,
    },
    Family {
        title: "Share groups",
        words: "Groups whose members share partitions record by record, and where their state is kept.",
        keys: broker::share_groups::KEYS,
    },
    Family {
        title: "Streams groups",
        words: "Groups of stream processing applications, whose tasks the coordinator assigns.",
        keys: broker::streams_groups::KEYS,
    },
    Family {
        title: "Producers and transactions",
        words: "Producer ids, and transactions over several partitions.",
        keys: broker::transactions::KEYS,
    },
    Family { title: "Remote storage", words: "Segments that move to an object store.", keys: broker::tiered::KEYS },
    Family {
        title: "TLS",
        words: "Certificates and protocols; `listener.name.<name>.` in front of a key sets it for one listener.",
        keys: broker::tls::KEYS,
    },
    Family { title: "SASL", words: "Authentication by password, ticket or token.", keys: broker::sasl::KEYS },
    Family {
        title: "Authorization and delegation tokens",
        words: "Who may do what, and tokens that act for somebody.",
        keys: broker::security::KEYS,
    },
    Family {
        title: "Quotas",
        words: "How rates are measured, and which code enforces them.",
        keys: broker::quotas::KEYS,
    },
    Family { title: "Metrics and telemetry", words: "How the node reports on itself.", keys: broker::metrics::KEYS },
    Family {
        title: "Live settings",
        words: "Broker keys that tools set at run time and that never stand in a file.",
        keys: broker::live::KEYS,
    },
    Family {
        title: "Vltava's own keys",
        words: "Broker keys that Apache Kafka does not have; it ignores them.",
        keys: own::KEYS,
    },
    Family {
        title: "Topics",
        words: "Keys of one topic, set when it is created or at any time after.",
        keys: topic::KEYS,
    },
    Family { title: "Groups", words: "Keys of one group, set at any time.", keys: group::KEYS },
];

static BY_NAME: LazyLock<HashMap<(Scope, &'static str), &'static Key>> =
    LazyLock::new(|| all().map(|key| ((key.scope, key.name), key)).collect());

/// The row of a name, if there is one.
pub fn find(scope: Scope, name: &str) -> Option<&'static Key> {
    BY_NAME.get(&(scope, name)).copied()
}

/// The rows of one scope, in the order of the documentation.
pub fn keys(scope: Scope) -> impl Iterator<Item = &'static Key> {
    all().filter(move |key| key.scope == scope)
}

fn all() -> impl Iterator<Item = &'static Key> {
    FAMILIES.iter().flat_map(|family| family.keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Acted, DefaultValue, Update};
    use crate::value::{Value, parse};

    #[test]
    fn every_key_of_kafka_has_a_row_and_names_are_unique() {
        let own = |key: &&Key| key.name.starts_with("vltava.");
        let live = broker::live::KEYS.len();
        assert_eq!(keys(Scope::Broker).filter(|key| !own(key)).count() - live, 360);
        assert_eq!(keys(Scope::Topic).count(), 34);
        assert_eq!(keys(Scope::Group).count(), 17);
        assert_eq!(BY_NAME.len(), all().count());
    }

    #[test]
    fn every_default_passes_its_own_row() {
        for key in all() {
            if let DefaultValue::Is(text) = key.default {
                assert!(parse(key, text).is_ok(), "{}: {:?}", key.name, parse(key, text));
            }
        }
    }

    #[test]
    fn every_row_has_words_that_end_like_a_sentence() {
        for key in all() {
            assert!(key.words.len() > 10 && key.words.ends_with('.'), "{}", key.name);
            assert!(!key.words.contains("  ") && !key.words.contains('|'), "{}", key.name);
            if let Acted::NotYet(reason) | Acted::Inert(reason) = key.acted_on {
                assert!(!reason.is_empty() && !reason.ends_with('.'), "{}", key.name);
            }
        }
    }

    #[test]
    fn keys_fall_back_to_broker_keys_of_the_table_only() {
        for key in all() {
            for synonym in key.synonyms {
                let target = find(Scope::Broker, synonym.key);
                assert!(target.is_some(), "{} falls back to {}", key.name, synonym.key);
                assert!(synonym.factor > 0, "{}", key.name);
            }
        }
    }

    /// The default of a topic or group key is what its fallbacks yield where nobody sets anything.
    #[test]
    fn defaults_agree_with_the_defaults_of_the_fallbacks() {
        for key in keys(Scope::Topic).chain(keys(Scope::Group)).filter(|key| !key.synonyms.is_empty()) {
            let inherited = key.synonyms.iter().find_map(|synonym| {
                let text = find(Scope::Broker, synonym.key)?.default_text()?;
                Some(synonym.scaled(text))
            });
            let own = parse(key, key.default_text().expect("a default")).expect("a valid default");
            let inherited: Value = parse(key, &inherited.expect("an inherited default")).expect("a valid default");
            assert_eq!(inherited, own, "{}", key.name);
        }
    }

    #[test]
    fn only_broker_keys_need_a_restart() {
        assert!(keys(Scope::Topic).chain(keys(Scope::Group)).all(|key| key.update == Update::PerResource));
        assert!(keys(Scope::Broker).all(|key| key.update != Update::PerResource));
    }
}
