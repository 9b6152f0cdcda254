//! News of a leader, from whatever message: believed when it fits what is known, reported when it contradicts it.
//!
//! Apache Kafka's node stops when it hears of two leaders of one epoch. This one keeps what it knows, raises an alarm and
//! leaves the peer alone for a moment: one broken peer must not take the quorum down. What it says itself never gives cause:
//! a leader is only named together with an address, and only the one of the epoch.

use machine::Now;
use types::{ErrorCode, LeaderEpoch, NodeId};

use crate::endpoints::Endpoints;
use crate::io::{Alarm, Output};
use crate::message::{Address, LeaderHint};
use crate::quorum::Quorum;
use crate::role::{Role, RoleName};

/// What remains to be done with an answer once its news of the leadership was considered.
pub(crate) enum Answer {
    /// Nothing. Says whether something was learned; if not, the peer is left alone for a moment.
    Done(bool),
    /// It concerns the role of now.
    Concerns,
}

/// What became of news of a leader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It led to a transition.
    Learned,
    /// It was known.
    Known,
    /// It contradicts what is known.
    Contradiction,
}

impl Quorum {
    /// What this replica says of the leadership to somebody who asks through `listener`.
    pub(crate) fn leader_hint(&self, listener: &str) -> LeaderHint {
        let endpoint = self.leader_endpoints.of(listener);
        let address = endpoint.map(|endpoint| Address { host: endpoint.host.clone(), port: endpoint.port });
        let leader_id = self.election.leader_id.filter(|_| address.is_some());
        LeaderHint { epoch: self.election.epoch, leader_id, address }
    }

    /// The endpoints of the leader that a hint names: those it carries, or those of the voter set.
    fn hinted_endpoints(&self, hint: &LeaderHint) -> Endpoints {
        match (&hint.address, hint.leader_id) {
            (Some(address), Some(_)) => Endpoints::single(&self.options.listener, &address.host, address.port),
            (_, Some(leader_id)) => self.membership.voters().endpoints(leader_id),
            (_, None) => Endpoints::default(),
        }
    }

    /// Considers what every answer says of the leadership and the errors that all answers share.
    pub(crate) fn consider_answer(
        &mut self,
        now: Now,
        from: NodeId,
        error: ErrorCode,
        hint: &LeaderHint,
        out: &mut Vec<Output>,
    ) -> Answer {
        if hint.epoch < self.election.epoch || error == ErrorCode::UnknownLeaderEpoch {
            return Answer::Done(false);
        }
        let same_epoch = hint.epoch == self.election.epoch;
        let stale = matches!(error, ErrorCode::FencedLeaderEpoch | ErrorCode::NotLeaderOrFollower);
        let endpoints = self.hinted_endpoints(hint);
        let news = self.hear_of_leader(now, from, hint.leader_id, hint.epoch, endpoints, out);
        match (news, error) {
            (News::Contradiction, _) => Answer::Done(false),
            // An observer finds its leader and the first records in one answer.
            (News::Learned, ErrorCode::None) if same_epoch && self.role.name() == RoleName::Follower => {
                Answer::Concerns
            }
            (News::Learned, _) => Answer::Done(true),
            (News::Known, _) if stale => Answer::Done(false),
            (News::Known, ErrorCode::BrokerNotAvailable | ErrorCode::InvalidVoterKey) => Answer::Done(false),
            (News::Known, ErrorCode::InvalidRequest) => Answer::Done(self.unexpected(from, error, out)),
            (News::Known, _) => Answer::Concerns,
        }
    }

    /// A message says that `leader_id`, or somebody unknown, leads `epoch`.
    pub(crate) fn hear_of_leader(
        &mut self,
        now: Now,
        from: NodeId,
        leader_id: Option<NodeId>,
        epoch: LeaderEpoch,
        endpoints: Endpoints,
        out: &mut Vec<Output>,
    ) -> News {
        let known = self.election.leader_id;
        let same_epoch = epoch == self.election.epoch;
        if epoch < self.election.epoch {
            return News::Known;
        }
        let Some(named) = leader_id else {
            if same_epoch {
                return News::Known;
            }
            self.become_unattached(now, epoch, None, out);
            return News::Learned;
        };
        let itself = named == self.options.local.id;
        if itself && same_epoch && known == Some(named) {
            // It leads, or has led and resigned.
            return News::Known;
        }
        if itself || (same_epoch && known.is_some_and(|known| known != named)) {
            out.push(Output::Alarm(Alarm::InconsistentLeader { from, named, epoch, known }));
            return News::Contradiction;
        }
        let reachable = endpoints.of(&self.options.listener).is_some();
        if same_epoch && known.is_some() && !(reachable && endpoints.len() > self.leader_endpoints.len()) {
            return News::Known;
        }
        if reachable {
            self.follow(now, epoch, named, endpoints, out);
        } else {
            // The leader is remembered, so that nobody else is voted for, and looked for by way of the others.
            self.become_unattached(now, epoch, Some(named), out);
        }
        News::Learned
    }

    /// Follows a leader; where it is followed already, only the better knowledge of its listeners is taken over.
    fn follow(&mut self, now: Now, epoch: LeaderEpoch, leader_id: NodeId, endpoints: Endpoints, out: &mut Vec<Output>) {
        if matches!(self.role, Role::Follower(_)) && epoch == self.election.epoch {
            self.leader_endpoints = endpoints;
        } else {
            self.become_follower(now, epoch, leader_id, endpoints, out);
        }
    }
}
