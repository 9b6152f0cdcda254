//! `Quorum`: one replica of the metadata quorum.
//!
//! ```text
//!            timeout                majority of pre-votes          majority of votes
//! Unattached ───────▶ Prospective ───────────────────▶ Candidate ─────────────────▶ Leader
//!   ▲  ▲ ▲              │    ▲                            │  ▲ (epoch + 1)             │ majority silent,
//!   │  │ └──────────────┘    └────────────────────────────┘  │                         │ told to, shut down
//!   │  │   lost, no leader known       timeout               │                         ▼
//!   │  └──────────────────────────────────────────────── Resigned ◀────────────────────┘
//!   │ a higher epoch, leader unknown       (epoch + 1)
//!   └── any role ──▶ Follower: a leader of this or a higher epoch is known; on a fetch timeout ──▶ Prospective
//! ```
//!
//! Every step handles its input and then polls the role: timers that are due, requests that can be sent. Transitions are in
//! `transition.rs`, what all roles do with news of a leader in `leadership.rs`, what must be durable when in `persist.rs`.

use std::time::Duration;

use machine::{Machine, Now};
use types::{ErrorCode, LeaderEpoch, NodeId, Offset};

use crate::checkpoint::SnapshotId;
use crate::connections::{Asked, Connections};
use crate::endpoints::{Destination, Endpoints};
use crate::io::{Alarm, Input, Output};
use crate::log_view::{LogFacts, LogView};
use crate::membership::Membership;
use crate::message::{Request, Response};
use crate::options::QuorumOptions;
use crate::random::Random;
use crate::replica::ReplicaKey;
use crate::role::{Role, RoleName};
use crate::state::QuorumState;
use crate::voters::VoterSet;

/// More transitions than this follow from one step only when something is wrong; the rest waits for the next tick.
const MAX_TRANSITIONS_PER_STEP: usize = 16;

/// What a replica promised: exactly what `quorum-state` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Election {
    pub(crate) epoch: LeaderEpoch,
    pub(crate) leader_id: Option<NodeId>,
    pub(crate) voted: Option<ReplicaKey>,
}

/// A replica of the metadata quorum: voter or observer.
#[derive(Debug)]
pub struct Quorum {
    pub(crate) options: QuorumOptions,
    pub(crate) election: Election,
    /// Where the leader of the epoch listens; empty while that is not known.
    pub(crate) leader_endpoints: Endpoints,
    pub(crate) role: Role,
    pub(crate) log: LogView,
    pub(crate) membership: Membership,
    pub(crate) connections: Connections,
    pub(crate) random: Random,
    /// What was said to be committed; never goes back while the process lives.
    pub(crate) committed: Option<Offset>,
    /// A downloaded snapshot is taking the place of the log: no fetch, no candidacy until that is over.
    pub(crate) installing: Option<SnapshotId>,
    pub(crate) persisted: Option<QuorumState>,
    pub(crate) sync_requested: Option<(Offset, LeaderEpoch)>,
    pub(crate) shutting_down: bool,
    /// Counts transitions, so that a poll sees that it caused one.
    pub(crate) transitions: u64,
    announced: (LeaderEpoch, Option<NodeId>),
    polled_at: Duration,
    unsettled: bool,
}

