//! Bytes that are wrong: cut off, changed, lying about what follows. Always an error or a message, never a panic.

use bytes::Bytes;

use super::{SEEDS, everything};
use crate::{ApiKey, DecodeError, Message, MetadataRequest, Sampler, VoteRequest, decode_any_request};

#[test]
fn every_truncation_is_an_error() {
    for (probe, version) in everything() {
        for seed in SEEDS {
            let bytes = (probe.sample)(&mut Sampler::new(seed), version).expect("encodes");
            for length in 0..bytes.len() {
                let decoded = (probe.decode)(bytes.slice(..length), version);
                assert!(decoded.is_err(), "{} version {version} seed {seed} cut at {length}", probe.name);
            }
        }
    }
}

#[test]
fn changed_bytes_give_an_error_or_another_message() {
    let mut decoded = 0;
    let mut refused = 0;
    for (probe, version) in everything() {
        for seed in SEEDS {
            let mut sampler = Sampler::new(seed);
            let original = (probe.sample)(&mut sampler, version).expect("encodes");
            for _ in 0..20 {
                let mut bytes = original.to_vec();
                for _ in 0..=sampler.below(3) {
                    let place = sampler.below(bytes.len() as u64) as usize;
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte = [0xff, 0x7f, 0x80, 0, sampler.bits() as u8][sampler.below(5) as usize];
                    }
                }
                match (probe.decode)(bytes.into(), version) {
                    Ok(message) => {
                        decoded += 1;
                        message.encode(version).expect("what was read can be written");
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(decoded > 1000 && refused > 1000, "{decoded} decoded, {refused} refused: the changes miss something");
}

#[test]
fn junk_is_survived_by_every_request() {
    let mut sampler = Sampler::new(99);
    for &api in ApiKey::ALL {
        for version in api.versions() {
            for _ in 0..50 {
                let junk: Bytes = (0..sampler.below(64)).map(|_| sampler.bits() as u8 & sampler.bits() as u8).collect();
                let _ = decode_any_request(api, version, junk);
            }
        }
    }
}

#[test]
fn huge_counts_are_refused_before_anything_is_set_aside() {
    let compact = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(MetadataRequest::from_bytes(compact, 12), Err(DecodeError::CountBeyondInput(u32::MAX as usize - 1)));
    let fixed = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff]);
    assert_eq!(MetadataRequest::from_bytes(fixed, 8), Err(DecodeError::CountBeyondInput(i32::MAX as usize)));
    let negative = Bytes::from_static(&[0xff, 0xff, 0xff, 0xfe]);
    assert_eq!(MetadataRequest::from_bytes(negative, 8), Err(DecodeError::NegativeLength(-2)));
}

/// A VoteRequest of version 0 without topics, then its tagged fields as given.
fn vote(tagged: &[u8]) -> Result<VoteRequest, DecodeError> {
    let body = [&[0, 1][..], tagged].concat();
    VoteRequest::from_bytes(body.into(), 0)
}

#[test]
fn tagged_fields_that_lie_are_refused() {
    assert!(vote(&[0]).is_ok());
    assert!(vote(&[2, 5, 0, 6, 1, 9]).is_ok());
    assert_eq!(vote(&[2, 5, 0, 5, 0]), Err(DecodeError::TagOrder(5)), "twice");
    assert_eq!(vote(&[2, 6, 0, 5, 0]), Err(DecodeError::TagOrder(5)), "falling");
    assert_eq!(vote(&[1, 5, 9, 0]), Err(DecodeError::Truncated), "longer than the input");
    assert_eq!(vote(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Err(DecodeError::Truncated), "too many");
}

#[test]
fn a_known_tag_must_fill_its_size() {
    // FetchRequest version 12, everything zero or empty; tag 0 is the cluster id.
    let body = |tagged: &[u8]| {
        let mut bytes = vec![0; 4 + 4 + 4 + 4 + 1 + 4 + 4];
        bytes.extend([1, 1, 1]);
        bytes.extend(tagged);
        crate::FetchRequest::from_bytes(bytes.into(), 12).map(|request| request.cluster_id)
    };
    assert_eq!(body(&[1, 0, 2, 2, b'c']), Ok(Some("c".into())));
    assert_eq!(body(&[1, 0, 3, 2, b'c', 0]), Err(DecodeError::TagSize(0)));
    assert_eq!(body(&[1, 0, 1, 2, b'c']), Err(DecodeError::Truncated));
}
