//! What happens when a member was silent for too long.

use super::{GroupState, GroupTurn};

impl GroupTurn<'_> {
    /// The session of a member, or the patience with a pending one, is over.
    pub(crate) fn session_ended(&mut self, member_id: &str) {
        let is_excused = self.group.members.get(member_id).is_some_and(|member| member.is_excused());
        if is_excused {
            return;
        }
        if self.group.pending_joins.contains(member_id) || self.group.members.contains(member_id) {
            let was_member = self.group.members.contains(member_id);
            self.drop_member(member_id);
            self.go_on_without_member(was_member);
        }
    }

    /// A member that goes makes the others rebalance; in a join phase it may have been the last one missing.
    fn go_on_without_member(&mut self, was_member: bool) {
        match self.group.state() {
            GroupState::Stable | GroupState::CompletingRebalance if was_member => self.prepare_rebalance(),
            GroupState::PreparingRebalance if self.group.all_joined() => self.complete_join(),
            _ => {}
        }
    }
}
