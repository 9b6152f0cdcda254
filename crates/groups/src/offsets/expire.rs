//! Offsets that nobody needs any more, and groups that have neither members nor offsets, are removed (KIP-211).
//!
//! | group | an offset expires the retention after |
//! |---|---|
//! | only commits, never had members | it was committed |
//! | empty | the group became empty (old records do not say when: after its commit) |
//! | stable, consumers | it was committed, if nobody reads its topic now |
//! | all others | never |
//!
//! An offset whose commit said when it expires keeps to that. One with a pending successor stays.

use types::{Str, TimestampMs};

use super::OffsetAndMetadata;
use crate::classic::{ClassicGroup, GroupState};
use crate::coordinator::Turn;
use crate::room::Room;
use crate::timers::Timer;
use crate::{GroupRecord, StoredGroup};

/// From when on the retention of a group's offsets runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Commit,
    Moment(TimestampMs),
    Never,
}

impl Turn<'_> {
    /// Looks through all groups. What one decision cannot write is left to the next, which follows at once.
    pub(crate) fn remove_expired(&mut self) {
        let mut room = Room::new(&self.soft.options);
        let durable = self.durable;
        for (group_id, stored) in &durable.groups {
            let records = self.expired_records(group_id, stored);
            let is_buried = matches!(records.last(), Some(GroupRecord::GroupMetadata { value: None, .. }));
            for record in records {
                if !room.admits(&record) {
                    self.soft.timers.schedule(Timer::Cleanup, self.now.monotonic);
                    return;
                }
                self.out.records.push(record);
            }
            if is_buried {
                self.bury(group_id);
            }
        }
        let interval_ms = self.soft.options.retention_check_interval_ms;
        self.soft.timers.schedule(Timer::Cleanup, self.now.after_ms(interval_ms));
    }

    /// Tombstones for what has expired of one group; last the group's own if nothing is left of it.
    fn expired_records(&self, group_id: &Str, stored: &StoredGroup) -> Vec<GroupRecord> {
        let living = self.soft.groups.get(group_id.as_str());
        let since = match living {
            Some(group) => since_of_living(group),
            None => since_of_stored(stored),
        };
        let mut records = Vec::new();
        let mut all_expired = true;
        for (topic, partitions) in self.durable.offsets.group(group_id).into_iter().flatten() {
            let is_read = living.is_some_and(|group| group.is_subscribed_to(topic));
            for (&partition, offset) in partitions {
                if !is_read
                    && self.is_expired(offset, since)
                    && !self.durable.pending.is_open(group_id, topic, partition)
                {
                    records.push(GroupRecord::offset_tombstone(group_id, topic, partition));
                } else {
                    all_expired = false;
                }
            }
        }
        if all_expired && !self.durable.pending.has_group(group_id) && living.is_none_or(ClassicGroup::is_idle) {
            records.push(GroupRecord::group_tombstone(group_id));
        }
        records
    }

    fn is_expired(&self, offset: &OffsetAndMetadata, since: Since) -> bool {
        let now_ms = self.now.wall_ms;
        let start_ms = match since {
            Since::Never => return false,
            Since::Commit => offset.commit_timestamp,
            Since::Moment(at) => at,
        };
        match offset.expire_timestamp {
            Some(at) => now_ms >= at,
            None => now_ms.saturating_sub(start_ms) >= self.soft.options.offsets_retention_ms,
        }
    }
}

fn since_of_living(group: &ClassicGroup) -> Since {
    match group.state() {
        _ if group.protocol_type.is_none() => Since::Commit,
        GroupState::Empty => group.state_timestamp().map_or(Since::Commit, Since::Moment),
        GroupState::Stable if group.uses_consumer_protocol() && group.knows_subscribed_topics() => Since::Commit,
        _ => Since::Never,
    }
}

fn since_of_stored(stored: &StoredGroup) -> Since {
    match (&stored.protocol_type, stored.state_timestamp) {
        (Some(_), Some(at)) => Since::Moment(at),
        _ => Since::Commit,
    }
}
