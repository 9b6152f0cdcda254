//! Becoming the active controller: the first records of an empty log, and the end of what a predecessor left open.
//!
//! A log without a metadata version was never bootstrapped: the records that formatting prepared are written, wrapped in a
//! metadata transaction where the version has them, so that no node acts on half of them. A transaction that a predecessor
//! left open is aborted. Every registered broker gets a fresh session.

use machine::Now;
use records::{AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord, MetadataRecord};
use types::Str;

use super::draft::{Draft, MIN_IN_SYNC_REPLICAS};
use super::soft::Soft;
use crate::MetadataVersion;
use crate::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, FEATURES, KRAFT_VERSION, METADATA_VERSION};
use crate::image::{ConfigResource, feature_record};

/// This node has become the active controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Activate {
    /// What to write if the log was never bootstrapped.
    pub bootstrap: Bootstrap,
}

/// What a new cluster begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// The metadata version to finalize.
    pub metadata_version: MetadataVersion,
    /// Levels of other features; `kraft.version` is not among them, the quorum keeps it. Level 0 is not written.
    pub features: Vec<(Str, i16)>,
    /// Whatever else formatting was told to prepare: SCRAM credentials.
    pub records: Vec<MetadataRecord>,
}

impl Bootstrap {
    /// A cluster of this version with the features that belong to it.
    pub fn of_version(metadata_version: MetadataVersion) -> Bootstrap {
        let features = FEATURES.iter().filter(|feature| feature.name != KRAFT_VERSION);
        let levels = features.map(|feature| (Str::from_static(feature.name), feature.default_level(metadata_version)));
        Bootstrap { metadata_version, features: levels.filter(|(_, level)| *level > 0).collect(), records: Vec::new() }
    }
}

/// This node is the active controller now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activated {
    /// Was the log bootstrapped just now?
    pub bootstrapped: bool,
    /// Was a predecessor's metadata transaction aborted?
    pub aborted_transaction: bool,
}

pub(super) fn activate(draft: &mut Draft<'_>, soft: &mut Soft, now: Now, command: Activate) -> Activated {
    let aborted_transaction = draft.image().in_transaction();
    if aborted_transaction {
        let reason = Some(Str::from_static("Controller failover"));
        draft.push(MetadataRecord::AbortTransaction(AbortTransactionRecord { reason, ..Default::default() }));
    }
    let bootstrapped = draft.image().finalized_metadata_version().is_none();
    if bootstrapped {
        write_bootstrap(draft, command.bootstrap);
    }
    soft.start(draft.image(), now);
    Activated { bootstrapped, aborted_transaction }
}

fn write_bootstrap(draft: &mut Draft<'_>, bootstrap: Bootstrap) {
    let transactional = bootstrap.metadata_version.has_transactions();
    if transactional {
        let name = Some(Str::from_static("Bootstrap records"));
        draft.push(MetadataRecord::BeginTransaction(BeginTransactionRecord { name, ..Default::default() }));
    }
    draft.push(feature_record(&Str::from_static(METADATA_VERSION), bootstrap.metadata_version.level()));
    for (name, level) in bootstrap.features.iter().filter(|(name, level)| *level != 0 && *name != METADATA_VERSION) {
        draft.push(feature_record(name, *level));
    }
    for record in bootstrap.records {
        draft.push(record);
    }
    if draft.image().feature_level(ELIGIBLE_LEADER_REPLICAS_VERSION) > 0 {
        let value = Str::from(draft.options().min_in_sync_replicas.to_string());
        draft.push_config(&ConfigResource::cluster(), &Str::from_static(MIN_IN_SYNC_REPLICAS), Some(value));
    }
    if transactional {
        draft.push(MetadataRecord::EndTransaction(EndTransactionRecord::default()));
    }
}
