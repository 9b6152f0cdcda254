//! The records that brokers and controllers write for themselves.
//!
//! The structs are generated from `schema/records.txt`: one module each, their top-level structs re-exported here, and for each
//! log an enum over what stands in it ([`MetadataRecord`], [`GroupRecordKey`], …). By hand are the frames around them:
//! [`metadata`], [`remote_log`], [`coordinator`], and the [`control`] records within batches.

pub mod control;
pub mod coordinator;
mod error;
mod frame;
pub mod metadata;
pub mod remote_log;
#[cfg(test)]
mod tests;

pub use error::RecordError;

#[allow(unused_qualifications, clippy::all, reason = "generated code says paths in full and repeats itself")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/records.rs"));
}

#[doc(inline)]
pub use generated::*;
