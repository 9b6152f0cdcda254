//! What generated code is made of, here and in other crates that generate from a schema; not for use by hand.

pub use std::result::Result;

pub use bytes::Bytes;
pub use types::{Str, Uuid};

pub use crate::api_key::ApiRow;
pub use crate::error::{DecodeError, EncodeError};
pub use crate::message::{Message, Request};
#[cfg(any(test, feature = "arbitrary"))]
pub use crate::probe::Probe;
pub use crate::reader::Reader;
pub use crate::records::Records;
#[cfg(any(test, feature = "arbitrary"))]
pub use crate::sampler::{Sample, Sampler};
pub use crate::tags::UnknownTags;
pub use crate::value::{TaggedStruct, Value, Writable};
pub use crate::writer::Writer;

/// A field that the version lacks must have its default.
pub fn absent(is_default: bool, field: &'static str, version: i16) -> Result<(), EncodeError> {
    if is_default { Ok(()) } else { Err(EncodeError::FieldAbsent { field, version }) }
}

/// Decodes and drops.
pub fn decode_and_drop<M: Message>(bytes: Bytes, version: i16) -> Result<(), DecodeError> {
    M::from_bytes(bytes, version).map(drop)
}

/// `Message::decode` as a function.
pub fn decode<M: Message>(reader: &mut Reader, version: i16) -> Result<M, DecodeError> {
    M::decode(reader, version)
}

/// `Message::encode` as a function.
pub fn encode<M: Message>(message: &M, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
    message.encode(writer, version)
}
