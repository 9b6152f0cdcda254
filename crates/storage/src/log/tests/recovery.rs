//! What a crash, a torn write, Kafka, or bit rot leave, and what becomes of it.

use super::*;

const ACTIVE: &str = "00000000000000000000.log";

/// A log in segments of about three batches, all of them with a producer, epochs that rise, and transactions that are aborted.
fn used() -> Bench {
    let options = LogOptions { segment_bytes: 1200, index_interval_bytes: 300, ..unverified() };
    let bench = Bench::new(options);
    fill(&bench, 0..30);
    bench
}

fn fill(bench: &Bench, rounds: std::ops::Range<i32>) {
    for round in rounds {
        let log = bench.log();
        log.append(Append::from_client(from_producer(1, 0, round * 2, 2, false), round / 10)).unwrap();
        log.append(Append::from_client(from_producer(2, 0, round, 1, true), round / 10)).unwrap();
        let marker = EndTransactionMarker { committed: round % 2 == 0, coordinator_epoch: 0 };
        let batch = trusted(BatchBuilder::end_transaction(2, 0, 2000, marker));
        let origin = Origin::Coordinator { transaction_version: 1 };
        log.append(Append { batch, leader_epoch: round / 10, origin, guard: None }).unwrap();
        log.append(Append::from_client(plain(1, 100, i64::from(round)), round / 10)).unwrap();
    }
}

/// Everything that can be asked of a log.
fn everything(log: &Log) -> impl PartialEq + std::fmt::Debug {
    log.advance_high_watermark(i64::MAX);
    let aborted: Vec<_> = (log.log_start_offset()..log.log_end_offset())
        .map(|offset| log.read(offset, u32::MAX, true, Isolation::LastStable).unwrap().aborted)
        .collect();
    let times: Vec<_> = (0..40).map(|time| log.offset_for_timestamp(time).unwrap()).collect();
    (
        (log.log_start_offset(), log.log_end_offset(), log.last_stable_offset(), log.size(), log.topic_id()),
        read_all(log, log.log_start_offset(), Isolation::LogEnd),
        log.epoch_starts().unwrap(),
        log.active_producers().unwrap(),
        aborted,
        times,
    )
}

#[test]
fn every_kind_of_restart_gives_the_same_log() {
    let mut bench = used();
    let before = format!("{:?}", everything(bench.log()));
    bench.restart();
    assert_eq!(format!("{:?}", everything(bench.log())), before, "clean");
    bench.stop();
    bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
    bench.open();
    assert_eq!(format!("{:?}", everything(bench.log())), before, "clean, by somebody else");
    assert!(bench.crash().is_empty());
    assert_eq!(format!("{:?}", everything(bench.log())), before, "crashed");
    assert!(bench.crash().is_empty());
    assert_eq!(format!("{:?}", everything(bench.log())), before, "crashed again");
    fill(&bench, 30..40);
    bench.checkpoint();
    fill(&bench, 40..50);
    let before = format!("{:?}", everything(bench.log()));
    assert!(bench.crash().is_empty());
    assert_eq!(format!("{:?}", everything(bench.log())), before, "crashed after a checkpoint");
}

#[test]
fn clean_start_reads_one_file() {
    let mut bench = used();
    let end = bench.log().log_end_offset();
    bench.stop();
    bench.disk.rename(Path::new("/logs/orders-3"), Path::new("/away")).unwrap();
    bench.open();
    assert_eq!(bench.log().log_end_offset(), end);
    assert_eq!(bench.log().latest_epoch(), Some(2));
    assert!(
        !bench.disk.exists(Path::new("/logs/.kafka_cleanshutdown")),
        "the mark is gone before anything else happens"
    );
    bench.disk.rename(Path::new("/away"), Path::new("/logs/orders-3")).unwrap();
    fill(&bench, 30..31);
}

