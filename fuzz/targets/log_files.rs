//! A log directory with any files: it is opened, recovered, used and closed.
//!
//! Recovering twice finds the same. Reading ends.
#![no_main]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use batch::{BatchBuilder, Batches, ValidatedBatch};
use fuzz::directory::{self, CLUSTER, NODE, PATH};
use libfuzzer_sys::fuzz_target;
use runtime::{Clock, Disk};
use storage::{Append, Isolation, LoadedLogs, Log, LogDirectory, LogOptions};

const NOW_MS: i64 = 1_700_000_000_000;

fuzz_target!(|data: &[u8]| {
    let disk = directory::disk(data);
    let clock = Clock::manual(NOW_MS);
    let Some((_, first)) = load(&disk, &clock) else { return };
    let was_clean = first.clean_broker_epoch.is_some();
    let before = ends(&first);
    drop(first);
    let Some((directory, loaded)) = load(&disk, &clock) else { return };
    if !was_clean {
        assert_eq!(ends(&loaded), before, "recovering twice finds the same");
    }
    for log in &loaded.logs {
        read(log);
        write(log, &clock);
        read(log);
    }
    let _ = directory.checkpoint(&loaded.logs);
    let _ = directory.write_high_watermarks(&loaded.logs);
    if let Ok(Some(removal)) = directory.leftovers() {
        let _ = removal.run();
    }
    if directory.close(&loaded.logs, 7, 1).is_ok() {
        let before: Vec<_> = loaded.logs.iter().map(|log| (log.log_start_offset(), log.log_end_offset())).collect();
        drop((loaded, directory));
        let (_directory, loaded) = load(&disk, &clock).expect("what was closed cleanly can be opened");
        let after: Vec<_> = loaded.logs.iter().map(|log| (log.log_start_offset(), log.log_end_offset())).collect();
        assert_eq!(after, before, "a clean stop keeps everything");
        loaded.logs.iter().for_each(|log| read(log));
    }
});

fn load(disk: &Disk, clock: &Clock) -> Option<(LogDirectory, LoadedLogs)> {
    let directory = LogDirectory::open(disk, Path::new(PATH), CLUSTER, NODE, clock.clone()).ok()?;
    let options = Arc::new(LogOptions { segment_bytes: 1500, index_interval_bytes: 100, ..LogOptions::default() });
    let loaded = directory.load(&|_| options.clone(), 1).ok()?;
    Some((directory, loaded))
}

fn ends(loaded: &LoadedLogs) -> Vec<(i64, i64, usize)> {
    loaded.logs.iter().map(|log| (log.log_start_offset(), log.log_end_offset(), log.segment_count())).collect()
}

/// Reads everything in every way.
fn read(log: &Log) {
    for isolation in [Isolation::LogEnd, Isolation::HighWatermark, Isolation::LastStable] {
        let mut from = log.log_start_offset();
        while let Ok(result) = log.read(from, 300, true, isolation) {
            let Some(slice) = result.slice else { break };
            assert!(result.next_offset > from, "a read leads on");
            from = result.next_offset;
            if let Ok(bytes) = slice.read() {
                Batches::new(&bytes).filter_map(Result::ok).for_each(|view| drop(view.check_crc()));
            }
        }
    }
    let middle = log.log_start_offset() / 2 + log.log_end_offset() / 2;
    for offset in [i64::MIN, -1, 0, middle, i64::MAX] {
        let _ = log.read(offset, 0, false, Isolation::LogEnd);
        let _ = log.offset_for_timestamp(offset);
        let _ = log.epoch_of(offset);
        let _ = log.epoch_end_offset(offset as i32);
    }
    let _ = log.offset_for_timestamp(NOW_MS);
    let _ = log.offset_of_max_timestamp();
    let _ = log.epoch_starts();
    let _ = log.active_producers();
    let _ = (log.size(), log.last_stable_offset(), log.synced_offset(), log.needs_sync(NOW_MS));
}

/// Appends, cuts, deletes.
fn write(log: &Log, clock: &Clock) {
    let epoch = log.latest_epoch().unwrap_or(0).max(0);
    let _ = log.begin_epoch(epoch.saturating_add(1));
    for producer in [None, Some((1, 0, 0)), Some((2, 1, i32::MAX))] {
        let mut builder = BatchBuilder::new(0);
        if let Some((id, epoch, sequence)) = producer {
            builder = builder.producer(id, epoch, sequence);
        }
        builder.append(NOW_MS, Some(b"key"), Some(b"value"), &[]);
        builder.append(NOW_MS, Some(b"key"), None, &[]);
        let bytes = builder.build().expect("a batch");
        let batch = ValidatedBatch::trusted(&bytes).expect("a batch");
        let _ = log.append(Append::from_client(batch, epoch.saturating_add(1)));
    }
    let _ = log.sync();
    log.advance_high_watermark(log.log_end_offset().saturating_sub(2));
    let middle = log.log_start_offset() / 2 + log.log_end_offset() / 2;
    let _ = log.delete_records_before(middle);
    let _ = log.truncate_to(log.log_end_offset().saturating_sub(3));
    clock.advance(Duration::from_secs(86_400));
    log.expire_producers();
    if let Ok(Some(removal)) = log.retain(clock.now_ms() + 30 * 86_400_000) {
        let _ = removal.run();
    }
    log.release_files();
}
