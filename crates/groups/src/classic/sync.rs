//! SyncGroup (14), versions 0-5: the leader hands in the assignment, everybody gets his share.
//!
//! Nobody is answered before the record with the assignment is committed; then the group is stable.

use std::collections::BTreeMap;

use bytes::Bytes;
use machine::Ticket;
use types::{ErrorCode, Str};

use super::{GroupState, GroupTurn};
use crate::Answer;
use crate::coordinator::Turn;
use crate::timers::Timer;

/// A member wants its assignment; the leader brings those of all.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncGroup {
    /// The group.
    pub group_id: Str,
    /// The generation it joined.
    pub generation: i32,
    /// Who it is.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
    /// Version 5: the protocol type it was told.
    pub protocol_type: Option<Str>,
    /// Version 5: the protocol it was told.
    pub protocol_name: Option<Str>,
    /// From the leader: what each member gets.
    pub assignments: Vec<(Str, Bytes)>,
}

/// What a member is told when the group is stable.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncAnswer {
    /// Why it gets nothing, or none.
    pub error: ErrorCode,
    /// The group's protocol type.
    pub protocol_type: Option<Str>,
    /// The selected protocol.
    pub protocol_name: Option<Str>,
    /// Its share.
    pub assignment: Bytes,
}

impl SyncAnswer {
    pub(crate) fn refused(error: ErrorCode) -> SyncAnswer {
        SyncAnswer { error, protocol_type: None, protocol_name: None, assignment: Bytes::new() }
    }
}

impl Turn<'_> {
    pub(crate) fn sync(&mut self, ticket: Ticket, command: SyncGroup) {
        let refusal = if command.group_id.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else {
            match self.living_group(&command.group_id) {
                Some(mut group) => group.sync(ticket, command),
                None => Err(ErrorCode::UnknownMemberId),
            }
        };
        if let Err(code) = refusal {
            self.answer(ticket, Answer::Sync(SyncAnswer::refused(code)));
        }
    }
}

impl GroupTurn<'_> {
    fn sync(&mut self, ticket: Ticket, command: SyncGroup) -> Result<(), ErrorCode> {
        self.check_sync(&command)?;
        let member_id = command.member_id.clone();
        self.answer_held_heartbeat(&member_id, ErrorCode::None);
        match self.group.state() {
            GroupState::Empty | GroupState::Dead => return Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance => return Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance => {
                self.await_sync(&member_id, ticket);
                self.note_synced(&member_id);
                if self.group.is_leader(&member_id) {
                    self.assign(command.assignments);
                }
            }
            GroupState::Stable => {
                self.note_synced(&member_id);
                let assignment = self.group.members.get(&member_id).map(|member| member.assignment.clone());
                let answer = self.group.sync_answer(assignment.unwrap_or_default());
                self.answer(ticket, Answer::Sync(answer));
            }
        }
        Ok(())
    }

    fn check_sync(&self, command: &SyncGroup) -> Result<(), ErrorCode> {
        self.group.validate_member(&command.member_id, command.instance_id.as_deref())?;
        if command.generation != self.group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if differs(&command.protocol_type, &self.group.protocol_type)
            || differs(&command.protocol_name, &self.group.protocol_name)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    /// Lets a sync wait for the leader; one that waited already was given up by its client.
    fn await_sync(&mut self, member_id: &str, ticket: Ticket) {
        let before = self.group.members.get_mut(member_id).and_then(|member| member.awaiting_sync.replace(ticket));
        if let Some(before) = before {
            self.answer(before, Answer::Sync(SyncAnswer::refused(ErrorCode::RebalanceInProgress)));
        }
    }

    fn note_synced(&mut self, member_id: &str) {
        self.group.pending_syncs.remove(member_id);
        if self.group.pending_syncs.is_empty() {
            self.timers.cancel(Timer::Sync(self.group.id.clone()));
        }
    }

    /// Takes the leader's assignment: it is written, everybody who waits is answered, the group is stable. Members that the
    /// leader forgot get nothing; what it says about strangers is dropped.
    fn assign(&mut self, assignments: Vec<(Str, Bytes)>) {
        let mut assignments: BTreeMap<Str, Bytes> = assignments.into_iter().collect();
        for member in self.group.members.iter_mut() {
            let given = assignments.remove(member.member_id.as_str()).unwrap_or_default();
            member.assignment = Bytes::copy_from_slice(&given);
        }
        let record = self.group.record();
        if record.estimated_bytes() > self.options.max_record_bytes {
            // The log could not take it. The members hear of it now, and the other groups of this log do not at all.
            self.fail_syncs(ErrorCode::UnknownServerError);
            self.prepare_rebalance();
            return;
        }
        self.out.records.push(record);
        for member_id in self.group.members.ids() {
            let assignment = self.group.members.get(&member_id).map(|member| member.assignment.clone());
            let answer = self.group.sync_answer(assignment.unwrap_or_default());
            self.answer_waiting_sync(&member_id, answer);
        }
        self.transition_to(GroupState::Stable);
    }
}

/// Do both sides say something, and not the same?
fn differs(told: &Option<Str>, ours: &Option<Str>) -> bool {
    matches!((told, ours), (Some(told), Some(ours)) if told != ours)
}
