//! Topic names, what they may be, and the pair that names a partition.

use std::fmt;
use std::sync::Arc;

/// The log of the metadata quorum; not an ordinary topic.
pub const CLUSTER_METADATA: &str = "__cluster_metadata";
/// Groups and their committed offsets.
pub const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// Transactions.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// Share groups.
pub const SHARE_GROUP_STATE: &str = "__share_group_state";

/// The longest topic name: with "-<partition>.<suffix>" it must still be a file name.
pub const MAX_TOPIC_NAME_LENGTH: usize = 249;

/// Topics that only the broker itself writes to.
pub fn is_internal(topic: &str) -> bool {
    matches!(topic, CONSUMER_OFFSETS | TRANSACTION_STATE | SHARE_GROUP_STATE)
}

/// Why a topic name is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidTopicName {
    /// The empty text.
    Empty,
    /// "." or "..", which are directories already.
    Dots,
    /// Longer than 249 characters.
    TooLong(usize),
    /// A character outside a-z, A-Z, 0-9, '.', '_' and '-'.
    Character(String),
}

impl fmt::Display for InvalidTopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidTopicName::Empty => f.write_str("Topic name is invalid: the empty string is not allowed"),
            InvalidTopicName::Dots => f.write_str("Topic name is invalid: '.' or '..' is not allowed"),
            InvalidTopicName::TooLong(length) => {
                write!(f, "Topic name is invalid: {length} characters, at most {MAX_TOPIC_NAME_LENGTH} are allowed")
            }
            InvalidTopicName::Character(name) => write!(
                f,
                "Topic name is invalid: '{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
                name.escape_debug()
            ),
        }
    }
}

impl std::error::Error for InvalidTopicName {}

/// Is this a name that a topic may have?
pub fn validate_topic_name(name: &str) -> Result<(), InvalidTopicName> {
    if name.is_empty() {
        return Err(InvalidTopicName::Empty);
    }
    if name == "." || name == ".." {
        return Err(InvalidTopicName::Dots);
    }
    if name.len() > MAX_TOPIC_NAME_LENGTH {
        return Err(InvalidTopicName::TooLong(name.len()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
        return Err(InvalidTopicName::Character(name.chars().take(MAX_TOPIC_NAME_LENGTH).collect()));
    }
    Ok(())
}

/// Two names that differ only in '.' and '_' share a metric name, so Kafka lets only one of them exist.
pub fn collides(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).all(|(a, b)| a == b || (matches!(a, b'.' | b'_') && matches!(b, b'.' | b'_')))
}

/// One partition of one topic, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition with this number of this topic.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> TopicPartition {
        TopicPartition { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kafka_refuses_are_refused() {
        for bad in ["", ".", "..", "a/b", "ä", "a b", "../../etc", &"x".repeat(250)] {
            assert!(validate_topic_name(bad).is_err(), "{bad}");
        }
        for good in ["a", "a.b_c-D9", "...", &"x".repeat(249)] {
            assert!(validate_topic_name(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn dots_and_underscores_collide() {
        assert!(collides("a.b", "a_b"));
        assert!(!collides("a.b", "a-b"));
        assert!(!collides("a.b", "a.bc"));
    }
}
