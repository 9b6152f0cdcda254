//! `Leg`: one load against one server, and `Measurement`: what came out of it.

use std::time::Duration;

use crate::failure::{Failure, Within};
use crate::meter::{Meter, Usage};
use crate::raw::connection::Connection;
use crate::raw::topics;
use crate::scratch::Scratch;
use crate::servers::{Program, Server};

/// What a load needs to know of the leg that it makes.
pub struct Leg<'a> {
    /// The program under test, for loads that start one of their own.
    pub program: &'a Program,
    /// The server under test.
    pub server: &'a Server,
    /// The server whose turn it is not.
    pub bystander: Option<&'a Server>,
    /// Where loads that start a server of their own put it.
    pub scratch: &'a Scratch,
    /// How long the load runs.
    pub duration: Duration,
    /// No other leg of the run has this number.
    pub number: u32,
}

/// Everything that a leg can find out; each row reads from it what it reports, the rest stays zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measurement {
    /// How long the load took.
    pub seconds: f64,
    /// CPU time of the broker's process during the load.
    pub broker_cpu_seconds: f64,
    /// CPU time of everything but the client and the bystander.
    pub system_cpu_seconds: f64,
    /// Requests answered.
    pub requests: u64,
    /// Records written or read.
    pub records: u64,
    /// Bytes of their batches.
    pub bytes: u64,
    /// Bytes that the whole leg wrote, preparation included.
    pub written_bytes: u64,
    /// From the intended moment of sending until the record was read.
    pub latency: Latency,
    /// From exec to the first answer.
    pub start_seconds: f64,
    /// Memory of the broker in RAM.
    pub resident_bytes: u64,
    /// Until all connections were open.
    pub opened_seconds: f64,
    /// Until each had its first answer, counted from when all were open.
    pub answered_seconds: f64,
}

/// Quantiles in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// Half are at most this.
    pub p50_us: f64,
    /// 99 % are at most this.
    pub p99_us: f64,
    /// 99.9 % are at most this.
    pub p999_us: f64,
}

impl Measurement {
    /// The cost of a load; what was done comes on top.
    pub fn of(usage: Usage) -> Measurement {
        Measurement {
            seconds: usage.seconds,
            broker_cpu_seconds: usage.broker_cpu_seconds,
            system_cpu_seconds: usage.system_cpu_seconds,
            ..Measurement::default()
        }
    }
}

impl Leg<'_> {
    /// A new connection to the server under test.
    pub fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(self.server.address())
    }

    /// Begins to measure the server under test.
    pub fn meter(&self) -> Result<Meter, Failure> {
        Meter::start(self.server.pid(), self.bystander.map(Server::pid))
    }

    /// Runs a load on a topic that exists for it alone. A topic that cannot be deleted fails the leg: it would burden the next.
    pub fn with_topic<T>(&self, partitions: i32, load: impl FnOnce(&str) -> Result<T, Failure>) -> Result<T, Failure> {
        let name = format!("bench-{}", self.number);
        let mut connection = self.connect()?;
        topics::create(&mut connection, &name, partitions).within(format!("creating {name}"))?;
        let result = load(&name);
        let deleted = topics::delete(&mut connection, &name, &self.server.data());
        let result = result?;
        deleted.within(format!("deleting {name}"))?;
        Ok(result)
    }
}
