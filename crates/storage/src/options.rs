//! What a topic's configuration says about its logs.

/// Options of a log, with Kafka's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// `segment.bytes`: a segment is closed before it gets larger.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is closed when it is older.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: at most so much earlier, so that segments made at one time are not closed at one time.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: a segment is closed when one of its indexes would get larger.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: so many bytes of batches between two entries of an index.
    pub index_interval_bytes: u32,
    /// `cleanup.policy` contains delete: [`LogOptions::retention_ms`] and [`LogOptions::retention_bytes`] count.
    pub delete: bool,
    /// `retention.ms`: older segments are deleted; -1 keeps them.
    pub retention_ms: i64,
    /// `retention.bytes`: the oldest segments are deleted while the log is larger; -1 keeps them.
    pub retention_bytes: i64,
    /// `file.delete.delay.ms`: how long deleted files keep their content, for reads in flight.
    pub file_delete_delay_ms: i64,
    /// `flush.messages`: so many records may wait for a sync.
    pub flush_messages: i64,
    /// `flush.ms`: so long may a record wait for a sync.
    pub flush_ms: i64,
    /// `preallocate`: new segments get their whole length at once. Accepted; files grow as they are written.
    pub preallocate: bool,
    /// `producer.id.expiration.ms`: a producer that was idle for longer is forgotten.
    pub producer_id_expiration_ms: i64,
    /// `transaction.partition.verification.enable`: the first batch of a transaction needs a [`crate::VerificationGuard`].
    pub transaction_verification: bool,
    /// So many producers are remembered; beyond that, those that were idle longest are forgotten.
    pub max_producers: usize,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            segment_bytes: 1024 * 1024 * 1024,
            segment_ms: 7 * 24 * 60 * 60 * 1000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 * 1024 * 1024,
            index_interval_bytes: 4096,
            delete: true,
            retention_ms: 7 * 24 * 60 * 60 * 1000,
            retention_bytes: -1,
            file_delete_delay_ms: 60_000,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            preallocate: false,
            producer_id_expiration_ms: 24 * 60 * 60 * 1000,
            transaction_verification: true,
            max_producers: 1_000_000,
        }
    }
}

impl LogOptions {
    /// Entries that fit in an offset index.
    pub(crate) fn max_offset_entries(&self) -> usize {
        self.segment_index_bytes as usize / crate::format::index::OFFSET_ENTRY_LENGTH
    }

    /// Entries that fit in a time index.
    pub(crate) fn max_time_entries(&self) -> usize {
        self.segment_index_bytes as usize / crate::format::index::TIME_ENTRY_LENGTH
    }
}
