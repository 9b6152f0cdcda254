//! `Probe`: one message as a row of a table, so that a test can walk over all messages without naming their types.

use bytes::Bytes;

use crate::error::{DecodeError, EncodeError};
use crate::message::Message;
use crate::sampler::{Sample, Sampler};

/// What a test can do with a message without knowing its type.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The message's name.
    pub name: &'static str,
    /// The lowest version.
    pub first: i16,
    /// The highest version.
    pub last: i16,
    /// The first flexible version.
    pub flexible_since: Option<i16>,
    /// A made-up message, encoded.
    pub sample: fn(&mut Sampler, i16) -> Result<Bytes, EncodeError>,
    /// Decodes, and says what stands there.
    pub decode: fn(Bytes, i16) -> Result<Box<dyn Decoded>, DecodeError>,
    /// Makes a message up, encodes it, decodes it: is it the same?
    pub survives: fn(&mut Sampler, i16) -> bool,
    /// The message with nothing set, encoded.
    pub default: fn(i16) -> Result<Bytes, EncodeError>,
}

/// A decoded message of some type.
pub trait Decoded: std::fmt::Debug {
    /// Encodes it again.
    fn encode(&self, version: i16) -> Result<Bytes, EncodeError>;
}

impl<M: Message> Decoded for M {
    fn encode(&self, version: i16) -> Result<Bytes, EncodeError> {
        self.to_bytes(version)
    }
}

impl Probe {
    /// The probe of this message.
    pub const fn of<M: Message + Sample>() -> Probe {
        Probe {
            name: M::NAME,
            first: *M::VERSIONS.start(),
            last: *M::VERSIONS.end(),
            flexible_since: M::FLEXIBLE_SINCE,
            sample: |sampler, version| M::sample(sampler, version).to_bytes(version),
            decode: |bytes, version| Ok(Box::new(M::from_bytes(bytes, version)?)),
            survives: |sampler, version| {
                let message = M::sample(sampler, version);
                let again = message.to_bytes(version).map(|bytes| M::from_bytes(bytes, version));
                again == Ok(Ok(message))
            },
            default: |version| M::default().to_bytes(version),
        }
    }
}
