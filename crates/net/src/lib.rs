//! Listeners, connections, frames in, segments out.
//!
//! ```text
//!  accept ──▶ connection task ──▶ frames ──▶ Service::call (first polled in the order of arrival)
//!                  ▲                                │
//!                  └── writev / sendfile ◀── answers, in the order of their requests
//! ```
//!
//! One task serves one connection, reading and writing. Requests of a connection are worked on together; only their answers
//! keep the order. Nothing here knows what a request means: a frame is a length and that many bytes.

mod connection;
mod frames;
mod listener;
mod outbox;
mod service;

pub use listener::{Limits, Listener, ListenerError, Stops};
pub use service::{Answer, ConnectionInfo, Reply, Segment, Service};
