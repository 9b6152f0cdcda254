//! Fetch (1), versions 4–18: reads record batches, waiting for new ones if need be.
//!
//! Behaviour: the answer leaves when `min_bytes` are there, when a partition has an error, or when `max_wait_ms` are over. A
//! batch is never cut: the first one found is sent even when it is larger than asked for, and one that begins before the
//! wanted offset is sent whole. Record data goes from the file to the socket; only small pieces are copied.
//! Version notes: 7+ sessions (KIP-227); 9+ leader epochs are checked; 12+ divergence is told; 13+ topics by id.
//! Authorization: Read on each topic; ClusterAction on the cluster for replicas.
//! Skipped: reading from followers; this node is every partition's leader.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use runtime::FileSlice;
use security::{Operation, Resource};
use types::{ErrorCode, NO_OFFSET};
use wire::fetch_request::ForgottenTopicsData;
use wire::fetch_response::{AbortedTransaction, CurrentLeader, DivergingEpoch, Partition as Answer, Response};
use wire::{FetchRequest, FetchResponse, Records};

use super::fetch_session::{FetchContext, PartitionRef, SessionRequest, Told, TopicRef, Wanted};
use crate::partition::{Isolation, Partition, Read, ReadError, ReadRequest, Waiter};
use crate::router::{Context, Outcome};

/// Slices up to this size are copied: one write for the whole answer costs less than one `sendfile` for each.
const COPY_UP_TO: u32 = 16 * 1024;

pub(crate) async fn handle(context: Context, request: FetchRequest) -> Outcome<FetchResponse> {
    let node = context.node.clone();
    node.metrics.fetch_requests.add(1);
    let uses_ids = context.version() >= 13;
    let replica = request.replica_id.max(request.replica_state.replica_id);
    if replica >= 0 && !context.allows(Operation::ClusterAction, Resource::CLUSTER) {
        return top_error(ErrorCode::ClusterAuthorizationFailed).into();
    }
    let asked = SessionRequest {
        id: request.session_id,
        epoch: request.session_epoch,
        uses_ids,
        partitions: wanted(&request, uses_ids),
        forgotten: forgotten(&request.forgotten_topics_data, uses_ids),
    };
    let placed = match node.fetch_sessions.place(asked, node.clock.monotonic()) {
        Ok(placed) => placed,
        Err(code) => return top_error(code).into(),
    };
    let partitions = match &placed {
        FetchContext::Sessionless(partitions) | FetchContext::Full(partitions) => partitions,
        FetchContext::Incremental(_, partitions) => partitions,
    };
    let reader = Reader {
        targets: partitions.iter().map(|(partition, wanted)| target(&context, partition, wanted, replica)).collect(),
        isolation: if request.isolation_level == 1 { Isolation::Committed } else { Isolation::Uncommitted },
        max_bytes: request.max_bytes.min(node.settings.get_int("fetch.max.bytes")).max(0) as u32,
    };
    let min_bytes = (request.min_bytes.max(0) as usize).min(reader.max_bytes as usize);
    let max_wait_ms = request.max_wait_ms;
    // A held fetch must not hold the buffer that it came in.
    drop(request);
    let results = reader.read_or_wait(min_bytes, max_wait_ms).await;
    answer(&context, placed, results, uses_ids)
}

fn top_error(code: ErrorCode) -> FetchResponse {
    FetchResponse { error_code: code.code(), ..FetchResponse::default() }
}

fn wanted(request: &FetchRequest, uses_ids: bool) -> Vec<(PartitionRef, Wanted)> {
    let topics = request.topics.iter().flat_map(|topic| {
        let name = if uses_ids { TopicRef::Id(topic.topic_id) } else { TopicRef::Name(topic.topic.detached()) };
        topic.partitions.iter().map(move |partition| {
            let wanted = Wanted {
                fetch_offset: partition.fetch_offset,
                max_bytes: partition.partition_max_bytes,
                current_leader_epoch: partition.current_leader_epoch,
                last_fetched_epoch: partition.last_fetched_epoch,
                log_start_offset: partition.log_start_offset,
            };
            ((name.clone(), partition.partition), wanted)
        })
    });
    // A partition that is named twice counts once, as it was named last.
    let mut wanted: Vec<(PartitionRef, Wanted)> = topics.collect();
    if wanted.len() > 1 {
        let mut seen = HashSet::with_capacity(wanted.len());
        wanted.reverse();
        wanted.retain(|(partition, _)| seen.insert(partition.clone()));
        wanted.reverse();
    }
    wanted
}

fn forgotten(topics: &[ForgottenTopicsData], uses_ids: bool) -> Vec<PartitionRef> {
    let partitions = topics.iter().flat_map(|topic| {
        let name = if uses_ids { TopicRef::Id(topic.topic_id) } else { TopicRef::Name(topic.topic.clone()) };
        topic.partitions.iter().map(move |&number| (name.clone(), number))
    });
    partitions.collect()
}

/// A partition to be read, or why it cannot be.
struct Target {
    found: Result<Arc<Partition>, ErrorCode>,
    wanted: Wanted,
}

