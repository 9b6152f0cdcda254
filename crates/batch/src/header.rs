//! The 61 bytes before the records: where each field lies, getters, and the patches a leader makes.

use crate::codec::Codec;

/// Bytes before the records.
pub const HEADER_LENGTH: usize = 61;
/// Bytes that `length` does not count: base offset and `length` itself.
pub const LOG_OVERHEAD: usize = 12;
/// The format of record batches.
pub const MAGIC: i8 = 2;
/// Not an idempotent producer.
pub const NO_PRODUCER_ID: i64 = -1;
/// Not an idempotent producer.
pub const NO_PRODUCER_EPOCH: i16 = -1;
/// Not an idempotent producer.
pub const NO_SEQUENCE: i32 = -1;

pub(crate) const BASE_OFFSET_AT: usize = 0;
pub(crate) const LENGTH_AT: usize = 8;
pub(crate) const LEADER_EPOCH_AT: usize = 12;
pub(crate) const MAGIC_AT: usize = 16;
pub(crate) const CRC_AT: usize = 17;
pub(crate) const ATTRIBUTES_AT: usize = 21;
pub(crate) const LAST_OFFSET_DELTA_AT: usize = 23;
pub(crate) const BASE_TIMESTAMP_AT: usize = 27;
pub(crate) const MAX_TIMESTAMP_AT: usize = 35;
pub(crate) const PRODUCER_ID_AT: usize = 43;
pub(crate) const PRODUCER_EPOCH_AT: usize = 51;
pub(crate) const BASE_SEQUENCE_AT: usize = 53;
pub(crate) const COUNT_AT: usize = 57;

pub(crate) const CODEC_MASK: i16 = 0x07;
pub(crate) const TIMESTAMP_TYPE_BIT: i16 = 0x08;
pub(crate) const TRANSACTIONAL_BIT: i16 = 0x10;
pub(crate) const CONTROL_BIT: i16 = 0x20;
pub(crate) const DELETE_HORIZON_BIT: i16 = 0x40;
/// The bits that have a meaning; Kafka ignores the others on read and drops them when it writes the attributes anew.
const KNOWN_BITS: i16 = 0x7f;

/// Who says what time a record has: `message.timestamp.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimestampType {
    /// The producer.
    #[default]
    CreateTime,
    /// The broker, when it appends.
    LogAppendTime,
}

/// The header of a batch, as the bytes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header([u8; HEADER_LENGTH]);

impl Header {
    /// The header in these bytes; any bytes are one, [`crate::BatchView`] checks.
    pub const fn from_bytes(bytes: [u8; HEADER_LENGTH]) -> Header {
        Header(bytes)
    }

    /// The bytes to write.
    pub const fn as_bytes(&self) -> &[u8; HEADER_LENGTH] {
        &self.0
    }

