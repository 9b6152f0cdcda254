//! Truncation, retention, deletion, and syncs.

use super::*;

#[test]
fn truncation_drops_whole_batches_and_everything_about_them() {
    let options = LogOptions { segment_bytes: 1000, index_interval_bytes: 100, ..unverified() };
    for target in 0..=40 {
        let bench = Bench::new(options.clone());
        let log = bench.log();
        for round in 0..20 {
            log.append(Append::from_client(from_producer(1, 0, round * 2, 2, false), round / 5)).unwrap();
        }
        log.advance_high_watermark(40);
        let truncated = log.truncate_to(target).unwrap();
        let end = target / 2 * 2;
        assert_eq!((truncated.log_end, truncated.changed), (end, target < 40));
        assert_eq!((log.log_end_offset(), log.high_watermark()), (end, end));
        assert_eq!(read_all(log, 0, Isolation::LogEnd), (0..end / 2).map(|n| n * 2).collect::<Vec<_>>());
        let epochs: Vec<_> =
            log.epoch_starts().unwrap().iter().map(|start| (start.epoch, start.start_offset)).collect();
        let expected: Vec<_> =
            (0..4).map(|epoch| (epoch, i64::from(epoch) * 10)).filter(|&(_, start)| start < end).collect();
        assert_eq!(epochs, expected, "{target}");
        let last = log.active_producers().unwrap().first().map_or(-1, |producer| producer.last_sequence);
        assert_eq!(i64::from(last), end - 1);
        let next = log.append(Append::from_client(from_producer(1, 0, end as i32, 2, false), 9)).unwrap();
        assert_eq!(next.base_offset, end);
        assert_eq!(read_all(log, end, Isolation::LogEnd), [end]);
    }
}

#[test]
fn log_begins_anew_at_its_leaders_start() {
    let mut bench = Bench::new(LogOptions { segment_bytes: 1000, ..LogOptions::default() });
    for _ in 0..10 {
        bench.append(1, 300);
    }
    bench.checkpoint();
    bench.log().truncate_fully_and_start_at(500).unwrap();
    let log = bench.log();
    assert_eq!((log.log_start_offset(), log.log_end_offset(), log.high_watermark()), (500, 500, 500));
    assert_eq!((log.size(), log.segment_count(), log.latest_epoch()), (0, 1, None));
    assert_eq!(bench.append(1, 10).base_offset, 500);
    bench.directory.as_ref().unwrap().write_recovery_points(&[bench.log.clone().unwrap()]).unwrap();
    assert!(bench.crash().is_empty());
    assert_eq!((bench.log().log_start_offset(), bench.log().log_end_offset()), (500, 501));
}

#[test]
fn epoch_without_records_does_not_outlive_a_truncation() {
    let bench = Bench::new(LogOptions::default());
    let log = bench.log();
    log.append(Append::from_client(plain(5, 1, 1), 1)).unwrap();
    log.append(Append::from_client(plain(5, 1, 1), 4)).unwrap();
    let end = |epoch| log.epoch_end_offset(epoch).map(|end| (end.epoch, end.end_offset)).unwrap();
    assert_eq!([end(0), end(1), end(3), end(4), end(5)], [(0, 0), (1, 5), (1, 5), (4, 10), (-1, -1)]);
    log.truncate_to(5).unwrap();
    assert_eq!([end(1), end(4)], [(1, 5), (-1, -1)]);
    assert_eq!(log.epoch_of(4).unwrap(), Some(1));
}

#[test]
fn old_segments_are_deleted_and_the_rest_stays() {
    let options = LogOptions { segment_bytes: 1000, retention_ms: 5000, ..LogOptions::default() };
    let mut bench = Bench::new(options.clone());
    for n in 0..10 {
        bench.log().append(Append::from_client(plain(1, 600, n * 1000), 0)).unwrap();
    }
    let log = bench.log();
    assert!(log.retain(7_500).unwrap().is_none(), "nothing goes above the high watermark");
    log.advance_high_watermark(10);
    assert!(log.retain(5_000).unwrap().is_none(), "exactly as old as allowed");
    let removal = log.retain(7_500).unwrap().unwrap();
    assert_eq!(removal.delay(), Duration::from_secs(60));
    assert_eq!((log.log_start_offset(), log.segment_count()), (3, 7));
    assert_eq!(read_all(log, 3, Isolation::LogEnd), (3..10).collect::<Vec<_>>());
    let waiting = |bench: &Bench| bench.names().iter().filter(|name| name.ends_with(".deleted")).count();
    assert!(waiting(&bench) >= 3);
    removal.run().unwrap();
    assert_eq!(waiting(&bench), 0);

    bench.log().update_options(Arc::new(LogOptions { retention_bytes: 1500, retention_ms: -1, ..options.clone() }));
    bench.log().retain(0).unwrap().unwrap().run().unwrap();
    assert_eq!(bench.log().log_start_offset(), 7, "as few as keep at least 1500 bytes");

    bench.log().update_options(Arc::new(LogOptions { delete: false, ..options.clone() }));
    assert!(bench.log().retain(i64::MAX).unwrap().is_none(), "cleanup.policy=compact");
    bench.log().delete_records_before(9).unwrap();
    bench.log().retain(0).unwrap().unwrap().run().unwrap();
    assert_eq!((bench.log().log_start_offset(), bench.log().segment_count()), (9, 1));

    bench.log().update_options(Arc::new(options));
    bench.log().retain(i64::MAX).unwrap().unwrap().run().unwrap();
    let log = bench.log();
    assert_eq!((log.log_start_offset(), log.log_end_offset(), log.size()), (10, 10, 0), "even the active one");
    bench.restart();
    assert_eq!((bench.log().log_start_offset(), bench.append(1, 1).base_offset), (10, 10));
}

