//! The node makes itself known to the controller, and keeps its session.

use std::net::SocketAddr;
use std::sync::Arc;

use metadata::controller::{
    AlterPartition, AlterPartitionTopic, BrokerHeartbeat, HeartbeatReply, IsrMember, NewPartitionState, RegisterBroker,
    RegisterController,
};
use metadata::image::{Endpoint, LeaderRecoveryState};
use metadata::{Answer, Command};
use types::{ErrorCode, Uuid};

use super::StartError;
use super::start::advertised;
use crate::format::controller_endpoints;
use crate::node::Node;

/// Heartbeats until the broker may serve: one to be caught up, one to be unfenced.
const HEARTBEATS: usize = 20;

/// Registers controller and broker, and returns when the broker may serve.
pub(super) async fn register(
    node: &Arc<Node>,
    addresses: &[(String, SocketAddr)],
    previous_broker_epoch: i64,
) -> Result<(), StartError> {
    let incarnation_id = Uuid::from_random(node.random.next_16());
    let features: Vec<_> = node.cluster.supported_features().cloned().collect();
    let controller = RegisterController {
        controller_id: node.id,
        incarnation_id,
        endpoints: controller_endpoints(&node.settings)
            .iter()
            .map(|endpoint| Endpoint {
                listener: endpoint.name.clone(),
                host: endpoint.host.clone(),
                port: endpoint.port,
                security_protocol: 0,
            })
            .collect(),
        features: features.clone(),
    };
    match node.cluster.ask(Command::RegisterController(controller)).await {
        Ok(Answer::RegisterController(Ok(()))) => {}
        answer => return Err(refused("register the controller", &answer)),
    }
    let endpoints = advertised(&node.settings, addresses).into_iter().map(|(listener, host, port)| Endpoint {
        listener: listener.name.into(),
        host,
        port,
        security_protocol: listener.security_protocol.code(),
    });
    let rack = node.settings.get_optional_str("broker.rack").map(Into::into);
    let broker = RegisterBroker {
        broker_id: node.id,
        cluster_id: node.cluster_id.clone(),
        incarnation_id,
        endpoints: endpoints.collect(),
        features,
        rack,
        log_dirs: node.directories.ids(),
        previous_broker_epoch,
        next_offset: 0,
    };
    match node.cluster.ask(Command::RegisterBroker(broker)).await {
        Ok(Answer::RegisterBroker(Ok(epoch))) => node.cluster.set_broker_epoch(epoch),
        answer => return Err(refused("register the broker", &answer)),
    }
    for _ in 0..HEARTBEATS {
        match beat(node, false).await {
            Ok(reply) if !reply.is_fenced => {
                recovered(node).await;
                return Ok(());
            }
            Ok(_) => {}
            Err(code) => {
                return Err(StartError::Metadata(format!("the controller does not accept this broker: {code}")));
            }
        }
    }
    Err(StartError::Metadata("the controller does not unfence this broker".to_owned()))
}

/// Partitions of which the only replica came back after a crash are led again "recovering": their log was brought into order
/// before, so the leader says that they are well (KIP-704).
async fn recovered(node: &Node) {
    let image = node.cluster.image();
    let broker_epoch = node.cluster.broker_epoch();
    let topics = image.topics().filter_map(|topic| {
        let recovering = topic.partitions.iter().filter(|(_, partition)| {
            partition.leader == node.id && partition.leader_recovery_state == LeaderRecoveryState::Recovering
        });
        let partitions: Vec<_> = recovering
            .map(|(&number, partition)| NewPartitionState {
                partition: number,
                leader_epoch: partition.leader_epoch,
                partition_epoch: partition.partition_epoch,
                isr: partition.isr.iter().map(|&broker_id| IsrMember { broker_id, broker_epoch: -1 }).collect(),
                leader_recovery_state: LeaderRecoveryState::Recovered.code(),
            })
            .collect();
        (!partitions.is_empty()).then_some(AlterPartitionTopic { topic_id: topic.id, partitions })
    });
    let topics: Vec<_> = topics.collect();
    if topics.is_empty() {
        return;
    }
    let command = AlterPartition { broker_id: node.id, broker_epoch, topics };
    match node.cluster.ask(Command::AlterPartition(command)).await {
        Ok(Answer::AlterPartition(Ok(_))) => {}
        // They are led all the same; the next start says it again.
        answer => tracing::warn!(?answer, "partitions stay marked as recovering"),
    }
}

/// Asks the controller to hand over what this broker leads and to fence it, as a broker does that stops in good order. Whoever
/// starts next on these directories then registers at once, rather than waiting for a session that ends.
pub(super) async fn leave(node: &Node) {
    for _ in 0..HEARTBEATS {
        match beat(node, true).await {
            Ok(reply) if reply.should_shut_down => return,
            Ok(_) => {}
            Err(code) => {
                tracing::info!(%code, "the controller does not take the farewell; its session ends by itself");
                return;
            }
        }
    }
}

fn refused(what: &str, answer: &Result<Answer, ErrorCode>) -> StartError {
    let reason = match answer {
        Ok(Answer::RegisterBroker(Err(refusal))) | Ok(Answer::RegisterController(Err(refusal))) => {
            refusal.message.to_string()
        }
        Ok(_) => "unexpected answer".to_owned(),
        Err(code) => code.to_string(),
    };
    StartError::Metadata(format!("cannot {what}: {reason}"))
}

/// Tells the controller that this broker lives.
pub(super) async fn beat(node: &Node, want_shut_down: bool) -> Result<HeartbeatReply, ErrorCode> {
    let heartbeat = BrokerHeartbeat {
        broker_id: node.id,
        broker_epoch: node.cluster.broker_epoch(),
        current_metadata_offset: node.cluster.published_offset(),
        want_fence: false,
        want_shut_down,
        offline_log_dirs: node
            .directories
            .iter()
            .zip(node.directories.ids())
            .filter_map(|(directory, id)| directory.is_offline().then_some(id))
            .collect(),
        cordoned_log_dirs: None,
        next_offset: 0,
    };
    match node.cluster.ask(Command::BrokerHeartbeat(heartbeat)).await? {
        Answer::BrokerHeartbeat(Ok(reply)) => Ok(reply),
        Answer::BrokerHeartbeat(Err(refusal)) => Err(refusal.code),
        _ => Err(ErrorCode::UnknownServerError),
    }
}
