//! Appending: what a producer sends, and what this node's own coordinators write.

use batch::{Compression, ProduceRules, ValidatedBatch, validate_produce};
use bytes::Bytes;
use replication::Leader;
use storage::{Append, Origin};
use types::{LeaderEpoch, Offset, TimestampMs};

use super::{AppendError, Partition, Role};

/// What the topic's configuration says about appends.
#[derive(Clone, Debug)]
pub(crate) struct TopicRules {
    pub(crate) produce: ProduceRules,
    pub(crate) min_in_sync: usize,
    /// Records may be deleted by request and by age.
    pub(crate) deletes: bool,
}

/// What the request says about an append.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProduceFrom {
    pub(crate) acks: i16,
    pub(crate) allows_zstd: bool,
    pub(crate) now_ms: TimestampMs,
}

/// Where records were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: Offset,
    /// Behind the last record.
    pub(crate) end_offset: Offset,
    pub(crate) log_append_time_ms: TimestampMs,
    pub(crate) log_start_offset: Offset,
    pub(crate) records: i32,
}

impl Partition {
    /// Appends what a client sent.
    pub(crate) fn produce(&self, records: &Bytes, from: &ProduceFrom) -> Result<Appended, AppendError> {
        let epoch = self.epoch_to_append(from.acks == -1)?;
        let rules = self.rules.load();
        let validated = if from.allows_zstd == rules.produce.allow_zstd {
            validate_produce(records, &rules.produce, from.now_ms)?
        } else {
            let rules = ProduceRules { allow_zstd: from.allows_zstd, ..rules.produce.clone() };
            validate_produce(records, &rules, from.now_ms)?
        };
        self.append(validated, epoch, Origin::Client)
    }

    /// Appends a batch that this node made itself, for a coordinator.
    pub(crate) fn append_own(&self, batch: &Bytes) -> Result<Appended, AppendError> {
        let epoch = self.epoch_to_append(true)?;
        self.append(ValidatedBatch::trusted(batch)?, epoch, Origin::Coordinator { transaction_version: 0 })
    }

    fn append(
        &self,
        batch: ValidatedBatch,
        leader_epoch: LeaderEpoch,
        origin: Origin,
    ) -> Result<Appended, AppendError> {
        let records = batch.header().count();
        let info = self.log.append(Append { batch, leader_epoch, origin, guard: None })?;
        self.log_has_grown(info.last_offset + 1);
        Ok(Appended {
            base_offset: info.base_offset,
            end_offset: info.last_offset + 1,
            log_append_time_ms: info.log_append_time_ms,
            log_start_offset: info.log_start_offset,
            records: if info.duplicate { 0 } else { records },
        })
    }

    /// Would the node's own records be appended now?
    pub(crate) fn check_own_append(&self) -> Result<(), AppendError> {
        self.epoch_to_append(true).map(|_| ())
    }

    fn epoch_to_append(&self, all_in_sync: bool) -> Result<LeaderEpoch, AppendError> {
        match &*self.role.lock() {
            Role::Other { .. } => Err(AppendError::NotLeader),
            Role::Leader(leader) if all_in_sync && !leader.has_enough_in_sync() => Err(not_enough(leader)),
            Role::Leader(leader) => Ok(leader.epoch()),
        }
    }
}

fn not_enough(leader: &Leader) -> AppendError {
    AppendError::NotEnoughReplicas { in_sync: leader.in_sync().len(), required: leader.required_in_sync() }
}

impl TopicRules {
    /// The compression that a topic's `compression.type` stands for.
    pub(crate) fn compression(options: &config::TopicOptions) -> Option<Compression> {
        use batch::Codec;
        use config::CompressionType;
        Some(match options.compression_type {
            CompressionType::Producer => return None,
            CompressionType::Uncompressed => Compression::NONE,
            CompressionType::Gzip => Compression::with_level(Codec::Gzip, options.compression_gzip_level),
            CompressionType::Snappy => Compression::new(Codec::Snappy),
            CompressionType::Lz4 => Compression::with_level(Codec::Lz4, options.compression_lz4_level),
            CompressionType::Zstd => Compression::with_level(Codec::Zstd, options.compression_zstd_level),
        })
    }
}
