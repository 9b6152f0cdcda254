//! Which leader epoch began at which offset (KIP-101): what followers compare to find where their logs part.
//!
//! Epochs and offsets both rise. An entry that does not rise removes those that it contradicts: they belonged to batches
//! that are gone.

use types::{LeaderEpoch, NO_EPOCH, NO_OFFSET, Offset};

use crate::format::epoch_file;

/// The first offset of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Offset of its first record in this log.
    pub start_offset: Offset,
}

/// Where an epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest epoch of the log that is not above the one asked for, -1 where there is none.
    pub epoch: LeaderEpoch,
    /// Offset after its last record, -1 where there is none.
    pub end_offset: Offset,
}

impl EpochEnd {
    /// No answer.
    pub const UNKNOWN: EpochEnd = EpochEnd { epoch: NO_EPOCH, end_offset: NO_OFFSET };
}

/// The epochs of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epochs {
    entries: Vec<EpochStart>,
}

impl Epochs {
    /// The epochs in a file; an error where it does not parse.
    pub(crate) fn decode(content: &[u8]) -> Result<Epochs, String> {
        let mut epochs = Epochs::default();
        for (epoch, start_offset) in epoch_file::decode(content)? {
            epochs.assign(epoch, start_offset);
        }
        Ok(epochs)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        epoch_file::encode(self.entries.iter().map(|entry| (entry.epoch, entry.start_offset)))
    }

    pub(crate) fn entries(&self) -> &[EpochStart] {
        &self.entries
    }

    pub(crate) fn latest(&self) -> Option<LeaderEpoch> {
        self.entries.last().map(|entry| entry.epoch)
    }

    /// A batch of this epoch lies at this offset. True where that is news.
    pub(crate) fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        let known = self.entries.last().is_some_and(|last| last.epoch == epoch && last.start_offset <= start_offset);
        if epoch < 0 || start_offset < 0 || known {
            return false;
        }
        while self.entries.last().is_some_and(|last| last.epoch > epoch || last.start_offset >= start_offset) {
            self.entries.pop();
        }
        if self.latest() != Some(epoch) {
            self.entries.push(EpochStart { epoch, start_offset });
        }
        true
    }

    /// Where the epoch ends, in a log that ends at `log_end`.
    pub(crate) fn end_of(&self, epoch: LeaderEpoch, log_end: Offset) -> EpochEnd {
        if epoch < 0 {
            return EpochEnd::UNKNOWN;
        }
        if self.latest() == Some(epoch) {
            return EpochEnd { epoch, end_offset: log_end };
        }
        let above = self.entries.partition_point(|entry| entry.epoch <= epoch);
        match (above.checked_sub(1), self.entries.get(above)) {
            (_, None) => EpochEnd::UNKNOWN,
            // Older than everything that is left: the follower may go on from the first offset there is.
            (None, Some(first)) => EpochEnd { epoch, end_offset: first.start_offset },
            (Some(floor), Some(next)) => EpochEnd { epoch: self.entries[floor].epoch, end_offset: next.start_offset },
        }
    }

    /// The epoch of the record at this offset.
    pub(crate) fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let after = self.entries.partition_point(|entry| entry.start_offset <= offset);
        Some(self.entries[after.checked_sub(1)?].epoch)
    }

    /// Records from this offset on are gone. True where that changes something.
    pub(crate) fn truncate_end(&mut self, log_end: Offset) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.start_offset < log_end);
        self.entries.len() != before
    }

    /// Records before this offset are gone. True where that changes something.
    pub(crate) fn truncate_start(&mut self, log_start: Offset) -> bool {
        let after = self.entries.partition_point(|entry| entry.start_offset <= log_start);
        let Some(floor) = after.checked_sub(1) else { return false };
        let changed = floor > 0 || self.entries[floor].start_offset != log_start;
        self.entries.drain(..floor);
        self.entries[0].start_offset = log_start;
        changed
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn epochs(entries: &[(i32, i64)]) -> Epochs {
        let mut epochs = Epochs::default();
        for &(epoch, offset) in entries {
            epochs.assign(epoch, offset);
        }
        epochs
    }

    #[test]
    fn end_of_an_epoch_is_the_start_of_the_next_one() {
        let epochs = epochs(&[(1, 0), (3, 10), (7, 25)]);
        let end = |epoch| {
            let end = epochs.end_of(epoch, 40);
            (end.epoch, end.end_offset)
        };
        assert_eq!(end(0), (0, 0), "older than everything");
        assert_eq!(end(1), (1, 10));
        assert_eq!(end(2), (1, 10), "the largest epoch that is not above");
        assert_eq!(end(3), (3, 25));
        assert_eq!(end(7), (7, 40));
        assert_eq!(end(8), (-1, -1), "never seen");
        assert_eq!(end(-1), (-1, -1));
    }

    #[test]
    fn contradicted_entries_are_removed() {
        assert_eq!(epochs(&[(1, 0), (3, 10), (4, 20), (5, 10)]), epochs(&[(1, 0), (5, 10)]));
        assert_eq!(epochs(&[(1, 0), (3, 10), (2, 10)]), epochs(&[(1, 0), (2, 10)]), "what was appended last counts");
        assert_eq!(epochs(&[(1, 0), (3, 10), (4, 20), (3, 25)]), epochs(&[(1, 0), (3, 10)]));
        assert_eq!(epochs(&[(1, 5), (1, 9)]), epochs(&[(1, 5)]));
    }

    #[test]
    fn both_ends_are_cut() {
        let mut cut = epochs(&[(1, 0), (3, 10), (7, 25)]);
        assert!(cut.truncate_start(12));
        assert_eq!(cut, epochs(&[(3, 12), (7, 25)]));
        assert!(!cut.truncate_start(12));
        assert!(cut.truncate_end(25));
        assert_eq!(cut, epochs(&[(3, 12)]));
        assert!(cut.truncate_end(0));
        assert_eq!(cut, Epochs::default());
        assert!(!cut.truncate_start(5));
    }

    #[test]
    fn epoch_of_an_offset_is_that_of_its_batch() {
        let epochs = epochs(&[(1, 5), (3, 10)]);
        assert_eq!([4, 5, 9, 10, 99].map(|offset| epochs.epoch_of(offset)), [None, Some(1), Some(1), Some(3), Some(3)]);
    }

    proptest! {
        #[test]
        fn epochs_and_offsets_always_rise(steps in prop::collection::vec((0i32..20, 0i64..100, 0u8..4), 0..40)) {
            let mut epochs = Epochs::default();
            for (epoch, offset, action) in steps {
                match action {
                    0 => { epochs.truncate_end(offset); }
                    1 => { epochs.truncate_start(offset); }
                    _ => { epochs.assign(epoch, offset); }
                }
                prop_assert!(epochs.entries.windows(2).all(|p| p[0].epoch < p[1].epoch && p[0].start_offset < p[1].start_offset));
                prop_assert_eq!(&Epochs::decode(&epochs.encode()).unwrap(), &epochs);
            }
        }
    }
}
