//! A broker will never come back: its registration is removed (UnregisterBroker, key 64).
//!
//! What it still holds replicas of keeps it in the replica list; moving those is a reassignment.

use records::{MetadataRecord, UnregisterBrokerRecord};
use types::{ErrorCode, NodeId};

use super::draft::Draft;
use super::elections::{Departure, remove_from_in_sync_sets};
use super::soft::Soft;
use crate::Refusal;

pub(super) fn unregister(draft: &mut Draft<'_>, soft: &mut Soft, broker_id: NodeId) -> Result<(), Refusal> {
    let Some(broker) = draft.image().broker(broker_id).cloned() else {
        return Err(Refusal::new(ErrorCode::BrokerIdNotRegistered, format!("Broker {broker_id} is not registered.")));
    };
    remove_from_in_sync_sets(draft, broker_id, Departure::Unclean);
    let record = UnregisterBrokerRecord { broker_id, broker_epoch: broker.epoch, ..Default::default() };
    draft.push(MetadataRecord::UnregisterBroker(record));
    soft.forget(broker_id);
    Ok(())
}
