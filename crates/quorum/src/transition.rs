//! From role to role. Each transition writes the promises first, then leaves the old role, then enters the new one.
//!
//! Within an epoch a vote is never forgotten and a leader never changes; both only go when the epoch rises.

use std::time::Duration;

use machine::Now;
use types::{LeaderEpoch, NodeId};

use crate::control::{ControlRecord, LeaderChange};
use crate::endpoints::Endpoints;
use crate::io::{Alarm, Output};
use crate::quorum::{Election, Quorum};
use crate::replica::ReplicaKey;
use crate::role::{Candidate, Follower, Leader, Prospective, Resigned, Role};
use crate::votes::Votes;

impl Quorum {
    /// Persists the promises, forgets what was on the way, and leaves the role of before.
    fn enter(&mut self, role: Role, out: &mut Vec<Output>) {
        self.persist(out);
        self.connections.reset_all();
        self.transitions += 1;
        match std::mem::replace(&mut self.role, role) {
            Role::Leader(leader) => self.leave_leadership(*leader, out),
            Role::Follower(follower) => {
                if let Some(download) = follower.download {
                    out.push(Output::AbandonSnapshot(download.id));
                }
            }
            Role::Unattached(_) | Role::Prospective(_) | Role::Candidate(_) | Role::Resigned(_) => {}
        }
    }

    /// A higher epoch is known but not, or not reachably, its leader; or an election in this epoch was lost.
    pub(crate) fn become_unattached(
        &mut self,
        now: Now,
        epoch: LeaderEpoch,
        leader_id: Option<NodeId>,
        out: &mut Vec<Output>,
    ) {
        assert!(epoch >= self.election.epoch, "epochs only rise");
        let deadline = if self.is_voter() { Some(self.remaining_deadline(now)) } else { None };
        let voted = if epoch == self.election.epoch { self.election.voted } else { None };
        self.election = Election { epoch, leader_id, voted };
        self.leader_endpoints = Endpoints::default();
        self.enter(Role::unattached(deadline), out);
    }

    /// A timer that is running goes on, so that nobody can keep a replica from its election by raising epochs.
    fn remaining_deadline(&mut self, now: Now) -> Duration {
        let running = match &self.role {
            Role::Unattached(unattached) => unattached.election_deadline,
            Role::Prospective(prospective) if !prospective.votes.is_lost() => Some(prospective.election_deadline),
            Role::Candidate(candidate) => Some(candidate.election_deadline),
            Role::Resigned(resigned) => Some(resigned.election_deadline),
            Role::Prospective(_) | Role::Follower(_) | Role::Leader(_) => None,
        };
        running.unwrap_or_else(|| self.election_deadline(now))
    }

    /// The leader of this or a higher epoch is known, and where it listens.
    pub(crate) fn become_follower(
        &mut self,
        now: Now,
        epoch: LeaderEpoch,
        leader_id: NodeId,
        endpoints: Endpoints,
        out: &mut Vec<Output>,
    ) {
        assert!(epoch >= self.election.epoch, "epochs only rise");
        assert_ne!(leader_id, self.options.local.id, "nobody follows itself");
        let voted = if epoch == self.election.epoch { self.election.voted } else { None };
        self.election = Election { epoch, leader_id: Some(leader_id), voted };
        self.leader_endpoints = endpoints;
        let role = self.follower_role(now);
        self.enter(role, out);
    }

    /// Asks whether an election would be won; nothing is promised yet, and the epoch stays.
    pub(crate) fn become_prospective(&mut self, now: Now, out: &mut Vec<Output>) {
        if !self.is_voter() || self.installing.is_some() {
            return;
        }
        let votes = Votes::new(self.membership.voters(), self.options.local.id);
        let won = votes.is_won();
        let election_deadline = self.election_deadline(now);
        self.enter(Role::Prospective(Prospective { votes, election_deadline }), out);
        if won {
            self.become_candidate(now, out);
        }
    }

