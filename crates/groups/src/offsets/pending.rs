//! `PendingOffsets`: offsets whose transactions are still open.

use std::collections::{BTreeMap, BTreeSet};

use types::Str;

use super::by_partition::{ByPartition, Topics};
use super::{OffsetAndMetadata, Offsets};

/// Offsets that take effect when their transactions commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PendingOffsets {
    by_producer: BTreeMap<i64, Offsets>,
    /// The producers that have an open offset for a partition.
    open: ByPartition<BTreeSet<i64>>,
}

impl PendingOffsets {
    pub(crate) fn insert(
        &mut self,
        producer: i64,
        group: &Str,
        topic: &Str,
        partition: i32,
        offset: OffsetAndMetadata,
    ) {
        self.by_producer.entry(producer).or_default().insert(group, topic, partition, offset);
        match self.open.get_mut(group, topic, partition) {
            Some(producers) => {
                producers.insert(producer);
            }
            None => self.open.insert(group, topic, partition, BTreeSet::from([producer])),
        }
    }

    /// Is an offset of this partition pending?
    pub(crate) fn is_open(&self, group: &str, topic: &str, partition: i32) -> bool {
        self.open.get(group, topic, partition).is_some()
    }

    /// Is any offset of this group pending?
    pub(crate) fn has_group(&self, group: &str) -> bool {
        self.open.group(group).is_some()
    }

    /// The partitions of a group with pending offsets.
    pub(crate) fn group(&self, group: &str) -> Option<&Topics<BTreeSet<i64>>> {
        self.open.group(group)
    }

    /// All partitions with pending offsets, by group.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Str, &Topics<BTreeSet<i64>>)> {
        self.open.groups()
    }

    /// Whatever is pending for this partition was overruled by a tombstone.
    pub(crate) fn forget(&mut self, group: &str, topic: &str, partition: i32) {
        for producer in self.open.remove(group, topic, partition).unwrap_or_default() {
            if let Some(offsets) = self.by_producer.get_mut(&producer) {
                offsets.remove(group, topic, partition);
            }
        }
    }

    /// Ends a producer's transaction and hands out what was pending.
    pub(crate) fn end(&mut self, producer: i64) -> Offsets {
        let ended = self.by_producer.remove(&producer).unwrap_or_default();
        for (group, topic, partition, _) in ended.iter() {
            let Some(producers) = self.open.get_mut(group, topic, partition) else { continue };
            producers.remove(&producer);
            if producers.is_empty() {
                self.open.remove(group, topic, partition);
            }
        }
        ended
    }
}
