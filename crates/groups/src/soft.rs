//! `Soft`: what a coordinator keeps in memory only: living groups, who waits for an answer, and timers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use machine::{Now, Ticket};
use types::{ErrorCode, Str};

use crate::classic::ClassicGroup;
use crate::delete_groups::Deletion;
use crate::offsets::DeletedTopic;
use crate::timers::{Timer, Timers};
use crate::{Answer, GroupOptions};

/// What need not survive the coordinator. Made by `GroupCoordinator::resume`.
#[derive(Debug)]
pub struct Soft {
    pub(crate) options: GroupOptions,
    /// Groups with members or pending members; an idle one stays until its record is applied.
    pub(crate) groups: BTreeMap<Str, ClassicGroup>,
    pub(crate) timers: Timers,
    /// Groups that were seen idle; they are dropped at the next turn. At most one entry a living group.
    pub(crate) idle: BTreeSet<Str>,
    /// DeleteGroups requests that are not done, at most `max_pending_deletions`.
    pub(crate) deletions: VecDeque<Deletion>,
    /// The group of the first of them of which a part is removed.
    pub(crate) deleting: Option<Str>,
    /// Topics whose offsets are not all removed yet, at most `max_deleted_topics`.
    pub(crate) deleted_topics: VecDeque<DeletedTopic>,
}

impl Soft {
    pub(crate) fn new(options: GroupOptions, now: Now) -> Soft {
        let mut timers = Timers::default();
        timers.schedule(Timer::Cleanup, now.after_ms(options.retention_check_interval_ms));
        Soft {
            options,
            groups: BTreeMap::new(),
            timers,
            idle: BTreeSet::new(),
            deletions: VecDeque::new(),
            deleting: None,
            deleted_topics: VecDeque::new(),
        }
    }

    /// Changes the settings; timers that run keep their time.
    pub fn set_options(&mut self, options: GroupOptions) {
        self.options = options;
    }

    /// Answers all who wait with this code, because the partition moves away or its log failed. The soft state is done
    /// with afterwards: make a new one with `GroupCoordinator::resume`.
    pub fn abandon(&mut self, code: ErrorCode) -> Vec<(Ticket, Answer)> {
        let mut answers = Vec::new();
        for group in self.groups.values_mut() {
            group.abandon(&mut answers);
        }
        answers.extend(self.deletions.drain(..).map(Deletion::abandon));
        self.deleting = None;
        self.deleted_topics.clear();
        self.groups.clear();
        self.timers = Timers::default();
        answers.into_iter().map(|(ticket, answer)| (ticket, answer.refused(code))).collect()
    }

    /// How many requests wait for an answer: joins, syncs, held heartbeats and deletions.
    pub fn waiting(&self) -> usize {
        self.groups.values().map(ClassicGroup::waiting).sum::<usize>() + self.deletions.len()
    }

    /// Is a part of this group removed, and the rest about to be?
    pub(crate) fn is_being_deleted(&self, group_id: &str) -> bool {
        self.deleting.as_ref().is_some_and(|deleting| deleting.as_str() == group_id)
    }
}
