//! Zstandard. A frame may ask for a window of 128 MiB at most, which is what every ordinary encoder stays below.

use std::io;

use zstd::stream::read::Decoder;
use zstd::zstd_safe::DParameter;

pub(super) type Unpacker<'a> = Decoder<'static, &'a [u8]>;

/// The largest window that a frame may ask for, as a power of two.
const WINDOW_LOG_MAX: u32 = 27;

pub(super) fn unpacker(input: &[u8]) -> io::Result<Unpacker<'_>> {
    let mut decoder = Decoder::with_buffer(input)?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
    Ok(decoder)
}

pub(super) fn pack(input: &[u8], level: Option<i32>) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(input, level.unwrap_or(zstd::DEFAULT_COMPRESSION_LEVEL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn frame_with_a_huge_window_is_refused() {
        // Magic, a frame header that is neither single-segment nor has a content size, window descriptor 2^31.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00];
        let mut output = Vec::new();
        assert!(unpacker(&frame).unwrap().read_to_end(&mut output).is_err());
    }
}
