//! One connection that reads, over and over, what has just been written: the records come from memory.

use std::time::{Duration, Instant};

use super::produce::{Limit, Load, Shape};
use crate::failure::{Failure, Within};
use crate::leg::{Leg, Measurement};
use crate::raw::connection::Connection;
use crate::raw::fetch::FetchFrame;
use crate::verify;

/// So much is written first; it stays in memory on any machine that can run both servers.
const STORED_BYTES: u64 = 1_000_000_000;
/// What a fetch asks for.
const FETCH_BYTES: i32 = 1 << 20;
/// Writing may take so long.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// Fetches of 1 MB, one in flight, from batches of this size.
pub fn run(leg: &Leg<'_>, batch_bytes: usize) -> Result<Measurement, Failure> {
    leg.with_topic(1, |topic| {
        let mut connection = leg.connect()?;
        let shape = Shape { value_bytes: 1024, batch_bytes, partitions: 1, depth: 5 };
        let limit = Limit { duration: WRITE_LIMIT, bytes: STORED_BYTES };
        let stored = Load::prepare(topic, &shape)?.run(&mut connection, limit)?;
        let end = i64::try_from(stored.records_per_partition).unwrap_or(i64::MAX);
        verify::partition(&mut connection, topic, 0, stored.records_per_partition).within("verification")?;
        let meter = leg.meter()?;
        let read = read_around(&mut connection, topic, end, leg.duration)?;
        let usage = meter.stop()?;
        Ok(Measurement { written_bytes: stored.bytes, ..read.measurement(Measurement::of(usage)) })
    })
}

#[derive(Default)]
struct Read {
    requests: u64,
    records: u64,
    bytes: u64,
}

impl Read {
    fn measurement(&self, cost: Measurement) -> Measurement {
        Measurement { requests: self.requests, records: self.records, bytes: self.bytes, ..cost }
    }
}

/// Reads from 0 to the end again and again. Offsets must be dense; the checksums were verified before.
fn read_around(connection: &mut Connection, topic: &str, end: i64, duration: Duration) -> Result<Read, Failure> {
    let mut fetch = FetchFrame::new(topic, 0, FETCH_BYTES)?;
    let deadline = Instant::now() + duration;
    let mut read = Read::default();
    let mut next = 0;
    while Instant::now() < deadline {
        let asked = next;
        let fetched = fetch.ask(connection, asked)?;
        for batch in fetched.batches() {
            let batch = batch?;
            if batch.base_offset() != next {
                return Err(Failure::new(format!("offset {next} was expected, {} came", batch.base_offset())));
            }
            next = batch.next_offset();
            read.bytes += batch.bytes().len() as u64;
        }
        if next == asked {
            return Err(Failure::new(format!("nothing came from offset {asked} on, {end} was stored")));
        }
        read.requests += 1;
        read.records += (next - asked) as u64;
        if next >= end {
            next = 0;
        }
    }
    Ok(read)
}
