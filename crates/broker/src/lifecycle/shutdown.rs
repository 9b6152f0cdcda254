//! Taking a node down: what happens on SIGTERM.

use std::time::Duration;

use super::{Server, register};

/// Requests that are being worked on get so long; longer waits are cut.
const PATIENCE: Duration = Duration::from_secs(5);

impl Server {
    /// Stops cleanly: no further requests, those begun are finished, logs are synced and closed, directories marked as clean.
    /// An error means that a log could not be closed; the next start recovers it.
    pub async fn stop(mut self) -> Result<(), String> {
        self.serving.stop.cancel();
        self.connections.close();
        if tokio::time::timeout(PATIENCE, self.connections.wait()).await.is_err() {
            tracing::info!(connections = self.connections.len(), "requests that still wait are cut");
            self.serving.cut.cancel();
            self.connections.wait().await;
        }
        self.stop_background.cancel();
        self.background.close();
        if tokio::time::timeout(PATIENCE, self.background.wait()).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
        let epoch = self.node.cluster.broker_epoch();
        register::leave(&self.node).await;
        self.node.cluster.stop();
        let controller = self.controller.take();
        let node = self.node.clone();
        let closed = tokio::task::spawn_blocking(move || {
            if let Some(controller) = controller {
                // A panic of the thread was reported when it happened.
                let _ = controller.join();
            }
            let threads = node.settings.get_int("num.recovery.threads.per.data.dir").max(1) as usize;
            // One directory that fails does not keep the others from being closed well.
            let grouped = node.directories.grouped(&node.partitions.all());
            let closed = grouped.iter().map(|(directory, logs)| {
                let closed = directory.close(logs, epoch, threads);
                closed.map_err(|error| format!("{}: {error}", directory.path().display()))
            });
            // All of them are closed before the first failure is told.
            let results: Vec<Result<(), String>> = closed.collect();
            results.into_iter().collect()
        });
        closed.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}
