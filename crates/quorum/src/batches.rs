//! Records that a follower fetched, with what the machine must know of them: places, epochs, control records.
//!
//! Whoever receives a Fetch response checks every batch's length and CRC and reads the control batches before the machine
//! sees them. The machine checks that they continue its log; only then are the bytes appended, as they are.

use bytes::Bytes;
use types::{LeaderEpoch, Offset};

use crate::control::ControlRecord;

/// One record batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchFacts {
    /// The offset of its first record.
    pub base_offset: Offset,
    /// The offset of its last record.
    pub last_offset: Offset,
    /// Its partition leader epoch.
    pub epoch: LeaderEpoch,
    /// Its records if it is a control batch: the first has the base offset, and so on.
    pub control: Vec<ControlRecord>,
}

/// Batches as they were fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batches {
    /// The bytes of all batches.
    pub bytes: Bytes,
    /// The batches in the order of the bytes.
    pub batches: Vec<BatchFacts>,
}

impl Batches {
    /// Nothing fetched?
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Do the batches continue a log that ends at `end_offset` with a record of `last_epoch`, in an epoch not above `epoch`?
    pub(crate) fn continue_log(&self, end_offset: Offset, last_epoch: LeaderEpoch, epoch: LeaderEpoch) -> bool {
        let mut next = (end_offset, last_epoch);
        self.batches.iter().all(|batch| {
            let follows = batch.base_offset == next.0 && batch.last_offset >= batch.base_offset;
            let in_order = next.1 <= batch.epoch && batch.epoch <= epoch;
            let Some(after) = batch.last_offset.checked_add(1) else { return false };
            next = (after, batch.epoch);
            follows && in_order
        })
    }

    /// The offset behind the last batch.
    pub(crate) fn end_offset(&self) -> Option<Offset> {
        self.batches.last().map(|batch| batch.last_offset + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(facts: &[(Offset, Offset, LeaderEpoch)]) -> Batches {
        let batch = |&(base_offset, last_offset, epoch): &(Offset, Offset, LeaderEpoch)| BatchFacts {
            base_offset,
            last_offset,
            epoch,
            control: Vec::new(),
        };
        Batches { bytes: Bytes::new(), batches: facts.iter().map(batch).collect() }
    }

    #[test]
    fn only_what_continues_the_log_is_taken() {
        assert!(batches(&[(10, 12, 3), (13, 13, 4)]).continue_log(10, 3, 4));
        assert!(batches(&[]).continue_log(10, 3, 4));
        for wrong in [
            &[(11, 12, 3)][..],
            &[(10, 9, 3)],
            &[(10, 12, 3), (14, 14, 4)],
            &[(10, 12, 5)],
            &[(10, 12, 2)],
            &[(10, 12, 4), (13, 14, 3)],
            &[(10, Offset::MAX, 3)],
        ] {
            assert!(!batches(wrong).continue_log(10, 3, 4), "{wrong:?}");
        }
    }
}