#[test]
fn our_checkpoint_is_not_believed_with_another_mark() {
    let mut bench = used();
    bench.stop();
    let mark = Path::new("/logs/.kafka_cleanshutdown");
    bench.disk.write_durably(mark, br#"{"version":0,"brokerEpoch":43}"#).unwrap();
    // What Kafka appended in the meantime.
    let mut builder = BatchBuilder::new(150).leader_epoch(2);
    builder.append(1, None, Some(b"x"), &[]);
    let last = bench.names().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
    bench.tamper(&last, |content| content.extend_from_slice(&builder.build().unwrap()));
    bench.open();
    assert_eq!(bench.log().log_end_offset(), 151);
}

#[test]
fn every_torn_tail_is_cut_back_to_the_last_whole_batch() {
    let build = || {
        let bench = Bench::new(LogOptions::default());
        let ends: Vec<usize> = (0..4)
            .map(|n| {
                bench.append(2, 40 + n);
                if n == 1 {
                    bench.checkpoint();
                }
                bench.log().size() as usize
            })
            .collect();
        (bench, ends)
    };
    let (bench, ends) = build();
    let good = bench.disk.read(&bench.path(ACTIVE)).unwrap();
    for cut in ends[1]..=ends[3] {
        for zeros in [0, 1, 60, 500] {
            let (mut bench, _) = build();
            let mut torn = good[..cut].to_vec();
            torn.resize(cut + zeros, 0);
            // A batch may end in zeros: then these bring it back.
            let whole = ends.iter().filter(|&&end| torn.starts_with(&good[..end])).count() as i64;
            bench.tamper(ACTIVE, |content| *content = torn);
            assert!(bench.crash().is_empty());
            assert_eq!(bench.log().log_end_offset(), whole * 2, "cut at {cut}, {zeros} zeros");
            assert_eq!(bench.disk.read(&bench.path(ACTIVE)).unwrap().len(), ends[whole as usize - 1]);
            assert_eq!(bench.append(1, 10).base_offset, whole * 2);
            assert!(bench.crash().is_empty());
            assert_eq!(bench.log().log_end_offset(), whole * 2 + 1, "and again");
        }
    }
}

#[test]
fn every_flipped_bit_behind_the_recovery_point_ends_the_log_there() {
    let build = || {
        let bench = Bench::new(LogOptions::default());
        bench.append(2, 30);
        bench.checkpoint();
        let start = bench.log().size() as usize;
        bench.append(2, 30);
        let end = bench.log().size() as usize;
        bench.append(2, 30);
        (bench, start, end)
    };
    let (_, start, end) = build();
    for at in start..end {
        let (mut bench, ..) = build();
        bench.tamper(ACTIVE, |content| content[at] ^= 0x40);
        assert!(bench.crash().is_empty());
        // Offsets and the epoch are not covered by the CRC; a higher offset or epoch alone is a log that Kafka would accept, too.
        let log_end = bench.log().log_end_offset();
        let uncovered = at < start + 8 || (start + 12..start + 16).contains(&at);
        assert!(log_end == 2 || uncovered, "byte {}: {log_end}", at - start);
        assert!(log_end >= 2, "what was synced stays");
    }
}

#[test]
fn damage_below_the_recovery_point_is_reported_and_nothing_is_cut() {
    let options = LogOptions { segment_bytes: 1200, ..LogOptions::default() };
    let mut bench = Bench::new(options);
    for _ in 0..6 {
        bench.append(1, 300);
    }
    bench.checkpoint();
    bench.append(1, 300);
    let before = bench.disk.read(&bench.path("00000000000000000003.log")).unwrap();
    bench.tamper("00000000000000000003.log", |content| content[100] ^= 1);
    // Without the snapshots, recovery must read from the beginning.
    for name in bench.names() {
        if name.ends_with(".snapshot") {
            bench.disk.remove_file(&bench.path(&name)).unwrap();
        }
    }
    let failed = bench.crash();
    assert_eq!((failed.len(), failed[0].error.code()), (1, ErrorCode::CorruptMessage));
    assert_eq!(bench.disk.read(&bench.path("00000000000000000003.log")).unwrap().len(), before.len());
    bench.tamper("00000000000000000003.log", |content| content[100] ^= 1);
    assert!(bench.crash().is_empty());
    assert_eq!(bench.log().log_end_offset(), 7, "repaired, everything is there");
}

#[test]
fn recovery_reads_only_what_was_written_since_the_checkpoint() {
    let mut bench = Bench::new(LogOptions { index_interval_bytes: 100, ..LogOptions::default() });
    for _ in 0..20 {
        bench.append(1, 300);
    }
    bench.checkpoint();
    bench.append(1, 300);
    // A flipped bit far below is not looked at: CRCs are checked only where something may be torn.
    bench.tamper(ACTIVE, |content| content[100] ^= 1);
    assert!(bench.crash().is_empty());
    assert_eq!(bench.log().log_end_offset(), 21);
}

#[test]
fn lost_or_damaged_files_beside_the_log_are_made_again() {
    for kind in ["index", "timeindex", "txnindex", "snapshot", "leader-epoch-checkpoint"] {
        for how in ["lost", "empty", "garbage", "zeros"] {
            let mut bench = used();
            bench.checkpoint();
            fill(&bench, 30..33);
            let before = format!("{:?}", everything(bench.log()));
            let active = bench.names().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
            for name in bench.names() {
                // Where no transaction was aborted there is no such file: of a closed segment, nobody can miss it.
                let rebuilt = kind != "txnindex" || name.starts_with(&active[..20]);
                if name.rsplit('.').next() == Some(kind) && rebuilt {
                    match how {
                        "lost" => bench.disk.remove_file(&bench.path(&name)).unwrap(),
                        "empty" => bench.tamper(&name, Vec::clear),
                        "garbage" => bench.tamper(&name, |content| content.fill(0xab)),
                        _ => bench.tamper(&name, |content| content.fill(0)),
                    }
                }
            }
            let failed = bench.crash();
            assert!(failed.is_empty(), "{kind} {how}: {failed:?}");
            // An index that does not rise leads nowhere, and the records are found all the same.
            let after = format!("{:?}", everything(bench.log()));
            let exact = kind != "timeindex";
            assert!(!exact || after == before, "{kind} {how}");
            assert_eq!(bench.log().log_end_offset(), 165, "{kind} {how}");
        }
    }
}

#[test]
fn interrupted_removals_and_compactions_are_finished_or_undone() {
    let mut bench = used();
    bench.stop();
    let first = bench.disk.read(&bench.path(ACTIVE)).unwrap();
    let put = |bench: &Bench, name: &str, content: &[u8]| bench.disk.write_durably(&bench.path(name), content).unwrap();
    put(&bench, "00000000000000000900.log.deleted", b"x");
    put(&bench, "00000000000000000900.index.cleaned", b"x");
    put(&bench, "00000000000000000950.log.swap", b"x");
    put(&bench, "leader-epoch-checkpoint.tmp", b"x");
    put(&bench, "00000000000000000777.index", b"x");
    put(&bench, "00000000000000000000-0000000001.checkpoint.deleted", b"x");
    // A compaction that had finished: its result for the first segment waits for its name.
    let kept = Batches::new(&first).last().unwrap().unwrap();
    put(&bench, "00000000000000000000.log.swap", kept.bytes());
    put(&bench, "00000000000000000000.index.swap", b"");
    let expected = kept.base_offset();
    bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
    assert!(bench.open().is_empty());
    let names = bench.names();
    for suffix in [".cleaned", ".swap", ".tmp", ".log.deleted"] {
        assert!(!names.iter().any(|name| name.ends_with(suffix)), "{suffix}: {names:?}");
    }
    assert!(!names.contains(&"00000000000000000777.index".to_owned()), "an index without a segment");
    assert!(names.contains(&"00000000000000000000-0000000001.checkpoint.deleted".to_owned()), "not this crate's");
    assert_eq!(read_all(bench.log(), 0, Isolation::LogEnd)[0], expected);
    assert_eq!(bench.log().log_end_offset(), 150);
}

#[test]
fn clean_mark_beside_a_torn_tail_is_noticed() {
    let mut bench = used();
    bench.stop();
    bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
    let last = bench.names().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
    bench.tamper(&last, |content| content.truncate(content.len() - 1));
    let failed = bench.open();
    assert_eq!(failed.len(), 1, "it was synced: another replica has it");
}

#[test]
fn log_that_ends_before_its_start_begins_anew() {
    let mut bench = used();
    bench.log().advance_high_watermark(i64::MAX);
    bench.log().delete_records_before(140).unwrap();
    bench.stop();
    bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
    for name in bench.names() {
        if name.ends_with(".log") && names::parse_file_name(&name).is_some_and(|(offset, _)| offset > 50) {
            bench.disk.remove_file(&bench.path(&name)).unwrap();
        }
    }
    assert!(bench.open().is_empty());
    let log = bench.log();
    assert_eq!((log.log_start_offset(), log.log_end_offset(), log.segment_count()), (140, 140, 0));
    assert_eq!(bench.append(1, 1).base_offset, 140);
}

#[test]
fn snapshots_beyond_the_end_are_removed() {
    let mut bench = used();
    bench.checkpoint();
    let content = bench.disk.read(&bench.path("00000000000000000150.snapshot")).unwrap();
    bench.disk.write_durably(&bench.path("00000000000000009999.snapshot"), &content).unwrap();
    assert!(bench.crash().is_empty());
    assert!(!bench.names().contains(&"00000000000000009999.snapshot".to_owned()));
    assert!(bench.names().contains(&"00000000000000000150.snapshot".to_owned()));
}

#[test]
fn producers_of_deleted_segments_are_known_after_a_crash() {
    let mut bench = Bench::new(LogOptions { segment_bytes: 1000, retention_bytes: 2000, ..unverified() });
    bench.log().append(Append::from_client(from_producer(7, 0, 0, 3, false), 0)).unwrap();
    for n in 0..10 {
        bench.log().append(Append::from_client(plain(1, 600, n), 0)).unwrap();
    }
    bench.log().advance_high_watermark(13);
    // No checkpoint since the log was made: its recovery point is behind its start.
    bench.log().retain(0).unwrap().unwrap().run().unwrap();
    assert!(bench.log().log_start_offset() > 3);
    let before = bench.log().active_producers().unwrap();
    assert_eq!(before.len(), 1);
    assert!(bench.crash().is_empty());
    assert_eq!(bench.log().active_producers().unwrap(), before);
}
