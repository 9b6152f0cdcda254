//! Tests that walk over every record in every version.

mod control_records;
mod coordinator_logs;
mod metadata_log;

use wire::{Probe, Sampler};

use crate::probes;

/// So many made-up records of each kind and version.
const SEEDS: std::ops::Range<u64> = 0..20;

fn everything() -> impl Iterator<Item = (&'static Probe, i16)> {
    probes::ALL.iter().flat_map(|probe| (probe.first..=probe.last).map(move |version| (probe, version)))
}

#[test]
fn every_record_survives_in_every_version() {
    for (probe, version) in everything() {
        for seed in SEEDS {
            assert!((probe.survives)(&mut Sampler::new(seed), version), "{} version {version} seed {seed}", probe.name);
        }
    }
}

#[test]
fn every_default_can_be_written() {
    for (probe, version) in everything() {
        assert!((probe.default)(version).is_ok(), "{} version {version}", probe.name);
    }
}

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
fn changed_bytes_give_an_error_or_another_record() {
    let (mut decoded, mut refused) = (0, 0);
    for (probe, version) in everything() {
        for seed in SEEDS {
            let mut sampler = Sampler::new(seed);
            let original = (probe.sample)(&mut sampler, version).expect("encodes");
            for _ in 0..20 {
                let mut bytes = original.to_vec();
                let place = sampler.below(bytes.len() as u64) as usize;
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = [0xff, 0x7f, 0x80, 0, sampler.bits() as u8][sampler.below(5) as usize];
                }
                match (probe.decode)(bytes.into(), version) {
                    Ok(_) => decoded += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(decoded > 1000 && refused > 1000, "{decoded} decoded, {refused} refused: the changes miss something");
}
