//! Makes batches: for brokers that write their own logs, for clients, and for tests.

use bytes::Bytes;

use crate::codec::{Codec, Compression, pack};
use crate::control::EndTransactionMarker;
use crate::error::BatchError;
use crate::header::{
    CONTROL_BIT, HEADER_LENGTH, Header, HeaderFields, LOG_OVERHEAD, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE,
    TIMESTAMP_TYPE_BIT, TRANSACTIONAL_BIT, TimestampType,
};
use crate::varint::{put_varint, varint_length};

/// Collects records and makes one batch of them.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    base_offset: i64,
    leader_epoch: i32,
    producer: (i64, i16, i32),
    transactional: bool,
    control: bool,
    timestamp_type: TimestampType,
    compression: Compression,
    base_timestamp: i64,
    max_timestamp: i64,
    count: i32,
    overflow: bool,
    records: Vec<u8>,
}

impl BatchBuilder {
    /// A batch whose first record has this offset (0 in a produce request).
    pub fn new(base_offset: i64) -> BatchBuilder {
        BatchBuilder {
            base_offset,
            leader_epoch: types::NO_EPOCH,
            producer: (NO_PRODUCER_ID, NO_PRODUCER_EPOCH, NO_SEQUENCE),
            transactional: false,
            control: false,
            timestamp_type: TimestampType::CreateTime,
            compression: Compression::NONE,
            base_timestamp: types::NO_TIMESTAMP,
            max_timestamp: types::NO_TIMESTAMP,
            count: 0,
            overflow: false,
            records: Vec::new(),
        }
    }

    /// The leader's epoch.
    pub fn leader_epoch(mut self, epoch: i32) -> BatchBuilder {
        self.leader_epoch = epoch;
        self
    }

    /// An idempotent producer, its epoch, and the first record's sequence number.
    pub fn producer(mut self, id: i64, epoch: i16, base_sequence: i32) -> BatchBuilder {
        self.producer = (id, epoch, base_sequence);
        self
    }

    /// Part of the producer's transaction.
    pub fn transactional(mut self) -> BatchBuilder {
        self.transactional = true;
        self
    }

    /// A batch of control records.
    pub fn control(mut self) -> BatchBuilder {
        self.control = true;
        self
    }

    /// Whose time the records carry. With [`TimestampType::LogAppendTime`], every record has the batch's highest.
    pub fn timestamp_type(mut self, timestamp_type: TimestampType) -> BatchBuilder {
        self.timestamp_type = timestamp_type;
        self
    }

    /// How the records are compressed.
    pub fn compression(mut self, compression: Compression) -> BatchBuilder {
        self.compression = compression;
        self
    }