    fn get<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.0[at..at + N]);
        field
    }

    fn put<const N: usize>(&mut self, at: usize, field: [u8; N]) {
        self.0[at..at + N].copy_from_slice(&field);
    }

    /// Offset of the first record (before compaction).
    pub fn base_offset(&self) -> i64 {
        i64::from_be_bytes(self.get(BASE_OFFSET_AT))
    }

    /// Bytes after the length field, as the header says.
    pub fn length(&self) -> i32 {
        i32::from_be_bytes(self.get(LENGTH_AT))
    }

    /// Bytes of the whole batch, as the header says; 0 where the length is impossible.
    pub fn size(&self) -> usize {
        usize::try_from(self.length()).map_or(0, |length| length.saturating_add(LOG_OVERHEAD))
    }

    /// Epoch of the leader that appended the batch.
    pub fn leader_epoch(&self) -> i32 {
        i32::from_be_bytes(self.get(LEADER_EPOCH_AT))
    }

    /// The record format.
    pub fn magic(&self) -> i8 {
        i8::from_be_bytes(self.get(MAGIC_AT))
    }

    /// CRC-32C of everything from the attributes on, as stored.
    pub fn crc(&self) -> u32 {
        u32::from_be_bytes(self.get(CRC_AT))
    }

    /// All attribute bits.
    pub fn attributes(&self) -> i16 {
        i16::from_be_bytes(self.get(ATTRIBUTES_AT))
    }

    /// The codec of the records; `Err` is a number that no codec has.
    pub fn codec(&self) -> Result<Codec, u8> {
        let id = (self.attributes() & CODEC_MASK) as u8;
        Codec::from_id(id).ok_or(id)
    }

    /// Whose time the records carry.
    pub fn timestamp_type(&self) -> TimestampType {
        match self.attributes() & TIMESTAMP_TYPE_BIT {
            0 => TimestampType::CreateTime,
            _ => TimestampType::LogAppendTime,
        }
    }

    /// Part of a transaction?
    pub fn is_transactional(&self) -> bool {
        self.attributes() & TRANSACTIONAL_BIT != 0
    }

    /// A batch of control records?
    pub fn is_control(&self) -> bool {
        self.attributes() & CONTROL_BIT != 0
    }

    /// When compaction may drop the tombstones and markers of this batch.
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        (self.attributes() & DELETE_HORIZON_BIT != 0).then(|| self.base_timestamp())
    }

    /// Offset of the last record minus base offset.
    pub fn last_offset_delta(&self) -> i32 {
        i32::from_be_bytes(self.get(LAST_OFFSET_DELTA_AT))
    }

    /// Offset of the last record.
    pub fn last_offset(&self) -> i64 {
        self.base_offset().saturating_add(i64::from(self.last_offset_delta()))
    }

    /// Offset after the last record.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// What the records' timestamp deltas are added to.
    pub fn base_timestamp(&self) -> i64 {
        i64::from_be_bytes(self.get(BASE_TIMESTAMP_AT))
    }

    /// The highest timestamp of the records, or the append time.
    pub fn max_timestamp(&self) -> i64 {
        i64::from_be_bytes(self.get(MAX_TIMESTAMP_AT))
    }

    /// The idempotent producer, -1 where there is none.
    pub fn producer_id(&self) -> i64 {
        i64::from_be_bytes(self.get(PRODUCER_ID_AT))
    }

    /// From an idempotent producer?
    pub fn has_producer_id(&self) -> bool {
        self.producer_id() > NO_PRODUCER_ID
    }

    /// The producer's epoch.
    pub fn producer_epoch(&self) -> i16 {
        i16::from_be_bytes(self.get(PRODUCER_EPOCH_AT))
    }

    /// Sequence number of the first record.
    pub fn base_sequence(&self) -> i32 {
        i32::from_be_bytes(self.get(BASE_SEQUENCE_AT))
    }

    /// Sequence number of the last record; -1 where there are none.
    pub fn last_sequence(&self) -> i32 {
        match self.base_sequence() {
            NO_SEQUENCE => NO_SEQUENCE,
            base => increment_sequence(base, self.last_offset_delta()),
        }
    }

    /// Number of records.
    pub fn count(&self) -> i32 {
        i32::from_be_bytes(self.get(COUNT_AT))
    }

    /// Assigns the offset of the first record. Not covered by the CRC.
    pub fn set_base_offset(&mut self, offset: i64) {
        self.put(BASE_OFFSET_AT, offset.to_be_bytes());
    }

    /// Assigns the leader's epoch. Not covered by the CRC.
    pub fn set_leader_epoch(&mut self, epoch: i32) {
        self.put(LEADER_EPOCH_AT, epoch.to_be_bytes());
    }

    /// Assigns the timestamp type and the highest timestamp. [`Header::seal`] afterwards: both are covered by the CRC.
    pub fn set_timestamps(&mut self, timestamp_type: TimestampType, max_timestamp: i64) {
        let bit = match timestamp_type {
            TimestampType::CreateTime => 0,
            TimestampType::LogAppendTime => TIMESTAMP_TYPE_BIT,
        };
        let attributes = (self.attributes() & KNOWN_BITS & !TIMESTAMP_TYPE_BIT) | bit;
        self.put(ATTRIBUTES_AT, attributes.to_be_bytes());
        self.put(MAX_TIMESTAMP_AT, max_timestamp.to_be_bytes());
    }

    /// Computes the CRC of this header in front of these records.
    pub fn compute_crc(&self, body: &[u8]) -> u32 {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
        digest.update(&self.0[ATTRIBUTES_AT..]);
        digest.update(body);
        digest.finalize() as u32
    }

    /// Stores the CRC of this header in front of these records.
    pub fn seal(&mut self, body: &[u8]) {
        let crc = self.compute_crc(body);
        self.put(CRC_AT, crc.to_be_bytes());
    }

    pub(crate) fn new(fields: &HeaderFields) -> Header {
        let mut header = Header([0; HEADER_LENGTH]);
        header.put(BASE_OFFSET_AT, fields.base_offset.to_be_bytes());
        header.put(LENGTH_AT, fields.length.to_be_bytes());
        header.put(LEADER_EPOCH_AT, fields.leader_epoch.to_be_bytes());
        header.put(MAGIC_AT, MAGIC.to_be_bytes());
        header.put(ATTRIBUTES_AT, fields.attributes.to_be_bytes());
        header.put(LAST_OFFSET_DELTA_AT, fields.last_offset_delta.to_be_bytes());
        header.put(BASE_TIMESTAMP_AT, fields.base_timestamp.to_be_bytes());
        header.put(MAX_TIMESTAMP_AT, fields.max_timestamp.to_be_bytes());
        header.put(PRODUCER_ID_AT, fields.producer_id.to_be_bytes());
        header.put(PRODUCER_EPOCH_AT, fields.producer_epoch.to_be_bytes());
        header.put(BASE_SEQUENCE_AT, fields.base_sequence.to_be_bytes());
        header.put(COUNT_AT, fields.count.to_be_bytes());
        header
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header")
            .field("base_offset", &self.base_offset())
            .field("last_offset_delta", &self.last_offset_delta())
            .field("count", &self.count())
            .field("length", &self.length())
            .field("leader_epoch", &self.leader_epoch())
            .field("attributes", &format_args!("{:#04x}", self.attributes()))
            .field("base_timestamp", &self.base_timestamp())
            .field("max_timestamp", &self.max_timestamp())
            .field("producer", &(self.producer_id(), self.producer_epoch(), self.base_sequence()))
            .finish_non_exhaustive()
    }
}

