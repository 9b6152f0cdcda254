//! Many connections: opened one after the other, then one request on each at the same time.

use std::time::Instant;

use crate::failure::{Failure, Within};
use crate::leg::{Leg, Measurement};
use crate::machine;

/// Opens so many connections and asks ApiVersions on each.
pub fn run(leg: &Leg<'_>, count: usize) -> Result<Measurement, Failure> {
    let mut connections = Vec::with_capacity(count);
    let meter = leg.meter()?;
    let begin = Instant::now();
    for number in 0..count {
        connections.push(leg.connect().within(format!("connection {number}"))?);
    }
    let opened = begin.elapsed();
    for connection in &mut connections {
        connection.ask_versions()?;
    }
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.take_versions().within(format!("connection {number}"))?;
    }
    let answered = begin.elapsed() - opened;
    let usage = meter.stop()?;
    Ok(Measurement {
        requests: count as u64,
        opened_seconds: opened.as_secs_f64(),
        answered_seconds: answered.as_secs_f64(),
        resident_bytes: machine::resident_bytes(leg.server.pid())?,
        ..Measurement::of(usage)
    })
}
