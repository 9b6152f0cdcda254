//! The 34 keys of a topic as typed values: its own settings over the broker's.

use std::collections::BTreeMap;

use crate::key::Scope;
use crate::layered::Layered;

/// What happens to old segments. Neither: everything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Segments past retention are removed.
    pub delete: bool,
    /// Of every key the last record is kept.
    pub compact: bool,
}

/// How records are compressed on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionType {
    /// As the producer sent them.
    Producer,
    /// Not at all.
    Uncompressed,
    /// With gzip.
    Gzip,
    /// With snappy.
    Snappy,
    /// With lz4.
    Lz4,
    /// With zstd.
    Zstd,
}

/// Whose time a record carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

/// The settings of one topic. Each field is the topic key of the same name (`.` written `_`); -1 and -2 mean what they
/// mean there.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicOptions {
    /// What happens to old segments.
    pub cleanup_policy: CleanupPolicy,
    /// How records are compressed on disk.
    pub compression_type: CompressionType,
    /// The level for gzip; -1 is the library's own.
    pub compression_gzip_level: i32,
    /// The level for lz4.
    pub compression_lz4_level: i32,
    /// The level for zstd.
    pub compression_zstd_level: i32,
    /// How long a tombstone stays readable.
    pub delete_retention_ms: i64,
    /// How long removed files stay before they are deleted.
    pub file_delete_delay_ms: i64,
    /// After how many records the log is synced.
    pub flush_messages: i64,
    /// After how long written records are synced.
    pub flush_ms: i64,
    /// Replicas that copy at the throttled rate, as `partition:broker`, or `*`.
    pub follower_replication_throttled_replicas: Vec<String>,
    /// About how many bytes of records lie between two entries of the offset index.
    pub index_interval_bytes: i32,
    /// Replaces `segment_bytes` in tests.
    pub internal_segment_bytes: Option<i32>,
    /// Replicas whose leaders send at the throttled rate, as `partition:broker`, or `*`.
    pub leader_replication_throttled_replicas: Vec<String>,
    /// How many bytes stay on local disk; -2 as many as are kept at all.
    pub local_retention_bytes: i64,
    /// How long records stay on local disk; -2 as long as they are kept at all.
    pub local_retention_ms: i64,
    /// How long a record may stay uncompacted.
    pub max_compaction_lag_ms: i64,
    /// The largest record batch accepted.
    pub max_message_bytes: i32,
    /// How far a record's time may lie in the future.
    pub message_timestamp_after_max_ms: i64,
    /// How far a record's time may lie in the past.
    pub message_timestamp_before_max_ms: i64,
    /// Whose time a record carries.
    pub message_timestamp_type: TimestampType,
    /// The share of a log that must be uncleaned before it is cleaned.
    pub min_cleanable_dirty_ratio: f64,
    /// How long a record stays uncompacted at least.
    pub min_compaction_lag_ms: i64,
    /// How many replicas must be in sync for acks=all.
    pub min_insync_replicas: i32,
    /// Whether a new segment's space is taken at once.
    pub preallocate: bool,
    /// Whether copying to remote storage stops.
    pub remote_log_copy_disable: bool,
    /// Whether remote segments are deleted when remote storage is switched off.
    pub remote_log_delete_on_disable: bool,
    /// Whether segments move to remote storage.
    pub remote_storage_enable: bool,
    /// How many bytes of a partition are kept; -1 all.
    pub retention_bytes: i64,
    /// How long records are kept; -1 forever.
    pub retention_ms: i64,
    /// The size at which a new segment begins.
    pub segment_bytes: i32,
    /// The largest size of an offset or time index.
    pub segment_index_bytes: i32,
    /// The largest random part taken off `segment_ms`.
    pub segment_jitter_ms: i64,
    /// The age at which a new segment begins.
    pub segment_ms: i64,
    /// Whether a replica that is not in sync may lead.
    pub unclean_leader_election_enable: bool,
}

