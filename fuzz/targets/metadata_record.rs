//! Records of the metadata log: read, written again, and entered into an image of the cluster.
//!
//! An image survives its own snapshot.
#![no_main]

use bytes::Bytes;
use fuzz::Input;
use libfuzzer_sys::fuzz_target;
use metadata::{Changes, ClusterImage};
use records::control::ControlRecord;
use records::{metadata as framed, remote_log};

/// An image is compared with its snapshot once in an input, its records are few.
const MAX_RECORDS: usize = 64;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut image = ClusterImage::new();
    for _ in 0..MAX_RECORDS {
        if input.is_empty() {
            break;
        }
        let bytes = Bytes::copy_from_slice(input.piece());
        others(&bytes);
        let Ok((record, version)) = framed::decode(bytes) else { continue };
        let written = framed::encode(&record, version).expect("what was read can be written");
        let (again, _) = framed::decode(written.clone()).expect("what was written can be read");
        assert_eq!(framed::encode(&again, version), Ok(written), "{record:?}");
        let before = image.clone();
        if image.apply(&record).is_err() {
            assert!(Changes::between(&before, &image).is_empty(), "a refused record changes nothing");
        }
    }
    let mut copy = ClusterImage::new();
    for record in image.to_records() {
        copy.apply(&record).expect("a snapshot contradicts nothing");
        let _ = framed::encode(&record, record.highest_version(image.metadata_version().level()));
    }
    let _ = Changes::between(&copy, &image);
});

/// The same bytes as other kinds of records.
fn others(bytes: &Bytes) {
    if let Ok(record) = remote_log::decode(bytes.clone()) {
        let written = remote_log::encode(&record).expect("what was read can be written");
        remote_log::decode(written).expect("what was written can be read");
    }
    for code in 0..8 {
        let key = Bytes::copy_from_slice(&[0, 0, 0, code]);
        if let Ok(record) = ControlRecord::decode(key, bytes.clone()) {
            let _ = record.encode();
        }
    }
}
