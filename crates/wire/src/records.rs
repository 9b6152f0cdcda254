//! `Records`: the record batches that a message carries, as bytes at hand or as a promise to send them from a file.

use bytes::Bytes;

/// Record batches within a message. Decoding gives `Bytes` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// The batches.
    Bytes(Bytes),
    /// The batches will be sent from a file, right behind what has been encoded so far.
    Deferred {
        /// Which of the sender's file slices it is.
        index: u32,
        /// How many bytes it has.
        length: u32,
    },
}

impl Records {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        match self {
            Records::Bytes(bytes) => bytes.len(),
            Records::Deferred { length, .. } => *length as usize,
        }
    }

    /// No bytes at all?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batches, where they are at hand.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Records::Bytes(bytes) => Some(bytes),
            Records::Deferred { .. } => None,
        }
    }
}

impl Default for Records {
    fn default() -> Records {
        Records::Bytes(Bytes::new())
    }
}

impl From<Bytes> for Records {
    fn from(bytes: Bytes) -> Records {
        Records::Bytes(bytes)
    }
}
