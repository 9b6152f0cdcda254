//! Why bytes are no message, and why a message cannot become bytes.

use thiserror::Error;

/// The bytes are not what the schema says. None of these is ever a reason to panic or to allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The input ends within a value.
    #[error("the input ends within a value")]
    Truncated,
    /// A variable-length integer goes on past the bytes it may have.
    #[error("a variable-length integer is too long")]
    VarintTooLong,
    /// A length below -1.
    #[error("{0} is no length")]
    NegativeLength(i32),
    /// A text longer than Kafka allows.
    #[error("a text of {0} bytes is longer than 32767")]
    TextTooLong(usize),
    /// More elements are announced than the rest of the input can hold.
    #[error("{0} elements are announced, more than the input can hold")]
    CountBeyondInput(usize),
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// Null where the version does not allow it.
    #[error("null where a value is needed")]
    UnexpectedNull,
    /// A tag that is not greater than the one before it.
    #[error("tag {0} is out of order or occurs twice")]
    TagOrder(u32),
    /// A known tagged field that does not fill the size announced for it.
    #[error("tagged field {0} is shorter than announced")]
    TagSize(u32),
    /// Bytes are left after the end of the message.
    #[error("{0} bytes are left after the message")]
    TrailingBytes(usize),
    /// A version that the message does not have.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message's name.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// An API key that is not known.
    #[error("no API has the number {0}")]
    UnknownApi(i16),
}

/// The value cannot be said in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A version that the message does not have.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message's name.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is set that the version lacks and that must not be dropped.
    #[error("field {field} is set, but version {version} lacks it")]
    FieldAbsent {
        /// The field's name in the schema.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is null that may not be in this version.
    #[error("field {field} is null, which version {version} does not allow")]
    FieldNull {
        /// The field's name in the schema.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A text, an array or a frame is longer than its length field can say.
    #[error("a length of {0} does not fit")]
    TooLong(usize),
    /// Unknown tagged fields are set, but the version has no tagged fields.
    #[error("tagged fields are set, but version {0} has none")]
    TagsAbsent(i16),
    /// An unknown tagged field has the number of a known one, or they are not in order.
    #[error("tag {0} is out of order or occurs twice")]
    TagOrder(u32),
    /// Records that follow from a file stand where all bytes are needed at once.
    #[error("records that follow from a file cannot be part of one buffer")]
    Deferred,
}
