//! DescribeGroups (15), versions 0–6: classic groups as they are.
//!
//! Version notes: 3+ authorized operations; 4+ instance ids; 6 a missing group is GROUP_ID_NOT_FOUND, before it is "Dead"
//! (KIP-1043). Authorization: Describe on each group.

use groups::{Answer, Command, DescribeGroups, DescribedGroup};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::describe_groups_response::{Group, Member};
use wire::{DescribeGroupsRequest, DescribeGroupsResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let mut groups = Vec::with_capacity(request.groups.len());
    for group_id in request.groups {
        if !context.allows(Operation::Describe, Resource::group(&group_id)) {
            groups.push(refused(group_id, ErrorCode::GroupAuthorizationFailed));
            continue;
        }
        let command = Command::Describe(DescribeGroups {
            group_ids: vec![group_id.clone()],
            reports_missing_group: context.version() >= 6,
        });
        let answer = match ask::ask(&context, &group_id, command).await {
            Ok(Answer::Describe(mut described)) => described.pop().ok_or(ask::UNEXPECTED),
            Ok(_) => Err(ask::UNEXPECTED),
            Err(code) => Err(code),
        };
        let mut group = match answer {
            Ok(described) => told(described),
            Err(code) => refused(group_id.clone(), code),
        };
        if request.include_authorized_operations {
            group.authorized_operations = context.allowed_bits(Resource::group(&group_id));
        }
        groups.push(group);
    }
    DescribeGroupsResponse { groups, ..DescribeGroupsResponse::default() }
}

fn told(group: DescribedGroup) -> Group {
    let known = matches!(group.error, ErrorCode::None | ErrorCode::GroupIdNotFound);
    let members = group.members.into_iter().map(|member| Member {
        member_id: member.member_id,
        group_instance_id: member.instance_id,
        client_id: member.client_id,
        client_host: member.client_host,
        member_metadata: member.metadata,
        member_assignment: member.assignment,
        ..Member::default()
    });
    Group {
        error_message: group.error_message,
        group_state: if known { Str::from_static(group.state.name()) } else { Str::EMPTY },
        protocol_type: group.protocol_type,
        protocol_data: group.protocol_name,
        members: members.collect(),
        ..refused(group.group_id, group.error)
    }
}

fn refused(group_id: Str, code: ErrorCode) -> Group {
    Group { error_code: code.code(), group_id, authorized_operations: i32::MIN, ..Group::default() }
}
