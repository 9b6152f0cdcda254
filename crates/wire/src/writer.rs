//! `Writer`: turns values into bytes. Small things go into one buffer; large records stay where they are and become a
//! piece of their own.
//!
//! The buffer is cut into pieces only at the end, so that lengths in front of things can still be filled in: the size of
//! a tagged field, the length of the whole frame.

use bytes::{BufMut, Bytes, BytesMut};

use crate::encoded::{Encoded, Piece};
use crate::error::EncodeError;
use crate::reader::MAX_TEXT_LENGTH;
use crate::records::Records;
use crate::tags::UnknownTags;
use crate::value::{Value, Writable};

/// Records longer than this are not copied.
pub const COPY_LIMIT: usize = 4 * 1024;

/// A tagged field that the schema knows: its number, whether it is to be written, its value.
pub type KnownTag<'a> = (u32, bool, &'a dyn Writable);

/// Where a message is written to.
#[derive(Debug, Default)]
pub struct Writer {
    buffer: BytesMut,
    /// Pieces that belong into the buffer at these positions.
    inserted: Vec<(usize, Piece)>,
    inserted_length: usize,
    flexible: bool,
    /// Within a tagged field everything must stay in the buffer, because its size is put in front afterwards.
    in_tag: bool,
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// An empty writer with room for so many bytes.
    pub fn with_capacity(capacity: usize) -> Writer {
        Writer { buffer: BytesMut::with_capacity(capacity), ..Writer::default() }
    }

    /// How many bytes have been written, file slices included.
    pub fn length(&self) -> usize {
        self.buffer.len() + self.inserted_length
    }

    /// Are lengths compact, and are there tagged fields?
    pub fn is_flexible(&self) -> bool {
        self.flexible
    }

