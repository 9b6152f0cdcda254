//! ListGroups (16), versions 0–5: the groups that this node coordinates.
//!
//! Version notes: 4+ filter by state; 5+ filter by type. Authorization: Describe on the cluster shows all, otherwise only the
//! groups that may be described.

use groups::{Answer, CLASSIC, Command, ListGroups};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::list_groups_response::Group;
use wire::{ListGroupsRequest, ListGroupsResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: ListGroupsRequest) -> ListGroupsResponse {
    let command = Command::List(ListGroups { states: request.states_filter, types: request.types_filter });
    let (answers, loading) = context.node.groups.ask_all(command).await;
    let mut error = if loading { ErrorCode::CoordinatorLoadInProgress } else { ErrorCode::None };
    let mut groups = Vec::new();
    for answer in answers {
        match answer {
            Answer::List(Ok(listed)) => groups.extend(listed),
            Answer::List(Err(code)) | Answer::Done(code) => error = code,
            _ => error = super::ask::UNEXPECTED,
        }
    }
    let sees_all = context.allows(Operation::Describe, Resource::CLUSTER);
    let groups = groups
        .into_iter()
        .filter(|group| sees_all || context.allows(Operation::Describe, Resource::group(&group.group_id)))
        .map(|group| Group {
            group_id: group.group_id,
            protocol_type: group.protocol_type,
            group_state: Str::from_static(group.state.name()),
            group_type: Str::from_static(CLASSIC),
            ..Group::default()
        });
    ListGroupsResponse { error_code: error.code(), groups: groups.collect(), ..ListGroupsResponse::default() }
}
