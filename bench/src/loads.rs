//! The loads. Each prepares, works between two looks at the meter, verifies what it did, and leaves nothing behind.

pub mod connections;
pub mod consume;
pub mod latency;
pub mod produce;
pub mod start;

use std::time::{SystemTime, UNIX_EPOCH};

use types::TimestampMs;

/// The time that records carry.
fn now_ms() -> TimestampMs {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as TimestampMs)
}
