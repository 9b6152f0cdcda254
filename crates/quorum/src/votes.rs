//! One election as seen by who wants to be elected: which voters granted, which refused, who has yet to be asked.

use std::collections::{BTreeMap, BTreeSet};

use types::NodeId;

use crate::replica::ReplicaKey;
use crate::voters::VoterSet;

/// The votes of one round, recorded once per voter.
#[derive(Clone, Debug)]
pub(crate) struct Votes {
    voters: BTreeMap<NodeId, ReplicaKey>,
    granted: BTreeSet<NodeId>,
    rejected: BTreeSet<NodeId>,
}

impl Votes {
    /// A round in which `local` has voted for itself.
    pub(crate) fn new(voters: &VoterSet, local: NodeId) -> Votes {
        let voters: BTreeMap<NodeId, ReplicaKey> = voters.iter().map(|voter| (voter.key.id, voter.key)).collect();
        let granted = voters.keys().copied().filter(|&id| id == local).collect();
        Votes { voters, granted, rejected: BTreeSet::new() }
    }

    /// Records what a voter said; what a node says that is no voter, or that has spoken already, does not count.
    pub(crate) fn record(&mut self, id: NodeId, granted: bool) {
        if !self.voters.contains_key(&id) || self.granted.contains(&id) || self.rejected.contains(&id) {
            return;
        }
        if granted {
            self.granted.insert(id);
        } else {
            self.rejected.insert(id);
        }
    }

    fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    /// Has a majority granted?
    pub(crate) fn is_won(&self) -> bool {
        self.granted.len() >= self.majority()
    }

    /// Can no majority come together any more?
    pub(crate) fn is_lost(&self) -> bool {
        self.voters.len() - self.rejected.len() < self.majority()
    }

    /// Voters that have not spoken yet.
    pub(crate) fn unrecorded(&self) -> Vec<ReplicaKey> {
        let silent = |id: &NodeId| !self.granted.contains(id) && !self.rejected.contains(id);
        self.voters.iter().filter(|(id, _)| silent(id)).map(|(_, key)| *key).collect()
    }

    /// Voters that granted, in the order of their ids.
    pub(crate) fn granting(&self) -> Vec<NodeId> {
        self.granted.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(voters: &str) -> Votes {
        Votes::new(&VoterSet::parse(voters, "C").expect("valid"), 1)
    }

    #[test]
    fn sole_voter_has_won_at_once() {
        assert!(round("1@a:1").is_won());
    }

    #[test]
    fn majority_wins_and_a_vote_counts_once() {
        let mut votes = round("1@a:1,2@a:1,3@a:1,4@a:1");
        votes.record(2, true);
        votes.record(2, true);
        votes.record(9, true);
        assert!(!votes.is_won());
        votes.record(3, true);
        assert!(votes.is_won());
    }

    #[test]
    fn election_is_lost_when_no_majority_is_left() {
        let mut votes = round("1@a:1,2@a:1,3@a:1");
        votes.record(2, false);
        assert!(!votes.is_lost());
        assert_eq!(votes.unrecorded(), [ReplicaKey::without_directory(3)]);
        votes.record(3, false);
        assert!(votes.is_lost());
    }

    #[test]
    fn without_voters_nothing_is_won() {
        assert!(!Votes::new(&VoterSet::default(), 1).is_won());
    }
}
