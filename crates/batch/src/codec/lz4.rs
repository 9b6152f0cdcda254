//! LZ4 in its frame format. Written as Kafka writes it: independent blocks of 64 KiB, without content size or checksums of
//! the content. Read whatever the format allows, as far as the frame's end.

use std::io::{self, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

pub(super) type Unpacker<'a> = FrameDecoder<&'a [u8]>;

pub(super) fn unpacker(input: &[u8]) -> Unpacker<'_> {
    FrameDecoder::new(input)
}

pub(super) fn pack(input: &[u8]) -> io::Result<Vec<u8>> {
    let frame = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(frame, Vec::with_capacity(input.len() / 2 + 64));
    encoder.write_all(input)?;
    encoder.finish().map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn frame_begins_as_kafkas_does() {
        // Magic 0x184d2204 little endian, version 01 with independent blocks, block size 4 (64 KiB).
        assert_eq!(pack(b"hello hello hello").unwrap()[..6], [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40]);
    }

    #[test]
    fn every_kind_of_frame_is_read() {
        let input = b"some text that repeats, some text that repeats ".repeat(9000);
        for mode in [BlockMode::Independent, BlockMode::Linked] {
            for checksums in [false, true] {
                let frame = FrameInfo::new()
                    .block_size(BlockSize::Max256KB)
                    .block_mode(mode)
                    .block_checksums(checksums)
                    .content_checksum(checksums)
                    .content_size(checksums.then_some(input.len() as u64));
                let mut encoder = FrameEncoder::with_frame_info(frame, Vec::new());
                encoder.write_all(&input).unwrap();
                let packed = encoder.finish().unwrap();
                let mut output = Vec::new();
                unpacker(&packed).read_to_end(&mut output).unwrap();
                assert_eq!(output, input);
            }
        }
    }
}