    /// Chooses between compact and fixed lengths.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// These bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buffer.put_slice(bytes);
    }

    /// An unsigned integer in as few bytes as it needs, seven bits each.
    pub fn unsigned_varint(&mut self, value: u32) {
        self.unsigned_varlong(value.into());
    }

    /// An unsigned integer in as few bytes as it needs.
    pub fn unsigned_varlong(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.buffer.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.buffer.put_u8(value as u8);
    }

    /// A signed integer, zigzag.
    pub fn varint(&mut self, value: i32) {
        self.unsigned_varint((value << 1 ^ value >> 31) as u32);
    }

    /// A signed integer, zigzag.
    pub fn varlong(&mut self, value: i64) {
        self.unsigned_varlong((value << 1 ^ value >> 63) as u64);
    }

    /// A value.
    pub fn put<T: Value>(&mut self, value: &T, version: i16) -> Result<(), EncodeError> {
        value.write(self, version)
    }

    /// A value with fixed lengths, whatever the message is.
    pub fn put_plain<T: Value>(&mut self, value: &T, version: i16) -> Result<(), EncodeError> {
        let flexible = std::mem::replace(&mut self.flexible, false);
        let written = value.write(self, version);
        self.flexible = flexible;
        written
    }

    /// A value that may be null in some versions only.
    pub fn put_nullable<T: Value>(
        &mut self,
        nullable: bool,
        value: &Option<T>,
        field: &'static str,
        version: i16,
    ) -> Result<(), EncodeError> {
        match value {
            _ if nullable => T::write_nullable(value.as_ref(), self, version),
            Some(value) => value.write(self, version),
            None => Err(EncodeError::FieldNull { field, version }),
        }
    }

    /// The length in front of a text; `None` is null.
    pub fn text_length(&mut self, length: Option<usize>) -> Result<(), EncodeError> {
        match length {
            Some(length) if length > MAX_TEXT_LENGTH => return Err(EncodeError::TooLong(length)),
            _ if self.flexible => self.compact_length(length),
            Some(length) => self.buffer.put_i16(length as i16),
            None => self.buffer.put_i16(-1),
        }
        Ok(())
    }

    /// The length in front of bytes or records, or the count in front of an array; `None` is null.
    pub fn length_prefix(&mut self, length: Option<usize>) -> Result<(), EncodeError> {
        match length {
            Some(length) if length >= i32::MAX as usize => return Err(EncodeError::TooLong(length)),
            _ if self.flexible => self.compact_length(length),
            Some(length) => self.buffer.put_i32(length as i32),
            None => self.buffer.put_i32(-1),
        }
        Ok(())
    }

    fn compact_length(&mut self, length: Option<usize>) {
        self.unsigned_varint(length.map_or(0, |length| length as u32 + 1));
    }

    /// Record batches without their length: copied if small, a piece of their own otherwise.
    pub fn records(&mut self, records: &Records) -> Result<(), EncodeError> {
        match records {
            Records::Bytes(bytes) if self.in_tag || bytes.len() <= COPY_LIMIT => self.raw(bytes),
            Records::Bytes(bytes) => self.insert(Piece::Bytes(bytes.clone()), bytes.len()),
            Records::Deferred { .. } if self.in_tag => return Err(EncodeError::Deferred),
            Records::Deferred { index, length } => self.insert(Piece::Deferred(*index), *length as usize),
        }
        Ok(())
    }

    fn insert(&mut self, piece: Piece, length: usize) {
        self.inserted.push((self.buffer.len(), piece));
        self.inserted_length += length;
    }

    /// The tagged fields of a struct in the order of their numbers: `known` must be in that order, the unknown ones are put in
    /// between.
    pub fn tagged_fields(
        &mut self,
        version: i16,
        known: &[KnownTag<'_>],
        unknown: &UnknownTags,
    ) -> Result<(), EncodeError> {
        let mut unknown = unknown.as_slice();
        if !self.flexible {
            return if unknown.is_empty() { Ok(()) } else { Err(EncodeError::TagsAbsent(version)) };
        }
        let present = known.iter().filter(|(_, present, _)| *present);
        self.unsigned_varint((present.clone().count() + unknown.len()) as u32);
        let mut last = None;
        for &(tag, _, value) in present {
            while let Some(((number, bytes), rest)) = unknown.split_first().filter(|((number, _), _)| *number < tag) {
                self.unknown_tag(*number, bytes, &mut last)?;
                unknown = rest;
            }
            self.tag_number(tag, &mut last)?;
            self.sized(|writer| value.write(writer, version))?;
        }
        for (number, bytes) in unknown {
            self.unknown_tag(*number, bytes, &mut last)?;
        }
        Ok(())
    }

    fn tag_number(&mut self, tag: u32, last: &mut Option<u32>) -> Result<(), EncodeError> {
        if last.is_some_and(|last| last >= tag) {
            return Err(EncodeError::TagOrder(tag));
        }
        *last = Some(tag);
        self.unsigned_varint(tag);
        Ok(())
    }

    fn unknown_tag(&mut self, tag: u32, bytes: &[u8], last: &mut Option<u32>) -> Result<(), EncodeError> {
        self.tag_number(tag, last)?;
        self.unsigned_varint(u32::try_from(bytes.len()).map_err(|_| EncodeError::TooLong(bytes.len()))?);
        self.raw(bytes);
        Ok(())
    }

    /// Writes something and then its size in front of it.
    fn sized(&mut self, write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        let outer = std::mem::replace(&mut self.in_tag, true);
        let start = self.buffer.len();
        write(self)?;
        self.in_tag = outer;
        let end = self.buffer.len();
        self.unsigned_varint(u32::try_from(end - start).map_err(|_| EncodeError::TooLong(end - start))?);
        self.buffer[start..].rotate_left(end - start);
        Ok(())
    }

    /// Leaves four bytes for a length; [`Writer::fill_length`] sets them to what has been written since.
    pub fn reserve_length(&mut self) {
        self.buffer.put_i32(0);
    }

    /// Sets the four bytes at the beginning to the length of everything behind them.
    pub fn fill_length(&mut self) -> Result<(), EncodeError> {
        let length = self.length().saturating_sub(4);
        let size = i32::try_from(length).map_err(|_| EncodeError::TooLong(length))?;
        if let Some(place) = self.buffer.first_chunk_mut() {
            *place = size.to_be_bytes();
        }
        Ok(())
    }

    /// What has been written, in pieces.
    pub fn into_encoded(self) -> Encoded {
        let length = self.length();
        let mut buffer = self.buffer.freeze();
        let mut pieces = Vec::with_capacity(2 * self.inserted.len() + 1);
        let mut cut = 0;
        for (position, piece) in self.inserted {
            push_bytes(&mut pieces, buffer.split_to(position - cut));
            cut = position;
            pieces.push(piece);
        }
        push_bytes(&mut pieces, buffer);
        Encoded { pieces, length }
    }

    /// What has been written, in one buffer; an error where records follow from a file.
    pub fn into_bytes(self) -> Result<Bytes, EncodeError> {
        self.into_encoded().into_bytes()
    }
}

