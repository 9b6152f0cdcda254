//! `GroupState`: the states of a classic group and which may follow which.

use std::fmt;

/// The state of a classic group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// No members; perhaps offsets.
    Empty,
    /// Members are joining: heartbeats say so, joins wait.
    PreparingRebalance,
    /// All have joined: syncs wait for the leader's assignment.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
    /// There is no such group: said in answers, never held.
    Dead,
}

impl GroupState {
    /// The name that Kafka's answers and tools use.
    pub const fn name(self) -> &'static str {
        match self {
            GroupState::Empty => "Empty",
            GroupState::PreparingRebalance => "PreparingRebalance",
            GroupState::CompletingRebalance => "CompletingRebalance",
            GroupState::Stable => "Stable",
            GroupState::Dead => "Dead",
        }
    }

    /// May a rebalance begin here? In PreparingRebalance one is under way.
    pub(crate) fn can_rebalance(self) -> bool {
        matches!(self, GroupState::Empty | GroupState::CompletingRebalance | GroupState::Stable)
    }

    /// May `next` follow?
    pub(crate) fn precedes(self, next: GroupState) -> bool {
        match next {
            GroupState::Empty | GroupState::CompletingRebalance => self == GroupState::PreparingRebalance,
            GroupState::PreparingRebalance => self.can_rebalance(),
            GroupState::Stable => self == GroupState::CompletingRebalance,
            GroupState::Dead => true,
        }
    }
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
