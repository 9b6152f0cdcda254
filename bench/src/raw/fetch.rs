//! Fetch v11 of one partition: a request that is encoded once, with correlation id and offset patched, and its answer.

use batch::{BatchError, BatchView, Batches};
use types::ErrorCode;
use wire::fetch_request::{FetchRequest, Partition, Topic};
use wire::frame::request_frame;

use super::connection::{CLIENT_ID, Connection};
use super::cursor::Cursor;
use crate::failure::Failure;

/// The version that the loads speak: the last with topic names and fixed lengths.
pub const VERSION: i16 = 11;
/// No fetch session.
pub const SESSIONLESS: i32 = -1;

/// Behind the length: key, version, then the correlation id.
const CORRELATION_ID_AT: usize = 8;
/// What follows the offset: log start offset, maximum of the partition, no forgotten topics, empty rack.
const BEHIND_OFFSET: usize = 8 + 4 + 4 + 2;
/// A reader waits so long for the first byte.
const MAX_WAIT_MS: i32 = 500;

/// A request for one partition, ready to be sent for any offset.
pub struct FetchFrame {
    bytes: Vec<u8>,
    next: i32,
}

/// What a partition has answered.
pub struct Fetched<'a> {
    /// The offset behind the last record that may be read.
    pub high_watermark: i64,
    records: &'a [u8],
}

impl FetchFrame {
    /// Asks one partition for up to `max_bytes`, and for at least a byte within half a second.
    pub fn new(topic: &str, partition: i32, max_bytes: i32) -> Result<FetchFrame, Failure> {
        let request = FetchRequest {
            max_wait_ms: MAX_WAIT_MS,
            min_bytes: 1,
            max_bytes,
            session_epoch: SESSIONLESS,
            topics: vec![Topic {
                topic: topic.into(),
                partitions: vec![Partition { partition, partition_max_bytes: max_bytes, ..Default::default() }],
                ..Default::default()
            }],
            ..Default::default()
        };
        let bytes = request_frame(0, Some(CLIENT_ID), VERSION, &request)?.into_bytes()?.to_vec();
        Ok(FetchFrame { bytes, next: 0 })
    }

    /// Asks for records from an offset on and waits for the answer.
    pub fn ask<'c>(&mut self, connection: &'c mut Connection, offset: i64) -> Result<Fetched<'c>, Failure> {
        let id = self.next;
        self.next = id.wrapping_add(1);
        connection.send(self.stamped(id, offset))?;
        parse(connection.wait()?, id)
    }

    fn stamped(&mut self, id: i32, offset: i64) -> &[u8] {
        let offset_at = self.bytes.len() - BEHIND_OFFSET - 8;
        self.bytes[CORRELATION_ID_AT..CORRELATION_ID_AT + 4].copy_from_slice(&id.to_be_bytes());
        self.bytes[offset_at..offset_at + 8].copy_from_slice(&offset.to_be_bytes());
        &self.bytes
    }
}

impl<'a> Fetched<'a> {
    /// The whole batches; a last one that was cut at the maximum of bytes is left out.
    pub fn batches(&self) -> impl Iterator<Item = Result<BatchView<'a>, BatchError>> + use<'a> {
        Batches::new(self.records).take_while(|batch| !matches!(batch, Err(BatchError::Incomplete { .. })))
    }
}

fn parse(frame: &[u8], correlation_id: i32) -> Result<Fetched<'_>, Failure> {
    let mut cursor = Cursor::new(frame);
    let answered = cursor.int32()?;
    if answered != correlation_id {
        return Err(Failure::new(format!("fetch {correlation_id} is answered by {answered}")));
    }
    let _throttle_time = cursor.int32()?;
    succeeded(cursor.int16()?)?;
    let _session = cursor.int32()?;
    let topics = cursor.int32()?;
    cursor.skip_text()?;
    let partitions = cursor.int32()?;
    if (topics, partitions) != (1, 1) {
        return Err(Failure::new(format!("Fetch answers for {topics} topics, {partitions} partitions")));
    }
    let _index = cursor.int32()?;
    succeeded(cursor.int16()?)?;
    let high_watermark = cursor.int64()?;
    let _last_stable_and_log_start = cursor.take(16)?;
    let aborted = usize::try_from(cursor.int32()?).unwrap_or(0);
    cursor.take(aborted.saturating_mul(16))?;
    let _preferred_replica = cursor.int32()?;
    let length = usize::try_from(cursor.int32()?).unwrap_or(0);
    let records = cursor.take(length)?;
    cursor.finish()?;
    Ok(Fetched { high_watermark, records })
}

fn succeeded(code: i16) -> Result<(), Failure> {
    match ErrorCode::from_code(code) {
        ErrorCode::None => Ok(()),
        code => Err(Failure::new(format!("Fetch is answered with {code}"))),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use wire::fetch_response::{self, FetchResponse};
    use wire::frame::{decode_request_header, response_frame};
    use wire::{ApiKey, Message};

    use super::*;
    use crate::raw::produce;

    #[test]
    fn patched_request_asks_for_the_offset() {
        let mut fetch = FetchFrame::new("some-topic", 4, 1 << 20).unwrap();
        let frame = Bytes::copy_from_slice(&fetch.stamped(99, 0x0102_0304_0506)[4..]);
        let (api, header, mut body) = decode_request_header(frame).unwrap();
        assert_eq!((api, header.correlation_id), (ApiKey::Fetch, 99));
        let request = FetchRequest::decode(&mut body, VERSION).unwrap();
        let partition = &request.topics[0].partitions[0];
        assert_eq!((partition.partition, partition.fetch_offset), (4, 0x0102_0304_0506));
        assert_eq!((partition.log_start_offset, partition.partition_max_bytes), (-1, 1 << 20));
    }

    fn answer(error_code: i16, records: Bytes) -> Bytes {
        let partition = fetch_response::Partition {
            error_code,
            high_watermark: 2,
            aborted_transactions: None,
            records: Some(records.into()),
            ..Default::default()
        };
        let topic = fetch_response::Response { topic: "t".into(), partitions: vec![partition], ..Default::default() };
        let response = FetchResponse { responses: vec![topic], ..Default::default() };
        response_frame(5, ApiKey::Fetch, VERSION, &response).unwrap().into_bytes().unwrap().slice(4..)
    }

    #[test]
    fn batch_that_is_cut_at_the_end_is_left_out() {
        let batch = produce::batch(100, 0, 1).unwrap();
        let bytes = [&batch[..], &batch[..batch.len() - 1]].concat();
        let frame = answer(0, bytes.into());
        let fetched = parse(&frame, 5).unwrap();
        assert_eq!(fetched.high_watermark, 2);
        let batches: Vec<_> = fetched.batches().collect();
        assert_eq!(batches.len(), 1);
        assert_eq!(batches[0].as_ref().unwrap().bytes(), &batch[..]);
    }

    #[test]
    fn error_codes_and_other_answers_are_failures() {
        let frame = answer(1, Bytes::new());
        assert!(parse(&frame, 5).err().unwrap().to_string().contains("OFFSET_OUT_OF_RANGE"));
        assert!(parse(&answer(0, Bytes::new()), 6).is_err());
    }
}
