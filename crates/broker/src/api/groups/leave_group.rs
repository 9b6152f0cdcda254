//! LeaveGroup (13), versions 0–5: members leave at once instead of timing out.
//!
//! Version notes: 3+ several members, also by instance id (KIP-345). Authorization: Read on the group.

use groups::{Answer, Command, LeaveAnswer, LeaveGroup, LeavingMember};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::leave_group_response::Member;
use wire::{LeaveGroupRequest, LeaveGroupResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: LeaveGroupRequest) -> LeaveGroupResponse {
    if !context.allows(Operation::Read, Resource::group(&request.group_id)) {
        return refused(ErrorCode::GroupAuthorizationFailed);
    }
    let several = context.version() >= 3;
    let members = if several {
        let members = request.members.into_iter();
        members.map(|each| LeavingMember { member_id: each.member_id, instance_id: each.group_instance_id }).collect()
    } else {
        vec![LeavingMember { member_id: request.member_id, instance_id: None }]
    };
    let group_id = request.group_id.clone();
    let command = Command::Leave(LeaveGroup { group_id: request.group_id, members });
    match ask::ask(&context, &group_id, command).await {
        Ok(Answer::Leave(answer)) => told(answer, several),
        Ok(_) => refused(ask::UNEXPECTED),
        Err(code) => refused(code),
    }
}

fn told(answer: LeaveAnswer, several: bool) -> LeaveGroupResponse {
    if !several {
        // With one member there is one error: the request's or the member's.
        let member = answer.members.first().map_or(ErrorCode::None, |member| member.error);
        return refused(if answer.error.is_none() { member } else { answer.error });
    }
    let members = answer.members.into_iter().map(|member| Member {
        member_id: member.member_id,
        group_instance_id: member.instance_id,
        error_code: member.error.code(),
        ..Member::default()
    });
    LeaveGroupResponse { members: members.collect(), ..refused(answer.error) }
}

fn refused(code: ErrorCode) -> LeaveGroupResponse {
    LeaveGroupResponse { error_code: code.code(), ..LeaveGroupResponse::default() }
}
