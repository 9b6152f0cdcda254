//! The metadata log on disk: an ordinary log, its snapshots, and `quorum-state`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use batch::{BatchBuilder, Batches, Records};
use bytes::Bytes;
use quorum::{
    CheckpointName, ControlRecord, EpochStart, LogFacts, QUORUM_STATE_FILE, QuorumState, SnapshotFacts, SnapshotId,
    Stage,
};
use records::MetadataRecord;
use runtime::Disk;
use storage::{Log, StorageError};
use types::{LeaderEpoch, Offset, TimestampMs};

use super::checkpoint::{Checkpoint, control_batch};

/// Bytes read at once while replaying.
const REPLAY_CHUNK: u32 = 8 * 1024 * 1024;
/// Bytes of one batch of records; a decision that is larger takes several.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Why records could not be appended.
#[derive(Debug)]
pub(super) enum AppendFailure {
    /// The disk is full; the log is as it was, and freeing space is enough to go on.
    Full,
    /// The log cannot be used any more.
    Broken(String),
}

impl From<String> for AppendFailure {
    fn from(reason: String) -> AppendFailure {
        AppendFailure::Broken(reason)
    }
}

/// The metadata log.
pub(super) struct MetadataLog {
    disk: Disk,
    path: PathBuf,
    log: Arc<Log>,
}

/// What the log held when it was opened.
pub(super) struct Replayed {
    /// For the quorum.
    pub(super) facts: LogFacts,
    /// The image of the latest snapshot, as records.
    pub(super) snapshot: Vec<MetadataRecord>,
    /// Where the snapshot ends.
    pub(super) snapshot_end: Offset,
    /// The records behind it.
    pub(super) records: Vec<(Offset, MetadataRecord)>,
    /// How many bytes they take.
    pub(super) bytes: u64,
}

impl MetadataLog {
    pub(super) fn new(disk: Disk, log: Arc<Log>) -> MetadataLog {
        MetadataLog { disk, path: log.path(), log }
    }

    pub(super) fn end(&self) -> Offset {
        self.log.log_end_offset()
    }

    pub(super) fn size(&self) -> u64 {
        self.log.size()
    }

    /// The content of `quorum-state`, if there is one.
    pub(super) fn quorum_state(&self) -> Result<Option<QuorumState>, String> {
        let path = self.path.join(QUORUM_STATE_FILE);
        if !self.disk.exists(&path) {
            return Ok(None);
        }
        let bytes = self.disk.read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        QuorumState::parse(&text).map(Some).map_err(|error| format!("{} is damaged: {error}", path.display()))
    }

