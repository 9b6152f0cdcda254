//! One connection: one task that reads frames, starts requests, and sends answers in the order of the requests.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use runtime::{Budget, Permit};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::frames::{Cut, FrameError, Frames};
use crate::outbox::Outbox;
use crate::{Answer, Reply, Segment, Service};

/// While so many bytes wait to be sent, no further request is read: a client that does not read its answers stops itself.
const OUTBOX_LIMIT: usize = 8 * 1024 * 1024;
/// How often a connection with an unfinished frame is looked at.
const PARTIAL_CHECK: Duration = Duration::from_secs(5);
/// How old an unfinished frame may be while others wait for memory.
const PARTIAL_PATIENCE: Duration = Duration::from_secs(10);
/// A peer that has closed its side may still read the answers to what it asked, for so long.
const FAREWELL: Duration = Duration::from_secs(30);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("closed by the peer")]
    Peer,
    #[error("idle for too long")]
    Idle,
    #[error("an unfinished frame held memory that others need")]
    Stalled,
    #[error("the node is stopping")]
    Stopping,
    #[error("a request could not be answered")]
    Refused,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What bounds a connection.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) frame: usize,
    pub(crate) pipeline: usize,
    pub(crate) idle: Option<Duration>,
    pub(crate) budget: Budget,
}

struct InFlight {
    reply: Reply,
    answer: Option<Answer>,
    _memory: Permit,
}

pub(crate) struct Connection<S: Service> {
    service: Arc<S>,
    session: Arc<S::Session>,
    stream: TcpStream,
    frames: Frames,
    in_flight: VecDeque<InFlight>,
    /// Bytes of answers that are known and wait for those before them.
    held_back: usize,
    outbox: Outbox,
    waiting_for_memory: Option<Pin<Box<dyn Future<Output = Permit> + Send>>>,
    bounds: Bounds,
    alarm: Pin<Box<Sleep>>,
    last_heard: Instant,
    partial_since: Option<Instant>,
    /// No more requests are read: the peer has closed its side, or the connection is to be closed.
    ending: Option<End>,
}

impl<S: Service> Connection<S> {
    pub(crate) fn new(service: Arc<S>, session: Arc<S::Session>, stream: TcpStream, bounds: Bounds) -> Connection<S> {
        let now = Instant::now();
        Connection {
            service,
            session,
            stream,
            frames: Frames::new(bounds.frame, bounds.budget.clone()),
            in_flight: VecDeque::new(),
            held_back: 0,
            outbox: Outbox::default(),
            waiting_for_memory: None,
            alarm: Box::pin(sleep_until(now + bounds.idle.unwrap_or(PARTIAL_CHECK))),
            bounds,
            last_heard: now,
            partial_since: None,
            ending: None,
        }
    }

    /// Serves the connection to its end.
    ///
    /// After `stop` no further request is read, after `cut` none is waited for.
    pub(crate) async fn serve(mut self, stop: CancellationToken, cut: CancellationToken) -> End {
        let mut stopping = Box::pin(stop.cancelled_owned());
        let mut cutting = Box::pin(cut.cancelled_owned());
        poll_fn(|context| {
            if cutting.as_mut().poll(context).is_ready() {
                return Poll::Ready(End::Stopping);
            }
            if self.ending.is_none() && stopping.as_mut().poll(context).is_ready() {
                self.ending = Some(End::Stopping);
            }
            self.poll_serve(context)
        })
        .await
    }

