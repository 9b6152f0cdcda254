//! The clock: wall time for timestamps, monotonic time for deadlines; real, or set by hand in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. Cheap to clone; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System { start: Instant },
    Manual(Arc<Hands>),
}

#[derive(Debug)]
struct Hands {
    wall_ms: AtomicI64,
    monotonic_ns: AtomicU64,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(Kind::System { start: Instant::now() })
    }

    /// A clock that stands still until it is moved.
    pub fn manual(wall_ms: i64) -> Clock {
        Clock(Kind::Manual(Arc::new(Hands { wall_ms: AtomicI64::new(wall_ms), monotonic_ns: AtomicU64::new(0) })))
    }

    /// Milliseconds since 1970 UTC. May jump when somebody sets the clock.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Kind::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
            }
            Kind::Manual(hands) => hands.wall_ms.load(Ordering::SeqCst),
        }
    }

    /// Time since the clock was made; never goes back.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Kind::System { start } => start.elapsed(),
            Kind::Manual(hands) => Duration::from_nanos(hands.monotonic_ns.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock ahead on both scales. The machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Kind::Manual(hands) = &self.0 {
            hands.wall_ms.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
            hands.monotonic_ns.fetch_add(by.as_nanos() as u64, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(1_000);
        let same = clock.clone();
        clock.advance(Duration::from_millis(5));
        assert_eq!((same.now_ms(), same.monotonic()), (1_005, Duration::from_millis(5)));
    }
}
