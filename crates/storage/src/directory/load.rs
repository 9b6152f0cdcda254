//! What a start finds in a directory. After a clean stop of ours one file says it; after one of Kafka's the partitions'
//! directories are looked at; after a crash they are recovered.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use types::{Offset, TopicPartition};

use super::LogDirectory;
use crate::error::{DirectoryError, StorageError};
use crate::format::clean_shutdown;
use crate::format::logs_checkpoint::{self, Summary};
use crate::format::offset_checkpoint::{self, Offsets};
use crate::log::{Hints, Log, Removal};
use crate::names::{self, DirectoryName};
use crate::options::LogOptions;
use crate::segment::Home;

/// A log that cannot be used, though its directory can.
#[derive(Clone, Debug)]
pub struct FailedLog {
    /// The partition.
    pub partition: TopicPartition,
    /// Why.
    pub error: StorageError,
}

/// What a directory holds.
#[derive(Debug)]
pub struct LoadedLogs {
    /// The logs, by partition.
    pub logs: Vec<Arc<Log>>,
    /// Logs whose files are damaged below what was synced: another replica must supply them.
    pub failed: Vec<FailedLog>,
    /// Epoch of the broker that stopped cleanly; `None` where the last stop was not clean.
    pub clean_broker_epoch: Option<i64>,
}

impl LogDirectory {
    /// Loads all logs. `options` tells each one's options; recoveries run on at most `threads` threads. The mark of a clean stop is
    /// gone afterwards.
    pub fn load(
        &self,
        options: &(dyn Fn(&TopicPartition) -> Arc<LogOptions> + Sync),
        threads: usize,
    ) -> Result<LoadedLogs, DirectoryError> {
        let clean_broker_epoch = self.read(names::CLEAN_SHUTDOWN)?.and_then(|mark| clean_shutdown::decode(&mark));
        // From here on the directory is not clean, whatever happens.
        self.remove(names::CLEAN_SHUTDOWN)?;
        let summaries = self.summaries(clean_broker_epoch)?;
        self.remove(names::LOGS)?;
        self.disk.sync_dir(&self.path).map_err(|error| DirectoryError::io("sync", &self.path, error))?;
        let high_watermarks = self.offsets(names::HIGH_WATERMARKS)?;
        let (logs, failed) = match summaries {
            Some(summaries) => {
                let logs = summaries.iter().map(|(partition, summary)| self.loaded(partition, summary, options));
                (logs.collect(), Vec::new())
            }
            None => self.load_directories(clean_broker_epoch.is_some(), options, threads)?,
        };
        for log in &logs {
            log.advance_high_watermark(high_watermarks.get(log.partition()).copied().unwrap_or(0));
        }
        Ok(LoadedLogs { logs, failed, clean_broker_epoch })
    }

    /// What our own clean stop wrote down. Without a broker epoch nothing ties it to the mark.
    fn summaries(&self, mark: Option<i64>) -> Result<Option<Vec<(TopicPartition, Summary)>>, DirectoryError> {
        let Some(epoch) = mark.filter(|&epoch| epoch != clean_shutdown::NO_BROKER_EPOCH) else { return Ok(None) };
        Ok(self.read(names::LOGS)?.and_then(|content| logs_checkpoint::decode(&content, epoch)))
    }

    fn loaded(
        &self,
        partition: &TopicPartition,
        summary: &Summary,
        options: &(dyn Fn(&TopicPartition) -> Arc<LogOptions> + Sync),
    ) -> Arc<Log> {
        Arc::new(Log::from_summary(
            &self.disk,
            &self.path,
            partition.clone(),
            summary,
            options(partition),
            self.clock.clone(),
            self.health.clone(),
        ))
    }