    fn poll_serve(&mut self, context: &mut Context<'_>) -> Poll<End> {
        if let Poll::Ready(end) = self.poll_alarm(context) {
            return Poll::Ready(end);
        }
        self.poll_replies(context);
        loop {
            self.collect_answers();
            match self.outbox.poll_send(&mut self.stream, context) {
                Poll::Ready(Err(error)) => return Poll::Ready(End::Io(error)),
                Poll::Ready(Ok(())) if self.in_flight.is_empty() => {
                    if let Some(end) = self.ending.take() {
                        return Poll::Ready(end);
                    }
                }
                _ => {}
            }
            if self.ending.is_some() || !self.has_room() {
                return Poll::Pending;
            }
            match self.poll_receive(context) {
                Poll::Ready(Ok(())) => {}
                // Nobody is there any more to hear an answer.
                Poll::Ready(Err(end @ End::Io(_))) => return Poll::Ready(end),
                Poll::Ready(Err(end)) => {
                    self.ending = Some(end);
                    self.last_heard = Instant::now();
                    self.alarm.as_mut().reset(self.last_heard + FAREWELL);
                    if self.poll_alarm(context).is_ready() {
                        return Poll::Ready(End::Peer);
                    }
                }
                Poll::Pending => {
                    self.collect_answers();
                    return match self.outbox.poll_send(&mut self.stream, context) {
                        Poll::Ready(Err(error)) => Poll::Ready(End::Io(error)),
                        _ => Poll::Pending,
                    };
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() < self.bounds.pipeline && self.outbox.bytes() + self.held_back < OUTBOX_LIMIT
    }

    /// Reads once and starts every request that is whole. `Pending`: nothing more to read or start now.
    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<(), End>> {
        if let Some(waiting) = &mut self.waiting_for_memory {
            let permit = std::task::ready!(waiting.as_mut().poll(context));
            self.waiting_for_memory = None;
            self.frames.grant(permit);
        }
        // What was read while the pipeline was full comes first.
        if self.frames.is_partial() && self.start_requests(context)? > 0 {
            return Poll::Ready(Ok(()));
        }
        if self.waiting_for_memory.is_some() {
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(self.stream.poll_read_ready(context))?;
        let buffer = self.frames.read_buffer();
        let read = match tokio_util::io::poll_read_buf(Pin::new(&mut self.stream), context, buffer) {
            Poll::Ready(Ok(read)) => read,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Io(error))),
            Poll::Pending => {
                self.frames.rest();
                return Poll::Pending;
            }
        };
        if read == 0 {
            return Poll::Ready(Err(End::Peer));
        }
        self.last_heard = Instant::now();
        let started = self.start_requests(context)?;
        self.frames.rest();
        self.note_partial(started > 0);
        Poll::Ready(Ok(()))
    }

    /// Starts the requests whose frames are whole, in their order, as far as the pipeline has room.
    fn start_requests(&mut self, context: &mut Context<'_>) -> Result<usize, End> {
        let mut started = 0;
        while self.has_room() {
            match self.frames.cut()? {
                Cut::Frame(frame, memory) => {
                    started += 1;
                    let mut reply = self.service.call(&self.session, frame);
                    let answer = match reply.as_mut().poll(context) {
                        Poll::Ready(answer) => Some(answer),
                        Poll::Pending => None,
                    };
                    match answer {
                        // Nobody is before it: it goes straight out.
                        Some(answer) if self.in_flight.is_empty() => self.take_answer(answer),
                        answer => {
                            self.held_back += answer.as_ref().map_or(0, length);
                            self.in_flight.push_back(InFlight { reply, answer, _memory: memory });
                        }
                    }
                    if self.ending.is_some() {
                        break;
                    }
                }
                Cut::WantsBudget(bytes) => {
                    let budget = self.bounds.budget.clone();
                    self.waiting_for_memory = Some(Box::pin(async move { budget.acquire(bytes).await }));
                    break;
                }
                Cut::Incomplete => break,
            }
        }
        Ok(started)
    }

    fn poll_replies(&mut self, context: &mut Context<'_>) {
        for request in self.in_flight.iter_mut().filter(|request| request.answer.is_none()) {
            if let Poll::Ready(answer) = request.reply.as_mut().poll(context) {
                self.held_back += length(&answer);
                request.answer = Some(answer);
            }
        }
    }

    fn collect_answers(&mut self) {
        while self.in_flight.front().is_some_and(|request| request.answer.is_some()) {
            if let Some(answer) = self.in_flight.pop_front().and_then(|request| request.answer) {
                self.held_back -= length(&answer);
                self.take_answer(answer);
            }
        }
    }

    fn take_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Send(segments) => segments.into_iter().for_each(|segment| self.outbox.push(segment)),
            Answer::Nothing => {}
            Answer::Close => {
                self.in_flight.clear();
                self.held_back = 0;
                self.ending = Some(End::Refused);
            }
        }
    }

    /// Remembers since when the frame at the front is unfinished; `fresh`: it is another one than before.
    fn note_partial(&mut self, fresh: bool) {
        if fresh {
            self.partial_since = None;
        }
        match (self.frames.is_partial(), self.partial_since) {
            (true, None) => {
                self.partial_since = Some(self.last_heard);
                let check = self.last_heard + PARTIAL_CHECK;
                if self.alarm.deadline() > check {
                    self.alarm.as_mut().reset(check);
                }
            }
            (false, Some(_)) => self.partial_since = None,
            _ => {}
        }
    }

    /// Ready when the connection has been silent, or has held an unfinished frame, for too long. The alarm is set again
    /// only when it rings: a busy connection touches no timer.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<End> {
        while self.alarm.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if matches!(self.ending, Some(End::Peer)) && now - self.last_heard >= FAREWELL {
                return Poll::Ready(End::Peer);
            }
            // A frame that waits for us is not the peer's fault.
            let ours = self.waiting_for_memory.is_some() || !self.has_room();
            if let Some(since) = self.partial_since.filter(|_| !ours) {
                let contended = self.bounds.budget.used() > self.bounds.budget.limit() / 2;
                if contended && now - since > PARTIAL_PATIENCE {
                    return Poll::Ready(End::Stalled);
                }
            }
            if let Some(idle) = self.bounds.idle
                && self.in_flight.is_empty()
                && now - self.last_heard >= idle
            {
                return Poll::Ready(End::Idle);
            }
            let next = match (self.partial_since, self.bounds.idle) {
                (Some(_), _) => now + PARTIAL_CHECK,
                (None, Some(idle)) => (self.last_heard + idle).max(now + Duration::from_millis(10)),
                (None, None) => now + Duration::from_secs(24 * 3600),
            };
            self.alarm.as_mut().reset(next);
        }
        Poll::Pending
    }
}

/// Bytes of an answer.
fn length(answer: &Answer) -> usize {
    match answer {
        Answer::Send(segments) => segments.iter().map(Segment::length).sum(),
        Answer::Nothing | Answer::Close => 0,
    }
}
