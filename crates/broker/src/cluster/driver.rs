//! The thread that owns the metadata log: it drives the quorum's machine and the controller's ledger.
//!
//! Everything that has queued up is decided one after the other, then written and synced together. What a decision wrote is
//! in the controller's image at once, so that the next decision sees it; it is published, and its asker answered, when it
//! is committed. A log that cannot be written ends the node: a controller must not go on from a state that is not on disk.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use arc_swap::ArcSwap;
use machine::{Ledger, Machine, Now, Ticket};
use metadata::controller::ControllerOptions;
use metadata::controller::{Activate, Bootstrap, BrokerHeartbeat};
use metadata::image::FeatureRange;
use metadata::{Answer, Changes, ClusterImage, Command, Controller, Soft};
use quorum::{Input, Output, Quorum, QuorumOptions, SnapshotId};
use records::MetadataRecord;
use runtime::{Clock, Disk};
use storage::Log;
use tokio::sync::oneshot;
use types::{ErrorCode, LeaderEpoch, Offset};

use super::checkpoint::Checkpoint;
use super::log::{AppendFailure, MetadataLog};
use super::{Cluster, Message, Published, Publisher, QUEUE};

/// Decisions written with one sync.
const GROUP: usize = 1_000;
/// The thread looks at its timers at least this often.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// The metadata log cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the metadata log cannot be used: {0}")]
pub(crate) struct StartError(String);

/// What the driver is made of.
pub(crate) struct DriverParts {
    pub(crate) disk: Disk,
    pub(crate) log: Arc<Log>,
    pub(crate) clock: Clock,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) quorum: QuorumOptions,
    pub(crate) controller: ControllerOptions,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) supported: Arc<[FeatureRange]>,
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub(crate) snapshot_bytes: u64,
    /// `metadata.max.retention.bytes`.
    pub(crate) keep_bytes: u64,
    /// Called when the log fails: the node must stop.
    pub(crate) failed: Box<dyn Fn(String) + Send>,
}

/// Replays the log and starts the thread. `publisher` hears of every change, beginning with everything there is.
pub(crate) fn start(
    parts: DriverParts,
    publisher: Publisher,
) -> Result<(Cluster, std::thread::JoinHandle<()>), StartError> {
    let log = MetadataLog::new(parts.disk.clone(), parts.log.clone());
    let replayed = log.replay().map_err(StartError)?;
    let stored = log.quorum_state().map_err(StartError)?;
    let mut published = ClusterImage::new();
    for record in &replayed.snapshot {
        published.apply(record).map_err(|error| StartError(error.to_string()))?;
    }
    let (sender, receiver) = sync_channel(QUEUE);
    let shared = Arc::new(Published {
        image: ArcSwap::from_pointee(published.clone()),
        offset: AtomicI64::new(-1),
        broker_epoch: AtomicI64::new(-1),
    });
    let cluster = Cluster { published: shared.clone(), sender, supported: parts.supported.clone() };
    let mut out = Vec::new();
    let now = Now { monotonic: parts.clock.monotonic(), wall_ms: parts.clock.now_ms() };
    let machine = Quorum::start(parts.quorum.clone(), stored, &replayed.facts, now, &mut out);
    let mut driver = Driver {
        since_snapshot: replayed.bytes,
        log,
        machine,
        uncommitted: replayed.records.into(),
        committed_end: replayed.snapshot_end,
        controller: Controller::from_image(parts.controller.clone(), published.clone()),
        published,
        soft: Soft::default(),
        leading: None,
        drafted: Vec::new(),
        unanswered: VecDeque::new(),
        waiting: HashMap::new(),
        asking_quorum: HashMap::new(),
        next_ticket: 0,
        shared,
        publisher,
        parts,
        announced: false,
        stopping: false,
    };
    driver.carry_out(out).map_err(StartError)?;
    let thread = runtime::spawn_thread("controller", move || driver.run(&receiver));
    Ok((cluster, thread.map_err(|error| StartError(error.to_string()))?))
}

struct Driver {
    log: MetadataLog,
    machine: Quorum,
    controller: Controller,
    soft: Soft,
    /// The epoch in which this node leads and has activated the controller.
    leading: Option<Leading>,
    /// What is committed.
    published: ClusterImage,
    committed_end: Offset,
    /// Records of the log that are not committed yet.
    uncommitted: VecDeque<(Offset, MetadataRecord)>,
    /// Records that were decided and not written yet, with the version to write.
    drafted: Vec<(MetadataRecord, i16)>,
    /// Answers that wait for the log to be committed up to an offset.
    unanswered: VecDeque<(Offset, Ticket, Answer)>,
    waiting: HashMap<Ticket, oneshot::Sender<Answer>>,
    asking_quorum: HashMap<Ticket, oneshot::Sender<Result<quorum::message::Response, ErrorCode>>>,
    next_ticket: Ticket,
    shared: Arc<Published>,
    publisher: Publisher,
    parts: DriverParts,
    /// Bytes of the log behind the last snapshot.
    since_snapshot: u64,
    /// The publisher has heard of everything there was at the start.
    announced: bool,
    stopping: bool,
}

