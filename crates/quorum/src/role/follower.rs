//! Follower: fetches from the leader, one request at a time, and does with its log what the answers say.
//!
//! What is fetched is appended, made durable (rule 2 of `persist.rs`), and only then asked beyond. A leader may order the log
//! cut back to where both agree, or a snapshot fetched where its own log no longer reaches back. When fetches fail for the
//! fetch timeout a voter becomes prospective; an observer looks around among the bootstrap servers.

use std::time::Duration;

use machine::Now;
use types::{ErrorCode, NodeId, Offset};

use crate::batches::Batches;
use crate::checkpoint::SnapshotId;
use crate::endpoints::Destination;
use crate::io::{Alarm, Output};
use crate::leadership::{Answer, News};
use crate::log_view::{EpochEnd, SnapshotFacts};
use crate::message::{
    AddVoterRequest, BeginQuorumEpochRequest, BeginQuorumEpochResponse, FetchResponse, FetchSnapshotRequest,
    FetchSnapshotResponse, FetchedRecords, RemoveVoterRequest, Request, Response, SnapshotBytes, UpdateVoterRequest,
    UpdateVoterResponse,
};
use crate::quorum::Quorum;
use crate::role::Role;
use crate::voters::VoterSet;

/// What a follower keeps.
#[derive(Debug)]
pub(crate) struct Follower {
    /// When a voter takes the leader for lost.
    pub(crate) fetch_deadline: Duration,
    /// When it next compares the voter set with what it is.
    pub(crate) update_deadline: Duration,
    /// Has it ever fetched successfully from this leader? From then on it grants no pre-votes.
    pub(crate) has_fetched: bool,
    /// With kraft.version 0: does the leader know this replica's listeners and versions?
    pub(crate) leader_is_updated: bool,
    /// The snapshot that is being downloaded instead of fetching.
    pub(crate) download: Option<Download>,
}

/// A snapshot on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Download {
    pub(crate) id: SnapshotId,
    /// How much has arrived.
    pub(crate) position: i64,
}

impl Quorum {
    pub(crate) fn poll_follower(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Follower(follower) = &self.role else { return };
        if self.shutting_down {
            return;
        }
        let is_voter = self.is_voter();
        if is_voter && follower.fetch_deadline <= now.monotonic && self.installing.is_none() {
            self.become_prospective(now, out);
            return;
        }
        if follower.update_deadline <= now.monotonic {
            self.poll_membership(now, is_voter, out);
        }
        self.fetch_from_leader(now, out);
    }

    /// Once in a while: does the voter set describe this replica as it is, or should it be in there at all?
    fn poll_membership(&mut self, now: Now, is_voter: bool, out: &mut Vec<Output>) {
        let Role::Follower(follower) = &self.role else { return };
        let (dynamic, told) = (self.membership.is_dynamic(), follower.leader_is_updated);
        let voters = self.membership.voters();
        let local = self.options.local_voter();
        let request = if is_voter {
            let needed = if dynamic { voters.needs_update(&local) } else { !told };
            needed.then(|| self.update_request())
        } else if dynamic && self.options.auto_join && self.options.can_become_voter {
            Some(self.join_request())
        } else {
            None
        };
        let done = match (request, self.leader_destination()) {
            (Some(request), Some(leader)) => self.send(now, leader, |_| request, out),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let next = now.after_ms(self.options.update_voter_ms());
        if let Role::Follower(follower) = &mut self.role
            && done
        {
            follower.update_deadline = next;
        }
    }

    fn update_request(&self) -> Request {
        Request::UpdateVoter(UpdateVoterRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            epoch: self.election.epoch,
            voter: self.options.local,
            endpoints: self.options.endpoints.clone(),
            kraft_version: self.options.kraft_version,
        })
    }

    /// Becomes a voter, after its own earlier directory is one no longer.
    fn join_request(&self) -> Request {
        let cluster_id = Some(self.options.cluster_id.clone());
        match self.membership.voters().get(self.options.local.id) {
            Some(earlier) => Request::RemoveVoter(RemoveVoterRequest { cluster_id, voter: earlier.key }),
            None => Request::AddVoter(AddVoterRequest {
                cluster_id,
                voter: self.options.local,
                endpoints: self.options.endpoints.clone(),
                ack_when_committed: false,
                timeout_ms: self.options.request_timeout_ms.clamp(0, i64::from(i32::MAX)) as i32,
            }),
        }
    }

    fn leader_destination(&self) -> Option<Destination> {
        let leader_id = self.election.leader_id?;
        self.leader_endpoints.of(&self.options.listener).map(|endpoint| Destination::at(leader_id, endpoint))
    }

