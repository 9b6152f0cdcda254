//! The frame around a record of the metadata log and of the tiering log: frame version, type and version as unsigned
//! varints, then the fields.

use bytes::Bytes;
use wire::{EncodeError, Message, Reader, Writer};

use crate::error::RecordError;

/// The only frame version there is.
pub const FRAME_VERSION: u32 = 1;

/// What a record's buffer begins with; most records fit.
const TYPICAL_SIZE: usize = 128;

/// A record that stands in a frame.
pub trait Framed: Message {
    /// The record's type.
    const NUMBER: i16;
}

/// The frame of a record of this type, its fields written by `fields`.
pub(crate) fn encode(
    number: i16,
    version: i16,
    fields: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::with_capacity(TYPICAL_SIZE);
    writer.unsigned_varint(FRAME_VERSION);
    writer.unsigned_varint(number as u32);
    writer.unsigned_varint(version as u32);
    fields(&mut writer)?;
    writer.into_bytes()
}

/// Opens a frame: the type, the version, and a reader at the fields.
pub(crate) fn open(bytes: Bytes) -> Result<(i16, i16, Reader), RecordError> {
    let mut reader = Reader::new(bytes);
    let frame_version = reader.unsigned_varint()?;
    if frame_version != FRAME_VERSION {
        return Err(RecordError::FrameVersion(frame_version));
    }
    let number = reader.unsigned_varint()?;
    let number = i16::try_from(number).map_err(|_| RecordError::UnknownType(number))?;
    let version = reader.unsigned_varint()?;
    let version = i16::try_from(version).map_err(|_| RecordError::Version(version))?;
    Ok((number, version, reader))
}
