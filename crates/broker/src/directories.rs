//! The node's log directories and the logs in them.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use runtime::Space;
use storage::{Log, LogDirectories, LogDirectory, LogOptions, Removal, StorageError};
use types::{CLUSTER_METADATA, TimestampMs, TopicPartition, Uuid};

use crate::partition::Partition;

/// The node's log directories.
#[derive(Debug)]
pub(crate) struct Directories {
    all: LogDirectories,
    /// The metadata log and its directory, which may be one that holds nothing else.
    metadata: (Arc<LogDirectory>, Arc<Log>),
    /// Logs that are damaged below what was synced: they stay as they are, and out of use.
    damaged: HashSet<TopicPartition>,
    /// Logs that were found at the start and that nobody has asked for yet.
    loaded: Mutex<HashMap<TopicPartition, (Arc<Log>, usize)>>,
    /// Carries out what is to be removed later.
    runtime: tokio::runtime::Handle,
}

/// One directory, as answers describe it.
pub(crate) struct Directory<'d>(&'d LogDirectory);

impl Directory<'_> {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn space(&self) -> std::io::Result<Space> {
        self.0.free_space()
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.0.failure().is_some()
    }
}

impl Directories {
    pub(crate) fn new(
        all: LogDirectories,
        metadata: (Arc<LogDirectory>, Arc<Log>),
        damaged: HashSet<TopicPartition>,
        loaded: HashMap<TopicPartition, (Arc<Log>, usize)>,
        runtime: tokio::runtime::Handle,
    ) -> Directories {
        Directories { all, metadata, damaged, loaded: Mutex::new(loaded), runtime }
    }

    /// Every directory, in the order of `log.dirs`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Directory<'_>> {
        self.all.all().iter().map(|directory| Directory(directory))
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<Uuid> {
        self.all.all().iter().map(|directory| directory.id()).collect()
    }

    /// The log of a partition: the one that was found at the start, or a new one in the directory with the fewest logs.
    pub(crate) fn open(
        &self,
        name: &TopicPartition,
        topic_id: Uuid,
        options: Arc<LogOptions>,
    ) -> Result<(Arc<Log>, usize), StorageError> {
        if self.damaged.contains(name) {
            return Err(StorageError::Offline { reason: "the log is damaged; it was left as it is".into() });
        }
        if let Some((log, index)) = self.loaded.lock().remove(name) {
            // A log written by a version without topic ids has none: it is adopted.
            if log.topic_id() == topic_id || log.topic_id().is_zero() {
                log.update_options(options);
                return Ok((log, index));
            }
            tracing::warn!(partition = %name, found = %log.topic_id(), expected = %topic_id, "removing the log of a former topic of this name");
            self.remove(&log);
        }
        let directory =
            self.all.choose().ok_or_else(|| StorageError::Offline { reason: "every log directory".into() })?;
        let index = self.all.all().iter().position(|other| Arc::ptr_eq(other, directory)).unwrap_or(0);
        Ok((directory.create_log(name.clone(), topic_id, options), index))
    }

    /// A partition is gone: its directory is renamed at once and removed later.
    pub(crate) fn delete(&self, partition: &Partition) {
        self.remove(partition.log());
    }

    /// Logs that no topic claims: their topics were deleted while this node was down.
    pub(crate) fn remove_strays(&self) {
        for (name, (log, _)) in std::mem::take(&mut *self.loaded.lock()) {
            if &*name.topic != CLUSTER_METADATA {
                tracing::warn!(partition = %name, "removing a log whose topic is gone");
                self.remove(&log);
            }
        }
    }

    fn remove(&self, log: &Log) {
        match log.delete() {
            Ok(Some(removal)) => self.later(removal),
            Ok(None) => {}
            Err(error) => tracing::error!(partition = %log.partition(), %error, "a log cannot be deleted"),
        }
    }

    /// Deletes the segments of a log that nobody needs any more.
    pub(crate) fn retain(&self, log: &Log, now_ms: TimestampMs) {
        match log.retain(now_ms) {
            Ok(Some(removal)) => self.later(removal),
            Ok(None) => {}
            Err(error) => tracing::warn!(partition = %log.partition(), %error, "old segments cannot be deleted"),
        }
    }

    /// Removes files after the delay that readers are granted.
    pub(crate) fn later(&self, removal: Removal) {
        self.runtime.spawn(async move {
            tokio::time::sleep(removal.delay()).await;
            let removed = tokio::task::spawn_blocking(move || removal.run()).await;
            if let Ok(Err(error)) = removed {
                tracing::warn!(%error, "deleted files cannot be removed; the next start tries again");
            }
        });
    }

    /// Lets go of something that holds files open, on a thread that may wait.
    pub(crate) fn drop_later(&self, held: impl Send + 'static) {
        self.runtime.spawn_blocking(move || drop(held));
    }

    /// What an earlier process did not get to remove.
    pub(crate) fn remove_leftovers(&self) {
        for directory in self.all.all() {
            match directory.leftovers() {
                Ok(Some(removal)) => self.later(removal),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "cannot look for deleted partitions"),
            }
        }
    }

    /// The metadata log.
    pub(crate) fn metadata_log(&self) -> &Arc<Log> {
        &self.metadata.1
    }

    /// Groups all logs by their directory, that of the metadata among them: what is written about a directory must speak of
    /// every log in it.
    pub(crate) fn grouped(&self, partitions: &[Arc<Partition>]) -> Vec<(Arc<LogDirectory>, Vec<Arc<Log>>)> {
        let mut grouped: Vec<_> = self.all.all().iter().map(|directory| (directory.clone(), Vec::new())).collect();
        for partition in partitions {
            if let Some((_, logs)) = grouped.get_mut(partition.directory()) {
                logs.push(partition.log().clone());
            }
        }
        let (directory, log) = &self.metadata;
        match grouped.iter_mut().find(|(other, _)| Arc::ptr_eq(other, directory)) {
            Some((_, logs)) => logs.push(log.clone()),
            None => grouped.push((directory.clone(), vec![log.clone()])),
        }
        grouped
    }
}
