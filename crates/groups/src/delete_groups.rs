//! DeleteGroups (42), versions 0-2: an administrator removes empty groups with all their offsets.
//!
//! A group may have more offsets than one decision can write. Then it is removed in steps, its own tombstone last, so that a
//! coordinator that starts in between still knows the group. Between the steps nobody joins it or commits for it: they are
//! told to come again, and find a new group. Requests are worked off one after the other.

use std::collections::{BTreeSet, VecDeque};

use machine::Ticket;
use types::{ErrorCode, Str};

use crate::classic::GroupState;
use crate::coordinator::Turn;
use crate::room::Room;
use crate::timers::Timer;
use crate::{Answer, GroupRecord};

/// Groups are to be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteGroups {
    /// Which.
    pub group_ids: Vec<Str>,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletedGroup {
    /// The group.
    pub group_id: Str,
    /// Why it stays, or none.
    pub error: ErrorCode,
}

/// A request of which not all groups are removed yet.
#[derive(Debug)]
pub(crate) struct Deletion {
    ticket: Ticket,
    /// The groups to come, each once.
    left: VecDeque<Str>,
    /// What became of those before.
    deleted: Vec<DeletedGroup>,
}

impl Deletion {
    fn new(ticket: Ticket, group_ids: Vec<Str>) -> Deletion {
        // The answer is keyed by the group: one that is named twice is answered once.
        let mut seen = BTreeSet::new();
        let left = group_ids.into_iter().filter(|group_id| seen.insert(group_id.clone())).collect();
        Deletion { ticket, left, deleted: Vec::new() }
    }

    /// The request is given up.
    pub(crate) fn abandon(self) -> (Ticket, Answer) {
        let left = self.left.into_iter().map(|group_id| DeletedGroup { group_id, error: ErrorCode::None });
        (self.ticket, Answer::DeleteGroups(self.deleted.into_iter().chain(left).collect()))
    }
}

impl Turn<'_> {
    pub(crate) fn delete_groups(&mut self, ticket: Ticket, command: DeleteGroups) {
        let deletion = Deletion::new(ticket, command.group_ids);
        if self.soft.deletions.len() >= self.soft.options.max_pending_deletions {
            let (ticket, answer) = deletion.abandon();
            self.answer(ticket, answer.refused(ErrorCode::CoordinatorLoadInProgress));
            return;
        }
        self.soft.deletions.push_back(deletion);
        if self.soft.deletions.len() == 1 {
            self.continue_deletions();
        }
    }

    /// Removes as much as one decision may write; the rest follows at once.
    pub(crate) fn continue_deletions(&mut self) {
        let mut room = Room::new(&self.soft.options);
        while let Some(mut deletion) = self.soft.deletions.pop_front() {
            while let Some(group_id) = deletion.left.pop_front() {
                let Some(error) = self.delete_group(&group_id, &mut room) else {
                    deletion.left.push_front(group_id);
                    self.soft.deletions.push_front(deletion);
                    self.soft.timers.schedule(Timer::Deletions, self.now.monotonic);
                    return;
                };
                self.soft.deleting = None;
                deletion.deleted.push(DeletedGroup { group_id, error });
            }
            self.answer(deletion.ticket, Answer::DeleteGroups(deletion.deleted));
        }
    }

    /// What became of a group; `None` if there is more of it than there is room for.
    fn delete_group(&mut self, group_id: &Str, room: &mut Room) -> Option<ErrorCode> {
        if !self.has_group(group_id) {
            // Where it was begun, the last offsets have expired since, and the group with them.
            let is_begun = self.soft.is_being_deleted(group_id);
            return Some(if is_begun { ErrorCode::None } else { ErrorCode::GroupIdNotFound });
        }
        let living = self.soft.groups.get(group_id.as_str());
        if living.is_some_and(|group| group.state() != GroupState::Empty) {
            return Some(ErrorCode::NonEmptyGroup);
        }
        let durable = self.durable;
        let records = durable.offset_tombstones(group_id).chain([GroupRecord::group_tombstone(group_id)]);
        for record in records {
            if !room.admits(&record) {
                self.soft.deleting = Some(group_id.clone());
                return None;
            }
            self.out.records.push(record);
        }
        self.bury(group_id);
        Some(ErrorCode::None)
    }
}
