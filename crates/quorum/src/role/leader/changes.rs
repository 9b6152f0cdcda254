//! Voters that come, go and move (KIP-853), and the upgrade to kraft.version 1 that makes it possible.
//!
//! One change at a time, and none before the leader has committed a record of its own epoch and the change before: so any two
//! voter sets that can be in force together differ by one voter. A change is in force when it is in the log, and done when it
//! is committed. A leader that is removed leads on, uncounted, until the record that removes it is committed.

use std::time::Duration;

use machine::{Now, Ticket};
use types::{ErrorCode, NodeId, Offset, Str};

use crate::control::ControlRecord;
use crate::endpoints::{Destination, Endpoints};
use crate::io::Output;
use crate::message::{
    AddVoterRequest, AddVoterResponse, RemoveVoterRequest, RemoveVoterResponse, Request, Response, UpdateVoterRequest,
    UpdateVoterResponse,
};
use crate::options::CAUGHT_UP_WITHIN_MS;
use crate::quorum::Quorum;
use crate::replica::ReplicaKey;
use crate::role::Role;
use crate::voters::{VersionRange, Voter, VoterSet};

/// A change that is not committed yet.
#[derive(Debug)]
pub(crate) struct PendingChange {
    kind: ChangeKind,
    /// Who waits for the answer; nobody once it is given.
    ticket: Option<Ticket>,
    pub(crate) deadline: Duration,
    /// Where the Voters record stands, once it is written.
    offset: Option<Offset>,
}

#[derive(Clone, Debug)]
enum ChangeKind {
    Add { voter: ReplicaKey, endpoints: Endpoints, ack_when_committed: bool },
    Remove,
    Update { voter: ReplicaKey, endpoints: Endpoints, kraft_version: VersionRange, listener: Str },
}

impl ChangeKind {
    fn voter(&self) -> Option<ReplicaKey> {
        match self {
            ChangeKind::Add { voter, .. } | ChangeKind::Update { voter, .. } => Some(*voter),
            ChangeKind::Remove => None,
        }
    }
}

