//! Numbers that are looked up when metrics are printed.

use std::sync::{Arc, Weak};

use observe::Page;

use crate::node::Node;

/// Registers what is known where it arises.
pub(super) fn register(node: &Arc<Node>) {
    let weak: Weak<Node> = Arc::downgrade(node);
    node.metrics.registry.collect_with(move |page| {
        if let Some(node) = weak.upgrade() {
            print(&node, page);
        }
    });
}

fn print(node: &Node, page: &mut Page) {
    let image = node.cluster.image();
    let partitions = node.partitions.all();
    let count = |test: &dyn Fn(&crate::partition::Partition) -> bool| {
        partitions.iter().filter(|partition| test(partition)).count() as f64
    };
    let manager = |page: &mut Page, name: &str, value: f64| {
        page.gauge(&format!("kafka_server_replicamanager_{name}"), &[], value);
    };
    manager(page, "leadercount", count(&|partition| partition.is_leader()));
    manager(page, "partitioncount", partitions.len() as f64);
    manager(page, "underreplicatedpartitions", 0.0);
    manager(
        page,
        "offlinereplicacount",
        node.directories.iter().filter(|directory| directory.is_offline()).count() as f64,
    );
    manager(page, "underminisrpartitioncount", count(&|partition| !partition.meets_min_in_sync()));
    let controller = |page: &mut Page, name: &str, value: f64| {
        page.gauge(&format!("kafka_controller_kafkacontroller_{name}"), &[], value);
    };
    let active = image.brokers().values().filter(|broker| broker.is_active()).count();
    let leaderless: usize =
        image.topics().map(|topic| topic.partitions.values().filter(|partition| !partition.has_leader()).count()).sum();
    controller(page, "activecontrollercount", 1.0);
    controller(page, "activebrokercount", active as f64);
    controller(page, "fencedbrokercount", (image.brokers().len() - active) as f64);
    controller(page, "globaltopiccount", image.topic_count() as f64);
    controller(page, "globalpartitioncount", image.partition_count() as f64);
    controller(page, "offlinepartitionscount", leaderless as f64);
    controller(page, "lastcommittedrecordoffset", node.cluster.published_offset() as f64);
    page.gauge("kafka_coordinator_group_groupmetadatamanager_numgroups", &[], node.groups.group_count() as f64);
    page.gauge("kafka_server_fetchsessioncache_numincrementalfetchsessions", &[], node.fetch_sessions.count() as f64);
    for partition in &partitions {
        let number = partition.number().to_string();
        let labels = [("topic", partition.topic_name()), ("partition", number.as_str())];
        page.gauge("kafka_log_log_size", &labels, partition.size_on_disk() as f64);
        page.gauge("kafka_log_log_logendoffset", &labels, partition.log_end() as f64);
        page.gauge("kafka_log_log_logstartoffset", &labels, partition.log_start() as f64);
        page.gauge("kafka_log_log_numlogsegments", &labels, partition.log().segment_count() as f64);
    }
    if let Some(bytes) = runtime::resident_bytes() {
        page.gauge("process_resident_memory_bytes", &[], bytes as f64);
    }
}
