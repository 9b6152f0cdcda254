//! DescribeQuorum (55), versions 0–2: leader, voters and observers of the metadata quorum, and how far each is.
//!
//! Version notes: 1+ timestamps of fetches; 2+ directory ids, error messages and the voters' listeners.
//! Authorization: Describe on the cluster.

use quorum::message::{DescribeQuorumResponse as Status, Request, Response};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::{DescribeQuorumRequest, DescribeQuorumResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DescribeQuorumRequest) -> DescribeQuorumResponse {
    if !context.allows(Operation::Describe, Resource::CLUSTER) {
        return Status::refused(ErrorCode::ClusterAuthorizationFailed);
    }
    if !Status::is_asked_by(&request) {
        return Status::refused(ErrorCode::UnknownTopicOrPartition);
    }
    match context.node.cluster.ask_quorum(context.session.listener(), Request::DescribeQuorum).await {
        Ok(Response::DescribeQuorum(status)) => status.to_wire(context.version()),
        Ok(_) => Status::refused(ErrorCode::UnknownServerError),
        Err(code) => Status::refused(code),
    }
}
