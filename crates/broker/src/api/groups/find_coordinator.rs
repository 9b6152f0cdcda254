//! FindCoordinator (10), versions 0–6: which node coordinates a group.
//!
//! Behaviour: the offsets topic is made when the first group is looked for. Version notes: 1+ key types; 4+ several keys.
//! Authorization: Describe on the group or the transactional id.
//! Skipped: transactional ids (1) and share groups (2): a clear error instead of one that clients retry for ever.

use security::{Operation, Resource};
use types::{CONSUMER_OFFSETS, ErrorCode, Str};
use wire::find_coordinator_response::Coordinator;
use wire::{FindCoordinatorRequest, FindCoordinatorResponse};

use crate::cluster::AutoCreate;
use crate::coordinator::partition_of;
use crate::router::Context;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

pub(crate) async fn handle(context: Context, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    if context.version() >= 4 {
        let mut coordinators = Vec::with_capacity(request.coordinator_keys.len());
        for key in request.coordinator_keys {
            coordinators.push(find(&context, request.key_type, key).await);
        }
        return FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() };
    }
    let found = find(&context, request.key_type, request.key).await;
    FindCoordinatorResponse {
        error_code: found.error_code,
        error_message: found.error_message,
        node_id: found.node_id,
        host: found.host,
        port: found.port,
        ..FindCoordinatorResponse::default()
    }
}

async fn find(context: &Context, key_type: i8, key: Str) -> Coordinator {
    match look_up(context, key_type, &key).await {
        Ok((node_id, host, port)) => Coordinator { key, node_id, host, port, ..Coordinator::default() },
        Err((code, message)) => Coordinator {
            key,
            node_id: types::NO_NODE,
            port: -1,
            error_code: code.code(),
            error_message: Some(message.into()),
            ..Coordinator::default()
        },
    }
}

type Place = (i32, Str, i32);

async fn look_up(context: &Context, key_type: i8, key: &str) -> Result<Place, (ErrorCode, &'static str)> {
    match key_type {
        GROUP if context.allows(Operation::Describe, Resource::group(key)) => {}
        GROUP => return Err((ErrorCode::GroupAuthorizationFailed, "not allowed to describe the group")),
        TRANSACTION if !context.allows(Operation::Describe, Resource::transactional_id(key)) => {
            let message = "not allowed to describe the transactional id";
            return Err((ErrorCode::TransactionalIdAuthorizationFailed, message));
        }
        TRANSACTION => return Err((ErrorCode::InvalidRequest, "this node does not serve transactions")),
        _ => return Err((ErrorCode::InvalidRequest, "this node does not serve coordinators of this type")),
    }
    let node = &context.node;
    if node.cluster.image().topic(CONSUMER_OFFSETS).is_none() {
        let code = node.cluster.auto_create(AutoCreate::consumer_offsets(node)).await;
        if !code.is_none() && code != ErrorCode::TopicAlreadyExists {
            tracing::warn!(%code, "the offsets topic cannot be created");
            return Err((ErrorCode::CoordinatorNotAvailable, "the offsets topic cannot be created"));
        }
    }
    let image = node.cluster.image();
    let partitions = image.topic(CONSUMER_OFFSETS).map_or(0, |topic| topic.partitions.len());
    let leader = image.leader_of(CONSUMER_OFFSETS, partition_of(key, partitions));
    let endpoint = leader.and_then(|leader| image.broker_endpoint(leader, context.session.listener()));
    match (leader, endpoint) {
        (Some(leader), Some(endpoint)) => Ok((leader, endpoint.host.clone(), endpoint.port.into())),
        _ => Err((ErrorCode::CoordinatorNotAvailable, "the coordinator is not available")),
    }
}