impl TopicOptions {
    /// The settings of a topic that has these of its own, on a node whose broker keys have these values (defaults
    /// included, as `BrokerLayers::value` gives them). A value that its row does not allow is passed over.
    pub fn resolve(
        overrides: &BTreeMap<String, String>,
        broker_value: impl Fn(&str) -> Option<String>,
    ) -> TopicOptions {
        let topic = Layered { scope: Scope::Topic, overrides, broker_value };
        let cleanup_policy = topic.list("cleanup.policy");
        let has = |policy: &str| cleanup_policy.iter().any(|one| one == policy);
        TopicOptions {
            cleanup_policy: CleanupPolicy { delete: has("delete"), compact: has("compact") },
            compression_type: compression_type(&topic.text("compression.type")),
            compression_gzip_level: topic.int("compression.gzip.level"),
            compression_lz4_level: topic.int("compression.lz4.level"),
            compression_zstd_level: topic.int("compression.zstd.level"),
            delete_retention_ms: topic.long("delete.retention.ms"),
            file_delete_delay_ms: topic.long("file.delete.delay.ms"),
            flush_messages: topic.long("flush.messages"),
            flush_ms: topic.long("flush.ms"),
            follower_replication_throttled_replicas: topic.list("follower.replication.throttled.replicas"),
            index_interval_bytes: topic.int("index.interval.bytes"),
            internal_segment_bytes: topic.optional_int("internal.segment.bytes"),
            leader_replication_throttled_replicas: topic.list("leader.replication.throttled.replicas"),
            local_retention_bytes: topic.long("local.retention.bytes"),
            local_retention_ms: topic.long("local.retention.ms"),
            max_compaction_lag_ms: topic.long("max.compaction.lag.ms"),
            max_message_bytes: topic.int("max.message.bytes"),
            message_timestamp_after_max_ms: topic.long("message.timestamp.after.max.ms"),
            message_timestamp_before_max_ms: topic.long("message.timestamp.before.max.ms"),
            message_timestamp_type: timestamp_type(&topic.text("message.timestamp.type")),
            min_cleanable_dirty_ratio: topic.double("min.cleanable.dirty.ratio"),
            min_compaction_lag_ms: topic.long("min.compaction.lag.ms"),
            min_insync_replicas: topic.int("min.insync.replicas"),
            preallocate: topic.boolean("preallocate"),
            remote_log_copy_disable: topic.boolean("remote.log.copy.disable"),
            remote_log_delete_on_disable: topic.boolean("remote.log.delete.on.disable"),
            remote_storage_enable: topic.boolean("remote.storage.enable"),
            retention_bytes: topic.long("retention.bytes"),
            retention_ms: topic.long("retention.ms"),
            segment_bytes: topic.int("segment.bytes"),
            segment_index_bytes: topic.int("segment.index.bytes"),
            segment_jitter_ms: topic.long("segment.jitter.ms"),
            segment_ms: topic.long("segment.ms"),
            unclean_leader_election_enable: topic.boolean("unclean.leader.election.enable"),
        }
    }

    /// The size at which a new segment begins: `internal.segment.bytes` where a test set it, else `segment.bytes`.
    pub fn effective_segment_bytes(&self) -> i32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }
}

impl Default for TopicOptions {
    /// The settings of a topic where nobody set anything.
    fn default() -> TopicOptions {
        TopicOptions::resolve(&BTreeMap::new(), |_| None)
    }
}

/// The row allows these texts and no others.
fn compression_type(text: &str) -> CompressionType {
    match text {
        "uncompressed" => CompressionType::Uncompressed,
        "gzip" => CompressionType::Gzip,
        "snappy" => CompressionType::Snappy,
        "lz4" => CompressionType::Lz4,
        "zstd" => CompressionType::Zstd,
        _ => CompressionType::Producer,
    }
}

fn timestamp_type(text: &str) -> TimestampType {
    match text {
        "LogAppendTime" => TimestampType::LogAppendTime,
        _ => TimestampType::CreateTime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Kind;
    use crate::table::keys;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_settings_a_topic_has_kafkas_defaults() {
        let options = TopicOptions::default();
        assert_eq!(options.cleanup_policy, CleanupPolicy { delete: true, compact: false });
        assert_eq!(options.compression_type, CompressionType::Producer);
        assert_eq!(options.retention_ms, 604_800_000);
        assert_eq!(options.effective_segment_bytes(), 1_073_741_824);
        assert_eq!(options.max_message_bytes, 1_048_588);
        assert_eq!(options.flush_ms, i64::MAX);
        assert_eq!(options.internal_segment_bytes, None);
    }

    #[test]
    fn a_topics_own_settings_win_over_the_brokers() {
        let broker =
            map(&[("log.retention.hours", "1"), ("log.segment.bytes", "2000000"), ("compression.type", "lz4")]);
        let overrides = map(&[("compression.type", "zstd"), ("internal.segment.bytes", "1000")]);
        let options = TopicOptions::resolve(&overrides, |name| broker.get(name).cloned());
        assert_eq!(options.retention_ms, 3_600_000);
        assert_eq!(options.segment_bytes, 2_000_000);
        assert_eq!(options.effective_segment_bytes(), 1000);
        assert_eq!(options.compression_type, CompressionType::Zstd);
    }

    #[test]
    fn the_finest_unit_of_the_broker_wins() {
        let broker = map(&[("log.retention.hours", "1"), ("log.retention.minutes", "1"), ("log.roll.ms", "9")]);
        let options = TopicOptions::resolve(&map(&[]), |name| broker.get(name).cloned());
        assert_eq!(options.retention_ms, 60_000);
        assert_eq!(options.segment_ms, 9);
    }

    #[test]
    fn negative_retention_of_the_broker_means_forever() {
        let options = TopicOptions::resolve(&map(&[]), |name| (name == "log.retention.ms").then(|| "-7".to_owned()));
        assert_eq!(options.retention_ms, -1);
    }

    #[test]
    fn both_cleanup_policies_or_none_can_be_set() {
        let policy = |text| TopicOptions::resolve(&map(&[("cleanup.policy", text)]), |_| None).cleanup_policy;
        assert_eq!(policy("compact,delete"), CleanupPolicy { delete: true, compact: true });
        assert_eq!(policy(""), CleanupPolicy { delete: false, compact: false });
    }

    #[test]
    fn a_value_that_is_not_allowed_is_passed_over_for_every_key() {
        for key in keys(Scope::Topic).filter(|key| !matches!(key.kind, Kind::List)) {
            let options = TopicOptions::resolve(&map(&[(key.name, "never allowed")]), |_| Some("neither".to_owned()));
            assert_eq!(options, TopicOptions::default(), "{}", key.name);
        }
    }
}
