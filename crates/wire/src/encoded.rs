//! `Encoded`: a message ready to be sent, in pieces, so that large record data is never copied into one buffer.

use bytes::{Bytes, BytesMut};

use crate::error::EncodeError;

/// One stretch of an encoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes at hand.
    Bytes(Bytes),
    /// The file slice with this index goes here.
    Deferred(u32),
}

/// An encoded message: send its pieces one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The pieces in their order; none is empty bytes.
    pub pieces: Vec<Piece>,
    pub(crate) length: usize,
}

impl Encoded {
    /// How many bytes all pieces have together, file slices included.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Everything in one buffer; copies where there is more than one piece.
    pub fn into_bytes(self) -> Result<Bytes, EncodeError> {
        match self.pieces.as_slice() {
            [] => return Ok(Bytes::new()),
            [Piece::Bytes(only)] => return Ok(only.clone()),
            _ => {}
        }
        if self.pieces.iter().any(|piece| matches!(piece, Piece::Deferred(_))) {
            return Err(EncodeError::Deferred);
        }
        let mut whole = BytesMut::with_capacity(self.length);
        for piece in &self.pieces {
            if let Piece::Bytes(bytes) = piece {
                whole.extend_from_slice(bytes);
            }
        }
        Ok(whole.freeze())
    }
}
