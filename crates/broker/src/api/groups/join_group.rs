//! JoinGroup (11), versions 0–9: a member joins a classic group, or joins again.
//!
//! Version notes: 4+ a member without an id gets one first and comes again (KIP-394); 5+ static members (KIP-345); 7+ the
//! protocol may be null in the answer; 9+ the leader may be told to skip the assignment.
//! Authorization: Read on the group.

use groups::{Answer, Command, JoinAnswer, JoinGroup, new_member_id};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::join_group_response::Member;
use wire::{JoinGroupRequest, JoinGroupResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: JoinGroupRequest) -> JoinGroupResponse {
    if !context.allows(Operation::Read, Resource::group(&request.group_id)) {
        return refused(&context, ErrorCode::GroupAuthorizationFailed, request.member_id);
    }
    let random = context.node.random.next_16();
    let group_id = request.group_id.clone();
    let member_id = request.member_id.clone();
    let command = Command::Join(JoinGroup {
        new_member_id: new_member_id(context.client_id(), request.group_instance_id.as_deref(), random),
        requires_known_member_id: context.version() >= 4,
        supports_skipping_assignment: context.version() >= 9,
        client_id: context.client_id().into(),
        client_host: format!("/{}", context.session.host()).into(),
        group_id: request.group_id,
        member_id: request.member_id,
        instance_id: request.group_instance_id,
        protocol_type: request.protocol_type,
        protocols: request.protocols.into_iter().map(|protocol| (protocol.name, protocol.metadata)).collect(),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: request.rebalance_timeout_ms,
    });
    match ask::ask(&context, &group_id, command).await {
        Ok(Answer::Join(answer)) => told(&context, answer),
        Ok(_) => refused(&context, ask::UNEXPECTED, member_id),
        Err(code) => refused(&context, code, member_id),
    }
}

fn told(context: &Context, answer: JoinAnswer) -> JoinGroupResponse {
    let members = answer.members.into_iter().map(|member| Member {
        member_id: member.member_id,
        group_instance_id: member.instance_id,
        metadata: member.metadata,
        ..Member::default()
    });
    JoinGroupResponse {
        error_code: answer.error.code(),
        generation_id: answer.generation,
        protocol_type: answer.protocol_type,
        protocol_name: protocol_name(context, answer.protocol_name),
        leader: answer.leader,
        skip_assignment: answer.skip_assignment,
        member_id: answer.member_id,
        members: members.collect(),
        ..JoinGroupResponse::default()
    }
}

/// Answers before version 7 know no null.
fn protocol_name(context: &Context, name: Option<Str>) -> Option<Str> {
    if context.version() < 7 { Some(name.unwrap_or_default()) } else { name }
}

fn refused(context: &Context, code: ErrorCode, member_id: Str) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: code.code(),
        generation_id: -1,
        protocol_name: protocol_name(context, None),
        member_id,
        ..JoinGroupResponse::default()
    }
}
