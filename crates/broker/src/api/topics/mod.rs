//! Topics: what exists, where it is, making and removing.

pub(crate) mod create_partitions;
pub(crate) mod create_topics;
pub(crate) mod delete_topics;
pub(crate) mod describe_topic_partitions;
pub(crate) mod metadata;
pub(crate) mod placement;
