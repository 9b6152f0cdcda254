//! Record batches.

use batch::{BatchBuilder, Codec, Compression, EndTransactionMarker, TimestampType};
use bytes::Bytes;
use fuzz::put_piece;

use crate::messages::Seed;

const NOW_MS: i64 = 1_700_000_000_000;
/// No compression of the topic's own: see `rules` in the target.
const USUAL: u8 = 0x38;

/// A batch of some records.
fn records(mut builder: BatchBuilder) -> Bytes {
    builder.append(NOW_MS, Some(b"key"), Some(b"value"), &[(b"h", Some(b"v")), (b"h", None)]);
    builder.append(NOW_MS + 5, None, Some(&[b'x'; 40]), &[]);
    builder.append(NOW_MS + 3, Some(b"key"), None, &[]);
    builder.build().expect("a batch")
}

pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |name: &str, mode: u8, rules: u8, bytes: &[u8]| {
        seeds.push((name.to_owned(), [&[mode, rules][..], bytes].concat()));
    };
    for codec in Codec::ALL {
        let bytes = records(BatchBuilder::new(0).compression(Compression::new(codec)));
        add(&format!("{}-as-it-is", codec.name()), 0, USUAL, &bytes);
        add(&format!("{}-repaired", codec.name()), 1, USUAL, &bytes);
        add(&format!("{}-converted", codec.name()), 1, (codec.id() + 1) % 5 << 3, &bytes);
        add(&format!("{}-append-time", codec.name()), 1, USUAL | 2, &bytes);
    }
    let idempotent = records(BatchBuilder::new(0).producer(9, 1, 5));
    add("idempotent", 1, USUAL, &idempotent);
    add("transactional", 1, USUAL | 1, &records(BatchBuilder::new(0).producer(9, 1, 5).transactional()));
    let stamped = records(BatchBuilder::new(0).timestamp_type(TimestampType::LogAppendTime));
    add("stamped", 1, USUAL, &stamped);
    let marker = EndTransactionMarker { committed: true, coordinator_epoch: 4 };
    let marker = BatchBuilder::end_transaction(9, 1, NOW_MS, marker).build().expect("a batch");
    let log = [&idempotent[..], &records(BatchBuilder::new(3)), &marker].concat();
    add("three-batches", 1, USUAL, &log);
    for codec in Codec::ALL {
        let mut rows = vec![codec.id()];
        for (flags, key, value) in [(3u8, "key", "value"), (0x42, "", "only a value"), (0xc1, "only a key", "")] {
            rows.push(flags);
            rows.extend_from_slice(&[0x80, 5]);
            for (bit, piece) in [(1, key), (2, value)] {
                if flags & bit != 0 {
                    put_piece(&mut rows, piece.as_bytes());
                }
            }
            (0..flags >> 6).for_each(|_| put_piece(&mut rows, b"header"));
        }
        add(&format!("{}-built", codec.name()), 2, USUAL, &rows);
    }
    seeds
}
