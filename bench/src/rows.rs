//! The table of everything that is measured: what a row does, what it reports, and what the project promises of it.

use std::time::Duration;

use crate::failure::Failure;
use crate::leg::{Leg, Measurement};
use crate::loads::produce::Shape;
use crate::loads::{connections, consume, latency, produce, start};
use crate::pages;

/// One thing that is measured.
pub struct Row {
    /// What `--rows` calls it.
    pub name: &'static str,
    /// What it does, in one line.
    pub what: &'static str,
    /// What it reports; the first is shown in the plot.
    pub figures: &'static [Figure],
    load: Load,
}

/// One number of a row.
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Which way is good.
    pub better: Better,
    /// The project must be this many times better than Kafka.
    pub must: Option<f64>,
    /// Reads it from a leg's result.
    pub of: fn(&Measurement) -> f64,
}

/// Which of two numbers is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The higher.
    Higher,
    /// The lower.
    Lower,
}

enum Load {
    Produce(Shape),
    Consume { batch_bytes: usize },
    EndToEnd { records_per_second: u64, value_bytes: usize },
    Start,
    Idle,
    Connections { count: usize },
}

/// A batch as large as stock settings allow for.
const LARGE_BATCH: usize = 1_000_000;
/// `batch.size` of Kafka's producer.
const USUAL_BATCH: usize = 16_384;

/// All rows, in the order in which they are run and reported.
pub const ROWS: &[Row] = &[
    Row {
        name: "produce-1mb",
        what: "Produce, 1 MB batches of 1 KiB records, 5 requests in flight, one connection, acks=1",
        figures: &[
            higher("throughput", "MB/s", Some(1.5), megabytes_per_second),
            lower("broker CPU", "s/GB", Some(2.0), broker_cpu_per_gigabyte),
            lower("broker and kernel CPU", "s/GB", None, system_cpu_per_gigabyte),
        ],
        load: Load::Produce(Shape { value_bytes: 1024, batch_bytes: LARGE_BATCH, partitions: 1, depth: 5 }),
    },
    Row {
        name: "produce-16kb",
        what: "Produce, 16 KB batches of 1 KiB records, 5 requests in flight, one connection, acks=1",
        figures: &[
            higher("throughput", "MB/s", Some(4.0), megabytes_per_second),
            lower("broker CPU", "s/GB", Some(6.0), broker_cpu_per_gigabyte),
            lower("broker and kernel CPU", "s/GB", None, system_cpu_per_gigabyte),
        ],
        load: Load::Produce(Shape { value_bytes: 1024, batch_bytes: USUAL_BATCH, partitions: 1, depth: 5 }),
    },
    Row {
        name: "record-depth-5",
        what: "Produce, one 100 B record a request, 5 requests in flight, one connection, acks=1",
        figures: &[
            higher("throughput", "requests/s", Some(6.0), requests_per_second),
            lower("broker CPU", "µs/request", None, broker_cpu_per_request),
        ],
        load: Load::Produce(Shape { value_bytes: 100, batch_bytes: 0, partitions: 1, depth: 5 }),
    },
    Row {
        name: "record-depth-64",
        what: "Produce, one 100 B record a request, 64 requests in flight, one connection, acks=1",
        figures: &[
            higher("throughput", "requests/s", Some(10.0), requests_per_second),
            lower("broker CPU", "µs/request", None, broker_cpu_per_request),
        ],
        load: Load::Produce(Shape { value_bytes: 100, batch_bytes: 0, partitions: 1, depth: 64 }),
    },
    Row {
        name: "partitions-100",
        what: "Produce, one 100 B record for each of 100 partitions a request, 5 in flight, one connection, acks=1",
        figures: &[
            higher("throughput", "records/s", Some(4.0), records_per_second),
            lower("broker CPU", "µs/record", None, broker_cpu_per_record),
        ],
        load: Load::Produce(Shape { value_bytes: 100, batch_bytes: 0, partitions: 100, depth: 5 }),
    },
    Row {
        name: "consume-16kb",
        what: "Fetch of 1 MB, one in flight, of 16 KB batches that were just written",
        figures: CONSUME,
        load: Load::Consume { batch_bytes: USUAL_BATCH },
    },
    Row {
        name: "consume-1mb",
        what: "Fetch of 1 MB, one in flight, of 1 MB batches that were just written",
        figures: CONSUME,
        load: Load::Consume { batch_bytes: LARGE_BATCH },
    },
    Row {
        name: "end-to-end",
        what: "2,000 records of 1 KiB a second, open loop: from the intended moment of sending to a waiting consumer",
        figures: &[
            lower("p50", "µs", Some(3.0), |leg| leg.latency.p50_us),
            lower("p99", "µs", None, |leg| leg.latency.p99_us),
            lower("p99.9", "µs", None, |leg| leg.latency.p999_us),
            lower("broker CPU", "µs/record", None, broker_cpu_per_record),
        ],
        load: Load::EndToEnd { records_per_second: 2000, value_bytes: 1024 },
    },
    Row {
        name: "start",
        what: "Start in an empty, formatted directory: from exec to the first answer to ApiVersions",
        figures: &[
            lower("time", "ms", Some(50.0), |leg| leg.start_seconds * 1e3),
            lower("CPU", "ms", None, |leg| leg.broker_cpu_seconds * 1e3),
        ],
        load: Load::Start,
    },
    Row {
        name: "idle",
        what: "Memory and CPU of a server that was just started and gets no request for five seconds",
        figures: &[
            lower("memory", "MB", Some(20.0), |leg| leg.resident_bytes as f64 / 1e6),
            lower("CPU", "ms/s", None, |leg| leg.broker_cpu_seconds * 1e3 / leg.seconds),
        ],
        load: Load::Idle,
    },
    Row {
        name: "connections-1000",
        what: "1,000 connections opened one after the other, then one request on each at once",
        figures: &[
            lower("all open", "ms", None, |leg| leg.opened_seconds * 1e3),
            lower("all answered", "ms", None, |leg| leg.answered_seconds * 1e3),
            lower("memory then", "MB", None, |leg| leg.resident_bytes as f64 / 1e6),
        ],
        load: Load::Connections { count: 1000 },
    },
];

