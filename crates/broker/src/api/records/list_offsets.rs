//! ListOffsets (2), versions 1–11: offsets by timestamp, and the ends of a partition.
//!
//! Behaviour: −1 latest (the high watermark, or the last stable offset for read-committed), −2 earliest, −3 the record with
//! the greatest timestamp (7+), −4 earliest local (8+), −5 latest tiered (9+), −6 earliest pending upload (11+): without
//! remote storage −4 is the log start, −5 and −6 have no answer (−1). A timestamp gives the first record that is not
//! older, looked for inside compressed batches. A special timestamp that the version does not know: UNSUPPORTED_VERSION.
//! Version notes: 4+ leader epochs are checked and told. A partition that is named twice: INVALID_REQUEST.
//! Authorization: Describe on each topic.

use std::collections::HashSet;

use security::{Operation, Resource};
use types::{ErrorCode, LeaderEpoch, NO_EPOCH, NO_OFFSET, NO_TIMESTAMP, Offset, TimestampMs};
use wire::list_offsets_request::Partition as Asked;
use wire::list_offsets_response::{Partition as Answer, Topic};
use wire::{ListOffsetsRequest, ListOffsetsResponse};

use crate::partition::{Isolation, Partition};
use crate::router::Context;

const LATEST: TimestampMs = -1;
const EARLIEST: TimestampMs = -2;
const MAX_TIMESTAMP: TimestampMs = -3;
const EARLIEST_LOCAL: TimestampMs = -4;
const LATEST_TIERED: TimestampMs = -5;
const EARLIEST_PENDING_UPLOAD: TimestampMs = -6;
/// Replica id of a consumer.
const CONSUMER: i32 = -1;

pub(crate) async fn handle(context: Context, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let isolation = if request.isolation_level == 1 { Isolation::Committed } else { Isolation::Uncommitted };
    let mut seen = HashSet::new();
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let allowed = context.allows(Operation::Describe, Resource::topic(&topic.name));
        let found = context.node.partitions.topic(&topic.name);
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in topic.partitions {
            let number = asked.partition_index;
            let partition = found.as_ref().and_then(|topic| topic.partition(number));
            let result = if !seen.insert((topic.name.clone(), number)) {
                Err(ErrorCode::InvalidRequest)
            } else if !allowed {
                Err(ErrorCode::TopicAuthorizationFailed)
            } else {
                partition
                    .ok_or(ErrorCode::UnknownTopicOrPartition)
                    .and_then(|partition| look_up(&context, &partition, &asked, request.replica_id, isolation))
            };
            partitions.push(answer(context.version(), number, result));
        }
        topics.push(Topic { name: topic.name, partitions, ..Topic::default() });
    }
    ListOffsetsResponse { topics, ..ListOffsetsResponse::default() }
}

type Found = Option<(Offset, TimestampMs, LeaderEpoch)>;

fn look_up(
    context: &Context,
    partition: &Partition,
    asked: &Asked,
    replica_id: i32,
    isolation: Isolation,
) -> Result<Found, ErrorCode> {
    partition.check_leader(asked.current_leader_epoch)?;
    let known = match asked.timestamp {
        MAX_TIMESTAMP => context.version() >= 7,
        EARLIEST_LOCAL => context.version() >= 8,
        LATEST_TIERED => context.version() >= 9,
        EARLIEST_PENDING_UPLOAD => context.version() >= 11,
        timestamp => timestamp >= EARLIEST,
    };
    if !known {
        return Err(ErrorCode::UnsupportedVersion);
    }
    let end = partition.readable_end(isolation);
    let consumer = replica_id == CONSUMER;
    match asked.timestamp {
        LATEST if consumer && !partition.knows_high_watermark() => Err(ErrorCode::OffsetNotAvailable),
        LATEST => {
            let offset = if consumer { end } else { partition.log_end() };
            Ok(Some((offset, NO_TIMESTAMP, partition.leader_epoch())))
        }
        EARLIEST | EARLIEST_LOCAL => {
            let offset = partition.log_start();
            Ok(Some((offset, NO_TIMESTAMP, partition.epoch_at(offset))))
        }
        LATEST_TIERED | EARLIEST_PENDING_UPLOAD => Ok(None),
        MAX_TIMESTAMP => Ok(partition.newest_timestamp()?.filter(|&(offset, ..)| offset < end)),
        timestamp => {
            let found = partition.offset_for_timestamp(timestamp)?;
            if found.is_none_or(|(offset, ..)| offset >= end) && consumer && !partition.knows_high_watermark() {
                return Err(ErrorCode::OffsetNotAvailable);
            }
            Ok(found.filter(|&(offset, ..)| offset < end))
        }
    }
}

fn answer(version: i16, number: i32, result: Result<Found, ErrorCode>) -> Answer {
    let nothing = (NO_OFFSET, NO_TIMESTAMP, NO_EPOCH);
    let (code, (offset, timestamp, leader_epoch)) = match result {
        Ok(found) => (ErrorCode::None, found.unwrap_or(nothing)),
        Err(code) => (code, nothing),
    };
    // Answers before version 4 have no place for it.
    let leader_epoch = if version >= 4 { leader_epoch } else { NO_EPOCH };
    Answer { partition_index: number, error_code: code.code(), timestamp, offset, leader_epoch, ..Answer::default() }
}
