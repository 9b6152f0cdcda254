//! Golden scripts: one replica, inputs in, a transcript of its outputs out.
//!
//! Each output is one short line, so that a test reads like a log. Answers are sent to the request that the replica last sent
//! to a node. Time is virtual.
#![allow(dead_code, reason = "every test binary uses its own part")]

use std::collections::BTreeMap;

use machine::{Machine, Now};
use quorum::message::{
    Address, BeginQuorumEpochRequest, FetchRequest, FetchResponse, FetchedRecords, LeaderHint, Request, Response,
    VoteRequest, VoteResponse,
};
use quorum::{
    BatchFacts, Batches, ControlRecord, Endpoints, Input, LogFacts, Output, Quorum, QuorumOptions, QuorumState,
    ReplicaKey, VoterSet,
};
use types::{ErrorCode, LeaderEpoch, NodeId, Offset, Str, Uuid};

pub const LISTENER: &str = "CONTROLLER";
pub const CLUSTER: &str = "cluster";

/// The only directory of a node.
pub fn key(id: NodeId) -> ReplicaKey {
    ReplicaKey::new(id, Uuid::from_random([id as u8; 16]))
}

pub fn endpoints(id: NodeId) -> Endpoints {
    Endpoints::single(LISTENER, "host", 9_000 + id as u16)
}

/// Node 1 of a cluster with the voters given.
pub fn options(voters: &[NodeId]) -> QuorumOptions {
    let setting: Vec<String> = voters.iter().map(|id| format!("{id}@host:{}", 9_000 + id)).collect();
    let mut options = QuorumOptions::new(CLUSTER, key(1), LISTENER, endpoints(1));
    options.static_voters = VoterSet::parse(&setting.join(","), LISTENER).expect("valid");
    options
}

/// What a peer says of the leadership.
pub fn hint(epoch: LeaderEpoch, leader_id: Option<NodeId>) -> LeaderHint {
    let address = leader_id.map(|id| Address { host: Str::from("host"), port: 9_000 + id as u16 });
    LeaderHint { epoch, leader_id, address }
}

/// A replica and its transcript.
pub struct Script {
    pub quorum: Quorum,
    pub now_ms: u64,
    pub stored: Option<QuorumState>,
    asked: BTreeMap<NodeId, u64>,
    ticket: u64,
    lines: Vec<String>,
}

impl Script {
    pub fn start(options: QuorumOptions, stored: Option<QuorumState>, log: &LogFacts) -> Script {
        let mut out = Vec::new();
        let quorum = Quorum::start(options, stored.clone(), log, Now::at_ms(0), &mut out);
        let mut script = Script { quorum, now_ms: 0, stored, asked: BTreeMap::new(), ticket: 0, lines: Vec::new() };
        script.note(out);
        script
    }

    pub fn fresh(voters: &[NodeId]) -> Script {
        Script::start(options(voters), None, &LogFacts::default())
    }

    /// What happened since the last call.
    pub fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    pub fn step(&mut self, input: Input) -> Vec<String> {
        let mut out = Vec::new();
        self.quorum.step(Now::at_ms(self.now_ms), input, &mut out);
        self.note(out);
        self.lines()
    }

    /// Lets the next timer end.
    pub fn next_timer(&mut self) -> Vec<String> {
        let deadline = self.quorum.deadline().expect("a timer is running");
        self.now_ms = self.now_ms.max(deadline.as_millis() as u64);
        self.step(Input::Tick)
    }

    /// Lets time pass, timer by timer.
    pub fn pass(&mut self, ms: u64) -> Vec<String> {
        let end = self.now_ms + ms;
        let mut lines = Vec::new();
        while let Some(deadline) = self.quorum.deadline().filter(|deadline| deadline.as_millis() as u64 <= end) {
            assert!(deadline.as_millis() as u64 > self.now_ms || lines.is_empty(), "no timer ends twice");
            self.now_ms = self.now_ms.max(deadline.as_millis() as u64);
            lines.extend(self.step(Input::Tick));
        }
        self.now_ms = end;
        lines
    }

    pub fn ask(&mut self, request: Request) -> Vec<String> {
        self.ticket += 1;
        self.step(Input::Request { ticket: self.ticket, listener: Str::from(LISTENER), request })
    }

    /// Node `from` answers what it was last asked.
    pub fn answer(&mut self, from: NodeId, reply: Result<Response, ErrorCode>) -> Vec<String> {
        let correlation = *self.asked.get(&from).expect("the node was asked");
        self.step(Input::Response { from, correlation, reply })
    }

    pub fn answer_vote(&mut self, from: NodeId, granted: bool, leader: LeaderHint) -> Vec<String> {
        self.answer(from, Ok(Response::Vote(VoteResponse { error: ErrorCode::None, leader, granted })))
    }

