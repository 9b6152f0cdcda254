//! The records inside a batch.
//!
//! ```text
//! length | attributes 1 | timestampDelta | offsetDelta | keyLength key | valueLength value | count (keyLength key valueLength value)…
//! ```
//!
//! Lengths, deltas and counts are zigzag varints, length -1 is null. [`walk_records`] looks at each record without copying
//! it (compressed batches stream through a small buffer); [`Records`] gives out records that share the batch's buffer.

use std::ops::ControlFlow;

use bytes::{Buf, Bytes};

use crate::codec::{Codec, DecompressionLimit, UNPACK_CHUNK, Unpacker};
use crate::error::BatchError;
use crate::header::{HEADER_LENGTH, Header, TimestampType};
use crate::varint::{take_varint, take_varlong};
use crate::view::BatchView;

/// A record of a batch, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// Added to the batch's base timestamp.
    pub timestamp_delta: i64,
    /// Added to the batch's base offset.
    pub offset_delta: i32,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; null is a tombstone.
    pub value: Option<&'a [u8]>,
    headers: &'a [u8],
    header_count: i32,
}

impl<'a> RecordView<'a> {
    /// The record in these bytes, which are what follows the record's length.
    pub(crate) fn parse(body: &'a [u8]) -> Result<RecordView<'a>, &'static str> {
        let mut rest = body.get(1..).ok_or("it has no attributes")?;
        let timestamp_delta = take_varlong(&mut rest).ok_or("the timestamp is no number")?;
        let offset_delta = take_varint(&mut rest).ok_or("the offset is no number")?;
        let key = take_bytes(&mut rest).ok_or("the key's length is wrong")?;
        let value = take_bytes(&mut rest).ok_or("the value's length is wrong")?;
        let header_count = take_varint(&mut rest).ok_or("the number of headers is no number")?;
        // A header has two bytes at least: this keeps hostile counts away from the loop.
        if header_count < 0 || header_count as usize > rest.len() / 2 {
            return Err("the number of headers is wrong");
        }
        let headers = rest;
        for _ in 0..header_count {
            take_bytes(&mut rest).flatten().ok_or("a header's key is wrong")?;
            take_bytes(&mut rest).ok_or("a header's value is wrong")?;
        }
        if !rest.is_empty() {
            return Err("its length is larger than its fields");
        }
        Ok(RecordView { timestamp_delta, offset_delta, key, value, headers, header_count })
    }

    /// The headers: key and value.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let mut rest = self.headers;
        (0..self.header_count).map_while(move |_| Some((take_bytes(&mut rest)??, take_bytes(&mut rest)?)))
    }

    /// The record's time, in a batch with this header.
    pub fn timestamp(&self, header: &Header) -> i64 {
        match header.timestamp_type() {
            TimestampType::CreateTime => self.create_time(header),
            TimestampType::LogAppendTime => header.max_timestamp(),
        }
    }

    /// The time that the producer gave it, whatever type of timestamp the header claims.
    pub(crate) fn create_time(&self, header: &Header) -> i64 {
        header.base_timestamp().wrapping_add(self.timestamp_delta)
    }
}

/// Takes a length and so many bytes; the inner `None` is null.
#[inline]
fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = take_varint(rest)?;
    if length == -1 {
        return Some(None);
    }
    let (field, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(Some(field))
}

