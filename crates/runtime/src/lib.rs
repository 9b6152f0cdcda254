//! The only crate that touches the operating system: clock, disk, random numbers, threads, byte budgets.
//!
//! Everything above it asks these types, so that the same code runs on a real machine, in memory inside a test, and in
//! a simulator under a seed. `unsafe` and platform differences live here and nowhere else.
#![allow(clippy::disallowed_methods)]

mod budget;
mod clock;
mod disk;
mod host;
mod random;
mod slice;
pub mod socket;
mod thread;

pub use budget::{Budget, Permit};
pub use clock::Clock;
pub use disk::{Disk, Entry, File, Lock, Open, Space};
pub use host::{host_name, open_file_limit, raise_open_file_limit, resident_bytes};
pub use random::{Random, random_bytes};
pub use slice::FileSlice;
pub use thread::{Gate, spawn_thread};