    /// Votes for itself in the next epoch.
    pub(crate) fn become_candidate(&mut self, now: Now, out: &mut Vec<Output>) {
        let Some(epoch) = self.election.epoch.checked_add(1) else {
            out.push(Output::Alarm(Alarm::EpochsExhausted(self.election.epoch)));
            let leader_id = self.election.leader_id;
            self.become_unattached(now, self.election.epoch, leader_id, out);
            return;
        };
        self.election = Election { epoch, leader_id: None, voted: Some(self.options.local) };
        self.leader_endpoints = Endpoints::default();
        let role = self.candidate_role(now);
        self.enter(role, out);
        self.lead_if_elected(now, out);
    }

    /// A candidate with the votes of a majority leads.
    pub(crate) fn lead_if_elected(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Candidate(candidate) = &self.role else { return };
        if !candidate.votes.is_won() || self.installing.is_some() {
            return;
        }
        let granting_voters = candidate.votes.granting();
        self.become_leader(now, granting_voters, out);
    }

    fn become_leader(&mut self, now: Now, granting_voters: Vec<NodeId>, out: &mut Vec<Output>) {
        let local = self.options.local.id;
        self.election = Election { leader_id: Some(local), voted: None, ..self.election };
        self.leader_endpoints = self.options.endpoints.clone();
        let epoch_start_offset = self.log.end_offset();
        let leader = Leader::new(now, &self.options, &self.membership, self.election.epoch, epoch_start_offset);
        self.enter(Role::Leader(Box::new(leader)), out);
        let voters = self.membership.voters().ids().collect();
        let change = LeaderChange { leader_id: local, voters, granting_voters };
        let mut records = vec![ControlRecord::LeaderChange(change)];
        records.extend(self.voters_of_new_epoch());
        self.append_control(records, out);
        out.push(Output::BecameLeader { epoch: self.election.epoch, epoch_start_offset });
        self.leader_log_is_durable(out);
    }

    /// With kraft.version 1 the new leader writes the voters down if only the bootstrap checkpoint has them, or if it listens
    /// elsewhere than they say.
    fn voters_of_new_epoch(&self) -> Vec<ControlRecord> {
        let voters = self.membership.voters();
        let local = self.options.local_voter();
        let only_in_checkpoint = self.membership.voters_offset().is_none_or(|offset| offset < 0);
        if !self.membership.is_dynamic() || !(only_in_checkpoint || voters.needs_update(&local)) {
            return Vec::new();
        }
        match voters.updated(local) {
            Some(voters) => {
                vec![ControlRecord::KRaftVersion(self.membership.kraft_version()), ControlRecord::Voters(voters)]
            }
            None => Vec::new(),
        }
    }

    /// Leads no longer but keeps the epoch: the others are told, and whoever follows leads a higher one.
    pub(crate) fn become_resigned(&mut self, now: Now, preferred: Vec<ReplicaKey>, out: &mut Vec<Output>) {
        let role = self.resigned_role(now, preferred);
        self.enter(role, out);
    }

    pub(crate) fn unattached_role(&mut self, now: Now) -> Role {
        let deadline = if self.is_voter() { Some(self.election_deadline(now)) } else { None };
        Role::unattached(deadline)
    }

    pub(crate) fn candidate_role(&mut self, now: Now) -> Role {
        let votes = Votes::new(self.membership.voters(), self.options.local.id);
        Role::Candidate(Candidate { votes, election_deadline: self.election_deadline(now) })
    }

    pub(crate) fn follower_role(&self, now: Now) -> Role {
        Role::Follower(Follower {
            fetch_deadline: now.after_ms(self.options.fetch_timeout_ms),
            update_deadline: now.after_ms(self.options.update_voter_ms()),
            has_fetched: false,
            leader_is_updated: false,
            download: None,
        })
    }

    pub(crate) fn resigned_role(&mut self, now: Now, preferred: Vec<ReplicaKey>) -> Role {
        let local = self.options.local.id;
        let unacknowledged = self.membership.voters().ids().filter(|id| *id != local).collect();
        Role::Resigned(Resigned { election_deadline: self.election_deadline(now), unacknowledged, preferred })
    }
}