    /// Adds a record, its headers as key and value.
    pub fn append(
        &mut self,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&[u8], Option<&[u8]>)],
    ) -> &mut BatchBuilder {
        self.append_record(timestamp_ms, key, value, headers.iter().copied())
    }

    pub(crate) fn append_record<'h>(
        &mut self,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)> + Clone,
    ) -> &mut BatchBuilder {
        if self.count == 0 {
            self.base_timestamp = timestamp_ms;
            self.max_timestamp = timestamp_ms;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp_ms);
        let timestamp_delta = timestamp_ms.wrapping_sub(self.base_timestamp);
        let header_count = headers.clone().count();
        let length = 1
            + varint_length(timestamp_delta)
            + varint_length(i64::from(self.count))
            + field_length(key)
            + field_length(value)
            + varint_length(header_count as i64)
            + headers.clone().map(|(key, value)| field_length(Some(key)) + field_length(value)).sum::<usize>();
        if self.records.len() + length > i32::MAX as usize - HEADER_LENGTH - 16 || self.count == i32::MAX {
            self.overflow = true;
            return self;
        }
        let output = &mut self.records;
        output.reserve(length + 5);
        put_varint(output, length as i64);
        output.push(0);
        put_varint(output, timestamp_delta);
        put_varint(output, i64::from(self.count));
        put_field(output, key);
        put_field(output, value);
        put_varint(output, header_count as i64);
        for (key, value) in headers {
            put_field(output, Some(key));
            put_field(output, value);
        }
        self.count += 1;
        self
    }

    /// The batch that ends the transaction of this producer in a partition: one marker, not yet with its offset.
    pub fn end_transaction(
        producer_id: i64,
        producer_epoch: i16,
        timestamp_ms: i64,
        marker: EndTransactionMarker,
    ) -> BatchBuilder {
        let mut builder =
            BatchBuilder::new(0).producer(producer_id, producer_epoch, NO_SEQUENCE).transactional().control();
        builder.append(timestamp_ms, Some(&marker.key()), Some(&marker.value()), &[]);
        builder
    }

    /// Number of records so far.
    pub fn count(&self) -> i32 {
        self.count
    }

    /// Bytes of the batch so far, not yet compressed.
    pub fn size(&self) -> usize {
        HEADER_LENGTH + self.records.len()
    }

    /// No record yet?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The batch. An error where there is no record, where there is more than a batch can hold, or where the codec fails.
    pub fn build(self) -> Result<Bytes, BatchError> {
        if self.count == 0 || self.overflow {
            return Err(BatchError::Build);
        }
        let codec = self.compression.codec();
        let body = if codec == Codec::None { self.records } else { pack(self.compression, &self.records)? };
        let length = i32::try_from(HEADER_LENGTH - LOG_OVERHEAD + body.len()).map_err(|_| BatchError::Build)?;
        let flag = |set: bool, bit: i16| if set { bit } else { 0 };
        let mut header = Header::new(&HeaderFields {
            base_offset: self.base_offset,
            length,
            leader_epoch: self.leader_epoch,
            attributes: i16::from(codec.id())
                | flag(self.timestamp_type == TimestampType::LogAppendTime, TIMESTAMP_TYPE_BIT)
                | flag(self.transactional, TRANSACTIONAL_BIT)
                | flag(self.control, CONTROL_BIT),
            last_offset_delta: self.count - 1,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: self.producer.0,
            producer_epoch: self.producer.1,
            base_sequence: self.producer.2,
            count: self.count,
        });
        header.seal(&body);
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + body.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes.into())
    }
}

fn field_length(field: Option<&[u8]>) -> usize {
    field.map_or(1, |field| varint_length(field.len() as i64) + field.len())
}

fn put_field(output: &mut Vec<u8>, field: Option<&[u8]>) {
    match field {
        None => put_varint(output, -1),
        Some(field) => {
            put_varint(output, field.len() as i64);
            output.extend_from_slice(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchView, Records};

    #[test]
    fn plain_batch_is_byte_for_byte_kafkas() {
        let mut builder = BatchBuilder::new(0).producer(7, 1, 3);
        builder.append(1000, Some(b"k"), Some(b"v"), &[(b"h", None)]);
        builder.append(1001, None, None, &[]);
        let bytes = builder.build().unwrap();
        let mut expected = vec![0; 8];
        expected.extend([0, 0, 0, 69]); // 49 + 12 + 8
        expected.extend([0xff; 4]);
        expected.push(2);
        expected.extend(crc32c::crc32c(&bytes[21..]).to_be_bytes());
        expected.extend([0, 0, 0, 0, 0, 1]);
        expected.extend(1000i64.to_be_bytes());
        expected.extend(1001i64.to_be_bytes());
        expected.extend(7i64.to_be_bytes());
        expected.extend([0, 1, 0, 0, 0, 3, 0, 0, 0, 2]);
        expected.extend([22, 0, 0, 0, 2, b'k', 2, b'v', 2, 2, b'h', 1]);
        expected.extend([12, 0, 2, 2, 1, 1, 0]);
        expected[11] = (expected.len() - 12) as u8;
        assert_eq!(bytes, expected);
    }

    #[test]
    fn marker_batch_is_a_transactional_control_batch() {
        let marker = EndTransactionMarker { committed: false, coordinator_epoch: 12 };
        let bytes = BatchBuilder::end_transaction(5, 2, 99, marker).build().unwrap();
        let view = BatchView::parse(&bytes).unwrap();
        assert!(view.is_control() && view.is_transactional() && view.crc_is_valid());
        assert_eq!((view.producer_id(), view.producer_epoch(), view.base_sequence()), (5, 2, -1));
        let record = Records::new(&bytes).unwrap().next().unwrap().unwrap();
        assert_eq!(EndTransactionMarker::parse(record.key.as_deref(), record.value.as_deref()), Ok(Some(marker)));
    }

    #[test]
    fn batch_without_records_is_not_built() {
        assert_eq!(BatchBuilder::new(0).build(), Err(BatchError::Build));
    }
}
