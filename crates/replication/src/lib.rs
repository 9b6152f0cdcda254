//! One partition's replicas, seen from its leader: who is in sync, and how far the data is committed.
//!
//! ```text
//!   log start ........ high watermark ........ log end
//!                      └ the least log end among the in-sync replicas
//! ```
//!
//! The high watermark never goes back while a leader leads, and stands still while fewer than `min.insync.replicas` are in
//! sync. The leader's own log end counts only up to what its durability rule lets count; the caller reports it as such.
//! (KIP-101, KIP-207, KIP-903.)

mod leader;

pub use leader::{Follower, Leader, LeaderView};
