//! One coordinator: the ledger of one partition of the offsets topic, its log, and those who wait for answers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use batch::Batches;
use groups::{Answer, Command, Decision, DeletedTopic, GroupCoordinator, GroupOptions, GroupRecord, Soft};
use machine::{Ledger, Now, Ticket};
use parking_lot::Mutex;
use runtime::Clock;
use tokio::sync::{Notify, oneshot};
use types::{ErrorCode, Offset};

use super::codec;
use crate::partition::{Durability, Partition};

/// Bytes read at once while loading.
const LOAD_CHUNK: u32 = 4 * 1024 * 1024;

/// One coordinator.
#[derive(Debug)]
pub(super) struct Host {
    partition: Arc<Partition>,
    clock: Clock,
    durability: Durability,
    sooner: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    options: GroupOptions,
    next_ticket: Ticket,
    /// Who waits, by ticket.
    waiting: HashMap<Ticket, oneshot::Sender<Answer>>,
    /// Answers that are known but wait for the log to be committed up to an offset.
    held_back: VecDeque<(Offset, Ticket, Answer)>,
    /// A task waits for the log to be committed.
    releasing: bool,
    /// The moment at which the time keeper will come by.
    armed: Option<Duration>,
    /// Topics that were deleted while the groups were being loaded.
    deleted_meanwhile: Vec<DeletedTopic>,
}

#[derive(Debug)]
enum Phase {
    Loading,
    Ready(Box<(GroupCoordinator, Soft)>),
    Gone,
}

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Names the question.
    pub(crate) ticket: Ticket,
    answer: oneshot::Receiver<Answer>,
}

impl Asked {
    /// The answer. A coordinator that goes away answers with an error first.
    pub(crate) async fn answer(self) -> Answer {
        self.answer.await.unwrap_or(Answer::Done(ErrorCode::NotCoordinator))
    }

    /// The answer, without giving the question away.
    pub(crate) async fn answered(&mut self) -> Answer {
        (&mut self.answer).await.unwrap_or(Answer::Done(ErrorCode::NotCoordinator))
    }
}

impl Host {
    pub(super) fn new(
        partition: Arc<Partition>,
        options: GroupOptions,
        clock: Clock,
        durability: Durability,
        sooner: Arc<Notify>,
    ) -> Host {
        let state = State {
            phase: Phase::Loading,
            options,
            next_ticket: 0,
            waiting: HashMap::new(),
            held_back: VecDeque::new(),
            releasing: false,
            armed: None,
            deleted_meanwhile: Vec::new(),
        };
        Host { partition, clock, durability, sooner, state: Mutex::new(state) }
    }

    fn now(&self) -> Now {
        Now { monotonic: self.clock.monotonic(), wall_ms: self.clock.now_ms() }
    }

    /// Is there nothing to load?
    pub(super) fn is_trivial(&self) -> bool {
        self.partition.log_start() == self.partition.log_end()
    }

