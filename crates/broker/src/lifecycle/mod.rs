//! A node's life.
//!
//! ```text
//!  start:  ports ─▶ directories (identity, lock) ─▶ logs ─▶ metadata log ─▶ quorum ─▶ controller
//!          ─▶ register ─▶ unfence ─▶ open the listeners
//!  stop:   close the listeners ─▶ finish requests ─▶ sync and close the logs ─▶ mark the directories clean
//! ```
//!
//! Ports are opened first and directories touched last: a start that fails for a reason that can be known beforehand changes
//! nothing on disk.

mod background;
mod gauges;
mod identity;
mod register;
mod shutdown;
mod start;

pub use start::{Server, ServerOptions, StartError};
