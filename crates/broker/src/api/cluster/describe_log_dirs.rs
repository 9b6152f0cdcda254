//! DescribeLogDirs (35), versions 1–5: which partitions are in which directory, and how large they are.
//!
//! Behaviour: `null` topics mean all. An offline directory is told with KAFKA_STORAGE_ERROR and no partitions. Version notes:
//! 3+ an error for the whole; 4+ room of the volume; 5 cordoned directories. Authorization: Describe on the cluster.

use std::collections::{BTreeMap, BTreeSet};

use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::describe_log_dirs_response::{Partition, Result as Told, Topic};
use wire::{DescribeLogDirsRequest, DescribeLogDirsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
    if !context.allows(Operation::Describe, Resource::CLUSTER) {
        let error_code = if context.version() >= 3 { ErrorCode::ClusterAuthorizationFailed.code() } else { 0 };
        return DescribeLogDirsResponse { error_code, ..DescribeLogDirsResponse::default() };
    }
    let wanted: Option<BTreeSet<(Str, i32)>> = request.topics.map(|topics| {
        let topics = topics.into_iter();
        topics.flat_map(|topic| topic.partitions.into_iter().map(move |number| (topic.topic.clone(), number))).collect()
    });
    let mut by_directory: BTreeMap<usize, BTreeMap<Str, Vec<Partition>>> = BTreeMap::new();
    for partition in context.node.partitions.all() {
        let key = (Str::from(partition.topic_name()), partition.number());
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&key)) {
            continue;
        }
        let told = Partition {
            partition_index: partition.number(),
            partition_size: partition.size_on_disk() as i64,
            offset_lag: (partition.high_watermark() - partition.log_end()).max(0),
            is_future_key: false,
            ..Partition::default()
        };
        by_directory.entry(partition.directory()).or_default().entry(key.0).or_default().push(told);
    }
    let results = context.node.directories.iter().enumerate().map(|(index, directory)| {
        let topics = by_directory.remove(&index).unwrap_or_default().into_iter();
        let space = directory.space().ok();
        let offline = directory.is_offline();
        Told {
            error_code: if offline { ErrorCode::KafkaStorageError.code() } else { 0 },
            log_dir: directory.path().display().to_string().into(),
            topics: if offline {
                Vec::new()
            } else {
                topics.map(|(name, partitions)| Topic { name, partitions, ..Topic::default() }).collect()
            },
            total_bytes: space.map_or(-1, |space| space.total as i64),
            usable_bytes: space.map_or(-1, |space| space.available as i64),
            ..Told::default()
        }
    });
    DescribeLogDirsResponse { results: results.collect(), ..DescribeLogDirsResponse::default() }
}
