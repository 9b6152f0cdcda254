//! Tests that walk over every message in every version.

mod absent_fields;
mod frames;
mod hostile;
mod independent_codec;
mod round_trip;

use crate::{Probe, probes};

/// So many made-up messages of each kind and version.
const SEEDS: std::ops::Range<u64> = 0..12;

/// Every message in every version that it has.
fn everything() -> impl Iterator<Item = (&'static Probe, i16)> {
    probes::ALL.iter().flat_map(|probe| (probe.first..=probe.last).map(move |version| (probe, version)))
}

#[test]
fn every_request_and_response_has_a_probe() {
    for api in crate::ApiKey::ALL {
        for part in ["Request", "Response"] {
            let name = format!("{}{part}", api.name());
            assert!(probes::ALL.iter().any(|probe| probe.name == name), "{name}");
        }
    }
}
