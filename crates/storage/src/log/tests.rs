//! What a log promises, one promise a test; the bench they all work on is here.

mod appends;
mod changes;
mod concurrent;
mod reads;
mod recovery;

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::time::Duration;

use batch::{BatchBuilder, Batches, Codec, Compression, EndTransactionMarker, Records, ValidatedBatch};
use bytes::Bytes;
use runtime::Open;
use types::ErrorCode;

use super::*;
use crate::LogDirectory;

pub(super) const CLUSTER: &str = "cluster";
pub(super) const EPOCH: i64 = 42;

/// A directory with one log, which is opened again and again.
pub(super) struct Bench {
    pub disk: Disk,
    pub clock: Clock,
    pub options: Arc<LogOptions>,
    pub directory: Option<LogDirectory>,
    pub log: Option<Arc<Log>>,
}

pub(super) fn partition() -> TopicPartition {
    TopicPartition::new("orders", 3)
}

impl Bench {
    pub(super) fn new(options: LogOptions) -> Bench {
        let disk = Disk::memory();
        LogDirectory::format(&disk, Path::new("/logs"), CLUSTER, 1).unwrap();
        let clock = Clock::manual(1_000_000);
        let mut bench = Bench { disk, clock, options: Arc::new(options), directory: None, log: None };
        bench.open();
        let id = Uuid::from_bytes([7; 16]);
        bench.log = Some(bench.directory.as_ref().unwrap().create_log(partition(), id, bench.options.clone()));
        bench
    }

    pub(super) fn log(&self) -> &Log {
        self.log.as_ref().unwrap()
    }

    pub(super) fn open(&mut self) -> Vec<crate::FailedLog> {
        let directory = LogDirectory::open(&self.disk, Path::new("/logs"), CLUSTER, 1, self.clock.clone()).unwrap();
        let options = self.options.clone();
        let loaded = directory.load(&|_| options.clone(), 1).unwrap();
        self.directory = Some(directory);
        self.log = loaded.logs.first().cloned();
        loaded.failed
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        Path::new("/logs/orders-3").join(name)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.disk.list(Path::new("/logs/orders-3")).unwrap().into_iter().map(|entry| entry.name).collect()
    }

    /// Stops cleanly and starts again.
    pub(super) fn restart(&mut self) {
        self.stop();
        assert!(self.open().is_empty());
    }

    pub(super) fn stop(&mut self) {
        let logs: Vec<_> = self.log.take().into_iter().collect();
        self.directory.take().unwrap().close(&logs, EPOCH, 2).unwrap();
    }

    /// Stops without a word and starts again.
    pub(super) fn crash(&mut self) -> Vec<crate::FailedLog> {
        self.log = None;
        self.directory = None;
        self.open()
    }

    /// Changes a file behind the log's back.
    pub(super) fn tamper(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path(name);
        let mut content = self.disk.read(&path).unwrap();
        change(&mut content);
        self.disk.write_durably(&path, &content).unwrap();
    }

    /// Appends a batch of so many records, each with so many bytes.
    pub(super) fn append(&self, count: usize, bytes: usize) -> AppendInfo {
        self.log().append(Append::from_client(plain(count, bytes, 1000), 0)).unwrap()
    }

    pub(super) fn checkpoint(&self) {
        self.directory.as_ref().unwrap().checkpoint(&[self.log.clone().unwrap()]).unwrap();
    }
}

pub(super) fn plain(count: usize, bytes: usize, timestamp: i64) -> ValidatedBatch {
    let mut builder = BatchBuilder::new(0);
    for _ in 0..count {
        builder.append(timestamp, None, Some(&vec![b'x'; bytes]), &[]);
    }
    trusted(builder)
}

pub(super) fn trusted(builder: BatchBuilder) -> ValidatedBatch {
    ValidatedBatch::trusted(&builder.build().unwrap()).unwrap()
}

pub(super) fn from_producer(id: i64, epoch: i16, sequence: i32, count: usize, transactional: bool) -> ValidatedBatch {
    let mut builder = BatchBuilder::new(0).producer(id, epoch, sequence);
    if transactional {
        builder = builder.transactional();
    }
    for _ in 0..count {
        builder.append(1000, None, Some(b"value"), &[]);
    }
    trusted(builder)
}

pub(super) fn end_transaction(log: &Log, id: i64, epoch: i16, committed: bool) -> Result<AppendInfo, StorageError> {
    let marker = EndTransactionMarker { committed, coordinator_epoch: 0 };
    let batch = trusted(BatchBuilder::end_transaction(id, epoch, 2000, marker));
    log.append(Append { batch, leader_epoch: 0, origin: Origin::Coordinator { transaction_version: 1 }, guard: None })
}

/// Everything that is visible from this offset on, as base offsets of batches.
pub(super) fn read_all(log: &Log, from: Offset, isolation: Isolation) -> Vec<Offset> {
    let (mut offsets, mut from) = (Vec::new(), from);
    loop {
        let read = log.read(from, u32::MAX, true, isolation).unwrap();
        let Some(slice) = read.slice else { return offsets };
        let bytes = slice.read().unwrap();
        offsets.extend(Batches::new(&bytes).map(|batch| batch.unwrap().base_offset()));
        from = read.next_offset;
    }
}

pub(super) fn unverified() -> LogOptions {
    LogOptions { transaction_verification: false, ..LogOptions::default() }
}
