//! What a node does from time to time: heartbeats, retention, checkpoints, forgetting.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::register;
use crate::node::Node;

/// How often logs with `flush.ms` are looked at.
const FLUSH_CHECK: Duration = Duration::from_secs(1);

/// Starts everything that runs beside the requests.
pub(super) fn spawn(node: &Arc<Node>, tasks: &TaskTracker, stop: &CancellationToken) {
    let every = |key: &str| Duration::from_millis(node.settings.get_long(key).clamp(1, 86_400_000) as u64);
    let groups = node.groups.clone();
    until(tasks, stop, async move { groups.keep_time().await });
    repeat(node, tasks, stop, every("broker.heartbeat.interval.ms"), async |node| {
        if let Err(code) = register::beat(&node, false).await {
            tracing::warn!(%code, "the controller did not take the heartbeat");
        }
    });
    repeat_blocking(node, tasks, stop, every("log.retention.check.interval.ms"), retain);
    repeat_blocking(node, tasks, stop, every("log.flush.offset.checkpoint.interval.ms"), checkpoint);
    repeat_blocking(node, tasks, stop, every("replica.high.watermark.checkpoint.interval.ms"), high_watermarks);
    repeat_blocking(node, tasks, stop, every("producer.id.expiration.check.interval.ms"), |node| {
        node.partitions.all().iter().for_each(|partition| partition.log().expire_producers());
    });
    repeat_blocking(node, tasks, stop, FLUSH_CHECK, flush);
    let node = node.clone();
    tasks.spawn_blocking(move || node.directories.remove_leftovers());
}

fn until(tasks: &TaskTracker, stop: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    let stop = stop.clone();
    tasks.spawn(async move {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = work => {}
        }
    });
}

fn repeat<F>(
    node: &Arc<Node>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
    every: Duration,
    work: impl Fn(Arc<Node>) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let node = node.clone();
    until(tasks, stop, async move {
        loop {
            tokio::time::sleep(every).await;
            work(node.clone()).await;
        }
    });
}

/// The same for work that waits for the disk.
fn repeat_blocking(node: &Arc<Node>, tasks: &TaskTracker, stop: &CancellationToken, every: Duration, work: fn(&Node)) {
    let (counted, stopping) = (tasks.clone(), stop.clone());
    repeat(node, tasks, stop, every, move |node| {
        // Counted by itself: a stop waits for work that has begun, and none begins behind it.
        let stopping = stopping.clone();
        let begun = counted.spawn_blocking(move || {
            if !stopping.is_cancelled() {
                work(&node);
            }
        });
        async move {
            // An error means that the work panicked; the next round tries again.
            let _ = begun.await;
        }
    });
}

fn retain(node: &Node) {
    let now_ms = node.clock.now_ms();
    let partitions = node.partitions.all();
    let logs = partitions.iter().map(|partition| partition.log()).chain([node.directories.metadata_log()]);
    for log in logs {
        node.directories.retain(log, now_ms);
    }
}

fn checkpoint(node: &Node) {
    for (directory, logs) in node.directories.grouped(&node.partitions.all()) {
        if let Err(error) = directory.checkpoint(&logs) {
            tracing::error!(directory = %directory.path().display(), %error, "recovery points cannot be written");
        }
    }
}

fn high_watermarks(node: &Node) {
    for (directory, logs) in node.directories.grouped(&node.partitions.all()) {
        if let Err(error) = directory.write_high_watermarks(&logs) {
            tracing::error!(directory = %directory.path().display(), %error, "high watermarks cannot be written");
        }
    }
}

fn flush(node: &Node) {
    let now_ms = node.clock.now_ms();
    for partition in node.partitions.all() {
        if partition.log().needs_sync(now_ms)
            && let Err(error) = partition.log().sync()
        {
            tracing::error!(%partition, %error, "a log cannot be synced");
        }
    }
}
