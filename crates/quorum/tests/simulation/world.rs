//! A cluster in virtual time: nodes with their drivers, a network that loses, delays, repeats and parts, and a nemesis that
//! cuts the power.
//!
//! Everything happens in the order of one queue. A node's outputs are carried out at once and in order, as its real driver
//! does; only syncs and messages take time.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Machine, Now, Ticket};
use quorum::message::{ApiVersionsResponse, FetchedRecords, Request, Response};
use quorum::{
    ControlRecord, Endpoints, Input, Output, Quorum, QuorumOptions, ReplicaKey, RoleName, VersionRange, Voter, VoterSet,
};
use types::{ErrorCode, LeaderEpoch, NodeId, Offset, Str, Uuid};

use crate::chance::Chance;
use crate::checker::Checker;
use crate::disk::{Batch, Disk, described, undescribed};

const LISTENER: &str = "CONTROLLER";
const FIRST_PORT: u16 = 9_000;
/// Whoever asks as an administrator; answers to it go nowhere.
pub const ADMINISTRATOR: NodeId = -100;

/// What a run is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    pub voters: NodeId,
    /// Nodes beyond the voters: observers, or with `dynamic` also voters to be.
    pub others: NodeId,
    /// kraft.version 1, with voters that come and go.
    pub dynamic: bool,
    pub loss_percent: u64,
    pub repeat_percent: u64,
    pub delay_ms: u64,
    pub crashes: bool,
    pub partitions: bool,
}

pub enum Event {
    Timer {
        node: NodeId,
        at: u64,
    },
    Ask {
        from: NodeId,
        incarnation: u64,
        correlation: u64,
        to: NodeId,
        known_as: NodeId,
        request: Request,
    },
    Tell {
        to: NodeId,
        incarnation: u64,
        from: NodeId,
        sender: NodeId,
        correlation: u64,
        reply: Result<Response, ErrorCode>,
    },
    Synced {
        node: NodeId,
        incarnation: u64,
        truncations: u64,
        end_offset: Offset,
        epoch: LeaderEpoch,
    },
    Restart(NodeId),
    Heal,
    Client,
    Nemesis,
    Administrator,
}

pub struct Node {
    options: QuorumOptions,
    quorum: Option<Quorum>,
    incarnation: u64,
    timer_at: Option<u64>,
}

/// A request that a node has not answered yet.
struct Waiting {
    node: NodeId,
    requester: NodeId,
    incarnation: u64,
    correlation: u64,
    known_as: NodeId,
    vote: Option<(LeaderEpoch, NodeId)>,
}

pub struct World {
    pub now: u64,
    pub checker: Checker,
    /// A digest of everything that happened.
    pub digest: u64,
    pub plan: Plan,
    pub chance: Chance,
    pub nodes: BTreeMap<NodeId, Node>,
    pub disks: BTreeMap<NodeId, Disk>,
    queue: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    pub blocked: BTreeSet<(NodeId, NodeId)>,
    waiting: BTreeMap<Ticket, Waiting>,
    last_ticket: Ticket,
    pub last_number: u64,
    pub clients: bool,
}

pub fn key(id: NodeId) -> ReplicaKey {
    ReplicaKey::new(id, Uuid::from_random([id as u8; 16]))
}

pub fn endpoints(id: NodeId) -> Endpoints {
    Endpoints::single(LISTENER, "host", FIRST_PORT + id as u16)
}

impl World {
    pub fn new(seed: u64, plan: Plan) -> World {
        let mut world = World {
            now: 0,
            checker: Checker::default(),
            digest: 0xcbf2_9ce4_8422_2325,
            chance: Chance::new(seed),
            nodes: BTreeMap::new(),
            disks: BTreeMap::new(),
            queue: BTreeMap::new(),
            scheduled: 0,
            blocked: BTreeSet::new(),
            waiting: BTreeMap::new(),
            last_ticket: 0,
            last_number: 0,
            clients: true,
            plan,
        };
        for id in 1..=world.plan.voters + world.plan.others {
            world.make_node(id);
        }
        for id in 1..=world.plan.voters + world.plan.others {
            world.start(id);
        }
        world.schedule(10, Event::Client);
        world.schedule(500, Event::Nemesis);
        world.schedule(3_000, Event::Administrator);
        world
    }

