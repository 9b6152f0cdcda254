//! The invariants, by name, checked while things happen.

use std::collections::BTreeMap;

use quorum::message::{LeaderHint, Request, Response};
use quorum::{Alarm, Output, QuorumState, VoterSet};
use types::{ErrorCode, LeaderEpoch, NodeId, Offset};

use crate::disk::{Batch, Disk};

/// What is known of the whole cluster.
#[derive(Default)]
pub struct Checker {
    leaders: BTreeMap<LeaderEpoch, NodeId>,
    /// Where each leader's epoch begins.
    epoch_starts: BTreeMap<LeaderEpoch, Offset>,
    votes: BTreeMap<(NodeId, LeaderEpoch), NodeId>,
    epochs: BTreeMap<NodeId, LeaderEpoch>,
    /// Everything ever committed, in order.
    committed: Vec<Batch>,
    /// Every batch ever written, by its place, with the epoch of the batch before it.
    written: BTreeMap<(Offset, LeaderEpoch), (Batch, LeaderEpoch)>,
    /// What each node, since it started, was told to be committed.
    told: BTreeMap<NodeId, Offset>,
    pub commits: u64,
}

impl Checker {
    pub fn committed_end(&self) -> Offset {
        self.committed.last().map_or(0, Batch::end_offset)
    }

    /// Was this client record ever committed?
    pub fn has_committed(&self, number: u64) -> bool {
        self.committed.iter().any(|batch| batch.data.contains(&number))
    }

    pub fn started(&mut self, node: NodeId) {
        self.told.insert(node, 0);
    }

    pub fn persisted(&mut self, node: NodeId, before: Option<&QuorumState>, state: &QuorumState) {
        let last = self.epochs.entry(node).or_insert(0);
        assert!(state.epoch >= *last, "R2 EpochMonotonic: node {node} went from epoch {last} to {}", state.epoch);
        *last = state.epoch;
        if let Some(before) = before.filter(|before| before.epoch == state.epoch) {
            let kept = before.leader_id.is_none() || before.leader_id == state.leader_id;
            assert!(kept, "R1: node {node} follows {state:?} after {before:?}");
        }
        if let Some(voted) = state.voted {
            self.voted(node, state.epoch, voted.id);
        }
    }

    fn voted(&mut self, node: NodeId, epoch: LeaderEpoch, candidate: NodeId) {
        let first = *self.votes.entry((node, epoch)).or_insert(candidate);
        assert_eq!(first, candidate, "R3 VoteOncePerEpoch: node {node} in epoch {epoch}");
    }

    /// A vote leaves the node: its promise must be on disk.
    pub fn granted(&mut self, node: NodeId, disk: &Disk, epoch: LeaderEpoch, candidate: NodeId) {
        let state = disk.state.as_ref().expect("a promise is on disk before the vote is given");
        let promised = state.voted.map(|key| key.id);
        assert_eq!((state.epoch, promised), (epoch, Some(candidate)), "R3: node {node} votes without a promise");
        self.voted(node, epoch, candidate);
    }

    pub fn became_leader(&mut self, node: NodeId, epoch: LeaderEpoch, start: Offset, disk: &Disk) {
        let leader = *self.leaders.entry(epoch).or_insert(node);
        assert_eq!(leader, node, "R1 OneLeaderPerEpoch: epoch {epoch}");
        let again = self.epoch_starts.insert(epoch, start);
        assert_eq!(again, None, "R1: node {node} leads epoch {epoch} a second time");
        let held = disk.log.get(..self.committed.len());
        assert_eq!(held, Some(&self.committed[..]), "R5 LeaderCompleteness: node {node} in epoch {epoch}");
    }

    /// A batch was appended anywhere: equal place and epoch mean equal content and equal history.
    pub fn appended(&mut self, node: NodeId, disk: &Disk) {
        let [.., before, batch] = &disk.log[..] else {
            if let [batch] = &disk.log[..] {
                self.entered(node, batch, -1);
            }
            return;
        };
        self.entered(node, batch, before.epoch);
    }

    fn entered(&mut self, node: NodeId, batch: &Batch, epoch_before: LeaderEpoch) {
        let place = (batch.base_offset, batch.epoch);
        let first = self.written.entry(place).or_insert_with(|| (batch.clone(), epoch_before));
        assert_eq!((&first.0, first.1), (batch, epoch_before), "R4 LogMatching: node {node}");
    }

    pub fn truncated(&mut self, node: NodeId, end_offset: Offset) {
        let told = self.told.get(&node).copied().unwrap_or(0);
        assert!(end_offset >= told, "R6: node {node} cuts at {end_offset}, below its high watermark {told}");
    }

