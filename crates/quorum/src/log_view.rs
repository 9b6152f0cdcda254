//! What the machine knows of its log: where it starts and ends, what is durable, which epochs it holds, which snapshots.
//!
//! The driver owns the log; this copy moves with every output that changes the log and with every input that reports a
//! change, so both always agree. Epochs are a few entries per election; the table is cut with the log.

use std::collections::BTreeMap;

use types::{LeaderEpoch, Offset};

use crate::checkpoint::SnapshotId;
use crate::voters::VoterSet;

/// Where an epoch begins in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The offset of its first record.
    pub start_offset: Offset,
}

/// Where an epoch ends in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch: the one asked for, or the largest below it that the log has.
    pub epoch: LeaderEpoch,
    /// The offset behind its last record.
    pub end_offset: Offset,
}

/// A snapshot on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// Which one.
    pub id: SnapshotId,
    /// The length of its file.
    pub size_bytes: i64,
}

/// The log as the driver found it when the node started, control records read from the latest snapshot and from the log.
#[derive(Clone, Debug, Default)]
pub struct LogFacts {
    /// The offset of the first record that is still there.
    pub start_offset: Offset,
    /// The offset of the next record.
    pub end_offset: Offset,
    /// Everything below is durable; a driver that syncs the log when it opens it says the end.
    pub synced_end_offset: Offset,
    /// The epochs of the log, ascending (`leader-epoch-checkpoint`, or made by reading the log).
    pub epochs: Vec<EpochStart>,
    /// Complete snapshots; the bootstrap checkpoint `0-0` may be among them.
    pub snapshots: Vec<SnapshotFacts>,
    /// The levels of kraft.version by the offset of their record; those of a snapshot have the offset `end_offset - 1`.
    pub kraft_versions: Vec<(Offset, i16)>,
    /// The voter sets by the offset of their record, likewise; those of the bootstrap checkpoint have the offset −1.
    pub voters: Vec<(Offset, VoterSet)>,
}

/// What a leader says about the place from which a replica wants to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Both logs are equal up to there.
    Valid,
    /// They are not: they may be equal up to this end.
    Diverging(EpochEnd),
    /// The log does not reach back so far.
    Snapshot(SnapshotId),
}

#[derive(Clone, Debug)]
pub(crate) struct LogView {
    start_offset: Offset,
    end_offset: Offset,
    synced_end_offset: Offset,
    epochs: Vec<EpochStart>,
    snapshots: BTreeMap<SnapshotId, i64>,
}

impl LogView {
    pub(crate) fn new(facts: &LogFacts) -> LogView {
        assert!(
            0 <= facts.start_offset && facts.start_offset <= facts.end_offset,
            "a log does not end before it starts"
        );
        let view = LogView {
            start_offset: facts.start_offset,
            end_offset: facts.end_offset,
            synced_end_offset: facts.synced_end_offset.clamp(facts.start_offset, facts.end_offset),
            epochs: facts.epochs.clone(),
            snapshots: facts
                .snapshots
                .iter()
                .filter(|snapshot| snapshot.id != SnapshotId::BOOTSTRAP)
                .map(|snapshot| (snapshot.id, snapshot.size_bytes))
                .collect(),
        };
        assert!(view.start_offset == 0 || !view.snapshots.is_empty(), "a log that starts above 0 has a snapshot");
        view
    }

    pub(crate) fn start_offset(&self) -> Offset {
        self.start_offset
    }

    pub(crate) fn end_offset(&self) -> Offset {
        self.end_offset
    }

    pub(crate) fn synced_end_offset(&self) -> Offset {
        self.synced_end_offset
    }

    /// The epoch of the last record; of the snapshot the log starts at; 0 for an empty log.
    pub(crate) fn last_epoch(&self) -> LeaderEpoch {
        match self.epochs.last() {
            Some(last) => last.epoch,
            None => self.latest_snapshot().map_or(0, |id| id.epoch),
        }
    }

    /// The end of the largest epoch not above `epoch`.
    pub(crate) fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> EpochEnd {
        let above = self.epochs.partition_point(|entry| entry.epoch <= epoch);
        let Some(next) = self.epochs.get(above) else {
            return EpochEnd { epoch: self.last_epoch(), end_offset: self.end_offset };
        };
        let end_offset = next.start_offset;
        match above.checked_sub(1).and_then(|index| self.epochs.get(index)) {
            Some(entry) => EpochEnd { epoch: entry.epoch, end_offset },
            None => match self.earliest_snapshot() {
                Some(id) if id.end_offset == end_offset => EpochEnd { epoch: id.epoch, end_offset },
                _ => EpochEnd { epoch, end_offset },
            },
        }
    }

