//! Record batches: what producers send and what disks hold.
//!
//! What passes the checks of a topic is whole, and passes them again.
#![no_main]

use std::ops::ControlFlow;

use batch::{
    BatchBuilder, BatchView, Batches, Codec, Compression, DecompressionLimit, EndTransactionMarker, ProduceRules,
    Records, TimestampType, control_record_type, first_record, set_base_offset, set_leader_epoch,
    stamp_log_append_time, validate_produce, walk_records,
};
use bytes::Bytes;
use fuzz::{Input, directory::repair_batches};
use libfuzzer_sys::fuzz_target;

const NOW_MS: i64 = 1_700_000_000_000;
/// Small enough for many runs a second.
const LIMIT: DecompressionLimit = DecompressionLimit::bytes(1 << 20);

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (mode, choice) = (input.byte(), input.byte());
    let rules = rules(choice);
    match mode % 3 {
        0 => received(input.0.to_vec(), &rules),
        1 => {
            let mut bytes = input.0.to_vec();
            repair_batches(&mut bytes);
            received(bytes, &rules);
        }
        _ => built(input, &rules),
    }
});

/// A byte chooses what the topic wants.
fn rules(choice: u8) -> ProduceRules {
    let compression = match choice >> 3 & 7 {
        index @ 0..=4 => Some(Compression::new(Codec::ALL[usize::from(index)])),
        _ => None,
    };
    ProduceRules {
        max_message_bytes: if choice & 0x80 == 0 { 1024 * 1024 } else { 200 },
        compacted: choice & 1 != 0,
        timestamp_type: if choice & 2 == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime },
        timestamp_before_max_ms: if choice & 0x40 == 0 { i64::MAX } else { 1000 },
        timestamp_after_max_ms: if choice & 0x40 == 0 { i64::MAX } else { 3_600_000 },
        compression,
        allow_zstd: choice & 4 == 0,
    }
}

/// Bytes from outside.
fn received(bytes: Vec<u8>, rules: &ProduceRules) {
    let bytes = Bytes::from(bytes);
    validate(&bytes, rules);
    let mut batches = Batches::new(&bytes);
    let mut position = 0;
    while let Some(Ok(view)) = batches.next() {
        let batch = bytes.slice(position..position + view.bytes().len());
        position = batches.position();
        look_at(&view, &batch);
    }
    if BatchView::parse(&bytes).is_ok() {
        let mut changed = bytes.to_vec();
        set_base_offset(&mut changed, i64::MAX);
        set_leader_epoch(&mut changed, i32::MAX);
        stamp_log_append_time(&mut changed, NOW_MS);
        let view = BatchView::parse(&changed).expect("the format is the same");
        assert_eq!((view.base_offset(), view.leader_epoch(), view.max_timestamp()), (i64::MAX, i32::MAX, NOW_MS));
    }
}

fn look_at(view: &BatchView<'_>, batch: &Bytes) {
    let mut walked = 0;
    let result = walk_records(view, LIMIT, |_, record, _| {
        let _ = record.timestamp(view.header());
        walked += 1 + record.headers().count();
        ControlFlow::Continue(())
    });
    if let Ok(records) = Records::with_limit(batch, LIMIT) {
        let read: Result<Vec<_>, _> = records.collect();
        // Walking refuses what lies behind the records, too.
        if result.is_ok() {
            let read = read.expect("what can be walked can be read");
            assert_eq!(read.iter().map(|record| 1 + record.headers.len()).sum::<usize>(), walked);
        }
    }
    if let Ok(record) = first_record(view.header(), view.body()) {
        let _ = control_record_type(record.key);
        let _ = EndTransactionMarker::parse(record.key, record.value);
    }
    let _ = (view.next_offset(), view.last_sequence(), view.delete_horizon_ms(), view.check_crc());
}

/// A batch of our own: any records, in any codec.
fn built(mut input: Input<'_>, rules: &ProduceRules) {
    let codec = Codec::ALL[usize::from(input.byte()) % Codec::ALL.len()];
    let mut builder = BatchBuilder::new(0).compression(Compression::new(codec));
    let mut rows = Vec::new();
    while !input.is_empty() && rows.len() < 1000 {
        let flags = input.byte();
        let timestamp = NOW_MS + i64::from(input.short()) - 0x8000;
        let key = (flags & 1 != 0).then(|| input.piece());
        let value = (flags & 2 != 0).then(|| input.piece());
        let headers: Vec<_> = (0..flags >> 6).map(|index| (input.piece(), (index != 1).then_some(&b"v"[..]))).collect();
        builder.append(timestamp, key, value, &headers);
        rows.push((timestamp, key, value));
    }
    if rows.is_empty() {
        return;
    }
    let Ok(bytes) = builder.build() else { return };
    let records: Vec<_> = Records::new(&bytes).expect("a batch").collect::<Result<_, _>>().expect("whole records");
    assert_eq!(records.len(), rows.len());
    for (record, row) in records.iter().zip(&rows) {
        assert_eq!((record.timestamp, record.key.as_deref(), record.value.as_deref()), *row);
    }
    validate(&bytes, rules);
}

fn validate(bytes: &Bytes, rules: &ProduceRules) {
    let Ok(valid) = validate_produce(bytes, rules, NOW_MS) else { return };
    let whole = valid.to_bytes();
    let view = BatchView::parse(&whole).expect("a batch");
    assert!(view.crc_is_valid());
    let mut count = 0;
    walk_records(&view, DecompressionLimit::for_packed(whole.len()), |index, record, _| {
        assert_eq!(record.offset_delta, index);
        count += 1;
        ControlFlow::Continue(())
    })
    .expect("whole records");
    assert_eq!(count, view.count());
    if !valid.is_rewritten() {
        assert_eq!(whole, bytes.slice(..whole.len()));
    }
    // Only a leader may say that the log's time counts.
    if rules.timestamp_type == TimestampType::CreateTime {
        // What a topic compresses with need not be what the client may send.
        let rules = ProduceRules { allow_zstd: true, ..rules.clone() };
        let again = validate_produce(&whole, &rules, NOW_MS).expect("what is valid stays valid");
        assert_eq!(again.to_bytes(), whole);
    }
}
