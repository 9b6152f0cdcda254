//! What waits to be sent on a connection: bytes leave in vectored writes, file slices by `sendfile`.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use runtime::{FileSlice, socket};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::Segment;

/// Pieces in one vectored write.
const MAX_PIECES: usize = 64;
/// Bytes of a file sent per system call: other connections get their turn in between.
const MAX_SLICE: u32 = 4 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Outbox {
    segments: VecDeque<Segment>,
    bytes: usize,
    /// Bytes of the file slice at the front that are out already.
    sent: u32,
    /// The slice at the front is known to be in memory.
    warm: bool,
    /// A slice that is being brought into memory on a thread that may wait for the disk.
    warming: Option<JoinHandle<io::Result<()>>>,
}

impl Outbox {
    pub(crate) fn push(&mut self, segment: Segment) {
        let length = segment.length();
        if length > 0 {
            self.bytes += length;
            self.segments.push_back(segment);
        }
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sends until everything is out (`Ready(Ok(()))`) or the socket takes no more (`Pending`).
    pub(crate) fn poll_send(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.segments.front() {
                None => return Poll::Ready(Ok(())),
                Some(Segment::Bytes(_)) => ready!(self.poll_send_bytes(stream, context))?,
                Some(Segment::File(slice)) => {
                    let slice = slice.clone();
                    ready!(self.poll_send_file(&slice, stream, context))?;
                }
            }
        }
    }

    fn poll_send_bytes(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pieces = [IoSlice::new(&[]); MAX_PIECES];
        let mut count = 0;
        for segment in self.segments.iter().take(MAX_PIECES) {
            let Segment::Bytes(bytes) = segment else { break };
            pieces[count] = IoSlice::new(bytes);
            count += 1;
        }
        let written = if count == 1 {
            ready!(Pin::new(stream).poll_write(context, &pieces[0]))?
        } else {
            ready!(Pin::new(stream).poll_write_vectored(context, &pieces[..count]))?
        };
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.bytes -= written;
        let mut left = written;
        while left > 0 {
            let Some(Segment::Bytes(bytes)) = self.segments.front_mut() else { break };
            let done = left.min(bytes.len());
            left -= done;
            if done == bytes.len() {
                self.segments.pop_front();
            } else {
                bytes.advance(done);
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_send_file(
        &mut self,
        slice: &FileSlice,
        stream: &mut TcpStream,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_warm(slice, context))?;
        let part = FileSlice { length: slice.length.min(self.sent.saturating_add(MAX_SLICE)), ..slice.clone() };
        loop {
            ready!(stream.poll_write_ready(context))?;
            match socket::try_send_slice(stream, &part, self.sent) {
                Ok(sent) => {
                    self.sent += sent as u32;
                    self.bytes -= sent;
                    break;
                }
                // The readiness was stale; asking again registers for the next.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if self.sent == slice.length {
            self.segments.pop_front();
            self.sent = 0;
            self.warm = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when sending the slice will not wait for the disk.
    fn poll_warm(&mut self, slice: &FileSlice, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.warm {
            return Poll::Ready(Ok(()));
        }
        if let Some(warming) = &mut self.warming {
            let done = ready!(Pin::new(warming).poll(context));
            self.warming = None;
            self.warm = true;
            return Poll::Ready(done.unwrap_or_else(|_| Err(io::Error::other("reading ahead was cancelled"))));
        }
        if socket::is_cached(slice) {
            self.warm = true;
            return Poll::Ready(Ok(()));
        }
        let cold = slice.clone();
        self.warming = Some(tokio::task::spawn_blocking(move || socket::read_ahead(&cold)));
        self.poll_warm(slice, context)
    }
}