    /// May a replica whose log ends at `offset` with a record of `epoch` go on from there?
    pub(crate) fn position_of(&self, offset: Offset, epoch: LeaderEpoch) -> Position {
        if offset == 0 {
            // An empty replica is served faster by a snapshot than by the whole log.
            return self.latest_snapshot().map_or(Position::Valid, Position::Snapshot);
        }
        if let (Some(earliest), Some(latest)) = (self.earliest_snapshot(), self.latest_snapshot()) {
            let before_start = offset < self.start_offset;
            let other_start = self.start_offset > 0 && offset == self.start_offset && epoch != earliest.epoch;
            let older = self.start_offset > 0 && epoch < earliest.epoch;
            if before_start || other_start || older {
                return Position::Snapshot(latest);
            }
        }
        let end = self.end_offset_for_epoch(epoch);
        if end.epoch != epoch || end.end_offset < offset { Position::Diverging(end) } else { Position::Valid }
    }

    /// Where this log is to be cut when a leader says that both may be equal up to `end`.
    pub(crate) fn truncation_for(&self, end: EpochEnd) -> Offset {
        let own = self.end_offset_for_epoch(end.epoch);
        let offset =
            if own.epoch == end.epoch || end.epoch == 0 { own.end_offset.min(end.end_offset) } else { own.end_offset };
        offset.min(self.end_offset)
    }

    /// Records of `epoch` were appended up to `end_offset`.
    pub(crate) fn append(&mut self, epoch: LeaderEpoch, end_offset: Offset) {
        assert!(end_offset >= self.end_offset, "an append does not shorten the log");
        if end_offset > self.end_offset && self.epochs.last().is_none_or(|last| last.epoch < epoch) {
            self.epochs.push(EpochStart { epoch, start_offset: self.end_offset });
        }
        self.end_offset = end_offset;
    }

    /// The log was cut so that it ends at `end_offset`.
    pub(crate) fn truncate(&mut self, end_offset: Offset) {
        self.end_offset = end_offset.clamp(self.start_offset, self.end_offset);
        self.synced_end_offset = self.synced_end_offset.min(self.end_offset);
        self.epochs.retain(|entry| entry.start_offset < self.end_offset);
    }

    /// The log is durable up to `end_offset`.
    pub(crate) fn synced(&mut self, end_offset: Offset) {
        self.synced_end_offset = self.synced_end_offset.max(end_offset.min(self.end_offset));
    }

    /// This replica wrote a snapshot of its own.
    pub(crate) fn snapshot_stored(&mut self, snapshot: SnapshotFacts) {
        if snapshot.id != SnapshotId::BOOTSTRAP {
            self.snapshots.insert(snapshot.id, snapshot.size_bytes);
        }
    }

    /// The log now starts at `start_offset`; snapshots that end before it are gone.
    pub(crate) fn start_advanced(&mut self, start_offset: Offset) {
        self.start_offset = start_offset.clamp(self.start_offset, self.end_offset);
        let start_offset = self.start_offset;
        self.snapshots.retain(|id, _| id.end_offset >= start_offset);
        let first_kept = self.epochs.partition_point(|entry| entry.start_offset <= start_offset).saturating_sub(1);
        self.epochs.drain(..first_kept);
        if let Some(first) = self.epochs.first_mut() {
            first.start_offset = first.start_offset.max(start_offset);
        }
    }

    /// A snapshot took the place of the whole log.
    pub(crate) fn replaced_by(&mut self, snapshot: SnapshotFacts) {
        self.start_offset = snapshot.id.end_offset;
        self.end_offset = snapshot.id.end_offset;
        self.synced_end_offset = snapshot.id.end_offset;
        self.epochs.clear();
        self.snapshots = BTreeMap::from([(snapshot.id, snapshot.size_bytes)]);
    }

    pub(crate) fn latest_snapshot(&self) -> Option<SnapshotId> {
        self.snapshots.keys().next_back().copied()
    }

    fn earliest_snapshot(&self) -> Option<SnapshotId> {
        self.snapshots.keys().next().copied()
    }

    pub(crate) fn snapshot_size(&self, id: SnapshotId) -> Option<i64> {
        self.snapshots.get(&id).copied()
    }

