//! A broker says that it is alive, how far it has read the metadata log, and what it wants (BrokerHeartbeat, key 63).
//!
//! | is | wants | becomes |
//! |----|-------|---------|
//! | fenced | to shut down | shut down |
//! | fenced | not to be fenced, and has read its own registration | unfenced |
//! | unfenced | to be fenced and to shut down | shut down |
//! | unfenced | to be fenced | fenced |
//! | unfenced | to shut down | leaving, if it leads anything; otherwise shut down |
//! | leaving | anything | shut down, once it leads nothing and every active broker has read what moved its leaders away |
//!
//! A broker that may shut down is fenced in the same breath.

use machine::Now;
use records::{BrokerRegistrationChangeRecord, MetadataRecord};
use types::{NodeId, Offset, Uuid};

use super::draft::Draft;
use super::elections::{Departure, elect_for_leaderless_partitions, remove_from_in_sync_sets, remove_from_partitions};
use super::fencing::fence;
use super::soft::{Session, Soft};
use crate::Refusal;
use crate::image::Broker;

/// A broker says that it is alive, and what it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerHeartbeat {
    /// Its node id.
    pub broker_id: NodeId,
    /// The epoch it was given.
    pub broker_epoch: i64,
    /// The last offset of the metadata log that it has acted on.
    pub current_metadata_offset: Offset,
    /// It is not ready to serve.
    pub want_fence: bool,
    /// It wants to stop.
    pub want_shut_down: bool,
    /// Log directories that have failed.
    pub offline_log_dirs: Vec<Uuid>,
    /// Log directories that shall take no new replicas; none while it does not know.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
    /// The offset that the next record of the log will get, everything decided but not yet written counted in.
    pub next_offset: Offset,
}

/// What the broker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatReply {
    /// It has read its own registration.
    pub is_caught_up: bool,
    /// It must not serve.
    pub is_fenced: bool,
    /// It may stop now.
    pub should_shut_down: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fenced,
    Unfenced,
    Leaving,
    ShutDown,
}

pub(super) fn heartbeat(
    draft: &mut Draft<'_>,
    soft: &mut Soft,
    now: Now,
    command: BrokerHeartbeat,
) -> Result<HeartbeatReply, Refusal> {
    let broker = draft.broker_with_epoch(command.broker_id, command.broker_epoch)?.clone();
    let lowest_active_offset = soft.lowest_active_offset(draft.image());
    let session = soft.session(&broker, now);
    let present = present_state(&broker, session);
    let next = next_state(draft, &command, session, present, lowest_active_offset);
    if next != present {
        match next {
            State::Fenced | State::ShutDown => fence(draft, command.broker_id),
            State::Unfenced => unfence(draft, &broker),
            State::Leaving => begin_to_leave(draft, &broker),
        }
    }
    take_directories_offline(draft, &command);
    cordon_directories(draft, &command);

    session.last_heard = now.monotonic;
    session.metadata_offset = command.current_metadata_offset;
    match next {
        State::Leaving if present != State::Leaving => {
            session.controlled_shutdown_offset = Some(draft.last_offset(command.next_offset));
        }
        State::Fenced | State::ShutDown => session.controlled_shutdown_offset = None,
        State::Leaving | State::Unfenced => {}
    }
    Ok(HeartbeatReply {
        is_caught_up: command.current_metadata_offset >= session.registration_offset,
        is_fenced: matches!(next, State::Fenced | State::ShutDown),
        should_shut_down: next == State::ShutDown,
    })
}

fn present_state(broker: &Broker, session: &Session) -> State {
    if broker.fenced {
        State::Fenced
    } else if session.controlled_shutdown_offset.is_some() {
        State::Leaving
    } else {
        State::Unfenced
    }
}

fn next_state(
    draft: &Draft<'_>,
    command: &BrokerHeartbeat,
    session: &Session,
    present: State,
    lowest_active_offset: Offset,
) -> State {
    let leads = || !draft.partitions_where(|partition| partition.leader == command.broker_id).is_empty();
    match present {
        State::Fenced if command.want_shut_down => State::ShutDown,
        State::Fenced if !command.want_fence && command.current_metadata_offset >= session.registration_offset => {
            State::Unfenced
        }
        State::Fenced => State::Fenced,
        State::Unfenced if command.want_fence && command.want_shut_down => State::ShutDown,
        State::Unfenced if command.want_fence => State::Fenced,
        State::Unfenced if command.want_shut_down => {
            if leads() {
                State::Leaving
            } else {
                State::ShutDown
            }
        }
        State::Unfenced => State::Unfenced,
        State::Leaving if leads() => State::Leaving,
        State::Leaving => match session.controlled_shutdown_offset {
            Some(offset) if offset > lowest_active_offset => State::Leaving,
            _ => State::ShutDown,
        },
        State::ShutDown => State::ShutDown,
    }
}

fn unfence(draft: &mut Draft<'_>, broker: &Broker) {
    let record = BrokerRegistrationChangeRecord { fenced: -1, ..change_of(broker) };
    draft.push(MetadataRecord::BrokerRegistrationChange(record));
    elect_for_leaderless_partitions(draft);
}

fn begin_to_leave(draft: &mut Draft<'_>, broker: &Broker) {
    if !broker.in_controlled_shutdown {
        let record = BrokerRegistrationChangeRecord { in_controlled_shutdown: 1, ..change_of(broker) };
        draft.push(MetadataRecord::BrokerRegistrationChange(record));
    }
    remove_from_in_sync_sets(draft, broker.id, Departure::Clean);
}

fn take_directories_offline(draft: &mut Draft<'_>, command: &BrokerHeartbeat) {
    if !draft.image().metadata_version().has_directories() {
        return;
    }
    let Some(broker) = draft.image().broker(command.broker_id).cloned() else { return };
    let is_lost = |dir: &Uuid| command.offline_log_dirs.contains(dir);
    let (lost, online): (Vec<Uuid>, Vec<Uuid>) = broker.log_dirs.iter().copied().partition(is_lost);
    if lost.is_empty() {
        return;
    }
    let concerned = draft.partitions_where(|partition| {
        partition.isr.contains(&broker.id) && partition.directory_of(broker.id).is_some_and(|dir| lost.contains(&dir))
    });
    remove_from_partitions(draft, broker.id, Departure::Clean, &concerned);
    // An empty list would say that nothing changes; a broker without any directory is about to stop anyway.
    if !online.is_empty() {
        let record = BrokerRegistrationChangeRecord { log_dirs: online, ..change_of(&broker) };
        draft.push(MetadataRecord::BrokerRegistrationChange(record));
    }
}

fn cordon_directories(draft: &mut Draft<'_>, command: &BrokerHeartbeat) {
    let Some(cordoned) = &command.cordoned_log_dirs else { return };
    let Some(broker) = draft.image().broker(command.broker_id).cloned() else { return };
    let as_before = cordoned.len() == broker.cordoned_log_dirs.len()
        && cordoned.iter().all(|dir| broker.cordoned_log_dirs.contains(dir));
    if !as_before && draft.image().metadata_version().has_cordoned_directories() {
        let record = BrokerRegistrationChangeRecord { cordoned_log_dirs: Some(cordoned.clone()), ..change_of(&broker) };
        draft.push(MetadataRecord::BrokerRegistrationChange(record));
    }
}

/// A change of this broker's registration that changes nothing yet.
pub(super) fn change_of(broker: &Broker) -> BrokerRegistrationChangeRecord {
    BrokerRegistrationChangeRecord { broker_id: broker.id, broker_epoch: broker.epoch, ..Default::default() }
}
