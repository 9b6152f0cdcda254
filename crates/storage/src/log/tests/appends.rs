//! What an append promises: offsets, refusals, new segments, followers.

use super::*;

#[test]
fn unused_log_makes_nothing_on_disk() {
    let mut bench = Bench::new(LogOptions::default());
    assert!(!bench.disk.exists(Path::new("/logs/orders-3")));
    assert_eq!(bench.log().active_producers().unwrap(), []);
    assert_eq!(bench.log().read(0, 1000, true, Isolation::LogEnd).unwrap().slice.map(|slice| slice.length), None);
    assert_eq!(bench.log().retain(i64::MAX).unwrap().map(|removal| removal.delay()), None);
    bench.checkpoint();
    bench.restart();
    assert!(!bench.disk.exists(Path::new("/logs/orders-3")));
    assert_eq!(bench.log().topic_id(), Uuid::from_bytes([7; 16]), "and is known after a restart");
    assert_eq!(bench.append(1, 10).base_offset, 0);
    let names = ["00000000000000000000.log", "leader-epoch-checkpoint", "partition.metadata"];
    assert_eq!(bench.names(), names);
}

#[test]
fn file_holds_the_batches_as_they_are_with_offsets_and_epoch() {
    let bench = Bench::new(LogOptions::default());
    let log = bench.log();
    for (epoch, offset) in [(0, 0), (0, 3), (5, 6)] {
        let info = log.append(Append::from_client(plain(3, 20, 1000), epoch)).unwrap();
        assert_eq!((info.base_offset, info.last_offset), (offset, offset + 2));
    }
    let content = bench.disk.read(&bench.path("00000000000000000000.log")).unwrap();
    let batches: Vec<_> = Batches::new(&content).map(Result::unwrap).collect();
    assert!(batches.iter().all(|batch| batch.crc_is_valid()));
    let placed: Vec<_> = batches.iter().map(|batch| (batch.base_offset(), batch.leader_epoch())).collect();
    assert_eq!(placed, [(0, 0), (3, 0), (6, 5)]);
    assert_eq!(bench.disk.read(&bench.path("leader-epoch-checkpoint")).unwrap(), b"0\n2\n0 0\n5 6\n");
}

#[test]
fn refused_batch_does_not_keep_the_others_out() {
    let bench = Bench::new(LogOptions { segment_bytes: 2000, ..unverified() });
    let batches = [
        plain(2, 10, 1),
        plain(1, 3000, 1),
        from_producer(1, 0, 0, 1, false),
        from_producer(1, 0, 5, 1, false),
        from_producer(1, 0, 1, 2, false),
        from_producer(1, 0, 0, 1, false),
    ];
    let appends: Vec<_> = batches.into_iter().map(|batch| Append::from_client(batch, 0)).collect();
    let results: Vec<_> = bench
        .log()
        .append_all(&appends)
        .into_iter()
        .map(|result| result.map(|info| (info.base_offset, info.duplicate)).map_err(|error| error.code()))
        .collect();
    let expected = [
        Ok((0, false)),
        Err(ErrorCode::RecordListTooLarge),
        Ok((2, false)),
        Err(ErrorCode::OutOfOrderSequenceNumber),
        Ok((3, false)),
        Ok((2, true)),
    ];
    assert_eq!(results, expected);
    assert_eq!(read_all(bench.log(), 0, Isolation::LogEnd), [0, 2, 3]);
}

#[test]
fn group_that_fills_a_segment_goes_on_in_the_next() {
    let bench = Bench::new(LogOptions { segment_bytes: 1000, ..LogOptions::default() });
    let appends: Vec<_> = (0..10).map(|_| Append::from_client(plain(1, 300, 1), 0)).collect();
    let offsets: Vec<_> =
        bench.log().append_all(&appends).into_iter().map(|result| result.unwrap().base_offset).collect();
    assert_eq!(offsets, (0..10).collect::<Vec<_>>());
    assert_eq!(bench.log().segment_count(), 5);
    assert_eq!(read_all(bench.log(), 0, Isolation::LogEnd), offsets);
    for base in [0, 2, 4, 6] {
        for kind in ["log", "index", "timeindex"] {
            assert!(bench.disk.exists(&bench.path(&names::file_name(base, kind))), "{base} {kind}");
        }
        assert!(bench.disk.exists(&bench.path(&names::file_name(base + 2, "snapshot"))));
    }
}

