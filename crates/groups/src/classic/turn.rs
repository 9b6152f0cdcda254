//! `GroupTurn`: a living group with all that a decision about it needs: its timers, the time and what is decided so far.
//!
//! Here are the small steps; joins, syncs and the like are made of them in their own files.

use machine::{Now, Ticket};
use types::{ErrorCode, Str};

use super::member::Member;
use super::{ClassicGroup, GroupState, JoinAnswer, SyncAnswer};
use crate::timers::{Timer, Timers};
use crate::{Answer, Decision, GroupOptions};

/// A living group and what can be done with it now.
pub(crate) struct GroupTurn<'a> {
    pub(crate) group: &'a mut ClassicGroup,
    pub(crate) timers: &'a mut Timers,
    pub(crate) options: &'a GroupOptions,
    pub(crate) now: Now,
    pub(crate) out: &'a mut Decision,
}

impl GroupTurn<'_> {
    pub(crate) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.out.answers.push((ticket, answer));
    }

    /// The coordinator has just started: sessions begin now.
    pub(crate) fn resume(&mut self) {
        for member_id in self.group.members.ids() {
            self.restart_session(&member_id);
        }
        if self.group.members.len() > self.options.max_group_size && self.group.state().can_rebalance() {
            self.prepare_rebalance();
        }
    }

    /// The member was heard of: it may be silent for its session timeout from now on.
    pub(crate) fn restart_session(&mut self, member_id: &str) {
        let session =
            self.group.members.get(member_id).map(|member| (member.member_id.clone(), member.session_timeout_ms));
        if let Some((member_id, session_timeout_ms)) = session {
            self.expect_member(member_id, session_timeout_ms);
        }
    }

    /// The member, or the pending one, must be heard of within this time.
    pub(crate) fn expect_member(&mut self, member_id: Str, within_ms: i32) {
        let timer = Timer::Session { group: self.group.id.clone(), member: member_id };
        self.timers.schedule(timer, self.now.after_ms(within_ms.into()));
    }

    /// Answers a join that waits, if one does.
    pub(crate) fn answer_waiting_join(&mut self, member_id: &str, answer: JoinAnswer) {
        if let Some(ticket) = self.group.members.set_awaiting_join(member_id, None) {
            self.answer(ticket, Answer::Join(answer));
        }
    }

    /// Lets a join wait for the end of the join phase. One that waited already is told to come again: its client has
    /// given it up, or it would not have sent another.
    pub(crate) fn await_join(&mut self, member_id: &Str, ticket: Ticket) {
        if let Some(before) = self.group.members.set_awaiting_join(member_id, Some(ticket)) {
            self.answer(before, Answer::Join(JoinAnswer::refused(ErrorCode::RebalanceInProgress, member_id.clone())));
        }
    }

    /// Takes a member, or a pending one, out of the group. Its requests that wait are answered: it is unknown now.
    pub(crate) fn drop_member(&mut self, member_id: &str) {
        self.answer_waiting_join(member_id, JoinAnswer::refused(ErrorCode::UnknownMemberId, Str::EMPTY));
        let pending = self.group.pending_joins.get(member_id).cloned();
        let removed = self.group.remove(member_id);
        if let Some(member) = removed {
            self.cancel_member_timers(&member.member_id);
            self.turn_away(member, ErrorCode::UnknownMemberId);
        } else if let Some(member_id) = pending {
            self.cancel_member_timers(&member_id);
        }
    }

    /// Answers the sync and the heartbeat of a member that is not in the group any more.
    pub(crate) fn turn_away(&mut self, member: Member, code: ErrorCode) {
        if let Some(ticket) = member.awaiting_sync {
            self.answer(ticket, Answer::Sync(SyncAnswer::refused(code)));
        }
        if let Some(ticket) = member.held_heartbeat {
            self.answer(ticket, Answer::Heartbeat(code));
        }
    }

    pub(crate) fn cancel_member_timers(&mut self, member_id: &Str) {
        self.timers.cancel(Timer::Session { group: self.group.id.clone(), member: member_id.clone() });
        self.timers.cancel(Timer::HeldHeartbeat { group: self.group.id.clone(), member: member_id.clone() });
    }

    /// Members have come or gone or said something new: rebalance, or go on with the rebalance that is under way.
    pub(crate) fn rebalance_or_complete_join(&mut self) {
        if self.group.state().can_rebalance() {
            self.prepare_rebalance();
        } else {
            self.complete_join_if_all_joined();
        }
    }

    /// Moves on to another state.
    pub(crate) fn transition_to(&mut self, next: GroupState) {
        self.group.transition_to(next, self.now.wall_ms);
    }
}
