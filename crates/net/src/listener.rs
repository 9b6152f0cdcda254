//! A listener: accepts connections within its limits and starts a task for each.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use runtime::{Budget, Gate, socket};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::connection::{Bounds, Connection, End};
use crate::{ConnectionInfo, Service};

/// After a failed accept (no file handles left, for instance) the listener waits so long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// What a listener allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest frame in bytes (`socket.request.max.bytes`).
    pub frame_bytes: usize,
    /// Requests of one connection that are worked on at once.
    pub pipeline: usize,
    /// A connection that is silent for so long is closed; `None`: never.
    pub idle: Option<Duration>,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_ip: usize,
    /// Connections that wait to be accepted.
    pub backlog: u32,
    /// Send buffer of a socket; `None`: the system's.
    pub send_buffer: Option<usize>,
    /// Receive buffer of a socket; `None`: the system's.
    pub receive_buffer: Option<usize>,
    /// Memory for received requests, shared by all listeners of the node.
    pub budget: Budget,
}

/// A listener cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("listener {name} cannot listen on {address}: {source}")]
pub struct ListenerError {
    /// The listener's name.
    pub name: String,
    /// The address as configured.
    pub address: String,
    /// What the system says.
    pub source: io::Error,
}

/// How a listener and its connections are ended.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    /// Nothing new begins.
    pub stop: CancellationToken,
    /// What has begun is not waited for any more.
    pub cut: CancellationToken,
}

/// An open port.
pub struct Listener {
    name: Arc<str>,
    socket: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl Listener {
    /// Opens the port. An empty host means every address of the machine; port 0 any free port.
    pub async fn open(name: &str, host: &str, port: u16, limits: Limits) -> Result<Listener, ListenerError> {
        let failed = |source| ListenerError { name: name.to_owned(), address: format!("{host}:{port}"), source };
        let socket = match host {
            "" => socket::listen(SocketAddr::from(([0u16; 8], port)), limits.backlog)
                .or_else(|_| socket::listen(SocketAddr::from(([0u8; 4], port)), limits.backlog)),
            host => {
                let mut last = Err(io::Error::new(io::ErrorKind::NotFound, "the host name has no address"));
                // Several addresses (localhost is ::1 and 127.0.0.1): v4 first, since most clients try it first.
                let mut addresses: Vec<_> = tokio::net::lookup_host((host, port)).await.map_err(failed)?.collect();
                addresses.sort_by_key(SocketAddr::is_ipv6);
                for address in addresses {
                    last = socket::listen(address, limits.backlog);
                    if last.is_ok() {
                        break;
                    }
                }
                last
            }
        }
        .map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Listener { name: name.into(), socket, address, limits })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Accepts until `stops.stop`; then connections finish what they have begun, until `stops.cut`.
    pub async fn serve<S: Service>(self, service: Arc<S>, stops: Stops, tasks: TaskTracker) {
        let doors = Doors {
            all: Gate::new(self.limits.connections),
            per_ip: Arc::new(PerIp { limit: self.limits.connections_per_ip, counts: Mutex::default() }),
        };
        loop {
            let accepted = tokio::select! {
                biased;
                () = stops.stop.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &doors, &service, &stops, &tasks),
                Err(error) => {
                    warn!(listener = %self.name, %error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit<S: Service>(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        doors: &Doors,
        service: &Arc<S>,
        stops: &Stops,
        tasks: &TaskTracker,
    ) {
        let Some(inside) = doors.all.enter() else {
            return warn!(listener = %self.name, %peer, limit = self.limits.connections, "too many connections");
        };
        let Some(from_ip) = doors.per_ip.enter(peer.ip()) else {
            return warn!(listener = %self.name, %peer, limit = self.limits.connections_per_ip, "too many connections of one address");
        };
        let prepared = socket::prepare(&stream, self.limits.send_buffer, self.limits.receive_buffer);
        let (Ok(()), Ok(local)) = (prepared, stream.local_addr()) else {
            return debug!(listener = %self.name, %peer, "gone before it was accepted");
        };
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let info = ConnectionInfo { id, listener: self.name.clone(), peer, local };
        let session = service.connected(info);
        let bounds = Bounds {
            frame: self.limits.frame_bytes,
            pipeline: self.limits.pipeline,
            idle: self.limits.idle,
            budget: self.limits.budget.clone(),
        };
        let connection = Connection::new(service.clone(), session, stream, bounds);
        let stops = stops.clone();
        tasks.spawn(async move {
            let end = connection.serve(stops.stop, stops.cut).await;
            drop((inside, from_ip));
            report(id, peer, end);
        });
    }
}

fn report(id: u64, peer: SocketAddr, end: End) {
    match end {
        End::Frame(error) => info!(id, %peer, %error, "closed a connection that does not speak the protocol"),
        End::Refused | End::Stalled => info!(id, %peer, reason = %end, "closed a connection"),
        end => debug!(id, %peer, reason = %end, "connection ended"),
    }
}

struct Doors {
    all: Gate,
    per_ip: Arc<PerIp>,
}

struct PerIp {
    limit: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

struct FromIp {
    doors: Arc<PerIp>,
    ip: IpAddr,
}

impl PerIp {
    fn enter(self: &Arc<PerIp>, ip: IpAddr) -> Option<FromIp> {
        let mut counts = self.counts.lock();
        let count = counts.entry(ip).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(FromIp { doors: self.clone(), ip })
    }
}

impl Drop for FromIp {
    fn drop(&mut self) {
        let mut counts = self.doors.counts.lock();
        if let Some(count) = counts.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.ip);
            }
        }
    }
}
