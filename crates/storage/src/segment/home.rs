//! Where a log lives: its directory, which may be renamed, and the health of the log directory around it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use runtime::{Disk, File, Open};
use types::TopicPartition;

use crate::error::StorageError;

/// Whether a log directory can be written to. The first failure takes it offline for good: after a failed write or sync nobody
/// knows what the disk holds, and a second try may succeed without the data.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failed: AtomicBool,
    reason: Mutex<Option<Arc<str>>>,
    /// Logs that live in the directory.
    logs: AtomicUsize,
}

impl Health {
    /// An error where the directory is offline.
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        if !self.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(StorageError::Offline { reason: self.failure().unwrap_or_else(|| "unknown".into()) })
    }

    /// Number of logs that live in the directory.
    pub(crate) fn log_count(&self) -> usize {
        self.logs.load(Ordering::Relaxed)
    }

    pub(crate) fn add_log(&self) {
        self.logs.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove_log(&self) {
        self.logs.fetch_sub(1, Ordering::Relaxed);
    }

    /// Why the directory is offline.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        self.reason.lock().clone()
    }

    /// Takes the directory offline.
    pub(crate) fn fail(&self, error: &StorageError) {
        let mut reason = self.reason.lock();
        if reason.is_none() {
            tracing::error!(%error, "log directory is offline");
            *reason = Some(error.to_string().into());
        }
        self.failed.store(true, Ordering::Release);
    }
}

/// The directory of one partition.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) disk: Disk,
    pub(crate) partition: TopicPartition,
    pub(crate) health: Arc<Health>,
    path: RwLock<PathBuf>,
    /// Names were made or removed that are not synced.
    names_changed: AtomicBool,
}

impl Home {
    pub(crate) fn new(disk: Disk, partition: TopicPartition, path: PathBuf, health: Arc<Health>) -> Home {
        Home { disk, partition, health, path: RwLock::new(path), names_changed: AtomicBool::new(false) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.read().clone()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.read().join(name)
    }

    /// An error of the operating system, in words. Anything but a full disk takes the log directory offline.
    pub(crate) fn failed(&self, operation: &'static str, path: &Path, source: io::Error) -> StorageError {
        let error = StorageError::io(operation, path, source);
        if !matches!(error, StorageError::DiskFull { .. }) {
            self.health.fail(&error);
        }
        error
    }

    pub(crate) fn open(&self, name: &str, how: Open) -> Result<File, StorageError> {
        let path = self.file(name);
        if how == Open::Create || how == Open::CreateNew {
            self.names_changed.store(true, Ordering::Release);
        }
        self.disk.open(&path, how).map_err(|error| self.failed("open", &path, error))
    }

    /// Opens a file for reading that need not exist.
    pub(crate) fn open_if_there(&self, name: &str) -> Result<Option<File>, StorageError> {
        let path = self.file(name);
        match self.disk.open(&path, Open::Read) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("open", &path, error)),
        }
    }

    /// Reads a file that need not exist.
    pub(crate) fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let path = self.file(name);
        match self.disk.read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", &path, error)),
        }
    }

    /// Replaces a file in one step.
    pub(crate) fn write(&self, name: &str, content: &[u8], durably: bool) -> Result<(), StorageError> {
        let path = self.file(name);
        let written = if durably {
            self.disk.write_durably(&path, content)
        } else {
            self.names_changed.store(true, Ordering::Release);
            self.disk.write_replacing(&path, content)
        };
        written.map_err(|error| self.failed("write", &path, error))
    }

    /// Removes a file that need not exist.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StorageError> {
        let path = self.file(name);
        match self.disk.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("remove", &path, error)),
            _ => Ok(()),
        }
    }

    /// Renames a file that need not exist. True where it did.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<bool, StorageError> {
        let (from, to) = (self.file(from), self.file(to));
        match self.disk.rename(&from, &to) {
            Ok(()) => {
                self.names_changed.store(true, Ordering::Release);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("rename", &from, error)),
        }
    }

    /// Makes the directory and the name of it durable.
    pub(crate) fn make(&self) -> Result<(), StorageError> {
        let path = self.path();
        self.disk.create_dir_all(&path).map_err(|error| self.failed("create", &path, error))?;
        if let Some(parent) = path.parent() {
            self.disk.sync_dir(parent).map_err(|error| self.failed("sync", parent, error))?;
        }
        Ok(())
    }

    /// Moves the directory.
    pub(crate) fn move_to(&self, name: &str) -> Result<PathBuf, StorageError> {
        let mut path = self.path.write();
        let target = path.with_file_name(name);
        self.disk.rename(&path, &target).map_err(|error| self.failed("rename", &path, error))?;
        path.clone_from(&target);
        if let Some(parent) = target.parent() {
            self.disk.sync_dir(parent).map_err(|error| self.failed("sync", parent, error))?;
        }
        Ok(target)
    }

    /// Makes new and removed names durable, where there are any.
    pub(crate) fn sync_names(&self) -> Result<(), StorageError> {
        if !self.names_changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let path = self.path();
        self.disk.sync_dir(&path).map_err(|error| self.failed("sync", &path, error))
    }
}
