//! Produce v8: requests that are encoded once and sent many times with only their correlation id patched, several in one write.

use batch::BatchBuilder;
use bytes::Bytes;
use types::ErrorCode;
use wire::frame::request_frame;
use wire::produce_request::{PartitionData, ProduceRequest, TopicData};

use super::connection::{CLIENT_ID, Connection};
use super::cursor::Cursor;
use crate::failure::Failure;

const VERSION: i16 = 8;
/// Behind the length: key, version, then the correlation id.
const CORRELATION_ID_AT: usize = 8;
/// Frames are laid side by side for one write up to this size: larger ones gain nothing by it and would leave the CPU's cache.
const WRITE_SIZE: usize = 256 * 1024;
/// The server may take so long for one request.
const TIMEOUT_MS: i32 = 30_000;
/// More than a record costs around its value in a batch: lengths, deltas, null key, no headers.
const RECORD_OVERHEAD: usize = 16;

/// A batch of records with values of this size, as many as fit into `batch_bytes`, at least one.
pub fn batch(value_bytes: usize, batch_bytes: usize, timestamp_ms: i64) -> Result<Bytes, Failure> {
    let value = incompressible(value_bytes);
    let mut builder = BatchBuilder::new(0);
    while builder.is_empty() || builder.size() + value_bytes + RECORD_OVERHEAD <= batch_bytes {
        builder.append(timestamp_ms, None, Some(&value), &[]);
    }
    Ok(builder.build()?)
}

/// Bytes without a pattern, the same in every run.
fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(length)
    .collect()
}

/// A request, ready to be sent as often as wanted.
pub struct ProduceFrames {
    bytes: Vec<u8>,
    frame_length: usize,
    slots: usize,
    partitions: i32,
    next_to_send: i32,
    next_to_answer: i32,
}

