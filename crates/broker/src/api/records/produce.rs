//! Produce (0), versions 3–13: appends record batches.
//!
//! Behaviour: every partition of the request is answered, in the order of the request; `acks` 0 gets no answer, and a
//! failure then closes the connection, since nothing else could tell the client. All appends happen before the first wait,
//! so requests of one connection are written in their order. `acks` −1 waits until every in-sync replica has the records, and,
//! where that is this node alone, until they are on its disk (`vltava.durability`); `flush.messages` and `flush.ms` may ask for
//! a sync whatever `acks` says.
//! Version notes: below 7 zstd is refused; 8+ errors per record; 10+ the present leader; 13 topics by id.
//! Authorization: Write on each topic. Clients may not write to internal topics.
//! Skipped: transactional batches are refused; transactions are not served.

use std::sync::Arc;

use security::{Operation, Resource};
use storage::StorageError;
use types::{ErrorCode, NO_OFFSET, NO_TIMESTAMP, Offset, TimestampMs};
use wire::produce_request::{PartitionData, TopicData};
use wire::produce_response::{CurrentLeader, PartitionResponse, RecordError, Response};
use wire::{ProduceRequest, ProduceResponse, Records};

use crate::partition::{AppendError, Partition, ProduceFrom};
use crate::router::{Context, Outcome};

/// Kafka's own tools use this client id where they may write to internal topics.
const ADMIN_CLIENT_ID: &str = "__admin_client";
/// zstd came with this version.
const ZSTD_SINCE: i16 = 7;

/// A partition whose records are not safe enough yet for the request to be answered.
struct Waiting {
    topic: usize,
    partition: usize,
    on: Arc<Partition>,
    end: Offset,
    /// All in-sync replicas must have them.
    replicas: bool,
    /// They must be on this node's disk.
    disk: bool,
}

pub(crate) async fn handle(context: Context, request: ProduceRequest) -> Outcome<ProduceResponse> {
    let metrics = &context.node.metrics;
    metrics.produce_requests.add(1);
    let now_ms = context.node.clock.now_ms();
    let mut waiting = Vec::new();
    let mut failed = false;
    let mut responses = Vec::with_capacity(request.topic_data.len());
    for (topic_index, topic) in request.topic_data.into_iter().enumerate() {
        let door = door(&context, &topic, request.acks, request.transactional_id.is_some());
        let mut answers = Vec::with_capacity(topic.partition_data.len());
        for (partition_index, data) in topic.partition_data.into_iter().enumerate() {
            let number = data.index;
            let answer = match &door {
                Err(code) => refused(number, *code),
                Ok(topic) => {
                    let (answer, appended) = append(&context, topic, data, request.acks, now_ms);
                    if let (Some((on, end)), true) = (appended, request.acks != 0) {
                        let replicas = request.acks == -1;
                        let disk = replicas && context.node.durability.needs_sync(on.in_sync_count())
                            || on.log().needs_sync(now_ms);
                        if replicas || disk {
                            waiting.push(Waiting {
                                topic: topic_index,
                                partition: partition_index,
                                on,
                                end,
                                replicas,
                                disk,
                            });
                        }
                    }
                    answer
                }
            };
            failed |= answer.error_code != 0;
            answers.push(answer);
        }
        responses.push(Response {
            name: topic.name,
            topic_id: topic.topic_id,
            partition_responses: answers,
            ..Response::default()
        });
    }
    if failed {
        metrics.failed_produce.add(1);
    }
    if request.acks == 0 {
        return if failed { Outcome::Close } else { Outcome::Nothing };
    }
    wait_until_safe(&context, waiting, request.timeout_ms, &mut responses).await;
    Outcome::Respond(ProduceResponse { responses, ..ProduceResponse::default() })
}

type Door = Result<Arc<crate::partition::Topic>, ErrorCode>;

