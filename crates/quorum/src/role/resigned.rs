//! Resigned: led this epoch and leads it no longer, by its own will or because it was restarted.
//!
//! Tells the voters, the most advanced first, that they may elect another; grants pre-votes but no vote in this epoch. After
//! an election timeout it becomes unattached in the next epoch, so that it is never again taken for the leader of this one.

use std::collections::BTreeSet;
use std::time::Duration;

use machine::Now;
use types::{ErrorCode, NodeId};

use crate::io::Output;
use crate::leadership::{Answer, News};
use crate::message::{EndQuorumEpochRequest, EndQuorumEpochResponse, Request, Response};
use crate::quorum::Quorum;
use crate::replica::ReplicaKey;
use crate::role::Role;

/// What a resigned leader keeps.
#[derive(Debug)]
pub(crate) struct Resigned {
    /// When it moves on to the next epoch.
    pub(crate) election_deadline: Duration,
    /// Voters that have not answered yet.
    pub(crate) unacknowledged: BTreeSet<NodeId>,
    /// The other voters by descending end of their logs.
    pub(crate) preferred: Vec<ReplicaKey>,
}

impl Quorum {
    pub(crate) fn poll_resigned(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Resigned(resigned) = &self.role else { return };
        // While it shuts down it stays: others need its pre-vote.
        if resigned.election_deadline <= now.monotonic
            && !self.shutting_down
            && let Some(epoch) = self.election.epoch.checked_add(1)
        {
            self.become_unattached(now, epoch, None, out);
            return;
        }
        for id in resigned.unacknowledged.clone() {
            if let Some(to) = self.voter_destination(id) {
                self.send(now, to, Quorum::end_epoch_request, out);
            }
        }
    }

    fn end_epoch_request(&self) -> Request {
        let preferred_candidates = match &self.role {
            Role::Resigned(resigned) => resigned.preferred.clone(),
            _ => Vec::new(),
        };
        Request::EndQuorumEpoch(EndQuorumEpochRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            leader_id: self.options.local.id,
            epoch: self.election.epoch,
            preferred_candidates,
            endpoints: self.options.endpoints.clone(),
        })
    }

    pub(crate) fn on_end_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: &EndQuorumEpochResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => return learned,
            Answer::Concerns if answer.error.is_none() => {}
            Answer::Concerns => return self.unexpected(from, answer.error, out),
        }
        if let Role::Resigned(resigned) = &mut self.role {
            resigned.unacknowledged.remove(&from);
        }
        true
    }

    /// The leader of this or a higher epoch resigns: a follower of it waits according to its place among the successors.
    pub(crate) fn on_end_epoch(
        &mut self,
        now: Now,
        listener: &str,
        request: EndQuorumEpochRequest,
        out: &mut Vec<Output>,
    ) -> Result<Response, ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Err(ErrorCode::InconsistentClusterId);
        }
        let answer = |quorum: &Quorum, error| {
            Ok(Response::EndQuorumEpoch(EndQuorumEpochResponse { error, leader: quorum.leader_hint(listener) }))
        };
        if request.epoch < self.election.epoch {
            return answer(self, ErrorCode::FencedLeaderEpoch);
        }
        if request.leader_id < 0 {
            return Err(ErrorCode::InvalidRequest);
        }
        let endpoints = if request.endpoints.is_empty() {
            self.membership.voters().endpoints(request.leader_id)
        } else {
            request.endpoints
        };
        let leader_id = Some(request.leader_id);
        let news = self.hear_of_leader(now, request.leader_id, leader_id, request.epoch, endpoints, out);
        if news == News::Contradiction {
            return Err(ErrorCode::InvalidRequest);
        }
        let wait_ms = self.succession_wait_ms(&request.preferred_candidates);
        if let Role::Follower(follower) = &mut self.role
            && self.election.leader_id == leader_id
        {
            follower.fetch_deadline = now.after_ms(wait_ms);
        }
        answer(self, ErrorCode::None)
    }

    /// Nothing for the first successor, then ever longer, so that the most advanced voter is elected at the first attempt.
    fn succession_wait_ms(&self, successors: &[ReplicaKey]) -> i64 {
        let longest = self.options.election_backoff_max_ms.max(0);
        let local = self.options.local;
        let place = successors.iter().position(|key| key.means(&local)).unwrap_or(successors.len());
        if place == 0 {
            return 0;
        }
        if place >= successors.len() {
            return longest;
        }
        let shortest = longest.checked_shr(successors.len() as u32 - 1).unwrap_or(0);
        let factor = 1i64.checked_shl(place as u32 - 1).filter(|factor| *factor > 0).unwrap_or(i64::MAX);
        shortest.saturating_mul(factor).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::Endpoints;
    use crate::log_view::LogFacts;
    use crate::options::QuorumOptions;
    use types::Uuid;

    #[test]
    fn earlier_successors_wait_less() {
        let key = |id| ReplicaKey::new(id, Uuid::from_random([id as u8; 16]));
        let endpoints = Endpoints::single("CONTROLLER", "localhost", 9093);
        let options = QuorumOptions::new("cluster", key(1), "CONTROLLER", endpoints);
        let quorum = Quorum::start(options, None, &LogFacts::default(), Now::default(), &mut Vec::new());
        let wait = |ids: &[NodeId]| quorum.succession_wait_ms(&ids.iter().map(|&id| key(id)).collect::<Vec<_>>());
        assert_eq!(wait(&[1, 2, 3]), 0);
        assert_eq!(wait(&[2, 1, 3]), 250);
        assert_eq!(wait(&[2, 3, 1]), 500);
        assert_eq!(wait(&[2, 3]), 1_000);
        assert_eq!(wait(&[]), 0);
        let many: Vec<NodeId> = (2..200).chain([1]).collect();
        assert!((0..=1_000).contains(&wait(&many)));
    }
}
