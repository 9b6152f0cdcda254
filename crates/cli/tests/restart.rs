//! What a stop and a start leave behind: the metadata log after a clean stop, deleted records after a kill.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]

use std::path::Path;

use records::MetadataRecord;
use testkit::{BrokerProcess, Client, produce_request, records_of};
use wire::{CreateTopicsRequest, DeleteRecordsRequest, ListOffsetsRequest};

const EARLIEST: i64 = -2;

async fn topic_with_records(client: &mut Client, count: usize) {
    let topic = wire::create_topics_request::Topic {
        name: "topic".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() };
    assert_eq!(client.ask(5, &request).await.topics[0].error_code, 0);
    for _ in 0..count {
        let answer = client.ask(9, &produce_request("topic", 0, &["value"])).await;
        assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    }
}

async fn earliest(client: &mut Client) -> i64 {
    let asked = wire::list_offsets_request::Partition { timestamp: EARLIEST, ..Default::default() };
    let topic =
        wire::list_offsets_request::Topic { name: "topic".into(), partitions: vec![asked], ..Default::default() };
    let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
    let answer = client.ask(7, &request).await;
    assert_eq!(answer.topics[0].partitions[0].error_code, 0);
    answer.topics[0].partitions[0].offset
}

fn metadata_records(data: &Path) -> Vec<MetadataRecord> {
    let log = data.join("__cluster_metadata-0/00000000000000000000.log");
    let batches = std::fs::read(log).expect("the metadata log has one segment").into();
    let values = records_of(&batches).into_iter().filter_map(|record| record.value);
    values.filter_map(|value| records::metadata::decode(value).ok()).map(|(record, _)| record).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_fences_the_broker() {
    let mut process = BrokerProcess::prepare(Path::new(env!("CARGO_BIN_EXE_vltava")), &[]);
    process.format();
    process.start().await;
    topic_with_records(&mut Client::connect(process.address()).await, 3).await;
    process.stop();
    let changes = metadata_records(&process.data()).into_iter().filter_map(|record| match record {
        MetadataRecord::BrokerRegistrationChange(change) => Some(change.fenced),
        _ => None,
    });
    let fenced: Vec<i8> = changes.collect();
    // 1 is fenced: as long as it is not, no other process may register on these directories before the session has ended.
    assert_eq!(fenced.last(), Some(&1), "{fenced:?}");
    let metadata = std::fs::read_to_string(process.data().join("__cluster_metadata-0/partition.metadata"));
    assert!(metadata.expect("it is there").ends_with("AAAAAAAAAAAAAAAAAAAAAQ"));
    process.start().await;
    let mut client = Client::connect(process.address()).await;
    let answer = client.ask(9, &produce_request("topic", 0, &["value"])).await;
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    assert_eq!(answer.responses[0].partition_responses[0].base_offset, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_records_stay_deleted_after_kill_9() {
    // The records are old: their age shall not delete them.
    let set = [("log.retention.ms", "-1")];
    let mut process = BrokerProcess::prepare(Path::new(env!("CARGO_BIN_EXE_vltava")), &set);
    process.format();
    process.start().await;
    let mut client = Client::connect(process.address()).await;
    topic_with_records(&mut client, 5).await;
    let asked = wire::delete_records_request::Partition { offset: 3, ..Default::default() };
    let topic =
        wire::delete_records_request::Topic { name: "topic".into(), partitions: vec![asked], ..Default::default() };
    let request = DeleteRecordsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() };
    let answer = client.ask(2, &request).await;
    assert_eq!((answer.topics[0].partitions[0].error_code, answer.topics[0].partitions[0].low_watermark), (0, 3));
    process.kill();
    process.start().await;
    assert_eq!(earliest(&mut Client::connect(process.address()).await).await, 3);
}