    pub fn synced(&mut self, end_offset: Offset) -> Vec<String> {
        let epoch = self.quorum.epoch();
        self.step(Input::LogSynced { end_offset, epoch })
    }

    pub fn vote(
        &mut self,
        candidate: NodeId,
        epoch: LeaderEpoch,
        log: (LeaderEpoch, Offset),
        pre_vote: bool,
    ) -> Vec<String> {
        self.ask(Request::Vote(VoteRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            voter: Some(key(1)),
            candidate: key(candidate),
            epoch,
            last_epoch: log.0,
            end_offset: log.1,
            pre_vote,
        }))
    }

    pub fn begin(&mut self, leader_id: NodeId, epoch: LeaderEpoch) -> Vec<String> {
        self.ask(Request::BeginQuorumEpoch(BeginQuorumEpochRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            voter: Some(key(1)),
            leader_id,
            epoch,
            endpoints: endpoints(leader_id),
        }))
    }

    /// A fetch of another node that knows no high watermark.
    pub fn fetch(&mut self, from: NodeId, epoch: LeaderEpoch, offset: Offset, last_epoch: LeaderEpoch) -> Vec<String> {
        self.ask(Request::Fetch(fetch(from, epoch, offset, last_epoch)))
    }

    /// From unattached to leader of the three voters 1, 2 and 3, without anybody having fetched yet.
    pub fn elect(&mut self) {
        self.next_timer();
        let epoch = self.quorum.epoch();
        self.answer_vote(2, true, hint(epoch, None));
        self.answer_vote(2, true, hint(epoch + 1, None));
        assert!(self.quorum.append_epoch() == Some(epoch + 1));
    }

    fn note(&mut self, out: Vec<Output>) {
        for output in out {
            match &output {
                Output::Send { correlation, to, .. } => {
                    self.asked.insert(to.id, *correlation);
                }
                Output::Persist(state) => self.stored = Some(state.clone()),
                _ => {}
            }
            self.lines.push(line(&output));
        }
    }
}

pub fn fetch(from: NodeId, epoch: LeaderEpoch, offset: Offset, last_epoch: LeaderEpoch) -> FetchRequest {
    FetchRequest {
        cluster_id: Some(Str::from(CLUSTER)),
        replica: key(from),
        epoch,
        fetch_offset: offset,
        last_fetched_epoch: last_epoch,
        high_watermark: -1,
        max_wait_ms: 500,
        max_bytes: 1_000,
    }
}

/// A good answer of the leader without anything in it.
pub fn fetched(leader_id: NodeId, epoch: LeaderEpoch, high_watermark: Option<Offset>) -> FetchResponse {
    FetchResponse {
        error: ErrorCode::None,
        leader: hint(epoch, Some(leader_id)),
        high_watermark,
        log_start_offset: 0,
        diverging: None,
        snapshot: None,
        records: FetchedRecords::Nothing,
    }
}

/// One batch from `base_offset` up to, not including, `end_offset`.
pub fn batch(
    base_offset: Offset,
    end_offset: Offset,
    epoch: LeaderEpoch,
    control: Vec<ControlRecord>,
) -> FetchedRecords {
    let batch = BatchFacts { base_offset, last_offset: end_offset - 1, epoch, control };
    FetchedRecords::Received(Batches { bytes: Default::default(), batches: vec![batch] })
}

fn node(id: Option<NodeId>) -> String {
    id.map_or("-".to_owned(), |id| id.to_string())
}

fn offset(offset: Option<Offset>) -> String {
    offset.map_or("-".to_owned(), |offset| offset.to_string())
}

/// An output as a line.
pub fn line(output: &Output) -> String {
    match output {
        Output::Persist(state) => {
            let voted = node(state.voted.map(|key| key.id));
            format!("persist e{} leader {} voted {voted}", state.epoch, node(state.leader_id))
        }
        Output::AppendControl { base_offset, epoch, records } => {
            let records: Vec<String> = records.iter().map(control).collect();
            format!("append {} at {base_offset} e{epoch}", records.join(" + "))
        }
        Output::Append(batches) => {
            let last = batches.batches.last().map(|batch| batch.last_offset);
            format!("append fetched up to {}", offset(last))
        }
        Output::Truncate { end_offset } => format!("truncate to {end_offset}"),
        Output::Sync { end_offset, epoch } => format!("sync {end_offset} e{epoch}"),
        Output::Send { to, request, .. } => format!("send {} to {}", asked(request), to.id),
        Output::Respond { response: Ok(response), .. } => format!("answer {}", answered(response)),
        Output::Respond { response: Err(error), .. } => format!("refuse {error}"),
        Output::Commit { high_watermark } => format!("commit {high_watermark}"),
        Output::BecameLeader { epoch, epoch_start_offset } => format!("leads e{epoch} from {epoch_start_offset}"),
        Output::LostLeadership { epoch } => format!("lost e{epoch}"),
        Output::LeaderChanged { epoch, leader_id } => format!("leader of e{epoch} is {}", node(*leader_id)),
        Output::BeginSnapshot(id) => format!("begin snapshot {}/{}", id.end_offset, id.epoch),
        Output::AppendSnapshot { position, bytes, .. } => format!("append snapshot at {position} +{}", bytes.len()),
        Output::InstallSnapshot(id) => format!("install snapshot {}/{}", id.end_offset, id.epoch),
        Output::AbandonSnapshot(id) => format!("abandon snapshot {}/{}", id.end_offset, id.epoch),
        Output::Alarm(alarm) => format!("alarm: {alarm}"),
    }
}

