//! Whose a directory is, seen from outside: before a node knows its cluster, and when it is formatted.

use std::path::Path;

use runtime::Disk;
use types::{NodeId, Uuid};

use super::{LogDirectory, read_meta, write_meta};
use crate::error::DirectoryError;

impl LogDirectory {
    /// The cluster that a directory belongs to; `None` where it is missing or not formatted.
    pub fn identity(disk: &Disk, path: &Path) -> Result<Option<String>, DirectoryError> {
        if !disk.exists(path) {
            return Ok(None);
        }
        Ok(read_meta(disk, path)?.map(|meta| meta.cluster_id))
    }

    /// The same as `format`, with a directory id that was chosen before.
    pub fn format_with_id(
        disk: &Disk,
        path: &Path,
        cluster_id: &str,
        node_id: NodeId,
        id: Uuid,
    ) -> Result<(), DirectoryError> {
        disk.create_dir_all(path).map_err(|error| DirectoryError::io("create", path, error))?;
        if read_meta(disk, path)?.is_some() {
            return Err(DirectoryError::AlreadyFormatted(path.to_owned()));
        }
        write_meta(disk, path, cluster_id, node_id, id)
    }
}
