//! What readers see, and find by time.

use super::*;

#[test]
fn reads_give_whole_batches_that_fit() {
    let bench = Bench::new(LogOptions { index_interval_bytes: 300, ..LogOptions::default() });
    let sizes: Vec<u64> = (0..50)
        .map(|n| {
            let before = bench.log().size();
            bench.append(2, 50 + n * 7);
            bench.log().size() - before
        })
        .collect();
    let log = bench.log();
    for from in 0..100i64 {
        let first = (from / 2) as usize;
        for max_bytes in [0u32, 1, 200, 1000, 3000, 100_000] {
            let fitting = sizes[first..]
                .iter()
                .scan(0, |sum, size| {
                    *sum += size;
                    Some(*sum)
                })
                .take_while(|&sum| sum <= u64::from(max_bytes))
                .last()
                .unwrap_or(0);
            let read = log.read(from, max_bytes, false, Isolation::LogEnd).unwrap();
            assert_eq!(read.slice.as_ref().map_or(0, |slice| u64::from(slice.length)), fitting, "{from} {max_bytes}");
            let read = log.read(from, max_bytes, true, Isolation::LogEnd).unwrap();
            let slice = read.slice.unwrap();
            assert_eq!(u64::from(slice.length), fitting.max(sizes[first]), "{from} {max_bytes} at least one");
            let bytes = slice.read().unwrap();
            let batches: Vec<_> = Batches::new(&bytes).map(Result::unwrap).collect();
            assert_eq!(batches[0].base_offset(), from / 2 * 2);
            assert_eq!(batches.last().unwrap().next_offset(), read.next_offset);
        }
    }
    assert!(log.read(100, 1000, true, Isolation::LogEnd).unwrap().slice.is_none());
    assert_eq!(log.read(101, 1000, true, Isolation::LogEnd).unwrap_err().code(), ErrorCode::OffsetOutOfRange);
    assert_eq!(log.read(-1, 1000, true, Isolation::LogEnd).unwrap_err().code(), ErrorCode::OffsetOutOfRange);
}

#[test]
fn consumers_see_up_to_the_high_watermark() {
    let bench = Bench::new(LogOptions { segment_bytes: 1000, ..LogOptions::default() });
    for _ in 0..30 {
        bench.append(1, 200);
    }
    let log = bench.log();
    assert_eq!(read_all(log, 0, Isolation::HighWatermark), [0i64; 0]);
    for high_watermark in [1, 2, 5, 17, 30] {
        assert!(log.advance_high_watermark(high_watermark));
        assert_eq!(read_all(log, 0, Isolation::HighWatermark), (0..high_watermark).collect::<Vec<_>>());
    }
    assert!(!log.advance_high_watermark(3), "it never goes back");
    assert!(!log.advance_high_watermark(99), "nor beyond the end");
    assert_eq!(log.high_watermark(), 30);
}

#[test]
fn read_committed_stops_at_the_first_open_transaction_and_names_the_aborted() {
    let bench = Bench::new(LogOptions { segment_bytes: 200, ..unverified() });
    let log = bench.log();
    let append = |batch| log.append(Append::from_client(batch, 0)).unwrap().base_offset;
    assert_eq!(append(from_producer(1, 0, 0, 2, true)), 0);
    assert_eq!(append(from_producer(2, 0, 0, 1, true)), 2);
    assert_eq!(append(from_producer(3, 0, 0, 1, false)), 3);
    log.advance_high_watermark(4);
    assert_eq!(log.last_stable_offset(), 0);
    assert_eq!(end_transaction(log, 1, 0, false).unwrap().base_offset, 4);
    assert_eq!(log.last_stable_offset(), 0, "the marker is not replicated yet");
    log.advance_high_watermark(5);
    assert_eq!(log.last_stable_offset(), 2);
    end_transaction(log, 2, 0, true).unwrap();
    log.advance_high_watermark(6);
    assert_eq!(log.last_stable_offset(), 6);
    assert!(log.segment_count() > 1);
    let read = log.read(0, u32::MAX, true, Isolation::LastStable).unwrap();
    assert_eq!(read.aborted, [(1, 0)]);
    assert_eq!(log.read(3, u32::MAX, true, Isolation::LastStable).unwrap().aborted, [(1, 0)]);
    assert_eq!(log.read(5, u32::MAX, true, Isolation::LastStable).unwrap().aborted, []);
    assert_eq!(log.read(0, u32::MAX, true, Isolation::HighWatermark).unwrap().aborted, []);
}

