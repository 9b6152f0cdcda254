//! A broker inside the test's own process, and what tests need around it.
//!
//! [`TestBroker`] starts in milliseconds on free ports, with its files in memory or in a directory that removes itself.
//! [`Client`] speaks to any broker, one request at a time or several at once, in the version that the test names.

#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]

mod broker;
mod client;
mod process;
mod records;

pub use broker::TestBroker;
pub use client::{Client, ClientError};
pub use process::BrokerProcess;
pub use records::{produce_request, records_of, values_of};
