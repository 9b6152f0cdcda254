//! Writes a batch anew: when the topic wants another codec than the producer used, or when the producer numbered the
//! records wrongly (old clients did, and Kafka repairs it, too). Producer id, epoch and sequence stay what they were.

use std::ops::ControlFlow;

use bytes::Bytes;

use crate::build::BatchBuilder;
use crate::codec::{Compression, DecompressionLimit};
use crate::error::BatchError;
use crate::header::TimestampType;
use crate::record::walk_records;
use crate::view::BatchView;

/// The same records in a new batch with offsets 0, 1, 2…
pub(crate) fn rebuild(
    batch: &BatchView<'_>,
    compression: Compression,
    timestamp_type: TimestampType,
    limit: DecompressionLimit,
) -> Result<Bytes, BatchError> {
    let mut builder = BatchBuilder::new(0)
        .producer(batch.producer_id(), batch.producer_epoch(), batch.base_sequence())
        .compression(compression)
        .timestamp_type(timestamp_type);
    if batch.is_transactional() {
        builder = builder.transactional();
    }
    walk_records(batch, limit, |_, record, _| {
        let headers: Vec<_> = record.headers().collect();
        builder.append(record.create_time(batch), record.key, record.value, &headers);
        ControlFlow::Continue(())
    })?;
    builder.build()
}
