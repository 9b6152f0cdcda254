//! `Connection`: a socket and a buffer; one read takes as many answers as have arrived.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use wire::frame::{LENGTH_SIZE, decode_response, frame_length, request_frame};
use wire::{ApiVersionsRequest, Request};

use crate::failure::{Failure, Within};

/// The client id of every request.
pub const CLIENT_ID: &str = "bench";

/// What the buffer begins with; it grows for larger answers.
const INITIAL_BUFFER: usize = 64 * 1024;
/// No answer that a load asks for is longer.
const LARGEST_FRAME: usize = 64 << 20;
/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// ApiVersions in the version that every server answers.
const GREETING_VERSION: i16 = 0;

/// A connection to a server.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    next_correlation_id: i32,
}

impl Connection {
    /// Connects; the server answers within a minute or has failed.
    pub fn open(address: SocketAddr) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).within(format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection { stream, buffer: Vec::new(), start: 0, end: 0, next_correlation_id: 0 })
    }

    /// Asks for the versions of all APIs.
    pub fn greet(&mut self) -> Result<(), Failure> {
        self.ask_versions()?;
        self.take_versions()
    }

    /// Sends the question of [`Connection::greet`].
    pub fn ask_versions(&mut self) -> Result<(), Failure> {
        self.ask(GREETING_VERSION, &ApiVersionsRequest::default())
    }

    /// Takes the answer to [`Connection::ask_versions`].
    pub fn take_versions(&mut self) -> Result<(), Failure> {
        let response = self.answer::<ApiVersionsRequest>(GREETING_VERSION)?;
        match types::ErrorCode::from_code(response.error_code) {
            types::ErrorCode::None => Ok(()),
            code => Err(Failure::new(format!("ApiVersions is answered with {code}"))),
        }
    }

    /// Sends a request and waits for its answer; nothing else may be in flight.
    pub fn call<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response, Failure> {
        self.ask(version, request)?;
        self.answer::<R>(version)
    }

    fn ask<R: Request>(&mut self, version: i16, request: &R) -> Result<(), Failure> {
        self.next_correlation_id = self.next_correlation_id.wrapping_add(1);
        let frame = request_frame(self.next_correlation_id, Some(CLIENT_ID), version, request)?.into_bytes()?;
        self.send(&frame)
    }

    fn answer<R: Request>(&mut self, version: i16) -> Result<R::Response, Failure> {
        let frame = Bytes::copy_from_slice(self.wait()?);
        let (correlation_id, response) = decode_response(frame, R::API, version).within(R::API)?;
        if correlation_id != self.next_correlation_id {
            let asked = self.next_correlation_id;
            return Err(Failure::new(format!("{} {asked} is answered by {correlation_id}", R::API)));
        }
        Ok(response)
    }

    /// Sends whole frames.
    pub fn send(&mut self, frames: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(frames).within("sending")
    }

    /// Waits for the next frame and takes it, its length already taken off.
    pub fn wait(&mut self) -> Result<&[u8], Failure> {
        while !self.has_frame()? {
            self.receive()?;
        }
        self.take()
    }

    /// Is a whole frame in the buffer?
    pub fn has_frame(&self) -> Result<bool, Failure> {
        Ok(self.frame_size()?.is_some_and(|size| size <= self.end - self.start))
    }

    /// Takes the frame that [`Connection::has_frame`] has seen.
    pub fn take(&mut self) -> Result<&[u8], Failure> {
        match self.frame_size()? {
            Some(size) if size <= self.end - self.start => {
                let from = self.start + LENGTH_SIZE;
                self.start += size;
                Ok(&self.buffer[from..self.start])
            }
            _ => Err(Failure::new("no whole answer is there")),
        }
    }

    /// From now on, [`Connection::try_send`] and [`Connection::try_receive`] return at once.
    pub fn set_nonblocking(&mut self, nonblocking: bool) -> Result<(), Failure> {
        Ok(self.stream.set_nonblocking(nonblocking)?)
    }

    /// Sends as much as the kernel takes now.
    pub fn try_send(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        match self.stream.write(bytes) {
            Ok(count) => Ok(count),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
            Err(error) => Err(error).within("sending"),
        }
    }

    /// Receives what is there; false if nothing is.
    pub fn try_receive(&mut self) -> Result<bool, Failure> {
        self.make_room()?;
        match self.stream.read(&mut self.buffer[self.end..]) {
            Ok(0) => Err(Failure::new("the server has closed the connection")),
            Ok(count) => {
                self.end += count;
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(false),
            Err(error) => Err(error).within("receiving"),
        }
    }

    /// Waits for bytes.
    fn receive(&mut self) -> Result<(), Failure> {
        // On a blocking socket, "would block" is how an expired patience shows.
        if self.try_receive()? { Ok(()) } else { Err(Failure::new("the server has not answered for a minute")) }
    }

    /// Bytes of the frame at the start of the buffer, as soon as its length is known.
    fn frame_size(&self) -> Result<Option<usize>, Failure> {
        let Some(prefix) = self.buffer[self.start..self.end].first_chunk::<LENGTH_SIZE>() else {
            return Ok(None);
        };
        let length = frame_length(*prefix)?;
        if length > LARGEST_FRAME {
            return Err(Failure::new(format!("an answer of {length} bytes is announced")));
        }
        Ok(Some(length + LENGTH_SIZE))
    }

    /// Makes the buffer long enough for the frame that has begun, and moves it to the front where it must.
    fn make_room(&mut self) -> Result<(), Failure> {
        let wanted = self.frame_size()?.unwrap_or(LENGTH_SIZE).max(INITIAL_BUFFER);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.start > 0 && self.buffer.len() - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted.next_power_of_two(), 0);
        }
        Ok(())
    }
}
