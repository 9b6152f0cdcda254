//! ListConfigResources (74), versions 0–1: the resources that can be or are configured.
//!
//! Version notes: 0 lists subscriptions to clients' metrics only (its name was ListClientMetricsResources); 1 names the types,
//! none meaning all. Authorization: DescribeConfigs on the cluster.

use metadata::image::ResourceType;
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::list_config_resources_response::ConfigResource as Listed;
use wire::{ListConfigResourcesRequest, ListConfigResourcesResponse};

use crate::router::Context;

const TYPES: [ResourceType; 5] = [
    ResourceType::TOPIC,
    ResourceType::BROKER,
    ResourceType::BROKER_LOGGER,
    ResourceType::CLIENT_METRICS,
    ResourceType::GROUP,
];

pub(crate) async fn handle(context: Context, request: ListConfigResourcesRequest) -> ListConfigResourcesResponse {
    if !context.allows(Operation::DescribeConfigs, Resource::CLUSTER) {
        return refused(ErrorCode::ClusterAuthorizationFailed);
    }
    let types: Vec<ResourceType> = match (context.version(), request.resource_types.as_slice()) {
        (0, _) => vec![ResourceType::CLIENT_METRICS],
        (_, []) => TYPES.to_vec(),
        (_, asked) => asked.iter().map(|&code| ResourceType(code)).collect(),
    };
    if types.iter().any(|kind| !TYPES.contains(kind)) {
        return refused(ErrorCode::UnsupportedVersion);
    }
    let image = context.node.cluster.image();
    let mut resources = Vec::new();
    for kind in types {
        let names: Vec<Str> = match kind {
            ResourceType::TOPIC => image.topic_names().cloned().collect(),
            ResourceType::BROKER | ResourceType::BROKER_LOGGER => {
                image.brokers().keys().map(|id| Str::from(id.to_string())).collect()
            }
            _ => image.configs().keys().filter(|it| it.kind == kind).map(|it| it.name.clone()).collect(),
        };
        let listed = names.into_iter();
        resources.extend(listed.map(|name| Listed { resource_name: name, resource_type: kind.0, ..Listed::default() }));
    }
    ListConfigResourcesResponse { config_resources: resources, ..ListConfigResourcesResponse::default() }
}

fn refused(code: ErrorCode) -> ListConfigResourcesResponse {
    ListConfigResourcesResponse { error_code: code.code(), ..ListConfigResourcesResponse::default() }
}
