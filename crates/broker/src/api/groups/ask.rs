//! How the handlers of groups reach a coordinator.

use groups::{Answer, Command};
use types::{CONSUMER_OFFSETS, ErrorCode};

use crate::coordinator::Pending;
use crate::router::Context;

/// Starts asking the coordinator of a group; what it decides is decided when this returns.
pub(super) fn start(context: &Context, group_id: &str, command: Command) -> Result<Pending, ErrorCode> {
    let image = context.node.cluster.image();
    let partitions = image.topic(CONSUMER_OFFSETS).map(|topic| topic.partitions.len());
    context.node.groups.ask(group_id, partitions, command)
}

/// Asks the coordinator of a group and waits for its answer.
pub(super) async fn ask(context: &Context, group_id: &str, command: Command) -> Result<Answer, ErrorCode> {
    match start(context, group_id, command)?.answer().await {
        Answer::Done(code) if !code.is_none() => Err(code),
        answer => Ok(answer),
    }
}

/// The answer was not of the kind that the command has: it cannot happen, and is an error of ours if it does.
pub(super) const UNEXPECTED: ErrorCode = ErrorCode::UnknownServerError;