#[test]
fn records_are_deleted_up_to_the_high_watermark_only() {
    let mut bench = Bench::new(LogOptions::default());
    bench.append(10, 10);
    bench.log().advance_high_watermark(8);
    assert_eq!(bench.log().delete_records_before(9).unwrap_err().code(), ErrorCode::OffsetOutOfRange);
    assert_eq!(bench.log().delete_records_before(5).unwrap(), 5);
    assert_eq!(bench.log().delete_records_before(2).unwrap(), 5, "it never goes back");
    assert_eq!(bench.log().read(4, 1, true, Isolation::LogEnd).unwrap_err().code(), ErrorCode::OffsetOutOfRange);
    assert_eq!(read_all(bench.log(), 5, Isolation::LogEnd), [0], "the batch that holds it comes whole");
    bench.restart();
    assert_eq!(bench.log().log_start_offset(), 5);
    assert!(bench.crash().is_empty());
    assert_eq!(bench.log().log_start_offset(), 5);
}

#[test]
fn deleted_log_is_out_of_the_way_at_once() {
    let bench = Bench::new(LogOptions::default());
    bench.append(1, 10);
    let slice = bench.log().read(0, 1000, true, Isolation::LogEnd).unwrap().slice.unwrap();
    let removal = bench.log().delete().unwrap().unwrap();
    assert!(!bench.disk.exists(Path::new("/logs/orders-3")));
    assert!(slice.read().is_ok(), "a read in flight goes on");
    let refused = bench.log().append(Append::from_client(plain(1, 1, 1), 0)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::KafkaStorageError);
    let directory = bench.directory.as_ref().unwrap();
    assert_eq!(directory.log_count(), 0);
    let again = directory.create_log(partition(), Uuid::from_bytes([8; 16]), bench.options.clone());
    again.append(Append::from_client(plain(1, 1, 1), 0)).unwrap();
    removal.run().unwrap();
    assert!(directory.leftovers().unwrap().is_none());
    assert!(bench.disk.exists(Path::new("/logs/orders-3")), "the new one is untouched");
}

#[test]
fn syncs_are_remembered() {
    let bench = Bench::new(LogOptions { flush_messages: 5, flush_ms: 1000, ..LogOptions::default() });
    let log = bench.log();
    bench.append(3, 10);
    assert_eq!(log.synced_offset(), 0);
    assert!(!log.needs_sync(bench.clock.now_ms()));
    assert!(log.needs_sync(bench.clock.now_ms() + 1000), "flush.ms");
    bench.append(2, 10);
    assert!(log.needs_sync(bench.clock.now_ms()), "flush.messages");
    assert_eq!(log.sync_up_to(2).unwrap(), 5);
    assert_eq!((log.synced_offset(), log.recovery_point()), (5, 0));
    assert!(!log.needs_sync(i64::MAX));
    assert_eq!(log.checkpoint().unwrap().recovery_point, 5);
    log.truncate_to(3).unwrap();
    assert_eq!((log.synced_offset(), log.recovery_point()), (3, 3));
}

#[test]
fn epoch_begins_at_the_end_before_it_has_records() {
    let mut bench = Bench::new(LogOptions::default());
    let end =
        |bench: &Bench, epoch| bench.log().epoch_end_offset(epoch).map(|end| (end.epoch, end.end_offset)).unwrap();
    bench.log().begin_epoch(3).unwrap();
    assert_eq!((bench.log().latest_epoch(), end(&bench, 3)), (Some(3), (3, 0)));
    bench.log().append(Append::from_client(plain(5, 1, 1), 3)).unwrap();
    bench.log().begin_epoch(7).unwrap();
    assert_eq!((end(&bench, 3), end(&bench, 7)), ((3, 5), (7, 5)));
    bench.restart();
    assert_eq!((bench.log().latest_epoch(), end(&bench, 3)), (Some(3), (3, 5)));
    bench.log().begin_epoch(9).unwrap();
    bench.log().append(Append::from_client(plain(5, 1, 1), 9)).unwrap();
    assert!(bench.crash().is_empty());
    assert_eq!((end(&bench, 3), end(&bench, 9)), ((3, 5), (9, 10)));
}
