//! What a leader checks before it appends a client's batch, and what it changes.
//!
//! The order is Kafka's: one batch, format, codec allowed, size, CRC, header, records. An unchanged batch is not copied: the
//! result shares the request's buffer and carries the 61 bytes of its header apart, where the writer patches base offset and
//! leader epoch. Three things make a new header (timestamp type, highest timestamp, CRC) or a whole new batch: LogAppendTime,
//! a header that lies about the highest timestamp, and a `compression.type` other than the producer's.

use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};

use crate::codec::{Codec, Compression, DecompressionLimit};
use crate::convert::rebuild;
use crate::error::{BatchError, RecordError};
use crate::header::{HEADER_LENGTH, Header, TimestampType};
use crate::record::{RecordView, walk_records};
use crate::view::{BatchView, Batches};

/// What a topic demands of a produced batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProduceRules {
    /// `max.message.bytes`: bytes of a batch.
    pub max_message_bytes: usize,
    /// `cleanup.policy` contains compact: every record needs a key.
    pub compacted: bool,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`.
    pub timestamp_after_max_ms: i64,
    /// `compression.type`; `None` keeps the producer's.
    pub compression: Option<Compression>,
    /// May the client send zstd? Produce versions before 7 may not.
    pub allow_zstd: bool,
}

impl Default for ProduceRules {
    /// Kafka's defaults of a topic.
    fn default() -> ProduceRules {
        ProduceRules {
            max_message_bytes: 1024 * 1024 + 12,
            compacted: false,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            compression: None,
            allow_zstd: true,
        }
    }
}

/// So many refused records are named one by one; the batch is refused in any case.
const MAX_RECORD_ERRORS: usize = 1000;

/// A batch that may be appended: the header apart, the records shared.
#[derive(Clone, Debug)]
pub struct ValidatedBatch {
    header: Header,
    body: Bytes,
    rewritten: bool,
}

impl ValidatedBatch {
    /// A batch that this process built itself; only its length and format are looked at.
    pub fn trusted(batch: &Bytes) -> Result<ValidatedBatch, BatchError> {
        let view = BatchView::parse(batch)?;
        if view.bytes().len() != batch.len() {
            return Err(BatchError::ManyBatches);
        }
        Ok(ValidatedBatch { header: *view.header(), body: batch.slice(HEADER_LENGTH..), rewritten: false })
    }

    /// The header: count, offsets, timestamps, producer. A writer patches a copy of it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What follows the header.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Bytes of the whole batch.
    pub fn size(&self) -> usize {
        HEADER_LENGTH + self.body.len()
    }

    /// Are the bytes other than those that the client sent?
    pub fn is_rewritten(&self) -> bool {
        self.rewritten
    }

    /// The whole batch in one piece, which copies it.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(self.size());
        bytes.extend_from_slice(self.header.as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes.freeze()
    }
}

/// Checks what a client wants appended to one partition, and makes of it what the topic wants to have. `now_ms` is the append
/// time where the topic uses it.
pub fn validate_produce(records: &Bytes, rules: &ProduceRules, now_ms: i64) -> Result<ValidatedBatch, BatchError> {
    let batch = only_batch(records)?;
    let codec = batch.codec().map_err(BatchError::UnknownCodec)?;
    if codec == Codec::Zstd && !rules.allow_zstd {
        return Err(BatchError::ZstdNotAllowed);
    }
    check_size(batch.bytes().len(), rules)?;
    batch.check_crc()?;
    check_header(batch.header())?;
    let limit = DecompressionLimit::for_packed(batch.body().len());
    let found = check_records(&batch, rules, limit, now_ms)?;

    let target = match rules.compression {
        Some(compression) if compression.codec() != codec => Some(compression),
        _ if !found.offsets_in_order => Some(rules.compression.unwrap_or(Compression::new(codec))),
        _ => None,
    };
    let (mut header, body, mut rewritten) = match target {
        Some(compression) => {
            let bytes = rebuild(&batch, compression, rules.timestamp_type, limit)?;
            check_size(bytes.len(), rules)?;
            (*BatchView::parse(&bytes)?.header(), bytes.slice(HEADER_LENGTH..), true)
        }
        None => (*batch.header(), records.slice(HEADER_LENGTH..batch.bytes().len()), false),
    };
    let max_timestamp = match rules.timestamp_type {
        TimestampType::CreateTime => found.max_timestamp,
        TimestampType::LogAppendTime => now_ms,
    };
    if header.timestamp_type() != rules.timestamp_type || header.max_timestamp() != max_timestamp {
        header.set_timestamps(rules.timestamp_type, max_timestamp);
        header.seal(&body);
        rewritten = true;
    }
    Ok(ValidatedBatch { header, body, rewritten })
}

/// Exactly one batch. Bytes after it that are too few for another one are ignored, as in Kafka.
fn only_batch(records: &Bytes) -> Result<BatchView<'_>, BatchError> {
    let mut batches = Batches::new(records);
    let batch = batches.next().ok_or(BatchError::NoBatch)??;
    match batches.next() {
        None | Some(Err(BatchError::Incomplete { .. })) => Ok(batch),
        Some(Ok(_)) => Err(BatchError::ManyBatches),
        Some(Err(error)) => Err(error),
    }
}

fn check_size(size: usize, rules: &ProduceRules) -> Result<(), BatchError> {
    if size > rules.max_message_bytes {
        return Err(BatchError::TooLarge { size, limit: rules.max_message_bytes });
    }
    Ok(())
}

fn check_header(header: &Header) -> Result<(), BatchError> {
    if header.base_offset() != 0 {
        return Err(BatchError::BaseOffset(header.base_offset()));
    }
    let (count, last_offset_delta) = (header.count(), header.last_offset_delta());
    if count <= 0 || last_offset_delta != count - 1 {
        return Err(BatchError::Count { count, last_offset_delta });
    }
    if header.is_control() {
        return Err(BatchError::ControlFromClient);
    }
    if header.has_producer_id() {
        let (producer_id, epoch, sequence) = (header.producer_id(), header.producer_epoch(), header.base_sequence());
        if epoch < 0 || sequence < 0 {
            return Err(BatchError::Sequence { producer_id, epoch, sequence });
        }
    } else if header.is_transactional() {
        return Err(BatchError::TransactionalWithoutProducer);
    }
    Ok(())
}

/// What the records say about themselves.
struct Found {
    max_timestamp: i64,
    offsets_in_order: bool,
}

fn check_records(
    batch: &BatchView<'_>,
    rules: &ProduceRules,
    limit: DecompressionLimit,
    now_ms: i64,
) -> Result<Found, BatchError> {
    let mut found = Found { max_timestamp: types::NO_TIMESTAMP, offsets_in_order: true };
    let mut errors = Vec::new();
    let mut timestamp_refused = false;
    walk_records(batch, limit, |index, record, _| {
        // A producer may claim the log's time for its batch; what is stored says who gave the records their time.
        let timestamp = record.create_time(batch);
        found.max_timestamp = found.max_timestamp.max(timestamp);
        found.offsets_in_order &= record.offset_delta == index;
        if let Some(refusal) = refuse(&record, timestamp, batch, rules, now_ms) {
            timestamp_refused |= matches!(refusal, Refusal::Timestamp(_));
            if errors.len() < MAX_RECORD_ERRORS {
                errors.push(RecordError { batch_index: index, message: refusal.to_string() });
            }
        }
        ControlFlow::Continue(())
    })?;
    if errors.is_empty() { Ok(found) } else { Err(BatchError::Records { errors, timestamp: timestamp_refused }) }
}

/// Why one record is refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("Compacted topic cannot accept message without key")]
    Key,
    #[error("Timestamp {0}")]
    Timestamp(String),
}

#[inline]
fn refuse(
    record: &RecordView<'_>,
    timestamp: i64,
    header: &Header,
    rules: &ProduceRules,
    now_ms: i64,
) -> Option<Refusal> {
    if rules.compacted && record.key.is_none() {
        return Some(Refusal::Key);
    }
    if rules.timestamp_type == TimestampType::CreateTime && timestamp != types::NO_TIMESTAMP {
        let age = i128::from(now_ms) - i128::from(timestamp);
        if age > i128::from(rules.timestamp_before_max_ms) || -age > i128::from(rules.timestamp_after_max_ms) {
            let (before, after) = (rules.timestamp_before_max_ms, rules.timestamp_after_max_ms);
            return Some(Refusal::Timestamp(format!(
                "{timestamp} is out of range: it must be within [{}, {}]",
                now_ms.saturating_sub(before),
                now_ms.saturating_add(after)
            )));
        }
    } else if header.timestamp_type() == TimestampType::LogAppendTime {
        return Some(Refusal::Timestamp("type LogAppendTime is not for producers to set".to_owned()));
    }
    None
}

#[cfg(test)]
mod tests;
