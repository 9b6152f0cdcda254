//! DeleteGroups (42), versions 0–2: removes empty groups and their offsets. Authorization: Delete on each group.

use groups::{Answer, Command, DeleteGroups};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::delete_groups_response::Result as Deleted;
use wire::{DeleteGroupsRequest, DeleteGroupsResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let mut results = Vec::with_capacity(request.groups_names.len());
    for group_id in request.groups_names {
        let code = if context.allows(Operation::Delete, Resource::group(&group_id)) {
            let command = Command::DeleteGroups(DeleteGroups { group_ids: vec![group_id.clone()] });
            match ask::ask(&context, &group_id, command).await {
                Ok(Answer::DeleteGroups(deleted)) => deleted.first().map_or(ask::UNEXPECTED, |group| group.error),
                Ok(_) => ask::UNEXPECTED,
                Err(code) => code,
            }
        } else {
            ErrorCode::GroupAuthorizationFailed
        };
        results.push(Deleted { group_id, error_code: code.code(), ..Deleted::default() });
    }
    DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
}
