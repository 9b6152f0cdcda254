//! A static member comes back (KIP-345): a process with the same `group.instance.id` and no member id takes the place of
//! the one before it, which is fenced. A stable group whose protocol stays the same does not rebalance for it.

use machine::Ticket;
use types::{ErrorCode, Str};

use super::join::{JoinAnswer, JoinGroup};
use super::{GroupState, GroupTurn};
use crate::Answer;

impl GroupTurn<'_> {
    pub(crate) fn replace_static_member(&mut self, ticket: Ticket, command: JoinGroup, old_id: Str, new_id: Str) {
        let old_leader = self.group.leader.clone();
        let can_skip = command.supports_skipping_assignment;
        self.fence(&old_id, &new_id);
        self.restart_session(&new_id);
        self.renew_member(ticket, &new_id, command);
        match self.group.state() {
            GroupState::Stable if self.group.members.elected_protocol() == self.group.protocol_name => {
                self.keep_generation(&new_id, old_leader, can_skip);
            }
            // In CompletingRebalance the leader may be assigning to the old id right now.
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(),
            _ => self.complete_join_if_all_joined(),
        }
    }

    /// Gives the member its new id; whoever still waits under the old one is fenced.
    fn fence(&mut self, old_id: &Str, new_id: &Str) {
        self.answer_waiting_join(old_id, JoinAnswer::refused(ErrorCode::FencedInstanceId, old_id.clone()));
        self.cancel_member_timers(old_id);
        let Some(mut member) = self.group.members.remove(old_id) else { return };
        let syncing = member.awaiting_sync.take();
        let heartbeat = member.held_heartbeat.take();
        member.member_id = new_id.clone();
        member.is_new = false;
        if self.group.is_leader(old_id) {
            self.group.leader = Some(new_id.clone());
        }
        if self.group.pending_syncs.remove(old_id) {
            self.group.pending_syncs.insert(new_id.clone());
        }
        self.group.members.insert(member);
        if let Some(ticket) = syncing {
            self.answer(ticket, Answer::Sync(super::SyncAnswer::refused(ErrorCode::FencedInstanceId)));
        }
        if let Some(ticket) = heartbeat {
            self.answer(ticket, Answer::Heartbeat(ErrorCode::FencedInstanceId));
        }
    }

    /// The generation goes on with the new id in it, which must survive before the member hears of it.
    fn keep_generation(&mut self, new_id: &Str, old_leader: Option<Str>, can_skip: bool) {
        let record = self.group.record();
        if record.estimated_bytes() > self.options.max_record_bytes {
            self.prepare_rebalance();
            return;
        }
        self.out.records.push(record);
        let mut answer = self.group.join_answer(new_id);
        if can_skip {
            answer.skip_assignment = self.group.is_leader(new_id);
        } else {
            // It must not take itself for the leader: the assignment it would make is not wanted. With the old id as
            // the leader's it takes itself for a follower.
            answer.leader = old_leader.unwrap_or_default();
            answer.members.clear();
        }
        self.answer_waiting_join(new_id, answer);
    }
}