/// Why a change cannot be begun or completed.
type Refusal = (ErrorCode, &'static str);

const PENDING: Refusal = (ErrorCode::RequestTimedOut, "another voter change is under way");
const TOO_YOUNG: Refusal = (ErrorCode::RequestTimedOut, "the leader has not yet committed a record of its epoch");
const STATIC: Refusal = (ErrorCode::UnsupportedVersion, "voters cannot change with kraft.version 0");
const UNCOMMITTED: Refusal = (ErrorCode::RequestTimedOut, "the voter change before this one is not yet committed");
const NO_VOTER: Refusal = (ErrorCode::InvalidRequest, "a node id and a directory id are needed");
const NO_LISTENER: Refusal = (ErrorCode::InvalidRequest, "the controllers' listener is missing among the endpoints");
const DUPLICATE: Refusal = (ErrorCode::DuplicateVoter, "the node is a voter already");
const UNKNOWN: Refusal = (ErrorCode::VoterNotFound, "the replica is no voter, or the last one");
const UNREACHABLE: Refusal = (ErrorCode::RequestTimedOut, "the replica could not be asked for its versions");
const BAD_VERSIONS: Refusal = (ErrorCode::InvalidRequest, "the replica does not speak the kraft.version in use");
const LAGGING: Refusal = (ErrorCode::RequestTimedOut, "the replica has not caught up with the leader");
const OTHER_CLUSTER: Refusal = (ErrorCode::InconsistentClusterId, "the request is meant for another cluster");

impl Quorum {
    pub(crate) fn on_add_voter(&mut self, now: Now, ticket: Ticket, request: AddVoterRequest, out: &mut Vec<Output>) {
        self.expire_change(now, out);
        let refused = |error, message| respond_add(ticket, error, message);
        let begun = self.check_sender(&request.cluster_id).and_then(|()| {
            check_voter_key(&request.voter)?;
            let endpoint = request.endpoints.of(&self.options.listener).ok_or(NO_LISTENER)?;
            self.check_change()?;
            match self.membership.voters().get(request.voter.id) {
                Some(_) => Err(DUPLICATE),
                None => Ok(Destination::at(request.voter.id, endpoint)),
            }
        });
        let to = match begun {
            Ok(to) => to,
            Err((error, message)) => return out.push(refused(error, Some(message))),
        };
        if !self.send(now, to, |_| Request::ApiVersions, out) {
            return out.push(refused(UNREACHABLE.0, Some(UNREACHABLE.1)));
        }
        let AddVoterRequest { voter, endpoints, ack_when_committed, .. } = request;
        self.begin_change(now, ticket, ChangeKind::Add { voter, endpoints, ack_when_committed });
    }

    pub(crate) fn on_remove_voter(
        &mut self,
        now: Now,
        ticket: Ticket,
        request: &RemoveVoterRequest,
        out: &mut Vec<Output>,
    ) {
        self.expire_change(now, out);
        let remaining = self.check_sender(&request.cluster_id).and_then(|()| {
            check_voter_key(&request.voter)?;
            self.check_change()?;
            self.membership.voters().without(&request.voter).ok_or(UNKNOWN)
        });
        match remaining {
            Ok(voters) => {
                self.begin_change(now, ticket, ChangeKind::Remove);
                self.write_voters(voters, out);
            }
            Err((error, message)) => out.push(respond_remove(ticket, error, Some(message))),
        }
    }

    pub(crate) fn on_update_voter(
        &mut self,
        now: Now,
        ticket: Ticket,
        listener: Str,
        request: UpdateVoterRequest,
        out: &mut Vec<Output>,
    ) {
        self.expire_change(now, out);
        let refusal = match self.check_update(&request) {
            Ok(to) => {
                let sent = self.send(now, to, |_| Request::ApiVersions, out);
                if sent { None } else { Some(UNREACHABLE.0) }
            }
            Err(error) => Some(error),
        };
        if let Some(error) = refusal {
            let response = UpdateVoterResponse { error, leader: self.leader_hint(&listener) };
            return out.push(Output::Respond { ticket, response: Ok(Response::UpdateVoter(response)) });
        }
        let UpdateVoterRequest { voter, endpoints, kraft_version, .. } = request;
        self.begin_change(now, ticket, ChangeKind::Update { voter, endpoints, kraft_version, listener });
    }

    /// What must be true of an update before the voter is asked whether it is reachable where it says.
    fn check_update(&self, request: &UpdateVoterRequest) -> Result<Destination, ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Err(ErrorCode::InconsistentClusterId);
        }
        if let Some(error) = self.leader_refusal(request.epoch) {
            return Err(error);
        }
        check_voter_key(&request.voter).map_err(|(error, _)| error)?;
        if !request.kraft_version.is_valid() {
            return Err(ErrorCode::InvalidRequest);
        }
        self.check_no_change().map_err(|(error, _)| error)?;
        let endpoint = request.endpoints.of(&self.options.listener).ok_or(ErrorCode::InvalidRequest)?;
        Ok(Destination::at(request.voter.id, endpoint))
    }

    fn check_sender(&self, cluster_id: &Option<Str>) -> Result<(), Refusal> {
        if !self.is_this_cluster(cluster_id) {
            return Err(OTHER_CLUSTER);
        }
        match self.leader_refusal(self.election.epoch) {
            Some(error) => Err((error, "this node does not lead the metadata quorum")),
            None => Ok(()),
        }
    }

    /// No change is under way, and the leader has committed a record of its epoch. Returns its high watermark.
    fn check_no_change(&self) -> Result<Offset, Refusal> {
        let Role::Leader(leader) = &self.role else { return Err(TOO_YOUNG) };
        if leader.change.is_some() {
            return Err(PENDING);
        }
        leader.high_watermark.ok_or(TOO_YOUNG)
    }

    /// Voters can change, and the change before is committed.
    fn check_change(&self) -> Result<(), Refusal> {
        let high_watermark = self.check_no_change()?;
        if !self.membership.is_dynamic() {
            return Err(STATIC);
        }
        match self.membership.voters_offset() {
            Some(offset) if offset < high_watermark => Ok(()),
            _ => Err(UNCOMMITTED),
        }
    }

    fn begin_change(&mut self, now: Now, ticket: Ticket, kind: ChangeKind) {
        let deadline = now.after_ms(self.options.request_timeout_ms);
        if let Role::Leader(leader) = &mut self.role {
            leader.change = Some(PendingChange { kind, ticket: Some(ticket), deadline, offset: None });
        }
    }

    /// The new voters are in force; the change that is under way is done when they are committed.
    fn write_voters(&mut self, voters: VoterSet, out: &mut Vec<Output>) {
        assert!(self.membership.voters().overlaps(&voters), "voters change one at a time");
        let offset = self.log.end_offset();
        if let Role::Leader(leader) = &mut self.role
            && let Some(change) = &mut leader.change
        {
            change.offset = Some(offset);
        }
        self.append_control(vec![ControlRecord::Voters(voters)], out);
    }

    /// The replica that is to be added or updated said which versions it speaks, or could not be asked.
    pub(crate) fn on_api_versions(
        &mut self,
        now: Now,
        from: NodeId,
        said: Result<Option<VersionRange>, ErrorCode>,
        out: &mut Vec<Output>,
    ) -> bool {
        let Role::Leader(leader) = &self.role else { return true };
        let Some(change) = &leader.change else { return true };
        if change.offset.is_some() || change.kind.voter().is_none_or(|voter| voter.id != from) {
            return true;
        }
        let Ok(range) = said else {
            self.finish_change(UNREACHABLE.0, Some(UNREACHABLE.1), out);
            return false;
        };
        match change.kind.clone() {
            ChangeKind::Add { voter, endpoints, ack_when_committed } => {
                match self.check_addition(now, voter, endpoints, range) {
                    Ok(voters) => {
                        self.write_voters(voters, out);
                        if !ack_when_committed {
                            self.acknowledge_change(out);
                        }
                    }
                    Err((error, message)) => self.finish_change(error, Some(message), out),
                }
            }
            ChangeKind::Update { voter, endpoints, kraft_version, .. } if range == Some(kraft_version) => {
                self.apply_update(now, Voter { key: voter, endpoints, kraft_version }, out);
            }
            ChangeKind::Update { .. } => self.finish_change(BAD_VERSIONS.0, Some(BAD_VERSIONS.1), out),
            ChangeKind::Remove => {}
        }
        true
    }

    fn check_addition(
        &self,
        now: Now,
        key: ReplicaKey,
        endpoints: Endpoints,
        range: Option<VersionRange>,
    ) -> Result<VoterSet, Refusal> {
        let Role::Leader(leader) = &self.role else { return Err(TOO_YOUNG) };
        let in_use = self.membership.kraft_version();
        let kraft_version = range.filter(|range| range.contains(in_use)).ok_or(BAD_VERSIONS)?;
        let caught_up = leader
            .observers
            .get(&key)
            .is_some_and(|progress| progress.was_caught_up() && progress.fetched_within(CAUGHT_UP_WITHIN_MS, now));
        if !caught_up {
            return Err(LAGGING);
        }
        self.membership.voters().with(Voter { key, endpoints, kraft_version }).ok_or(DUPLICATE)
    }

    /// With kraft.version 1 the voter's new description goes into the log; with 0 the leader remembers it for the upgrade.
    fn apply_update(&mut self, now: Now, voter: Voter, out: &mut Vec<Output>) {
        let check_quorum_ms = self.options.check_quorum_ms();
        let in_use = self.membership.kraft_version();
        let Role::Leader(leader) = &mut self.role else { return };
        if !voter.kraft_version.contains(in_use) {
            return self.finish_change(BAD_VERSIONS.0, Some(BAD_VERSIONS.1), out);
        }
        let key = voter.key;
        if in_use == 0 {
            let Some(described) = &leader.described_voters else {
                return self.finish_change(UNCOMMITTED.0, Some(UNCOMMITTED.1), out);
            };
            let Some(updated) = described.replaced(voter) else {
                return self.finish_change(UNKNOWN.0, Some(UNKNOWN.1), out);
            };
            leader.described_voters = Some(updated);
            leader.count_for_quorum(&key, now, check_quorum_ms);
            return self.finish_change(ErrorCode::None, None, out);
        }
        let committed = leader.high_watermark.unwrap_or(0);
        if self.membership.voters_offset().is_none_or(|offset| offset >= committed) {
            return self.finish_change(UNCOMMITTED.0, Some(UNCOMMITTED.1), out);
        }
        let Some(voters) = self.membership.voters().updated(voter) else {
            return self.finish_change(UNKNOWN.0, Some(UNKNOWN.1), out);
        };
        leader.count_for_quorum(&key, now, check_quorum_ms);
        self.write_voters(voters, out);
        // The voter fetches only after its answer, and its fetch may be what commits the change.
        self.acknowledge_change(out);
    }

    /// Gives the good answer while the change stays under way.
    fn acknowledge_change(&mut self, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(change) = &mut leader.change else { return };
        if let Some(ticket) = change.ticket.take() {
            let kind = change.kind.clone();
            out.push(self.change_response(&kind, ticket, ErrorCode::None, None));
        }
    }

    fn finish_change(&mut self, error: ErrorCode, message: Option<&'static str>, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &mut self.role else { return };
        if let Some(change) = leader.change.take() {
            self.answer_change(change, error, message, out);
        }
    }

    pub(crate) fn answer_change(
        &self,
        change: PendingChange,
        error: ErrorCode,
        message: Option<&'static str>,
        out: &mut Vec<Output>,
    ) {
        if let Some(ticket) = change.ticket {
            out.push(self.change_response(&change.kind, ticket, error, message));
        }
    }

    fn change_response(
        &self,
        kind: &ChangeKind,
        ticket: Ticket,
        error: ErrorCode,
        message: Option<&'static str>,
    ) -> Output {
        match kind {
            ChangeKind::Add { .. } => respond_add(ticket, error, message),
            ChangeKind::Remove => respond_remove(ticket, error, message),
            ChangeKind::Update { listener, .. } => {
                let response = UpdateVoterResponse { error, leader: self.leader_hint(listener) };
                Output::Respond { ticket, response: Ok(Response::UpdateVoter(response)) }
            }
        }
    }

    /// The change that is under way has taken too long. Its record, if written, may still be committed.
    pub(crate) fn expire_change(&mut self, now: Now, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &self.role else { return };
        if leader.change.as_ref().is_some_and(|change| change.deadline <= now.monotonic) {
            self.finish_change(ErrorCode::RequestTimedOut, Some("the change was not committed in time"), out);
        }
    }

    /// The high watermark moved: a change may be done, and the leader may be a voter no longer.
    pub(crate) fn change_may_be_committed(&mut self, high_watermark: Offset, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &self.role else { return };
        let offset = leader.change.as_ref().and_then(|change| change.offset);
        if offset.is_some_and(|offset| offset < high_watermark) {
            self.finish_change(ErrorCode::None, None, out);
        }
        let voters_committed = self.membership.voters_offset().is_none_or(|offset| offset < high_watermark);
        let removed = voters_committed && !self.is_voter();
        if let Role::Leader(leader) = &mut self.role {
            leader.resigning |= removed;
        }
    }

    /// Raises kraft.version from 0 to 1: from then on the voters, as they described themselves, stand in the log.
    pub(crate) fn upgrade_kraft_version(
        &mut self,
        level: i16,
        validate_only: bool,
        out: &mut Vec<Output>,
    ) -> Result<Response, ErrorCode> {
        if let Some(error) = self.leader_refusal(self.election.epoch) {
            return Err(error);
        }
        let Role::Leader(leader) = &mut self.role else { return Err(ErrorCode::NotLeaderOrFollower) };
        let in_use = self.membership.kraft_version();
        if level == in_use {
            return Ok(Response::KRaftVersionUpgraded);
        }
        let described = leader.described_voters.as_ref().filter(|_| level == 1 && in_use == 0);
        let ready = described.filter(|voters| {
            voters.supports(level)
                && voters.iter().all(|voter| voter.key.directory_id.is_some())
                && voters.ids().eq(self.membership.voters().ids())
        });
        let Some(voters) = ready.cloned() else { return Err(ErrorCode::InvalidUpdateVersion) };
        if !validate_only {
            leader.described_voters = None;
            self.append_control(vec![ControlRecord::KRaftVersion(level), ControlRecord::Voters(voters)], out);
        }
        Ok(Response::KRaftVersionUpgraded)
    }
}

fn check_voter_key(voter: &ReplicaKey) -> Result<(), Refusal> {
    if voter.id < 0 || voter.directory_id.is_none() { Err(NO_VOTER) } else { Ok(()) }
}

fn respond_add(ticket: Ticket, error: ErrorCode, message: Option<&'static str>) -> Output {
    let response = AddVoterResponse { error, message: message.map(Str::from_static) };
    Output::Respond { ticket, response: Ok(Response::AddVoter(response)) }
}

fn respond_remove(ticket: Ticket, error: ErrorCode, message: Option<&'static str>) -> Output {
    let response = RemoveVoterResponse { error, message: message.map(Str::from_static) };
    Output::Respond { ticket, response: Ok(Response::RemoveVoter(response)) }
}