#[derive(Clone, Copy, Debug)]
struct Leading {
    epoch: LeaderEpoch,
    start: Offset,
    active: bool,
}

impl Driver {
    fn now(&self) -> Now {
        Now { monotonic: self.parts.clock.monotonic(), wall_ms: self.parts.clock.now_ms() }
    }

    fn run(mut self, receiver: &Receiver<Message>) {
        // What publishing starts (loading groups) runs on the node's runtime.
        let runtime = self.parts.runtime.clone();
        let _inside = runtime.enter();
        while !self.stopping {
            let mut taken = 0;
            match receiver.recv_timeout(self.wait()) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok(message) = receiver.try_recv() {
                self.take(message);
                taken += 1;
                if taken >= GROUP {
                    break;
                }
            }
            if let Err(error) = self.turn() {
                tracing::error!(%error, "the metadata log failed: this node stops");
                self.refuse_all();
                (self.parts.failed)(error);
                return;
            }
        }
    }

    fn wait(&self) -> Duration {
        let now = self.parts.clock.monotonic();
        let controller =
            self.leading.filter(|leading| leading.active).and_then(|_| self.controller.deadline(&self.soft));
        let next = [self.machine.deadline(), controller].into_iter().flatten().min();
        next.map_or(LONGEST_WAIT, |next| next.saturating_sub(now)).min(LONGEST_WAIT)
    }

