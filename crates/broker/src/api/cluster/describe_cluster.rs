//! DescribeCluster (60), versions 0–2: the cluster's id, its controller, its brokers.
//!
//! Version notes: 1 the type of endpoints (1 brokers, 2 controllers; a broker listener answers for brokers only); 2 fenced
//! brokers on request. Authorization: none for the list; the operations need Describe on the cluster.

use security::{Operation, Resource};
use types::ErrorCode;
use wire::describe_cluster_response::Broker;
use wire::{DescribeClusterRequest, DescribeClusterResponse};

use crate::router::Context;

/// `endpoint_type` of brokers.
const BROKERS: i8 = 1;
/// `endpoint_type` of controllers.
const CONTROLLERS: i8 = 2;

pub(crate) async fn handle(context: Context, request: DescribeClusterRequest) -> DescribeClusterResponse {
    let served = if context.session.is_for_controllers() { CONTROLLERS } else { BROKERS };
    if context.version() >= 1 && request.endpoint_type != served {
        let (code, message) = match request.endpoint_type {
            CONTROLLERS => {
                (ErrorCode::MismatchedEndpointType, "this is a broker's listener: ask a controller for controllers")
            }
            BROKERS => (ErrorCode::MismatchedEndpointType, "this is a controller's listener: ask a broker for brokers"),
            _ => (ErrorCode::UnsupportedEndpointType, "the endpoint type is neither 1 (brokers) nor 2 (controllers)"),
        };
        return DescribeClusterResponse {
            error_code: code.code(),
            error_message: Some(message.into()),
            endpoint_type: request.endpoint_type,
            ..DescribeClusterResponse::default()
        };
    }
    let image = context.node.cluster.image();
    let listener = context.session.listener();
    if served == CONTROLLERS {
        return controllers(&context);
    }
    let wanted = |fenced: bool| !fenced || request.include_fenced_brokers;
    let brokers = image.brokers().values().filter(|broker| wanted(broker.fenced)).filter_map(|broker| {
        let endpoint = broker.endpoint(listener)?;
        Some(Broker {
            broker_id: broker.id,
            host: endpoint.host.clone(),
            port: endpoint.port.into(),
            rack: broker.rack.clone(),
            is_fenced: broker.fenced,
            ..Broker::default()
        })
    });
    let operations = match request.include_cluster_authorized_operations {
        false => i32::MIN,
        true if context.allows(Operation::Describe, Resource::CLUSTER) => context.allowed_bits(Resource::CLUSTER),
        true => 0,
    };
    DescribeClusterResponse {
        endpoint_type: BROKERS,
        cluster_id: context.node.cluster_id.clone(),
        controller_id: context.node.id,
        brokers: brokers.collect(),
        cluster_authorized_operations: operations,
        ..DescribeClusterResponse::default()
    }
}

fn controllers(context: &Context) -> DescribeClusterResponse {
    let image = context.node.cluster.image();
    let listener = context.session.listener();
    let controllers = image.controllers().values().filter_map(|controller| {
        let endpoint = controller.endpoints.iter().find(|endpoint| endpoint.listener == *listener)?;
        let (host, port) = (endpoint.host.clone(), endpoint.port.into());
        Some(Broker { broker_id: controller.id, host, port, ..Broker::default() })
    });
    DescribeClusterResponse {
        endpoint_type: CONTROLLERS,
        cluster_id: context.node.cluster_id.clone(),
        controller_id: context.node.id,
        brokers: controllers.collect(),
        cluster_authorized_operations: i32::MIN,
        ..DescribeClusterResponse::default()
    }
}
