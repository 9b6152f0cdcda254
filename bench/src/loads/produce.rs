//! One connection that keeps a fixed number of Produce requests in flight.

use std::time::{Duration, Instant};

use super::now_ms;
use crate::failure::{Failure, Within};
use crate::leg::{Leg, Measurement};
use crate::pages;
use crate::raw::connection::Connection;
use crate::raw::produce::{ProduceFrames, batch};
use crate::verify;

/// The first requests of a topic may take so long.
const PRIME_LIMIT: Duration = Duration::from_secs(60);

/// What the requests look like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Bytes of a record's value.
    pub value_bytes: usize,
    /// A batch is filled up to this; with 0 it holds one record.
    pub batch_bytes: usize,
    /// A request has a batch for each of these.
    pub partitions: i32,
    /// Requests in flight.
    pub depth: usize,
}

/// When a load ends: at the first of the two.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// So long after it began.
    pub duration: Duration,
    /// After so many bytes of batches.
    pub bytes: u64,
}

/// What a load has sent, all of it acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Requests.
    pub requests: u64,
    /// Records in each partition.
    pub records_per_partition: u64,
    /// Bytes of all batches.
    pub bytes: u64,
}

/// Produces for as long as the leg lasts, then reads everything back.
pub fn run(leg: &Leg<'_>, shape: &Shape) -> Result<Measurement, Failure> {
    leg.with_topic(shape.partitions, |topic| {
        let mut connection = leg.connect()?;
        let limit = Limit { duration: leg.duration, bytes: pages::MOST };
        let mut load = Load::prepare(topic, shape)?;
        let primed = load.prime(&mut connection)?;
        let meter = leg.meter()?;
        let sent = load.run(&mut connection, limit)?;
        let usage = meter.stop()?;
        let records = primed.records_per_partition + sent.records_per_partition;
        for partition in 0..shape.partitions {
            verify::partition(&mut connection, topic, partition, records).within("verification")?;
        }
        Ok(Measurement {
            requests: sent.requests,
            records: sent.records_per_partition * shape.partitions as u64,
            bytes: sent.bytes,
            written_bytes: primed.bytes + sent.bytes,
            ..Measurement::of(usage)
        })
    })
}

/// Frames that are ready, so that nothing is encoded while the clock runs.
pub struct Load {
    frames: ProduceFrames,
    depth: usize,
    request_bytes: u64,
    records_per_batch: u64,
}

impl Load {
    /// Encodes the request.
    pub fn prepare(topic: &str, shape: &Shape) -> Result<Load, Failure> {
        let batch = batch(shape.value_bytes, shape.batch_bytes, now_ms())?;
        let records = batch::BatchView::parse(&batch)?.count();
        Ok(Load {
            frames: ProduceFrames::new(topic, shape.partitions, &batch, shape.depth)?,
            depth: shape.depth,
            request_bytes: (batch.len() * shape.partitions as usize) as u64,
            records_per_batch: records as u64,
        })
    }

    /// Fills the pipe twice, so that the topic's files are made and mapped before the clock runs: a leg lasts seconds, a
    /// partition years.
    pub fn prime(&mut self, connection: &mut Connection) -> Result<Sent, Failure> {
        let bytes = self.request_bytes * self.depth as u64 * 2;
        self.run(connection, Limit { duration: PRIME_LIMIT, bytes })
    }

    /// Sends until the limit and waits for the last answer.
    pub fn run(&mut self, connection: &mut Connection, limit: Limit) -> Result<Sent, Failure> {
        let deadline = Instant::now() + limit.duration;
        let most = limit.bytes / self.request_bytes;
        let (mut sent, mut answered) = (0, 0);
        loop {
            if sent < most && Instant::now() < deadline {
                let room = (self.depth as u64 - (sent - answered)).min(most - sent);
                self.frames.send(connection, room as usize)?;
                sent += room;
            } else if sent == answered {
                break;
            }
            answered += self.frames.take_answers(connection)?;
        }
        Ok(Sent {
            requests: answered,
            records_per_partition: answered * self.records_per_batch,
            bytes: answered * self.request_bytes,
        })
    }
}
