//! `leader-epoch-checkpoint`: version 0, the number of entries, then `epoch first-offset` line by line, both rising.

use std::fmt::Write;

use types::{LeaderEpoch, Offset};

const VERSION: &str = "0";

pub(crate) fn encode(entries: impl ExactSizeIterator<Item = (LeaderEpoch, Offset)>) -> Vec<u8> {
    let mut text = format!("{VERSION}\n{}\n", entries.len());
    for (epoch, offset) in entries {
        let _ = writeln!(text, "{epoch} {offset}");
    }
    text.into_bytes()
}

pub(crate) fn decode(content: &[u8]) -> Result<Vec<(LeaderEpoch, Offset)>, String> {
    super::checkpoint_lines(content, VERSION)?
        .into_iter()
        .map(|line| {
            let (epoch, offset) = line.trim().split_once(' ').ok_or_else(|| line.to_owned())?;
            Ok((epoch.parse().map_err(|_| line.to_owned())?, offset.parse().map_err(|_| line.to_owned())?))
        })
        .collect::<Result<Vec<_>, String>>()
        .map_err(|line| format!("the line {line:?} is not `epoch first-offset`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn file_is_kafkas() {
        let entries = [(0, 0), (3, 17), (4, 99)];
        let content = encode(entries.into_iter());
        assert_eq!(content, b"0\n3\n0 0\n3 17\n4 99\n");
        assert_eq!(decode(&content), Ok(entries.to_vec()));
    }

    proptest! {
        #[test]
        fn any_text_decodes_without_a_panic(content in "(0\n)?[0-9 \n-]{0,40}") {
            let _ = decode(content.as_bytes());
        }
    }
}