    fn take(&mut self, message: Message) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        match message {
            Message::Command(command, sender) => {
                if !self.leading.is_some_and(|leading| leading.active) {
                    // Dropping the sender tells the asker that nobody is there.
                    return;
                }
                self.waiting.insert(ticket, sender);
                self.decide(ticket, *command);
            }
            Message::Quorum(listener, request, sender) => {
                self.asking_quorum.insert(ticket, sender);
                let mut out = Vec::new();
                let input = Input::Request { ticket, listener, request: *request };
                self.machine.step(self.now(), input, &mut out);
                self.carry_out_or_fail(out);
            }
            Message::Stop => self.stopping = true,
        }
    }

    fn carry_out_or_fail(&mut self, out: Vec<Output>) {
        if let Err(error) = self.carry_out(out) {
            tracing::error!(%error, "the metadata log failed: this node stops");
            (self.parts.failed)(error);
            self.stopping = true;
        }
    }

    /// The log's next offset, everything decided counted in.
    fn next_offset(&self) -> Offset {
        self.log.end() + self.drafted.len() as Offset
    }

    fn decide(&mut self, ticket: Ticket, mut command: Command) {
        let next = self.next_offset();
        match &mut command {
            Command::RegisterBroker(register) => register.next_offset = next,
            Command::BrokerHeartbeat(heartbeat) => heartbeat.next_offset = next,
            _ => {}
        }
        let now = self.now();
        let decision = self.controller.decide(&mut self.soft, now, ticket, command);
        self.draft(decision.records);
        let end = self.next_offset();
        self.unanswered.extend(decision.answers.into_iter().map(|(ticket, answer)| (end, ticket, answer)));
    }

    fn draft(&mut self, records: Vec<MetadataRecord>) {
        for record in records {
            let version = record.highest_version(self.controller.image().metadata_version().level());
            self.controller.apply(&record);
            self.drafted.push((record, version));
        }
    }

    /// Timers, then everything decided goes to the log.
    fn turn(&mut self) -> Result<(), String> {
        let now = self.now();
        if self.machine.deadline().is_some_and(|deadline| deadline <= now.monotonic) {
            let mut out = Vec::new();
            self.machine.step(now, Input::Tick, &mut out);
            self.carry_out(out)?;
        }
        if self.leading.is_some_and(|leading| leading.active)
            && self.controller.deadline(&self.soft).is_some_and(|deadline| deadline <= now.monotonic)
        {
            self.keep_own_session();
            let decision = self.controller.expire(&mut self.soft, now);
            self.draft(decision.records);
        }
        self.write()?;
        self.answer();
        self.snapshot_if_due()
    }

    /// The broker of this process lives as long as this thread does: after a pause of the whole process the controller must
    /// not take it for dead before it could say anything.
    fn keep_own_session(&mut self) {
        let (node, epoch) = (self.controller.options().node_id, self.shared.broker_epoch.load(Ordering::Acquire));
        if epoch < 0 || !self.controller.image().is_active(node) {
            return;
        }
        let heartbeat = BrokerHeartbeat {
            broker_id: node,
            broker_epoch: epoch,
            current_metadata_offset: self.committed_end - 1,
            want_fence: false,
            want_shut_down: false,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
            next_offset: 0,
        };
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.decide(ticket, Command::BrokerHeartbeat(heartbeat));
    }

    fn write(&mut self) -> Result<(), String> {
        if self.drafted.is_empty() {
            return Ok(());
        }
        let Some(epoch) = self.machine.append_epoch() else {
            self.lose_leadership();
            return Ok(());
        };
        let (base, size) = (self.log.end(), self.log.size());
        let drafted = std::mem::take(&mut self.drafted);
        let end_offset = match self.log.append_records(&drafted, epoch, self.now().wall_ms) {
            Ok(end_offset) => end_offset,
            Err(AppendFailure::Full) => {
                self.take_back();
                return Ok(());
            }
            Err(AppendFailure::Broken(reason)) => return Err(reason),
        };
        self.since_snapshot += self.log.size().saturating_sub(size);
        let placed = drafted.into_iter().enumerate();
        self.uncommitted.extend(placed.map(|(index, (record, _))| (base + index as Offset, record)));
        let mut out = Vec::new();
        self.machine.step(self.now(), Input::Appended { epoch, end_offset }, &mut out);
        self.carry_out(out)
    }

    /// The disk is full: what was decided since the last write did not happen, and its askers may try again.
    fn take_back(&mut self) {
        tracing::warn!("the disk of the metadata log is full: changes of the cluster are refused until there is room");
        let mut image = self.published.clone();
        for (_, record) in &self.uncommitted {
            // They were applied before without an error.
            let _ = image.apply(record);
        }
        self.controller = Controller::from_image(self.parts.controller.clone(), image);
        for (_, ticket, answer) in std::mem::take(&mut self.unanswered) {
            if let Some(sender) = self.waiting.remove(&ticket) {
                let _ = sender.send(Controller::refuse(answer, ErrorCode::KafkaStorageError));
            }
        }
    }

    /// Does what the machine wants, in its order, and what follows from that.
    fn carry_out(&mut self, out: Vec<Output>) -> Result<(), String> {
        let mut queue: VecDeque<Output> = out.into();
        while let Some(output) = queue.pop_front() {
            let mut more = Vec::new();
            match output {
                Output::Persist(state) => self.log.persist(&state)?,
                Output::AppendControl { base_offset, epoch, records } => {
                    self.log.append_control(base_offset, epoch, &records, self.now().wall_ms)?;
                }
                Output::Append(batches) => self.log.append(&batches.bytes, self.machine.epoch())?,
                Output::Truncate { end_offset } => {
                    self.log.truncate(end_offset)?;
                    self.uncommitted.retain(|(offset, _)| *offset < end_offset);
                }
                Output::Sync { end_offset, epoch } => {
                    self.log.sync()?;
                    self.machine.step(self.now(), Input::LogSynced { end_offset, epoch }, &mut more);
                }
                Output::Respond { ticket, response } => {
                    if let Some(sender) = self.asking_quorum.remove(&ticket) {
                        // The asker may have hung up.
                        let _ = sender.send(response);
                    }
                }
                Output::Commit { high_watermark } => self.commit(high_watermark),
                Output::BecameLeader { epoch, epoch_start_offset } => {
                    tracing::info!(epoch, "leads the metadata quorum");
                    self.leading = Some(Leading { epoch, start: epoch_start_offset, active: false });
                }
                Output::LostLeadership { epoch } => {
                    tracing::info!(epoch, "leads the metadata quorum no more");
                    self.lose_leadership();
                }
                Output::LeaderChanged { epoch, leader_id } => tracing::debug!(epoch, ?leader_id, "quorum leader"),
                Output::Send { correlation, to, request: _ } => {
                    // Other controllers are not spoken to: this node's quorum has one voter.
                    let reply = Err(ErrorCode::BrokerNotAvailable);
                    self.machine.step(self.now(), Input::Response { from: to.id, correlation, reply }, &mut more);
                }
                Output::Alarm(alarm) => tracing::error!(%alarm, "the metadata quorum is in trouble"),
                Output::BeginSnapshot(_)
                | Output::AppendSnapshot { .. }
                | Output::InstallSnapshot(_)
                | Output::AbandonSnapshot(_) => tracing::error!("a sole voter was offered a snapshot"),
            }
            queue.extend(more);
            self.activate_if_ready();
        }
        Ok(())
    }

    /// Everything below is committed: it goes into the published image, and this node acts on it.
    fn commit(&mut self, high_watermark: Offset) {
        self.log.committed(high_watermark);
        let before = if self.announced { self.published.clone() } else { ClusterImage::new() };
        self.announced = true;
        while self.uncommitted.front().is_some_and(|(offset, _)| *offset < high_watermark) {
            let Some((offset, record)) = self.uncommitted.pop_front() else { break };
            if let Err(error) = self.published.apply(&record) {
                tracing::error!(offset, %error, "a record of the metadata log contradicts those before it");
                (self.parts.failed)(format!("record {offset} of the metadata log: {error}"));
                self.stopping = true;
                return;
            }
        }
        self.committed_end = high_watermark;
        let image = self.published.published().clone();
        let changes = Changes::between(before.published(), &image);
        let image = Arc::new(image);
        // This node acts first: whoever reads the new image finds the partitions it speaks of.
        self.publisher.publish(&changes, before.published(), &image);
        self.shared.image.store(image);
        // Only now: no commit for a deleted topic passes its checks any more.
        self.publisher.forget_offsets(&changes);
        self.shared.offset.store(high_watermark - 1, Ordering::Release);
    }

    /// The controller decides from the moment at which everything before its own epoch is committed and applied.
    fn activate_if_ready(&mut self) {
        let Some(leading) = self.leading.filter(|leading| !leading.active && self.committed_end > leading.start) else {
            return;
        };
        self.leading = Some(Leading { active: true, ..leading });
        self.controller = Controller::from_image(self.parts.controller.clone(), self.published.clone());
        self.soft = Soft::default();
        tracing::debug!(epoch = leading.epoch, "controller is active");
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let bootstrap = self.parts.bootstrap.clone();
        self.decide(ticket, Command::Activate(Activate { bootstrap }));
    }

    fn lose_leadership(&mut self) {
        self.leading = None;
        self.drafted.clear();
        self.refuse_all();
    }

    fn answer(&mut self) {
        while self.unanswered.front().is_some_and(|(end, ..)| *end <= self.committed_end) {
            let Some((_, ticket, answer)) = self.unanswered.pop_front() else { break };
            if let Some(sender) = self.waiting.remove(&ticket) {
                // The asker may have hung up.
                let _ = sender.send(answer);
            }
        }
    }

    fn refuse_all(&mut self) {
        for (_, ticket, answer) in std::mem::take(&mut self.unanswered) {
            if let Some(sender) = self.waiting.remove(&ticket) {
                let _ = sender.send(Controller::refuse(answer, ErrorCode::NotController));
            }
        }
        self.waiting.clear();
    }

    fn snapshot_if_due(&mut self) -> Result<(), String> {
        if self.since_snapshot < self.parts.snapshot_bytes || self.published.in_transaction() {
            return Ok(());
        }
        let id = SnapshotId { end_offset: self.committed_end, epoch: self.machine.epoch() };
        let now = self.now();
        let mut quorum = vec![quorum::ControlRecord::KRaftVersion(self.machine.kraft_version())];
        if self.machine.kraft_version() >= 1 {
            quorum.push(quorum::ControlRecord::Voters(self.machine.voters().clone()));
        } else {
            quorum.clear();
        }
        let records = self.published.published().to_records();
        let checkpoint = Checkpoint { quorum, records, last_contained_ms: now.wall_ms };
        let level = self.published.metadata_version().level();
        // Whether it works or not, the next attempt comes after as many bytes again.
        self.since_snapshot = 0;
        let stored = self.log.store_snapshot(id, &checkpoint, level, now.wall_ms, self.parts.keep_bytes);
        let (facts, start) = match stored {
            Ok(stored) => stored,
            Err(error) => {
                tracing::warn!(%error, "the metadata log goes on without a snapshot");
                return Ok(());
            }
        };
        tracing::info!(end_offset = id.end_offset, bytes = facts.size_bytes, "snapshot of the metadata log");
        let mut out = Vec::new();
        self.machine.step(now, Input::SnapshotStored(facts), &mut out);
        if let Some(start_offset) = start {
            self.machine.step(now, Input::LogStartAdvanced { start_offset }, &mut out);
        }
        self.carry_out(out)
    }
}
