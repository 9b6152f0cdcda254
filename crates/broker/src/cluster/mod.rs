//! The cluster as this node sees it: the published image, and the way to the controller.
//!
//! ```text
//!  ask(command) ──▶ driver thread: decide ─▶ append ─▶ sync ─▶ commit ─▶ publish ─▶ answer
//!                                                                   │
//!  image() ◀──────────────── the published image ◀──────────────────┘
//! ```
//!
//! The driver owns the metadata log, the quorum's machine and the controller's ledger. It takes everything that has queued up,
//! writes it with one sync, and answers when it is committed and this node has acted on it: a topic that was created is
//! usable when its creator hears of it.

mod auto_create;
pub(crate) mod checkpoint;
mod driver;
mod log;
mod publish;
mod rules;

pub(crate) use auto_create::AutoCreate;
pub(crate) use driver::{DriverParts, start};
pub(crate) use publish::Publisher;
pub(crate) use rules::KeyTable;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use arc_swap::ArcSwap;
use metadata::image::FeatureRange;
use metadata::{Answer, ClusterImage, Command};
use tokio::sync::oneshot;
use types::{ErrorCode, Offset, Str};

/// Questions that may wait for the controller; more are refused with a code that clients retry.
const QUEUE: usize = 10_000;

/// Something for the driver.
#[derive(Debug)]
pub(crate) enum Message {
    /// A question to the controller.
    Command(Box<Command>, oneshot::Sender<Answer>),
    /// A question to the quorum, and the listener it came through.
    Quorum(Str, Box<quorum::message::Request>, oneshot::Sender<Result<quorum::message::Response, ErrorCode>>),
    /// Nothing more will come.
    Stop,
}

/// What the driver publishes.
#[derive(Debug)]
pub(crate) struct Published {
    image: ArcSwap<ClusterImage>,
    offset: AtomicI64,
    broker_epoch: AtomicI64,
}

/// The way to the controller, and what it has published.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    published: Arc<Published>,
    sender: SyncSender<Message>,
    supported: Arc<[FeatureRange]>,
}

impl Cluster {
    /// The cluster as it was last published.
    pub(crate) fn image(&self) -> arc_swap::Guard<Arc<ClusterImage>> {
        self.published.image.load()
    }

    /// The offset up to which the metadata log is published.
    pub(crate) fn published_offset(&self) -> Offset {
        self.published.offset.load(Ordering::Acquire)
    }

    /// The features that this node can work with.
    pub(crate) fn supported_features(&self) -> impl Iterator<Item = &FeatureRange> {
        self.supported.iter()
    }

    /// The session of this broker, −1 before it is registered.
    pub(crate) fn broker_epoch(&self) -> i64 {
        self.published.broker_epoch.load(Ordering::Acquire)
    }

    pub(crate) fn set_broker_epoch(&self, epoch: i64) {
        self.published.broker_epoch.store(epoch, Ordering::Release);
    }

    /// Asks the controller; the answer comes when what it says is committed and published.
    pub(crate) async fn ask(&self, command: Command) -> Result<Answer, ErrorCode> {
        let (sender, answer) = oneshot::channel();
        self.send(Message::Command(Box::new(command), sender))?;
        answer.await.map_err(|_| ErrorCode::BrokerNotAvailable)
    }

    /// Asks the metadata quorum.
    pub(crate) async fn ask_quorum(
        &self,
        listener: &str,
        request: quorum::message::Request,
    ) -> Result<quorum::message::Response, ErrorCode> {
        let (sender, answer) = oneshot::channel();
        self.send(Message::Quorum(listener.into(), Box::new(request), sender))?;
        answer.await.unwrap_or(Err(ErrorCode::BrokerNotAvailable))
    }

    /// Creates a topic that somebody needs. A topic that somebody else creates at the same time is as good.
    pub(crate) async fn auto_create(&self, wanted: AutoCreate) -> ErrorCode {
        match self.ask(wanted.into_command()).await {
            Ok(Answer::CreateTopics(results)) => match results.into_iter().next().map(|result| result.result) {
                Some(Ok(_)) => ErrorCode::None,
                Some(Err(refusal)) if refusal.code == ErrorCode::TopicAlreadyExists => ErrorCode::None,
                Some(Err(refusal)) => refusal.code,
                None => ErrorCode::UnknownServerError,
            },
            Ok(_) => ErrorCode::UnknownServerError,
            Err(code) => code,
        }
    }

    /// Ends the driver when everything that was asked before is done.
    pub(crate) fn stop(&self) {
        // A full queue is drained by the driver; an error means that it has ended.
        let _ = self.sender.send(Message::Stop);
    }

    fn send(&self, message: Message) -> Result<(), ErrorCode> {
        self.sender.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => ErrorCode::RequestTimedOut,
            TrySendError::Disconnected(_) => ErrorCode::BrokerNotAvailable,
        })
    }
}
