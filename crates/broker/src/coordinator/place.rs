//! Where a group lives: Java's hash of its id, by the number of partitions of the offsets topic.

/// `String.hashCode` of Java, over UTF-16 units.
pub(crate) fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition of the offsets topic that holds a group. Kafka takes the absolute value, and 0 for the one number that has none.
pub(crate) fn partition_of(group_id: &str, partitions: usize) -> i32 {
    java_hash(group_id).checked_abs().unwrap_or(0) % partitions.max(1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_javas() {
        assert_eq!(java_hash(""), 0);
        assert_eq!(java_hash("a"), 97);
        assert_eq!(java_hash("hello"), 99_162_322);
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
        assert_eq!(java_hash("😀"), 1_772_899);
    }

    #[test]
    fn the_partition_is_never_negative() {
        assert_eq!(partition_of("polygenelubricants", 50), 0);
        for id in ["console-consumer-1", "connect-cluster", "ümlaut", ""] {
            assert!((0..50).contains(&partition_of(id, 50)), "{id}");
        }
    }
}
