//! Every configuration key, one row each; reading and checking server.properties.
//!
//! | question | file |
//! |---|---|
//! | what a row says | `key.rs` |
//! | the rows | `broker/<family>.rs`, `topic.rs`, `group.rs`, `own.rs`, gathered in `table.rs` |
//! | why a key has no effect | `reason.rs` |
//! | the file's syntax | `properties.rs` |
//! | the checked values of a node | `settings.rs`, with the rules between keys in `checks.rs` and `listeners.rs` |
//! | changes at run time | `dynamic.rs`, and which value wins in `resolve.rs` |
//! | a topic's or a group's values, typed | `topic_options.rs`, `group_options.rs` |

mod broker;
mod checks;
mod docs;
mod dynamic;
mod error;
mod group;
mod group_options;
mod key;
mod layered;
mod listeners;
mod nearest;
mod own;
mod properties;
mod quorum_voters;
mod reason;
mod resolve;
mod settings;
mod table;
mod topic;
mod topic_options;
mod valid;
mod value;

pub use docs::markdown;
pub use dynamic::{append, is_dynamic, subtract, validate, validate_broker_change, validate_topic};
pub use error::{ConfigError, Warning};
pub use group_options::{GroupOptions, IsolationLevel, OffsetReset};
pub use key::{Acted, DefaultValue, Importance, Key, Kind, Scope, Synonym, Update, Valid};
pub use listeners::{Listener, Listeners, SecurityProtocol};
pub use nearest::nearest;
pub use properties::{MAX_FILE_BYTES, Properties, PropertiesError, Property};
pub use quorum_voters::Voter;
pub use resolve::{BrokerLayers, Resolved, Source, SourcedValue, resolve_broker, resolve_group, resolve_topic};
pub use settings::Settings;
pub use table::{FAMILIES, Family, find, keys};
pub use topic_options::{CleanupPolicy, CompressionType, TimestampType, TopicOptions};
pub use value::Value;
