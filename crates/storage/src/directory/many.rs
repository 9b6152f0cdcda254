//! The log directories of a node (`log.dirs`).

use std::sync::Arc;

use types::Uuid;

use super::LogDirectory;
use crate::error::DirectoryError;

/// All log directories of a node; at least the online ones are usable.
#[derive(Clone, Debug)]
pub struct LogDirectories(Vec<Arc<LogDirectory>>);

impl LogDirectories {
    /// These directories, whose ids must differ.
    pub fn new(directories: Vec<Arc<LogDirectory>>) -> Result<LogDirectories, DirectoryError> {
        for (index, directory) in directories.iter().enumerate() {
            if let Some(other) = directories[..index].iter().find(|other| other.id() == directory.id()) {
                return Err(DirectoryError::SameId(other.path().to_owned(), directory.path().to_owned()));
            }
        }
        Ok(LogDirectories(directories))
    }

    /// All of them, in the order of `log.dirs`.
    pub fn all(&self) -> &[Arc<LogDirectory>] {
        &self.0
    }

    /// The directory with this id.
    pub fn by_id(&self, id: Uuid) -> Option<&Arc<LogDirectory>> {
        self.0.iter().find(|directory| directory.id() == id)
    }

    /// Where a new log goes: the online directory with the fewest logs, the first of equals. `None`: all are offline.
    pub fn choose(&self) -> Option<&Arc<LogDirectory>> {
        self.0.iter().filter(|directory| directory.failure().is_none()).min_by_key(|directory| directory.log_count())
    }
}
