//! The words everything else is written in: ids, offsets, epochs, topic names, error codes.

mod error_code;
mod text;
mod topic;
mod uuid;

pub use error_code::ErrorCode;
pub use text::Str;
pub use topic::{
    CLUSTER_METADATA, CONSUMER_OFFSETS, InvalidTopicName, MAX_TOPIC_NAME_LENGTH, SHARE_GROUP_STATE, TRANSACTION_STATE,
    TopicPartition, collides, is_internal, validate_topic_name,
};
pub use uuid::{InvalidUuid, Uuid};

/// A node's id: brokers and controllers share one namespace.
pub type NodeId = i32;
/// A record's place in its partition, from 0.
pub type Offset = i64;
/// How often a partition's leader was chosen.
pub type LeaderEpoch = i32;
/// A moment: milliseconds since 1970 UTC.
pub type TimestampMs = i64;

/// No leader, no node.
pub const NO_NODE: NodeId = -1;
/// No epoch known.
pub const NO_EPOCH: LeaderEpoch = -1;
/// No offset known.
pub const NO_OFFSET: Offset = -1;
/// No timestamp.
pub const NO_TIMESTAMP: TimestampMs = -1;
