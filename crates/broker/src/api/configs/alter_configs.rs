//! AlterConfigs (33), versions 0–2: replaces a resource's whole configuration. Kept for old tools; IncrementalAlterConfigs is
//! the way. Authorization: AlterConfigs on the topic, the group or the cluster.

use metadata::controller::{AlterConfigs, ResourceConfigs};
use metadata::image::ResourceType;
use metadata::{Answer, Command, ConfigResource};
use security::Operation;
use types::ErrorCode;
use wire::alter_configs_response::Response;
use wire::{AlterConfigsRequest, AlterConfigsResponse};

use super::refusal::{Refused, authorize, check_alterable};
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let mut asked = Vec::new();
    let mut responses: Vec<(Response, bool)> = Vec::with_capacity(request.resources.len());
    for resource in request.resources {
        let kind = ResourceType(resource.resource_type);
        let name = resource.resource_name;
        let allowed = check_alterable(kind).and_then(|()| authorize(&context, Operation::AlterConfigs, kind, &name));
        let waits = allowed.is_ok();
        responses.push((told(kind, &name, allowed.err()), waits));
        if waits {
            let configs = resource.configs.into_iter().map(|config| (config.name, config.value)).collect();
            asked.push(ResourceConfigs { resource: ConfigResource { kind, name }, configs });
        }
    }
    let mut results = Vec::new();
    let mut failure = ErrorCode::UnknownServerError;
    if !asked.is_empty() {
        let command = Command::AlterConfigs(AlterConfigs { resources: asked, validate_only: request.validate_only });
        match context.node.cluster.ask(command).await {
            Ok(Answer::AlterConfigs(answers)) => results = answers,
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
        told(ResourceType(response.resource_type), &response.resource_name, refused)
    });
    AlterConfigsResponse { responses: responses.collect(), ..AlterConfigsResponse::default() }
}

fn told(kind: ResourceType, name: &types::Str, refused: Option<Refused>) -> Response {
    let (code, message) = refused.map_or((ErrorCode::None, None), |(code, message)| (code, Some(message)));
    Response {
        error_code: code.code(),
        error_message: message,
        resource_type: kind.0,
        resource_name: name.clone(),
        ..Response::default()
    }
}