impl Quorum {
    /// Begins where the disk says the replica was: `stored` is the content of `quorum-state`, if there is one.
    ///
    /// A replica that led its epoch starts as resigned and never leads that epoch again: records it had written may be lost,
    /// and no two records may have the same offset and epoch. A sole voter leads when this returns, one epoch higher.
    pub fn start(
        options: QuorumOptions,
        stored: Option<QuorumState>,
        log: &LogFacts,
        now: Now,
        out: &mut Vec<Output>,
    ) -> Quorum {
        assert!(
            options.local.id >= 0 && options.local.directory_id.is_some(),
            "a replica knows its id and its directory"
        );
        let view = LogView::new(log);
        let found = stored.clone().unwrap_or_default();
        let mut election = Election { epoch: found.epoch, leader_id: found.leader_id, voted: found.voted };
        if election.epoch < view.last_epoch() {
            // The log is ahead of the file: whatever was promised was promised in an older epoch.
            election = Election { epoch: view.last_epoch(), leader_id: None, voted: None };
        }
        let mut quorum = Quorum {
            election,
            leader_endpoints: Endpoints::default(),
            role: Role::unattached(None),
            membership: Membership::new(options.static_voters.clone(), log),
            connections: Connections::new(options.request_timeout_ms, options.retry_backoff_ms),
            random: Random::new(options.seed ^ ((options.local.id as u64) << 32)),
            committed: view.latest_snapshot().map(|id| id.end_offset),
            log: view,
            installing: None,
            persisted: stored,
            sync_requested: None,
            shutting_down: false,
            transitions: 0,
            announced: (types::NO_EPOCH, None),
            polled_at: now.monotonic,
            unsettled: false,
            options,
        };
        quorum.resume(now, out);
        quorum.poll(now, out);
        quorum
    }

    /// Takes up the role that the stored promises call for.
    fn resume(&mut self, now: Now, out: &mut Vec<Output>) {
        let Election { leader_id, voted, .. } = self.election;
        let local = self.options.local;
        if leader_id == Some(local.id) {
            self.leader_endpoints = self.options.endpoints.clone();
            self.role = self.resigned_role(now, Vec::new());
        } else if voted.is_some_and(|voted| voted.means(&local)) && leader_id.is_none() && self.is_voter() {
            self.role = self.candidate_role(now);
        } else if let Some(leader_id) = leader_id {
            let endpoints = self.membership.voters().endpoints(leader_id);
            if endpoints.of(&self.options.listener).is_some() {
                self.leader_endpoints = endpoints;
                self.role = self.follower_role(now);
            } else {
                self.role = self.unattached_role(now);
            }
        } else {
            self.role = self.unattached_role(now);
        }
        self.persist(out);
        if self.membership.voters().is_only(&local) {
            match self.role.name() {
                RoleName::Candidate => self.lead_if_elected(now, out),
                _ => self.become_prospective(now, out),
            }
        }
    }

    /// Handles what is due in the role of now, until nothing changes any more.
    fn poll(&mut self, now: Now, out: &mut Vec<Output>) {
        self.unsettled = true;
        for _ in 0..MAX_TRANSITIONS_PER_STEP {
            let before = self.transitions;
            match self.role.name() {
                RoleName::Unattached => self.poll_unattached(now, out),
                RoleName::Prospective => self.poll_prospective(now, out),
                RoleName::Candidate => self.poll_candidate(now, out),
                RoleName::Leader => self.poll_leader(now, out),
                RoleName::Follower => self.poll_follower(now, out),
                RoleName::Resigned => self.poll_resigned(now, out),
            }
            if self.transitions == before {
                self.unsettled = false;
                break;
            }
        }
        self.polled_at = now.monotonic;
        self.request_sync(out);
        let news = (self.election.epoch, self.election.leader_id);
        if news != self.announced {
            self.announced = news;
            out.push(Output::LeaderChanged { epoch: news.0, leader_id: news.1 });
        }
    }

