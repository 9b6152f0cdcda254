//! `Meter`: what a load cost. CPU time of the broker's own threads, and of everything that is not the client.
//!
//! The second figure includes what the kernel does on the broker's behalf in threads of its own, above all writing pages
//! back; without it, a broker that leaves work to the kernel looks cheaper than it is.

use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::machine;

/// How long the guard looks at the machine before a leg.
const GUARD: Duration = Duration::from_millis(500);

/// A running measurement.
pub struct Meter {
    broker: u32,
    bystander: Option<u32>,
    at_start: Look,
}

/// What happened between start and stop.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time on the clock.
    pub seconds: f64,
    /// CPU time of the broker's process.
    pub broker_cpu_seconds: f64,
    /// CPU time of the whole machine, without the client and without the other server, which stands by.
    pub system_cpu_seconds: f64,
}

struct Look {
    time: Instant,
    broker: f64,
    bystander: f64,
    client: f64,
    machine: f64,
}

impl Meter {
    /// Begins to measure a broker; the bystander is the server whose turn it is not.
    pub fn start(broker: u32, bystander: Option<u32>) -> Result<Meter, Failure> {
        Ok(Meter { broker, bystander, at_start: look(broker, bystander)? })
    }

    /// Ends the measurement.
    pub fn stop(self) -> Result<Usage, Failure> {
        let end = look(self.broker, self.bystander)?;
        let start = self.at_start;
        let apart = end.client - start.client + end.bystander - start.bystander;
        let broker_cpu_seconds = end.broker - start.broker;
        Ok(Usage {
            seconds: (end.time - start.time).as_secs_f64(),
            broker_cpu_seconds,
            // The machine's time is sampled, the broker's is exact: over a short time the part could exceed the whole.
            system_cpu_seconds: (end.machine - start.machine - apart).max(broker_cpu_seconds),
        })
    }
}

/// The share of the machine, 0 to 1, that anything but this harness and its servers takes right now. Takes half a second.
pub fn share_of_others(broker: u32, bystander: Option<u32>) -> Result<f64, Failure> {
    let meter = Meter::start(broker, bystander)?;
    thread::sleep(GUARD);
    let usage = meter.stop()?;
    let share = (usage.system_cpu_seconds - usage.broker_cpu_seconds) / (usage.seconds * machine::cpus() as f64);
    Ok(share.clamp(0.0, 1.0))
}

fn look(broker: u32, bystander: Option<u32>) -> Result<Look, Failure> {
    Ok(Look {
        time: Instant::now(),
        broker: machine::process_cpu_seconds(broker)?,
        bystander: bystander.map_or(Ok(0.0), machine::process_cpu_seconds)?,
        client: machine::process_cpu_seconds(std::process::id())?,
        machine: machine::busy_cpu_seconds()?,
    })
}