fn push_bytes(pieces: &mut Vec<Piece>, bytes: Bytes) {
    if !bytes.is_empty() {
        pieces.push(Piece::Bytes(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_records_are_a_piece_of_their_own_and_not_copied() {
        let large = Bytes::from(vec![7; COPY_LIMIT + 1]);
        let mut writer = Writer::new();
        writer.put(&1i32, 0).expect("written");
        writer.put(&Records::Bytes(large.clone()), 0).expect("written");
        writer.put(&2i16, 0).expect("written");
        let encoded = writer.into_encoded();
        assert_eq!(encoded.length(), 4 + 4 + large.len() + 2);
        let [Piece::Bytes(front), Piece::Bytes(middle), Piece::Bytes(back)] = encoded.pieces.as_slice() else {
            panic!("three pieces are expected, not {}", encoded.pieces.len());
        };
        assert_eq!(front.as_ref(), [0, 0, 0, 1, 0, 0, 0x10, 0x01]);
        assert_eq!(middle.as_ptr(), large.as_ptr());
        assert_eq!(back.as_ref(), [0, 2]);
    }

    #[test]
    fn small_records_join_what_is_around_them() {
        let mut writer = Writer::new();
        writer.put(&Records::Bytes(Bytes::from_static(b"abc")), 0).expect("written");
        assert_eq!(writer.into_encoded().pieces, [Piece::Bytes(Bytes::from_static(b"\0\0\0\x03abc"))]);
    }

    #[test]
    fn deferred_records_count_but_cannot_be_bytes() {
        let mut writer = Writer::new();
        writer.reserve_length();
        writer.put(&Records::Deferred { index: 3, length: 1000 }, 0).expect("written");
        writer.fill_length().expect("fits");
        let encoded = writer.into_encoded();
        assert_eq!(encoded.length(), 8 + 1000);
        assert_eq!(encoded.pieces[0], Piece::Bytes(Bytes::from_static(&[0, 0, 3, 0xec, 0, 0, 3, 0xe8])));
        assert_eq!(encoded.pieces[1], Piece::Deferred(3));
        assert_eq!(encoded.into_bytes(), Err(EncodeError::Deferred));
    }

    #[test]
    fn known_and_unknown_tags_are_written_in_order() {
        let mut unknown = UnknownTags::default();
        for tag in [0, 2, 200] {
            unknown.push(tag, Bytes::from_static(b"x"));
        }
        let mut writer = Writer::new();
        writer.set_flexible(true);
        writer.tagged_fields(0, &[(1, true, &5i8), (3, false, &6i8), (4, true, &7i16)], &unknown).expect("written");
        let bytes = writer.into_bytes().expect("one buffer");
        assert_eq!(bytes.as_ref(), [5, 0, 1, b'x', 1, 1, 5, 2, 1, b'x', 4, 2, 0, 7, 0xc8, 1, 1, b'x']);
    }

    #[test]
    fn a_tag_that_occurs_twice_is_refused() {
        let mut unknown = UnknownTags::default();
        unknown.push(1, Bytes::new());
        let mut writer = Writer::new();
        writer.set_flexible(true);
        assert_eq!(writer.tagged_fields(0, &[(1, true, &5i8)], &unknown), Err(EncodeError::TagOrder(1)));
        let mut plain = Writer::new();
        assert_eq!(plain.tagged_fields(4, &[], &unknown), Err(EncodeError::TagsAbsent(4)));
    }

    #[test]
    fn texts_beyond_the_limit_are_refused() {
        let text = types::Str::from("x".repeat(MAX_TEXT_LENGTH + 1));
        assert_eq!(Writer::new().put(&text, 0), Err(EncodeError::TooLong(MAX_TEXT_LENGTH + 1)));
    }

    #[test]
    fn varints_are_as_short_as_can_be() {
        let mut writer = Writer::new();
        writer.unsigned_varint(300);
        writer.varint(-1);
        writer.varlong(i64::MIN);
        let bytes = writer.into_bytes().expect("one buffer");
        assert_eq!(bytes.as_ref(), [0xac, 0x02, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }
}
