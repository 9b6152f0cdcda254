//! Why a producer's batch is refused: an older epoch, a sequence number that does not follow, a marker of a deposed coordinator.
//!
//! Batches that come by replication or recovery were checked by their leader and are taken as they are. A producer of which
//! nothing is known (its records expired, or it is new) may begin with any number.

use batch::{EndTransactionMarker, Header, NO_PRODUCER_EPOCH};

use super::Verification;
use super::entry::ProducerEntry;
use crate::error::StorageError;
use crate::log::Origin;

pub(super) fn check_batch(
    entry: &ProducerEntry,
    verification: Option<&Verification>,
    batch: &Header,
    origin: Origin,
) -> Result<(), StorageError> {
    let (producer_id, epoch) = (batch.producer_id(), batch.producer_epoch());
    if epoch < entry.epoch && origin != Origin::Replication {
        return Err(StorageError::InvalidProducerEpoch { producer_id, epoch, current: entry.epoch });
    }
    if origin != Origin::Client {
        return Ok(());
    }
    let sequence = batch.base_sequence();
    let out_of_order = |last_sequence| Err(StorageError::OutOfOrderSequence { producer_id, sequence, last_sequence });
    if let Some(verification) = verification {
        // The first batch of the transaction is still on its way: a later one must not overtake it.
        let unknown = entry.batches().is_empty() && entry.epoch == NO_PRODUCER_EPOCH;
        let must_begin = verification.supports_epoch_bump && unknown && sequence != 0;
        if must_begin || (epoch == verification.epoch && sequence > verification.lowest_sequence) {
            return out_of_order(verification.lowest_sequence);
        }
    }
    if entry.epoch == NO_PRODUCER_EPOCH {
        return Ok(());
    }
    if epoch != entry.epoch {
        return if sequence == 0 { Ok(()) } else { out_of_order(-1) };
    }
    let last = entry.last_sequence();
    let follows = i64::from(sequence) == i64::from(last) + 1 || (sequence == 0 && last == i32::MAX);
    if follows { Ok(()) } else { out_of_order(last) }
}

pub(super) fn check_marker(
    entry: &ProducerEntry,
    batch: &Header,
    marker: &EndTransactionMarker,
    origin: Origin,
) -> Result<(), StorageError> {
    if origin == Origin::Replication {
        return Ok(());
    }
    let (producer_id, epoch) = (batch.producer_id(), batch.producer_epoch());
    // With transaction version 2 each transaction has an epoch of its own: its marker carries the next one. The same epoch is
    // a marker that comes again, harmless as long as no transaction has begun in that epoch.
    let strict = matches!(origin, Origin::Coordinator { transaction_version: 2.. });
    let repeated = epoch == entry.epoch && entry.transaction_start.is_some();
    if epoch < entry.epoch || (strict && repeated) {
        return Err(StorageError::InvalidProducerEpoch { producer_id, epoch, current: entry.epoch });
    }
    if entry.coordinator_epoch > marker.coordinator_epoch {
        let (epoch, current) = (marker.coordinator_epoch, entry.coordinator_epoch);
        return Err(StorageError::TransactionCoordinatorFenced { producer_id, epoch, current });
    }
    Ok(())
}
