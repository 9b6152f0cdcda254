//! Which cluster and node the directories belong to.

use std::path::PathBuf;

use config::Settings;
use runtime::{Clock, Disk};
use storage::{DirectoryError, LogDirectory};
use types::Uuid;

use super::StartError;
use crate::format::{Format, directories};

/// What the directories say.
pub(super) struct Identity {
    pub(super) cluster_id: String,
    pub(super) paths: Vec<PathBuf>,
}

/// Reads the directories' identity. Where all are empty and the settings allow it, they are formatted for a new cluster of one.
pub(super) fn establish(
    disk: &Disk,
    settings: &Settings,
    clock: &Clock,
    formats_itself: bool,
) -> Result<Identity, StartError> {
    let paths = directories(settings);
    let mut cluster_id: Option<String> = None;
    let mut empty = Vec::new();
    for path in &paths {
        match LogDirectory::identity(disk, path)? {
            None => empty.push(path.clone()),
            Some(found) => match &cluster_id {
                Some(known) if *known != found => {
                    let (path, expected) = (path.clone(), known.clone());
                    return Err(DirectoryError::Foreign { path, what: "cluster", found, expected }.into());
                }
                _ => cluster_id = Some(found),
            },
        }
    }
    match (cluster_id, empty.first()) {
        (Some(cluster_id), None) => Ok(Identity { cluster_id, paths }),
        (None, Some(_)) if formats_itself => {
            let cluster_id = Uuid::from_random(runtime::random_bytes()).to_string();
            let format = Format { cluster_id: cluster_id.clone(), standalone: true, ..Format::default() };
            format.run(disk, settings, clock)?;
            tracing::info!(cluster_id, "formatted the log directories for a new cluster");
            Ok(Identity { cluster_id, paths })
        }
        (_, Some(path)) => Err(DirectoryError::Unformatted(path.clone()).into()),
        (None, None) => Err(StartError::Configuration("log.dirs names no directory".to_owned())),
    }
}
