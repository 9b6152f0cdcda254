//! Writing and reading through the wire: what is acknowledged is read back, in order, also after a restart and after a kill.

use std::time::Duration;

use testkit::{Client, TestBroker, produce_request, values_of};
use types::ErrorCode;
use wire::create_topics_request::Topic as NewTopic;
use wire::fetch_request::{Partition, Topic};
use wire::{CreateTopicsRequest, FetchRequest, FetchResponse};

async fn create(client: &mut Client, name: &str, partitions: i32) {
    let topic =
        NewTopic { name: name.into(), num_partitions: partitions, replication_factor: 1, ..NewTopic::default() };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..CreateTopicsRequest::default() };
    let answer = client.ask(7, &request).await;
    assert_eq!(answer.topics[0].error_code, 0, "{answer:?}");
}

fn fetch(topic: &str, partition: i32, offset: i64, max_wait_ms: i32) -> FetchRequest {
    let partition = Partition { partition, fetch_offset: offset, partition_max_bytes: 1 << 20, ..Partition::default() };
    let topic = Topic { topic: topic.into(), partitions: vec![partition], ..Topic::default() };
    FetchRequest {
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 1 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..FetchRequest::default()
    }
}

fn values(answer: &FetchResponse) -> Vec<String> {
    let partition = &answer.responses[0].partitions[0];
    assert_eq!(partition.error_code, 0);
    partition.records.as_ref().and_then(|records| records.as_bytes()).map(values_of).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_read_in_every_version() {
    let broker = TestBroker::in_memory().await;
    let mut client = Client::connect(broker.address()).await;
    create(&mut client, "t", 1).await;
    for version in 3..=12 {
        let answer = client.ask(version, &produce_request("t", 0, &["a", "b"])).await;
        let told = &answer.responses[0].partition_responses[0];
        assert_eq!((told.error_code, told.base_offset), (0, i64::from(version - 3) * 2));
    }
    for version in 4..=12 {
        let answer = client.ask(version, &fetch("t", 0, 0, 100)).await;
        assert_eq!(values(&answer).len(), 20, "version {version}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_fetch_is_answered_by_the_next_record() {
    let broker = TestBroker::in_memory().await;
    let mut writer = Client::connect(broker.address()).await;
    create(&mut writer, "t", 2).await;
    let mut reader = Client::connect(broker.address()).await;
    let waiting = tokio::spawn(async move { reader.ask(11, &fetch("t", 1, 0, 60_000)).await });
    // The reader waits a minute unless it is woken; the test's own patience is far shorter.
    writer.ask(9, &produce_request("t", 1, &["now"])).await;
    let answer = tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("woken").expect("not cancelled");
    assert_eq!(values(&answer), ["now"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_keep_the_order_of_their_requests() {
    let broker = TestBroker::in_memory().await;
    let mut client = Client::connect(broker.address()).await;
    create(&mut client, "t", 1).await;
    let mut sent = Vec::new();
    for number in 0..200 {
        sent.push(client.send(9, &produce_request("t", 0, &[&number.to_string()])).await);
    }
    for (number, correlation) in sent.into_iter().enumerate() {
        let answer = client.receive::<wire::ProduceRequest>(9, correlation).await.expect("an answer");
        assert_eq!(answer.responses[0].partition_responses[0].base_offset, number as i64);
    }
    let answer = client.ask(11, &fetch("t", 0, 0, 0)).await;
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    assert_eq!(values(&answer), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_records_survive_a_restart_and_a_kill() {
    let mut broker = TestBroker::on_disk_with(&[]).await;
    let mut client = Client::connect(broker.address()).await;
    create(&mut client, "t", 1).await;
    for round in 0..4 {
        let mut client = Client::connect(broker.address()).await;
        let answer = client.ask(9, &produce_request("t", 0, &[&format!("round {round}")])).await;
        assert_eq!(answer.responses[0].partition_responses[0].base_offset, round);
        broker = broker.restart().await;
        let mut client = Client::connect(broker.address()).await;
        let answer = client.ask(11, &fetch("t", 0, 0, 0)).await;
        assert_eq!(values(&answer), (0..=round).map(|n| format!("round {n}")).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_carry_kafkas_codes() {
    let broker = TestBroker::in_memory().await;
    let mut client = Client::connect(broker.address()).await;
    create(&mut client, "t", 1).await;
    let code =
        |answer: &wire::ProduceResponse| ErrorCode::from_code(answer.responses[0].partition_responses[0].error_code);
    let answer = client.ask(9, &produce_request("t", 7, &["x"])).await;
    assert_eq!(code(&answer), ErrorCode::UnknownTopicOrPartition);
    let answer = client.ask(9, &produce_request("missing", 0, &["x"])).await;
    assert_eq!(code(&answer), ErrorCode::UnknownTopicOrPartition);
    let mut wrong_acks = produce_request("t", 0, &["x"]);
    wrong_acks.acks = 2;
    assert_eq!(code(&client.ask(9, &wrong_acks).await), ErrorCode::InvalidRequiredAcks);
    let answer = client.ask(9, &produce_request("__consumer_offsets", 0, &["x"])).await;
    assert_eq!(code(&answer), ErrorCode::InvalidTopicException);
    let answer = client.ask(11, &fetch("t", 0, 99, 0)).await;
    let partition = &answer.responses[0].partitions[0];
    assert_eq!(ErrorCode::from_code(partition.error_code), ErrorCode::OffsetOutOfRange);
}