    /// Rebuilds the ledger from its log.
    pub(super) fn load(self: &Arc<Host>) {
        let ledger = match self.replay() {
            Ok(ledger) => ledger,
            Err(error) => {
                tracing::error!(partition = %self.partition, %error, "groups cannot be loaded");
                self.state.lock().phase = Phase::Gone;
                return;
            }
        };
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Loading) {
            let soft = ledger.resume(state.options.clone(), self.now());
            tracing::debug!(partition = %self.partition, groups = ledger.group_count(), "groups loaded");
            state.phase = Phase::Ready(Box::new((ledger, soft)));
            self.arm(&mut state);
            let deleted = std::mem::take(&mut state.deleted_meanwhile);
            drop(state);
            self.topics_deleted(&deleted);
        }
    }

    fn replay(&self) -> Result<GroupCoordinator, String> {
        let mut ledger = GroupCoordinator::default();
        let mut offset = self.partition.log_start();
        let end = self.partition.log_end();
        while offset < end {
            let slice = self.partition.read_own(offset, LOAD_CHUNK).map_err(|code| code.to_string())?;
            let Some(slice) = slice else { break };
            let bytes = slice.read().map_err(|error| error.to_string())?;
            let mut position = 0;
            for batch in Batches::new(&bytes) {
                let batch = batch.map_err(|error| error.to_string())?;
                let size = batch.bytes().len();
                let next = batch.header().next_offset();
                let whole = bytes.slice(position..position + size);
                position += size;
                if next > offset {
                    let records = codec::decode(&whole).map_err(|error| error.to_string())?;
                    records.iter().for_each(|record| ledger.apply(record));
                    offset = next;
                }
            }
        }
        Ok(ledger)
    }

    /// Asks the ledger. Decision, append and application happen before this returns; only the answer may take longer.
    pub(super) fn ask(self: &Arc<Host>, command: Command) -> Result<Asked, ErrorCode> {
        let mut state = self.state.lock();
        match &state.phase {
            Phase::Loading => return Err(ErrorCode::CoordinatorLoadInProgress),
            Phase::Gone => return Err(ErrorCode::NotCoordinator),
            Phase::Ready(_) => {}
        }
        // What cannot be written anyway is refused before anything is decided.
        self.partition.check_own_append().map_err(|error| match error.code() {
            ErrorCode::NotLeaderOrFollower => ErrorCode::NotCoordinator,
            _ => ErrorCode::CoordinatorNotAvailable,
        })?;
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        let (sender, answer) = oneshot::channel();
        state.waiting.insert(ticket, sender);
        let now = self.now();
        self.decide(&mut state, |ledger, soft| ledger.decide(soft, now, ticket, command));
        Ok(Asked { ticket, answer })
    }

    /// Topics are gone: so are the offsets committed for them, as soon as the groups are loaded.
    pub(super) fn topics_deleted(self: &Arc<Host>, topics: &[DeletedTopic]) {
        if topics.is_empty() {
            return;
        }
        {
            let mut state = self.state.lock();
            if matches!(state.phase, Phase::Loading) {
                state.deleted_meanwhile.extend_from_slice(topics);
                return;
            }
        }
        // Nobody waits for the answer; a coordinator that is gone has nothing to forget.
        let _ = self.ask(Command::TopicsDeleted(topics.to_vec()));
    }

    /// Lets time pass; says when it wants to be called again.
    pub(super) fn expire(self: &Arc<Host>, now: Duration) -> Option<Duration> {
        let mut state = self.state.lock();
        let Phase::Ready(ready) = &state.phase else {
            state.armed = None;
            return None;
        };
        let Some(deadline) = ready.0.deadline(&ready.1) else {
            state.armed = None;
            return None;
        };
        if deadline <= now {
            let now = self.now();
            self.decide(&mut state, |ledger, soft| ledger.expire(soft, now));
        }
        let Phase::Ready(ready) = &state.phase else { return None };
        let next = ready.0.deadline(&ready.1);
        state.armed = next;
        next
    }

    fn decide(self: &Arc<Host>, state: &mut State, decide: impl FnOnce(&GroupCoordinator, &mut Soft) -> Decision) {
        let Phase::Ready(ready) = &mut state.phase else { return };
        let (ledger, soft) = &mut **ready;
        let decision = decide(ledger, soft);
        match self.append(&decision.records) {
            Ok(()) => {
                decision.records.iter().for_each(|record| ledger.apply(record));
                let end = self.partition.log_end();
                state.held_back.extend(decision.answers.into_iter().map(|(ticket, answer)| (end, ticket, answer)));
                self.release(state);
                self.arm(state);
            }
            Err(code) => self.start_over(state, decision, code),
        }
    }

    fn append(&self, records: &[GroupRecord]) -> Result<(), ErrorCode> {
        if records.is_empty() {
            return Ok(());
        }
        let batch = codec::encode(records, self.clock.now_ms()).map_err(|error| {
            tracing::error!(partition = %self.partition, %error, "records of groups cannot be encoded");
            ErrorCode::UnknownServerError
        })?;
        let appended = self.partition.append_own(&batch);
        appended.map(|_| ()).map_err(|error| {
            tracing::warn!(partition = %self.partition, %error, "records of groups cannot be written");
            error.code()
        })
    }

    /// Must records be on this node's disk before they are answered?
    fn syncs(&self) -> bool {
        self.durability.needs_sync(self.partition.in_sync_count())
    }

    /// Everything before it is as safe as `acks=all` promises.
    fn safe_end(&self) -> Offset {
        let committed = self.partition.high_watermark();
        if self.syncs() { committed.min(self.partition.log().synced_offset()) } else { committed }
    }

    /// Lets the answers go whose records are safe.
    fn release(self: &Arc<Host>, state: &mut State) {
        let committed = self.safe_end();
        while state.held_back.front().is_some_and(|(end, ..)| *end <= committed) {
            let Some((_, ticket, answer)) = state.held_back.pop_front() else { break };
            if let Some(sender) = state.waiting.remove(&ticket) {
                // The client may have hung up.
                let _ = sender.send(answer);
            }
        }
        if let (Some(&(end, ..)), false) = (state.held_back.front(), state.releasing) {
            state.releasing = true;
            let host = self.clone();
            tokio::spawn(async move {
                host.partition.reached(end).await;
                let far = tokio::time::Instant::now() + Duration::from_secs(3_600);
                if host.syncs() && !host.partition.synced(end, far).await.is_none() {
                    // The directory is offline: nothing more is acknowledged from it.
                    host.resign();
                    return;
                }
                let mut state = host.state.lock();
                state.releasing = false;
                host.release(&mut state);
            });
        }
    }

    /// The log did not take the records: what was decided is refused, and the ledger is rebuilt, so that memory agrees with disk.
    fn start_over(self: &Arc<Host>, state: &mut State, decision: Decision, code: ErrorCode) {
        let Phase::Ready(mut ready) = std::mem::replace(&mut state.phase, Phase::Loading) else { return };
        state.armed = None;
        let abandoned = ready.1.abandon(code);
        let refused =
            decision.answers.into_iter().map(|(ticket, answer)| (ticket, GroupCoordinator::refuse(answer, code)));
        for (ticket, answer) in abandoned.into_iter().chain(refused) {
            if let Some(sender) = state.waiting.remove(&ticket) {
                let _ = sender.send(answer);
            }
        }
        let host = self.clone();
        tokio::task::spawn_blocking(move || host.load());
    }

    /// The partition moves away: whoever waits is told.
    pub(super) fn resign(&self) {
        let mut state = self.state.lock();
        if let Phase::Ready(mut ready) = std::mem::replace(&mut state.phase, Phase::Gone) {
            for (ticket, answer) in ready.1.abandon(ErrorCode::NotCoordinator) {
                if let Some(sender) = state.waiting.remove(&ticket) {
                    let _ = sender.send(answer);
                }
            }
        }
        state.waiting.clear();
        state.held_back.clear();
    }

    pub(super) fn set_options(&self, options: &GroupOptions) {
        let mut state = self.state.lock();
        state.options = options.clone();
        if let Phase::Ready(ready) = &mut state.phase {
            ready.1.set_options(options.clone());
        }
    }

    pub(super) fn group_count(&self) -> usize {
        match &self.state.lock().phase {
            Phase::Ready(ready) => ready.0.group_count(),
            _ => 0,
        }
    }

    /// Wakes the time keeper if a deadline came nearer.
    fn arm(&self, state: &mut State) {
        let Phase::Ready(ready) = &state.phase else { return };
        let deadline = ready.0.deadline(&ready.1);
        let nearer = match (deadline, state.armed) {
            (Some(deadline), Some(armed)) => deadline < armed,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if nearer {
            state.armed = deadline;
            self.sooner.notify_one();
        }
    }
}
