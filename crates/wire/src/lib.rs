//! Kafka's wire protocol: frames, headers, every request and response, version negotiation.
//!
//! The messages are generated from `schema/protocol.txt`: one module each, their top-level structs re-exported here. A message is
//! read by a [`Reader`], which shares the received buffer, and written by a [`Writer`], which hands large records on in
//! pieces ([`Encoded`]). Wrong input is a [`DecodeError`], never a panic, and no count that the input announces makes us
//! allocate more than the bytes that are there can fill.

mod api_key;
pub mod codec;
mod encoded;
mod error;
pub mod frame;
mod message;
#[cfg(any(test, feature = "arbitrary"))]
mod probe;
mod reader;
mod records;
#[cfg(any(test, feature = "arbitrary"))]
mod sampler;
mod tags;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use encoded::{Encoded, Piece};
pub use error::{DecodeError, EncodeError};
pub use message::{Message, Request};
#[cfg(any(test, feature = "arbitrary"))]
pub use probe::{Decoded, Probe};
pub use reader::{MAX_TEXT_LENGTH, Reader};
pub use records::Records;
#[cfg(any(test, feature = "arbitrary"))]
pub use sampler::{Sample, Sampler};
pub use tags::UnknownTags;
pub use value::{TaggedStruct, Value, Writable};
pub use writer::{COPY_LIMIT, KnownTag, Writer};

#[allow(unused_qualifications, clippy::all, reason = "generated code says paths in full and repeats itself")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

#[doc(inline)]
pub use generated::*;
