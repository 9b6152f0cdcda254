//! Names of files and directories.

use types::{TopicPartition, Uuid};

pub(crate) const LOG: &str = "log";
pub(crate) const OFFSET_INDEX: &str = "index";
pub(crate) const TIME_INDEX: &str = "timeindex";
pub(crate) const TXN_INDEX: &str = "txnindex";
pub(crate) const SNAPSHOT: &str = "snapshot";

/// A file that waits for its removal.
pub(crate) const DELETED: &str = ".deleted";
/// Compaction was writing it.
pub(crate) const CLEANED: &str = ".cleaned";
/// Compaction had finished it and was putting it in place.
pub(crate) const SWAP: &str = ".swap";
/// A file that was being replaced.
pub(crate) const TEMPORARY: &str = ".tmp";
/// A snapshot of the metadata log that waits for its removal: its owner removes it.
pub(crate) const DELETED_CHECKPOINT: &str = ".checkpoint.deleted";

pub(crate) const EPOCHS: &str = "leader-epoch-checkpoint";
pub(crate) const PARTITION_METADATA: &str = "partition.metadata";

pub(crate) const LOCK: &str = ".lock";
pub(crate) const META: &str = "meta.properties";
pub(crate) const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
pub(crate) const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";
pub(crate) const HIGH_WATERMARKS: &str = "replication-offset-checkpoint";
pub(crate) const LOG_STARTS: &str = "log-start-offset-checkpoint";
pub(crate) const LOGS: &str = "vltava-logs-checkpoint";

const DELETE_SUFFIX: &str = "-delete";
const FUTURE_SUFFIX: &str = "-future";
const STRAY_SUFFIX: &str = "-stray";
/// The longest name that file systems allow.
const LONGEST_NAME: usize = 255;

/// The file of a segment (or a snapshot) with this first offset.
pub(crate) fn file_name(base_offset: i64, kind: &str) -> String {
    format!("{base_offset:020}.{kind}")
}

/// First offset and kind of a segment's file, from its name.
pub(crate) fn parse_file_name(name: &str) -> Option<(i64, &str)> {
    let (digits, kind) = name.split_once('.')?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, kind))
}

/// What a directory inside a log directory is, from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DirectoryName {
    /// A partition.
    Partition(TopicPartition),
    /// A deleted partition that waits for its removal.
    Deleted,
    /// A replica that was moving here.
    Future,
    /// A partition that this node should not have.
    Stray,
    /// Not ours.
    Other,
}

/// The directory of a partition.
pub(crate) fn partition_directory(partition: &TopicPartition) -> String {
    partition.to_string()
}

/// The directory of a deleted partition; the id makes it unique.
pub(crate) fn deleted_directory(partition: &TopicPartition, id: Uuid) -> String {
    let suffix = format!(".{}{DELETE_SUFFIX}", id.to_bytes().map(|byte| format!("{byte:02x}")).concat());
    let mut name = partition_directory(partition);
    name.truncate(LONGEST_NAME - suffix.len());
    name + &suffix
}

pub(crate) fn parse_directory(name: &str) -> DirectoryName {
    for (suffix, kind) in [
        (DELETE_SUFFIX, DirectoryName::Deleted),
        (FUTURE_SUFFIX, DirectoryName::Future),
        (STRAY_SUFFIX, DirectoryName::Stray),
    ] {
        // A topic may well be called "x-delete": then a number follows. With the suffix there is an id before it.
        if let Some(rest) = name.strip_suffix(suffix)
            && rest.rsplit_once('.').is_some_and(|(_, id)| id.len() == 32)
        {
            return kind;
        }
    }
    let Some((topic, number)) = name.rsplit_once('-') else { return DirectoryName::Other };
    let canonical = !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (number == "0" || !number.starts_with('0'));
    match number.parse::<i32>() {
        Ok(partition) if canonical && types::validate_topic_name(topic).is_ok() => {
            DirectoryName::Partition(TopicPartition::new(topic, partition))
        }
        _ => DirectoryName::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_names_are_kafkas() {
        assert_eq!(file_name(42, LOG), "00000000000000000042.log");
        assert_eq!(parse_file_name("00000000000000000042.log"), Some((42, "log")));
        assert_eq!(parse_file_name("00000000000000000042.log.deleted"), Some((42, "log.deleted")));
        for wrong in ["42.log", "leader-epoch-checkpoint", "99999999999999999999.log", "0000000000000000004x.log"] {
            assert_eq!(parse_file_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn directories_are_told_apart() {
        let partition = TopicPartition::new("my-topic.x-delete", 7);
        assert_eq!(parse_directory("my-topic.x-delete-7"), DirectoryName::Partition(partition.clone()));
        let deleted = deleted_directory(&partition, Uuid::from_bytes([0xab; 16]));
        assert_eq!(deleted, "my-topic.x-delete-7.abababababababababababababababab-delete");
        assert_eq!(parse_directory(&deleted), DirectoryName::Deleted);
        assert_eq!(parse_directory("t-0.abababababababababababababababab-stray"), DirectoryName::Stray);
        assert_eq!(parse_directory("t-0.abababababababababababababababab-future"), DirectoryName::Future);
        for other in ["lost+found", "topic", "topic-", "topic-x", "topic-01", "-1", "topic-99999999999"] {
            assert_eq!(parse_directory(other), DirectoryName::Other, "{other}");
        }
    }

    #[test]
    fn name_of_a_deleted_directory_is_never_too_long() {
        let partition = TopicPartition::new("t".repeat(249), 123);
        assert_eq!(deleted_directory(&partition, Uuid::ZERO).len(), 255);
    }
}