fn control(record: &ControlRecord) -> String {
    match record {
        ControlRecord::LeaderChange(change) => format!("leader-change {}", change.leader_id),
        ControlRecord::KRaftVersion(level) => format!("kraft.version {level}"),
        ControlRecord::Voters(voters) => {
            let ids: Vec<String> = voters.ids().map(|id| id.to_string()).collect();
            format!("voters {}", ids.join(","))
        }
        ControlRecord::SnapshotHeader { .. } => "header".to_owned(),
        ControlRecord::SnapshotFooter => "footer".to_owned(),
    }
}

fn asked(request: &Request) -> String {
    match request {
        Request::Vote(vote) if vote.pre_vote => format!("pre-vote e{}", vote.epoch),
        Request::Vote(vote) => format!("vote e{}", vote.epoch),
        Request::BeginQuorumEpoch(begin) => format!("begin e{}", begin.epoch),
        Request::EndQuorumEpoch(end) => format!("end e{}", end.epoch),
        Request::Fetch(fetch) => format!("fetch e{} {}/{}", fetch.epoch, fetch.fetch_offset, fetch.last_fetched_epoch),
        Request::FetchSnapshot(fetch) => format!("fetch-snapshot e{} at {}", fetch.epoch, fetch.position),
        Request::DescribeQuorum => "describe".to_owned(),
        Request::AddVoter(add) => format!("add-voter {}", add.voter.id),
        Request::RemoveVoter(remove) => format!("remove-voter {}", remove.voter.id),
        Request::UpdateVoter(update) => format!("update-voter {}", update.voter.id),
        Request::ApiVersions => "api-versions".to_owned(),
    }
}

fn leader(hint: &LeaderHint) -> String {
    format!("(e{} leader {})", hint.epoch, node(hint.leader_id))
}

fn answered(response: &Response) -> String {
    match response {
        Response::Vote(vote) if vote.error.is_none() => {
            format!("vote {} {}", if vote.granted { "granted" } else { "rejected" }, leader(&vote.leader))
        }
        Response::Vote(vote) => format!("vote {} {}", vote.error, leader(&vote.leader)),
        Response::BeginQuorumEpoch(begin) => format!("begin {} {}", begin.error, leader(&begin.leader)),
        Response::EndQuorumEpoch(end) => format!("end {} {}", end.error, leader(&end.leader)),
        Response::Fetch(fetch) => fetch_answer(fetch),
        Response::FetchSnapshot(fetch) => {
            format!("fetch-snapshot {} at {} of {}", fetch.error, fetch.position, fetch.size)
        }
        Response::DescribeQuorum(describe) => format!("describe {}", describe.error),
        Response::AddVoter(add) => format!("add-voter {}", add.error),
        Response::RemoveVoter(remove) => format!("remove-voter {}", remove.error),
        Response::UpdateVoter(update) => format!("update-voter {} {}", update.error, leader(&update.leader)),
        Response::ApiVersions(_) => "api-versions".to_owned(),
        Response::KRaftVersionUpgraded => "upgraded".to_owned(),
    }
}

fn fetch_answer(fetch: &FetchResponse) -> String {
    if !fetch.error.is_none() {
        return format!("fetch {} {}", fetch.error, leader(&fetch.leader));
    }
    if let Some(end) = fetch.diverging {
        return format!("fetch diverging {}/{}", end.end_offset, end.epoch);
    }
    if let Some(id) = fetch.snapshot {
        return format!("fetch snapshot {}/{}", id.end_offset, id.epoch);
    }
    let records = match &fetch.records {
        FetchedRecords::ReadFrom { offset, .. } => format!("from {offset}"),
        FetchedRecords::Nothing | FetchedRecords::Received(_) => "nothing".to_owned(),
    };
    format!("fetch {records} hw {}", offset(fetch.high_watermark))
}
