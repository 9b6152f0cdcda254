//! The files over all logs of a directory. A file is written only when its content has changed, so that an idle node writes nothing.

use std::sync::Arc;

use foldhash::HashMap;
use types::{Offset, TopicPartition};

use super::LogDirectory;
use super::load::on_threads;
use crate::error::StorageError;
use crate::format::logs_checkpoint::{self, Summary};
use crate::format::{clean_shutdown, offset_checkpoint};
use crate::log::Log;
use crate::names;

/// CRC and length of what each file holds.
pub(super) type Written = HashMap<&'static str, (u32, usize)>;

impl LogDirectory {
    /// Checkpoints the logs: each is synced as far as it has changed, then the recovery points and log starts are written. A log
    /// that fails keeps its old recovery point, and does not keep the others from theirs; the first failure is given back.
    pub fn checkpoint(&self, logs: &[Arc<Log>]) -> Result<(), StorageError> {
        let mut failure = Ok(());
        for log in logs {
            let checkpointed = log.checkpoint();
            if failure.is_ok() {
                failure = checkpointed.map(|_| ());
            }
        }
        self.write_recovery_points(logs)?;
        self.write_log_starts(logs)?;
        failure
    }

    /// Writes the recovery points as they are: after a truncation, before anything is appended again.
    pub fn write_recovery_points(&self, logs: &[Arc<Log>]) -> Result<(), StorageError> {
        self.write_offsets(names::RECOVERY_POINTS, logs, Log::recovery_point)
    }

    /// Writes the logs' first offsets.
    pub fn write_log_starts(&self, logs: &[Arc<Log>]) -> Result<(), StorageError> {
        self.write_offsets(names::LOG_STARTS, logs, Log::log_start_offset)
    }

    /// Writes the high watermarks.
    pub fn write_high_watermarks(&self, logs: &[Arc<Log>]) -> Result<(), StorageError> {
        self.write_offsets(names::HIGH_WATERMARKS, logs, Log::high_watermark)
    }

    fn write_offsets(
        &self,
        name: &'static str,
        logs: &[Arc<Log>],
        offset: impl Fn(&Log) -> Offset,
    ) -> Result<(), StorageError> {
        self.health.check()?;
        // The offsets are read under the lock: whoever writes last has not read first.
        let mut written = self.written.lock();
        // Zero is what a missing line means.
        let mut entries: Vec<(&TopicPartition, Offset)> =
            logs.iter().map(|log| (log.partition(), offset(log))).filter(|&(_, offset)| offset > 0).collect();
        entries.sort_unstable();
        let content = offset_checkpoint::encode(entries.into_iter());
        let mark = (crc_fast::crc32_iscsi(&content), content.len());
        if written.get(name) == Some(&mark) {
            return Ok(());
        }
        self.write_file(name, &content)?;
        written.insert(name, mark);
        Ok(())
    }

    fn write_file(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let path = self.path.join(name);
        self.disk.write_durably(&path, content).map_err(|error| {
            let error = StorageError::io("write", &path, error);
            if !matches!(error, StorageError::DiskFull { .. }) {
                self.health.fail(&error);
            }
            error
        })
    }

    /// Closes the logs cleanly and marks the directory as clean. `broker_epoch` goes into the mark, -1 where there is none. After
    /// an error there is no mark, and the next start recovers. Several threads let the file system put syncs together.
    pub fn close(&self, logs: &[Arc<Log>], broker_epoch: i64, threads: usize) -> Result<(), StorageError> {
        let mut closed: Vec<(&TopicPartition, Summary)> = Vec::with_capacity(logs.len());
        for (log, summary) in logs.iter().zip(on_threads(threads, logs, |log| log.close())) {
            closed.push((log.partition(), summary?));
        }
        closed.sort_unstable_by_key(|&(partition, _)| partition);
        self.write_recovery_points(logs)?;
        self.write_log_starts(logs)?;
        self.write_high_watermarks(logs)?;
        let content =
            logs_checkpoint::encode(broker_epoch, closed.iter().map(|(partition, summary)| (*partition, summary)));
        self.write_file(names::LOGS, &content)?;
        self.write_file(names::CLEAN_SHUTDOWN, &clean_shutdown::encode(broker_epoch))
    }
}
