//! A broker registers (BrokerRegistration, key 62).
//!
//! What an earlier incarnation left behind is cleaned up first and the registration comes last, so that the records need not
//! be written atomically: after a failure in between the broker registers again. A new incarnation begins fenced, under an epoch
//! that is the log's next offset and so never repeats. The same incarnation that registers again keeps epoch and state.
//!
//! An id with a live session is refused to another process. A process that brings one of the earlier one's log directories is
//! the same broker started again, for directories are locked by the process that uses them: it takes over at once.

use machine::Now;
use records::MetadataRecord;
use types::{ErrorCode, NodeId, Offset, Str, Uuid};

use super::draft::Draft;
use super::elections::{Departure, remove_from_in_sync_sets};
use super::soft::Soft;
use crate::Refusal;
use crate::features::METADATA_VERSION;
use crate::image::{Broker, Endpoint, FeatureRange};

/// The most brokers that may be registered.
pub const MAX_BROKERS: usize = 10_000;

/// A broker registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterBroker {
    /// Its node id.
    pub broker_id: NodeId,
    /// The cluster it believes to belong to.
    pub cluster_id: Str,
    /// Chosen at random when the process started.
    pub incarnation_id: Uuid,
    /// Its listeners.
    pub endpoints: Vec<Endpoint>,
    /// What it supports; `metadata.version` must be among it.
    pub features: Vec<FeatureRange>,
    /// Its rack.
    pub rack: Option<Str>,
    /// Its online log directories.
    pub log_dirs: Vec<Uuid>,
    /// The epoch under which it shut down cleanly, -1 if it did not.
    pub previous_broker_epoch: i64,
    /// The offset that the next record of the log will get, everything decided but not yet written counted in.
    pub next_offset: Offset,
}

pub(super) fn register(
    draft: &mut Draft<'_>,
    soft: &mut Soft,
    now: Now,
    command: RegisterBroker,
) -> Result<i64, Refusal> {
    check_cluster(draft, &command)?;
    let earlier = draft.image().broker(command.broker_id).cloned();
    let same_incarnation = earlier.as_ref().filter(|earlier| earlier.incarnation_id == command.incarnation_id);
    if let (Some(earlier), None) = (&earlier, same_incarnation) {
        let restarted = earlier.log_dirs.iter().any(|dir| command.log_dirs.contains(dir));
        if !restarted && soft.is_alive(earlier, draft.options(), now) {
            return Err(Refusal::new(
                ErrorCode::DuplicateBrokerRegistration,
                format!(
                    "Broker {} is alive in another process. If that process has just ended, its session will end soon.",
                    command.broker_id
                ),
            ));
        }
    }
    check_directories(draft, &command)?;
    check_features(draft, &command)?;
    let mut broker = registration(draft, &command);
    match same_incarnation {
        Some(earlier) => {
            broker.epoch = earlier.epoch;
            broker.fenced = earlier.fenced;
            broker.in_controlled_shutdown = earlier.in_controlled_shutdown;
            broker.cordoned_log_dirs = earlier.cordoned_log_dirs.clone();
        }
        None => {
            let clean = earlier.as_ref().is_some_and(|earlier| earlier.epoch == command.previous_broker_epoch);
            let departure = if clean { Departure::Clean } else { Departure::Unclean };
            remove_from_in_sync_sets(draft, command.broker_id, departure);
        }
    }
    let record = broker.to_record(draft.image().metadata_version());
    draft.push(MetadataRecord::RegisterBroker(record));
    soft.registered(&broker, draft.last_offset(command.next_offset), now);
    Ok(broker.epoch)
}

fn registration(draft: &Draft<'_>, command: &RegisterBroker) -> Broker {
    let keeps_directories = draft.image().metadata_version().has_directories();
    Broker {
        id: command.broker_id,
        epoch: command.next_offset,
        incarnation_id: command.incarnation_id,
        endpoints: command.endpoints.clone(),
        features: command.features.clone(),
        rack: command.rack.clone(),
        fenced: true,
        in_controlled_shutdown: false,
        log_dirs: if keeps_directories { command.log_dirs.clone() } else { Vec::new() },
        cordoned_log_dirs: Vec::new(),
    }
}

fn check_cluster(draft: &Draft<'_>, command: &RegisterBroker) -> Result<(), Refusal> {
    let expected = &draft.options().cluster_id;
    if command.cluster_id != *expected {
        return Err(Refusal::new(
            ErrorCode::InconsistentClusterId,
            format!("This is cluster {expected}, the broker belongs to cluster {}.", command.cluster_id),
        ));
    }
    if command.broker_id < 0 {
        return Err(invalid(format!("{} is no broker id.", command.broker_id)));
    }
    let brokers = draft.image().brokers();
    if brokers.len() >= MAX_BROKERS && !brokers.contains_key(&command.broker_id) {
        return Err(invalid(format!("{MAX_BROKERS} brokers are registered, which is the most that may be.")));
    }
    Ok(())
}

fn check_directories(draft: &Draft<'_>, command: &RegisterBroker) -> Result<(), Refusal> {
    if !draft.image().metadata_version().has_directories() {
        return Ok(());
    }
    if command.log_dirs.is_empty() {
        return Err(invalid("The broker names no log directory."));
    }
    for (place, dir) in command.log_dirs.iter().enumerate() {
        if dir.is_reserved() {
            return Err(invalid(format!("Directory id {dir} is reserved.")));
        }
        if command.log_dirs[..place].contains(dir) {
            return Err(invalid(format!("Directory id {dir} is named twice.")));
        }
        let mut others = draft.image().brokers().values().filter(|other| other.id != command.broker_id);
        if let Some(owner) = others.find(|other| other.log_dirs.contains(dir)) {
            return Err(invalid(format!("Directory {dir} belongs to broker {}.", owner.id)));
        }
    }
    Ok(())
}

/// Every finalized feature must be in the broker's range; one that it does not name counts as 0 to 0.
fn check_features(draft: &Draft<'_>, command: &RegisterBroker) -> Result<(), Refusal> {
    if !command.features.iter().any(|range| range.name == METADATA_VERSION) {
        return Err(invalid(format!("The broker does not say which levels of {METADATA_VERSION} it supports.")));
    }
    let finalized = |name: &Str| match &**name {
        METADATA_VERSION => draft.image().metadata_version().level(),
        other => draft.image().feature_level(other),
    };
    for range in &command.features {
        if !range.contains(finalized(&range.name)) {
            return Err(unsupported(&range.name, finalized(&range.name), range.minimum, range.maximum));
        }
    }
    for (name, level) in draft.image().features() {
        if *level != 0 && !command.features.iter().any(|range| range.name == *name) {
            return Err(unsupported(name, *level, 0, 0));
        }
    }
    Ok(())
}

fn unsupported(name: &Str, level: i16, minimum: i16, maximum: i16) -> Refusal {
    Refusal::new(
        ErrorCode::UnsupportedVersion,
        format!("The cluster runs {name} at level {level}, the broker supports levels {minimum} to {maximum}."),
    )
}

fn invalid(message: impl Into<Str>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRegistration, message)
}
