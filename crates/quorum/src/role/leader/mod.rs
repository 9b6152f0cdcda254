//! Leader: writes the first record of its epoch, serves fetches, and knows from them what a majority has.
//!
//! The high watermark is the largest offset that a majority of the voters has durably, and is told only when it lies above
//! the epoch's first record: until then an older record of a majority may still be replaced. The leader counts itself as far
//! as its log is durable, and not at all once it is removed from the voters. It resigns when a majority of the voters has not
//! fetched for one and a half fetch timeouts, since then another may lead.

mod changes;
mod describe;
mod fetch;
mod progress;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use machine::Now;
use types::{ErrorCode, LeaderEpoch, NodeId, Offset};

use self::changes::PendingChange;
use self::fetch::WaitingFetch;
use self::progress::Progress;
use crate::control::ControlRecord;
use crate::io::{Alarm, Output};
use crate::leadership::Answer;
use crate::membership::Membership;
use crate::message::{BeginQuorumEpochRequest, BeginQuorumEpochResponse, Request};
use crate::options::{MAX_OBSERVERS, OBSERVER_SESSION_MS, QuorumOptions};
use crate::quorum::Quorum;
use crate::replica::ReplicaKey;
use crate::role::Role;
use crate::voters::VoterSet;

/// What a leader keeps.
#[derive(Debug)]
pub(crate) struct Leader {
    local: ReplicaKey,
    epoch: LeaderEpoch,
    epoch_start_offset: Offset,
    high_watermark: Option<Offset>,
    /// How far the own log is durable.
    durable_offset: Offset,
    /// The voters; of the leader itself only the key counts.
    voters: BTreeMap<NodeId, Progress>,
    observers: BTreeMap<ReplicaKey, Progress>,
    /// Voters that fetched since the quorum was last seen complete.
    fetched: BTreeSet<NodeId>,
    check_quorum_deadline: Duration,
    begin_deadline: Duration,
    waiting: Vec<WaitingFetch>,
    change: Option<PendingChange>,
    /// With kraft.version 0: the voters as they described themselves, for the upgrade to 1.
    described_voters: Option<VoterSet>,
    /// Resigns at the next opportunity.
    pub(crate) resigning: bool,
}

impl Leader {
    pub(crate) fn new(
        now: Now,
        options: &QuorumOptions,
        membership: &Membership,
        epoch: LeaderEpoch,
        epoch_start_offset: Offset,
    ) -> Leader {
        let voters = membership.voters();
        let described = if membership.is_dynamic() { None } else { voters.replaced(options.local_voter()) };
        Leader {
            local: options.local,
            epoch,
            epoch_start_offset,
            high_watermark: None,
            durable_offset: 0,
            voters: voters.iter().map(|voter| (voter.key.id, Progress::new(voter.key))).collect(),
            observers: BTreeMap::new(),
            fetched: BTreeSet::new(),
            check_quorum_deadline: now.after_ms(options.check_quorum_ms()),
            begin_deadline: now.monotonic,
            waiting: Vec::new(),
            change: None,
            described_voters: described,
            resigning: false,
        }
    }

    /// The moments at which a timer ends. A sole voter without observers has none.
    pub(crate) fn timers(&self) -> Vec<Duration> {
        let mut timers: Vec<Duration> = self.waiting.iter().map(|fetch| fetch.deadline).collect();
        timers.extend(self.change.as_ref().map(|change| change.deadline));
        if self.voters.len() > 1 {
            timers.push(self.check_quorum_deadline);
        }
        if self.voters.keys().any(|id| *id != self.local.id) {
            timers.push(self.begin_deadline);
        }
        timers
    }

    fn has_lost_quorum(&self, now: Now) -> bool {
        self.voters.len() > 1 && self.check_quorum_deadline <= now.monotonic
    }

    fn is_local_voter(&self) -> bool {
        self.voters.get(&self.local.id).is_some_and(|progress| progress.key.means(&self.local))
    }

    /// The other voters by descending end of their logs: whom to elect next.
    fn successors(&self) -> Vec<ReplicaKey> {
        let mut others: Vec<&Progress> =
            self.voters.values().filter(|progress| progress.key.id != self.local.id).collect();
        others.sort_by_key(|progress| (std::cmp::Reverse(progress.end_offset), progress.key));
        others.iter().map(|progress| progress.key).collect()
    }

