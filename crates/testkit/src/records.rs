//! Records in and out of requests.

use batch::{BatchBuilder, Batches, Record, Records};
use bytes::Bytes;
use wire::ProduceRequest;
use wire::produce_request::{PartitionData, TopicData};

/// A request that appends these values to one partition, with `acks` −1.
pub fn produce_request(topic: &str, partition: i32, values: &[&str]) -> ProduceRequest {
    let mut builder = BatchBuilder::new(0);
    for value in values {
        builder.append(1_700_000_000_000, None, Some(value.as_bytes()), &[]);
    }
    let records = builder.build().expect("a batch of a few records");
    let data = PartitionData { index: partition, records: Some(records.into()), ..PartitionData::default() };
    let topic = TopicData { name: topic.into(), partition_data: vec![data], ..TopicData::default() };
    ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![topic], ..ProduceRequest::default() }
}

/// All records of some batches.
pub fn records_of(batches: &Bytes) -> Vec<Record> {
    let mut records = Vec::new();
    let mut position = 0;
    for batch in Batches::new(batches) {
        let batch = batch.expect("whole batches");
        batch.check_crc().expect("an intact batch");
        let size = batch.bytes().len();
        let of_batch = Records::new(&batches.slice(position..position + size)).expect("readable records");
        records.extend(of_batch.map(|record| record.expect("a readable record")));
        position += size;
    }
    records
}

/// The values of all records as text.
pub fn values_of(batches: &Bytes) -> Vec<String> {
    let records = records_of(batches).into_iter();
    records.map(|record| String::from_utf8_lossy(&record.value.unwrap_or_default()).into_owned()).collect()
}