#[test]
fn offsets_are_found_by_time_also_inside_compressed_batches() {
    let options = LogOptions { segment_bytes: 2000, index_interval_bytes: 200, ..LogOptions::default() };
    let mut bench = Bench::new(options);
    for base in 0..40i64 {
        let codec = Codec::ALL[(base % 5) as usize];
        let mut builder = BatchBuilder::new(0).compression(Compression::new(codec));
        for record in 0..5 {
            // Inside a batch the times go down and up: 4 0 1 2 3.
            builder.append(base * 100 + (record + 4) % 5, None, Some(&[base as u8; 40]), &[]);
        }
        bench.log().append(Append::from_client(trusted(builder), 7)).unwrap();
    }
    for _ in 0..2 {
        let log = bench.log();
        assert!(log.segment_count() > 2);
        let offset =
            |timestamp| log.offset_for_timestamp(timestamp).unwrap().map(|found| (found.offset, found.timestamp));
        assert_eq!(offset(0), Some((0, 4)), "the first record that is not older");
        assert_eq!(offset(5), Some((5, 104)));
        assert_eq!(offset(1700), Some((85, 1704)));
        assert_eq!(offset(3904), Some((195, 3904)));
        assert_eq!(offset(3905), None);
        let last = log.offset_of_max_timestamp().unwrap().unwrap();
        assert_eq!((last.offset, last.timestamp, last.leader_epoch), (195, 3904, 7));
        bench.restart();
    }
    bench.log().advance_high_watermark(200);
    bench.log().delete_records_before(87).unwrap();
    assert_eq!(bench.log().offset_for_timestamp(0).unwrap().unwrap().offset, 87, "deleted records are not found");
}

#[test]
fn batch_is_never_altered_between_append_and_read() {
    let bench = Bench::new(LogOptions::default());
    let mut builder = BatchBuilder::new(0).compression(Compression::new(Codec::Zstd));
    builder.append(17, Some(b"key"), Some(b"value"), &[(b"header", Some(b"x"))]);
    let bytes = builder.build().unwrap();
    bench.append(4, 1);
    bench.log().append(Append::from_client(ValidatedBatch::trusted(&bytes).unwrap(), 3)).unwrap();
    let slice = bench.log().read(4, 1000, true, Isolation::LogEnd).unwrap().slice.unwrap();
    let read = slice.read().unwrap();
    assert_eq!(read[16..], bytes[16..], "all but offset and epoch");
    let record = Records::new(&read).unwrap().next().unwrap().unwrap();
    assert_eq!((record.offset, record.value.as_deref()), (4, Some(&b"value"[..])));
}

/// Nothing protects a batch's first offset, and what was synced is not scanned at a start.
#[test]
fn damaged_offsets_never_lead_a_reader_back() {
    let mut bench = Bench::new(LogOptions::default());
    for _ in 0..4 {
        bench.append(2, 10);
    }
    let size = bench.log().size() as u32 / 4;
    bench.stop();
    bench.tamper("00000000000000000000.log", |bytes| bytes[..8].copy_from_slice(&(1i64 << 40).to_be_bytes()));
    bench.open();
    let read = bench.log().read(2, 2 * size, true, Isolation::LogEnd).unwrap();
    assert_eq!(read.next_offset, 4, "the second batch is whole");
    let error = bench.log().read(4, 2 * size, true, Isolation::LogEnd).unwrap_err();
    assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
}
