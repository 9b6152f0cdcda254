//! Batches in memory that somebody else owns: one, or a sequence of them as they lie in a segment.

use std::ops::Deref;

use crate::error::BatchError;
use crate::header::{HEADER_LENGTH, Header, LENGTH_AT, LOG_OVERHEAD, MAGIC, MAGIC_AT};

/// One whole batch: the header's fields through `Deref`, and the bytes. Its length and magic are checked, nothing else.
#[derive(Clone, Copy)]
pub struct BatchView<'a> {
    header: Header,
    bytes: &'a [u8],
}

impl<'a> BatchView<'a> {
    /// The batch at the beginning of these bytes; more may follow.
    pub fn parse(bytes: &'a [u8]) -> Result<BatchView<'a>, BatchError> {
        let size = batch_size(bytes)?;
        if size < HEADER_LENGTH {
            return Err(BatchError::Length((size - LOG_OVERHEAD) as i32));
        }
        let (Some(header), Some(bytes)) = (bytes.first_chunk::<HEADER_LENGTH>(), bytes.get(..size)) else {
            return Err(BatchError::Incomplete { needed: size, available: bytes.len() });
        };
        Ok(BatchView { header: Header::from_bytes(*header), bytes })
    }

    /// The whole batch.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The records, compressed if the batch is.
    pub fn body(&self) -> &'a [u8] {
        &self.bytes[HEADER_LENGTH..]
    }

    /// Does the stored CRC fit the bytes?
    pub fn crc_is_valid(&self) -> bool {
        self.computed_crc() == self.crc()
    }

    /// Refuses the batch where the stored CRC does not fit the bytes.
    pub fn check_crc(&self) -> Result<(), BatchError> {
        let computed = self.computed_crc();
        let stored = self.crc();
        if computed == stored { Ok(()) } else { Err(BatchError::Crc { stored, computed }) }
    }

    fn computed_crc(&self) -> u32 {
        crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &self.bytes[crate::header::ATTRIBUTES_AT..]) as u32
    }
}

impl Deref for BatchView<'_> {
    type Target = Header;
    fn deref(&self) -> &Header {
        &self.header
    }
}

impl std::fmt::Debug for BatchView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header.fmt(f)
    }
}

/// Bytes of the batch that begins here, from its length field, after a look at the magic.
fn batch_size(bytes: &[u8]) -> Result<usize, BatchError> {
    let incomplete = BatchError::Incomplete { needed: HEADER_LENGTH, available: bytes.len() };
    let Some(length) = bytes.get(LENGTH_AT..).and_then(|rest| rest.first_chunk::<4>()) else {
        return Err(incomplete);
    };
    let length = i32::from_be_bytes(*length);
    // 14 is the smallest entry that any format ever had: below it, nothing sensible can follow.
    if length < 14 {
        return Err(BatchError::Length(length));
    }
    match bytes.get(MAGIC_AT) {
        None => Err(incomplete),
        Some(&magic) if magic as i8 == MAGIC => Ok(length as usize + LOG_OVERHEAD),
        Some(&magic @ 0..=1) => Err(BatchError::OldFormat(magic as i8)),
        Some(&magic) => Err(BatchError::Magic(magic as i8)),
    }
}

/// The batches in these bytes, one after the other. The first error is the last item: where it is
/// [`BatchError::Incomplete`], the bytes were cut at that point.
#[derive(Clone)]
pub struct Batches<'a> {
    rest: &'a [u8],
    position: usize,
}

impl<'a> Batches<'a> {
    /// The batches that lie in these bytes.
    pub fn new(bytes: &'a [u8]) -> Batches<'a> {
        Batches { rest: bytes, position: 0 }
    }

    /// Bytes of the batches given out so far: where the next one begins.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<BatchView<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match BatchView::parse(self.rest) {
            Ok(view) => {
                self.rest = &self.rest[view.bytes.len()..];
                self.position += view.bytes.len();
                Some(Ok(view))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BatchBuilder;

    fn batch(offset: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(offset);
        builder.append(1, None, Some(&[7; 100]), &[]);
        builder.build().unwrap().to_vec()
    }

    #[test]
    fn iteration_stops_where_the_bytes_are_cut() {
        let mut bytes = batch(0);
        let first = bytes.len();
        bytes.extend_from_slice(&batch(1));
        for cut in first + 1..bytes.len() {
            let mut batches = Batches::new(&bytes[..cut]);
            assert_eq!(batches.next().unwrap().unwrap().base_offset(), 0);
            assert!(matches!(batches.next(), Some(Err(BatchError::Incomplete { .. }))), "cut at {cut}");
            assert_eq!(batches.position(), first);
            assert!(batches.next().is_none());
        }
        assert_eq!(Batches::new(&bytes).filter(Result::is_ok).count(), 2);
    }

    #[test]
    fn crc_equals_an_independent_implementation() {
        let bytes = batch(3);
        let view = BatchView::parse(&bytes).unwrap();
        assert_eq!(view.crc(), crc32c::crc32c(&bytes[21..]));
        assert!(view.crc_is_valid());
        for at in 21..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(!BatchView::parse(&flipped).unwrap().crc_is_valid(), "bit at {at}");
        }
    }

    #[test]
    fn impossible_lengths_and_formats_are_named() {
        let mut bytes = batch(0);
        for length in [-1, 0, 13, i32::MIN] {
            bytes[8..12].copy_from_slice(&i32::to_be_bytes(length));
            assert_eq!(BatchView::parse(&bytes).unwrap_err(), BatchError::Length(length));
        }
        bytes[8..12].copy_from_slice(&48i32.to_be_bytes());
        assert_eq!(BatchView::parse(&bytes).unwrap_err(), BatchError::Length(48));
        let mut bytes = batch(0);
        for (magic, error) in [
            (0, BatchError::OldFormat(0)),
            (1, BatchError::OldFormat(1)),
            (3, BatchError::Magic(3)),
            (-1, BatchError::Magic(-1)),
        ] {
            bytes[16] = magic as u8;
            assert_eq!(BatchView::parse(&bytes).unwrap_err(), error);
        }
    }
}