/// Looks at the records of a batch in order, until the visitor breaks off. When it does not, the records must be exactly as
/// many as the header says. The visitor gets the record's place in the batch and the bytes of its encoding, length included.
pub fn walk_records(
    batch: &BatchView<'_>,
    limit: DecompressionLimit,
    mut visit: impl FnMut(i32, RecordView<'_>, usize) -> ControlFlow<()>,
) -> Result<(), BatchError> {
    let codec = batch.codec().map_err(BatchError::UnknownCodec)?;
    let mut frames = Frames::new(codec, batch.body(), limit)?;
    for index in 0..batch.count() {
        let invalid = |reason| BatchError::Record { index, reason };
        let frame = frames.next(index)?.ok_or(invalid("the batch ends before it"))?;
        let record = RecordView::parse(frame.body).map_err(invalid)?;
        if visit(index, record, frame.size).is_break() {
            return Ok(());
        }
    }
    if frames.next(batch.count())?.is_some() {
        return Err(BatchError::Record { index: batch.count(), reason: "there are more records than the batch says" });
    }
    Ok(())
}

/// The first record of a batch that is not compressed, from its header and what follows it: control batches have no other.
pub fn first_record<'a>(header: &Header, body: &'a [u8]) -> Result<RecordView<'a>, BatchError> {
    let invalid = |reason| BatchError::Record { index: 0, reason };
    if header.codec() != Ok(Codec::None) {
        return Err(invalid("control batches are not compressed"));
    }
    let mut rest = body;
    let length = take_varint(&mut rest).ok_or(invalid("its length is no number"))?;
    let record = usize::try_from(length).ok().and_then(|length| rest.get(..length));
    RecordView::parse(record.ok_or(invalid("its length is wrong"))?).map_err(invalid)
}

/// Cuts the bytes of a batch into records.
enum Frames<'a> {
    Plain(&'a [u8]),
    Packed { unpacker: Unpacker<'a>, buffer: Vec<u8>, start: usize, end: usize },
}

/// A record's encoding: what follows the length, and the size with it.
struct Frame<'a> {
    body: &'a [u8],
    size: usize,
}

/// Longest encoding of a record's length.
const LENGTH_BYTES: usize = 5;

impl<'a> Frames<'a> {
    fn new(codec: Codec, body: &'a [u8], limit: DecompressionLimit) -> Result<Frames<'a>, BatchError> {
        Ok(match codec {
            Codec::None => Frames::Plain(body),
            _ => {
                let unpacker = Unpacker::new(codec, body, limit)?;
                Frames::Packed { unpacker, buffer: vec![0; UNPACK_CHUNK], start: 0, end: 0 }
            }
        })
    }

    /// The next record, `None` where no byte is left.
    fn next(&mut self, index: i32) -> Result<Option<Frame<'_>>, BatchError> {
        let invalid = |reason| BatchError::Record { index, reason };
        match self {
            Frames::Plain(rest) => {
                if rest.is_empty() {
                    return Ok(None);
                }
                let before = rest.len();
                let length = take_varint(rest).ok_or(invalid("its length is no number"))?;
                let (body, after) = usize::try_from(length)
                    .ok()
                    .and_then(|length| rest.split_at_checked(length))
                    .ok_or(invalid("its length is wrong"))?;
                *rest = after;
                Ok(Some(Frame { body, size: before - after.len() }))
            }
            Frames::Packed { unpacker, buffer, start, end } => {
                fill(unpacker, buffer, start, end, LENGTH_BYTES)?;
                if start == end {
                    return Ok(None);
                }
                let mut rest = &buffer[*start..*end];
                let before = rest.len();
                let length = take_varint(&mut rest).ok_or(invalid("its length is no number"))?;
                let length = usize::try_from(length).map_err(|_| invalid("its length is wrong"))?;
                let size = before - rest.len() + length;
                fill(unpacker, buffer, start, end, size)?;
                if *end - *start < size {
                    return Err(invalid("its length is wrong"));
                }
                let body = *start + size - length..*start + size;
                *start += size;
                Ok(Some(Frame { body: &buffer[body], size }))
            }
        }
    }
}

/// Unpacks until `wanted` bytes are there or the stream ends. The buffer grows only as bytes arrive.
fn fill(
    unpacker: &mut Unpacker<'_>,
    buffer: &mut Vec<u8>,
    start: &mut usize,
    end: &mut usize,
    wanted: usize,
) -> Result<(), BatchError> {
    while *end - *start < wanted {
        if *end == buffer.len() {
            buffer.copy_within(*start..*end, 0);
            *end -= *start;
            *start = 0;
            if *end == buffer.len() {
                buffer.resize(buffer.len() * 2, 0);
            }
        }
        match unpacker.read(&mut buffer[*end..])? {
            0 => break,
            read => *end += read,
        }
    }
    Ok(())
}