    /// Writes `quorum-state` durably.
    pub(super) fn persist(&self, state: &QuorumState) -> Result<(), String> {
        let path = self.path.join(QUORUM_STATE_FILE);
        let made = self.disk.create_dir_all(&self.path);
        made.and_then(|()| self.disk.write_durably(&path, state.to_json().as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// Appends control records in one batch.
    pub(super) fn append_control(
        &self,
        base: Offset,
        epoch: LeaderEpoch,
        records: &[ControlRecord],
        now_ms: TimestampMs,
    ) -> Result<(), String> {
        self.append(&control_batch(base, epoch, records.iter(), now_ms)?, epoch)
    }

    /// Appends records of the controller, all or none; says where the log ends then.
    pub(super) fn append_records(
        &self,
        records: &[(MetadataRecord, i16)],
        epoch: LeaderEpoch,
        now_ms: TimestampMs,
    ) -> Result<Offset, AppendFailure> {
        let base = self.end();
        let appended = self.append_batches(records, epoch, now_ms);
        if matches!(appended, Err(AppendFailure::Full)) && self.end() > base {
            self.truncate(base)?;
        }
        appended
    }

    fn append_batches(
        &self,
        records: &[(MetadataRecord, i16)],
        epoch: LeaderEpoch,
        now_ms: TimestampMs,
    ) -> Result<Offset, AppendFailure> {
        let mut builder = BatchBuilder::new(self.end()).leader_epoch(epoch);
        for (record, version) in records {
            let value = records::metadata::encode(record, *version).map_err(|error| error.to_string())?;
            if builder.size() + value.len() > BATCH_BYTES && !builder.is_empty() {
                self.append_or_full(&builder.build().map_err(|error| error.to_string())?, epoch)?;
                builder = BatchBuilder::new(self.end()).leader_epoch(epoch);
            }
            builder.append(now_ms, None, Some(&value), &[]);
        }
        if !builder.is_empty() {
            self.append_or_full(&builder.build().map_err(|error| error.to_string())?, epoch)?;
        }
        Ok(self.end())
    }

    fn append_or_full(&self, batch: &Bytes, epoch: LeaderEpoch) -> Result<(), AppendFailure> {
        match self.log.append_metadata(batch, epoch) {
            Ok(_) => Ok(()),
            Err(StorageError::DiskFull { .. }) => Err(AppendFailure::Full),
            Err(error) => Err(AppendFailure::Broken(error.to_string())),
        }
    }

    pub(super) fn append(&self, batches: &Bytes, epoch: LeaderEpoch) -> Result<(), String> {
        self.log.append_metadata(batches, epoch).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Makes the log durable.
    pub(super) fn sync(&self) -> Result<(), String> {
        self.log.sync().map(|_| ()).map_err(|error| error.to_string())
    }

    pub(super) fn truncate(&self, end: Offset) -> Result<(), String> {
        self.log.truncate_to(end).map(|_| ()).map_err(|error| error.to_string())
    }

    /// What is committed may be read by the log's own bookkeeping, too.
    pub(super) fn committed(&self, high_watermark: Offset) {
        self.log.advance_high_watermark(high_watermark);
    }

    /// Writes a snapshot; older ones but the last are removed, and so are segments that a snapshot has made superfluous when
    /// the log is larger than `keep_bytes`.
    pub(super) fn store_snapshot(
        &self,
        id: SnapshotId,
        checkpoint: &Checkpoint,
        metadata_version: i16,
        now_ms: TimestampMs,
        keep_bytes: u64,
    ) -> Result<(SnapshotFacts, Option<Offset>), String> {
        let path = self.path.join(id.file_name());
        let size = checkpoint.write(&self.disk, &path, id, metadata_version, now_ms)?;
        let mut start = None;
        if self.log.size() > keep_bytes {
            self.log.advance_log_start(id.end_offset).map_err(|error| error.to_string())?;
            start = Some(id.end_offset);
            for older in self.snapshots()?.into_iter().filter(|older| older.id < id) {
                if older.id.end_offset > 0 {
                    // A snapshot that stays behind does no harm; it goes with the next one.
                    let _ = self.disk.remove_file(&self.path.join(older.id.file_name()));
                }
            }
        }
        Ok((SnapshotFacts { id, size_bytes: size as i64 }, start))
    }

    fn snapshots(&self) -> Result<Vec<SnapshotFacts>, String> {
        if !self.disk.exists(&self.path) {
            return Ok(Vec::new());
        }
        let entries =
            self.disk.list(&self.path).map_err(|error| format!("cannot read {}: {error}", self.path.display()))?;
        let mut found = Vec::new();
        for entry in entries {
            match CheckpointName::parse(&entry.name) {
                Some(CheckpointName { id, stage: Stage::Complete }) => {
                    found.push(SnapshotFacts { id, size_bytes: entry.length as i64 });
                }
                // What was being written or deleted when the process ended is worthless.
                Some(_) => {
                    let _ = self.disk.remove_file(&self.path.join(&entry.name));
                }
                None => {}
            }
        }
        Ok(found)
    }

    /// Reads everything: the latest snapshot and the log behind it.
    pub(super) fn replay(&self) -> Result<Replayed, String> {
        let mut facts = LogFacts {
            start_offset: self.log.log_start_offset(),
            end_offset: self.end(),
            synced_end_offset: self.end(),
            ..LogFacts::default()
        };
        // What a crash left unsynced is synced now, or the end could not be told as durable.
        self.sync()?;
        let epochs = self.log.epoch_starts().map_err(|error| error.to_string())?;
        facts.epochs =
            epochs.into_iter().map(|it| EpochStart { epoch: it.epoch, start_offset: it.start_offset }).collect();
        facts.snapshots = self.snapshots()?;
        let mut replayed = Replayed { facts, snapshot: Vec::new(), snapshot_end: 0, records: Vec::new(), bytes: 0 };
        if let Some(latest) = replayed.facts.snapshots.iter().map(|snapshot| snapshot.id).max() {
            self.read_snapshot(latest, &mut replayed)?;
        }
        self.read_log(&mut replayed)?;
        Ok(replayed)
    }

    fn read_snapshot(&self, id: SnapshotId, replayed: &mut Replayed) -> Result<(), String> {
        let checkpoint = read_checkpoint(&self.disk, &self.path.join(id.file_name()))?;
        let offset = if id == SnapshotId::BOOTSTRAP { -1 } else { id.end_offset - 1 };
        for record in checkpoint.quorum {
            note_control(record, offset, &mut replayed.facts);
        }
        replayed.snapshot = checkpoint.records;
        replayed.snapshot_end = id.end_offset;
        Ok(())
    }

    fn read_log(&self, replayed: &mut Replayed) -> Result<(), String> {
        let mut offset = self.log.log_start_offset().max(replayed.snapshot_end);
        let end = self.end();
        while offset < end {
            let read = self.log.read(offset, REPLAY_CHUNK, true, storage::Isolation::LogEnd);
            let Some(slice) = read.map_err(|error| error.to_string())?.slice else { break };
            let bytes = slice.read().map_err(|error| error.to_string())?;
            let mut position = 0;
            for batch in Batches::new(&bytes) {
                let batch = batch.map_err(|error| error.to_string())?;
                // KAFKA-14104: a metadata log that is damaged must not be believed.
                batch.check_crc().map_err(|error| format!("the metadata log is damaged: {error}"))?;
                let size = batch.bytes().len();
                let header = *batch.header();
                take_batch(&bytes.slice(position..position + size), offset, replayed)?;
                position += size;
                replayed.bytes += size as u64;
                offset = offset.max(header.next_offset());
            }
        }
        Ok(())
    }
}

fn read_checkpoint(disk: &Disk, path: &Path) -> Result<Checkpoint, String> {
    Checkpoint::read(disk, path).map_err(|error| error.to_string())
}

fn take_batch(batch: &Bytes, from: Offset, replayed: &mut Replayed) -> Result<(), String> {
    let records = Records::new(batch).map_err(|error| error.to_string())?;
    let control = records.header().is_control();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        if record.offset < from {
            continue;
        }
        if control {
            let key = record.key.unwrap_or_default();
            let read =
                ControlRecord::read(&key, record.value.unwrap_or_default()).map_err(|error| error.to_string())?;
            if let Some(read) = read {
                note_control(read, record.offset, &mut replayed.facts);
            }
        } else {
            let value =
                record.value.ok_or_else(|| format!("record {} of the metadata log has no value", record.offset))?;
            let (decoded, _) = records::metadata::decode(value)
                .map_err(|error| format!("record {} of the metadata log cannot be read: {error}", record.offset))?;
            replayed.records.push((record.offset, decoded));
        }
    }
    Ok(())
}

fn note_control(record: ControlRecord, offset: Offset, facts: &mut LogFacts) {
    match record {
        ControlRecord::KRaftVersion(level) => facts.kraft_versions.push((offset, level)),
        ControlRecord::Voters(voters) => facts.voters.push((offset, voters)),
        _ => {}
    }
}
