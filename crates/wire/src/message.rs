//! `Message`: what has a name and versions of its own; `Request`: a message that is answered by another.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use bytes::Bytes;

use crate::ApiKey;
use crate::error::{DecodeError, EncodeError};
use crate::reader::Reader;
use crate::value::Value;
use crate::writer::Writer;

/// What a message's buffer begins with; most messages fit.
const TYPICAL_SIZE: usize = 256;

/// A message of the schema.
pub trait Message: Value + Default + Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The name in the schema.
    const NAME: &str;
    /// The versions it has.
    const VERSIONS: RangeInclusive<i16>;
    /// The first version with compact lengths and tagged fields.
    const FLEXIBLE_SINCE: Option<i16>;

    /// Has this version compact lengths and tagged fields?
    fn is_flexible(version: i16) -> bool {
        Self::FLEXIBLE_SINCE.is_some_and(|since| version >= since)
    }

    /// Reads the message from where the reader stands; what follows it stays.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version });
        }
        reader.set_flexible(Self::is_flexible(version));
        Self::read(reader, version)
    }

    /// Writes the message.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version });
        }
        writer.set_flexible(Self::is_flexible(version));
        self.write(writer, version)
    }

    /// The message in one buffer.
    fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
        let mut writer = Writer::with_capacity(TYPICAL_SIZE);
        self.encode(&mut writer, version)?;
        writer.into_bytes()
    }

    /// Reads a message that takes all of these bytes.
    fn from_bytes(bytes: Bytes, version: i16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let message = Self::decode(&mut reader, version)?;
        reader.finish()?;
        Ok(message)
    }
}

/// A message that asks, and the type of its answer; both have the same versions.
pub trait Request: Message {
    /// The answer.
    type Response: Message;
    /// The number of the API.
    const API: ApiKey;
}
