//! Between batches of the offsets topic and the records of the ledger.

use batch::{BatchBuilder, BatchError, BatchView, EndTransactionMarker, Record, Records};
use bytes::Bytes;
use groups::{GroupRecord, Producer};

/// One batch with these records, to be appended by the leader.
pub(super) fn encode(records: &[GroupRecord], now_ms: i64) -> Result<Bytes, String> {
    let mut builder = BatchBuilder::new(0);
    for record in records {
        let encoded = record.to_bytes().map_err(|error| error.to_string())?;
        let (key, value) = encoded.ok_or("the end of a transaction is a batch of its own")?;
        builder.append(now_ms, Some(&key), value.as_deref(), &[]);
    }
    builder.build().map_err(|error| error.to_string())
}

/// The records of one batch of the log, in their order. A record that cannot be read is left out, with a line in the log:
/// one damaged record must not make all groups of the partition unusable.
pub(super) fn decode(batch: &Bytes) -> Result<Vec<GroupRecord>, BatchError> {
    let header = *BatchView::parse(batch)?.header();
    let producer = Producer { id: header.producer_id(), epoch: header.producer_epoch() };
    let transaction = header.is_transactional().then_some(producer);
    let mut decoded = Vec::with_capacity(header.count().max(0) as usize);
    for record in Records::new(batch)? {
        let record = record?;
        let offset = record.offset;
        let read = if header.is_control() {
            control(&record, producer)
        } else {
            let key = record.key.unwrap_or_default();
            let read = GroupRecord::from_bytes(key, record.value, transaction);
            read.map(Some).map_err(|error| error.to_string())
        };
        match read {
            Ok(record) => decoded.extend(record),
            Err(error) => tracing::warn!(offset, %error, "skipped a record of the offsets topic that cannot be read"),
        }
    }
    Ok(decoded)
}

fn control(record: &Record, producer: Producer) -> Result<Option<GroupRecord>, String> {
    let marker = EndTransactionMarker::parse(record.key.as_deref(), record.value.as_deref());
    Ok(marker.map_err(|error| error.to_string())?.map(|marker| GroupRecord::EndTransaction {
        producer,
        coordinator_epoch: marker.coordinator_epoch,
        committed: marker.committed,
    }))
}
