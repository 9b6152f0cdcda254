//! Entries of `.index` and `.timeindex`. Offsets are relative to the segment's first offset.
//!
//! ```text
//! .index      relative offset of a batch's last record: int32 | position of the batch: int32
//! .timeindex  highest timestamp so far: int64 | relative offset of the batch that has it: int32
//! ```

/// Bytes of an entry of an offset index.
pub(crate) const OFFSET_ENTRY_LENGTH: usize = 8;
/// Bytes of an entry of a time index.
pub(crate) const TIME_ENTRY_LENGTH: usize = 12;

/// A batch, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    /// Offset of the batch's last record, relative to the segment.
    pub relative_offset: u32,
    /// Where the batch begins.
    pub position: u32,
}

/// The highest timestamp up to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    /// The timestamp.
    pub timestamp: i64,
    /// Offset of the last record of the batch that has it, relative to the segment.
    pub relative_offset: u32,
}

/// An entry of one of the two indexes.
pub(crate) trait IndexEntry: Copy {
    /// Bytes of an entry.
    const LENGTH: usize;
    /// Appends the entry.
    fn encode(self, output: &mut Vec<u8>);
    /// The entry in exactly [`IndexEntry::LENGTH`] bytes.
    fn decode(bytes: &[u8]) -> Self;
    /// May this entry stand behind that one?
    fn follows(self, before: Self) -> bool;
}

impl IndexEntry for OffsetEntry {
    const LENGTH: usize = OFFSET_ENTRY_LENGTH;

    fn encode(self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.relative_offset.to_be_bytes());
        output.extend_from_slice(&self.position.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> OffsetEntry {
        OffsetEntry { relative_offset: u32_at(bytes, 0), position: u32_at(bytes, 4) }
    }

    fn follows(self, before: OffsetEntry) -> bool {
        self.relative_offset > before.relative_offset && self.position > before.position
    }
}

impl IndexEntry for TimeEntry {
    const LENGTH: usize = TIME_ENTRY_LENGTH;

    fn encode(self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.timestamp.to_be_bytes());
        output.extend_from_slice(&self.relative_offset.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> TimeEntry {
        let timestamp = i64::from(u32_at(bytes, 0) as i32) << 32 | i64::from(u32_at(bytes, 4));
        TimeEntry { timestamp, relative_offset: u32_at(bytes, 8) }
    }

    fn follows(self, before: TimeEntry) -> bool {
        self.timestamp > before.timestamp && self.relative_offset >= before.relative_offset
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(field)
}

/// The bytes of these entries.
pub(crate) fn encode<E: IndexEntry>(entries: &[E]) -> Vec<u8> {
    let mut output = Vec::with_capacity(entries.len() * E::LENGTH);
    for entry in entries {
        entry.encode(&mut output);
    }
    output
}

/// The entries in these bytes, as far as they rise: behind that, nothing can be trusted (zeros that were preallocated, or
/// pages that did not reach the disk).
pub(crate) fn decode<E: IndexEntry>(content: &[u8]) -> Vec<E> {
    let mut entries: Vec<E> = Vec::with_capacity(content.len() / E::LENGTH);
    for bytes in content.chunks_exact(E::LENGTH) {
        let entry = E::decode(bytes);
        if entries.last().is_some_and(|&before| !entry.follows(before)) {
            break;
        }
        entries.push(entry);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_are_kafkas() {
        let offset = OffsetEntry { relative_offset: 0x0102, position: 0x0304_0506 };
        assert_eq!(encode(&[offset]), [0, 0, 1, 2, 3, 4, 5, 6]);
        let time = TimeEntry { timestamp: 0x0102_0304_0506_0708, relative_offset: 9 };
        assert_eq!(encode(&[time]), [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9]);
    }

    #[test]
    fn preallocated_zeros_end_the_index() {
        let entries =
            [OffsetEntry { relative_offset: 5, position: 0 }, OffsetEntry { relative_offset: 9, position: 4200 }];
        let mut content = encode(&entries);
        content.extend([0; 83]);
        assert_eq!(decode::<OffsetEntry>(&content), entries);
    }

    proptest! {
        #[test]
        fn entries_survive(steps in prop::collection::vec((1u32..1000, 1u32..5000), 0..50)) {
            let (mut offset, mut position, mut offsets, mut times) = (0, 0, Vec::new(), Vec::new());
            for (a, b) in steps {
                offset += a;
                position += b;
                offsets.push(OffsetEntry { relative_offset: offset, position });
                times.push(TimeEntry { timestamp: i64::from(position) - 20, relative_offset: offset });
            }
            prop_assert_eq!(decode::<OffsetEntry>(&encode(&offsets)), offsets);
            prop_assert_eq!(decode::<TimeEntry>(&encode(&times)), times);
        }

        #[test]
        fn any_bytes_decode_to_rising_entries(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let entries = decode::<OffsetEntry>(&content);
            prop_assert!(entries.windows(2).all(|pair| pair[1].follows(pair[0])));
            let entries = decode::<TimeEntry>(&content);
            prop_assert!(entries.windows(2).all(|pair| pair[1].follows(pair[0])));
        }
    }
}
