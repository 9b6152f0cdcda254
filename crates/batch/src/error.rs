//! Why a batch is refused, and the code that the client gets for it.

use types::ErrorCode;

use crate::codec::Codec;

/// One record of a refused batch: its place in the batch, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The record's place in the batch, from 0.
    pub batch_index: i32,
    /// Why it is refused.
    pub message: String,
}

/// Why bytes are not a batch, or not one that may be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end before the batch does.
    #[error("the batch is cut off: {needed} bytes are needed, {available} are there")]
    Incomplete {
        /// Bytes of the whole batch (or of its header, where not even that is there).
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// A length that no batch can have.
    #[error("the batch length {0} is impossible")]
    Length(i32),
    /// A format that does not exist.
    #[error("magic {0} is no record format")]
    Magic(i8),
    /// Message sets of the formats 0 and 1.
    #[error("record format {0} is not supported, record batches must have magic 2")]
    OldFormat(i8),
    /// The checksum does not fit the bytes.
    #[error("the batch is corrupt: stored CRC {stored:#010x}, computed {computed:#010x}")]
    Crc {
        /// In the header.
        stored: u32,
        /// Of the bytes.
        computed: u32,
    },
    /// A produce request without a batch for the partition.
    #[error("there must be exactly one record batch per partition, there is none")]
    NoBatch,
    /// A produce request with several batches for one partition.
    #[error("there must be exactly one record batch per partition, there are more")]
    ManyBatches,
    /// Larger than `max.message.bytes`.
    #[error("the batch has {size} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Bytes of the batch.
        size: usize,
        /// `max.message.bytes`.
        limit: usize,
    },
    /// The records unpack to more than a sane batch does.
    #[error("the records of the batch unpack to more than {limit} bytes")]
    UnpacksTooLarge {
        /// The limit that was passed.
        limit: u64,
    },
    /// Compression 5, 6 or 7.
    #[error("compression type {0} does not exist")]
    UnknownCodec(u8),
    /// zstd from a client that speaks a Produce version before 7.
    #[error("this version of Produce is not allowed to use zstd")]
    ZstdNotAllowed,
    /// The compressed records cannot be unpacked.
    #[error("the {codec} data of the batch is invalid: {reason}")]
    Unpack {
        /// The codec that the batch names.
        codec: Codec,
        /// What the codec says.
        reason: String,
    },
    /// The records cannot be compressed.
    #[error("cannot compress with {codec}: {reason}")]
    Pack {
        /// The codec asked for.
        codec: Codec,
        /// What the codec says.
        reason: String,
    },
    /// Clients count offsets from 0, the leader assigns the real ones.
    #[error("the base offset of a produced batch must be 0, it is {0}")]
    BaseOffset(i64),
    /// Count and offsets of a batch do not fit each other.
    #[error("the batch says it has {count} records, its last offset delta is {last_offset_delta}")]
    Count {
        /// Records that the header announces.
        count: i32,
        /// Delta of the last record.
        last_offset_delta: i32,
    },
    /// A control batch from a client.
    #[error("clients are not allowed to write control records")]
    ControlFromClient,
    /// A transactional batch of nobody.
    #[error("a transactional batch needs a producer id")]
    TransactionalWithoutProducer,
    /// A producer id comes with epoch and sequence.
    #[error("producer {producer_id} sent epoch {epoch} and sequence {sequence}, both must be at least 0")]
    Sequence {
        /// The producer.
        producer_id: i64,
        /// Its epoch.
        epoch: i16,
        /// The first record's sequence number.
        sequence: i32,
    },
    /// A record that does not parse.
    #[error("record {index} of the batch is invalid: {reason}")]
    Record {
        /// The record's place in the batch, from 0.
        index: i32,
        /// What is wrong.
        reason: &'static str,
    },
    /// Records that parse and may not be appended.
    #[error("{} of the batch's records are refused, the first: {}", .errors.len(), .errors.first().map_or("", |e| e.message.as_str()))]
    Records {
        /// The records and the reasons, the first ones where there are very many.
        errors: Vec<RecordError>,
        /// Is a timestamp out of range among the reasons?
        timestamp: bool,
    },
    /// A control record whose key or value does not parse.
    #[error("the control record is invalid: {0}")]
    Control(&'static str),
    /// The builder was given more than a batch can hold.
    #[error("a batch holds at most {} bytes and one record more than 0", i32::MAX)]
    Build,
}

impl BatchError {
    /// The code in the answer to the client.
    pub fn code(&self) -> ErrorCode {
        match self {
            BatchError::Length(_) | BatchError::Magic(_) | BatchError::Crc { .. } => ErrorCode::CorruptMessage,
            BatchError::TooLarge { .. } | BatchError::UnpacksTooLarge { .. } => ErrorCode::MessageTooLarge,
            BatchError::UnknownCodec(_) | BatchError::ZstdNotAllowed => ErrorCode::UnsupportedCompressionType,
            BatchError::Records { timestamp: true, .. } => ErrorCode::InvalidTimestamp,
            BatchError::Pack { .. } | BatchError::Build => ErrorCode::UnknownServerError,
            BatchError::Incomplete { .. }
            | BatchError::OldFormat(_)
            | BatchError::NoBatch
            | BatchError::ManyBatches
            | BatchError::Unpack { .. }
            | BatchError::BaseOffset(_)
            | BatchError::Count { .. }
            | BatchError::ControlFromClient
            | BatchError::TransactionalWithoutProducer
            | BatchError::Sequence { .. }
            | BatchError::Record { .. }
            | BatchError::Records { timestamp: false, .. }
            | BatchError::Control(_) => ErrorCode::InvalidRecord,
        }
    }

    /// The refused records by index, empty where the batch is refused as a whole.
    pub fn record_errors(&self) -> &[RecordError] {
        match self {
            BatchError::Records { errors, .. } => errors,
            _ => &[],
        }
    }
}
