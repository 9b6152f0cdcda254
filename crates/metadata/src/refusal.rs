//! `Refusal`: why one entry of a request was not carried out.

use types::{ErrorCode, Str};

/// An error code for the client and a sentence for the person behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// What the client's code acts on.
    pub code: ErrorCode,
    /// What a person reads.
    pub message: Str,
}

impl Refusal {
    /// A refusal with this code and this explanation.
    pub fn new(code: ErrorCode, message: impl Into<Str>) -> Refusal {
        Refusal { code, message: message.into() }
    }

    /// The records of the request could not be written, or the ledger is moving away.
    pub(crate) fn not_written(code: ErrorCode) -> Refusal {
        Refusal::new(code, "The change was decided but could not be written to the metadata log.")
    }
}
