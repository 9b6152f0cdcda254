//! One row per refusal, with Kafka's code for it; then what is changed and what is kept.

use proptest::prelude::*;
use types::ErrorCode;

use super::*;
use crate::{BatchBuilder, Records};

const NOW: i64 = 1_700_000_000_000;

fn three() -> BatchBuilder {
    let mut builder = BatchBuilder::new(0);
    for index in 0..3i64 {
        builder.append(NOW + index, Some(b"key"), Some(b"value"), &[(b"header", Some(b"x"))]);
    }
    builder
}

/// A good batch, then changed at a place that the CRC covers, then sealed again.
fn changed(builder: BatchBuilder, at: usize, bytes: &[u8]) -> Bytes {
    let mut batch = builder.build().unwrap().to_vec();
    batch[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut batch);
    batch.into()
}

fn seal(batch: &mut [u8]) {
    let crc = crc32c::crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

fn refused(name: &str, records: Bytes, rules: &ProduceRules, code: ErrorCode) {
    let error = validate_produce(&records, rules, NOW).expect_err(name);
    assert_eq!(error.code(), code, "{name}: {error}");
}

#[test]
fn every_refusal_has_kafkas_code() {
    use ErrorCode::{CorruptMessage, InvalidRecord, InvalidTimestamp, MessageTooLarge, UnsupportedCompressionType};
    let any = ProduceRules::default();
    let good = || three().build().unwrap();
    let raw = |at: usize, bytes: &[u8]| {
        let mut batch = good().to_vec();
        batch[at..at + bytes.len()].copy_from_slice(bytes);
        Bytes::from(batch)
    };

    refused("no batch", Bytes::new(), &any, InvalidRecord);
    refused("two batches", [good(), good()].concat().into(), &any, InvalidRecord);
    refused("cut off", good().slice(..good().len() - 1), &any, InvalidRecord);
    refused("negative length", raw(8, &[0xff; 4]), &any, CorruptMessage);
    refused("length below a header", raw(8, &48i32.to_be_bytes()), &any, CorruptMessage);
    refused("length beyond the bytes", raw(8, &i32::MAX.to_be_bytes()), &any, InvalidRecord);
    refused("garbage after the batch", [&good()[..], &[0xff; 20]].concat().into(), &any, CorruptMessage);
    refused("magic 0", raw(16, &[0]), &any, InvalidRecord);
    refused("magic 1", raw(16, &[1]), &any, InvalidRecord);
    refused("magic 3", raw(16, &[3]), &any, CorruptMessage);
    refused("magic -1", raw(16, &[0xff]), &any, CorruptMessage);
    refused("crc", raw(17, &[1, 2, 3, 4]), &any, CorruptMessage);
    refused("base offset", raw(0, &1i64.to_be_bytes()), &any, InvalidRecord);
    refused("codec 5", changed(three(), 22, &[5]), &any, UnsupportedCompressionType);
    refused("codec 7", changed(three(), 22, &[7]), &any, UnsupportedCompressionType);
    refused("control bit", changed(three(), 22, &[0x20]), &any, InvalidRecord);
    refused("transaction of nobody", changed(three(), 22, &[0x10]), &any, InvalidRecord);
    refused("count 0", changed(three(), 57, &0i32.to_be_bytes()), &any, InvalidRecord);
    refused("count negative", changed(three(), 57, &(-3i32).to_be_bytes()), &any, InvalidRecord);
    refused("count and delta differ", changed(three(), 57, &4i32.to_be_bytes()), &any, InvalidRecord);
    refused("delta negative", changed(three(), 23, &(-1i32).to_be_bytes()), &any, InvalidRecord);
    refused("sequence -1", three().producer(1, 0, -1).build().unwrap(), &any, InvalidRecord);
    refused("epoch -1", three().producer(1, -1, 0).build().unwrap(), &any, InvalidRecord);
    for (name, count) in [("fewer records", 4i32), ("more records", 2), ("very many records", i32::MAX)] {
        let mut batch = good().to_vec();
        batch[57..61].copy_from_slice(&count.to_be_bytes());
        batch[23..27].copy_from_slice(&(count - 1).to_be_bytes());
        seal(&mut batch);
        refused(name, batch.into(), &any, InvalidRecord);
    }
    refused("record length", changed(three(), 61, &[0x7f]), &any, InvalidRecord);
    refused("packed garbage", changed(three(), 22, &[1]), &any, InvalidRecord);

    let rules = ProduceRules { max_message_bytes: 100, ..any.clone() };
    refused("size", good(), &rules, MessageTooLarge);
    let rules = ProduceRules { allow_zstd: false, ..any.clone() };
    refused(
        "zstd",
        three().compression(Compression::new(Codec::Zstd)).build().unwrap(),
        &rules,
        UnsupportedCompressionType,
    );
    let mut late = BatchBuilder::new(0);
    late.append(NOW + 3_600_001, None, None, &[]);
    refused("future", late.build().unwrap(), &any, InvalidTimestamp);
    let rules = ProduceRules { timestamp_before_max_ms: 1000, ..any.clone() };
    let mut early = BatchBuilder::new(0);
    early.append(NOW - 1001, None, None, &[]);
    refused("past", early.build().unwrap(), &rules, InvalidTimestamp);
    let rules = ProduceRules { timestamp_type: TimestampType::LogAppendTime, ..any.clone() };
    refused("LogAppendTime from a client", changed(three(), 22, &[8]), &rules, InvalidTimestamp);
}

#[test]
fn keyless_records_of_a_compacted_topic_are_named() {
    let mut builder = BatchBuilder::new(0);
    builder.append(NOW, Some(b"k"), None, &[]).append(NOW, None, None, &[]).append(NOW, None, Some(b"v"), &[]);
    let rules = ProduceRules { compacted: true, ..ProduceRules::default() };
    for codec in Codec::ALL {
        let records = builder.clone().compression(Compression::new(codec)).build().unwrap();
        let error = validate_produce(&records, &rules, NOW).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRecord);
        assert_eq!(error.record_errors().iter().map(|error| error.batch_index).collect::<Vec<_>>(), [1, 2]);
    }
}

