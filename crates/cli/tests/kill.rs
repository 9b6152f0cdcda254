//! `kill -9` in a loop under load: every acknowledged record is there, in order, once; groups go on from their commits.
#![allow(clippy::disallowed_methods, reason = "the producers live in real time")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use batch::BatchBuilder;
use testkit::{BrokerProcess, Client, values_of};
use wire::offset_commit_request::{Partition as CommitPartition, Topic as CommitTopic};
use wire::offset_fetch_request::OffsetFetchRequestTopic;
use wire::produce_request::{PartitionData, TopicData};
use wire::{
    CreateTopicsRequest, FetchRequest, InitProducerIdRequest, OffsetCommitRequest, OffsetFetchRequest, ProduceRequest,
};

const KILLS: usize = 8;
const PARTITIONS: i32 = 3;
const TOPIC: &str = "survivors";

/// The present: a producer whose records are old counts as expired, in Kafka too.
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970").as_millis() as i64
}

async fn connect(process: &std::net::SocketAddr) -> Client {
    loop {
        if let Some(client) = Client::try_connect(*process).await {
            return client;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// One idempotent producer: it sends value after value and repeats what was not acknowledged, with the same sequence.
async fn produce(address: std::net::SocketAddr, partition: i32, stop: Arc<AtomicBool>) -> i64 {
    let mut client = connect(&address).await;
    let producer_id = loop {
        let request = InitProducerIdRequest {
            transactional_id: None,
            producer_id: -1,
            producer_epoch: -1,
            ..InitProducerIdRequest::default()
        };
        match client.try_ask(4, &request).await {
            Ok(answer) if answer.error_code == 0 => break answer.producer_id,
            _ => client = connect(&address).await,
        }
    };
    let mut next = 0i64;
    while !stop.load(Ordering::Relaxed) {
        let value = next.to_string();
        let mut builder = BatchBuilder::new(0).producer(producer_id, 0, next as i32);
        builder.append(now_ms(), None, Some(value.as_bytes()), &[]);
        let records = builder.build().expect("a batch of one record");
        let data = PartitionData { index: partition, records: Some(records.into()), ..PartitionData::default() };
        let topic = TopicData { name: TOPIC.into(), partition_data: vec![data], ..TopicData::default() };
        let request =
            ProduceRequest { acks: -1, timeout_ms: 10_000, topic_data: vec![topic], ..ProduceRequest::default() };
        match client.try_ask(9, &request).await {
            Ok(answer) => {
                let told = &answer.responses[0].partition_responses[0];
                match told.error_code {
                    0 => {
                        assert_eq!(told.base_offset, next, "an acknowledged record has its place");
                        next += 1;
                    }
                    // Starting up: leadership is not known yet.
                    3 | 5 | 6 => {}
                    code => panic!("unexpected code {code}: {told:?}"),
                }
            }
            Err(_) => client = connect(&address).await,
        }
    }
    next
}

/// A consumer that commits rising offsets; says what was acknowledged last.
async fn commit(address: std::net::SocketAddr, acknowledged: Arc<AtomicI64>, stop: Arc<AtomicBool>) {
    let mut client = connect(&address).await;
    let mut offset = 1;
    while !stop.load(Ordering::Relaxed) {
        let partition = CommitPartition {
            partition_index: 0,
            committed_offset: offset,
            committed_metadata: Some("note".into()),
            ..CommitPartition::default()
        };
        let topic = CommitTopic { name: TOPIC.into(), partitions: vec![partition], ..CommitTopic::default() };
        let request = OffsetCommitRequest {
            group_id: "survivors".into(),
            generation_id_or_member_epoch: -1,
            topics: vec![topic],
            ..OffsetCommitRequest::default()
        };
        match client.try_ask(8, &request).await {
            Ok(answer) if answer.topics[0].partitions[0].error_code == 0 => {
                acknowledged.store(offset, Ordering::SeqCst);
                offset += 1;
            }
            Ok(_) => {
                // The coordinator is loading, or the offsets topic is not there yet.
                let request = wire::FindCoordinatorRequest { key: "survivors".into(), ..Default::default() };
                let _ = client.try_ask(3, &request).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Err(_) => client = connect(&address).await,
        }
    }
}

async fn read_all(client: &mut Client, partition: i32) -> Vec<String> {
    let mut values = Vec::new();
    loop {
        let wanted = wire::fetch_request::Partition {
            partition,
            fetch_offset: values.len() as i64,
            partition_max_bytes: 1 << 20,
            ..Default::default()
        };
        let topic = wire::fetch_request::Topic { topic: TOPIC.into(), partitions: vec![wanted], ..Default::default() };
        let request =
            FetchRequest { max_bytes: 1 << 20, session_epoch: -1, topics: vec![topic], ..FetchRequest::default() };
        let answer = client.ask(11, &request).await;
        let told = &answer.responses[0].partitions[0];
        assert_eq!(told.error_code, 0);
        let batches = told.records.as_ref().and_then(|records| records.as_bytes()).cloned().unwrap_or_default();
        if batches.is_empty() {
            return values;
        }
        let skip = values.len();
        let first = testkit::records_of(&batches)[0].offset as usize;
        values.extend(values_of(&batches).into_iter().skip(skip - first));
    }
}

async fn committed(client: &mut Client) -> i64 {
    let topic = OffsetFetchRequestTopic {
        name: TOPIC.into(),
        partition_indexes: vec![0],
        ..OffsetFetchRequestTopic::default()
    };
    let request =
        OffsetFetchRequest { group_id: "survivors".into(), topics: Some(vec![topic]), ..OffsetFetchRequest::default() };
    loop {
        let answer = client.ask(5, &request).await;
        if answer.error_code == 0 {
            return answer.topics[0].partitions[0].committed_offset;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn survive(durability: &str) {
    let mut process = BrokerProcess::prepare(
        Path::new(env!("CARGO_BIN_EXE_vltava")),
        &[("vltava.durability", durability), ("log.segment.bytes", "1048576")],
    );
    process.format();
    process.start().await;
    let address = process.address();
    let topic = wire::create_topics_request::Topic {
        name: TOPIC.into(),
        num_partitions: PARTITIONS,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..CreateTopicsRequest::default() };
    assert_eq!(connect(&address).await.ask(5, &request).await.topics[0].error_code, 0);

    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicI64::new(0));
    let producers: Vec<_> =
        (0..PARTITIONS).map(|partition| tokio::spawn(produce(address, partition, stop.clone()))).collect();
    let committer = tokio::spawn(commit(address, acknowledged.clone(), stop.clone()));
    for round in 0..KILLS {
        // Different moments of the work are hit; the first rounds hit the start itself.
        tokio::time::sleep(Duration::from_millis(20 + 90 * round as u64)).await;
        process.kill();
        process.start().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut counts = Vec::new();
    for producer in producers {
        counts.push(producer.await.expect("the producer ends well"));
    }
    committer.await.expect("the committer ends well");
    process.kill();
    process.start().await;

    let mut client = connect(&address).await;
    for (partition, acknowledged) in counts.into_iter().enumerate() {
        assert!(acknowledged > 0, "the load was real");
        let values = read_all(&mut client, partition as i32).await;
        let expected: Vec<String> = (0..values.len()).map(|number| number.to_string()).collect();
        assert_eq!(values, expected, "partition {partition}: in order, each once");
        assert!(values.len() as i64 >= acknowledged, "partition {partition}: {} of {acknowledged}", values.len());
    }
    let (told, last) = (committed(&mut client).await, acknowledged.load(Ordering::SeqCst));
    assert!(last > 0 && told >= last, "the group goes on from {told}, {last} was acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_records_survive_kill_9() {
    survive("kafka").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn synced_records_survive_kill_9() {
    survive("replicated-or-synced").await;
}
