//! The node: the API table, handlers, partitions, and the drivers of machines and ledgers.
//!
//! ```text
//!  socket ─▶ net::Connection ─▶ router ─▶ api/<family>/<api> ─▶ partition ─▶ storage::Log
//!                                              │                coordinator ─▶ groups (ledger) ─▶ partition
//!                                              └──────────────▶ cluster ─▶ metadata (ledger) ─▶ metadata log
//! ```
//!
//! [`Server::start`] brings a node up in the order that `lifecycle` describes, [`Server::stop`] takes it down cleanly.

mod api;
mod cluster;
mod coordinator;
mod directories;
mod format;
mod http;
mod lifecycle;
mod live_config;
mod metrics;
mod node;
mod partition;
mod producer_ids;
mod router;

pub use format::{Format, FormatError, Formatted};
pub use lifecycle::{Server, ServerOptions, StartError};