    fn make_node(&mut self, id: NodeId) {
        let is_voter = id <= self.plan.voters;
        let voters = (1..=self.plan.voters).map(|id| Voter {
            key: key(id),
            endpoints: endpoints(id),
            kraft_version: VersionRange::SUPPORTED,
        });
        let mut options = QuorumOptions::new("cluster", key(id), LISTENER, endpoints(id));
        let mut disk = Disk::default();
        if self.plan.dynamic {
            let servers: Vec<String> =
                (1..=self.plan.voters).map(|id| format!("host:{}", FIRST_PORT + id as u16)).collect();
            options.bootstrap_servers = quorum::parse_bootstrap_servers(&servers.join(",")).expect("valid");
            disk.bootstrap = is_voter.then(|| VoterSet::new(voters).expect("valid"));
        } else {
            let setting: Vec<String> =
                (1..=self.plan.voters).map(|id| format!("{id}@host:{}", FIRST_PORT + id as u16)).collect();
            options.static_voters = VoterSet::parse(&setting.join(","), LISTENER).expect("valid");
            options.can_become_voter = is_voter;
        }
        self.disks.insert(id, disk);
        self.nodes.insert(id, Node { options, quorum: None, incarnation: 0, timer_at: None });
    }

    /// The node starts from what its disk holds.
    fn start(&mut self, id: NodeId) {
        let sync_first = self.chance.happens(50);
        let seed = self.chance.next();
        let disk = self.disks.get_mut(&id).expect("every node has a disk");
        let facts = disk.open(sync_first);
        let node = self.nodes.get_mut(&id).expect("a node");
        node.incarnation += 1;
        node.options.seed = seed;
        self.checker.started(id);
        let mut out = Vec::new();
        node.quorum =
            Some(Quorum::start(node.options.clone(), disk.state.clone(), &facts, Now::at_ms(self.now), &mut out));
        self.carry_out(id, None, out);
    }