/// What holds for every partition of a topic.
fn door(context: &Context, topic: &TopicData, acks: i16, transactional: bool) -> Door {
    if !matches!(acks, -1..=1) {
        return Err(ErrorCode::InvalidRequiredAcks);
    }
    if transactional {
        return Err(ErrorCode::InvalidTxnState);
    }
    let by_id = context.version() >= 13;
    let partitions = &context.node.partitions;
    let found = if by_id { partitions.topic_by_id(topic.topic_id) } else { partitions.topic(&topic.name) };
    let name = found.as_ref().map_or(topic.name.as_str(), |found| found.name());
    if !context.allows(Operation::Write, Resource::topic(name)) {
        return Err(if by_id && found.is_none() {
            ErrorCode::UnknownTopicId
        } else {
            ErrorCode::TopicAuthorizationFailed
        });
    }
    if types::is_internal(name) && context.client_id() != ADMIN_CLIENT_ID {
        return Err(ErrorCode::InvalidTopicException);
    }
    found.ok_or(if by_id { ErrorCode::UnknownTopicId } else { ErrorCode::UnknownTopicOrPartition })
}

type Appended = Option<(Arc<Partition>, Offset)>;

fn append(
    context: &Context,
    topic: &crate::partition::Topic,
    data: PartitionData,
    acks: i16,
    now_ms: TimestampMs,
) -> (PartitionResponse, Appended) {
    let number = data.index;
    let Some(partition) = topic.partition(number) else {
        return (refused(number, ErrorCode::UnknownTopicOrPartition), None);
    };
    let records = match data.records {
        Some(Records::Bytes(records)) => records,
        _ => bytes::Bytes::new(),
    };
    let from = ProduceFrom { acks, allows_zstd: context.version() >= ZSTD_SINCE, now_ms };
    match partition.produce(&records, &from) {
        Ok(appended) => {
            context.node.metrics.messages_in.add(appended.records as u64);
            context.node.metrics.bytes_in.add(records.len() as u64);
            topic.count_in(appended.records as u64, records.len() as u64);
            let answer = PartitionResponse {
                index: number,
                base_offset: appended.base_offset,
                log_append_time_ms: appended.log_append_time_ms,
                log_start_offset: appended.log_start_offset,
                ..PartitionResponse::default()
            };
            (answer, Some((partition, appended.end_offset)))
        }
        Err(error) => (failure(context, number, &partition, &error), None),
    }
}

fn refused(number: i32, code: ErrorCode) -> PartitionResponse {
    PartitionResponse {
        index: number,
        error_code: code.code(),
        base_offset: NO_OFFSET,
        log_append_time_ms: NO_TIMESTAMP,
        log_start_offset: NO_OFFSET,
        ..PartitionResponse::default()
    }
}

fn failure(context: &Context, number: i32, partition: &Partition, error: &AppendError) -> PartitionResponse {
    let code = error.code();
    if let AppendError::Storage(full @ StorageError::DiskFull { .. }) = error {
        context.node.warn_of_full_disk(full);
    }
    let record_errors = error.record_errors().iter().map(|record| RecordError {
        batch_index: record.batch_index,
        batch_index_error_message: Some(record.message.as_str().into()),
        ..RecordError::default()
    });
    let (leader_id, leader_epoch) = partition.current_leader();
    let names_leader = code == ErrorCode::NotLeaderOrFollower && context.version() >= 10;
    PartitionResponse {
        record_errors: record_errors.collect(),
        error_message: Some(error.to_string().into()),
        current_leader: match names_leader {
            true => CurrentLeader { leader_id, leader_epoch, ..CurrentLeader::default() },
            false => CurrentLeader::default(),
        },
        ..refused(number, code)
    }
}

async fn wait_until_safe(context: &Context, waiting: Vec<Waiting>, timeout_ms: i32, responses: &mut [Response]) {
    let deadline = context.node.deadline_in(timeout_ms);
    // All syncs run beside each other; only then each is waited for.
    waiting.iter().filter(|waiting| waiting.disk).for_each(|waiting| waiting.on.begin_sync_up_to(waiting.end));
    for Waiting { topic, partition, on, end, replicas, disk } in waiting {
        let mut code = if replicas { on.committed(end, deadline).await } else { ErrorCode::None };
        // The in-sync set may have shrunk to this node meanwhile.
        let disk = disk || replicas && context.node.durability.needs_sync(on.in_sync_count());
        if disk && code.is_none() {
            code = on.synced(end, deadline).await;
        }
        if !code.is_none() {
            let answer = &mut responses[topic].partition_responses[partition];
            *answer = refused(answer.index, code);
        }
    }
}
