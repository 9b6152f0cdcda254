//! `Reader`: walks over received bytes. Texts, bytes and records it returns share the buffer; nothing is copied.
//!
//! Whether lengths are compact is a state of the reader, set for each message by `Message::decode`.

use bytes::Bytes;
use types::Str;

use crate::error::DecodeError;
use crate::tags::UnknownTags;
use crate::value::Value;

/// The longest text that Kafka reads or writes.
pub const MAX_TEXT_LENGTH: usize = i16::MAX as usize;

/// At most so many bytes are set aside for an array before its elements have been seen; beyond that it grows as they come.
const INITIAL_ARRAY_BYTES: usize = 16 * 1024;

/// A position in received bytes.
#[derive(Debug)]
pub struct Reader {
    bytes: Bytes,
    position: usize,
    end: usize,
    flexible: bool,
}

impl Reader {
    /// A reader at the beginning of these bytes.
    pub fn new(bytes: Bytes) -> Reader {
        let end = bytes.len();
        Reader { bytes, position: 0, end, flexible: false }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.end - self.position
    }

    /// Everything that is left, without moving on.
    pub fn rest(&self) -> Bytes {
        self.bytes.slice(self.position..self.end)
    }

    /// An error where bytes are left.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(DecodeError::TrailingBytes(left)),
        }
    }

    /// Are lengths compact, and are there tagged fields?
    pub fn is_flexible(&self) -> bool {
        self.flexible
    }

    /// Chooses between compact and fixed lengths.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// The next bytes, sharing the buffer.
    pub fn take(&mut self, length: usize) -> Result<Bytes, DecodeError> {
        if length > self.remaining() {
            return Err(DecodeError::Truncated);
        }
        let start = self.position;
        self.position += length;
        Ok(self.bytes.slice(start..self.position))
    }

    /// The next `N` bytes by value.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        if N > self.remaining() {
            return Err(DecodeError::Truncated);
        }
        let bytes = self.bytes[self.position..].first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.position += N;
        Ok(*bytes)
    }

    /// An unsigned integer of one to five bytes, seven bits each; longer than needed is fine.
    pub fn unsigned_varint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.fixed()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong)
    }

    /// An unsigned integer of one to ten bytes.
    pub fn unsigned_varlong(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let [byte] = self.fixed()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong)
    }

    /// A signed integer of one to five bytes, zigzag.
    pub fn varint(&mut self) -> Result<i32, DecodeError> {
        let value = self.unsigned_varint()?;
        Ok((value >> 1) as i32 ^ -((value & 1) as i32))
    }

    /// A signed integer of one to ten bytes, zigzag.
    pub fn varlong(&mut self) -> Result<i64, DecodeError> {
        let value = self.unsigned_varlong()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The next value of this type.
    pub fn get<T: Value>(&mut self, version: i16) -> Result<T, DecodeError> {
        T::read(self, version)
    }

    /// The next value of this type with fixed lengths, whatever the message is.
    pub fn get_plain<T: Value>(&mut self, version: i16) -> Result<T, DecodeError> {
        let flexible = std::mem::replace(&mut self.flexible, false);
        let value = T::read(self, version);
        self.flexible = flexible;
        value
    }

    /// The next value of a type that is null in some versions only.
    pub fn get_nullable<T: Value>(&mut self, nullable: bool, version: i16) -> Result<Option<T>, DecodeError> {
        if nullable { T::read_nullable(self, version) } else { T::read(self, version).map(Some) }
    }

    /// A tagged struct that may be null; see [`TaggedStruct`](crate::TaggedStruct).
    pub fn get_tagged_struct<T: Value>(&mut self, version: i16) -> Result<Option<T>, DecodeError> {
        if self.unsigned_varint()? == 0 { Ok(None) } else { T::read(self, version).map(Some) }
    }

    /// The length in front of a text; `None` is null.
    pub fn text_length(&mut self) -> Result<Option<usize>, DecodeError> {
        let length = if self.flexible {
            self.compact_length()?
        } else {
            fixed_length(i16::from_be_bytes(self.fixed()?).into())?
        };
        match length {
            Some(length) if length > MAX_TEXT_LENGTH => Err(DecodeError::TextTooLong(length)),
            length => Ok(length),
        }
    }

    /// The length in front of bytes or records, or the count in front of an array; `None` is null.
    pub fn length(&mut self) -> Result<Option<usize>, DecodeError> {
        if self.flexible { self.compact_length() } else { fixed_length(i32::from_be_bytes(self.fixed()?)) }
    }

    fn compact_length(&mut self) -> Result<Option<usize>, DecodeError> {
        Ok((self.unsigned_varint()? as usize).checked_sub(1))
    }

    /// A text of this length.
    pub fn text(&mut self, length: usize) -> Result<Str, DecodeError> {
        Str::from_utf8(self.take(length)?).map_err(|_| DecodeError::NotUtf8)
    }

    /// So many elements; an error where the rest of the input cannot hold them.
    pub fn elements<T: Value>(&mut self, count: usize, version: i16) -> Result<Vec<T>, DecodeError> {
        let minimum = T::minimum_size(version, self.flexible).max(1);
        if count > self.remaining() / minimum {
            return Err(DecodeError::CountBeyondInput(count));
        }
        let mut elements = Vec::with_capacity(initial_capacity(count, size_of::<T>()));
        for _ in 0..count {
            elements.push(T::read(self, version)?);
        }
        Ok(elements)
    }

    /// The tagged fields of a struct that knows none; nothing at all where the version has no tagged fields.
    pub fn unknown_tags(&mut self) -> Result<UnknownTags, DecodeError> {
        self.tagged_fields(&mut |_, _| Ok(false))
    }

    /// The tagged fields of a struct: `known` reads the value of a tag that it knows and says so; the others are kept.
    pub fn tagged_fields(
        &mut self,
        known: &mut dyn FnMut(u32, &mut Reader) -> Result<bool, DecodeError>,
    ) -> Result<UnknownTags, DecodeError> {
        let mut unknown = UnknownTags::default();
        if !self.flexible {
            return Ok(unknown);
        }
        let mut lowest_allowed = 0;
        for _ in 0..self.unsigned_varint()? {
            let tag = self.unsigned_varint()?;
            if u64::from(tag) < lowest_allowed {
                return Err(DecodeError::TagOrder(tag));
            }
            lowest_allowed = u64::from(tag) + 1;
            let size = self.unsigned_varint()? as usize;
            if size > self.remaining() {
                return Err(DecodeError::Truncated);
            }
            let (outer, value_end) = (self.end, self.position + size);
            self.end = value_end;
            if !known(tag, self)? {
                unknown.push(tag, self.take(size)?);
            }
            if self.position != value_end {
                return Err(DecodeError::TagSize(tag));
            }
            self.end = outer;
        }
        Ok(unknown)
    }
}