#[test]
fn open_transaction_survives_every_kind_of_restart() {
    let mut bench = Bench::new(unverified());
    bench.append(3, 10);
    bench.log().append(Append::from_client(from_producer(1, 0, 0, 2, true), 0)).unwrap();
    bench.append(1, 10);
    for round in 0..3 {
        match round {
            0 => bench.restart(),
            1 => {
                bench.stop();
                bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
                assert!(bench.open().is_empty());
            }
            _ => assert!(bench.crash().is_empty()),
        }
        bench.log().advance_high_watermark(6);
        assert_eq!(bench.log().last_stable_offset(), 3, "round {round}");
        assert_eq!(bench.log().active_producers().unwrap()[0].transaction_start, Some(3));
        assert!(bench.log().has_open_transaction(1, 0).unwrap());
    }
    let late = bench.log().append(Append::from_client(from_producer(1, 0, 1, 1, true), 0)).unwrap_err();
    assert_eq!(late.code(), ErrorCode::OutOfOrderSequenceNumber);
    bench.log().append(Append::from_client(from_producer(1, 0, 2, 1, true), 0)).unwrap();
    end_transaction(bench.log(), 1, 0, false).unwrap();
    bench.log().advance_high_watermark(8);
    assert_eq!(bench.log().last_stable_offset(), 8);
}

#[test]
fn duplicate_is_answered_with_its_offsets_even_after_a_restart() {
    let mut bench = Bench::new(LogOptions::default());
    for sequence in 0..3 {
        bench.log().append(Append::from_client(from_producer(5, 1, sequence * 2, 2, false), 0)).unwrap();
    }
    let again = |bench: &Bench, sequence| {
        let info = bench.log().append(Append::from_client(from_producer(5, 1, sequence, 2, false), 0)).unwrap();
        (info.base_offset, info.last_offset, info.duplicate)
    };
    assert_eq!(again(&bench, 0), (0, 1, true));
    assert_eq!(again(&bench, 4), (4, 5, true));
    bench.restart();
    assert_eq!(again(&bench, 4), (4, 5, true));
    assert_eq!(bench.log().log_end_offset(), 6);
}

#[test]
fn transaction_needs_verification_unless_it_is_switched_off() {
    let bench = Bench::new(LogOptions::default());
    let log = bench.log();
    let batch = || from_producer(1, 0, 0, 1, true);
    assert_eq!(log.append(Append::from_client(batch(), 0)).unwrap_err().code(), ErrorCode::InvalidTxnState);
    let guard = log.begin_verification(1, 0, 0, true).unwrap();
    assert!(guard.is_some());
    log.append(Append { guard, ..Append::from_client(batch(), 0) }).unwrap();
    assert_eq!(log.begin_verification(1, 0, 1, true).unwrap(), None);
    log.append(Append::from_client(from_producer(1, 0, 1, 1, true), 0)).unwrap();
}

#[test]
fn segments_are_closed_by_age_in_the_records_time() {
    let bench = Bench::new(LogOptions { segment_ms: 1000, ..LogOptions::default() });
    let append = |timestamp| bench.log().append(Append::from_client(plain(1, 10, timestamp), 0)).unwrap();
    append(5000);
    append(6000);
    assert_eq!(bench.log().segment_count(), 1);
    bench.clock.advance(Duration::from_secs(3600));
    append(5500);
    assert_eq!(bench.log().segment_count(), 1, "the clock does not matter where records have a time");
    append(6001);
    assert_eq!(bench.log().segment_count(), 2);
}

