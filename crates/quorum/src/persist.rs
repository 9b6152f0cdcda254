//! What must be durable, and when.
//!
//! 1. Epoch, vote and leader are in `quorum-state` before anything that follows from them is said or sent: `Persist` stands
//!    in front of it among the outputs.
//! 2. A replica that votes, or may come to vote, fetches only what lies behind its durable log: the fetch offset *is* the
//!    acknowledgement. Until then there is no fetch at all.
//! 3. A leader counts its own log only as far as it is durable. Followers may be sent records before: that costs nothing in
//!    safety and saves the time of one sync.
//!
//! So an offset below the high watermark is durable at a majority of the voters; with one voter, on its disk.
//!
//! A report of durability counts only in the epoch in which it was asked for: between two epochs the log may have been cut
//! and written again. Within an epoch nothing is cut after a sync was asked for, since rule 2 holds the fetch back that
//! could bring the order to cut.

use types::{LeaderEpoch, Offset};

use crate::io::Output;
use crate::quorum::Quorum;
use crate::role::Role;
use crate::state::QuorumState;

impl Quorum {
    /// Writes the promises down if they are not yet.
    pub(crate) fn persist(&mut self, out: &mut Vec<Output>) {
        let dynamic = self.membership.is_dynamic();
        let state = QuorumState {
            epoch: self.election.epoch,
            leader_id: self.election.leader_id,
            voted: self.election.voted,
            data_version: if dynamic { 1 } else { 0 },
            voters: if dynamic { Vec::new() } else { self.membership.voters().ids().collect() },
        };
        if self.persisted.as_ref() == Some(&state) {
            return;
        }
        self.persisted = Some(state.clone());
        match out.last_mut() {
            // Nothing follows from the promises of a moment ago: one write will do for both.
            Some(Output::Persist(last)) => *last = state,
            _ => out.push(Output::Persist(state)),
        }
    }

    /// Does this replica's log have to be durable before it fetches on?
    fn must_sync(&self) -> bool {
        self.options.can_become_voter || self.is_voter()
    }

    /// Is everything in the log durable that has to be?
    pub(crate) fn may_fetch(&self) -> bool {
        self.installing.is_none() && (!self.must_sync() || self.log.synced_end_offset() == self.log.end_offset())
    }

    /// Asks for the log to be made durable, once for every end and epoch.
    pub(crate) fn request_sync(&mut self, out: &mut Vec<Output>) {
        let wanted = (self.log.end_offset(), self.election.epoch);
        let done = self.log.synced_end_offset() >= wanted.0;
        if done || !self.must_sync() || self.sync_requested == Some(wanted) {
            return;
        }
        self.sync_requested = Some(wanted);
        out.push(Output::Sync { end_offset: wanted.0, epoch: wanted.1 });
    }

    pub(crate) fn on_log_synced(&mut self, end_offset: Offset, epoch: LeaderEpoch, out: &mut Vec<Output>) {
        if epoch != self.election.epoch {
            return;
        }
        self.log.synced(end_offset);
        if matches!(self.role, Role::Leader(_)) {
            self.leader_log_is_durable(out);
        }
    }

    /// Tells that everything below `high_watermark` is committed, if that is news.
    pub(crate) fn commit(&mut self, high_watermark: Offset, out: &mut Vec<Output>) {
        assert!(high_watermark <= self.log.end_offset(), "nothing is committed that this log does not have");
        if self.committed.is_none_or(|committed| committed < high_watermark) {
            self.committed = Some(high_watermark);
            out.push(Output::Commit { high_watermark });
        }
    }
}
