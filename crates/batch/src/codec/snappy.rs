//! Snappy, framed as snappy-java does it: a header of 16 bytes, then blocks, each `length: int32` and a raw block of at most
//! 32 KiB unpacked. Some clients send one raw block without the framing; both are read.

use std::io::{self, Read};

use super::BeyondLimit;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const VERSION: i32 = 1;
const LOWEST_READER: i32 = 1;
const HEADER_LENGTH: usize = 16;
/// Unpacked bytes of a written block.
const BLOCK: usize = 32 * 1024;
/// The format cannot unpack a byte to more than this: the best copy makes 64 bytes of 3.
const HIGHEST_RATIO: u64 = 22;

pub(super) fn pack(input: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Vec::with_capacity(input.len() / 2 + 64);
    output.extend_from_slice(&MAGIC);
    output.extend_from_slice(&VERSION.to_be_bytes());
    output.extend_from_slice(&LOWEST_READER.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    let mut block = vec![0; snap::raw::max_compress_len(BLOCK)];
    for chunk in input.chunks(BLOCK) {
        let length = encoder.compress(chunk, &mut block)?;
        output.extend_from_slice(&(length as i32).to_be_bytes());
        output.extend_from_slice(&block[..length]);
    }
    Ok(output)
}

pub(super) struct Unpacker<'a> {
    rest: &'a [u8],
    framed: bool,
    block: Vec<u8>,
    given: usize,
    left: u64,
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(input: &'a [u8], limit: u64) -> Unpacker<'a> {
        Unpacker { rest: input, framed: input.starts_with(&MAGIC), block: Vec::new(), given: 0, left: limit }
    }

    /// The next packed block; `None` at the end.
    fn next_block(&mut self) -> io::Result<Option<&'a [u8]>> {
        if !self.framed {
            let block = std::mem::take(&mut self.rest);
            return Ok((!block.is_empty()).then_some(block));
        }
        // Streams may follow each other, each with its header.
        while self.rest.starts_with(&MAGIC) {
            self.rest = self.rest.get(HEADER_LENGTH..).ok_or_else(cut)?;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (length, rest) = self.rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let length =
            usize::try_from(i32::from_be_bytes(*length)).map_err(|_| invalid("a block has a negative length"))?;
        if rest.len() < length {
            return Err(cut());
        }
        let (block, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(Some(block))
    }
}

impl Read for Unpacker<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.block.len() {
            let Some(packed) = self.next_block()? else { return Ok(0) };
            let length = snap::raw::decompress_len(packed)?;
            if length as u64 > (packed.len() as u64).saturating_mul(HIGHEST_RATIO) {
                return Err(invalid("a block claims more than it can hold"));
            }
            self.left = self.left.checked_sub(length as u64).ok_or_else(|| io::Error::other(BeyondLimit))?;
            self.block.clear();
            self.block.resize(length, 0);
            self.given = 0;
            snap::raw::Decoder::new().decompress(packed, &mut self.block)?;
        }
        let given = buffer.len().min(self.block.len() - self.given);
        buffer[..given].copy_from_slice(&self.block[self.given..self.given + given]);
        self.given += given;
        Ok(given)
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the stream is cut off")
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(input: &[u8]) -> io::Result<Vec<u8>> {
        let mut output = Vec::new();
        Unpacker::new(input, 1 << 20).read_to_end(&mut output)?;
        Ok(output)
    }

    #[test]
    fn raw_block_without_framing_is_read() {
        let raw = snap::raw::Encoder::new().compress_vec(b"raw raw raw raw raw raw").unwrap();
        assert_eq!(unpack(&raw).unwrap(), b"raw raw raw raw raw raw");
    }

    #[test]
    fn streams_that_follow_each_other_are_read() {
        let mut packed = pack(b"one").unwrap();
        packed.extend(pack(b"two").unwrap());
        assert_eq!(unpack(&packed).unwrap(), b"onetwo");
        assert_eq!(unpack(&pack(b"").unwrap()).unwrap(), b"");
    }

    #[test]
    fn declared_gigabytes_are_not_allocated() {
        // A raw block that declares 2 GiB in five bytes.
        assert!(unpack(&[0xff, 0xff, 0xff, 0xff, 0x07, 0x00]).is_err());
        let mut framed = pack(b"x").unwrap();
        framed[16..20].copy_from_slice(&i32::MAX.to_be_bytes());
        assert!(unpack(&framed).is_err());
        framed[16..20].copy_from_slice(&(-1i32).to_be_bytes());
        assert!(unpack(&framed).is_err());
    }
}
