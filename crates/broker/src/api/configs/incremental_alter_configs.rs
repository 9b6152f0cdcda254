//! IncrementalAlterConfigs (44), versions 0–1: sets, removes, appends to and subtracts from single keys (KIP-339).
//!
//! Behaviour: every resource is answered for itself; one that is named twice is INVALID_REQUEST in each place.
//! Authorization: AlterConfigs on the topic, the group or the cluster.

use std::collections::HashMap;

use metadata::controller::{ConfigChange, ConfigOperation, IncrementalAlterConfigs, ResourceChanges};
use metadata::image::ResourceType;
use metadata::{Answer, Command, ConfigResource};
use security::Operation;
use types::{ErrorCode, Str};
use wire::incremental_alter_configs_request::Resource as Asked;
use wire::incremental_alter_configs_response::Response;
use wire::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::refusal::{Refused, authorize, check_alterable};
use crate::router::Context;

pub(crate) async fn handle(
    context: Context,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let mut count: HashMap<(i8, Str), usize> = HashMap::new();
    for resource in &request.resources {
        *count.entry((resource.resource_type, resource.resource_name.clone())).or_default() += 1;
    }
    let mut asked = Vec::new();
    let mut responses: Vec<(Response, bool)> = Vec::with_capacity(request.resources.len());
    for resource in request.resources {
        let (kind, name) = (resource.resource_type, resource.resource_name.clone());
        let twice = count[&(kind, name.clone())] > 1;
        let result = if twice {
            Err((ErrorCode::InvalidRequest, "the resource is named more than once in the request".into()))
        } else {
            changes(&context, resource)
        };
        match result {
            Ok(changes) => {
                asked.push(changes);
                responses.push((told(kind, &name, None), true));
            }
            Err(refused) => responses.push((told(kind, &name, Some(refused)), false)),
        }
    }
    let mut results = Vec::new();
    let mut failure = ErrorCode::UnknownServerError;
    if !asked.is_empty() {
        let changes = IncrementalAlterConfigs { resources: asked, validate_only: request.validate_only };
        match context.node.cluster.ask(Command::IncrementalAlterConfigs(changes)).await {
            Ok(Answer::IncrementalAlterConfigs(answers)) => results = answers,
            Ok(_) => {}
            Err(code) => failure = code,
        }
    }
    let mut results = results.into_iter();
    let responses = responses.into_iter().map(|(response, waits)| {
        if !waits {
            return response;
        }
        let refused = match results.next().map(|result| result.result) {
            Some(Ok(())) => None,
            Some(Err(refusal)) => Some((refusal.code, refusal.message)),
            None => Some((failure, "the controller did not answer".into())),
        };
        told(response.resource_type, &response.resource_name, refused)
    });
    IncrementalAlterConfigsResponse { responses: responses.collect(), ..IncrementalAlterConfigsResponse::default() }
}

fn changes(context: &Context, asked: Asked) -> Result<ResourceChanges, Refused> {
    let kind = ResourceType(asked.resource_type);
    check_alterable(kind)?;
    authorize(context, Operation::AlterConfigs, kind, &asked.resource_name)?;
    let changes = asked.configs.into_iter().map(|config| {
        let operation = ConfigOperation::from_code(config.config_operation)
            .ok_or((ErrorCode::InvalidRequest, Str::from("the operation is none of SET, DELETE, APPEND, SUBTRACT")))?;
        Ok(ConfigChange { name: config.name, operation, value: config.value })
    });
    let changes: Result<Vec<_>, Refused> = changes.collect();
    Ok(ResourceChanges { resource: ConfigResource { kind, name: asked.resource_name }, changes: changes? })
}

fn told(kind: i8, name: &Str, refused: Option<Refused>) -> Response {
    let (code, message) = refused.map_or((ErrorCode::None, None), |(code, message)| (code, Some(message)));
    Response {
        error_code: code.code(),
        error_message: message,
        resource_type: kind,
        resource_name: name.clone(),
        ..Response::default()
    }
}
