//! SyncGroup (14), versions 0–5: the leader brings the assignment, every member fetches its part.
//!
//! Version notes: 3+ static members; 5+ protocol type and name are checked and told (KIP-559).
//! Authorization: Read on the group.

use groups::{Answer, Command, SyncGroup};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::{SyncGroupRequest, SyncGroupResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: SyncGroupRequest) -> SyncGroupResponse {
    if !context.allows(Operation::Read, Resource::group(&request.group_id)) {
        return refused(ErrorCode::GroupAuthorizationFailed);
    }
    // Version 5 made both mandatory; a client that leaves one out cannot be held to it.
    if context.version() >= 5 && (request.protocol_type.is_none() || request.protocol_name.is_none()) {
        return refused(ErrorCode::InconsistentGroupProtocol);
    }
    let group_id = request.group_id.clone();
    let assignments = request.assignments.into_iter().map(|each| (each.member_id, each.assignment));
    let command = Command::Sync(SyncGroup {
        group_id: request.group_id,
        generation: request.generation_id,
        member_id: request.member_id,
        instance_id: request.group_instance_id,
        protocol_type: request.protocol_type,
        protocol_name: request.protocol_name,
        assignments: assignments.collect(),
    });
    match ask::ask(&context, &group_id, command).await {
        Ok(Answer::Sync(answer)) => SyncGroupResponse {
            error_code: answer.error.code(),
            protocol_type: answer.protocol_type,
            protocol_name: answer.protocol_name,
            assignment: answer.assignment,
            ..SyncGroupResponse::default()
        },
        Ok(_) => refused(ask::UNEXPECTED),
        Err(code) => refused(code),
    }
}

fn refused(code: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code: code.code(), ..SyncGroupResponse::default() }
}
