//! A log directory: whose it is, who uses it, and the checkpoint files over all its logs.

mod checkpoints;
mod identity;
mod load;
mod many;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use runtime::{Clock, Disk, Lock, Space};
use types::{NodeId, TopicPartition, Uuid};

pub use load::{FailedLog, LoadedLogs};
pub use many::LogDirectories;

use crate::error::{DirectoryError, StorageError};
use crate::format::properties::{self, MetaProperties};
use crate::log::Log;
use crate::names;
use crate::options::LogOptions;
use crate::segment::Health;
use checkpoints::Written;

/// A log directory that this process holds.
#[derive(Debug)]
pub struct LogDirectory {
    disk: Disk,
    path: PathBuf,
    id: Uuid,
    clock: Clock,
    health: Arc<Health>,
    /// What the checkpoint files hold, so that nothing is written twice.
    written: Mutex<Written>,
    _lock: Lock,
}

impl LogDirectory {
    /// Prepares an empty directory for a node of a cluster; gives back the directory's id.
    pub fn format(disk: &Disk, path: &Path, cluster_id: &str, node_id: NodeId) -> Result<Uuid, DirectoryError> {
        disk.create_dir_all(path).map_err(|error| DirectoryError::io("create", path, error))?;
        if read_meta(disk, path)?.is_some() {
            return Err(DirectoryError::AlreadyFormatted(path.to_owned()));
        }
        let id = Uuid::from_random(runtime::random_bytes());
        write_meta(disk, path, cluster_id, node_id, id)?;
        Ok(id)
    }

    /// Takes a formatted directory for this process.
    pub fn open(
        disk: &Disk,
        path: &Path,
        cluster_id: &str,
        node_id: NodeId,
        clock: Clock,
    ) -> Result<LogDirectory, DirectoryError> {
        let meta = read_meta(disk, path)?.ok_or_else(|| DirectoryError::Unformatted(path.to_owned()))?;
        let foreign = |what, found: String, expected: String| {
            Err(DirectoryError::Foreign { path: path.to_owned(), what, found, expected })
        };
        if meta.cluster_id != cluster_id {
            return foreign("cluster", meta.cluster_id, cluster_id.to_owned());
        }
        if meta.node_id != node_id {
            return foreign("node", meta.node_id.to_string(), node_id.to_string());
        }
        let lock = disk
            .lock(&path.join(names::LOCK))
            .map_err(|error| DirectoryError::io("lock", path, error))?
            .ok_or_else(|| DirectoryError::Locked(path.to_owned()))?;
        let id = match meta.directory_id {
            Some(id) => id,
            // Formatted by a version that did not give directories ids.
            None => {
                let id = Uuid::from_random(runtime::random_bytes());
                write_meta(disk, path, cluster_id, node_id, id)?;
                id
            }
        };
        Ok(LogDirectory {
            disk: disk.clone(),
            path: path.to_owned(),
            id,
            clock,
            health: Arc::default(),
            written: Mutex::default(),
            _lock: lock,
        })
    }

    /// The directory's id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The disk it is on.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Why the directory is offline; `None` where all is well.
    pub fn failure(&self) -> Option<Arc<str>> {
        self.health.failure()
    }

    /// Takes the directory offline, for a reason that somebody else found.
    pub fn fail(&self, error: &StorageError) {
        self.health.fail(error);
    }

    /// Number of logs that live here.
    pub fn log_count(&self) -> usize {
        self.health.log_count()
    }

    /// Room on its file system.
    pub fn free_space(&self) -> io::Result<Space> {
        self.disk.free_space(&self.path)
    }

    /// A new log. Nothing is made on disk before the first append.
    pub fn create_log(&self, partition: TopicPartition, topic_id: Uuid, options: Arc<LogOptions>) -> Arc<Log> {
        Arc::new(Log::create(
            &self.disk,
            &self.path,
            partition,
            topic_id,
            options,
            self.clock.clone(),
            self.health.clone(),
        ))
    }
}

fn read_meta(disk: &Disk, path: &Path) -> Result<Option<MetaProperties>, DirectoryError> {
    let file = path.join(names::META);
    let content = match disk.read(&file) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound && disk.exists(path) => return Ok(None),
        Err(error) => return Err(DirectoryError::io("read", &file, error)),
    };
    properties::decode(&content).map(Some).map_err(|reason| DirectoryError::Unreadable { path: file, reason })
}

fn write_meta(disk: &Disk, path: &Path, cluster_id: &str, node_id: NodeId, id: Uuid) -> Result<(), DirectoryError> {
    let meta = MetaProperties { cluster_id: cluster_id.to_owned(), node_id, directory_id: Some(id) };
    let file = path.join(names::META);
    disk.write_durably(&file, &properties::encode(&meta)).map_err(|error| DirectoryError::io("write", &file, error))
}

#[cfg(test)]
mod tests;