fn target(context: &Context, (topic, number): &PartitionRef, wanted: &Wanted, replica: i32) -> Target {
    let partitions = &context.node.partitions;
    let (found, unknown) = match topic {
        TopicRef::Id(id) => (partitions.topic_by_id(*id), ErrorCode::UnknownTopicId),
        TopicRef::Name(name) => (partitions.topic(name), ErrorCode::UnknownTopicOrPartition),
    };
    let name = match (&found, topic) {
        (Some(topic), _) => topic.name(),
        (None, TopicRef::Name(name)) => name,
        (None, TopicRef::Id(_)) => return Target { found: Err(unknown), wanted: wanted.clone() },
    };
    let found = if replica < 0 && !context.allows(Operation::Read, Resource::topic(name)) {
        Err(ErrorCode::TopicAuthorizationFailed)
    } else {
        found.ok_or(unknown).and_then(|topic| {
            let partition = topic.partition(*number).ok_or(ErrorCode::UnknownTopicOrPartition)?;
            // A node that holds no replica of the partition is told to look for its place again.
            if replica >= 0 { Err(ErrorCode::UnknownLeaderEpoch) } else { Ok(partition) }
        })
    };
    Target { found, wanted: wanted.clone() }
}

enum Found {
    Data(Read),
    Failed(ErrorCode, Option<(i32, i32)>),
    Diverging(i32, i64),
}

struct Reader {
    targets: Vec<Target>,
    isolation: Isolation,
    max_bytes: u32,
}

impl Reader {
    async fn read_or_wait(&self, min_bytes: usize, max_wait_ms: i32) -> Vec<Found> {
        let (results, enough) = self.read(min_bytes);
        if enough || max_wait_ms <= 0 {
            return results;
        }
        // The waiter enters before the second look, so that nothing that happens after it is missed.
        let waiter = Waiter::default();
        let mut seen = HashSet::new();
        let partitions = self.targets.iter().filter_map(|target| target.found.as_ref().ok());
        let partitions = partitions.filter(|partition| seen.insert(Arc::as_ptr(partition) as usize));
        let _entered: Vec<_> = partitions.map(|partition| partition.waiters().enter(&waiter)).collect();
        let deadline = tokio::time::Instant::now() + Duration::from_millis(max_wait_ms as u64);
        loop {
            let (results, enough) = self.read(min_bytes);
            if enough {
                return results;
            }
            tokio::select! {
                biased;
                // First: a partition that changes all the time must not keep the answer from leaving.
                () = tokio::time::sleep_until(deadline) => return results,
                () = waiter.changed() => {}
            }
        }
    }

    /// Reads every partition once. Is it enough to answer?
    fn read(&self, min_bytes: usize) -> (Vec<Found>, bool) {
        let mut room = self.max_bytes;
        let mut bytes = 0;
        let mut urgent = self.targets.is_empty();
        let mut results = Vec::with_capacity(self.targets.len());
        for Target { found, wanted } in &self.targets {
            let result = match found {
                Err(code) => Found::Failed(*code, None),
                Ok(partition) => {
                    let request = ReadRequest {
                        offset: wanted.fetch_offset,
                        max_bytes: room.min(wanted.max_bytes.max(0) as u32),
                        at_least_one: bytes == 0,
                        isolation: self.isolation,
                        current_leader_epoch: wanted.current_leader_epoch,
                        last_fetched_epoch: wanted.last_fetched_epoch,
                    };
                    read_one(partition, &request)
                }
            };
            match &result {
                Found::Data(read) => {
                    let length = read.slice.as_ref().map_or(0, |slice| slice.length);
                    room = room.saturating_sub(length);
                    bytes += length as usize;
                }
                Found::Failed(..) | Found::Diverging(..) => urgent = true,
            }
            results.push(result);
        }
        (results, urgent || bytes >= min_bytes)
    }
}