/// What a builder knows when it writes a header.
pub(crate) struct HeaderFields {
    pub base_offset: i64,
    pub length: i32,
    pub leader_epoch: i32,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub base_timestamp: i64,
    pub max_timestamp: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub count: i32,
}

/// The sequence number `increment` records after this one: after `i32::MAX` comes 0.
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    let sum = i64::from(sequence) + i64::from(increment);
    if sum > i64::from(i32::MAX) { (sum - i64::from(i32::MAX) - 1) as i32 } else { sum as i32 }
}

/// Assigns the base offset of the batch in these bytes. Not covered by the CRC.
///
/// # Panics
/// Where the bytes are shorter than a header.
pub fn set_base_offset(batch: &mut [u8], offset: i64) {
    batch[BASE_OFFSET_AT..BASE_OFFSET_AT + 8].copy_from_slice(&offset.to_be_bytes());
}

/// Assigns the leader epoch of the batch in these bytes. Not covered by the CRC.
///
/// # Panics
/// Where the bytes are shorter than a header.
pub fn set_leader_epoch(batch: &mut [u8], epoch: i32) {
    batch[LEADER_EPOCH_AT..LEADER_EPOCH_AT + 4].copy_from_slice(&epoch.to_be_bytes());
}

/// Makes the batch in these bytes (exactly one) carry the broker's time, and computes its CRC anew.
///
/// # Panics
/// Where the bytes are shorter than a header.
pub fn stamp_log_append_time(batch: &mut [u8], now_ms: i64) {
    let (head, body) = batch.split_at_mut(HEADER_LENGTH);
    let mut bytes = [0; HEADER_LENGTH];
    bytes.copy_from_slice(head);
    let mut header = Header(bytes);
    header.set_timestamps(TimestampType::LogAppendTime, now_ms);
    header.seal(body);
    head.copy_from_slice(header.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchBuilder, BatchView};

    #[test]
    fn sequence_after_the_highest_is_zero() {
        assert_eq!(increment_sequence(i32::MAX, 1), 0);
        assert_eq!(increment_sequence(i32::MAX - 1, 3), 1);
        assert_eq!(increment_sequence(5, 0), 5);
    }

    #[test]
    fn patched_offsets_keep_the_crc_and_append_time_renews_it() {
        let mut builder = BatchBuilder::new(0);
        builder.append(5, Some(b"k"), Some(b"v"), &[]);
        let mut bytes = builder.build().unwrap().to_vec();
        set_base_offset(&mut bytes, 77);
        set_leader_epoch(&mut bytes, 9);
        let view = BatchView::parse(&bytes).unwrap();
        assert!(view.crc_is_valid());
        assert_eq!((view.base_offset(), view.last_offset(), view.leader_epoch()), (77, 77, 9));

        stamp_log_append_time(&mut bytes, 1234);
        let view = BatchView::parse(&bytes).unwrap();
        assert!(view.crc_is_valid());
        assert_eq!(view.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(view.max_timestamp(), 1234);
    }
}
