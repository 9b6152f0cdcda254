//! Record batches (magic 2): view, validate, build, compress.
//!
//! A batch is the unit of everything in Kafka's log: a 61-byte header, then records that may be compressed as one block.
//!
//! ```text
//! baseOffset 8 | length 4 | leaderEpoch 4 | magic 1 | crc 4 | attributes 2 | lastOffsetDelta 4 | baseTimestamp 8
//! | maxTimestamp 8 | producerId 8 | producerEpoch 2 | baseSequence 4 | count 4 | records…
//! ```
//!
//! `length` counts what follows it. The CRC-32C covers attributes up to the end, so a leader patches base offset and
//! leader epoch without touching the records. [`validate_produce`] is the door for what clients send, [`Batches`] walks
//! stored bytes, [`Records`] reads the records inside, [`BatchBuilder`] makes new batches.

mod build;
mod codec;
mod control;
mod convert;
mod error;
mod header;
mod record;
mod validate;
mod varint;
mod view;

pub use build::BatchBuilder;
pub use codec::{Codec, Compression, DecompressionLimit};
pub use control::{ControlRecordType, EndTransactionMarker, control_record_type};
pub use error::{BatchError, RecordError};
pub use header::{
    HEADER_LENGTH, Header, LOG_OVERHEAD, MAGIC, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, TimestampType,
    increment_sequence, set_base_offset, set_leader_epoch, stamp_log_append_time,
};
pub use record::{Record, RecordHeader, RecordView, Records, first_record, walk_records};
pub use validate::{ProduceRules, ValidatedBatch, validate_produce};
pub use view::{BatchView, Batches};
