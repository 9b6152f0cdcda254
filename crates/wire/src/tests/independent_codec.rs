//! Our bytes against those of another codec that was generated from Kafka's own schema files: what we write it must read,
//! and what it writes from that must be the same bytes.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{self as theirs, ApiKey as TheirKey, RequestKind, ResponseKind};
use kafka_protocol::protocol::{Decodable, Encodable};

use super::SEEDS;
use crate::{ApiKey, Probe, Sampler, probes};

/// Requests whose newest version was not yet stable in the release that the other codec was generated from: its structs end
/// before it, though its table of APIs has it.
const BEYOND_THEIRS: [(ApiKey, i16); 3] =
    [(ApiKey::OffsetCommit, 10), (ApiKey::OffsetFetch, 10), (ApiKey::InitProducerId, 6)];

/// Values whose first field is their own version: the other codec reads the rest in that version, so it must be true.
const SAY_THEIR_VERSION: [&str; 2] = ["LeaderChangeMessage", "VotersRecord"];

/// Reads with the other codec and writes again.
fn request(api: TheirKey, bytes: &mut Bytes, version: i16) -> Result<BytesMut, String> {
    let message = RequestKind::decode(api, bytes, version).map_err(|error| error.to_string())?;
    let mut again = BytesMut::new();
    message.encode(&mut again, version).map_err(|error| error.to_string())?;
    Ok(again)
}

fn response(api: TheirKey, bytes: &mut Bytes, version: i16) -> Result<BytesMut, String> {
    let message = ResponseKind::decode(api, bytes, version).map_err(|error| error.to_string())?;
    let mut again = BytesMut::new();
    message.encode(&mut again, version).map_err(|error| error.to_string())?;
    Ok(again)
}

fn probe(name: &str) -> &'static Probe {
    probes::ALL.iter().find(|probe| probe.name == name).expect("every message has a probe")
}

/// How many messages were compared, and what differed.
#[derive(Default)]
struct Tally {
    same: usize,
    different: Vec<String>,
}

impl Tally {
    fn compare(&mut self, probe: &Probe, version: i16, theirs: impl Fn(&mut Bytes) -> Result<BytesMut, String>) {
        for seed in SEEDS {
            let mut bytes = (probe.sample)(&mut Sampler::new(seed), version).expect("encodes");
            if SAY_THEIR_VERSION.contains(&probe.name) {
                bytes = [&version.to_be_bytes(), &bytes[2..]].concat().into();
            }
            let mut unread = bytes.clone();
            let difference = match theirs(&mut unread) {
                Err(error) => error,
                Ok(_) if !unread.is_empty() => format!("{} bytes unread", unread.len()),
                Ok(again) if again != bytes => format!("\nours   {bytes:x?}\ntheirs {again:x?}"),
                Ok(again) => {
                    let decoded = (probe.decode)(again.freeze(), version).expect("their bytes are read");
                    assert_eq!(decoded.encode(version), Ok(bytes));
                    self.same += 1;
                    continue;
                }
            };
            self.different.push(format!("{} version {version} seed {seed}: {difference}", probe.name));
        }
    }

    fn check(self, at_least: usize) {
        let shown = self.different.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.different.is_empty(), "{} differ, {} do not\n{shown}", self.different.len(), self.same);
        assert!(self.same >= at_least, "only {} messages were compared", self.same);
    }
}

#[test]
fn every_request_and_response_is_the_same_in_both_codecs() {
    let mut tally = Tally::default();
    for &api in ApiKey::ALL {
        let Ok(their_key) = TheirKey::try_from(api.code()) else { continue };
        let range = their_key.valid_versions();
        for version in api.versions().filter(|version| (range.min..=range.max).contains(version)) {
            if !BEYOND_THEIRS.contains(&(api, version)) {
                tally.compare(probe(&format!("{api}Request")), version, |bytes| request(their_key, bytes, version));
            }
            tally.compare(probe(&format!("{api}Response")), version, |bytes| response(their_key, bytes, version));
        }
    }
    tally.check(6900);
}

fn recode<M: Encodable + Decodable>(bytes: &mut Bytes, version: i16) -> Result<BytesMut, String> {
    let message = M::decode(bytes, version).map_err(|error| error.to_string())?;
    let mut again = BytesMut::new();
    message.encode(&mut again, version).map_err(|error| error.to_string())?;
    Ok(again)
}

#[test]
fn headers_and_values_within_messages_are_the_same_in_both_codecs() {
    type Recode = fn(&mut Bytes, i16) -> Result<BytesMut, String>;
    let all: [(&str, Recode); 11] = [
        ("RequestHeader", recode::<theirs::RequestHeader>),
        ("ResponseHeader", recode::<theirs::ResponseHeader>),
        ("ConsumerProtocolAssignment", recode::<theirs::ConsumerProtocolAssignment>),
        ("ConsumerProtocolSubscription", recode::<theirs::ConsumerProtocolSubscription>),
        ("DefaultPrincipalData", recode::<theirs::DefaultPrincipalData>),
        ("EndTxnMarker", recode::<theirs::EndTxnMarker>),
        ("KRaftVersionRecord", recode::<theirs::KRaftVersionRecord>),
        ("LeaderChangeMessage", recode::<theirs::LeaderChangeMessage>),
        ("SnapshotFooterRecord", recode::<theirs::SnapshotFooterRecord>),
        ("SnapshotHeaderRecord", recode::<theirs::SnapshotHeaderRecord>),
        ("VotersRecord", recode::<theirs::VotersRecord>),
    ];
    let mut tally = Tally::default();
    for (name, recode) in all {
        let probe = probe(name);
        for version in probe.first..=probe.last {
            tally.compare(probe, version, |bytes| recode(bytes, version));
        }
    }
    tally.check(200);
}

#[test]
fn headers_have_the_same_versions_in_both_codecs() {
    for &api in ApiKey::ALL {
        let Ok(their_key) = TheirKey::try_from(api.code()) else { continue };
        let range = their_key.valid_versions();
        for version in api.versions().filter(|version| (range.min..=range.max).contains(version)) {
            assert_eq!(
                api.request_header_version(version),
                their_key.request_header_version(version),
                "{api} {version}"
            );
            assert_eq!(
                api.response_header_version(version),
                their_key.response_header_version(version),
                "{api} {version}"
            );
        }
    }
}
