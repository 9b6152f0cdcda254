//! End to end at a fixed rate, open loop: from the moment a record should have been sent until a consumer has it.
//!
//! The schedule does not wait for the server: a record that the server's slowness delays counts from its own moment, not from
//! when it could be sent at last. The partition is fresh and has one producer, so a record's offset tells its number in the
//! schedule, and nothing about time has to travel in it.

use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::now_ms;
use crate::failure::{Failure, Within};
use crate::leg::{Latency, Leg, Measurement};
use crate::machine;
use crate::raw::connection::Connection;
use crate::raw::fetch::FetchFrame;
use crate::raw::produce::{ProduceFrames, batch};
use crate::verify;

/// Latencies need more time than throughput: the leg lasts so many times longer.
const LONGER: u32 = 3;
/// The consumer waits on the server before the first record is sent.
const HEAD_START: Duration = Duration::from_millis(100);
/// The last record must have come so long after its moment.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the socket did not take is tried again after this.
const RETRY: Duration = Duration::from_micros(100);
/// The longest latency that is told apart from longer ones.
const LONGEST_NS: u64 = 120_000_000_000;
const FETCH_BYTES: i32 = 1 << 20;
/// So many records come before those that are measured.
const PRIMING_RECORDS: u64 = 100;

/// One record a request, this many a second: one connection produces with acks=1, another waits in Fetch.
pub fn run(leg: &Leg<'_>, records_per_second: u64, value_bytes: usize) -> Result<Measurement, Failure> {
    leg.with_topic(1, |topic| {
        let batch = batch(value_bytes, 0, now_ms())?;
        let mut frames = ProduceFrames::new(topic, 1, &batch, 1)?;
        let mut producer = leg.connect()?;
        let mut consumer = leg.connect()?;
        let primed = prime(&mut producer, &mut frames)?;
        let total = (leg.duration * LONGER).as_millis() as u64 * records_per_second / 1000;
        let meter = leg.meter()?;
        let schedule = Schedule {
            begin: Instant::now() + HEAD_START,
            period: Duration::from_nanos(1_000_000_000 / records_per_second),
            total,
            first_offset: primed,
        };
        let (sent, received) = thread::scope(|scope| {
            let reader = scope.spawn(|| receive(&mut consumer, topic, &schedule));
            let sent = send(&mut producer, &mut frames, &schedule);
            (sent, reader.join())
        });
        let usage = meter.stop()?;
        sent.within("the producer")?;
        let histogram = received.map_err(|_| Failure::new("the consumer panicked"))?.within("the consumer")?;
        verify::partition(&mut producer, topic, 0, primed + total).within("verification")?;
        let bytes = total * batch.len() as u64;
        Ok(Measurement {
            requests: total,
            records: total,
            bytes,
            written_bytes: bytes + primed * batch.len() as u64,
            latency: quantiles(&histogram),
            ..Measurement::of(usage)
        })
    })
}

/// Sends some records one after the other, so that the topic's files are there before the schedule begins; how many.
fn prime(connection: &mut Connection, frames: &mut ProduceFrames) -> Result<u64, Failure> {
    let mut answered = 0;
    while answered < PRIMING_RECORDS {
        frames.send(connection, 1)?;
        answered += frames.take_answers(connection)?;
    }
    Ok(answered)
}

struct Schedule {
    begin: Instant,
    period: Duration,
    total: u64,
    first_offset: u64,
}

impl Schedule {
    /// When this record should be sent.
    fn moment(&self, number: u64) -> Instant {
        self.begin + Duration::from_nanos(self.period.as_nanos() as u64 * number)
    }

    /// How many records should have been sent by now.
    fn due(&self, now: Instant) -> u64 {
        match now.checked_duration_since(self.begin) {
            None => 0,
            Some(since) => self.total.min((since.as_nanos() / self.period.as_nanos()) as u64 + 1),
        }
    }
}

/// Never waits for the server, only for the clock: answers are taken when they happen to be there.
fn send(connection: &mut Connection, frames: &mut ProduceFrames, schedule: &Schedule) -> Result<(), Failure> {
    machine::sharpen_timer();
    connection.set_nonblocking(true)?;
    let mut waiting = Vec::new();
    let (mut sent, mut answered) = (0, 0);
    while sent < schedule.total || !waiting.is_empty() {
        let due = schedule.due(Instant::now());
        frames.write_to(&mut waiting, (due - sent) as usize);
        sent = due;
        if !waiting.is_empty() {
            let taken = connection.try_send(&waiting)?;
            waiting.drain(..taken);
        }
        while connection.try_receive()? {
            answered += frames.take_ready_answers(connection)?;
        }
        let pause =
            if waiting.is_empty() { schedule.moment(sent).saturating_duration_since(Instant::now()) } else { RETRY };
        thread::sleep(pause);
    }
    connection.set_nonblocking(false)?;
    while answered < schedule.total {
        answered += frames.take_answers(connection)?;
    }
    Ok(())
}

fn receive(connection: &mut Connection, topic: &str, schedule: &Schedule) -> Result<Histogram<u64>, Failure> {
    let mut histogram =
        Histogram::new_with_bounds(1, LONGEST_NS, 3).map_err(|error| Failure::new(error.to_string()))?;
    let mut fetch = FetchFrame::new(topic, 0, FETCH_BYTES)?;
    let deadline = schedule.moment(schedule.total) + PATIENCE;
    let mut next = 0;
    while next < schedule.total {
        let fetched = fetch.ask(connection, (schedule.first_offset + next) as i64)?;
        let now = Instant::now();
        for batch in fetched.batches() {
            let behind = (batch?.next_offset() as u64).saturating_sub(schedule.first_offset);
            for number in next..behind.min(schedule.total) {
                let latency = now.saturating_duration_since(schedule.moment(number));
                histogram.saturating_record(latency.as_nanos() as u64);
            }
            next = next.max(behind);
        }
        if now > deadline {
            return Err(Failure::new(format!("{next} of {} records have come", schedule.total)));
        }
    }
    Ok(histogram)
}

fn quantiles(histogram: &Histogram<u64>) -> Latency {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    Latency { p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_says_what_is_due() {
        let begin = Instant::now();
        let schedule = Schedule { begin, period: Duration::from_micros(500), total: 4, first_offset: 0 };
        assert_eq!(schedule.due(begin), 1);
        assert_eq!(schedule.due(begin + Duration::from_micros(499)), 1);
        assert_eq!(schedule.due(schedule.moment(2)), 3);
        assert_eq!(schedule.due(begin + Duration::from_secs(1)), 4);
    }

    #[test]
    fn nothing_is_due_before_the_beginning() {
        let now = Instant::now();
        let schedule = Schedule {
            begin: now + Duration::from_secs(1),
            period: Duration::from_micros(500),
            total: 4,
            first_offset: 0,
        };
        assert_eq!(schedule.due(now), 0);
    }

    #[test]
    fn quantiles_are_microseconds() {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST_NS, 3).unwrap();
        histogram.record_n(50_000, 990).unwrap();
        histogram.record_n(2_000_000, 10).unwrap();
        let latency = quantiles(&histogram);
        assert_eq!(latency.p50_us.round(), 50.0);
        assert_eq!(latency.p99_us.round(), 50.0);
        assert!((latency.p999_us - 2000.0).abs() < 5.0);
    }
}
