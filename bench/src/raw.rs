//! The raw client: blocking sockets and frames that are encoded once. It must cost little, because it shares the machine with
//! the server that it measures.

pub mod connection;
pub mod cursor;
pub mod fetch;
pub mod produce;
pub mod topics;