    /// A node was told that everything below `high_watermark` is committed.
    pub fn committed(
        &mut self,
        node: NodeId,
        high_watermark: Offset,
        leads: Option<(LeaderEpoch, &VoterSet)>,
        disks: &BTreeMap<NodeId, Disk>,
    ) {
        self.commits += 1;
        let told = self.told.insert(node, high_watermark).unwrap_or(0);
        assert!(high_watermark >= told, "R7 HWMonotonic: node {node} went from {told} to {high_watermark}");
        let log = &disks[&node].log;
        if let Some((epoch, voters)) = leads {
            let start = self.epoch_starts[&epoch];
            assert!(high_watermark > start, "R8 NoCommitBeforeOwnEpoch: node {node}, epoch {epoch}");
            self.check_durable(high_watermark, log, voters, disks);
            let known = self.committed.len();
            let news = log.iter().skip(known).take_while(|batch| batch.end_offset() <= high_watermark);
            self.committed.extend(news.cloned());
        }
        assert!(high_watermark <= self.committed_end(), "R7: node {node} is ahead of every leader");
        let first_new = log.partition_point(|batch| batch.end_offset() <= told);
        let behind = log.partition_point(|batch| batch.end_offset() <= high_watermark);
        let same = log.get(first_new..behind) == self.committed.get(first_new..behind);
        assert!(same, "R6 CommittedNeverChanged, R12 ListenerSeesCommittedInOrder: node {node} up to {high_watermark}");
    }

    fn check_durable(&self, high_watermark: Offset, log: &[Batch], voters: &VoterSet, disks: &BTreeMap<NodeId, Disk>) {
        let count = log.partition_point(|batch| batch.end_offset() <= high_watermark);
        let last = count.checked_sub(1).and_then(|index| log.get(index));
        let holds = |id: &NodeId| {
            let disk = &disks[id];
            // By R4 the last batch stands for all before it.
            disk.synced_end >= high_watermark && count.checked_sub(1).and_then(|index| disk.log.get(index)) == last
        };
        let durable = voters.ids().filter(holds).count();
        assert!(durable > voters.len() / 2, "R7: {high_watermark} is durable at {durable} of {} voters", voters.len());
    }

    /// R9: two sets that follow each other differ by one voter.
    pub fn voters_changed(&self, before: &VoterSet, after: &VoterSet) {
        assert!(before.overlaps(after), "R9 OneVoterChangeAtATime: {before:?} to {after:?}");
    }

    /// R13 NoOutputFatalToJvm: what is sent must not stop Apache Kafka's node.
    pub fn output(&self, node: NodeId, output: &Output) {
        match output {
            Output::Respond { response: Ok(response), .. } => {
                let (error, leader) = match response {
                    Response::Vote(vote) => (vote.error, Some(&vote.leader)),
                    Response::BeginQuorumEpoch(begin) => (begin.error, Some(&begin.leader)),
                    Response::EndQuorumEpoch(end) => (end.error, Some(&end.leader)),
                    Response::Fetch(fetch) => (fetch.error, Some(&fetch.leader)),
                    Response::FetchSnapshot(fetch) => (fetch.error, Some(&fetch.leader)),
                    Response::UpdateVoter(update) => (update.error, Some(&update.leader)),
                    _ => (ErrorCode::None, None),
                };
                let is_update = matches!(response, Response::UpdateVoter(_));
                assert!(is_update || error != ErrorCode::InvalidRequest, "R13: node {node} sends {response:?}");
                leader.into_iter().for_each(|leader| self.hint(node, leader));
            }
            Output::Send { request: Request::BeginQuorumEpoch(begin), .. } => {
                assert!(!begin.endpoints.is_empty(), "R13: node {node} introduces itself without an address");
                assert_eq!(begin.leader_id, node, "R13: node {node} speaks for itself only");
            }
            Output::Alarm(Alarm::QuorumLost(_)) => {}
            Output::Alarm(alarm) => panic!("among honest nodes nothing is alarming, but at node {node}: {alarm}"),
            _ => {}
        }
    }

    fn hint(&self, node: NodeId, leader: &LeaderHint) {
        let Some(named) = leader.leader_id else { return };
        assert!(leader.address.is_some(), "R13: node {node} names leader {named} without an address");
        let known = self.leaders.get(&leader.epoch);
        assert_eq!(known, Some(&named), "R13: node {node} names another leader of epoch {}", leader.epoch);
    }
}
