//! UnregisterBroker (64), version 0: forgets a broker that will not come back. Authorization: Alter on the cluster.

use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::{UnregisterBrokerRequest, UnregisterBrokerResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: UnregisterBrokerRequest) -> UnregisterBrokerResponse {
    let (code, message) = if !context.allows(Operation::Alter, Resource::CLUSTER) {
        (ErrorCode::ClusterAuthorizationFailed, None)
    } else if request.broker_id == context.node.id {
        (ErrorCode::InvalidRequest, Some(Str::from("this broker is running: stop it first")))
    } else {
        match context.node.cluster.ask(Command::UnregisterBroker(request.broker_id)).await {
            Ok(Answer::UnregisterBroker(Ok(()))) => (ErrorCode::None, None),
            Ok(Answer::UnregisterBroker(Err(refusal))) => (refusal.code, Some(refusal.message)),
            Ok(_) => (ErrorCode::UnknownServerError, None),
            Err(code) => (code, None),
        }
    };
    UnregisterBrokerResponse { error_code: code.code(), error_message: message, ..UnregisterBrokerResponse::default() }
}
