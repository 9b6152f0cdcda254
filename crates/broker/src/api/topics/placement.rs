//! How answers describe a partition's replicas: Metadata and DescribeTopicPartitions say the same.

use metadata::ClusterImage;
use metadata::image::Partition;
use types::{ErrorCode, NodeId};

/// Replicas on nodes that are not active.
pub(crate) fn offline_replicas(image: &ClusterImage, partition: &Partition) -> Vec<NodeId> {
    partition.replicas.iter().copied().filter(|&node| !image.is_active(node)).collect()
}

/// Why a client cannot use the partition's leader, seen from its listener.
pub(crate) fn leader_error(image: &ClusterImage, partition: &Partition, listener: &str) -> ErrorCode {
    if !partition.has_leader() || !image.is_active(partition.leader) {
        ErrorCode::LeaderNotAvailable
    } else if image.broker_endpoint(partition.leader, listener).is_none() {
        ErrorCode::ListenerNotFound
    } else {
        ErrorCode::None
    }
}
