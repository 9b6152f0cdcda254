//! The six roles of a replica: what each keeps in memory, when its timers end, and whose vote it grants.

mod candidate;
mod follower;
mod leader;
mod prospective;
mod resigned;
mod unattached;

pub(crate) use candidate::Candidate;
pub(crate) use follower::Follower;
pub(crate) use leader::Leader;
pub(crate) use prospective::Prospective;
pub(crate) use resigned::Resigned;
pub(crate) use unattached::Unattached;

use std::fmt;
use std::time::Duration;

use crate::quorum::Election;
use crate::replica::ReplicaKey;

/// The name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleName {
    /// No leader is known, or none that can be reached; an observer looks for one, a voter also waits for its turn.
    Unattached,
    /// Asks whether it would be elected.
    Prospective,
    /// Stands for election.
    Candidate,
    /// Leads.
    Leader,
    /// Follows.
    Follower,
    /// Led this epoch and leads it no longer.
    Resigned,
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A role with what it keeps.
#[derive(Debug)]
pub(crate) enum Role {
    Unattached(Unattached),
    Prospective(Prospective),
    Candidate(Candidate),
    Leader(Box<Leader>),
    Follower(Follower),
    Resigned(Resigned),
}

impl Role {
    pub(crate) fn unattached(election_deadline: Option<Duration>) -> Role {
        Role::Unattached(Unattached { election_deadline })
    }

    pub(crate) fn name(&self) -> RoleName {
        match self {
            Role::Unattached(_) => RoleName::Unattached,
            Role::Prospective(_) => RoleName::Prospective,
            Role::Candidate(_) => RoleName::Candidate,
            Role::Leader(_) => RoleName::Leader,
            Role::Follower(_) => RoleName::Follower,
            Role::Resigned(_) => RoleName::Resigned,
        }
    }

    /// The moments at which a timer of the role ends.
    pub(crate) fn timers(&self, is_voter: bool) -> Vec<Duration> {
        match self {
            Role::Unattached(unattached) => unattached.election_deadline.filter(|_| is_voter).into_iter().collect(),
            Role::Prospective(prospective) => vec![prospective.election_deadline],
            Role::Candidate(candidate) => vec![candidate.election_deadline],
            Role::Leader(leader) => leader.timers(),
            Role::Follower(follower) if is_voter => vec![follower.fetch_deadline, follower.update_deadline],
            Role::Follower(follower) => vec![follower.update_deadline],
            Role::Resigned(resigned) => vec![resigned.election_deadline],
        }
    }

    /// Is a vote granted to a candidate whose log is, or is not, as far as the own one?
    ///
    /// A pre-vote costs nothing and is granted by whoever has no working leader. A vote is granted once in an epoch, and
    /// never in an epoch whose leader is known.
    pub(crate) fn grants(&self, election: &Election, candidate: &ReplicaKey, up_to_date: bool, pre_vote: bool) -> bool {
        match self {
            Role::Unattached(_) | Role::Prospective(_) if pre_vote => up_to_date,
            Role::Unattached(_) | Role::Prospective(_) => match (election.voted, election.leader_id) {
                (Some(voted), _) => voted.means(candidate),
                (None, Some(_)) => false,
                (None, None) => up_to_date,
            },
            Role::Candidate(_) | Role::Resigned(_) => pre_vote && up_to_date,
            Role::Follower(follower) => pre_vote && up_to_date && !follower.has_fetched,
            Role::Leader(_) => false,
        }
    }
}
