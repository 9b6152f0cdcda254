//! The compression codecs of record batches, and the limit on what they may unpack.
//!
//! Unpacking always streams and always has a limit ([`DecompressionLimit`]): a kilobyte of a client's bytes can claim to be
//! gigabytes. No codec here allocates more than its own window beyond what has been unpacked.

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use std::fmt;
use std::io::{self, Read};

use crate::error::BatchError;

/// A codec, with its number in a batch's attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// Not compressed.
    #[default]
    None = 0,
    /// gzip (RFC 1952).
    Gzip = 1,
    /// Snappy in the framing of snappy-java ("xerial"), or raw.
    Snappy = 2,
    /// LZ4 in its frame format.
    Lz4 = 3,
    /// Zstandard.
    Zstd = 4,
}

impl Codec {
    /// All codecs, by number.
    pub const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    /// The codec with this number in the attributes.
    pub const fn from_id(id: u8) -> Option<Codec> {
        Some(match id {
            0 => Codec::None,
            1 => Codec::Gzip,
            2 => Codec::Snappy,
            3 => Codec::Lz4,
            4 => Codec::Zstd,
            _ => return None,
        })
    }

    /// The number in the attributes.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The name in `compression.type`.
    pub const fn name(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        }
    }

    /// The codec with this name in `compression.type` ("uncompressed" is none).
    pub fn from_name(name: &str) -> Option<Codec> {
        if name == "uncompressed" {
            return Some(Codec::None);
        }
        Codec::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How to compress: a codec and its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Compression {
    codec: Codec,
    level: Option<i32>,
}

impl Compression {
    /// As it is.
    pub const NONE: Compression = Compression::new(Codec::None);

    /// This codec at its default level.
    pub const fn new(codec: Codec) -> Compression {
        Compression { codec, level: None }
    }

    /// This codec at this level, brought into the codec's range: gzip 1 to 9, zstd -131072 to 22. Snappy has no levels, and
    /// the LZ4 encoder has one only, so that `compression.lz4.level` is accepted and has no effect.
    pub fn with_level(codec: Codec, level: i32) -> Compression {
        let level = match codec {
            Codec::Gzip => Some(level.clamp(1, 9)),
            Codec::Zstd => Some(level.clamp(-131_072, 22)),
            Codec::None | Codec::Snappy | Codec::Lz4 => None,
        };
        Compression { codec, level }
    }

    /// The codec.
    pub const fn codec(self) -> Codec {
        self.codec
    }
}

/// How many bytes the records of one batch may unpack to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecompressionLimit(u64);

impl DecompressionLimit {
    /// So much is always allowed.
    pub const ALWAYS_ALLOWED_BYTES: u64 = 64 * 1024 * 1024;
    /// So many times the packed size is always allowed.
    pub const ALWAYS_ALLOWED_RATIO: u64 = 200;

    /// Exactly so many bytes.
    pub const fn bytes(bytes: u64) -> DecompressionLimit {
        DecompressionLimit(bytes)
    }

    /// The usual limit for so many packed bytes: the larger of 64 MiB and 200 times the packed size.
    pub const fn for_packed(packed: usize) -> DecompressionLimit {
        let by_ratio = (packed as u64).saturating_mul(DecompressionLimit::ALWAYS_ALLOWED_RATIO);
        if by_ratio > DecompressionLimit::ALWAYS_ALLOWED_BYTES {
            DecompressionLimit(by_ratio)
        } else {
            DecompressionLimit(DecompressionLimit::ALWAYS_ALLOWED_BYTES)
        }
    }
}

/// Compresses the records of a batch.
pub(crate) fn pack(compression: Compression, input: &[u8]) -> Result<Vec<u8>, BatchError> {
    let packed = match compression.codec {
        Codec::None => Ok(input.to_vec()),
        Codec::Gzip => gzip::pack(input, compression.level),
        Codec::Snappy => snappy::pack(input),
        Codec::Lz4 => lz4::pack(input),
        Codec::Zstd => zstd::pack(input, compression.level),
    };
    packed.map_err(|error| BatchError::Pack { codec: compression.codec, reason: error.to_string() })
}

/// A stream of a batch's unpacked records that ends with an error where it goes beyond the limit.
pub(crate) struct Unpacker<'a> {
    codec: Codec,
    limit: u64,
    left: u64,
    stream: Stream<'a>,
}

