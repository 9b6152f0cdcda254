//! The moment at which something is decided, handed in by whoever drives the code.

use std::time::Duration;

/// One moment on two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Now {
    /// A clock that never goes back: for timeouts and deadlines.
    pub monotonic: Duration,
    /// Milliseconds since 1970 UTC: for timestamps that people and records carry. It may jump.
    pub wall_ms: i64,
}

impl Now {
    /// A moment so many milliseconds after the start of both clocks: for tests.
    pub fn at_ms(ms: u64) -> Now {
        Now { monotonic: Duration::from_millis(ms), wall_ms: ms as i64 }
    }

    /// The moment on the monotonic clock that lies `ms` milliseconds ahead; a negative span counts as none.
    pub fn after_ms(&self, ms: i64) -> Duration {
        self.monotonic + Duration::from_millis(ms.max(0) as u64)
    }
}
