//! The cluster: versions and features, brokers, directories, elections, reassignments.

pub(crate) mod alter_partition_reassignments;
pub(crate) mod alter_replica_log_dirs;
pub(crate) mod api_versions;
pub(crate) mod describe_cluster;
pub(crate) mod describe_log_dirs;
pub(crate) mod elect_leaders;
pub(crate) mod list_partition_reassignments;
pub(crate) mod unregister_broker;
pub(crate) mod update_features;
