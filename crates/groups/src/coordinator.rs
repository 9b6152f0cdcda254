//! `GroupCoordinator`: the ledger over one partition of `__consumer_offsets`, and `Turn`, one decision being made.

use std::collections::BTreeMap;
use std::time::Duration;

use machine::{Ledger, Now, Ticket};
use types::{ErrorCode, Str};

use crate::classic::{ClassicGroup, GroupTurn};
use crate::offsets::{OffsetAndMetadata, Offsets, PendingOffsets};
use crate::timers::Timer;
use crate::{Answer, Command, Decision, GroupOptions, GroupRecord, Soft, StoredGroup};

/// The groups of one partition of the offsets topic, as its log has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupCoordinator {
    pub(crate) groups: BTreeMap<Str, StoredGroup>,
    pub(crate) offsets: Offsets,
    pub(crate) pending: PendingOffsets,
    /// Records applied so far: tells which of two offsets came later in the log.
    applied: u64,
}

impl GroupCoordinator {
    /// The soft state of a coordinator that starts now: members that were stored begin a fresh session, and a group with
    /// more members than `group.max.size` allows rebalances.
    pub fn resume(&self, options: GroupOptions, now: Now) -> Soft {
        let mut soft = Soft::new(options, now);
        let mut turn = Turn { durable: self, soft: &mut soft, now, out: Decision::default() };
        for (id, stored) in &self.groups {
            if !stored.members.is_empty() {
                turn.open_group(id).resume();
            }
        }
        soft
    }

    /// A group as it was last persisted.
    pub fn group(&self, group_id: &str) -> Option<&StoredGroup> {
        self.groups.get(group_id)
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The committed offset of a partition.
    pub fn offset(&self, group_id: &str, topic: &str, partition: i32) -> Option<&OffsetAndMetadata> {
        self.offsets.get(group_id, topic, partition)
    }

    /// Is there an offset of this partition whose transaction is still open?
    pub fn is_unstable(&self, group_id: &str, topic: &str, partition: i32) -> bool {
        self.pending.is_open(group_id, topic, partition)
    }
}

impl Ledger for GroupCoordinator {
    type Record = GroupRecord;
    type Command = Command;
    type Answer = Answer;
    type Soft = Soft;

    fn decide(&self, soft: &mut Soft, now: Now, ticket: Ticket, command: Command) -> Decision {
        let mut turn = Turn::begin(self, soft, now);
        match command {
            Command::Join(command) => turn.join(ticket, command),
            Command::Sync(command) => turn.sync(ticket, command),
            Command::Heartbeat(command) => turn.heartbeat(ticket, command),
            Command::ReleaseHeartbeat { group_id, member_id, held } => {
                turn.release_heartbeat(&group_id, &member_id, held);
                turn.answer(ticket, Answer::Done(ErrorCode::None));
            }
            Command::Leave(command) => turn.leave(ticket, command),
            Command::Describe(command) => turn.describe(ticket, command),
            Command::List(command) => turn.list(ticket, &command),
            Command::DeleteGroups(command) => turn.delete_groups(ticket, command),
            Command::CommitOffsets(command) => turn.commit_offsets(ticket, command),
            Command::FetchOffsets(command) => turn.fetch_offsets(ticket, command),
            Command::DeleteOffsets(command) => turn.delete_offsets(ticket, command),
            Command::TopicsDeleted(topics) => turn.topics_deleted(ticket, topics),
            Command::EndTransaction { producer, coordinator_epoch, committed } => {
                turn.out.records.push(GroupRecord::EndTransaction { producer, coordinator_epoch, committed });
                turn.answer(ticket, Answer::Done(ErrorCode::None));
            }
        }
        turn.out
    }

    fn apply(&mut self, record: &GroupRecord) {
        self.applied += 1;
        match record {
            GroupRecord::GroupMetadata { key, value: Some(value) } => {
                self.groups.insert(key.group.clone(), StoredGroup::from_value(value));
            }
            GroupRecord::GroupMetadata { key, value: None } => {
                self.groups.remove(key.group.as_str());
            }
            GroupRecord::OffsetCommit { key, value: Some(value) } => {
                self.hold_group(&key.group);
                let offset = OffsetAndMetadata::from_value(value, self.applied);
                self.offsets.insert(&key.group, &key.topic, key.partition, offset);
            }
            GroupRecord::OffsetCommit { key, value: None } => {
                self.offsets.remove(&key.group, &key.topic, key.partition);
                self.pending.forget(&key.group, &key.topic, key.partition);
            }
            GroupRecord::TransactionalOffsetCommit { producer, key, value } => {
                self.hold_group(&key.group);
                let offset = OffsetAndMetadata::from_value(value, self.applied);
                self.pending.insert(producer.id, &key.group, &key.topic, key.partition, offset);
            }
            GroupRecord::EndTransaction { producer, committed, .. } => {
                let ended = self.pending.end(producer.id);
                if *committed {
                    self.offsets.merge_later(ended);
                }
            }
            GroupRecord::Unknown { .. } => {}
        }
    }

