//! Topics of the legs: created, waited for until every partition answers, deleted, waited for until the disk has them no more.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use types::ErrorCode;
use wire::{CreateTopicsRequest, DeleteTopicsRequest, FetchRequest, create_topics_request, fetch_request};

use super::connection::Connection;
use super::fetch;
use crate::failure::{Failure, Within};

const CREATE_VERSION: i16 = 4;
const DELETE_VERSION: i16 = 3;
/// A topic must be usable, or gone, within this time. Kafka looks for deleted logs for the first time after 30 s.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
const TIMEOUT_MS: i32 = 30_000;

/// Creates a topic of one replica and waits until all its partitions can be read.
pub fn create(connection: &mut Connection, name: &str, partitions: i32) -> Result<(), Failure> {
    let topic = create_topics_request::Topic {
        name: name.into(),
        num_partitions: partitions,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: TIMEOUT_MS, ..Default::default() };
    let code = until_settled(|| {
        let response = connection.call(CREATE_VERSION, &request)?;
        Ok(response
            .topics
            .first()
            .map_or(ErrorCode::UnknownServerError, |topic| ErrorCode::from_code(topic.error_code)))
    })
    .within("CreateTopics")?;
    // A first try that timed out may have succeeded.
    if !matches!(code, ErrorCode::None | ErrorCode::TopicAlreadyExists) {
        return Err(Failure::new(format!("CreateTopics is answered with {code}")));
    }
    await_leaders(connection, name, partitions)
}

/// Deletes a topic and waits until its directories are gone.
pub fn delete(connection: &mut Connection, name: &str, data: &Path) -> Result<(), Failure> {
    let request = DeleteTopicsRequest { topic_names: vec![name.into()], timeout_ms: TIMEOUT_MS, ..Default::default() };
    let response = connection.call(DELETE_VERSION, &request)?;
    let code = response
        .responses
        .first()
        .map_or(ErrorCode::UnknownServerError, |topic| ErrorCode::from_code(topic.error_code));
    if code != ErrorCode::None {
        return Err(Failure::new(format!("DeleteTopics is answered with {code}")));
    }
    let deadline = Instant::now() + LIMIT;
    while has_partition_of(data, name)? {
        if Instant::now() > deadline {
            return Err(Failure::new(format!("the deleted topic {name} is still on the disk after a minute")));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn await_leaders(connection: &mut Connection, name: &str, partitions: i32) -> Result<(), Failure> {
    let partitions = (0..partitions)
        .map(|partition| fetch_request::Partition { partition, partition_max_bytes: 1024, ..Default::default() })
        .collect();
    let topic = fetch_request::Topic { topic: name.into(), partitions, ..Default::default() };
    let request =
        FetchRequest { max_bytes: 1024, session_epoch: fetch::SESSIONLESS, topics: vec![topic], ..Default::default() };
    let code = until_settled(|| {
        let response = connection.call(fetch::VERSION, &request)?;
        let mut codes = response.responses.iter().flat_map(|topic| &topic.partitions).map(|p| p.error_code);
        Ok(ErrorCode::from_code(codes.find(|&code| code != 0).unwrap_or(response.error_code)))
    })
    .within("the first Fetch")?;
    match code {
        ErrorCode::None => Ok(()),
        code => Err(Failure::new(format!("the first Fetch is answered with {code}"))),
    }
}

/// Asks again while the answer is one that passes by itself. A broker that is not yet registered makes the controller say that
/// it has no replicas to give.
fn until_settled(mut ask: impl FnMut() -> Result<ErrorCode, Failure>) -> Result<ErrorCode, Failure> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let code = ask()?;
        let passes = code.is_retriable() || code == ErrorCode::InvalidReplicationFactor;
        if !passes || Instant::now() > deadline {
            return Ok(code);
        }
        thread::sleep(PAUSE);
    }
}

/// Directories of a partition begin with `topic-number`, those of a deleted one go on with more.
fn has_partition_of(data: &Path, topic: &str) -> Result<bool, Failure> {
    let prefix = format!("{topic}-");
    for entry in fs::read_dir(data).within(data.display())? {
        if entry.within(data.display())?.file_name().to_string_lossy().starts_with(&prefix) {
            return Ok(true);
        }
    }
    Ok(false)
}
