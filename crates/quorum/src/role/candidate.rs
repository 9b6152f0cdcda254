//! Candidate: has voted for itself in a new epoch and asks the others to do the same.
//!
//! A majority makes it the leader. Without one it waits until its election timeout ends, also when all hope is gone, and then
//! becomes prospective. This file also holds the other side: whose vote is asked, and what it answers.

use std::time::Duration;

use machine::Now;
use types::ErrorCode;

use crate::io::Output;
use crate::message::{Response, VoteRequest, VoteResponse};
use crate::quorum::Quorum;
use crate::replica::ReplicaKey;
use crate::role::Role;
use crate::votes::Votes;

/// What a candidate keeps.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) votes: Votes,
    /// When it stands back.
    pub(crate) election_deadline: Duration,
}

impl Quorum {
    pub(crate) fn poll_candidate(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Candidate(candidate) = &self.role else { return };
        if candidate.election_deadline <= now.monotonic && !self.shutting_down && self.installing.is_none() {
            self.become_prospective(now, out);
            return;
        }
        self.ask_for_votes(now, false, out);
    }

    /// Somebody asks for this replica's vote.
    pub(crate) fn on_vote(
        &mut self,
        now: Now,
        listener: &str,
        request: &VoteRequest,
        out: &mut Vec<Output>,
    ) -> Result<Response, ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Err(ErrorCode::InconsistentClusterId);
        }
        // A candidate has seen no leader in the epoch it stands for; a prospective replica may have.
        let epoch_below =
            if request.pre_vote { request.last_epoch > request.epoch } else { request.last_epoch >= request.epoch };
        if request.end_offset < 0 || request.last_epoch < 0 || epoch_below {
            return Err(ErrorCode::InvalidRequest);
        }
        let answer = |quorum: &Quorum, error, granted| {
            Ok(Response::Vote(VoteResponse { error, leader: quorum.leader_hint(listener), granted }))
        };
        if request.epoch < self.election.epoch {
            return answer(self, ErrorCode::FencedLeaderEpoch, false);
        }
        if request.candidate.id < 0 || request.candidate.id == self.options.local.id {
            return Err(ErrorCode::InvalidRequest);
        }
        if request.epoch > self.election.epoch {
            self.become_unattached(now, request.epoch, None, out);
        }
        if !self.is_meant(&request.voter) {
            return answer(self, ErrorCode::InvalidVoterKey, false);
        }
        let own = (self.log.last_epoch(), self.log.end_offset());
        let up_to_date = (request.last_epoch, request.end_offset) >= own;
        let granted = self.role.grants(&self.election, &request.candidate, up_to_date, request.pre_vote);
        if granted && !request.pre_vote && self.election.voted.is_none() {
            self.vote_for(now, request.candidate, out);
        }
        answer(self, ErrorCode::None, granted)
    }

    /// The vote is durable before it is given. The timer starts anew: the candidate has as good a chance as this replica.
    fn vote_for(&mut self, now: Now, candidate: ReplicaKey, out: &mut Vec<Output>) {
        self.election.voted = Some(candidate);
        self.persist(out);
        let deadline = self.election_deadline(now);
        match &mut self.role {
            Role::Unattached(unattached) => {
                unattached.election_deadline = unattached.election_deadline.map(|_| deadline);
            }
            Role::Prospective(prospective) => prospective.election_deadline = deadline,
            Role::Candidate(_) | Role::Leader(_) | Role::Follower(_) | Role::Resigned(_) => {}
        }
    }

    /// Is the request meant for this replica, and not for one that had its address or its disk before?
    pub(crate) fn is_meant(&self, voter: &Option<ReplicaKey>) -> bool {
        voter.is_none_or(|voter| voter.means(&self.options.local))
    }
}
