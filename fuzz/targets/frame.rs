//! Frames and messages: what a connection reads, and every message in every version.
//!
//! What can be read can be written, and what was written is read as the same.
#![no_main]

use bytes::Bytes;
use fuzz::Input;
use libfuzzer_sys::fuzz_target;
use wire::frame::{decode_request_header, frame_length};
use wire::{Message, RequestHeader, decode_any_request, probes};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    match input.byte() % 2 {
        0 => request(input.0),
        _ => message(input),
    }
});

/// The rest of the input is a request's frame, its length taken off.
fn request(frame: &[u8]) {
    if let Some(prefix) = frame.first_chunk() {
        let _ = frame_length(*prefix);
    }
    let Ok((api, header, reader)) = decode_request_header(Bytes::copy_from_slice(frame)) else { return };
    let header_version = api.request_header_version(header.request_api_version);
    let written = header.to_bytes(header_version).expect("a header that was read can be written");
    assert_eq!(RequestHeader::from_bytes(written, header_version), Ok(header.clone()));
    let _ = decode_any_request(api, header.request_api_version, reader.rest());
}

/// Two bytes choose the message, one its version; the rest is the message.
fn message(mut input: Input<'_>) {
    let probe = &probes::ALL[usize::from(input.short()) % probes::ALL.len()];
    let version = probe.first + i16::from(input.byte()) % (probe.last - probe.first + 1);
    let Ok(message) = (probe.decode)(Bytes::copy_from_slice(input.0), version) else { return };
    let written = message.encode(version).expect("what was read can be written");
    let again = (probe.decode)(written.clone(), version).expect("what was written can be read");
    assert_eq!(again.encode(version).as_ref(), Ok(&written), "{} version {version}", probe.name);
}
