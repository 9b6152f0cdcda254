//! What real clients sent, and what they were answered: each frame is read completely and written back as the same bytes.
//!
//! The files are made by `interop/record/record`, one for each client. A line is `request` or `response`, the API's number,
//! the version of the request, and the frame without its length in hexadecimal.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the test reads the captured frames")]

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use wire::frame::decode_request_header;
use wire::{ApiKey, DecodeError, Message, Probe, Reader, RequestHeader, ResponseHeader, probes};

/// Clients on librdkafka send bytes behind a Metadata request for all topics; brokers pass over them.
const LIBRDKAFKA: [&str; 2] = ["confluent-kafka", "rdkafka"];

struct Frame {
    client: String,
    line: usize,
    is_request: bool,
    api: ApiKey,
    version: i16,
    bytes: Bytes,
}

fn captured() -> Vec<Frame> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut frames = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let client = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
        frames.extend(lines.map(|(index, line)| frame(client, index + 1, line)));
    }
    frames
}

fn frame(client: &str, line: usize, text: &str) -> Frame {
    let [direction, api, version, hex] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{client}.txt:{line} has not four words");
    };
    assert!(matches!(direction, "request" | "response"), "{client}.txt:{line} is neither request nor response");
    let nibbles: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    Frame {
        client: client.to_owned(),
        line,
        is_request: direction == "request",
        api: ApiKey::from_code(api.parse().unwrap()).unwrap(),
        version: version.parse().unwrap(),
        bytes: nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect(),
    }
}

impl Frame {
    fn place(&self) -> String {
        format!("{}.txt:{}, {} version {}", self.client, self.line, self.api.name(), self.version)
    }

    fn probe(&self) -> &'static Probe {
        let name = format!("{}{}", self.api.name(), if self.is_request { "Request" } else { "Response" });
        probes::ALL.iter().find(|probe| probe.name == name).unwrap()
    }

    /// The header as it was, the header written again, and the body.
    fn parts(&self) -> (Bytes, Bytes, Bytes) {
        let (again, body) = if self.is_request {
            let (api, header, reader) = decode_request_header(self.bytes.clone()).unwrap();
            assert_eq!((api, header.request_api_version), (self.api, self.version), "{}", self.place());
            let header_version = api.request_header_version(self.version);
            (RequestHeader::to_bytes(&header, header_version).unwrap(), reader.rest())
        } else {
            let header_version = self.api.response_header_version(self.version);
            let mut reader = Reader::new(self.bytes.clone());
            let header = ResponseHeader::decode(&mut reader, header_version).unwrap();
            (header.to_bytes(header_version).unwrap(), reader.rest())
        };
        (self.bytes.slice(..self.bytes.len() - body.len()), again, body)
    }

    fn may_have_trailing_bytes(&self) -> bool {
        self.is_request && self.api == ApiKey::Metadata && LIBRDKAFKA.contains(&self.client.as_str())
    }
}

#[test]
fn every_frame_of_real_clients_is_read_and_written_back_as_it_was() {
    let mut with_trailing_bytes = 0;
    for frame in captured() {
        let place = frame.place();
        let (header, header_again, mut body) = frame.parts();
        assert_eq!(header_again, header, "{place}: the header");
        let probe = frame.probe();
        let mut decoded = (probe.decode)(body.clone(), frame.version);
        if let Err(DecodeError::TrailingBytes(count)) = decoded
            && frame.may_have_trailing_bytes()
        {
            with_trailing_bytes += 1;
            body.truncate(body.len() - count);
            decoded = (probe.decode)(body.clone(), frame.version);
        }
        let message = decoded.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(message.encode(frame.version).unwrap(), body, "{place}: {message:?}");
    }
    assert!(with_trailing_bytes > 0, "the exception for librdkafka is not needed any more");
}

#[test]
fn clients_and_apis_that_matter_are_there() {
    let frames = captured();
    let clients: BTreeSet<&str> = frames.iter().map(|frame| frame.client.as_str()).collect();
    let expected =
        ["aiokafka", "confluent-kafka", "franz-go", "kafka-clients", "kafka-python", "kafkajs", "rdkafka", "sarama"];
    assert_eq!(clients.into_iter().collect::<Vec<_>>(), expected);
    for client in expected {
        for api in [ApiKey::ApiVersions, ApiKey::Metadata, ApiKey::Produce, ApiKey::Fetch, ApiKey::JoinGroup] {
            for is_request in [true, false] {
                let has = |frame: &Frame| frame.client == client && frame.api == api && frame.is_request == is_request;
                assert!(frames.iter().any(has), "{client} has no {} (request: {is_request})", api.name());
            }
        }
    }
}

/// The recorder overwrites what tells of its machine.
#[test]
fn nothing_tells_of_the_machine_that_recorded() {
    for frame in captured() {
        let text = String::from_utf8_lossy(&frame.bytes);
        for word in ["/home/", "/root", "/tmp/", "/work", "/Users/"] {
            assert!(!text.contains(word), "{}: {word}", frame.place());
        }
    }
}