#[test]
fn unchanged_batch_shares_the_requests_buffer() {
    for codec in Codec::ALL {
        let records = three().producer(9, 1, 5).compression(Compression::new(codec)).build().unwrap();
        let batch = validate_produce(&records, &ProduceRules::default(), NOW).unwrap();
        assert!(!batch.is_rewritten());
        assert_eq!(batch.body().as_ptr(), records[HEADER_LENGTH..].as_ptr());
        assert_eq!(batch.to_bytes(), records);
        assert_eq!((batch.header().count(), batch.header().max_timestamp()), (3, NOW + 2));
        assert_eq!((batch.header().base_sequence(), batch.header().last_sequence()), (5, 7));
    }
}

#[test]
fn append_time_is_stamped_without_touching_records() {
    let rules = ProduceRules { timestamp_type: TimestampType::LogAppendTime, ..ProduceRules::default() };
    for codec in Codec::ALL {
        let mut builder = three();
        builder.append(i64::MAX / 2, None, None, &[]);
        let records = builder.compression(Compression::new(codec)).build().unwrap();
        let batch = validate_produce(&records, &rules, NOW + 50).unwrap();
        assert!(batch.is_rewritten());
        assert_eq!(batch.body().as_ptr(), records[HEADER_LENGTH..].as_ptr());
        let bytes = batch.to_bytes();
        assert!(BatchView::parse(&bytes).unwrap().crc_is_valid());
        assert!(Records::new(&bytes).unwrap().all(|record| record.unwrap().timestamp == NOW + 50));
    }
}

#[test]
fn lying_highest_timestamp_is_corrected() {
    let records = changed(three(), 35, &i64::MAX.to_be_bytes());
    let batch = validate_produce(&records, &ProduceRules::default(), NOW).unwrap();
    assert_eq!(batch.header().max_timestamp(), NOW + 2);
    assert!(BatchView::parse(&batch.to_bytes()).unwrap().crc_is_valid());
}

/// The type of a batch's timestamps becomes the topic's, so its records count with the times that the producer gave them.
#[test]
fn claimed_log_append_time_does_not_hide_the_times_of_records() {
    let mut claims = changed(three(), 35, &7i64.to_be_bytes()).to_vec();
    claims[22] = 8;
    seal(&mut claims);
    let claims = Bytes::from(claims);
    for compression in [None, Some(Compression::new(Codec::Zstd))] {
        let rules = ProduceRules { compression, ..ProduceRules::default() };
        let batch = validate_produce(&claims, &rules, NOW).unwrap();
        assert_eq!(batch.header().timestamp_type(), TimestampType::CreateTime);
        assert_eq!(batch.header().max_timestamp(), NOW + 2);
        let times: Vec<_> = Records::new(&batch.to_bytes()).unwrap().map(|record| record.unwrap().timestamp).collect();
        assert_eq!(times, [NOW, NOW + 1, NOW + 2]);
    }
    let young = ProduceRules { timestamp_after_max_ms: 0, ..ProduceRules::default() };
    refused("records from the future", claims, &young, ErrorCode::InvalidTimestamp);
}

