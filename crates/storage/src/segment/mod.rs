//! One segment: a file of batches and its indexes.
//!
//! The segment that is written keeps its two indexes in memory and adds to their files when it is told to; a closed one reads
//! them from their files. Files are opened at the first use and can be let go.

mod home;
mod lookup;
mod scan;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use batch::Header;
use parking_lot::RwLock;
use runtime::{File, Open};
use types::{NO_TIMESTAMP, Offset, TimestampMs};

pub(crate) use home::{Health, Home};
pub(crate) use scan::{Headers, Step, WholeBatches};

use crate::error::StorageError;
use crate::format::index::{self, IndexEntry, OffsetEntry, TimeEntry};
use crate::format::txn_index::{self, AbortedTransaction};
use crate::names;

/// A segment of a log.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: Offset,
    home: Arc<Home>,
    /// Bytes of whole batches.
    size: AtomicU64,
    parts: RwLock<Parts>,
}

/// What is open or in memory.
#[derive(Debug, Default)]
struct Parts {
    file: Option<File>,
    index: Option<Box<MemoryIndex>>,
    largest: Option<TimeEntry>,
    aborted: Option<Arc<[AbortedTransaction]>>,
}

/// The indexes of the segment that is written.
#[derive(Debug, Default)]
pub(crate) struct MemoryIndex {
    pub(crate) offsets: Vec<OffsetEntry>,
    pub(crate) times: Vec<TimeEntry>,
    /// The highest timestamp and the batch that has it.
    pub(crate) largest: Option<TimeEntry>,
    /// Bytes of batches since the last entry.
    pub(crate) unindexed: u64,
    /// Entries that are in the files already.
    offsets_written: usize,
    times_written: usize,
    /// The files hold nothing else.
    pub(crate) intact: bool,
}

impl MemoryIndex {
    /// Takes in a batch, and makes entries where enough bytes lie behind the last ones.
    pub(crate) fn add(&mut self, base_offset: Offset, position: u64, batch: &Header, interval: u32) {
        let relative_offset = (batch.last_offset() - base_offset) as u32;
        let timestamp = batch.max_timestamp();
        if timestamp > self.largest.map_or(NO_TIMESTAMP, |largest| largest.timestamp) {
            self.largest = Some(TimeEntry { timestamp, relative_offset });
        }
        if self.unindexed > u64::from(interval) {
            self.offsets.push(OffsetEntry { relative_offset, position: position as u32 });
            self.add_largest();
            self.unindexed = 0;
        }
        self.unindexed += batch.size() as u64;
    }

    /// The highest timestamp gets its entry, unless it has one.
    pub(crate) fn add_largest(&mut self) {
        if let Some(largest) = self.largest
            && self.times.last().is_none_or(|&last| largest.follows(last))
        {
            self.times.push(largest);
        }
    }

    /// Batches with offsets from this one on, which began at this position, are gone.
    fn truncate(&mut self, relative_offset: u32, position: u64) {
        self.offsets.retain(|entry| entry.relative_offset < relative_offset && u64::from(entry.position) < position);
        self.times.retain(|entry| entry.relative_offset < relative_offset);
        self.largest = self.times.last().copied();
        self.unindexed = position - self.offsets.last().map_or(0, |entry| u64::from(entry.position));
    }
}

impl Segment {
    pub(crate) fn new(home: Arc<Home>, base_offset: Offset, size: u64) -> Segment {
        Segment { base_offset, home, size: AtomicU64::new(size), parts: RwLock::default() }
    }

    /// Makes the file of a new segment. One that is left from an interrupted attempt has nothing in it that was acknowledged.
    pub(crate) fn create(home: Arc<Home>, base_offset: Offset) -> Result<Segment, StorageError> {
        let segment = Segment::new(home, base_offset, 0);
        let name = segment.name(names::LOG);
        let file = segment.home.open(&name, Open::Create)?;
        let failed = |error| segment.home.failed("truncate", &segment.home.file(&name), error);
        // Not on an empty file: ext4 takes a cut to zero for "to be replaced" and writes the whole file out when it is closed.
        if !file.is_empty().map_err(failed)? {
            file.set_len(0).map_err(failed)?;
        }
        for kind in [names::OFFSET_INDEX, names::TIME_INDEX, names::TXN_INDEX] {
            segment.home.remove(&segment.name(kind))?;
        }
        let parts = Parts { file: Some(file), index: Some(Box::default()), aborted: Some(Arc::new([])), largest: None };
        *segment.parts.write() = parts;
        Ok(segment)
    }