/// A header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The key; text by convention.
    pub key: Bytes,
    /// The value.
    pub value: Option<Bytes>,
}

/// A record that shares the buffer of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record's offset in its partition.
    pub offset: i64,
    /// Offset minus the batch's base offset.
    pub offset_delta: i32,
    /// The record's time in milliseconds.
    pub timestamp: i64,
    /// The key.
    pub key: Option<Bytes>,
    /// The value; null is a tombstone.
    pub value: Option<Bytes>,
    /// The headers, in order.
    pub headers: Vec<RecordHeader>,
}

/// The records of one batch; a compressed batch is unpacked at once, within the limit.
#[derive(Clone, Debug)]
pub struct Records {
    header: Header,
    rest: Bytes,
    index: i32,
}

impl Records {
    /// The records of the batch at the beginning of these bytes.
    pub fn new(batch: &Bytes) -> Result<Records, BatchError> {
        Records::with_limit(batch, DecompressionLimit::for_packed(batch.len()))
    }

    /// The records of the batch at the beginning of these bytes, unpacked within this limit.
    pub fn with_limit(batch: &Bytes, limit: DecompressionLimit) -> Result<Records, BatchError> {
        let view = BatchView::parse(batch)?;
        let rest = match view.codec().map_err(BatchError::UnknownCodec)? {
            Codec::None => batch.slice(HEADER_LENGTH..view.bytes().len()),
            codec => Unpacker::new(codec, view.body(), limit)?.read_to_end()?.into(),
        };
        Ok(Records { header: *view.header(), rest, index: 0 })
    }

    /// The header of the batch.
    pub fn header(&self) -> &Header {
        &self.header
    }

    fn read(&mut self) -> Result<Record, BatchError> {
        let index = self.index;
        let mut frames = Frames::Plain(&self.rest);
        let frame = frames.next(index)?.ok_or(BatchError::Record { index, reason: "the batch ends before it" })?;
        let view = RecordView::parse(frame.body).map_err(|reason| BatchError::Record { index, reason })?;
        let share = |field: Option<&[u8]>| field.map(|field| self.rest.slice_ref(field));
        let record = Record {
            offset: self.header.base_offset().saturating_add(i64::from(view.offset_delta)),
            offset_delta: view.offset_delta,
            timestamp: view.timestamp(&self.header),
            key: share(view.key),
            value: share(view.value),
            headers: view
                .headers()
                .map(|(key, value)| RecordHeader { key: self.rest.slice_ref(key), value: share(value) })
                .collect(),
        };
        let size = frame.size;
        self.rest.advance(size);
        Ok(record)
    }
}