    /// What a majority of the voters has durably; `None` while a majority has not been heard of.
    fn majority_offset(&self) -> Option<Offset> {
        let mut ends: Vec<Option<Offset>> = self
            .voters
            .values()
            .map(
                |progress| {
                    if progress.key.means(&self.local) { Some(self.durable_offset) } else { progress.end_offset }
                },
            )
            .collect();
        ends.sort_unstable_by(|left, right| right.cmp(left));
        ends.get(ends.len() / 2).copied().flatten()
    }

    /// A fetch or a piece of a snapshot was asked for by `replica`: is the quorum complete again?
    fn count_for_quorum(&mut self, replica: &ReplicaKey, now: Now, check_quorum_ms: i64) {
        let is_other = replica.id != self.local.id;
        if is_other && self.voters.get(&replica.id).is_some_and(|progress| progress.key.means(replica)) {
            self.fetched.insert(replica.id);
        }
        let majority = self.voters.len() / 2 + 1;
        let others_needed = if self.is_local_voter() { majority - 1 } else { majority };
        if self.fetched.len() >= others_needed {
            self.fetched.clear();
            self.check_quorum_deadline = now.after_ms(check_quorum_ms);
        }
    }

    /// The voters changed: whoever is one now is counted, whoever was one is observed.
    fn adopt(&mut self, voters: &VoterSet) {
        let mut before = std::mem::take(&mut self.voters);
        for voter in voters.iter() {
            let id = voter.key.id;
            let same = before.get(&id).is_some_and(|progress| progress.key.means(&voter.key));
            let known = if same { before.remove(&id) } else { self.observers.remove(&voter.key) };
            let mut progress = known.unwrap_or_else(|| Progress::new(voter.key));
            progress.key = voter.key;
            self.voters.insert(id, progress);
        }
        let gone = before.into_values().filter(|progress| progress.key.id != self.local.id);
        self.observers.extend(gone.map(|progress| (progress.key, progress)));
        let voters = &self.voters;
        self.fetched.retain(|id| voters.contains_key(id));
    }

    /// The progress of whoever fetches, voter or not. The number of observers is limited.
    fn progress_of(&mut self, replica: &ReplicaKey, now: Now) -> &mut Progress {
        let is_voter = self.voters.get(&replica.id).is_some_and(|progress| progress.key.means(replica));
        if !is_voter && !self.observers.contains_key(replica) && self.observers.len() >= MAX_OBSERVERS {
            self.forget_silent_observers(now);
            if self.observers.len() >= MAX_OBSERVERS {
                let longest =
                    self.observers.values().min_by_key(|progress| progress.last_fetch).map(|silent| silent.key);
                if let Some(key) = longest {
                    self.observers.remove(&key);
                }
            }
        }
        match self.voters.get_mut(&replica.id) {
            Some(progress) if is_voter => progress,
            _ => self.observers.entry(*replica).or_insert_with(|| Progress::new(*replica)),
        }
    }

    fn forget_silent_observers(&mut self, now: Now) {
        self.observers.retain(|_, progress| progress.fetched_within(OBSERVER_SESSION_MS, now));
    }
}

impl Quorum {
    pub(crate) fn poll_leader(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &self.role else { return };
        let lost = leader.has_lost_quorum(now);
        if lost || leader.resigning || self.shutting_down {
            let successors = leader.successors();
            if lost {
                out.push(Output::Alarm(Alarm::QuorumLost(self.election.epoch)));
            }
            self.become_resigned(now, successors, out);
            return;
        }
        self.expire_change(now, out);
        self.answer_waiting(|fetch| fetch.deadline <= now.monotonic, out);
        self.introduce(now, out);
    }

    /// Tells voters that have not fetched lately who leads.
    fn introduce(&mut self, now: Now, out: &mut Vec<Output>) {
        let period_ms = self.options.begin_quorum_ms();
        let Role::Leader(leader) = &mut self.role else { return };
        if leader.begin_deadline > now.monotonic {
            return;
        }
        leader.begin_deadline = now.after_ms(period_ms.max(1));
        let others = leader.voters.values().filter(|progress| progress.key.id != leader.local.id);
        let silent: Vec<ReplicaKey> =
            others.filter(|progress| !progress.fetched_within(period_ms, now)).map(|progress| progress.key).collect();
        for voter in silent {
            if let Some(to) = self.voter_destination(voter.id) {
                self.send(now, to, |quorum| quorum.begin_epoch_request(voter), out);
            }
        }
    }