enum Stream<'a> {
    Plain(&'a [u8]),
    Gzip(Box<gzip::Unpacker<'a>>),
    Snappy(snappy::Unpacker<'a>),
    Lz4(Box<lz4::Unpacker<'a>>),
    Zstd(zstd::Unpacker<'a>),
}

impl<'a> Unpacker<'a> {
    /// Begins to unpack.
    pub(crate) fn new(codec: Codec, input: &'a [u8], limit: DecompressionLimit) -> Result<Unpacker<'a>, BatchError> {
        let stream = match codec {
            Codec::None => Stream::Plain(input),
            Codec::Gzip => Stream::Gzip(Box::new(gzip::unpacker(input))),
            Codec::Snappy => Stream::Snappy(snappy::Unpacker::new(input, limit.0)),
            Codec::Lz4 => Stream::Lz4(Box::new(lz4::unpacker(input))),
            Codec::Zstd => Stream::Zstd(zstd::unpacker(input).map_err(|error| unpack_error(codec, &error))?),
        };
        Ok(Unpacker { codec, limit: limit.0, left: limit.0, stream })
    }

    /// Unpacks into the buffer; 0 is the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, BatchError> {
        let read = loop {
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(buffer),
                Stream::Gzip(stream) => stream.read(buffer),
                Stream::Snappy(stream) => stream.read(buffer),
                Stream::Lz4(stream) => stream.read(buffer),
                Stream::Zstd(stream) => stream.read(buffer),
            };
            match read {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.get_ref().is_some_and(|inner| inner.is::<BeyondLimit>()) => {
                    return Err(BatchError::UnpacksTooLarge { limit: self.limit });
                }
                Err(error) => return Err(unpack_error(self.codec, &error)),
            }
        };
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(BatchError::UnpacksTooLarge { limit: self.limit }),
        }
        Ok(read)
    }

    /// Unpacks everything.
    pub(crate) fn read_to_end(mut self) -> Result<Vec<u8>, BatchError> {
        let mut output = Vec::new();
        let mut filled = 0;
        loop {
            if filled == output.len() {
                output.resize((filled * 2).max(UNPACK_CHUNK), 0);
            }
            match self.read(&mut output[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        output.truncate(filled);
        Ok(output)
    }
}

/// Bytes that are unpacked at once.
pub(crate) const UNPACK_CHUNK: usize = 64 * 1024;

fn unpack_error(codec: Codec, error: &io::Error) -> BatchError {
    BatchError::Unpack { codec, reason: error.to_string() }
}

/// What a codec says that knows beforehand that it would go beyond the limit.
#[derive(Debug)]
pub(crate) struct BeyondLimit;

impl fmt::Display for BeyondLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unpacks to more than is allowed")
    }
}

impl std::error::Error for BeyondLimit {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(codec: Codec, input: &[u8], limit: u64) -> Result<Vec<u8>, BatchError> {
        Unpacker::new(codec, input, DecompressionLimit::bytes(limit))?.read_to_end()
    }

    proptest! {
        #[test]
        fn bytes_survive_every_codec(seed in prop::collection::vec(any::<u8>(), 0..400), times in 1usize..600) {
            let input = seed.repeat(times);
            for codec in Codec::ALL {
                let packed = pack(Compression::new(codec), &input).unwrap();
                prop_assert_eq!(&unpack(codec, &packed, input.len() as u64).unwrap(), &input, "{}", codec);
            }
        }

        #[test]
        fn any_bytes_unpack_without_a_panic(input in prop::collection::vec(any::<u8>(), 0..600), at in 0usize..600, byte: u8) {
            for codec in Codec::ALL {
                let _ = unpack(codec, &input, 1 << 20);
                let mut packed = pack(Compression::new(codec), &input).unwrap();
                if let Some(place) = packed.get_mut(at) {
                    *place = byte;
                }
                let _ = unpack(codec, &packed, 1 << 20);
                packed.truncate(at);
                let _ = unpack(codec, &packed, 1 << 20);
            }
        }
    }

    #[test]
    fn bombs_end_at_the_limit() {
        let zeros = vec![0; 8 << 20];
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let packed = pack(Compression::new(codec), &zeros).unwrap();
            let limit = (zeros.len() - 1) as u64;
            assert_eq!(unpack(codec, &packed, limit), Err(BatchError::UnpacksTooLarge { limit }), "{codec}");
        }
    }

    #[test]
    fn levels_are_brought_into_range() {
        let text = b"the same again and again ".repeat(1000);
        for (codec, level) in
            [(Codec::Gzip, 100), (Codec::Gzip, -5), (Codec::Zstd, 99), (Codec::Zstd, i32::MIN), (Codec::Lz4, 17)]
        {
            let packed = pack(Compression::with_level(codec, level), &text).unwrap();
            assert_eq!(unpack(codec, &packed, 1 << 20).unwrap(), text);
        }
    }

    #[test]
    fn names_are_those_of_compression_type() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_name(codec.name()), Some(codec));
            assert_eq!(Codec::from_id(codec.id()), Some(codec));
        }
        assert_eq!(Codec::from_name("uncompressed"), Some(Codec::None));
        assert_eq!(Codec::from_name("producer"), None);
        assert_eq!(Codec::from_id(5), None);
    }

    #[test]
    fn usual_limit_follows_the_packed_size() {
        assert_eq!(DecompressionLimit::for_packed(10), DecompressionLimit(64 << 20));
        assert_eq!(DecompressionLimit::for_packed(1 << 20), DecompressionLimit(200 << 20));
    }
}
