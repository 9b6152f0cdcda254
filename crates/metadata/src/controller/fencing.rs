//! Fencing: a broker that is not heard of leads nothing and is in no in-sync set until it comes back.
//!
//! Stale brokers are fenced one at a time, the one that was silent longest first, so that the effect of each is seen before
//! the next is judged. A broker whose connection broke is fenced at once, by its epoch: a newer incarnation is left alone.

use machine::Now;
use records::{BrokerRegistrationChangeRecord, MetadataRecord};
use types::NodeId;

use super::broker_heartbeat::change_of;
use super::draft::Draft;
use super::elections::{Departure, remove_from_in_sync_sets};
use super::soft::Soft;

/// A broker is known to be gone before its session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FenceBroker {
    /// Its node id.
    pub broker_id: NodeId,
    /// The incarnation that is gone.
    pub broker_epoch: i64,
}

/// Returns whether that incarnation was registered and unfenced.
pub(super) fn fence_lost(draft: &mut Draft<'_>, command: FenceBroker) -> bool {
    let lost = draft.broker_with_epoch(command.broker_id, command.broker_epoch).is_ok_and(|broker| !broker.fenced);
    if lost {
        fence(draft, command.broker_id);
    }
    lost
}

/// Fences the broker that was silent longest, if that was too long.
pub(super) fn fence_one_stale_broker(draft: &mut Draft<'_>, soft: &mut Soft, now: Now) {
    if let Some(stale) = soft.stale_broker(draft.image(), draft.options(), now) {
        fence(draft, stale);
        soft.forget(stale);
    }
}

/// Takes a registered broker out of leadership and in-sync sets and marks it as fenced.
pub(super) fn fence(draft: &mut Draft<'_>, broker: NodeId) {
    let Some(registered) = draft.image().broker(broker).cloned() else { return };
    remove_from_in_sync_sets(draft, broker, Departure::Clean);
    if registered.fenced {
        return;
    }
    let record = BrokerRegistrationChangeRecord { fenced: 1, ..change_of(&registered) };
    draft.push(MetadataRecord::BrokerRegistrationChange(record));
}
