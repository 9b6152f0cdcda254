//! `.snapshot`: the producers as of an offset.
//!
//! ```text
//! version 1: int16 | crc-32c of the rest: uint32 | count: int32 | per producer
//!   id 8 | epoch 2 | last sequence 4 | last offset 8 | offset delta 4 | timestamp 8 | coordinator epoch 4 | transaction's first offset 8
//! ```

const VERSION: i16 = 1;
/// Version and CRC.
const PREFIX_LENGTH: usize = 6;
const ENTRY_LENGTH: usize = 46;

/// What a snapshot knows of a producer: of its last batches only the very last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SnapshotEntry {
    pub producer_id: i64,
    pub epoch: i16,
    pub last_sequence: i32,
    pub last_offset: i64,
    pub offset_delta: i32,
    pub timestamp: i64,
    pub coordinator_epoch: i32,
    pub transaction_first_offset: i64,
}

pub(crate) fn encode(entries: impl ExactSizeIterator<Item = SnapshotEntry>) -> Vec<u8> {
    let mut output = Vec::with_capacity(PREFIX_LENGTH + 4 + entries.len() * ENTRY_LENGTH);
    output.extend_from_slice(&VERSION.to_be_bytes());
    output.extend_from_slice(&[0; 4]);
    output.extend_from_slice(&(entries.len() as i32).to_be_bytes());
    for entry in entries {
        output.extend_from_slice(&entry.producer_id.to_be_bytes());
        output.extend_from_slice(&entry.epoch.to_be_bytes());
        output.extend_from_slice(&entry.last_sequence.to_be_bytes());
        output.extend_from_slice(&entry.last_offset.to_be_bytes());
        output.extend_from_slice(&entry.offset_delta.to_be_bytes());
        output.extend_from_slice(&entry.timestamp.to_be_bytes());
        output.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        output.extend_from_slice(&entry.transaction_first_offset.to_be_bytes());
    }
    let crc = crc_fast::crc32_iscsi(&output[PREFIX_LENGTH..]);
    output[2..PREFIX_LENGTH].copy_from_slice(&crc.to_be_bytes());
    output
}

pub(crate) fn decode(content: &[u8]) -> Result<Vec<SnapshotEntry>, String> {
    let (Some(prefix), Some(rest)) = (content.first_chunk::<PREFIX_LENGTH>(), content.get(PREFIX_LENGTH..)) else {
        return Err("it is too short".to_owned());
    };
    let [a, b, crc @ ..] = *prefix;
    let version = i16::from_be_bytes([a, b]);
    if version != VERSION {
        return Err(format!("it has version {version}"));
    }
    if u32::from_be_bytes(crc) != crc_fast::crc32_iscsi(rest) {
        return Err("its CRC is wrong".to_owned());
    }
    let Some((count, rest)) = rest.split_first_chunk::<4>() else { return Err("it is too short".to_owned()) };
    let count = i32::from_be_bytes(*count);
    if usize::try_from(count).ok().and_then(|count| count.checked_mul(ENTRY_LENGTH)) != Some(rest.len()) {
        return Err(format!("{count} entries do not fit {} bytes", rest.len()));
    }
    Ok(rest.chunks_exact(ENTRY_LENGTH).map(decode_entry).collect())
}

fn decode_entry(bytes: &[u8]) -> SnapshotEntry {
    SnapshotEntry {
        producer_id: i64::from_be_bytes(at(bytes, 0)),
        epoch: i16::from_be_bytes(at(bytes, 8)),
        last_sequence: i32::from_be_bytes(at(bytes, 10)),
        last_offset: i64::from_be_bytes(at(bytes, 14)),
        offset_delta: i32::from_be_bytes(at(bytes, 22)),
        timestamp: i64::from_be_bytes(at(bytes, 26)),
        coordinator_epoch: i32::from_be_bytes(at(bytes, 34)),
        transaction_first_offset: i64::from_be_bytes(at(bytes, 38)),
    }
}

fn at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> Vec<SnapshotEntry> {
        (0..3)
            .map(|n| SnapshotEntry {
                producer_id: n,
                epoch: n as i16,
                last_sequence: 10,
                last_offset: 100 + n,
                offset_delta: 4,
                timestamp: 1_700_000_000_000,
                coordinator_epoch: -1,
                transaction_first_offset: n - 1,
            })
            .collect()
    }

    #[test]
    fn snapshot_survives_and_damage_is_noticed() {
        let content = encode(entries().into_iter());
        assert_eq!(content[..2], [0, 1]);
        assert_eq!(content[6..10], [0, 0, 0, 3]);
        assert_eq!(content.len(), 10 + 3 * 46);
        assert_eq!(decode(&content), Ok(entries()));
        for place in 0..content.len() {
            let mut damaged = content.clone();
            damaged[place] ^= 1;
            assert!(decode(&damaged).is_err(), "byte {place}");
            assert!(decode(&content[..place]).is_err(), "cut at {place}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(mut content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&content);
            if content.len() > PREFIX_LENGTH {
                content[..2].copy_from_slice(&[0, 1]);
                let crc = crc_fast::crc32_iscsi(&content[PREFIX_LENGTH..]);
                content[2..6].copy_from_slice(&crc.to_be_bytes());
                let _ = decode(&content);
            }
        }
    }
}
