//! InitProducerId (22), versions 0–5: an id and epoch for an idempotent producer (KIP-98, KIP-360).
//!
//! Behaviour: without a transactional id every request gets a new id with epoch 0, from a block that the controller handed
//! out, so that no id is ever given twice. An empty transactional id is INVALID_REQUEST, as in Kafka.
//! Authorization: IdempotentWrite on the cluster, or Write on any topic; Write on the transactional id.
//! Skipped: transactional ids; transactions are not served, and the producer is told so at once instead of waiting.

use security::{Operation, Resource, ResourceType};
use types::ErrorCode;
use wire::{InitProducerIdRequest, InitProducerIdResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: InitProducerIdRequest) -> InitProducerIdResponse {
    let result = match &request.transactional_id {
        Some(id) if !context.allows(Operation::Write, Resource::transactional_id(id)) => {
            Err(ErrorCode::TransactionalIdAuthorizationFailed)
        }
        Some(_) => Err(ErrorCode::InvalidRequest),
        None if !context.allows(Operation::IdempotentWrite, Resource::CLUSTER)
            && !context.allows_any(Operation::Write, ResourceType::Topic) =>
        {
            Err(ErrorCode::ClusterAuthorizationFailed)
        }
        // The two go together: an id without an epoch, or the other way round, comes from a broken client.
        None if (request.producer_id == -1) != (request.producer_epoch == -1) => Err(ErrorCode::InvalidRequest),
        None => context.node.producer_ids.next(&context.node.cluster).await,
    };
    let (code, producer_id, producer_epoch) = match result {
        Ok(id) => (ErrorCode::None, id, 0),
        Err(code) => (code, -1, -1),
    };
    InitProducerIdResponse { error_code: code.code(), producer_id, producer_epoch, ..InitProducerIdResponse::default() }
}
