//! Snapshot files of the metadata log: `<end offset>-<epoch>.checkpoint`, and `bootstrap.checkpoint` of a formatted directory.
//!
//! A file is record batches like a log's: a control batch with the header (and the voters), data batches, a control batch with
//! the footer. Offsets count from 0, the leader epoch is the snapshot's, nothing is compressed.

use std::path::Path;

use batch::{BatchBuilder, Batches, Records};
use bytes::Bytes;
use quorum::{ControlRecord, Framing, Part, SnapshotId};
use records::MetadataRecord;
use runtime::Disk;
use types::{LeaderEpoch, TimestampMs};

/// Records in one batch.
const BATCH_BYTES: usize = 1024 * 1024;
/// The file that formatting leaves for the first active controller.
pub(crate) const BOOTSTRAP: &str = "bootstrap.checkpoint";

/// What a snapshot holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoint {
    /// kraft.version and voters.
    pub(crate) quorum: Vec<ControlRecord>,
    /// The image.
    pub(crate) records: Vec<MetadataRecord>,
    /// When the last record in it was written.
    pub(crate) last_contained_ms: TimestampMs,
}

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not a valid snapshot: {reason}; restore it from another controller or from a backup")]
pub(crate) struct InvalidFile {
    path: String,
    reason: String,
}

impl Checkpoint {
    /// The file's content.
    pub(crate) fn encode(
        &self,
        epoch: LeaderEpoch,
        metadata_version: i16,
        now_ms: TimestampMs,
    ) -> Result<Bytes, String> {
        let mut file = Vec::new();
        let mut offset = 0;
        let header = ControlRecord::SnapshotHeader { last_contained_log_timestamp: self.last_contained_ms };
        let first: Vec<&ControlRecord> = std::iter::once(&header).chain(&self.quorum).collect();
        offset = push_control(&mut file, offset, epoch, &first, now_ms)?;
        let mut builder = BatchBuilder::new(offset).leader_epoch(epoch);
        for record in &self.records {
            let version = record.highest_version(metadata_version);
            let value = records::metadata::encode(record, version).map_err(|error| error.to_string())?;
            if builder.size() + value.len() > BATCH_BYTES && !builder.is_empty() {
                offset += i64::from(builder.count());
                let full = std::mem::replace(&mut builder, BatchBuilder::new(offset).leader_epoch(epoch));
                file.extend_from_slice(&full.build().map_err(|error| error.to_string())?);
            }
            builder.append(now_ms, None, Some(&value), &[]);
        }
        if !builder.is_empty() {
            offset += i64::from(builder.count());
            file.extend_from_slice(&builder.build().map_err(|error| error.to_string())?);
        }
        push_control(&mut file, offset, epoch, &[&ControlRecord::SnapshotFooter], now_ms)?;
        Ok(file.into())
    }

    /// Reads a file's content.
    pub(crate) fn decode(bytes: &Bytes) -> Result<Checkpoint, String> {
        let mut checkpoint = Checkpoint::default();
        let mut framing = Framing::default();
        let mut position = 0;
        for batch in Batches::new(bytes) {
            let batch = batch.map_err(|error| error.to_string())?;
            batch.check_crc().map_err(|error| error.to_string())?;
            let size = batch.bytes().len();
            let control = batch.header().is_control();
            for record in Records::new(&bytes.slice(position..position + size)).map_err(|error| error.to_string())? {
                let record = record.map_err(|error| error.to_string())?;
                let part = if control {
                    checkpoint.take_control(record)?
                } else {
                    let value = record.value.ok_or("a record has no value")?;
                    checkpoint.records.push(records::metadata::decode(value).map_err(|error| error.to_string())?.0);
                    Some(Part::Data)
                };
                if let Some(part) = part {
                    framing.next(part).map_err(|error| error.to_string())?;
                }
            }
            position += size;
        }
        framing.finish().map_err(|error| error.to_string())?;
        Ok(checkpoint)
    }

    fn take_control(&mut self, record: batch::Record) -> Result<Option<Part>, String> {
        let key = record.key.unwrap_or_default();
        let read = ControlRecord::read(&key, record.value.unwrap_or_default()).map_err(|error| error.to_string())?;
        Ok(match read {
            Some(ControlRecord::SnapshotHeader { last_contained_log_timestamp }) => {
                self.last_contained_ms = last_contained_log_timestamp;
                Some(Part::Header)
            }
            Some(ControlRecord::SnapshotFooter) => Some(Part::Footer),
            Some(quorum) => {
                self.quorum.push(quorum);
                Some(Part::Quorum)
            }
            None => None,
        })
    }

    /// Reads a file.
    pub(crate) fn read(disk: &Disk, path: &Path) -> Result<Checkpoint, InvalidFile> {
        let invalid = |reason: String| InvalidFile { path: path.display().to_string(), reason };
        let bytes = disk.read(path).map_err(|error| invalid(error.to_string()))?;
        Checkpoint::decode(&bytes.into()).map_err(invalid)
    }

    /// Writes a file durably, in one step.
    pub(crate) fn write(
        &self,
        disk: &Disk,
        path: &Path,
        id: SnapshotId,
        metadata_version: i16,
        now_ms: TimestampMs,
    ) -> Result<u64, String> {
        let content = self.encode(id.epoch, metadata_version, now_ms)?;
        disk.write_durably(path, &content).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(content.len() as u64)
    }
}

fn push_control(
    file: &mut Vec<u8>,
    offset: i64,
    epoch: LeaderEpoch,
    records: &[&ControlRecord],
    now_ms: TimestampMs,
) -> Result<i64, String> {
    file.extend_from_slice(&control_batch(offset, epoch, records.iter().copied(), now_ms)?);
    Ok(offset + records.len() as i64)
}

/// A batch of control records at an offset.
pub(super) fn control_batch<'r>(
    offset: i64,
    epoch: LeaderEpoch,
    records: impl Iterator<Item = &'r ControlRecord>,
    now_ms: TimestampMs,
) -> Result<Bytes, String> {
    let mut builder = BatchBuilder::new(offset).leader_epoch(epoch).control();
    for record in records {
        let value = record.value().map_err(|error| error.to_string())?;
        builder.append(now_ms, Some(&record.key()), Some(&value), &[]);
    }
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::{FeatureLevelRecord, TopicRecord};

    fn sample() -> Checkpoint {
        let feature = FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30, ..Default::default() };
        let topics = (0..30_000).map(|number| {
            MetadataRecord::Topic(TopicRecord { name: format!("topic-{number}").into(), ..Default::default() })
        });
        Checkpoint {
            quorum: vec![ControlRecord::KRaftVersion(1)],
            records: std::iter::once(MetadataRecord::FeatureLevel(feature)).chain(topics).collect(),
            last_contained_ms: 17,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let checkpoint = sample();
        let bytes = checkpoint.encode(3, 30, 1).unwrap();
        assert!(Batches::new(&bytes).count() > 3, "large images take several batches");
        let read = Checkpoint::decode(&bytes).unwrap();
        assert_eq!((read.quorum, read.records, read.last_contained_ms), (checkpoint.quorum, checkpoint.records, 17));
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = sample().encode(3, 30, 1).unwrap();
        for cut in [0, 1, 60, 61, bytes.len() / 2, bytes.len() - 1] {
            assert!(Checkpoint::decode(&bytes.slice(..cut)).is_err(), "{cut}");
        }
    }
}