impl ProduceFrames {
    /// A request with acks=1 that appends the batch to each partition of a topic; up to `depth` of them go out in one write.
    pub fn new(topic: &str, partitions: i32, batch: &Bytes, depth: usize) -> Result<ProduceFrames, Failure> {
        let request = ProduceRequest {
            acks: 1,
            timeout_ms: TIMEOUT_MS,
            topic_data: vec![TopicData {
                name: topic.into(),
                partition_data: (0..partitions)
                    .map(|index| PartitionData { index, records: Some(batch.clone().into()), ..Default::default() })
                    .collect(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let frame = request_frame(0, Some(CLIENT_ID), VERSION, &request)?.into_bytes()?;
        let slots = (WRITE_SIZE / frame.len()).clamp(1, depth.max(1));
        let bytes = frame.repeat(slots);
        Ok(ProduceFrames { bytes, frame_length: frame.len(), slots, partitions, next_to_send: 0, next_to_answer: 0 })
    }

    /// Sends so many requests in as few writes as they fit.
    pub fn send(&mut self, connection: &mut Connection, count: usize) -> Result<(), Failure> {
        let mut left = count;
        while left > 0 {
            let now = left.min(self.slots);
            connection.send(self.stamped(now))?;
            left -= now;
        }
        Ok(())
    }

    /// Appends so many requests to `output`.
    pub fn write_to(&mut self, output: &mut Vec<u8>, count: usize) {
        for _ in 0..count {
            output.extend_from_slice(self.stamped(1));
        }
    }

    /// The next requests, at most `slots`, each with a correlation id of its own.
    fn stamped(&mut self, count: usize) -> &[u8] {
        let bytes = &mut self.bytes[..count * self.frame_length];
        for frame in bytes.chunks_exact_mut(self.frame_length) {
            let id = self.next_to_send.to_be_bytes();
            frame[CORRELATION_ID_AT..CORRELATION_ID_AT + id.len()].copy_from_slice(&id);
            self.next_to_send = self.next_to_send.wrapping_add(1);
        }
        bytes
    }

    /// Waits for an answer, then takes all that have arrived; how many they were.
    pub fn take_answers(&mut self, connection: &mut Connection) -> Result<u64, Failure> {
        self.check(connection.wait()?)?;
        Ok(1 + self.take_ready_answers(connection)?)
    }

    /// Takes the answers that are in the connection's buffer.
    pub fn take_ready_answers(&mut self, connection: &mut Connection) -> Result<u64, Failure> {
        let mut count = 0;
        while connection.has_frame()? {
            self.check(connection.take()?)?;
            count += 1;
        }
        Ok(count)
    }

    fn check(&mut self, frame: &[u8]) -> Result<(), Failure> {
        let expected = self.next_to_answer;
        self.next_to_answer = expected.wrapping_add(1);
        check_answer(frame, expected, self.partitions)
    }
}

/// The answer must be the next one in order, and every partition must have taken its batch.
fn check_answer(frame: &[u8], correlation_id: i32, partitions: i32) -> Result<(), Failure> {
    let mut cursor = Cursor::new(frame);
    let answered = cursor.int32()?;
    if answered != correlation_id {
        return Err(Failure::new(format!("request {correlation_id} is answered by {answered}")));
    }
    let topics = cursor.int32()?;
    cursor.skip_text()?;
    let count = cursor.int32()?;
    if (topics, count) != (1, partitions) {
        return Err(Failure::new(format!("Produce answers for {topics} topics, {count} partitions")));
    }
    for _ in 0..partitions {
        let index = cursor.int32()?;
        let code = ErrorCode::from_code(cursor.int16()?);
        if code != ErrorCode::None {
            return Err(Failure::new(format!("partition {index} answers Produce with {code}")));
        }
        let _base_offset_and_append_time_and_log_start = cursor.take(24)?;
        if cursor.int32()? > 0 {
            return Err(Failure::new(format!("partition {index} refuses single records")));
        }
        cursor.skip_text()?;
    }
    let _throttle_time = cursor.int32()?;
    cursor.finish()
}

#[cfg(test)]
mod tests {
    use batch::BatchView;
    use wire::frame::{decode_request_header, response_frame};
    use wire::produce_response::{PartitionResponse, ProduceResponse, Response};
    use wire::{ApiKey, Message};

    use super::*;

    #[test]
    fn batch_is_as_full_as_its_limit_allows() {
        let bytes = batch(1024, 16 * 1024, 1).unwrap();
        assert!(bytes.len() <= 16 * 1024 && bytes.len() > 15 * 1024);
        assert_eq!(BatchView::parse(&bytes).unwrap().count(), 15);
        assert_eq!(BatchView::parse(&batch(100, 0, 1).unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn every_frame_of_a_write_has_its_own_correlation_id() {
        let batch = batch(100, 0, 1).unwrap();
        let mut frames = ProduceFrames::new("t", 3, &batch, 5).unwrap();
        let mut output = Vec::new();
        frames.write_to(&mut output, 1);
        output.extend_from_slice(frames.stamped(4));
        let mut rest = Bytes::from(output);
        for id in 0..5 {
            let mut frame = rest.split_to(frames.frame_length);
            assert_eq!(frame.split_to(4), (frames.frame_length as i32 - 4).to_be_bytes().as_slice());
            let (api, header, mut body) = decode_request_header(frame).unwrap();
            assert_eq!((api, header.correlation_id), (ApiKey::Produce, id));
            let request = ProduceRequest::decode(&mut body, header.request_api_version).unwrap();
            let partitions = &request.topic_data[0].partition_data;
            assert_eq!(partitions.len(), 3);
            assert_eq!(partitions[2].records.as_ref().unwrap().as_bytes(), Some(&batch));
        }
        assert!(rest.is_empty());
    }

    fn answer(id: i32, codes: &[i16]) -> Bytes {
        let partition_responses = codes
            .iter()
            .enumerate()
            .map(|(index, &error_code)| PartitionResponse { index: index as i32, error_code, ..Default::default() })
            .collect();
        let response = ProduceResponse {
            responses: vec![Response { name: "t".into(), partition_responses, ..Default::default() }],
            ..Default::default()
        };
        response_frame(id, ApiKey::Produce, VERSION, &response).unwrap().into_bytes().unwrap().slice(4..)
    }

    #[test]
    fn refused_misplaced_or_cut_answers_are_failures() {
        assert_eq!(check_answer(&answer(7, &[0, 0]), 7, 2), Ok(()));
        assert!(check_answer(&answer(8, &[0, 0]), 7, 2).is_err());
        assert!(check_answer(&answer(7, &[0]), 7, 2).is_err());
        let refused = check_answer(&answer(7, &[0, 6]), 7, 2).unwrap_err();
        assert!(refused.to_string().contains("NOT_LEADER_OR_FOLLOWER"), "{refused}");
        let whole = answer(7, &[0, 0]);
        for length in 0..whole.len() {
            assert!(check_answer(&whole[..length], 7, 2).is_err(), "cut at {length}");
        }
    }
}
