//! `Cursor`: walks over an answer without decoding it into structs, because the client may cost only a fraction of the server.

use crate::failure::Failure;

/// A position in an answer; every step checks that the bytes are there.
pub struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// A cursor at the beginning.
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor(bytes)
    }

    /// The next bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| Failure::new("an answer is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let mut value = [0; N];
        value.copy_from_slice(self.take(N)?);
        Ok(value)
    }

    /// A 16-bit number.
    pub fn int16(&mut self) -> Result<i16, Failure> {
        self.fixed().map(i16::from_be_bytes)
    }

    /// A 32-bit number.
    pub fn int32(&mut self) -> Result<i32, Failure> {
        self.fixed().map(i32::from_be_bytes)
    }

    /// A 64-bit number.
    pub fn int64(&mut self) -> Result<i64, Failure> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// A text with a 16-bit length, skipped; null has no bytes.
    pub fn skip_text(&mut self) -> Result<(), Failure> {
        let length = self.int16()?;
        self.take(usize::try_from(length).unwrap_or(0)).map(drop)
    }

    /// Nothing may be left.
    pub fn finish(&self) -> Result<(), Failure> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(Failure::new(format!("an answer has {left} bytes too many"))),
        }
    }
}
