//! Writers, readers, syncs and retention at the same time, on files of the operating system.

use std::sync::atomic::AtomicBool;

use super::*;

#[test]
fn readers_see_whole_batches_while_others_write_sync_and_delete() {
    let root = tempfile::tempdir().unwrap();
    let disk = Disk::os();
    LogDirectory::format(&disk, root.path(), CLUSTER, 1).unwrap();
    let open = || {
        let directory = LogDirectory::open(&disk, root.path(), CLUSTER, 1, Clock::manual(1_000_000)).unwrap();
        let options =
            LogOptions { segment_bytes: 20_000, retention_bytes: 100_000, index_interval_bytes: 500, ..unverified() };
        let loaded = directory.load(&|_| Arc::new(options.clone()), 2).unwrap();
        (directory, loaded.logs, Arc::new(options))
    };
    let (directory, _, options) = open();
    let log = directory.create_log(partition(), Uuid::from_bytes([7; 16]), options);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|producer| {
                let log = &log;
                scope.spawn(move || {
                    for round in 0..300 {
                        let group: Vec<_> = (0..4)
                            .map(|n| from_producer(producer, 0, round * 8 + n * 2, 2, false))
                            .map(|batch| Append::from_client(batch, 0))
                            .collect();
                        let last = log.append_all(&group).pop().unwrap().unwrap().last_offset;
                        log.advance_high_watermark(last + 1);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let mut from = 0;
                while !done.load(Ordering::Acquire) || from < log.high_watermark() {
                    match log.read(from, 5_000, true, Isolation::HighWatermark) {
                        Ok(read) => {
                            let Some(slice) = read.slice else { continue };
                            let bytes = slice.read().unwrap();
                            let mut expected = from;
                            for batch in Batches::new(&bytes) {
                                let batch = batch.unwrap();
                                assert!(batch.crc_is_valid());
                                assert_eq!(batch.base_offset(), expected);
                                expected = batch.next_offset();
                            }
                            assert_eq!(expected, read.next_offset);
                            from = read.next_offset;
                        }
                        Err(StorageError::OffsetOutOfRange { log_start, .. }) => from = log_start,
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                log.sync().unwrap();
                directory.checkpoint(std::slice::from_ref(&log)).unwrap();
                if let Some(removal) = log.retain(0).unwrap() {
                    removal.run().unwrap();
                }
                log.release_files();
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(log.log_end_offset(), 3 * 300 * 8);
    let before = (log.log_start_offset(), log.log_end_offset(), log.active_producers().unwrap());
    drop((log, directory));

    let (directory, logs, _) = open();
    let log = &logs[0];
    assert_eq!((log.log_end_offset(), log.active_producers().unwrap()), (before.1, before.2.clone()), "after a crash");
    directory.close(&logs, EPOCH, 2).unwrap();
    drop((directory, logs));

    let (_directory, logs, _) = open();
    let log = &logs[0];
    assert_eq!((log.log_end_offset(), log.active_producers().unwrap()), (before.1, before.2), "after a clean stop");
    assert!(read_all(log, log.log_start_offset(), Isolation::LogEnd).len() > 100);
}
