//! The leader's view of a partition.

use std::time::Duration;

use types::{LeaderEpoch, NodeId, Offset};

/// What the leader knows of another replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The node that holds the replica.
    pub node: NodeId,
    /// Everything before this offset is in its log.
    pub log_end: Offset,
    /// The last moment at which it had everything.
    pub caught_up: Duration,
    /// The session of the node whose fetches count (KIP-903).
    pub broker_epoch: i64,
}

/// The facts that a leader is made of, from the metadata log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderView {
    /// This node.
    pub node: NodeId,
    /// The epoch in which it leads.
    pub epoch: LeaderEpoch,
    /// Every node that holds a replica.
    pub replicas: Vec<NodeId>,
    /// Those that are in sync.
    pub in_sync: Vec<NodeId>,
    /// Changes with every change of the partition's record.
    pub partition_epoch: i32,
}

/// A partition that this node leads.
#[derive(Clone, Debug)]
pub struct Leader {
    view: LeaderView,
    start: Offset,
    local_end: Offset,
    high_watermark: Offset,
    min_in_sync: usize,
    followers: Vec<Follower>,
}

impl Leader {
    /// Begins to lead with a log that ends at `log_end`; the high watermark is whatever it was.
    pub fn new(view: LeaderView, log_end: Offset, high_watermark: Offset, min_in_sync: usize, now: Duration) -> Leader {
        let others = view.replicas.iter().filter(|&&node| node != view.node);
        let followers = others
            .map(|&node| Follower { node, log_end: types::NO_OFFSET, caught_up: now, broker_epoch: -1 })
            .collect();
        let mut leader = Leader {
            start: log_end,
            local_end: log_end,
            high_watermark: high_watermark.min(log_end),
            min_in_sync,
            followers,
            view,
        };
        leader.advance();
        leader
    }

    /// The epoch in which it leads.
    pub fn epoch(&self) -> LeaderEpoch {
        self.view.epoch
    }

    /// Those in sync.
    pub fn in_sync(&self) -> &[NodeId] {
        &self.view.in_sync
    }

    /// The view it was made of, as it stands now.
    pub fn view(&self) -> &LeaderView {
        &self.view
    }

    /// Everything before it is committed.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Until the high watermark reaches the log end at which this leader began, it does not know what is committed, and
    /// must not answer for the latest offset (KIP-207).
    pub fn knows_high_watermark(&self) -> bool {
        self.high_watermark >= self.start
    }

    /// Are enough replicas in sync for `acks=all`?
    pub fn has_enough_in_sync(&self) -> bool {
        self.view.in_sync.len() >= self.required_in_sync()
    }

    /// `min.insync.replicas`, but never more than there are replicas: a partition with one replica needs one.
    pub fn required_in_sync(&self) -> usize {
        self.min_in_sync.min(self.view.replicas.len())
    }

    /// Where the log ended when this leader began.
    pub fn start(&self) -> Offset {
        self.start
    }

    /// `min.insync.replicas` has changed. Says the high watermark when it moves.
    pub fn set_min_in_sync(&mut self, min_in_sync: usize) -> Option<Offset> {
        self.min_in_sync = min_in_sync;
        self.advance()
    }

    /// The metadata log says something new of the same epoch.
    pub fn update(&mut self, view: LeaderView, now: Duration) -> Option<Offset> {
        self.followers.retain(|follower| view.replicas.contains(&follower.node));
        for &node in view.replicas.iter().filter(|&&node| node != view.node) {
            if !self.followers.iter().any(|follower| follower.node == node) {
                self.followers.push(Follower { node, log_end: types::NO_OFFSET, caught_up: now, broker_epoch: -1 });
            }
        }
        self.view = view;
        self.advance()
    }

    /// The own log counts up to here. Says the high watermark when it moves.
    pub fn local_end(&mut self, offset: Offset) -> Option<Offset> {
        self.local_end = self.local_end.max(offset);
        self.advance()
    }

    /// A follower fetches from `offset`: it has everything before. Fetches of an older session of the node do not count.
    pub fn fetched(&mut self, node: NodeId, broker_epoch: i64, offset: Offset, now: Duration) -> Option<Offset> {
        let local_end = self.local_end;
        let follower = self.followers.iter_mut().find(|follower| follower.node == node)?;
        if broker_epoch < follower.broker_epoch {
            return None;
        }
        follower.broker_epoch = broker_epoch;
        follower.log_end = offset;
        if offset >= local_end {
            follower.caught_up = now;
        }
        self.advance()
    }

    fn advance(&mut self) -> Option<Offset> {
        if !self.has_enough_in_sync() {
            return None;
        }
        let end_of = |node: &NodeId| {
            if *node == self.view.node {
                return self.local_end;
            }
            self.followers.iter().find(|follower| follower.node == *node).map_or(types::NO_OFFSET, |f| f.log_end)
        };
        let committed = self.view.in_sync.iter().map(end_of).min()?;
        if committed <= self.high_watermark {
            return None;
        }
        self.high_watermark = committed;
        Some(committed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leader(in_sync: &[NodeId], min_in_sync: usize) -> Leader {
        let view =
            LeaderView { node: 1, epoch: 4, replicas: vec![1, 2, 3], in_sync: in_sync.to_vec(), partition_epoch: 0 };
        Leader::new(view, 10, 5, min_in_sync, Duration::ZERO)
    }

    #[test]
    fn alone_in_sync_its_own_end_is_committed() {
        let mut leader = leader(&[1], 1);
        assert_eq!(leader.high_watermark(), 10);
        assert_eq!(leader.local_end(12), Some(12));
        assert_eq!(leader.local_end(11), None, "it never goes back");
    }

    #[test]
    fn committed_is_what_every_in_sync_replica_has() {
        let mut leader = leader(&[1, 2], 1);
        assert_eq!(leader.high_watermark(), 5);
        assert!(!leader.knows_high_watermark());
        leader.local_end(20);
        assert_eq!(leader.fetched(2, 1, 15, Duration::ZERO), Some(15));
        assert_eq!(leader.fetched(3, 1, 20, Duration::ZERO), None, "not in sync, does not count");
        assert!(leader.knows_high_watermark());
    }

    #[test]
    fn too_few_in_sync_commit_nothing() {
        let mut leader = leader(&[1], 2);
        assert_eq!(leader.local_end(30), None);
        assert_eq!(leader.set_min_in_sync(1), Some(30));
    }

    #[test]
    fn no_more_replicas_are_required_than_there_are() {
        let view = LeaderView { node: 1, epoch: 4, replicas: vec![1], in_sync: vec![1], partition_epoch: 0 };
        let mut leader = Leader::new(view, 10, 5, 2, Duration::ZERO);
        assert!(leader.has_enough_in_sync());
        assert_eq!(leader.local_end(12), Some(12));
    }

    #[test]
    fn a_former_session_of_a_node_does_not_count() {
        let mut leader = leader(&[1, 2], 1);
        leader.local_end(20);
        leader.fetched(2, 7, 12, Duration::ZERO);
        assert_eq!(leader.fetched(2, 6, 20, Duration::ZERO), None);
    }
}