    fn handle_response(
        &mut self,
        now: Now,
        from: NodeId,
        correlation: u64,
        reply: Result<Response, ErrorCode>,
        out: &mut Vec<Output>,
    ) {
        let Some(asked) = self.connections.answered(from, correlation) else { return };
        let progress = match (asked, reply) {
            (Asked::PreVote | Asked::Vote, Ok(Response::Vote(answer))) => self.on_vote_answer(now, from, &answer, out),
            (Asked::BeginQuorumEpoch, Ok(Response::BeginQuorumEpoch(answer))) => {
                self.on_begin_answer(now, from, &answer, out)
            }
            (Asked::EndQuorumEpoch, Ok(Response::EndQuorumEpoch(answer))) => {
                self.on_end_answer(now, from, &answer, out)
            }
            (Asked::Fetch, Ok(Response::Fetch(answer))) => self.on_fetch_answer(now, from, answer, out),
            (Asked::FetchSnapshot, Ok(Response::FetchSnapshot(answer))) => {
                self.on_fetch_snapshot_answer(now, from, answer, out)
            }
            (Asked::AddVoter, Ok(Response::AddVoter(answer))) => self.on_join_answer(from, answer.error, out),
            (Asked::RemoveVoter, Ok(Response::RemoveVoter(answer))) => self.on_join_answer(from, answer.error, out),
            (Asked::UpdateVoter, Ok(Response::UpdateVoter(answer))) => self.on_update_answer(now, from, &answer, out),
            (Asked::UpdateVoter, Err(ErrorCode::UnsupportedVersion)) => self.leader_needs_no_update(),
            (Asked::ApiVersions, Ok(Response::ApiVersions(answer))) => {
                self.on_api_versions(now, from, Ok(answer.kraft_version), out)
            }
            (Asked::ApiVersions, Err(error)) => self.on_api_versions(now, from, Err(error), out),
            (Asked::PreVote, Err(ErrorCode::UnsupportedVersion)) => self.campaign_without_pre_vote(now, out),
            (_, Err(ErrorCode::BrokerNotAvailable)) => false,
            (_, Err(error)) => self.unexpected(from, error, out),
            (_, Ok(_)) => self.unexpected(from, ErrorCode::CorruptMessage, out),
        };
        if !progress {
            self.connections.back_off(from, now.monotonic);
        }
    }

    fn handle_request(
        &mut self,
        now: Now,
        ticket: machine::Ticket,
        listener: types::Str,
        request: Request,
        out: &mut Vec<Output>,
    ) {
        let response = match request {
            Request::Vote(request) => self.on_vote(now, &listener, &request, out),
            Request::BeginQuorumEpoch(request) => self.on_begin_epoch(now, &listener, request, out),
            Request::EndQuorumEpoch(request) => self.on_end_epoch(now, &listener, request, out),
            Request::Fetch(request) => return self.on_fetch(now, ticket, listener, request, out),
            Request::FetchSnapshot(request) => self.on_fetch_snapshot(now, &listener, &request),
            Request::DescribeQuorum => Ok(Response::DescribeQuorum(self.describe(now))),
            Request::AddVoter(request) => return self.on_add_voter(now, ticket, request, out),
            Request::RemoveVoter(request) => return self.on_remove_voter(now, ticket, &request, out),
            Request::UpdateVoter(request) => return self.on_update_voter(now, ticket, listener, request, out),
            Request::ApiVersions => Err(ErrorCode::InvalidRequest),
        };
        out.push(Output::Respond { ticket, response });
    }

    /// An answer that no rule foresees: the peer is left alone for a moment.
    pub(crate) fn unexpected(&self, from: NodeId, error: ErrorCode, out: &mut Vec<Output>) -> bool {
        out.push(Output::Alarm(Alarm::UnexpectedAnswer { from, error }));
        false
    }

    /// Sends a request if the peer is ready for one.
    pub(crate) fn send(
        &mut self,
        now: Now,
        to: Destination,
        request: impl FnOnce(&Quorum) -> Request,
        out: &mut Vec<Output>,
    ) -> bool {
        if !self.connections.is_ready(to.id, now.monotonic) {
            return false;
        }
        let request = request(&*self);
        let Some(asked) = request.asked() else { return false };
        let correlation = self.connections.sent(to.id, asked, now.monotonic);
        out.push(Output::Send { correlation, to, request });
        true
    }

    /// A moment between one and two election timeouts ahead.
    pub(crate) fn election_deadline(&mut self, now: Now) -> Duration {
        let timeout = self.options.election_timeout_ms.max(0);
        now.after_ms(timeout + self.random.below(timeout as u64) as i64)
    }

    pub(crate) fn is_voter(&self) -> bool {
        self.membership.voters().contains(&self.options.local)
    }

