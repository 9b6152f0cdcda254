//! A broker needs producer ids: it gets the next block, which no other broker ever gets (AllocateProducerIds, key 67).

use records::{MetadataRecord, ProducerIdsRecord};
use types::{ErrorCode, NodeId};

use super::draft::Draft;
use crate::Refusal;

/// How many ids a broker gets at once.
pub const PRODUCER_ID_BLOCK_LENGTH: i32 = 1_000;

/// A broker needs producer ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocateProducerIds {
    /// Its node id.
    pub broker_id: NodeId,
    /// The epoch it was given.
    pub broker_epoch: i64,
}

/// Producer ids that belong to one broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdBlock {
    /// The first of them.
    pub first: i64,
    /// How many they are.
    pub length: i32,
}

pub(super) fn allocate(draft: &mut Draft<'_>, command: AllocateProducerIds) -> Result<ProducerIdBlock, Refusal> {
    draft.broker_with_epoch(command.broker_id, command.broker_epoch)?;
    let first = draft.image().next_producer_id();
    let Some(next_producer_id) = first.checked_add(i64::from(PRODUCER_ID_BLOCK_LENGTH)) else {
        return Err(Refusal::new(ErrorCode::UnknownServerError, "Every producer id has been given away."));
    };
    draft.push(MetadataRecord::ProducerIds(ProducerIdsRecord {
        broker_id: command.broker_id,
        broker_epoch: command.broker_epoch,
        next_producer_id,
        ..Default::default()
    }));
    Ok(ProducerIdBlock { first, length: PRODUCER_ID_BLOCK_LENGTH })
}