const CONSUME: &[Figure] = &[
    higher("throughput", "MB/s", Some(1.0), megabytes_per_second),
    lower("broker CPU", "s/GB", Some(1.0), broker_cpu_per_gigabyte),
    lower("broker and kernel CPU", "s/GB", None, system_cpu_per_gigabyte),
];

impl Row {
    /// The rows that are named, in the table's order; all where none is.
    pub fn select(names: &[String]) -> Result<Vec<&'static Row>, Failure> {
        if let Some(unknown) = names.iter().find(|name| ROWS.iter().all(|row| row.name != **name)) {
            return Err(Failure::new(format!("there is no row '{unknown}'; `bench list` says which there are")));
        }
        Ok(ROWS.iter().filter(|row| names.is_empty() || names.iter().any(|name| name == row.name)).collect())
    }

    /// Makes one leg.
    pub fn measure(&self, leg: &Leg<'_>) -> Result<Measurement, Failure> {
        match &self.load {
            Load::Produce(shape) => produce::run(leg, shape),
            Load::Consume { batch_bytes } => consume::run(leg, *batch_bytes),
            Load::EndToEnd { records_per_second, value_bytes } => latency::run(leg, *records_per_second, *value_bytes),
            Load::Start => start::time(leg),
            Load::Idle => start::idle(leg),
            Load::Connections { count } => connections::run(leg, *count),
        }
    }

    /// Does it load the servers that run all the time, so that it can warm them up?
    pub fn warms_up(&self) -> bool {
        matches!(self.load, Load::Produce(_) | Load::Consume { .. } | Load::EndToEnd { .. })
    }

    /// How long the leg of a warm-up may run, so that the whole leg takes about `share`.
    pub fn warm_up_duration(&self, share: Duration) -> Duration {
        match self.load {
            Load::EndToEnd { .. } => share / 3,
            _ => share,
        }
    }

    /// What a leg writes at most, as long as no leg has shown it.
    pub fn expected_bytes(&self) -> u64 {
        match self.load {
            Load::Produce(Shape { batch_bytes, .. }) if batch_bytes > 0 => pages::MOST,
            _ => pages::LEAST,
        }
    }
}

const fn higher(name: &'static str, unit: &'static str, must: Option<f64>, of: fn(&Measurement) -> f64) -> Figure {
    Figure { name, unit, better: Better::Higher, must, of }
}

const fn lower(name: &'static str, unit: &'static str, must: Option<f64>, of: fn(&Measurement) -> f64) -> Figure {
    Figure { name, unit, better: Better::Lower, must, of }
}

fn megabytes_per_second(leg: &Measurement) -> f64 {
    leg.bytes as f64 / leg.seconds / 1e6
}

fn requests_per_second(leg: &Measurement) -> f64 {
    leg.requests as f64 / leg.seconds
}

fn records_per_second(leg: &Measurement) -> f64 {
    leg.records as f64 / leg.seconds
}

fn broker_cpu_per_gigabyte(leg: &Measurement) -> f64 {
    leg.broker_cpu_seconds / (leg.bytes as f64 / 1e9)
}

fn system_cpu_per_gigabyte(leg: &Measurement) -> f64 {
    leg.system_cpu_seconds / (leg.bytes as f64 / 1e9)
}

fn broker_cpu_per_request(leg: &Measurement) -> f64 {
    leg.broker_cpu_seconds * 1e6 / leg.requests as f64
}

fn broker_cpu_per_record(leg: &Measurement) -> f64 {
    leg.broker_cpu_seconds * 1e6 / leg.records as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_keeps_the_order_of_the_table_and_refuses_unknown_names() {
        let names = ["start", "produce-16kb"].map(str::to_owned);
        let selected: Vec<_> = Row::select(&names).unwrap().iter().map(|row| row.name).collect();
        assert_eq!(selected, ["produce-16kb", "start"]);
        assert_eq!(Row::select(&[]).unwrap().len(), ROWS.len());
        assert!(Row::select(&["strat".to_owned()]).is_err());
    }

    #[test]
    fn cost_is_per_gigabyte_and_per_record() {
        let leg = Measurement {
            seconds: 2.0,
            broker_cpu_seconds: 1.0,
            bytes: 500_000_000,
            records: 100_000,
            ..Measurement::default()
        };
        assert_eq!(megabytes_per_second(&leg), 250.0);
        assert_eq!(broker_cpu_per_gigabyte(&leg), 2.0);
        assert_eq!(broker_cpu_per_record(&leg), 10.0);
    }
}
