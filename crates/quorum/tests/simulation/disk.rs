//! A node's disk: promises that are durable when written, and a log whose end is durable only once it was synced.

use bytes::Bytes;
use quorum::{BatchFacts, Batches, ControlRecord, EpochStart, LogFacts, QuorumState, VoterSet};
use types::{LeaderEpoch, Offset};

use crate::chance::Chance;

/// One batch of the log: control records, or the numbers of client records.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub base_offset: Offset,
    pub epoch: LeaderEpoch,
    pub control: Vec<ControlRecord>,
    pub data: Vec<u64>,
}

impl Batch {
    pub fn end_offset(&self) -> Offset {
        self.base_offset + (self.control.len() + self.data.len()) as Offset
    }
}

#[derive(Default)]
pub struct Disk {
    pub state: Option<QuorumState>,
    pub log: Vec<Batch>,
    pub synced_end: Offset,
    /// Counts what makes an earlier sync say nothing about what the log holds now.
    pub truncations: u64,
    /// The voters of the bootstrap checkpoint, with kraft.version 1.
    pub bootstrap: Option<VoterSet>,
}

impl Disk {
    pub fn end_offset(&self) -> Offset {
        self.log.last().map_or(0, Batch::end_offset)
    }

    pub fn append(&mut self, batch: Batch) {
        assert_eq!(batch.base_offset, self.end_offset(), "appends are gapless");
        self.log.push(batch);
    }

    pub fn truncate(&mut self, end_offset: Offset) {
        self.log.retain(|batch| batch.base_offset < end_offset);
        assert_eq!(self.end_offset(), end_offset, "cuts are made between batches");
        self.synced_end = self.synced_end.min(end_offset);
        self.truncations += 1;
    }

    /// The power fails: of what was not synced any beginning may survive.
    pub fn lose_power(&mut self, chance: &mut Chance) {
        let unsynced = self.log.iter().filter(|batch| batch.end_offset() > self.synced_end).count();
        let lost = chance.between(0, unsynced as u64 + 1) as usize;
        self.log.truncate(self.log.len() - lost);
        self.truncations += 1;
    }

    /// What a node finds when it starts; `sync_first` makes all of it durable.
    pub fn open(&mut self, sync_first: bool) -> LogFacts {
        if sync_first {
            self.synced_end = self.end_offset();
        }
        let mut facts =
            LogFacts { end_offset: self.end_offset(), synced_end_offset: self.synced_end, ..LogFacts::default() };
        if let Some(voters) = &self.bootstrap {
            facts.kraft_versions.push((-1, 1));
            facts.voters.push((-1, voters.clone()));
        }
        for batch in &self.log {
            if facts.epochs.last().is_none_or(|last| last.epoch < batch.epoch) {
                facts.epochs.push(EpochStart { epoch: batch.epoch, start_offset: batch.base_offset });
            }
            for (offset, record) in (batch.base_offset..).zip(&batch.control) {
                match record {
                    ControlRecord::KRaftVersion(level) => facts.kraft_versions.push((offset, *level)),
                    ControlRecord::Voters(voters) => facts.voters.push((offset, voters.clone())),
                    _ => {}
                }
            }
        }
        facts
    }

    /// A few whole batches from an offset.
    pub fn read(&self, offset: Offset, batches: usize) -> Vec<Batch> {
        self.log.iter().filter(|batch| batch.base_offset >= offset).take(batches).cloned().collect()
    }
}

/// Batches as the machine sees them; the bytes say which client records are in them.
pub fn described(batches: &[Batch]) -> Batches {
    let mut bytes = Vec::new();
    let mut facts = Vec::new();
    for batch in batches {
        bytes.extend((batch.data.len() as u64).to_be_bytes());
        bytes.extend(batch.data.iter().flat_map(|number| number.to_be_bytes()));
        facts.push(BatchFacts {
            base_offset: batch.base_offset,
            last_offset: batch.end_offset() - 1,
            epoch: batch.epoch,
            control: batch.control.clone(),
        });
    }
    Batches { bytes: Bytes::from(bytes), batches: facts }
}

/// The way back, at the follower.
pub fn undescribed(batches: &Batches) -> Vec<Batch> {
    let mut numbers = batches.bytes.chunks_exact(8).map(|chunk| {
        let mut number = [0; 8];
        number.copy_from_slice(chunk);
        u64::from_be_bytes(number)
    });
    let read = batches.batches.iter().map(|facts| {
        let count = numbers.next().expect("a count") as usize;
        Batch {
            base_offset: facts.base_offset,
            epoch: facts.epoch,
            control: facts.control.clone(),
            data: numbers.by_ref().take(count).collect(),
        }
    });
    read.collect()
}
