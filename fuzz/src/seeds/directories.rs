//! Log directories: stopped cleanly, killed, left by Kafka, in the middle of a swap.

use std::path::Path;
use std::sync::Arc;

use batch::{BatchBuilder, EndTransactionMarker, ValidatedBatch};
use fuzz::directory::{CLUSTER, FILES, NODE, PATH, REPAIR_BATCHES, REPAIR_LOGS, REPAIR_SNAPSHOTS};
use fuzz::put_piece;
use runtime::{Clock, Disk};
use storage::{Append, Log, LogDirectory, LogOptions, Origin};
use types::{TopicPartition, Uuid};

use crate::messages::Seed;

const NOW_MS: i64 = 1_700_000_000_000;
const REPAIR_ALL: u8 = REPAIR_BATCHES | REPAIR_SNAPSHOTS | REPAIR_LOGS;

pub fn seeds() -> Vec<Seed> {
    let closed = directory(true);
    let killed = directory(false);
    let all = |_: &str| true;
    let not_ours = |name: &str| name != "vltava-logs-checkpoint";
    let only_logs = |name: &str| name.ends_with(".log");
    let beside = |name: &str| name.starts_with("t-0/") && !name.contains("index");
    let mut seeds = vec![
        ("closed".to_owned(), pack(&closed, REPAIR_ALL, all)),
        ("closed-as-it-is".to_owned(), pack(&closed, 0, all)),
        ("closed-by-kafka".to_owned(), pack(&closed, REPAIR_ALL, not_ours)),
        ("killed".to_owned(), pack(&killed, REPAIR_ALL, all)),
        ("killed-as-it-is".to_owned(), pack(&killed, 0, all)),
        ("only-logs".to_owned(), pack(&closed, REPAIR_ALL, only_logs)),
        ("without-indexes".to_owned(), pack(&closed, REPAIR_ALL, beside)),
        ("empty".to_owned(), vec![REPAIR_ALL]),
    ];
    for suffix in [".deleted", ".cleaned", ".swap"] {
        let name = format!("t-0/00000000000000000004.log{suffix}");
        let mut seed = pack(&killed, REPAIR_ALL, all);
        put_file(&mut seed, &name, &content(&killed, "t-0/00000000000000000004.log").unwrap_or_default());
        seeds.push((format!("log{suffix}"), seed));
    }
    seeds
}

/// Three segments, beginning at 0, 4 and 8, with two leader epochs, an idempotent producer and an aborted transaction.
fn directory(close: bool) -> Disk {
    let disk = Disk::memory();
    LogDirectory::format(&disk, Path::new(PATH), CLUSTER, NODE).expect("an empty directory");
    let directory =
        LogDirectory::open(&disk, Path::new(PATH), CLUSTER, NODE, Clock::manual(NOW_MS)).expect("a directory");
    directory.load(&|_| Arc::default(), 1).expect("nothing to load");
    let options = LogOptions { index_interval_bytes: 100, transaction_verification: false, ..LogOptions::default() };
    let roll = Arc::new(LogOptions { segment_bytes: 100, ..options.clone() });
    let stay = Arc::new(options);
    let log = directory.create_log(TopicPartition::new("t", 0), Uuid::from_bytes([8; 16]), stay.clone());
    append(&log, BatchBuilder::new(0), 0);
    append(&log, BatchBuilder::new(0).producer(1, 0, 0), 0);
    log.update_options(roll.clone());
    append(&log, BatchBuilder::new(0).producer(2, 0, 0).transactional(), 1);
    log.update_options(stay.clone());
    append(&log, BatchBuilder::new(0).producer(1, 0, 2), 1);
    log.update_options(roll);
    append(&log, BatchBuilder::new(0), 2);
    log.update_options(stay);
    let marker = EndTransactionMarker { committed: false, coordinator_epoch: 0 };
    let marker = BatchBuilder::end_transaction(2, 0, NOW_MS, marker).build().expect("a batch");
    let marker = Append {
        batch: ValidatedBatch::trusted(&marker).expect("a batch"),
        leader_epoch: 2,
        origin: Origin::Coordinator { transaction_version: 0 },
        guard: None,
    };
    log.append(marker).expect("the transaction is open");
    append(&log, BatchBuilder::new(0).producer(3, 0, 0).transactional(), 2);
    log.advance_high_watermark(9);
    let logs = [log];
    directory.checkpoint(&logs).expect("a disk in memory has room");
    directory.write_high_watermarks(&logs).expect("a disk in memory has room");
    if close {
        directory.close(&logs, 7, 1).expect("a disk in memory has room");
    }
    disk
}

fn append(log: &Log, mut builder: BatchBuilder, epoch: i32) {
    builder.append(NOW_MS + log.log_end_offset(), Some(b"key"), Some(b"value"), &[]);
    builder.append(NOW_MS + log.log_end_offset() + 1, None, Some(b"another"), &[]);
    let batch = ValidatedBatch::trusted(&builder.build().expect("a batch")).expect("a batch");
    log.append(Append::from_client(batch, epoch)).expect("it is in order");
}

fn pack(disk: &Disk, repairs: u8, wanted: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut seed = vec![repairs];
    for name in FILES.iter().filter(|name| **name != "meta.properties" && wanted(name)) {
        if let Some(content) = content(disk, name) {
            put_file(&mut seed, name, &content);
        }
    }
    seed
}

fn put_file(seed: &mut Vec<u8>, name: &str, content: &[u8]) {
    let number = FILES.iter().position(|file| *file == name).expect("one of the files");
    seed.push(number as u8);
    put_piece(seed, content);
}

fn content(disk: &Disk, name: &str) -> Option<Vec<u8>> {
    disk.read(&Path::new(PATH).join(name)).ok()
}
