//! A plain client: one connection, requests in the version that the test names.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::Request;

/// What a connection cannot do.
#[derive(Debug)]
pub enum ClientError {
    /// The broker closed the connection.
    Closed,
    /// The answer cannot be read.
    Answer(String),
}

/// One connection to a broker.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    next: i32,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.expect("the broker listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Client { stream, next: 0 }
    }

    /// Connects if somebody listens.
    pub async fn try_connect(address: SocketAddr) -> Option<Client> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Client { stream, next: 0 })
    }

    /// Sends a request and waits for its answer.
    pub async fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        match self.try_ask(version, request).await {
            Ok(response) => response,
            Err(error) => panic!("{} version {version}: {error:?}", R::NAME),
        }
    }

    /// The same, where the broker may close the connection instead.
    pub async fn try_ask<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response, ClientError> {
        let correlation = self.send(version, request).await;
        self.receive::<R>(version, correlation).await
    }

    /// Sends a request without waiting; gives back its correlation id.
    pub async fn send<R: Request>(&mut self, version: i16, request: &R) -> i32 {
        self.next += 1;
        let encoded = wire::frame::request_frame(self.next, Some("testkit"), version, request);
        let frame = encoded.and_then(wire::Encoded::into_bytes).expect("the test's request fits the version");
        self.send_raw(&frame).await;
        self.next
    }

    /// Receives the next answer, which must be the one to this request.
    pub async fn receive<R: Request>(&mut self, version: i16, correlation: i32) -> Result<R::Response, ClientError> {
        let frame = self.receive_raw().await.ok_or(ClientError::Closed)?;
        let decoded = wire::frame::decode_response::<R::Response>(frame, R::API, version);
        let (got, response) = decoded.map_err(|error| ClientError::Answer(error.to_string()))?;
        assert_eq!(got, correlation, "answers come in the order of their requests");
        Ok(response)
    }

    /// Sends bytes as they are.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        // A broker that has closed the connection is noticed when its answer is awaited.
        let _ = self.stream.write_all(bytes).await;
    }

    /// Receives a frame; `None` when the connection is closed.
    pub async fn receive_raw(&mut self) -> Option<Bytes> {
        let length = self.stream.read_i32().await.ok()?;
        let mut frame = BytesMut::zeroed(usize::try_from(length).ok()?);
        self.stream.read_exact(&mut frame).await.ok()?;
        Some(frame.freeze())
    }
}
