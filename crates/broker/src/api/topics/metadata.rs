//! Metadata (3), versions 0–13: brokers, topics, partitions, leaders.
//!
//! Behaviour: `null` topics mean all (in version 0 an empty list does), unknown topics may be created when the request and
//! `auto.create.topics.enable` allow it; a created topic is told with its leaders at once, because it is usable at once.
//! Version notes: from 4 the request says whether topics may be created; 8–10 cluster operations; 8+ topic operations; 10+
//! topic ids; 12+ requests by id; 13 an error at the top.
//! Authorization: Describe on each topic; Create on the topic or the cluster to create it. A topic that may not be seen
//! gives the same answer whether it exists or not, and is left out of "all".

use metadata::ClusterImage;
use metadata::image::Topic;
use security::{Operation, Resource};
use types::{CONSUMER_OFFSETS, ErrorCode, Str};
use wire::metadata_request::Topic as Asked;
use wire::metadata_response as response;
use wire::{MetadataRequest, MetadataResponse};

use super::placement;
use crate::cluster::AutoCreate;
use crate::router::Context;

/// Topics can be asked for by id from this version on.
const FIRST_BY_ID: i16 = 12;

pub(crate) async fn handle(context: Context, request: MetadataRequest) -> MetadataResponse {
    let version = context.version();
    let all = match &request.topics {
        None => true,
        Some(topics) => version == 0 && topics.is_empty(),
    };
    let may_create = request.allow_auto_topic_creation || version < 4;
    let mut topics = Vec::new();
    if all {
        let image = context.node.cluster.image();
        let visible = image.topics().filter(|topic| context.allows(Operation::Describe, Resource::topic(&topic.name)));
        topics.extend(visible.map(|topic| describe(&context, &image, topic, &request)));
    } else {
        for asked in request.topics.iter().flatten() {
            topics.push(one(&context, asked, &request, may_create).await);
        }
    }
    let image = context.node.cluster.image();
    let listener = context.session.listener();
    let brokers = image.brokers().values().filter(|broker| broker.is_active()).filter_map(|broker| {
        let endpoint = broker.endpoint(listener)?;
        Some(response::Broker {
            node_id: broker.id,
            host: endpoint.host.clone(),
            port: endpoint.port.into(),
            rack: broker.rack.clone(),
            ..response::Broker::default()
        })
    });
    MetadataResponse {
        brokers: brokers.collect(),
        cluster_id: Some(context.node.cluster_id.clone()),
        controller_id: context.node.id,
        topics,
        cluster_authorized_operations: cluster_operations(&context, &request),
        ..MetadataResponse::default()
    }
}

async fn one(context: &Context, asked: &Asked, request: &MetadataRequest, may_create: bool) -> response::Topic {
    let image = context.node.cluster.image();
    let Some(name) = &asked.name else {
        if context.version() < FIRST_BY_ID {
            // These versions carry an id but must not be asked by it, and their answers know no null name.
            return refused(Some(Str::EMPTY), ErrorCode::InvalidRequest);
        }
        let found = image.topic_by_id(asked.topic_id);
        return match found.filter(|topic| context.allows(Operation::Describe, Resource::topic(&topic.name))) {
            Some(topic) => describe(context, &image, topic, request),
            None => response::Topic { topic_id: asked.topic_id, ..refused(None, ErrorCode::UnknownTopicId) },
        };
    };
    if !context.allows(Operation::Describe, Resource::topic(name)) {
        return refused(Some(name.clone()), ErrorCode::TopicAuthorizationFailed);
    }
    if let Some(topic) = image.topic(name) {
        return describe(context, &image, topic, request);
    }
    if types::validate_topic_name(name).is_err() {
        return refused(Some(name.clone()), ErrorCode::InvalidTopicException);
    }
    if !(may_create && context.node.settings.get_bool("auto.create.topics.enable")) {
        return refused(Some(name.clone()), ErrorCode::UnknownTopicOrPartition);
    }
    if !context.allows(Operation::Create, Resource::CLUSTER)
        && !context.allows(Operation::Create, Resource::topic(name))
    {
        return refused(Some(name.clone()), ErrorCode::TopicAuthorizationFailed);
    }
    // The node's own topics are made as the node needs them, not as a client's would be.
    let wanted = match name.as_str() {
        CONSUMER_OFFSETS => AutoCreate::consumer_offsets(&context.node),
        name if types::is_internal(name) => return refused(asked.name.clone(), ErrorCode::UnknownTopicOrPartition),
        _ => AutoCreate::topic(name, &context.node),
    };
    match context.node.cluster.auto_create(wanted).await {
        ErrorCode::None => {
            let image = context.node.cluster.image();
            match image.topic(name) {
                Some(topic) => describe(context, &image, topic, request),
                None => refused(Some(name.clone()), ErrorCode::UnknownTopicOrPartition),
            }
        }
        code => refused(Some(name.clone()), code),
    }
}

fn refused(name: Option<Str>, code: ErrorCode) -> response::Topic {
    let is_internal = name.as_deref().is_some_and(types::is_internal);
    response::Topic {
        error_code: code.code(),
        name,
        is_internal,
        topic_authorized_operations: i32::MIN,
        ..response::Topic::default()
    }
}

fn describe(context: &Context, image: &ClusterImage, topic: &Topic, request: &MetadataRequest) -> response::Topic {
    let listener = context.session.listener();
    let operations = if request.include_topic_authorized_operations {
        context.allowed_bits(Resource::topic(&topic.name))
    } else {
        i32::MIN
    };
    let partitions = topic.partitions.iter().map(|(&number, partition)| {
        let error = match placement::leader_error(image, partition, listener) {
            // Clients before version 6 do not know the code.
            ErrorCode::ListenerNotFound if context.version() < 6 => ErrorCode::LeaderNotAvailable,
            error => error,
        };
        response::Partition {
            error_code: error.code(),
            partition_index: number,
            leader_id: if error.is_none() { partition.leader } else { types::NO_NODE },
            leader_epoch: partition.leader_epoch,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            offline_replicas: placement::offline_replicas(image, partition),
            ..response::Partition::default()
        }
    });
    response::Topic {
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: types::is_internal(&topic.name),
        partitions: partitions.collect(),
        topic_authorized_operations: operations,
        ..response::Topic::default()
    }
}

fn cluster_operations(context: &Context, request: &MetadataRequest) -> i32 {
    if !request.include_cluster_authorized_operations {
        return i32::MIN;
    }
    if context.allows(Operation::Describe, Resource::CLUSTER) { context.allowed_bits(Resource::CLUSTER) } else { 0 }
}