impl Iterator for Records {
    type Item = Result<Record, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.header.count() {
            return None;
        }
        let record = self.read();
        self.index = if record.is_ok() { self.index + 1 } else { i32::MAX };
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchBuilder, Compression};
    use proptest::prelude::*;

    type Row = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let bytes = || prop::option::of(prop::collection::vec(any::<u8>(), 0..300));
        let headers = prop::collection::vec(("[a-z]{0,8}", bytes()), 0..4);
        prop::collection::vec((0..i64::MAX / 2, bytes(), bytes(), headers), 1..40)
    }

    fn build(rows: &[Row], codec: Codec) -> Bytes {
        let mut builder = BatchBuilder::new(100).compression(Compression::new(codec));
        for (timestamp, key, value, headers) in rows {
            let headers: Vec<_> = headers.iter().map(|(key, value)| (key.as_bytes(), value.as_deref())).collect();
            builder.append(*timestamp, key.as_deref(), value.as_deref(), &headers);
        }
        builder.build().unwrap()
    }

    proptest! {
        #[test]
        fn records_survive_every_codec(rows in rows()) {
            for codec in Codec::ALL {
                let bytes = build(&rows, codec);
                let view = BatchView::parse(&bytes).unwrap();
                prop_assert!(view.crc_is_valid());
                prop_assert_eq!(view.codec(), Ok(codec));
                prop_assert_eq!(view.max_timestamp(), rows.iter().map(|row| row.0).max().unwrap());
                let records: Vec<_> = Records::new(&bytes).unwrap().collect::<Result<_, _>>().unwrap();
                prop_assert_eq!(records.len(), rows.len());
                for (index, (record, row)) in records.iter().zip(&rows).enumerate() {
                    prop_assert_eq!(record.offset, 100 + index as i64);
                    prop_assert_eq!(record.timestamp, row.0);
                    prop_assert_eq!(record.key.as_deref(), row.1.as_deref());
                    prop_assert_eq!(record.value.as_deref(), row.2.as_deref());
                    let headers: Vec<_> = record.headers.iter()
                        .map(|header| (String::from_utf8(header.key.to_vec()).unwrap(), header.value.as_deref().map(<[u8]>::to_vec)))
                        .collect();
                    prop_assert_eq!(&headers, &row.3);
                }
                let mut walked = 0;
                walk_records(&view, DecompressionLimit::for_packed(bytes.len()), |index, record, _| {
                    assert_eq!(record.key, records[index as usize].key.as_deref());
                    walked += 1;
                    ControlFlow::Continue(())
                }).unwrap();
                prop_assert_eq!(walked, rows.len());
            }
        }

        #[test]
        fn broken_batches_never_panic(rows in rows(), at in 0usize..2000, byte: u8, cut in 0usize..2000) {
            for codec in Codec::ALL {
                let mut bytes = build(&rows, codec).to_vec();
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                bytes.truncate(cut.max(HEADER_LENGTH));
                let length = (bytes.len() - 12) as i32;
                bytes[8..12].copy_from_slice(&length.to_be_bytes());
                let bytes = Bytes::from(bytes);
                if let Ok(records) = Records::with_limit(&bytes, DecompressionLimit::bytes(1 << 20)) {
                    let _ = records.count();
                }
                if let Ok(view) = BatchView::parse(&bytes) {
                    let _ = walk_records(&view, DecompressionLimit::bytes(1 << 20), |_, _, _| ControlFlow::Continue(()));
                }
            }
        }
    }

    #[test]
    fn record_larger_than_the_buffer_is_walked() {
        let value = vec![3; 5 * UNPACK_CHUNK];
        let mut builder = BatchBuilder::new(0).compression(Compression::new(Codec::Zstd));
        builder.append(1, None, Some(&value), &[]);
        builder.append(2, None, Some(b"small"), &[]);
        let bytes = builder.build().unwrap();
        let view = BatchView::parse(&bytes).unwrap();
        let mut lengths = Vec::new();
        walk_records(&view, DecompressionLimit::for_packed(bytes.len()), |_, record, _| {
            lengths.push(record.value.unwrap().len());
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(lengths, [value.len(), 5]);
    }

    #[test]
    fn hostile_lengths_are_refused() {
        // attributes, timestamp, offset, key length -2
        assert!(RecordView::parse(&[0, 0, 0, 3, 1, 0]).is_err());
        // key longer than the record
        assert!(RecordView::parse(&[0, 0, 0, 20, 1, 0]).is_err());
        // a million headers
        assert!(RecordView::parse(&[0, 0, 0, 1, 1, 0x80, 0x89, 0x7a]).is_err());
        // null header key
        assert!(RecordView::parse(&[0, 0, 0, 1, 1, 2, 1, 1]).is_err());
        // a byte too many
        assert!(RecordView::parse(&[0, 0, 0, 1, 1, 0, 0]).is_err());
        assert!(RecordView::parse(&[0, 0, 0, 1, 1, 0]).is_ok());
    }
}
