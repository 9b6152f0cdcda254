//! A server of its own, started in an empty, formatted directory: how long until it answers, and what it takes when idle.

use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::leg::{Leg, Measurement};
use crate::machine;
use crate::servers::Server;

/// After this long without a request, the server's memory is that of an idle one.
const QUIET: Duration = Duration::from_secs(5);

/// From exec to the first answer to ApiVersions.
pub fn time(leg: &Leg<'_>) -> Result<Measurement, Failure> {
    let server = start(leg)?;
    Ok(Measurement { start_seconds: server.started_in().as_secs_f64(), ..cost(&server)? })
}

/// Memory and CPU of a server that nobody asks anything.
pub fn idle(leg: &Leg<'_>) -> Result<Measurement, Failure> {
    let server = start(leg)?;
    let before = machine::process_cpu_seconds(server.pid())?;
    let begin = Instant::now();
    thread::sleep(QUIET);
    Ok(Measurement {
        seconds: begin.elapsed().as_secs_f64(),
        broker_cpu_seconds: machine::process_cpu_seconds(server.pid())? - before,
        resident_bytes: machine::resident_bytes(server.pid())?,
        ..Measurement::default()
    })
}

fn start(leg: &Leg<'_>) -> Result<Server, Failure> {
    Server::start(leg.program, leg.scratch.place("fresh")?)
}

fn cost(server: &Server) -> Result<Measurement, Failure> {
    Ok(Measurement { broker_cpu_seconds: machine::process_cpu_seconds(server.pid())?, ..Measurement::default() })
}