fn read_one(partition: &Partition, request: &ReadRequest) -> Found {
    match partition.read(request) {
        Ok(read) => Found::Data(read),
        Err(ReadError::Diverging { epoch, end_offset }) => Found::Diverging(epoch, end_offset),
        Err(ReadError::Refused(code)) => {
            let moved = matches!(code, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
            Found::Failed(code, moved.then(|| partition.current_leader()))
        }
    }
}

/// The data of an answer: what goes out by file, in the order of the deferred records.
#[derive(Default)]
struct Slices(Vec<FileSlice>);

impl Slices {
    fn records(&mut self, slice: Option<FileSlice>) -> Result<Records, ErrorCode> {
        let Some(slice) = slice else { return Ok(Records::default()) };
        if slice.length <= COPY_UP_TO && runtime::socket::is_cached(&slice) {
            let copied = slice.read().map_err(|error| {
                tracing::error!(%error, "cannot read a segment");
                ErrorCode::KafkaStorageError
            })?;
            return Ok(Records::Bytes(copied));
        }
        let records = Records::Deferred { index: self.0.len() as u32, length: slice.length };
        self.0.push(slice);
        Ok(records)
    }
}

fn answer(context: &Context, placed: FetchContext, results: Vec<Found>, uses_ids: bool) -> Outcome<FetchResponse> {
    let node = &context.node;
    let mut slices = Slices::default();
    let mut session_id = 0;
    let mut answers: Vec<(PartitionRef, Answer)> = Vec::with_capacity(results.len());
    match placed {
        FetchContext::Sessionless(partitions) => {
            for ((partition, _), result) in partitions.into_iter().zip(results) {
                let answer = partition_answer(context, partition.1, result, &mut slices).0;
                answers.push((partition, answer));
            }
        }
        FetchContext::Full(partitions) => {
            let mut begun = Vec::with_capacity(partitions.len());
            for ((partition, wanted), result) in partitions.into_iter().zip(results) {
                let (answer, told) = partition_answer(context, partition.1, result, &mut slices);
                let untold = Told { high_watermark: -1, last_stable_offset: -1, log_start_offset: -1 };
                begun.push((partition.clone(), wanted, told.unwrap_or(untold)));
                answers.push((partition, answer));
            }
            session_id = node.fetch_sessions.begin(uses_ids, begun, node.clock.monotonic());
        }
        FetchContext::Incremental(session, partitions) => {
            session_id = session.id();
            let mut gave = Vec::new();
            for ((partition, _), result) in partitions.into_iter().zip(results) {
                let has_records = matches!(&result, Found::Data(read) if read.slice.is_some());
                let told = told(&result);
                if session.is_news(&partition, told, has_records) {
                    let answer = partition_answer(context, partition.1, result, &mut slices).0;
                    if has_records {
                        gave.push(partition.clone());
                    }
                    answers.push((partition, answer));
                }
            }
            session.move_to_end(&gave);
        }
    }
    let response = FetchResponse { session_id, responses: by_topic(answers), ..FetchResponse::default() };
    Outcome::RespondWith(response, slices.0)
}

fn told(result: &Found) -> Option<Told> {
    match result {
        Found::Data(read) => Some(Told {
            high_watermark: read.high_watermark,
            last_stable_offset: read.last_stable_offset,
            log_start_offset: read.log_start_offset,
        }),
        _ => None,
    }
}

fn partition_answer(context: &Context, number: i32, result: Found, slices: &mut Slices) -> (Answer, Option<Told>) {
    let told = told(&result);
    let answer = match result {
        Found::Data(read) => {
            let length = read.slice.as_ref().map_or(0, |slice| slice.length);
            context.node.metrics.bytes_out.add(length.into());
            match slices.records(read.slice) {
                Err(code) => failed(context, number, code, None),
                Ok(records) => Answer {
                    partition_index: number,
                    high_watermark: read.high_watermark,
                    last_stable_offset: read.last_stable_offset,
                    log_start_offset: read.log_start_offset,
                    aborted_transactions: read.aborted.map(aborted),
                    preferred_read_replica: types::NO_NODE,
                    records: Some(records),
                    ..Answer::default()
                },
            }
        }
        Found::Diverging(epoch, end_offset) => Answer {
            diverging_epoch: DivergingEpoch { epoch, end_offset, ..DivergingEpoch::default() },
            ..failed(context, number, ErrorCode::None, None)
        },
        Found::Failed(code, leader) => failed(context, number, code, leader),
    };
    (answer, told)
}

fn aborted(transactions: Vec<(i64, i64)>) -> Vec<AbortedTransaction> {
    let list = transactions.into_iter();
    list.map(|(producer_id, first_offset)| AbortedTransaction { producer_id, first_offset, ..Default::default() })
        .collect()
}

fn failed(context: &Context, number: i32, code: ErrorCode, leader: Option<(i32, i32)>) -> Answer {
    if !code.is_none() {
        context.node.metrics.failed_fetch.add(1);
    }
    let current_leader = leader.map_or_else(CurrentLeader::default, |(leader_id, leader_epoch)| CurrentLeader {
        leader_id,
        leader_epoch,
        ..CurrentLeader::default()
    });
    Answer {
        partition_index: number,
        error_code: code.code(),
        high_watermark: NO_OFFSET,
        last_stable_offset: NO_OFFSET,
        log_start_offset: NO_OFFSET,
        current_leader,
        preferred_read_replica: types::NO_NODE,
        records: Some(Records::default()),
        ..Answer::default()
    }
}

/// Answers of one topic stand together, topics in the order in which they first appear.
fn by_topic(answers: Vec<(PartitionRef, Answer)>) -> Vec<Response> {
    let mut places: HashMap<TopicRef, usize> = HashMap::new();
    let mut responses: Vec<Response> = Vec::new();
    for ((topic, _), answer) in answers {
        let place = *places.entry(topic).or_insert_with_key(|topic| {
            let mut response = Response::default();
            match topic {
                TopicRef::Name(name) => response.topic = name.clone(),
                TopicRef::Id(id) => response.topic_id = *id,
            }
            responses.push(response);
            responses.len() - 1
        });
        responses[place].partitions.push(answer);
    }
    responses
}