    /// The address of a voter on the listener that requests go to.
    pub(crate) fn voter_destination(&self, id: NodeId) -> Option<Destination> {
        self.membership.voters().destination(id, &self.options.listener)
    }

    /// Does the request come from this cluster, or does it not say?
    pub(crate) fn is_this_cluster(&self, cluster_id: &Option<types::Str>) -> bool {
        cluster_id.as_ref().is_none_or(|id| *id == self.options.cluster_id)
    }
}

/// What the driver may ask at any time.
impl Quorum {
    /// The epoch the replica is in.
    pub fn epoch(&self) -> LeaderEpoch {
        self.election.epoch
    }

    /// The leader of the epoch, as far as it is known.
    pub fn leader_id(&self) -> Option<NodeId> {
        self.election.leader_id
    }

    /// Where the leader listens; empty while that is not known.
    pub fn leader_endpoints(&self) -> &Endpoints {
        &self.leader_endpoints
    }

    /// The role.
    pub fn role(&self) -> RoleName {
        self.role.name()
    }

    /// The epoch in which the driver may append records: `None` unless this replica leads and goes on leading.
    pub fn append_epoch(&self) -> Option<LeaderEpoch> {
        match &self.role {
            Role::Leader(leader) if !leader.resigning && !self.shutting_down => Some(self.election.epoch),
            _ => None,
        }
    }

    /// Everything below is committed.
    pub fn high_watermark(&self) -> Option<Offset> {
        self.committed
    }

    /// The end of the log, as the machine and the driver both see it.
    pub fn log_end_offset(&self) -> Offset {
        self.log.end_offset()
    }

    /// The voters of now.
    pub fn voters(&self) -> &VoterSet {
        self.membership.voters()
    }

    /// The level of kraft.version of now.
    pub fn kraft_version(&self) -> i16 {
        self.membership.kraft_version()
    }

    /// After `Input::Shutdown`: nothing is gained by waiting longer.
    pub fn may_stop(&self) -> bool {
        let remote_leader = self.election.leader_id.is_some_and(|id| id != self.options.local.id);
        self.shutting_down && (!self.is_voter() || self.membership.voters().len() == 1 || remote_leader)
    }
}

impl Machine for Quorum {
    type Input = Input;
    type Output = Output;

    fn step(&mut self, now: Now, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Tick => {}
            Input::Request { ticket, listener, request } => self.handle_request(now, ticket, listener, request, out),
            Input::Response { from, correlation, reply } => self.handle_response(now, from, correlation, reply, out),
            Input::Appended { epoch, end_offset } => self.on_appended(epoch, end_offset, out),
            Input::LogSynced { end_offset, epoch } => self.on_log_synced(end_offset, epoch, out),
            Input::SnapshotStored(snapshot) => self.log.snapshot_stored(snapshot),
            Input::LogStartAdvanced { start_offset } => {
                self.log.start_advanced(start_offset);
                self.membership.start_advanced(self.log.start_offset());
            }
            Input::SnapshotInstalled { snapshot, kraft_version, voters } => {
                self.on_snapshot_installed(now, snapshot, kraft_version, voters, out);
            }
            Input::SnapshotRejected { id } => self.on_snapshot_rejected(now, id, out),
            Input::UpgradeKRaftVersion { ticket, level, validate_only } => {
                let response = self.upgrade_kraft_version(level, validate_only, out);
                out.push(Output::Respond { ticket, response });
            }
            Input::Resign { epoch } => self.on_resign(epoch),
            Input::Shutdown => self.shutting_down = true,
        }
        self.poll(now, out);
    }

    /// The next moment at which a timer ends. What was due at the last step and could not be done waits for an input.
    fn deadline(&self) -> Option<Duration> {
        if self.unsettled {
            return Some(self.polled_at);
        }
        let timers = self.role.timers(self.is_voter()).into_iter().chain(self.connections.moments());
        timers.filter(|moment| *moment > self.polled_at).min()
    }
}