    pub fn crash(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).expect("a node");
        if node.quorum.take().is_none() {
            return;
        }
        node.timer_at = None;
        self.disks.get_mut(&id).expect("a disk").lose_power(&mut self.chance);
        self.waiting.retain(|_, waiting| waiting.node != id);
        let downtime = self.chance.between(20, 2_500);
        self.schedule(downtime, Event::Restart(id));
    }

    pub fn schedule(&mut self, in_ms: u64, event: Event) {
        self.scheduled += 1;
        self.queue.insert((self.now + in_ms, self.scheduled), event);
    }

    /// Lets everything happen that happens until then.
    pub fn run_until(&mut self, end: u64) {
        while let Some((&(at, number), _)) = self.queue.first_key_value() {
            if at > end {
                break;
            }
            self.now = at;
            let event = self.queue.remove(&(at, number)).expect("it was there");
            self.happen(event);
        }
        self.now = end;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Timer { node, at } => self.timer(node, at),
            Event::Ask { from, incarnation, correlation, to, known_as, request } => {
                self.ask(from, incarnation, correlation, to, known_as, request);
            }
            Event::Tell { to, incarnation, from, sender, correlation, reply } => {
                let reachable = !self.blocked.contains(&(sender, to));
                if reachable && self.is_up(to, incarnation) {
                    self.step(to, Input::Response { from, correlation, reply });
                }
            }
            Event::Synced { node, incarnation, truncations, end_offset, epoch } => {
                if self.is_up(node, incarnation) {
                    let disk = self.disks.get_mut(&node).expect("a disk");
                    if disk.truncations == truncations {
                        disk.synced_end = disk.synced_end.max(end_offset.min(disk.end_offset()));
                    }
                    self.step(node, Input::LogSynced { end_offset, epoch });
                }
            }
            Event::Restart(id) => {
                if self.nodes[&id].quorum.is_none() {
                    self.start(id);
                }
            }
            Event::Heal => self.blocked.clear(),
            Event::Client => self.client(),
            Event::Nemesis => self.nemesis(),
            Event::Administrator => self.administrator(),
        }
    }

    fn is_up(&self, id: NodeId, incarnation: u64) -> bool {
        self.nodes.get(&id).is_some_and(|node| node.quorum.is_some() && node.incarnation == incarnation)
    }

    fn timer(&mut self, id: NodeId, at: u64) {
        let node = self.nodes.get_mut(&id).expect("a node");
        if node.timer_at != Some(at) || node.quorum.is_none() {
            return;
        }
        node.timer_at = None;
        self.step(id, Input::Tick);
        let deadline = self.quorum(id).and_then(Quorum::deadline);
        assert!(deadline.is_none_or(|next| next.as_millis() as u64 > self.now), "node {id} would spin");
    }

    /// A request arrives.
    pub fn ask(
        &mut self,
        from: NodeId,
        incarnation: u64,
        correlation: u64,
        to: NodeId,
        known_as: NodeId,
        request: Request,
    ) {
        if self.blocked.contains(&(from, to)) {
            return;
        }
        let back = |reply| Event::Tell { to: from, incarnation, from: known_as, sender: to, correlation, reply };
        if self.nodes.get(&to).is_none_or(|node| node.quorum.is_none()) {
            // The connection is refused, or nothing is heard at all.
            if self.chance.happens(50) {
                self.schedule(1, back(Err(ErrorCode::BrokerNotAvailable)));
            }
            return;
        }
        if request == Request::ApiVersions {
            let said = ApiVersionsResponse { kraft_version: Some(VersionRange::SUPPORTED) };
            self.schedule(1, back(Ok(Response::ApiVersions(said))));
            return;
        }
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        let vote = match &request {
            Request::Vote(vote) if !vote.pre_vote => Some((vote.epoch, vote.candidate.id)),
            _ => None,
        };
        let waiting = Waiting { node: to, requester: from, incarnation, correlation, known_as, vote };
        self.waiting.insert(ticket, waiting);
        self.step(to, Input::Request { ticket, listener: Str::from(LISTENER), request });
    }

    pub fn quorum(&self, id: NodeId) -> Option<&Quorum> {
        self.nodes.get(&id).and_then(|node| node.quorum.as_ref())
    }

    pub fn step(&mut self, id: NodeId, input: Input) {
        let now = Now::at_ms(self.now);
        let node = self.nodes.get_mut(&id).expect("a node");
        let Some(quorum) = &mut node.quorum else { return };
        let before = (quorum.role(), quorum.epoch(), quorum.voters().clone());
        let is_tick = matches!(input, Input::Tick);
        let mut out = Vec::new();
        quorum.step(now, input, &mut out);
        if is_tick && before.0 == RoleName::Prospective && before.2.len() > 1 {
            assert_eq!(quorum.epoch(), before.1, "R14: prospective node {id} raised its epoch by itself");
        }
        self.carry_out(id, Some(&before.2), out);
    }

    /// Carries out what a node wants done.
    fn carry_out(&mut self, id: NodeId, voters_before: Option<&VoterSet>, out: Vec<Output>) {
        for output in out {
            self.checker.output(id, &output);
            self.note(id, &output);
            self.carry_out_one(id, voters_before, output);
        }
        let now = self.now;
        let node = self.nodes.get_mut(&id).expect("a node");
        let deadline = node.quorum.as_ref().and_then(Quorum::deadline).map(|at| at.as_millis() as u64);
        if let Some(at) = deadline
            && node.timer_at != Some(at)
        {
            node.timer_at = Some(at);
            self.schedule(at.saturating_sub(now), Event::Timer { node: id, at });
        }
        let end_offset = self.quorum(id).map(Quorum::log_end_offset);
        assert_eq!(end_offset, Some(self.disks[&id].end_offset()), "node {id}: machine and disk see the same log");
    }

    fn carry_out_one(&mut self, id: NodeId, voters_before: Option<&VoterSet>, output: Output) {
        let disk = self.disks.get_mut(&id).expect("a disk");
        match output {
            Output::Persist(state) => {
                self.checker.persisted(id, disk.state.as_ref(), &state);
                disk.state = Some(state);
            }
            Output::AppendControl { base_offset, epoch, records } => {
                for record in &records {
                    if let (ControlRecord::Voters(after), Some(before)) = (record, voters_before) {
                        self.checker.voters_changed(before, after);
                    }
                }
                disk.append(Batch { base_offset, epoch, control: records, data: Vec::new() });
                self.checker.appended(id, disk);
            }
            Output::Append(batches) => {
                for batch in undescribed(&batches) {
                    disk.append(batch);
                    self.checker.appended(id, disk);
                }
            }
            Output::Truncate { end_offset } => {
                self.checker.truncated(id, end_offset);
                disk.truncate(end_offset);
            }
            Output::Sync { end_offset, epoch } => {
                let truncations = disk.truncations;
                let incarnation = self.nodes[&id].incarnation;
                let duration = self.chance.between(0, 15);
                self.schedule(duration, Event::Synced { node: id, incarnation, truncations, end_offset, epoch });
            }
            Output::Send { correlation, to, request } => {
                let incarnation = self.nodes[&id].incarnation;
                let receiver = NodeId::from(to.port - FIRST_PORT);
                self.transmit(|| Event::Ask {
                    from: id,
                    incarnation,
                    correlation,
                    to: receiver,
                    known_as: to.id,
                    request: request.clone(),
                });
            }
            Output::Respond { ticket, response } => self.respond(id, ticket, response),
            Output::Commit { high_watermark } => {
                let quorum = self.nodes[&id].quorum.as_ref();
                let leads =
                    quorum.filter(|quorum| quorum.role() == RoleName::Leader || quorum.role() == RoleName::Resigned);
                let leads = leads.map(|quorum| (quorum.epoch(), quorum.voters()));
                self.checker.committed(id, high_watermark, leads, &self.disks);
            }
            Output::BecameLeader { epoch, epoch_start_offset } => {
                self.checker.became_leader(id, epoch, epoch_start_offset, disk);
            }
            Output::BeginSnapshot(_)
            | Output::AppendSnapshot { .. }
            | Output::InstallSnapshot(_)
            | Output::AbandonSnapshot(_) => panic!("no node has snapshots"),
            Output::LostLeadership { .. } | Output::LeaderChanged { .. } | Output::Alarm(_) => {}
        }
    }

    fn respond(&mut self, id: NodeId, ticket: Ticket, response: Result<Response, ErrorCode>) {
        let Some(waiting) = self.waiting.remove(&ticket) else { panic!("node {id} answers {ticket} twice") };
        let reply = response.map(|response| match response {
            Response::Vote(vote) => {
                if let Some((epoch, candidate)) = waiting.vote.filter(|_| vote.granted) {
                    self.checker.granted(id, &self.disks[&id], epoch, candidate);
                }
                Response::Vote(vote)
            }
            Response::Fetch(mut fetch) => {
                if let FetchedRecords::ReadFrom { offset, .. } = fetch.records {
                    let batches = self.chance.between(1, 5) as usize;
                    fetch.records = FetchedRecords::Received(described(&self.disks[&id].read(offset, batches)));
                }
                Response::Fetch(fetch)
            }
            other => other,
        });
        let Waiting { requester, incarnation, correlation, known_as, .. } = waiting;
        if requester != ADMINISTRATOR {
            self.transmit(|| Event::Tell {
                to: requester,
                incarnation,
                from: known_as,
                sender: id,
                correlation,
                reply: reply.clone(),
            });
        }
    }

    /// The network takes a message: it may be lost, late, or arrive twice.
    fn transmit(&mut self, message: impl Fn() -> Event) {
        let copies = if self.chance.happens(self.plan.repeat_percent) { 2 } else { 1 };
        for _ in 0..copies {
            if !self.chance.happens(self.plan.loss_percent) {
                let delay = self.chance.between(1, self.plan.delay_ms + 1);
                self.schedule(delay, message());
            }
        }
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.nodes.keys().copied().collect()
    }

    /// The end of a node's log, as its disk has it.
    pub fn end_offset(&self, id: NodeId) -> Offset {
        self.disks[&id].end_offset()
    }

    fn note(&mut self, id: NodeId, output: &Output) {
        for byte in format!("{} {id} {:?}", self.now, std::mem::discriminant(output)).bytes().chain(digest_of(output)) {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// What of an output goes into the digest beside its kind.
fn digest_of(output: &Output) -> Vec<u8> {
    let number = match output {
        Output::Send { correlation, to, .. } => *correlation as i64 * 1_000 + i64::from(to.id),
        Output::Respond { ticket, .. } => *ticket as i64,
        Output::Commit { high_watermark } => *high_watermark,
        Output::Truncate { end_offset } | Output::Sync { end_offset, .. } => *end_offset,
        Output::LeaderChanged { epoch, .. } => i64::from(*epoch),
        _ => 0,
    };
    number.to_be_bytes().to_vec()
}