    /// Fetches from the leader; when it does not answer, somebody else may know why.
    fn fetch_from_leader(&mut self, now: Now, out: &mut Vec<Output>) {
        let Some(leader) = self.leader_destination() else { return };
        if self.connections.has_timed_out(leader.id, now.monotonic) {
            self.connections.reset(leader.id);
            self.fetch_from_bootstrap(now, out);
        } else if self.connections.is_backing_off(leader.id, now.monotonic) {
            self.fetch_from_bootstrap(now, out);
        } else if self.may_fetch() && !self.connections.any_on_the_way(now.monotonic) {
            let download = match &self.role {
                Role::Follower(follower) => follower.download,
                _ => None,
            };
            match download {
                Some(download) => self.send(now, leader, |quorum| quorum.fetch_snapshot_request(download), out),
                None => self.send(now, leader, Quorum::fetch_request, out),
            };
        }
    }

    fn fetch_snapshot_request(&self, download: Download) -> Request {
        Request::FetchSnapshot(FetchSnapshotRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            replica: self.options.local,
            epoch: self.election.epoch,
            id: download.id,
            position: download.position,
            max_bytes: self.options.fetch_snapshot_max_bytes,
        })
    }

    /// The leader was reached: its time starts anew.
    fn leader_is_well(&mut self, now: Now) {
        let deadline = now.after_ms(self.options.fetch_timeout_ms);
        if let Role::Follower(follower) = &mut self.role {
            follower.fetch_deadline = deadline;
            follower.has_fetched = true;
        }
    }

    pub(crate) fn on_fetch_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: FetchResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => return learned,
            Answer::Concerns if answer.error.is_none() && matches!(self.role, Role::Follower(_)) => {}
            Answer::Concerns => return self.unexpected(from, answer.error, out),
        }
        let progress = if let Some(end) = answer.diverging {
            self.cut_back(end, out)
        } else if let Some(id) = answer.snapshot {
            self.begin_download(id, out)
        } else {
            self.take_records(answer.records, answer.high_watermark, out)
        };
        if progress {
            self.leader_is_well(now);
        }
        progress
    }

    /// Cuts the log back to where it may agree with the leader's; never below what is committed.
    fn cut_back(&mut self, end: EpochEnd, out: &mut Vec<Output>) -> bool {
        let end_offset = self.log.truncation_for(end);
        let high_watermark = self.committed.unwrap_or(0);
        if end.end_offset < 0 || end_offset < high_watermark {
            out.push(Output::Alarm(Alarm::TruncationBelowHighWatermark { end_offset, high_watermark }));
            return false;
        }
        if end_offset >= self.log.end_offset() {
            out.push(Output::Alarm(Alarm::FruitlessDivergence));
            return false;
        }
        self.log.truncate(end_offset);
        self.membership.truncate(end_offset);
        self.sync_requested = None;
        out.push(Output::Truncate { end_offset });
        true
    }

    /// Appends what was fetched and learns what is committed.
    fn take_records(&mut self, records: FetchedRecords, high_watermark: Option<Offset>, out: &mut Vec<Output>) -> bool {
        if let FetchedRecords::Received(batches) = records
            && let Some(end_offset) = batches.end_offset()
        {
            if !batches.continue_log(self.log.end_offset(), self.log.last_epoch(), self.election.epoch) {
                out.push(Output::Alarm(Alarm::InvalidRecords { end_offset: self.log.end_offset() }));
                return false;
            }
            self.append_fetched(batches, end_offset, out);
        }
        if let Some(high_watermark) = high_watermark {
            self.commit(high_watermark.min(self.log.end_offset()), out);
        }
        true
    }

    fn append_fetched(&mut self, batches: Batches, end_offset: Offset, out: &mut Vec<Output>) {
        for batch in &batches.batches {
            self.log.append(batch.epoch, batch.last_offset + 1);
            for (offset, record) in (batch.base_offset..=batch.last_offset).zip(&batch.control) {
                self.membership.record(offset, record);
            }
        }
        assert_eq!(self.log.end_offset(), end_offset, "all batches were appended");
        out.push(Output::Append(batches));
    }

    /// The leader's log does not reach back so far: its snapshot is fetched, if it is of use.
    fn begin_download(&mut self, id: SnapshotId, out: &mut Vec<Output>) -> bool {
        let committed = self.committed.unwrap_or(0);
        let fits = id.end_offset > 0 && id.epoch >= 0 && id.epoch <= self.election.epoch;
        if !fits || id.end_offset < committed || !self.log.is_behind(id) {
            out.push(Output::Alarm(Alarm::InvalidSnapshot(id)));
            return false;
        }
        if let Role::Follower(follower) = &mut self.role {
            follower.download = Some(Download { id, position: 0 });
            out.push(Output::BeginSnapshot(id));
        }
        true
    }

    pub(crate) fn on_fetch_snapshot_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: FetchSnapshotResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => return learned,
            Answer::Concerns => {}
        }
        let Role::Follower(follower) = &mut self.role else { return true };
        let Some(download) = follower.download else { return true };
        let SnapshotBytes::Received(bytes) = answer.bytes else {
            return self.abandon_download(now, from, answer.error, out);
        };
        let after = download.position.saturating_add(bytes.len() as i64);
        let fits = answer.error.is_none()
            && answer.id == Some(download.id)
            && answer.position == download.position
            && after <= answer.size
            && !bytes.is_empty();
        if !fits {
            return self.abandon_download(now, from, answer.error, out);
        }
        out.push(Output::AppendSnapshot { id: download.id, position: download.position, bytes });
        if after == answer.size {
            follower.download = None;
            self.installing = Some(download.id);
            out.push(Output::InstallSnapshot(download.id));
        } else {
            follower.download = Some(Download { position: after, ..download });
        }
        self.leader_is_well(now);
        true
    }

    /// The leader has the snapshot no longer, or sends nonsense: the next fetch says what to do instead.
    fn abandon_download(&mut self, now: Now, from: NodeId, error: ErrorCode, out: &mut Vec<Output>) -> bool {
        if let Role::Follower(follower) = &mut self.role
            && let Some(download) = follower.download.take()
        {
            out.push(Output::AbandonSnapshot(download.id));
        }
        if error == ErrorCode::SnapshotNotFound {
            self.leader_is_well(now);
            return true;
        }
        self.unexpected(from, error, out)
    }

    pub(crate) fn on_snapshot_installed(
        &mut self,
        now: Now,
        snapshot: SnapshotFacts,
        kraft_version: i16,
        voters: Option<VoterSet>,
        out: &mut Vec<Output>,
    ) {
        assert_eq!(self.installing, Some(snapshot.id), "only the snapshot that was downloaded is installed");
        self.installing = None;
        self.log.replaced_by(snapshot);
        self.membership.replaced_by(snapshot.id.end_offset - 1, kraft_version, voters);
        self.sync_requested = None;
        self.commit(snapshot.id.end_offset, out);
        self.leader_is_well(now);
    }

    pub(crate) fn on_snapshot_rejected(&mut self, now: Now, id: SnapshotId, out: &mut Vec<Output>) {
        if self.installing == Some(id) {
            self.installing = None;
            out.push(Output::Alarm(Alarm::InvalidSnapshot(id)));
            if let Some(leader_id) = self.election.leader_id {
                self.connections.back_off(leader_id, now.monotonic);
            }
        }
    }

    pub(crate) fn on_update_answer(
        &mut self,
        now: Now,
        from: NodeId,
        answer: &UpdateVoterResponse,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.consider_answer(now, from, answer.error, &answer.leader, out) {
            Answer::Done(learned) => return learned,
            Answer::Concerns => {}
        }
        match answer.error {
            ErrorCode::None | ErrorCode::UnsupportedVersion => {
                self.leader_is_well(now);
                self.leader_needs_no_update()
            }
            // Another change is under way, or the epoch is too young: the next period tries again.
            ErrorCode::RequestTimedOut => true,
            error => self.unexpected(from, error, out),
        }
    }

    pub(crate) fn leader_needs_no_update(&mut self) -> bool {
        if let Role::Follower(follower) = &mut self.role {
            follower.leader_is_updated = true;
        }
        true
    }

    /// An answer to the wish to join, or to remove the earlier directory. The next period sees what became of it.
    pub(crate) fn on_join_answer(&self, from: NodeId, error: ErrorCode, out: &mut Vec<Output>) -> bool {
        match error {
            ErrorCode::None | ErrorCode::RequestTimedOut | ErrorCode::DuplicateVoter | ErrorCode::VoterNotFound => true,
            ErrorCode::NotLeaderOrFollower | ErrorCode::BrokerNotAvailable => false,
            error => self.unexpected(from, error, out),
        }
    }

    /// A leader introduces itself. It is followed even if it takes this replica for another.
    pub(crate) fn on_begin_epoch(
        &mut self,
        now: Now,
        listener: &str,
        request: BeginQuorumEpochRequest,
        out: &mut Vec<Output>,
    ) -> Result<Response, ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Err(ErrorCode::InconsistentClusterId);
        }
        let answer = |quorum: &Quorum, error| {
            Ok(Response::BeginQuorumEpoch(BeginQuorumEpochResponse { error, leader: quorum.leader_hint(listener) }))
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
        if self.hear_of_leader(now, request.leader_id, leader_id, request.epoch, endpoints, out) == News::Contradiction
        {
            return Err(ErrorCode::InvalidRequest);
        }
        let error = if self.is_meant(&request.voter) { ErrorCode::None } else { ErrorCode::InvalidVoterKey };
        answer(self, error)
    }
}