    fn begin_epoch_request(&self, voter: ReplicaKey) -> Request {
        Request::BeginQuorumEpoch(BeginQuorumEpochRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            voter: Some(voter),
            leader_id: self.options.local.id,
            epoch: self.election.epoch,
            endpoints: self.options.endpoints.clone(),
        })
    }

    pub(crate) fn on_begin_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: &BeginQuorumEpochResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => learned,
            Answer::Concerns if answer.error.is_none() => true,
            Answer::Concerns => self.unexpected(from, answer.error, out),
        }
    }

    /// Why a request that only the leader of `epoch` can serve is refused.
    pub(crate) fn leader_refusal(&self, epoch: LeaderEpoch) -> Option<ErrorCode> {
        if epoch < self.election.epoch {
            Some(ErrorCode::FencedLeaderEpoch)
        } else if epoch > self.election.epoch {
            Some(ErrorCode::UnknownLeaderEpoch)
        } else if !matches!(self.role, Role::Leader(_)) {
            Some(ErrorCode::NotLeaderOrFollower)
        } else if self.shutting_down {
            Some(ErrorCode::BrokerNotAvailable)
        } else {
            None
        }
    }

    /// Appends a control batch; voters in it count from now on. Returns the offset of its last record.
    pub(crate) fn append_control(&mut self, records: Vec<ControlRecord>, out: &mut Vec<Output>) -> Offset {
        let base_offset = self.log.end_offset();
        let epoch = self.election.epoch;
        let end_offset = base_offset + records.len() as Offset;
        let mut voters_changed = false;
        for (offset, record) in (base_offset..end_offset).zip(&records) {
            voters_changed |= self.membership.record(offset, record);
        }
        self.log.append(epoch, end_offset);
        out.push(Output::AppendControl { base_offset, epoch, records });
        if let Role::Leader(leader) = &mut self.role
            && voters_changed
        {
            leader.adopt(self.membership.voters());
            self.update_high_watermark(out);
        }
        self.answer_waiting(|fetch| fetch.request.fetch_offset < end_offset, out);
        end_offset - 1
    }

    /// The driver appended records of its own.
    pub(crate) fn on_appended(&mut self, epoch: LeaderEpoch, end_offset: Offset, out: &mut Vec<Output>) {
        assert!(
            matches!(self.role, Role::Leader(_)) && epoch == self.election.epoch,
            "records are appended by the leader of the epoch only"
        );
        self.log.append(epoch, end_offset);
        self.answer_waiting(|fetch| fetch.request.fetch_offset < end_offset, out);
    }

    /// The own log counts as far as it is durable.
    pub(crate) fn leader_log_is_durable(&mut self, out: &mut Vec<Output>) {
        if let Role::Leader(leader) = &mut self.role {
            leader.durable_offset = self.log.synced_end_offset();
            self.update_high_watermark(out);
        }
    }

    /// Tells what a majority has, once that includes the first record of the epoch.
    fn update_high_watermark(&mut self, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(offset) = leader.majority_offset() else { return };
        let is_news = leader.high_watermark.is_none_or(|known| offset > known);
        if offset <= leader.epoch_start_offset || !is_news {
            return;
        }
        leader.high_watermark = Some(offset);
        self.commit(offset, out);
        self.change_may_be_committed(offset, out);
        self.answer_waiting(|_| true, out);
    }

    pub(crate) fn on_resign(&mut self, epoch: LeaderEpoch) {
        if let Role::Leader(leader) = &mut self.role
            && leader.epoch == epoch
        {
            leader.resigning = true;
        }
    }

    /// The role is another already: whoever waits for an answer of the leader gets one.
    pub(crate) fn leave_leadership(&mut self, leader: Leader, out: &mut Vec<Output>) {
        out.push(Output::LostLeadership { epoch: leader.epoch });
        for fetch in leader.waiting {
            self.refuse_fetch(fetch, ErrorCode::NotLeaderOrFollower, out);
        }
        if let Some(change) = leader.change {
            self.answer_change(change, ErrorCode::NotLeaderOrFollower, None, out);
        }
    }
}