#[test]
fn segment_is_closed_when_its_index_is_full() {
    let options = LogOptions { segment_index_bytes: 32, index_interval_bytes: 1, ..LogOptions::default() };
    let bench = Bench::new(options);
    for timestamp in 0..20 {
        bench.log().append(Append::from_client(plain(1, 10, timestamp), 0)).unwrap();
    }
    assert!(bench.log().segment_count() > 4);
    for entry in bench.disk.list(Path::new("/logs/orders-3")).unwrap() {
        if entry.name.ends_with("index") {
            assert!(entry.length <= 32, "{}", entry.name);
        }
    }
    assert_eq!(read_all(bench.log(), 0, Isolation::LogEnd).len(), 20);
}

#[test]
fn follower_takes_batches_as_they_are() {
    let bench = Bench::new(LogOptions { segment_bytes: 1000, ..LogOptions::default() });
    let log = bench.log();
    let batch = |offset, epoch| {
        let mut builder = BatchBuilder::new(offset).leader_epoch(epoch);
        builder.append(1, None, Some(&[1; 300]), &[]);
        builder.build().unwrap().to_vec()
    };
    let appended = |parts: &[Vec<u8>], epoch| {
        log.append_as_follower(&Bytes::from(parts.concat()), epoch).map(|info| info.map(|info| info.last_offset))
    };
    assert_eq!(appended(&[], 0).unwrap(), None);
    let cut = batch(9, 1)[..100].to_vec();
    assert_eq!(appended(&[batch(0, 0), batch(4, 0), batch(8, 1), cut], 1).unwrap(), Some(8), "compaction left gaps");
    assert_eq!(appended(&[batch(9, 1), batch(10, 2)], 1).unwrap(), Some(9), "the next leader is not met yet");
    assert_eq!(appended(&[batch(9, 1)], 1).unwrap_err().code(), ErrorCode::UnknownServerError);
    let mut damaged = batch(10, 1);
    damaged[70] ^= 1;
    assert_eq!(appended(&[damaged], 1).unwrap_err().code(), ErrorCode::CorruptMessage);
    assert_eq!(appended(&[batch(1 << 33, 1)], 1).unwrap(), Some(1 << 33), "an offset that needs a new segment");
    assert_eq!(read_all(log, 0, Isolation::LogEnd), [0, 4, 8, 9, 1 << 33]);
    assert_eq!(read_all(log, 1, Isolation::LogEnd), [4, 8, 9, 1 << 33]);
    assert_eq!(read_all(log, 10, Isolation::LogEnd), [1 << 33]);
    assert_eq!(log.latest_epoch(), Some(1));
}

#[test]
fn metadata_log_has_no_gaps_and_one_epoch_a_time() {
    let bench = Bench::new(LogOptions::default());
    let log = bench.log();
    let batch = |offset, epoch| {
        let mut builder = BatchBuilder::new(offset).leader_epoch(epoch);
        builder.append(1, None, Some(b"record"), &[]);
        builder.build().unwrap()
    };
    log.append_metadata(&batch(0, 3), 3).unwrap();
    assert!(log.append_metadata(&batch(2, 3), 3).is_err(), "a gap");
    assert!(log.append_metadata(&batch(1, 2), 3).is_err(), "another epoch");
    let two = Bytes::from([batch(1, 3), batch(2, 3)].concat());
    assert_eq!(log.append_metadata(&two, 3).unwrap().unwrap().last_offset, 2);
    assert_eq!(log.log_end_offset(), 3);
}

#[test]
fn unfinished_append_behind_the_end_is_cut_off_at_the_next_use() {
    let mut bench = Bench::new(LogOptions::default());
    bench.append(1, 10);
    bench.restart();
    let file = bench.disk.open(&bench.path("00000000000000000000.log"), Open::ReadWrite).unwrap();
    let length = file.len().unwrap();
    file.write_all_at(&[IoSlice::new(&[1; 30])], length).unwrap();
    assert_eq!(bench.append(1, 10).base_offset, 1);
    assert_eq!(read_all(bench.log(), 0, Isolation::LogEnd), [0, 1]);
}
