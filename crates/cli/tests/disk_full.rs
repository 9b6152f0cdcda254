//! A full disk: produce is refused with a code that clients retry, reads and deletes go on, and freeing space is enough.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]

use std::path::Path;
use std::process::Command;

use batch::BatchBuilder;
use testkit::{BrokerProcess, Client, records_of};
use types::ErrorCode;
use wire::produce_request::{PartitionData, TopicData};
use wire::{CreateTopicsRequest, DeleteTopicsRequest, FetchRequest, ProduceRequest};

/// A small file system in memory, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount() -> Option<SmallDisk> {
        let directory = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(directory.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(SmallDisk(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

fn produce(topic: &str, bytes: usize) -> ProduceRequest {
    let mut builder = BatchBuilder::new(0);
    builder.append(1_700_000_000_000, None, Some(&vec![7; bytes]), &[]);
    let records = builder.build().expect("a batch of one record");
    let data = PartitionData { index: 0, records: Some(records.into()), ..PartitionData::default() };
    let topic = TopicData { name: topic.into(), partition_data: vec![data], ..TopicData::default() };
    ProduceRequest { acks: 1, timeout_ms: 10_000, topic_data: vec![topic], ..ProduceRequest::default() }
}

async fn produced(client: &mut Client, topic: &str, bytes: usize) -> ErrorCode {
    let answer = client.ask(9, &produce(topic, bytes)).await;
    ErrorCode::from_code(answer.responses[0].partition_responses[0].error_code)
}

async fn create(client: &mut Client, name: &str) {
    let topic = wire::create_topics_request::Topic {
        name: name.into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() };
    assert_eq!(client.ask(5, &request).await.topics[0].error_code, 0);
}

async fn count(client: &mut Client, topic: &str) -> usize {
    let mut offset = 0;
    loop {
        let wanted =
            wire::fetch_request::Partition { fetch_offset: offset, partition_max_bytes: 1 << 20, ..Default::default() };
        let topics =
            vec![wire::fetch_request::Topic { topic: topic.into(), partitions: vec![wanted], ..Default::default() }];
        let request = FetchRequest { max_bytes: 1 << 20, session_epoch: -1, topics, ..FetchRequest::default() };
        let answer = client.ask(11, &request).await;
        let told = &answer.responses[0].partitions[0];
        assert_eq!(told.error_code, 0);
        let batches = told.records.as_ref().and_then(|records| records.as_bytes()).cloned().unwrap_or_default();
        match records_of(&batches).last() {
            Some(last) => offset = last.offset + 1,
            None => return offset as usize,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_producers_and_nothing_else() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: only root can mount the small file system that this test fills");
        return;
    };
    let set = [("log.segment.delete.delay.ms", "0"), ("vltava.durability", "kafka")];
    let mut process =
        BrokerProcess::prepare_at(Path::new(env!("CARGO_BIN_EXE_vltava")), &disk.path().join("data"), &set);
    process.format();
    process.start().await;
    let mut client = Client::connect(process.address()).await;
    create(&mut client, "large").await;
    create(&mut client, "small").await;
    assert_eq!(produced(&mut client, "small", 100).await, ErrorCode::None);
    let mut written = 0;
    let refusal = loop {
        match produced(&mut client, "large", 500_000).await {
            ErrorCode::None => written += 1,
            code => break code,
        }
        assert!(written < 100, "the disk never fills");
    };
    assert_eq!(refusal, ErrorCode::KafkaStorageError);
    assert!(refusal.is_retriable());
    // What was acknowledged is still read, and the refused record is not among it.
    assert_eq!(count(&mut client, "large").await, written);
    assert_eq!(count(&mut client, "small").await, 1);
    // Deleting a topic frees its space, and producers go on without a restart.
    let request = DeleteTopicsRequest { topic_names: vec!["large".into()], timeout_ms: 10_000, ..Default::default() };
    let mut deleted = client.ask(5, &request).await;
    for _ in 0..100 {
        if deleted.responses[0].error_code == 0 {
            break;
        }
        // Even the record of the deletion needs a little room; until it has it, the refusal is one to retry.
        assert!(ErrorCode::from_code(deleted.responses[0].error_code).is_retriable());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        deleted = client.ask(5, &request).await;
    }
    assert_eq!(deleted.responses[0].error_code, 0);
    let again = async {
        while produced(&mut client, "small", 500_000).await != ErrorCode::None {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), again).await.expect("freed space is used");
    // A start that finds no room says so, and calls nothing damaged.
    process.kill();
    let filler = disk.path().join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file can be made");
    while std::io::Write::write(&mut file, &[0; 4096]).is_ok_and(|written| written > 0) {}
    drop(file);
    let told = process.fail_to_start();
    assert!(told.contains("no space is left on the disk of"), "{told}");
    std::fs::remove_file(&filler).expect("it can be removed");
    // And the log that met the full disk is in order.
    process.start().await;
    let mut client = Client::connect(process.address()).await;
    assert!(count(&mut client, "small").await >= 2);
}
