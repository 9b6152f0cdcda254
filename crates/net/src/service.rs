//! What a connection needs of the program behind it, and the shape of an answer.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use runtime::FileSlice;

/// Who is connected, and where.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// Unique within the process.
    pub id: u64,
    /// The listener's name.
    pub listener: Arc<str>,
    /// The address of the other side.
    pub peer: SocketAddr,
    /// The address that was connected to.
    pub local: SocketAddr,
}

/// A piece of an answer.
#[derive(Clone, Debug)]
pub enum Segment {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes in a file, sent without a copy through user space.
    File(FileSlice),
}

impl Segment {
    /// Its length in bytes.
    pub fn length(&self) -> usize {
        match self {
            Segment::Bytes(bytes) => bytes.len(),
            Segment::File(slice) => slice.length as usize,
        }
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// These segments, length prefix included, go out.
    Send(Vec<Segment>),
    /// The request wants no answer.
    Nothing,
    /// The connection cannot go on: it is closed when the answers before this one are out.
    Close,
}

/// An answer that may take a while.
pub type Reply = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The program behind the listeners.
pub trait Service: Send + Sync + 'static {
    /// What the program remembers of one connection; dropped when the connection ends.
    type Session: Send + Sync + 'static;

    /// A connection was accepted.
    fn connected(&self, info: ConnectionInfo) -> Arc<Self::Session>;

    /// A frame has arrived. The reply is polled once before the next frame of the connection is looked at, so whatever
    /// it does before its first wait happens in the order of the requests.
    fn call(&self, session: &Arc<Self::Session>, frame: Bytes) -> Reply;
}