#[test]
fn wrong_offsets_inside_are_numbered_again() {
    let mut batch = three().build().unwrap().to_vec();
    batch[61 + 3] = 8; // the first record's offset delta: 4
    seal(&mut batch);
    let batch = validate_produce(&batch.into(), &ProduceRules::default(), NOW).unwrap();
    let deltas: Vec<_> = Records::new(&batch.to_bytes()).unwrap().map(|record| record.unwrap().offset_delta).collect();
    assert_eq!(deltas, [0, 1, 2]);
}

#[test]
fn batch_that_outgrows_the_limit_by_conversion_is_refused() {
    let mut builder = BatchBuilder::new(0).compression(Compression::new(Codec::Zstd));
    builder.append(NOW, None, Some(&[1; 5000]), &[]);
    let rules =
        ProduceRules { max_message_bytes: 1000, compression: Some(Compression::NONE), ..ProduceRules::default() };
    refused("outgrown", builder.build().unwrap(), &rules, ErrorCode::MessageTooLarge);
}

#[test]
fn bomb_of_records_is_refused_within_the_limit() {
    // A hundred million records of seven bytes each would be 700 MB: far above what 64 KiB of packed bytes may become.
    let zeros = vec![0u8; 300 << 20];
    let packed = crate::codec::pack(Compression::new(Codec::Zstd), &zeros).unwrap();
    let mut batch = three().build().unwrap()[..HEADER_LENGTH].to_vec();
    batch.extend_from_slice(&packed);
    let length = (batch.len() - 12) as i32;
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    batch[22] = 4;
    let count = 100_000_000i32;
    batch[57..61].copy_from_slice(&count.to_be_bytes());
    batch[23..27].copy_from_slice(&(count - 1).to_be_bytes());
    seal(&mut batch);
    assert!(validate_produce(&batch.into(), &ProduceRules::default(), NOW).is_err());
}

proptest! {
    #[test]
    fn conversion_keeps_records_and_producer(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..30)) {
        for from in Codec::ALL {
            for to in Codec::ALL {
                let mut builder = BatchBuilder::new(0).producer(3, 2, 40).transactional().compression(Compression::new(from));
                for value in &values {
                    builder.append(NOW, None, Some(value), &[(b"h", Some(value))]);
                }
                let records = builder.build().unwrap();
                let rules = ProduceRules { compression: Some(Compression::new(to)), ..ProduceRules::default() };
                let batch = validate_produce(&records, &rules, NOW).unwrap();
                prop_assert_eq!(batch.is_rewritten(), from != to);
                let bytes = batch.to_bytes();
                let view = BatchView::parse(&bytes).unwrap();
                prop_assert!(view.crc_is_valid() && view.is_transactional());
                prop_assert_eq!(view.codec(), Ok(to));
                prop_assert_eq!((view.producer_id(), view.producer_epoch(), view.base_sequence()), (3, 2, 40));
                let read: Vec<_> = Records::new(&bytes).unwrap().map(|record| record.unwrap().value.unwrap().to_vec()).collect();
                prop_assert_eq!(&read, &values);
            }
        }
    }

    #[test]
    fn mutated_batches_never_panic(at in 0usize..200, byte: u8, codec in 0u8..5, reseal: bool) {
        let codec = Codec::from_id(codec).unwrap();
        let mut batch = three().compression(Compression::new(codec)).build().unwrap().to_vec();
        if let Some(place) = batch.get_mut(at) {
            *place = byte;
        }
        if reseal {
            seal(&mut batch);
        }
        if let Ok(valid) = validate_produce(&batch.into(), &ProduceRules::default(), NOW) {
            let bytes = valid.to_bytes();
            prop_assert!(BatchView::parse(&bytes).unwrap().crc_is_valid());
            let records: Result<Vec<_>, _> = Records::new(&bytes).unwrap().collect();
            prop_assert_eq!(records.unwrap().len(), bytes[60] as usize);
        }
    }
}
