//! `recovery-point-offset-checkpoint`, `replication-offset-checkpoint`, `log-start-offset-checkpoint`: version 0, the number of
//! entries, then `topic partition offset` line by line.

use std::collections::BTreeMap;
use std::fmt::Write;

use types::{Offset, TopicPartition};

const VERSION: &str = "0";

/// Offsets by partition.
pub(crate) type Offsets = BTreeMap<TopicPartition, Offset>;

pub(crate) fn encode<'a>(entries: impl ExactSizeIterator<Item = (&'a TopicPartition, Offset)>) -> Vec<u8> {
    let mut text = format!("{VERSION}\n{}\n", entries.len());
    for (partition, offset) in entries {
        let _ = writeln!(text, "{} {} {offset}", partition.topic, partition.partition);
    }
    text.into_bytes()
}

pub(crate) fn decode(content: &[u8]) -> Result<Offsets, String> {
    let mut offsets = Offsets::new();
    for line in super::checkpoint_lines(content, VERSION)? {
        let entry = (|| {
            let mut words = line.split_whitespace();
            let (topic, partition, offset) = (words.next()?, words.next()?, words.next()?);
            let partition = TopicPartition::new(topic, partition.parse().ok()?);
            words.next().is_none().then_some((partition, offset.parse().ok()?))
        })();
        let (partition, offset) = entry.ok_or_else(|| format!("the line {line:?} is not `topic partition offset`"))?;
        offsets.insert(partition, offset);
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn file_is_kafkas() {
        let offsets = Offsets::from([(TopicPartition::new("a", 0), 5), (TopicPartition::new("b-c", 12), i64::MAX)]);
        let content = encode(offsets.iter().map(|(partition, offset)| (partition, *offset)));
        assert_eq!(content, b"0\n2\na 0 5\nb-c 12 9223372036854775807\n");
        assert_eq!(decode(&content), Ok(offsets));
        assert_eq!(decode(b"0\n0\n"), Ok(Offsets::new()));
    }

    #[test]
    fn broken_files_are_refused() {
        for broken in
            ["", "1\n0\n", "0\n", "0\n2\na 0 5\n", "0\n1\na 0\n", "0\n1\na x 5\n", "0\n1\na 0 5 6\n", "0\n0\nx 0 1\n"]
        {
            assert!(decode(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&content);
        }
    }
}