    fn deadline(&self, soft: &Soft) -> Option<Duration> {
        soft.timers.first_due()
    }

    fn expire(&self, soft: &mut Soft, now: Now) -> Decision {
        let mut turn = Turn::begin(self, soft, now);
        // A timer that is set again for this very moment waits for the next call, so that this one ends.
        for _ in 0..turn.soft.timers.count_due(now.monotonic) {
            let Some(timer) = turn.soft.timers.pop_due(now.monotonic) else { break };
            turn.fire(timer);
        }
        turn.out
    }

    fn refuse(answer: Answer, code: ErrorCode) -> Answer {
        answer.refused(code)
    }
}

impl GroupCoordinator {
    /// An offset of a group that does not exist makes one: that of a consumer which only commits.
    fn hold_group(&mut self, group_id: &Str) {
        if !self.groups.contains_key(group_id.as_str()) {
            self.groups.insert(group_id.detached(), StoredGroup::default());
        }
    }
}

/// One decision being made: what it may read, what it may change, what it has decided so far.
pub(crate) struct Turn<'a> {
    pub(crate) durable: &'a GroupCoordinator,
    pub(crate) soft: &'a mut Soft,
    pub(crate) now: Now,
    pub(crate) out: Decision,
}

impl<'a> Turn<'a> {
    fn begin(durable: &'a GroupCoordinator, soft: &'a mut Soft, now: Now) -> Turn<'a> {
        while let Some(id) = soft.idle.pop_first() {
            // Its record is applied by now and says all there is to say about it.
            if soft.groups.get(id.as_str()).is_some_and(ClassicGroup::is_idle) {
                soft.groups.remove(id.as_str());
            }
        }
        Turn { durable, soft, now, out: Decision::default() }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Join(group_id) => self.with_living(&group_id, |mut group| group.join_phase_ended()),
            Timer::Sync(group_id) => self.with_living(&group_id, |mut group| group.sync_phase_ended()),
            Timer::Session { group, member } => {
                self.with_living(&group, |mut group| group.session_ended(&member));
            }
            Timer::HeldHeartbeat { group, member } => {
                self.with_living(&group, |mut group| group.answer_held_heartbeat(&member, ErrorCode::None));
            }
            Timer::Cleanup => self.remove_expired(),
            Timer::Deletions => self.continue_deletions(),
            Timer::DeletedTopics => self.remove_deleted_topics(),
        }
    }

    pub(crate) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.out.answers.push((ticket, answer));
    }

    /// Is there such a group, alive or stored?
    pub(crate) fn has_group(&self, group_id: &str) -> bool {
        self.soft.groups.contains_key(group_id) || self.durable.groups.contains_key(group_id)
    }

    /// A group with members or pending members.
    pub(crate) fn living_group(&mut self, group_id: &str) -> Option<GroupTurn<'_>> {
        let group = self.soft.groups.get_mut(group_id)?;
        Some(GroupTurn {
            group,
            timers: &mut self.soft.timers,
            options: &self.soft.options,
            now: self.now,
            out: &mut self.out,
        })
    }

    /// A group brought to life from its record, or a new one.
    pub(crate) fn open_group(&mut self, group_id: &Str) -> GroupTurn<'_> {
        let stored = self.durable.groups.get(group_id.as_str());
        let key = match self.soft.groups.get_key_value(group_id.as_str()) {
            Some((key, _)) => key.clone(),
            None => group_id.detached(),
        };
        let wall_ms = self.now.wall_ms;
        let group = self.soft.groups.entry(key.clone()).or_insert_with(|| match stored {
            Some(stored) => ClassicGroup::from_stored(key, stored),
            None => ClassicGroup::new(key, wall_ms),
        });
        GroupTurn {
            group,
            timers: &mut self.soft.timers,
            options: &self.soft.options,
            now: self.now,
            out: &mut self.out,
        }
    }

    /// Does something with a group if it is alive, and lets it go if it is idle afterwards.
    pub(crate) fn with_living<R: Default>(&mut self, group_id: &str, act: impl FnOnce(GroupTurn<'_>) -> R) -> R {
        let Some(group) = self.living_group(group_id) else { return R::default() };
        let result = act(group);
        self.note_idle(group_id);
        result
    }

    /// Marks a group without members and pending members, to be dropped once its record is applied.
    pub(crate) fn note_idle(&mut self, group_id: &str) {
        if let Some((id, group)) = self.soft.groups.get_key_value(group_id)
            && group.is_idle()
        {
            self.soft.idle.insert(id.clone());
        }
    }

    /// Forgets the soft state of a group that is removed.
    pub(crate) fn bury(&mut self, group_id: &str) {
        if let Some(group) = self.soft.groups.remove(group_id) {
            group.cancel_timers(&mut self.soft.timers);
        }
    }
}
