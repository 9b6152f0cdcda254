//! How a rebalance runs: it begins, members rejoin or are dropped, the next generation is made, members sync.

use types::{ErrorCode, Str};

use super::group::InitialDelay;
use super::{GroupState, GroupTurn, SyncAnswer};
use crate::Answer;
use crate::timers::Timer;

/// When nobody has rejoined the join phase goes on, in steps of the rebalance timeout but never in a tight loop.
const MIN_RETRY_MS: i32 = 100;

impl GroupTurn<'_> {
    /// Begins a rebalance: who waits for an assignment, or holds a heartbeat, hears of it now and rejoins.
    pub(crate) fn prepare_rebalance(&mut self) {
        if self.group.state() == GroupState::CompletingRebalance {
            self.fail_syncs(ErrorCode::RebalanceInProgress);
        }
        self.group.pending_syncs.clear();
        self.timers.cancel(Timer::Sync(self.group.id.clone()));
        self.answer_held_heartbeats(ErrorCode::RebalanceInProgress);
        let is_initial = self.group.state() == GroupState::Empty;
        self.transition_to(GroupState::PreparingRebalance);
        if is_initial {
            // More members of a new group are probably on their way.
            let delay_ms = self.options.initial_rebalance_delay_ms;
            let remaining_ms = self.group.members.rebalance_timeout_ms().saturating_sub(delay_ms).max(0);
            self.group.initial_delay = Some(InitialDelay { delay_ms, remaining_ms });
            self.await_joins(delay_ms);
        } else if self.group.all_joined() {
            self.complete_join();
        } else {
            self.await_joins(self.group.members.rebalance_timeout_ms());
        }
    }

    fn await_joins(&mut self, within_ms: i32) {
        self.timers.schedule(Timer::Join(self.group.id.clone()), self.now.after_ms(within_ms.into()));
    }

    /// Ends the join phase when nobody is missing. The first rebalance of a group always takes its delay.
    pub(crate) fn complete_join_if_all_joined(&mut self) {
        if self.group.state() == GroupState::PreparingRebalance
            && self.group.previous_state() != GroupState::Empty
            && self.group.all_joined()
        {
            self.complete_join();
        }
    }

    /// The time for joining is over; the initial delay is prolonged while members keep coming.
    pub(crate) fn join_phase_ended(&mut self) {
        if self.group.state() != GroupState::PreparingRebalance {
            return;
        }
        match self.group.initial_delay {
            Some(step) if self.group.new_member_added && step.remaining_ms != 0 => {
                self.group.new_member_added = false;
                let delay_ms = self.options.initial_rebalance_delay_ms.min(step.remaining_ms);
                let remaining_ms = step.remaining_ms.saturating_sub(step.delay_ms).max(0);
                self.group.initial_delay = Some(InitialDelay { delay_ms, remaining_ms });
                self.await_joins(delay_ms);
            }
            _ => self.complete_join(),
        }
    }

    /// Ends the join phase: who has not rejoined is dropped, static members excepted, and the next generation begins.
    pub(crate) fn complete_join(&mut self) {
        self.timers.cancel(Timer::Join(self.group.id.clone()));
        self.group.initial_delay = None;
        self.group.new_member_added = false;
        let missing = self.group.members.iter().filter(|member| !member.is_awaiting_join() && !member.is_static());
        let missing: Vec<Str> = missing.map(|member| member.member_id.clone()).collect();
        for member_id in &missing {
            self.drop_member(member_id);
        }
        if self.group.members.is_empty() {
            self.next_generation(GroupState::Empty);
            self.out.records.push(self.group.record());
        } else if self.elect_leader() {
            self.next_generation(GroupState::CompletingRebalance);
            self.answer_joins();
        } else {
            // Only static members are left and none has rejoined: they come back or their sessions end.
            self.await_joins(self.group.members.rebalance_timeout_ms().max(MIN_RETRY_MS));
        }
    }

    /// Makes sure that the leader is one of those who rejoined; false when nobody has.
    fn elect_leader(&mut self) -> bool {
        let current = self.group.leader.as_ref().and_then(|leader| self.group.members.get(leader));
        if current.is_some_and(|leader| leader.is_awaiting_join()) {
            return true;
        }
        let rejoined = self.group.members.iter().find(|member| member.is_awaiting_join());
        let Some(elected) = rejoined.map(|member| member.member_id.clone()) else { return false };
        self.group.leader = Some(elected);
        true
    }

    fn next_generation(&mut self, state: GroupState) {
        self.group.generation = self.group.generation.checked_add(1).unwrap_or(1);
        self.group.protocol_name = self.group.members.elected_protocol();
        self.group.note_subscribed_topics();
        self.transition_to(state);
        self.group.pending_syncs.clear();
    }

    fn answer_joins(&mut self) {
        for member_id in self.group.members.ids() {
            let answer = self.group.join_answer(&member_id);
            self.answer_waiting_join(&member_id, answer);
            self.restart_session(&member_id);
            if let Some(member) = self.group.members.get_mut(&member_id) {
                member.is_new = false;
            }
            self.group.pending_syncs.insert(member_id);
        }
        let within_ms = self.group.members.rebalance_timeout_ms();
        self.timers.schedule(Timer::Sync(self.group.id.clone()), self.now.after_ms(within_ms.into()));
    }

    /// The time for syncing is over: who has not synced is dropped and the others rebalance.
    pub(crate) fn sync_phase_ended(&mut self) {
        let is_syncing = matches!(self.group.state(), GroupState::CompletingRebalance | GroupState::Stable);
        if !is_syncing || self.group.pending_syncs.is_empty() {
            return;
        }
        let missing: Vec<Str> = self.group.pending_syncs.iter().cloned().collect();
        for member_id in &missing {
            self.drop_member(member_id);
        }
        self.prepare_rebalance();
    }

    /// Takes every assignment back and tells all who wait for one why.
    pub(crate) fn fail_syncs(&mut self, code: ErrorCode) {
        for member in self.group.members.iter_mut() {
            member.assignment = bytes::Bytes::new();
        }
        for member_id in self.group.members.ids() {
            self.answer_waiting_sync(&member_id, SyncAnswer::refused(code));
        }
    }

    /// Answers a sync that waits, if one does. A session may have run out unnoticed meanwhile: it begins anew.
    pub(crate) fn answer_waiting_sync(&mut self, member_id: &Str, answer: SyncAnswer) {
        let waiting = self.group.members.get_mut(member_id).and_then(|member| member.awaiting_sync.take());
        if let Some(ticket) = waiting {
            self.answer(ticket, Answer::Sync(answer));
            self.restart_session(member_id);
        }
    }
}
