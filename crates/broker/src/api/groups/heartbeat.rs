//! Heartbeat (12), versions 0–4: a member is alive, and hears when it must join again.
//!
//! Behaviour: in a stable group the answer is held for a moment and leaves the instant a rebalance begins. Answers of a
//! connection keep the order of their requests, so a held one gives way as soon as another request arrives behind it.
//! Only clients whose heartbeats travel beside their other work are held: those that are known for it by the name they give
//! in ApiVersions. KafkaJS, Sarama and others wait for the answer before they send anything else.
//! Version notes: 3+ static members. Authorization: Read on the group.

use groups::{Answer, Command, Heartbeat};
use security::{Operation, Resource};
use types::ErrorCode;
use wire::{HeartbeatRequest, HeartbeatResponse};

use super::ask;
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: HeartbeatRequest) -> HeartbeatResponse {
    let code = beat(&context, request).await;
    HeartbeatResponse { error_code: code.code(), ..HeartbeatResponse::default() }
}

/// Names (or their beginnings) of clients that send heartbeats beside their other requests: Java's, librdkafka and what is
/// built on it, franz-go.
const HEARTBEATS_BESIDE_WORK: [&str; 5] = ["apache-kafka-java", "librdkafka", "confluent-kafka-", "rdkafka", "kgo"];

fn may_hold(software: Option<&str>) -> bool {
    software.is_some_and(|name| HEARTBEATS_BESIDE_WORK.iter().any(|known| name.starts_with(known)))
}

async fn beat(context: &Context, request: HeartbeatRequest) -> ErrorCode {
    if !context.allows(Operation::Read, Resource::group(&request.group_id)) {
        return ErrorCode::GroupAuthorizationFailed;
    }
    let (group_id, member_id) = (request.group_id.clone(), request.member_id.clone());
    let seen = context.session.arrivals();
    let command = Command::Heartbeat(Heartbeat {
        group_id: request.group_id,
        generation: request.generation_id,
        member_id: request.member_id,
        instance_id: request.group_instance_id,
        may_hold: may_hold(context.session.software()),
    });
    let mut asked = match ask::start(context, &group_id, command) {
        Ok(asked) => asked,
        // A member of a group that is being loaded has nothing to fear: its session begins after the load.
        Err(ErrorCode::CoordinatorLoadInProgress) => return ErrorCode::None,
        Err(code) => return code,
    };
    let answer = tokio::select! {
        biased;
        answer = asked.answered() => answer,
        () = context.session.another_after(seen) => {
            let held = asked.ticket;
            let release = Command::ReleaseHeartbeat { group_id: group_id.clone(), member_id, held };
            match ask::start(context, &group_id, release) {
                Ok(_) => asked.answer().await,
                Err(code) => return code,
            }
        }
    };
    match answer {
        Answer::Heartbeat(code) | Answer::Done(code) => code,
        _ => ask::UNEXPECTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_that_are_known_for_it_are_held() {
        assert!(
            may_hold(Some("apache-kafka-java")) && may_hold(Some("confluent-kafka-python")) && may_hold(Some("kgo"))
        );
        assert!(!may_hold(None) && !may_hold(Some("sarama")) && !may_hold(Some("aiokafka")));
    }
}