    /// Is the snapshot ahead of the log, so that it can take the log's place?
    pub(crate) fn is_behind(&self, id: SnapshotId) -> bool {
        (id.epoch, id.end_offset) > (self.last_epoch(), self.end_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(end_offset: Offset, epochs: &[(LeaderEpoch, Offset)]) -> LogView {
        LogView::new(&LogFacts {
            end_offset,
            synced_end_offset: end_offset,
            epochs: epochs.iter().map(|&(epoch, start_offset)| EpochStart { epoch, start_offset }).collect(),
            ..LogFacts::default()
        })
    }

    fn end(epoch: LeaderEpoch, end_offset: Offset) -> EpochEnd {
        EpochEnd { epoch, end_offset }
    }

    #[test]
    fn end_of_an_epoch_is_the_start_of_the_next() {
        let log = log(30, &[(1, 0), (3, 10), (5, 20)]);
        assert_eq!(log.end_offset_for_epoch(1), end(1, 10));
        assert_eq!(log.end_offset_for_epoch(4), end(3, 20));
        assert_eq!(log.end_offset_for_epoch(5), end(5, 30));
        assert_eq!(log.end_offset_for_epoch(9), end(5, 30));
        assert_eq!(log.end_offset_for_epoch(0), end(0, 0));
    }

    #[test]
    fn position_beyond_the_epochs_end_diverges() {
        let log = log(30, &[(1, 0), (3, 10), (5, 20)]);
        assert_eq!(log.position_of(10, 1), Position::Valid);
        assert_eq!(log.position_of(11, 1), Position::Diverging(end(1, 10)));
        assert_eq!(log.position_of(25, 4), Position::Diverging(end(3, 20)));
        assert_eq!(log.position_of(30, 5), Position::Valid);
        assert_eq!(log.position_of(0, 0), Position::Valid);
    }

    #[test]
    fn divergence_converges_within_the_number_of_epochs() {
        let leader = log(30, &[(1, 0), (4, 10), (6, 20)]);
        let mut follower = log(40, &[(1, 0), (2, 5), (3, 8), (5, 30)]);
        let mut rounds = 0;
        while let Position::Diverging(at) = leader.position_of(follower.end_offset(), follower.last_epoch()) {
            let cut = follower.truncation_for(at);
            assert!(cut < follower.end_offset(), "every round makes progress");
            follower.truncate(cut);
            rounds += 1;
        }
        assert!(rounds <= 4);
        assert_eq!((follower.end_offset(), follower.last_epoch()), (5, 1));
    }

    #[test]
    fn log_behind_the_start_gets_a_snapshot() {
        let id = SnapshotId::new(10, 1);
        let mut log = log(30, &[(1, 0), (3, 10), (5, 20)]);
        log.snapshot_stored(SnapshotFacts { id, size_bytes: 7 });
        assert_eq!(log.position_of(5, 1), Position::Valid);
        log.start_advanced(10);
        assert_eq!(log.position_of(5, 1), Position::Snapshot(id));
        assert_eq!(log.position_of(10, 1), Position::Valid, "the snapshot ends exactly there");
        assert_eq!(log.position_of(10, 0), Position::Snapshot(id));
        assert_eq!(log.position_of(0, 0), Position::Snapshot(id));
        assert_eq!(log.position_of(25, 5), Position::Valid);
    }

    #[test]
    fn truncation_forgets_epochs_and_durability() {
        let mut log = log(30, &[(1, 0), (3, 10), (5, 20)]);
        log.truncate(15);
        assert_eq!((log.last_epoch(), log.end_offset(), log.synced_end_offset()), (3, 15, 15));
        log.append(7, 18);
        assert_eq!((log.last_epoch(), log.synced_end_offset()), (7, 15));
        assert_eq!(log.end_offset_for_epoch(6), end(3, 15));
    }

    #[test]
    fn installed_snapshot_is_the_whole_log() {
        let mut log = log(30, &[(1, 0)]);
        let id = SnapshotId::new(100, 8);
        assert!(log.is_behind(id));
        log.replaced_by(SnapshotFacts { id, size_bytes: 7 });
        assert_eq!((log.start_offset(), log.end_offset(), log.last_epoch()), (100, 100, 8));
        assert!(!log.is_behind(id));
        assert_eq!(log.position_of(100, 8), Position::Valid);
    }
}
