//! gzip. Several members may follow each other, as Java's reader allows.

use std::io::{self, Write};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

pub(super) type Unpacker<'a> = MultiGzDecoder<&'a [u8]>;

pub(super) fn unpacker(input: &[u8]) -> Unpacker<'_> {
    MultiGzDecoder::new(input)
}

pub(super) fn pack(input: &[u8], level: Option<i32>) -> io::Result<Vec<u8>> {
    let level = level.map_or(flate2::Compression::default(), |level| flate2::Compression::new(level.unsigned_abs()));
    let mut encoder = GzEncoder::new(Vec::with_capacity(input.len() / 2 + 64), level);
    encoder.write_all(input)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn members_that_follow_each_other_are_one_stream() {
        let mut packed = pack(b"first ", None).unwrap();
        packed.extend(pack(b"second", Some(1)).unwrap());
        let mut output = Vec::new();
        unpacker(&packed).read_to_end(&mut output).unwrap();
        assert_eq!(output, b"first second");
    }
}
