//! From a frame to its handler, and from a response to the segments that are sent.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use net::{Answer, ConnectionInfo, Reply, Segment, Service};
use runtime::FileSlice;
use security::{Operation, Principal, Resource, ResourceType};
use tokio::sync::watch;
use types::Str;
use wire::{ApiKey, Message, Piece, RequestHeader};

use crate::api;
use crate::node::Node;

/// What the node remembers of a connection.
#[derive(Debug)]
pub(crate) struct Session {
    info: ConnectionInfo,
    /// The listener is for controllers and those who administer them.
    for_controllers: bool,
    principal: Principal,
    /// What the client says it is, from its ApiVersions request.
    software: OnceLock<Str>,
    /// Requests that have arrived, so that a held answer can give way to those behind it.
    arrivals: watch::Sender<u64>,
}

impl Session {
    pub(crate) fn id(&self) -> u64 {
        self.info.id
    }

    /// The name of the listener: answers carry the addresses of the same listener.
    pub(crate) fn listener(&self) -> &str {
        &self.info.listener
    }

    /// The client has said what it is; what it says first counts.
    pub(crate) fn set_software(&self, name: &str) {
        self.software.get_or_init(|| name.into());
    }

    /// What the client is, if it has said so (ApiVersions 3 and later).
    pub(crate) fn software(&self) -> Option<&str> {
        self.software.get().map(|name| name.as_str())
    }

    /// How many requests have arrived so far.
    pub(crate) fn arrivals(&self) -> u64 {
        *self.arrivals.borrow()
    }

    /// Returns when more than `seen` requests have arrived.
    pub(crate) async fn another_after(&self, seen: u64) {
        let mut arrivals = self.arrivals.subscribe();
        // An error means that the connection is gone: then nothing arrives any more.
        if arrivals.wait_for(|&count| count > seen).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Is the listener one for controllers?
    pub(crate) fn is_for_controllers(&self) -> bool {
        self.for_controllers
    }

    /// From where.
    pub(crate) fn host(&self) -> IpAddr {
        self.info.peer.ip()
    }
}

/// A request on its way: where it came from, what it is.
pub(crate) struct Context {
    pub(crate) node: Arc<Node>,
    pub(crate) session: Arc<Session>,
    header: RequestHeader,
    api: ApiKey,
    started: Duration,
}

impl Context {
    /// The version of the request, and so of the answer.
    pub(crate) fn version(&self) -> i16 {
        self.header.request_api_version
    }

    /// The client's name for itself; empty when it has none.
    pub(crate) fn client_id(&self) -> &str {
        self.header.client_id.as_deref().unwrap_or("")
    }

    /// May the connection's user do this?
    pub(crate) fn allows(&self, operation: Operation, resource: Resource<'_>) -> bool {
        self.node.authorizer.allows(&self.session.principal, self.session.host(), operation, resource)
    }

    /// May the connection's user do this to any resource of a kind?
    pub(crate) fn allows_any(&self, operation: Operation, kind: ResourceType) -> bool {
        self.node.authorizer.allows_any(&self.session.principal, self.session.host(), operation, kind)
    }

    /// What the connection's user may do, as the bits that answers carry.
    pub(crate) fn allowed_bits(&self, resource: Resource<'_>) -> i32 {
        self.node.authorizer.allowed_bits(&self.session.principal, self.session.host(), resource)
    }

    /// What is needed to answer once the handler has taken the context.
    pub(crate) fn finish(&self) -> Finish {
        Finish {
            node: self.node.clone(),
            api: self.api,
            version: self.version(),
            correlation_id: self.header.correlation_id,
            started: self.started,
        }
    }
}

/// What a handler returns.
pub(crate) enum Outcome<M> {
    /// The response.
    Respond(M),
    /// The response, and the file slices that its deferred records stand for.
    RespondWith(M, Vec<FileSlice>),
    /// The response in another version than the request's.
    RespondAs(M, i16),
    /// The client does not want to hear anything.
    Nothing,
    /// The connection must end.
    Close,
}

impl<M: Message> From<M> for Outcome<M> {
    fn from(response: M) -> Outcome<M> {
        Outcome::Respond(response)
    }
}

/// Turns an outcome into an answer.
pub(crate) struct Finish {
    node: Arc<Node>,
    api: ApiKey,
    version: i16,
    correlation_id: i32,
    started: Duration,
}

impl Finish {
    pub(crate) fn answer<M: Message>(self, outcome: Outcome<M>) -> Answer {
        let (response, slices, version) = match outcome {
            Outcome::Respond(response) => (response, Vec::new(), self.version),
            Outcome::RespondWith(response, slices) => (response, slices, self.version),
            Outcome::RespondAs(response, version) => (response, Vec::new(), version),
            Outcome::Nothing => {
                self.measure();
                return Answer::Nothing;
            }
            Outcome::Close => return Answer::Close,
        };
        match wire::frame::response_frame(self.correlation_id, self.api, version, &response) {
            Ok(encoded) => {
                self.measure();
                let segments = encoded.pieces.into_iter().filter_map(|piece| segment(piece, &slices));
                Answer::Send(segments.collect())
            }
            Err(error) => {
                tracing::error!(api = %self.api, version, %error, "a response cannot be encoded");
                Answer::Close
            }
        }
    }

    fn measure(&self) {
        self.node.metrics.request(self.api, self.node.clock.monotonic().saturating_sub(self.started));
    }
}

fn segment(piece: Piece, slices: &[FileSlice]) -> Option<Segment> {
    match piece {
        Piece::Bytes(bytes) => Some(Segment::Bytes(bytes)),
        Piece::Deferred(index) => slices.get(index as usize).cloned().map(Segment::File),
    }
}

/// Serves the connections of one listener.
pub(crate) struct Router {
    pub(crate) node: Arc<Node>,
    /// The listener is for controllers.
    pub(crate) for_controllers: bool,
}

impl Service for Router {
    type Session = Session;

    fn connected(&self, info: ConnectionInfo) -> Arc<Session> {
        Arc::new(Session {
            info,
            for_controllers: self.for_controllers,
            principal: Principal::anonymous(),
            software: OnceLock::new(),
            arrivals: watch::Sender::new(0),
        })
    }

    fn call(&self, session: &Arc<Session>, frame: Bytes) -> Reply {
        let started = self.node.clock.monotonic();
        session.arrivals.send_modify(|count| *count += 1);
        let (api, mut header, body) = match wire::frame::decode_request_header(frame) {
            Ok(decoded) => decoded,
            Err(error) => {
                tracing::info!(connection = session.id(), peer = %session.host(), %error, "closed a connection: not a request");
                return Box::pin(std::future::ready(Answer::Close));
            }
        };
        let version = header.request_api_version;
        if api != ApiKey::Produce {
            // A request that waits must not hold the whole buffer that it came in.
            header.client_id = header.client_id.map(|client_id| client_id.detached());
        }
        let context = Context { node: self.node.clone(), session: session.clone(), header, api, started };
        match api::row(api).filter(|row| row.is_served_on(self.for_controllers)) {
            Some(row) if api.stable_versions().contains(&version) => row.call(context, body),
            // A client from the future must learn what we speak (KIP-511).
            Some(_) if api == ApiKey::ApiVersions => {
                let answer = context.finish().answer(api::cluster::api_versions::unsupported(&context));
                Box::pin(std::future::ready(answer))
            }
            _ => {
                tracing::info!(connection = session.id(), %api, version, "closed a connection: this API or version is not served");
                Box::pin(std::future::ready(Answer::Close))
            }
        }
    }
}