fn fixed_length(length: i32) -> Result<Option<usize>, DecodeError> {
    match length {
        -1 => Ok(None),
        length => usize::try_from(length).map(Some).map_err(|_| DecodeError::NegativeLength(length)),
    }
}

/// How many elements to make room for at once: an element can be far larger in memory than the few bytes it takes here.
fn initial_capacity(count: usize, element_size: usize) -> usize {
    count.min(INITIAL_ARRAY_BYTES / element_size.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &'static [u8]) -> Reader {
        Reader::new(Bytes::from_static(bytes))
    }

    #[test]
    fn varints_may_be_longer_than_needed_but_not_endless() {
        assert_eq!(reader(&[0x01]).unsigned_varint(), Ok(1));
        assert_eq!(reader(&[0x81, 0x80, 0x80, 0x80, 0x00]).unsigned_varint(), Ok(1));
        assert_eq!(reader(&[0xff, 0xff, 0xff, 0xff, 0x0f]).unsigned_varint(), Ok(u32::MAX));
        assert_eq!(reader(&[0x81, 0x80, 0x80, 0x80, 0x80, 0x00]).unsigned_varint(), Err(DecodeError::VarintTooLong));
        assert_eq!(reader(&[0x80, 0x80]).unsigned_varint(), Err(DecodeError::Truncated));
        assert_eq!(
            reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).unsigned_varlong(),
            Ok(u64::MAX)
        );
        assert_eq!(reader(&[0x80; 11]).unsigned_varlong(), Err(DecodeError::VarintTooLong));
    }

    #[test]
    fn signed_varints_are_zigzag() {
        for (bytes, value) in
            [(&[0x00][..], 0), (&[0x01], -1), (&[0x02], 1), (&[0xff, 0xff, 0xff, 0xff, 0x0f], i32::MIN)]
        {
            assert_eq!(Reader::new(Bytes::copy_from_slice(bytes)).varint(), Ok(value));
        }
        assert_eq!(reader(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).varlong(), Ok(i64::MAX));
    }

    #[test]
    fn texts_share_the_buffer() {
        let frame = Bytes::from_static(b"\x00\x06orders");
        let text: Str = Reader::new(frame.clone()).get(0).expect("a text");
        assert_eq!(text, "orders");
        assert_eq!(text.as_ptr(), frame[2..].as_ptr());
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        assert_eq!(reader(&[0xff, 0xfe]).get::<Str>(0), Err(DecodeError::NegativeLength(-2)));
        assert_eq!(reader(&[0xff, 0xff]).get::<Str>(0), Err(DecodeError::UnexpectedNull));
        assert_eq!(reader(&[0xff, 0xff]).get::<Option<Str>>(0), Ok(None));
        assert_eq!(reader(&[0x80, 0, 0, 0]).get::<Bytes>(0), Err(DecodeError::NegativeLength(i32::MIN)));
        assert_eq!(reader(&[0x7f, 0xff, 0xff, 0xff, 0]).get::<Bytes>(0), Err(DecodeError::Truncated));
        assert_eq!(reader(&[0, 1, 0xff]).get::<Str>(0), Err(DecodeError::NotUtf8));
        let mut compact = reader(&[0x81, 0x80, 0x02]);
        compact.set_flexible(true);
        assert_eq!(compact.get::<Str>(0), Err(DecodeError::TextTooLong(0x8000)));
    }

    #[test]
    fn a_count_is_bounded_by_the_bytes_that_are_there() {
        assert_eq!(
            reader(&[0x7f, 0xff, 0xff, 0xff, 0, 0]).get::<Vec<i32>>(0),
            Err(DecodeError::CountBeyondInput(0x7fff_ffff))
        );
        assert_eq!(
            reader(&[0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]).get::<Vec<i32>>(0),
            Err(DecodeError::CountBeyondInput(2))
        );
        assert_eq!(initial_capacity(usize::MAX, 200), INITIAL_ARRAY_BYTES / 200);
        assert_eq!(initial_capacity(3, 200), 3);
        assert_eq!(initial_capacity(3, INITIAL_ARRAY_BYTES + 1), 0);
    }
}
