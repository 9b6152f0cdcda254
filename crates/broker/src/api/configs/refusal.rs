//! Who may read or change which configuration.

use metadata::image::ResourceType;
use security::{Operation, Resource};
use types::{ErrorCode, Str};

use crate::router::Context;

/// Why a resource is refused: the code and words.
pub(super) type Refused = (ErrorCode, Str);

/// May the connection's user do this to the configuration of a resource?
pub(super) fn authorize(
    context: &Context,
    operation: Operation,
    kind: ResourceType,
    name: &str,
) -> Result<(), Refused> {
    let (resource, code) = match kind {
        ResourceType::TOPIC => (Resource::topic(name), ErrorCode::TopicAuthorizationFailed),
        ResourceType::GROUP => (Resource::group(name), ErrorCode::GroupAuthorizationFailed),
        ResourceType::BROKER | ResourceType::BROKER_LOGGER | ResourceType::CLIENT_METRICS => {
            (Resource::CLUSTER, ErrorCode::ClusterAuthorizationFailed)
        }
        _ => return Err((ErrorCode::InvalidRequest, "there is no such type of configuration".into())),
    };
    if context.allows(operation, resource) { Ok(()) } else { Err((code, Str::EMPTY)) }
}

/// Can this configuration be changed through the controller?
pub(super) fn check_alterable(kind: ResourceType) -> Result<(), Refused> {
    match kind {
        ResourceType::TOPIC | ResourceType::BROKER | ResourceType::GROUP => Ok(()),
        ResourceType::BROKER_LOGGER => {
            Err((ErrorCode::InvalidRequest, "log levels cannot be changed at run time".into()))
        }
        ResourceType::CLIENT_METRICS => {
            Err((ErrorCode::InvalidRequest, "metrics of clients are not collected by this node".into()))
        }
        _ => Err((ErrorCode::InvalidRequest, "there is no such type of configuration".into())),
    }
}