    pub(crate) fn name(&self, kind: &str) -> String {
        names::file_name(self.base_offset, kind)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(crate) fn set_size(&self, size: u64) {
        self.size.store(size, Ordering::Release);
    }

    /// The file of batches.
    pub(crate) fn file(&self) -> Result<File, StorageError> {
        if let Some(file) = &self.parts.read().file {
            return Ok(file.clone());
        }
        let mut parts = self.parts.write();
        if let Some(file) = &parts.file {
            return Ok(file.clone());
        }
        let file = self.home.open(&self.name(names::LOG), Open::ReadWrite)?;
        parts.file = Some(file.clone());
        Ok(file)
    }

    /// Lets the file go; it is opened again when it is needed. The segment that is written keeps its own.
    pub(crate) fn release(&self) {
        let mut parts = self.parts.write();
        if parts.index.is_none() {
            *parts = Parts { largest: parts.largest, ..Parts::default() };
        }
    }

    /// An error of the operating system with this segment's file.
    pub(crate) fn failed(&self, operation: &'static str, error: std::io::Error) -> StorageError {
        self.home.failed(operation, &self.home.file(&self.name(names::LOG)), error)
    }

    /// The batch file's bytes are not what they should be.
    pub(crate) fn damaged(&self, position: u64, reason: String) -> StorageError {
        StorageError::Damaged { path: self.home.file(&self.name(names::LOG)), position, reason }
    }

    /// Brings the indexes into memory: this segment is written from now on.
    pub(crate) fn load_index(&self) -> Result<(), StorageError> {
        let mut parts = self.parts.write();
        if parts.index.is_some() {
            return Ok(());
        }
        let read = |kind: &str| -> Result<Vec<u8>, StorageError> {
            Ok(self.home.read_if_there(&self.name(kind))?.unwrap_or_default())
        };
        let size = self.size();
        let (offset_bytes, time_bytes) = (read(names::OFFSET_INDEX)?, read(names::TIME_INDEX)?);
        let mut offsets: Vec<OffsetEntry> = index::decode(&offset_bytes);
        offsets.retain(|entry| u64::from(entry.position) < size);
        let times: Vec<TimeEntry> = index::decode(&time_bytes);
        let intact = offsets.len() * OffsetEntry::LENGTH == offset_bytes.len()
            && times.len() * TimeEntry::LENGTH == time_bytes.len();
        let unindexed = size - offsets.last().map_or(0, |entry| u64::from(entry.position));
        let (offsets_written, times_written) = (offsets.len(), times.len());
        let largest = times.last().copied();
        parts.index =
            Some(Box::new(MemoryIndex { offsets, times, largest, unindexed, offsets_written, times_written, intact }));
        Ok(())
    }

    /// The indexes of a segment that was walked from end to end; their files are written anew.
    pub(crate) fn replace_index(&self, mut index: MemoryIndex) -> Result<(), StorageError> {
        (index.offsets_written, index.times_written) = (0, 0);
        {
            let mut parts = self.parts.write();
            parts.index = Some(Box::new(index));
            parts.largest = None;
        }
        self.close_index()
    }

    /// Drops the indexes from memory; their files are as they should be.
    pub(crate) fn unload_index(&self) {
        self.parts.write().index = None;
    }

    /// Works on the indexes in memory, where they are.
    pub(crate) fn with_index<T>(&self, work: impl FnOnce(&mut MemoryIndex) -> T) -> Option<T> {
        self.parts.write().index.as_deref_mut().map(work)
    }

    /// Adds the entries to the files that are not in them yet.
    pub(crate) fn write_index(&self) -> Result<(), StorageError> {
        let mut parts = self.parts.write();
        let Some(index) = parts.index.as_deref_mut() else { return Ok(()) };
        self.append_entries(names::OFFSET_INDEX, &index.offsets, &mut index.offsets_written)?;
        self.append_entries(names::TIME_INDEX, &index.times, &mut index.times_written)
    }

    fn append_entries<E: IndexEntry>(
        &self,
        kind: &str,
        entries: &[E],
        written: &mut usize,
    ) -> Result<(), StorageError> {
        let name = self.name(kind);
        let file = self.home.open(&name, Open::Create)?;
        let bytes = index::encode(&entries[*written..]);
        let position = (*written * E::LENGTH) as u64;
        file.set_len(position)
            .and_then(|()| file.write_all_at(&[std::io::IoSlice::new(&bytes)], position))
            .map_err(|error| self.home.failed("write", &self.home.file(&name), error))?;
        *written = entries.len();
        Ok(())
    }

    /// Finishes the indexes: their files are complete, and nothing of them stays in memory.
    pub(crate) fn close_index(&self) -> Result<(), StorageError> {
        self.with_index(MemoryIndex::add_largest);
        self.write_index()?;
        let mut parts = self.parts.write();
        if let Some(index) = parts.index.take() {
            parts.largest = index.largest;
        }
        Ok(())
    }

    /// The position of a batch that is at or before the one with this offset.
    pub(crate) fn position_before(&self, offset: Offset) -> Result<u64, StorageError> {
        let relative = offset - self.base_offset;
        let is_before = |entry: &OffsetEntry| i64::from(entry.relative_offset) <= relative;
        let entry = self.search(names::OFFSET_INDEX, |index| &index.offsets, is_before)?;
        Ok(entry.map_or(0, |entry| u64::from(entry.position)))
    }

    /// The position of an indexed batch that is at or before this position.
    pub(crate) fn indexed_position(&self, position: u64) -> Result<u64, StorageError> {
        let is_before = |entry: &OffsetEntry| u64::from(entry.position) <= position;
        let entry = self.search(names::OFFSET_INDEX, |index| &index.offsets, is_before)?;
        Ok(entry.map_or(0, |entry| u64::from(entry.position)))
    }

    /// An offset before which every record is older than this.
    pub(crate) fn offset_before(&self, timestamp: TimestampMs) -> Result<Offset, StorageError> {
        let is_before = |entry: &TimeEntry| entry.timestamp <= timestamp;
        let entry = self.search(names::TIME_INDEX, |index| &index.times, is_before)?;
        Ok(entry.map_or(self.base_offset, |entry| self.base_offset + i64::from(entry.relative_offset)))
    }

    fn search<E: IndexEntry>(
        &self,
        kind: &str,
        entries: impl Fn(&MemoryIndex) -> &Vec<E>,
        is_before: impl Fn(&E) -> bool,
    ) -> Result<Option<E>, StorageError> {
        if let Some(index) = &self.parts.read().index {
            return Ok(lookup::last_in_memory(entries(index), is_before));
        }
        let name = self.name(kind);
        let Some(file) = self.home.open_if_there(&name)? else { return Ok(None) };
        lookup::last_in_file(&file, is_before).map_err(|error| self.home.failed("read", &self.home.file(&name), error))
    }

    /// The highest timestamp, and the offset of the last record of the batch that has it; `None` where no batch has one.
    pub(crate) fn largest_timestamp(&self) -> Result<Option<(TimestampMs, Offset)>, StorageError> {
        let absolute = |entry: TimeEntry| (entry.timestamp, self.base_offset + i64::from(entry.relative_offset));
        {
            let parts = self.parts.read();
            if let Some(index) = &parts.index {
                return Ok(index.largest.map(absolute));
            }
            if let Some(largest) = parts.largest {
                return Ok(Some(absolute(largest)));
            }
        }
        let name = self.name(names::TIME_INDEX);
        let Some(file) = self.home.open_if_there(&name)? else { return Ok(None) };
        let last = lookup::last_of_file::<TimeEntry>(&file)
            .map_err(|error| self.home.failed("read", &self.home.file(&name), error))?;
        self.parts.write().largest = last;
        Ok(last.map(absolute))
    }

    /// The aborted transactions that end in this segment.
    pub(crate) fn aborted(&self) -> Result<Arc<[AbortedTransaction]>, StorageError> {
        if let Some(aborted) = &self.parts.read().aborted {
            return Ok(aborted.clone());
        }
        let name = self.name(names::TXN_INDEX);
        let content = self.home.read_if_there(&name)?.unwrap_or_default();
        let aborted: Arc<[_]> = txn_index::decode(&content, self.base_offset)
            .map_err(|reason| StorageError::Damaged { path: self.home.file(&name), position: 0, reason })?
            .into();
        self.parts.write().aborted = Some(aborted.clone());
        Ok(aborted)
    }

    /// Replaces the aborted transactions, in memory and in the file.
    pub(crate) fn set_aborted(&self, aborted: Vec<AbortedTransaction>) -> Result<(), StorageError> {
        let name = self.name(names::TXN_INDEX);
        if aborted.is_empty() {
            self.home.remove(&name)?;
        } else {
            let mut content = Vec::with_capacity(aborted.len() * txn_index::ENTRY_LENGTH);
            for entry in &aborted {
                entry.encode(&mut content);
            }
            self.home.write(&name, &content, false)?;
        }
        self.parts.write().aborted = Some(aborted.into());
        Ok(())
    }

    /// Adds an aborted transaction, in memory and in the file.
    pub(crate) fn add_aborted(&self, transaction: AbortedTransaction) -> Result<(), StorageError> {
        let known = self.aborted()?;
        let name = self.name(names::TXN_INDEX);
        let file = self.home.open(&name, Open::Create)?;
        let mut entry = Vec::with_capacity(txn_index::ENTRY_LENGTH);
        transaction.encode(&mut entry);
        file.write_all_at(&[std::io::IoSlice::new(&entry)], (known.len() * txn_index::ENTRY_LENGTH) as u64)
            .map_err(|error| self.home.failed("write", &self.home.file(&name), error))?;
        self.parts.write().aborted = Some(known.iter().copied().chain([transaction]).collect());
        Ok(())
    }

    /// Cuts the segment: batches with offsets from this one on, which begin at this position, are gone.
    pub(crate) fn truncate(&self, offset: Offset, position: u64) -> Result<(), StorageError> {
        let file = self.file()?;
        file.set_len(position).map_err(|error| self.failed("truncate", error))?;
        self.set_size(position);
        self.load_index()?;
        let relative = u32::try_from(offset - self.base_offset).unwrap_or(0);
        let largest = {
            let mut parts = self.parts.write();
            let Some(index) = parts.index.as_deref_mut() else { return Ok(()) };
            index.truncate(relative, position);
            index.offsets_written = index.offsets_written.min(index.offsets.len());
            index.times_written = index.times_written.min(index.times.len());
            index.largest
        };
        // Behind the last entry that is left there may be a higher timestamp.
        let from = self.position_before(
            largest.map_or(self.base_offset, |entry| self.base_offset + i64::from(entry.relative_offset)),
        )?;
        let mut headers = Headers::new(file, from, position);
        while let Step::Batch(_, header) = headers.next().map_err(|error| self.failed("read", error))? {
            self.with_index(|index| {
                if header.max_timestamp() > index.largest.map_or(NO_TIMESTAMP, |largest| largest.timestamp) {
                    let relative_offset = (header.last_offset() - self.base_offset) as u32;
                    index.largest = Some(TimeEntry { timestamp: header.max_timestamp(), relative_offset });
                }
            });
        }
        self.write_index()?;
        let aborted = self.aborted()?;
        if aborted.iter().any(|transaction| transaction.last_offset >= offset) {
            self.set_aborted(aborted.iter().copied().filter(|transaction| transaction.last_offset < offset).collect())?;
        }
        Ok(())
    }

    /// Renames the files so that the next start removes them; gives back what the names are now.
    pub(crate) fn mark_deleted(&self) -> Result<Vec<String>, StorageError> {
        let mut marked = Vec::new();
        for kind in [names::LOG, names::OFFSET_INDEX, names::TIME_INDEX, names::TXN_INDEX, names::SNAPSHOT] {
            let name = self.name(kind);
            let target = format!("{name}{}", names::DELETED);
            if self.home.rename(&name, &target)? {
                marked.push(target);
            }
        }
        Ok(marked)
    }

    /// Syncs the file.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        self.file()?.sync_data().map_err(|error| self.failed("sync", error))
    }
}
