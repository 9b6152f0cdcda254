//! Entries of `.txnindex`, 34 bytes each: version 0, producer id, first and last offset of an aborted transaction (the last is its
//! marker), and the last stable offset after it.

/// Bytes of an entry.
pub(crate) const ENTRY_LENGTH: usize = 34;
const VERSION: i16 = 0;

/// A transaction that was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
    pub last_offset: i64,
    pub last_stable_offset: i64,
}

impl AbortedTransaction {
    pub(crate) fn encode(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(&VERSION.to_be_bytes());
        for field in [self.producer_id, self.first_offset, self.last_offset, self.last_stable_offset] {
            output.extend_from_slice(&field.to_be_bytes());
        }
    }
}

/// The entries in a segment's file. An error where an entry cannot be one; a piece of an entry at the end is one that was
/// being written, and is dropped.
pub(crate) fn decode(content: &[u8], base_offset: i64) -> Result<Vec<AbortedTransaction>, String> {
    let mut entries: Vec<AbortedTransaction> = Vec::with_capacity(content.len() / ENTRY_LENGTH);
    for bytes in content.chunks_exact(ENTRY_LENGTH) {
        let version = i16::from_be_bytes([bytes[0], bytes[1]]);
        if version != VERSION {
            return Err(format!("an entry has version {version}"));
        }
        let field = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            i64::from_be_bytes(field)
        };
        let entry = AbortedTransaction {
            producer_id: field(2),
            first_offset: field(10),
            last_offset: field(18),
            last_stable_offset: field(26),
        };
        let rises = entries.last().is_none_or(|before| entry.last_offset > before.last_offset);
        if !rises || entry.last_offset < base_offset || entry.first_offset > entry.last_offset {
            return Err(format!("the transaction {} to {} cannot be here", entry.first_offset, entry.last_offset));
        }
        entries.push(entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entry_is_kafkas() {
        let entry = AbortedTransaction { producer_id: 1, first_offset: 2, last_offset: 3, last_stable_offset: 4 };
        let mut content = Vec::new();
        entry.encode(&mut content);
        let mut expected = vec![0, 0];
        for field in 1..=4i64 {
            expected.extend(field.to_be_bytes());
        }
        assert_eq!(content, expected);
        assert_eq!(content.len(), ENTRY_LENGTH);
        assert_eq!(decode(&content, 0), Ok(vec![entry]));
        content.extend([0; 20]);
        assert_eq!(decode(&content, 0), Ok(vec![entry]), "a torn entry is dropped");
        assert!(decode(&content, 4).is_err(), "an entry before the segment");
        content[1] = 1;
        assert!(decode(&content, 0).is_err(), "another version");
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&content, 0);
        }
    }
}
