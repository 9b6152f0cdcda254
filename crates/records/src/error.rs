//! Why bytes are no record.

use thiserror::Error;
use wire::DecodeError;

/// The bytes are not the record that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The fields are not what the schema says.
    #[error(transparent)]
    Fields(#[from] DecodeError),
    /// A frame of another version than 1, the only one there is.
    #[error("frame version {0} is not known")]
    FrameVersion(u32),
    /// A kind of record that is not known.
    #[error("no record has the type {0}")]
    UnknownType(u32),
    /// A version beyond what a record's version can be.
    #[error("{0} is no record version")]
    Version(u32),
}
