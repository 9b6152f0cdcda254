//! What is written is read back: every message, every version, with unknown tagged fields among it.

use bytes::Bytes;

use super::{SEEDS, everything};
use crate::{DecodeError, FetchRequest, Message, Records, Sampler, UnknownTags, VoteRequest};

#[test]
fn every_message_survives_in_every_version() {
    for (probe, version) in everything() {
        for seed in SEEDS {
            assert!((probe.survives)(&mut Sampler::new(seed), version), "{} version {version} seed {seed}", probe.name);
        }
    }
}

#[test]
fn every_default_can_be_written_and_read() {
    for (probe, version) in everything() {
        let bytes = (probe.default)(version);
        let again = bytes.clone().map(|bytes| (probe.decode)(bytes, version).map(|value| value.encode(version)));
        match again {
            Ok(Ok(again)) => assert_eq!(again, bytes, "{} version {version}", probe.name),
            other => panic!("{} version {version}: {other:?}", probe.name),
        }
    }
}

#[test]
fn versions_outside_the_range_are_refused() {
    for (probe, _) in everything() {
        for version in [probe.first - 1, probe.last + 1] {
            let decoded = (probe.decode)(Bytes::new(), version).map(drop);
            assert_eq!(decoded, Err(DecodeError::UnsupportedVersion { message: probe.name, version }));
            assert!((probe.default)(version).is_err(), "{}", probe.name);
        }
    }
}

#[test]
fn unknown_tags_survive_at_every_level() {
    let mut request: VoteRequest = Sampler::new(1).without_unknown_tags().value(2);
    request.topics = vec![Default::default()];
    let mut tags = UnknownTags::default();
    tags.push(77, Bytes::from_static(b"later"));
    tags.push(500_000, Bytes::new());
    request.unknown_tags = tags.clone();
    request.topics[0].unknown_tags = tags;
    let bytes = request.to_bytes(2).expect("encodes");
    let again = VoteRequest::from_bytes(bytes, 2).expect("decodes");
    assert_eq!(again, request);
    assert_eq!(again.topics[0].unknown_tags.as_slice().len(), 2);
}

#[test]
fn unknown_tags_cost_one_pointer() {
    assert_eq!(size_of::<UnknownTags>(), size_of::<usize>());
}

#[test]
fn bytes_after_a_message_are_refused() {
    let mut bytes = FetchRequest::default().to_bytes(12).expect("encodes").to_vec();
    bytes.push(0);
    assert_eq!(FetchRequest::from_bytes(bytes.into(), 12), Err(DecodeError::TrailingBytes(1)));
}

#[test]
fn record_data_is_not_copied_on_decoding() {
    use crate::produce_request::{PartitionData, TopicData};
    let batch = Bytes::from(vec![9; 100]);
    let partition = PartitionData { index: 1, records: Some(Records::Bytes(batch)), ..Default::default() };
    let topic = TopicData { name: "orders".into(), partition_data: vec![partition], ..Default::default() };
    let request = crate::ProduceRequest { topic_data: vec![topic], ..Default::default() };
    let frame = request.to_bytes(9).expect("encodes");
    let decoded = crate::ProduceRequest::from_bytes(frame.clone(), 9).expect("decodes");
    let records = decoded.topic_data[0].partition_data[0].records.as_ref().and_then(Records::as_bytes).expect("bytes");
    assert!(frame.as_ptr_range().contains(&records.as_ptr()));
}