    fn load_directories(
        &self,
        clean: bool,
        options: &(dyn Fn(&TopicPartition) -> Arc<LogOptions> + Sync),
        threads: usize,
    ) -> Result<(Vec<Arc<Log>>, Vec<FailedLog>), DirectoryError> {
        let recovery_points = self.offsets(names::RECOVERY_POINTS)?;
        let log_starts = self.offsets(names::LOG_STARTS)?;
        let partitions = self.partitions()?;
        let load_one = |partition: &TopicPartition| {
            let offset = |offsets: &Offsets| offsets.get(partition).copied().unwrap_or(0).max(0);
            let hints = Hints { recovery_point: offset(&recovery_points), log_start: offset(&log_starts), clean };
            self.load_one(partition, hints, &options(partition))
        };
        let results = on_threads(threads, &partitions, load_one);
        let (mut logs, mut failed) = (Vec::new(), Vec::new());
        for (partition, result) in partitions.iter().zip(results) {
            match result {
                Ok(summary) => logs.push(self.loaded(partition, &summary, options)),
                Err(error) => {
                    tracing::error!(%partition, %error, "the log cannot be used");
                    failed.push(FailedLog { partition: partition.clone(), error });
                }
            }
        }
        Ok((logs, failed))
    }

    fn load_one(
        &self,
        partition: &TopicPartition,
        hints: Hints,
        options: &LogOptions,
    ) -> Result<Summary, StorageError> {
        let path = self.path.join(names::partition_directory(partition));
        let home = Arc::new(Home::new(self.disk.clone(), partition.clone(), path, self.health.clone()));
        let expired_before = self.clock.now_ms().saturating_sub(options.producer_id_expiration_ms);
        crate::log::load(&home, options, hints, expired_before)
    }

    fn partitions(&self) -> Result<Vec<TopicPartition>, DirectoryError> {
        let entries = self.disk.list(&self.path).map_err(|error| DirectoryError::io("list", &self.path, error))?;
        let mut partitions: Vec<_> = entries
            .iter()
            .filter(|entry| entry.is_dir)
            .filter_map(|entry| match names::parse_directory(&entry.name) {
                DirectoryName::Partition(partition) => Some(partition),
                DirectoryName::Future | DirectoryName::Stray => {
                    tracing::info!(
                        directory = entry.name,
                        "not used: a replica that was moving, or one that is not this node's"
                    );
                    None
                }
                DirectoryName::Deleted | DirectoryName::Other => None,
            })
            .collect();
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// Directories of deleted partitions that an earlier process did not get to remove. Looks at the whole directory: not on the
    /// way to readiness.
    pub fn leftovers(&self) -> Result<Option<Removal>, DirectoryError> {
        let entries = self.disk.list(&self.path).map_err(|error| DirectoryError::io("list", &self.path, error))?;
        let paths: Vec<_> = entries
            .iter()
            .filter(|entry| entry.is_dir && names::parse_directory(&entry.name) == DirectoryName::Deleted)
            .map(|entry| self.path.join(&entry.name))
            .collect();
        Ok((!paths.is_empty()).then(|| Removal::new(self.disk.clone(), paths, 0)))
    }

    fn offsets(&self, name: &str) -> Result<BTreeMap<TopicPartition, Offset>, DirectoryError> {
        let Some(content) = self.read(name)? else { return Ok(Offsets::new()) };
        offset_checkpoint::decode(&content)
            .map_err(|reason| DirectoryError::Unreadable { path: self.path.join(name), reason })
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DirectoryError> {
        let path = self.path.join(name);
        match self.disk.read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DirectoryError::io("read", &path, error)),
        }
    }

    fn remove(&self, name: &str) -> Result<(), DirectoryError> {
        let path = self.path.join(name);
        match self.disk.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(DirectoryError::io("remove", &path, error)),
            _ => Ok(()),
        }
    }
}

/// Does something with each item, on at most so many threads; the results are in the items' order. One thread is this one, so that
/// a simulation stays what it is.
pub(super) fn on_threads<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if threads <= 1 || items.len() <= 1 {
        return items.iter().map(work).collect();
    }
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    results.lock().insert(index, result);
                }
            });
        }
    });
    results.into_inner().into_values().collect()
}
