//! Prospective: asks every voter whether it would be elected, before it disturbs anybody with a higher epoch (KIP-996).
//!
//! A majority makes it a candidate. Without one it goes back to the leader it knows, or to waiting; its epoch never rises
//! here. Votes of others are still granted, once in the epoch.

use std::time::Duration;

use machine::Now;
use types::NodeId;

use crate::io::Output;
use crate::leadership::Answer;
use crate::message::{Request, VoteRequest, VoteResponse};
use crate::quorum::Quorum;
use crate::replica::ReplicaKey;
use crate::role::Role;
use crate::votes::Votes;

/// What a prospective replica keeps.
#[derive(Debug)]
pub(crate) struct Prospective {
    pub(crate) votes: Votes,
    /// When it gives up.
    pub(crate) election_deadline: Duration,
}

impl Quorum {
    pub(crate) fn poll_prospective(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Prospective(prospective) = &self.role else { return };
        if prospective.election_deadline <= now.monotonic && !self.shutting_down {
            self.give_up_prospect(now, out);
            return;
        }
        self.ask_for_votes(now, true, out);
    }

    /// Back to the leader that is known and reachable, else to waiting.
    fn give_up_prospect(&mut self, now: Now, out: &mut Vec<Output>) {
        let epoch = self.election.epoch;
        match self.election.leader_id {
            Some(leader_id) if !self.leader_endpoints.is_empty() => {
                let endpoints = self.leader_endpoints.clone();
                self.become_follower(now, epoch, leader_id, endpoints, out);
            }
            leader_id => self.become_unattached(now, epoch, leader_id, out),
        }
    }

    /// Sends a request to every voter that has not spoken yet, while there is something to be won.
    pub(crate) fn ask_for_votes(&mut self, now: Now, pre_vote: bool, out: &mut Vec<Output>) {
        let votes = match &self.role {
            Role::Prospective(prospective) => &prospective.votes,
            Role::Candidate(candidate) => &candidate.votes,
            Role::Unattached(_) | Role::Leader(_) | Role::Follower(_) | Role::Resigned(_) => return,
        };
        if votes.is_lost() {
            return;
        }
        for voter in votes.unrecorded() {
            if let Some(to) = self.voter_destination(voter.id) {
                self.send(now, to, |quorum| quorum.vote_request(voter, pre_vote), out);
            }
        }
    }

    fn vote_request(&self, voter: ReplicaKey, pre_vote: bool) -> Request {
        Request::Vote(VoteRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            voter: Some(voter),
            candidate: self.options.local,
            epoch: self.election.epoch,
            last_epoch: self.log.last_epoch(),
            end_offset: self.log.end_offset(),
            pre_vote,
        })
    }

    /// A voter answered, in this election: answers to earlier ones find nobody waiting.
    pub(crate) fn on_vote_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: &VoteResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => return learned,
            Answer::Concerns if answer.error.is_none() => {}
            Answer::Concerns => return self.unexpected(from, answer.error, out),
        }
        match &mut self.role {
            Role::Prospective(prospective) => {
                prospective.votes.record(from, answer.granted);
                if prospective.votes.is_won() {
                    self.become_candidate(now, out);
                } else if prospective.votes.is_lost() {
                    self.give_up_prospect(now, out);
                }
            }
            Role::Candidate(candidate) => {
                // A lost election is waited out, so that two candidates do not chase each other.
                candidate.votes.record(from, answer.granted);
                self.lead_if_elected(now, out);
            }
            Role::Unattached(_) | Role::Leader(_) | Role::Follower(_) | Role::Resigned(_) => {}
        }
        true
    }

    /// A voter is too old to know pre-votes: the election is held without them.
    pub(crate) fn campaign_without_pre_vote(&mut self, now: Now, out: &mut Vec<Output>) -> bool {
        if matches!(self.role, Role::Prospective(_)) {
            self.become_candidate(now, out);
        }
        true
    }
}
