//! Who leads a partition next.
//!
//! A replica *can* lead if its broker is registered, unfenced, not leaving, and has the replica's directory online. It *may*
//! lead if it is in the in-sync set, or, when that set is empty, among the eligible leader replicas: then nothing that was
//! acknowledged is lost. The order of preference:
//!
//! | election  | 1st | then | then | at last |
//! |-----------|-----|------|------|---------|
//! | preferred | the first replica | who leads now | the first that can and may | the last known leader |
//! | online    | who leads now | the first that can and may | | the last known leader |
//! | unclean   | who leads now | the first that can and may | the last known leader | the first that can |
//!
//! The last known leader and the first that merely can are *unclean* choices: records may be lost, the in-sync set becomes the
//! leader alone, and it is marked as recovering. The last known leader is asked only where eligible replicas are kept, both sets
//! are empty, and exactly one is known.

use machine::Now;
use types::{NO_NODE, NodeId};

use super::draft::Draft;
use super::soft::Soft;
use crate::image::{ClusterImage, Partition};

/// How many partitions one periodic pass changes at most; the rest waits for the next.
pub(super) const MAX_ELECTIONS_PER_PASS: usize = 1_000;

/// How hard a leader is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Election {
    /// The first replica if it can, otherwise as `Online`.
    Preferred,
    /// Keep the leader, otherwise the first that can and may.
    Online,
    /// As `Online`, otherwise the first that can.
    Unclean,
}

/// Among whom a leader is chosen.
pub(super) struct Candidates<'e> {
    pub image: &'e ClusterImage,
    pub partition: &'e Partition,
    pub replicas: &'e [NodeId],
    pub isr: &'e [NodeId],
    pub eligible: &'e [NodeId],
    pub never: [Option<NodeId>; 2],
    pub may_elect_last_known_leader: bool,
}

/// Who was chosen, -1 for nobody, and whether records may be lost by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elected {
    pub leader: NodeId,
    pub unclean: bool,
}

impl Candidates<'_> {
    fn can(&self, replica: NodeId) -> bool {
        if self.never.contains(&Some(replica)) {
            return false;
        }
        let Some(broker) = self.image.broker(replica) else { return false };
        // A replica that the partition does not have yet is in no lost directory.
        let online = self.partition.directory_of(replica).is_none_or(|dir| broker.has_online_directory(dir));
        broker.is_active() && online
    }

    fn may(&self, replica: NodeId) -> bool {
        self.isr.contains(&replica) || (self.isr.is_empty() && self.eligible.contains(&replica))
    }

    fn can_and_may(&self, replica: &NodeId) -> bool {
        self.may(*replica) && self.can(*replica)
    }

    fn last_known_leader(&self) -> Option<NodeId> {
        match self.partition.last_known_elr[..] {
            [leader] if self.may_elect_last_known_leader && self.isr.is_empty() && self.eligible.is_empty() => {
                self.can(leader).then_some(leader)
            }
            _ => None,
        }
    }
}

/// Chooses a leader by the table above.
pub(super) fn elect(election: Election, candidates: &Candidates<'_>) -> Elected {
    let preferred = match election {
        Election::Preferred => candidates.replicas.first(),
        Election::Online | Election::Unclean => None,
    };
    let clean = preferred.into_iter().chain(std::iter::once(&candidates.partition.leader)).chain(candidates.replicas);
    if let Some(leader) = clean.copied().find(|replica| candidates.can_and_may(replica)) {
        return Elected { leader, unclean: false };
    }
    let last_resort = || candidates.replicas.iter().copied().find(|replica| candidates.can(*replica));
    let unclean =
        candidates.last_known_leader().or_else(|| (election == Election::Unclean).then(last_resort).flatten());
    match unclean {
        Some(leader) => Elected { leader, unclean: true },
        None => Elected { leader: NO_NODE, unclean: false },
    }
}

/// What happened to the broker whose partitions are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// It may come back with everything it has.
    Clean,
    /// It may have lost what it had not written to disk.
    Unclean,
}

/// Takes a broker out of every in-sync set (and, if it may have lost data, out of the eligible replicas) and elects leaders
/// where it led.
pub(super) fn remove_from_in_sync_sets(draft: &mut Draft<'_>, broker: NodeId, departure: Departure) {
    let unclean = departure == Departure::Unclean;
    let concerned = draft.partitions_where(|partition| {
        partition.isr.contains(&broker) || (unclean && partition.eligible_leader_replicas.contains(&broker))
    });
    remove_from_partitions(draft, broker, departure, &concerned);
}

/// The same for the partitions named.
pub(super) fn remove_from_partitions(
    draft: &mut Draft<'_>,
    broker: NodeId,
    departure: Departure,
    concerned: &[(types::Uuid, i32)],
) {
    for (topic_id, number) in concerned {
        let Some(topic) = draft.image().topic_by_id(*topic_id).cloned() else { continue };
        let Some(partition) = topic.partitions.get(number) else { continue };
        let mut change = draft.change(&topic, *number, partition);
        change.isr.retain(|replica| *replica != broker);
        change.never = Some(broker);
        change.unclean_shutdown = (departure == Departure::Unclean).then_some(broker);
        let record = change.into_record();
        draft.push_partition_change(record);
    }
}

/// Looks for leaders of the partitions that have none: a broker has come.
pub(super) fn elect_for_leaderless_partitions(draft: &mut Draft<'_>) {
    for (topic_id, number) in draft.partitions_where(|partition| !partition.has_leader()) {
        let Some(topic) = draft.image().topic_by_id(topic_id).cloned() else { continue };
        let Some(partition) = topic.partitions.get(&number) else { continue };
        let record = draft.change(&topic, number, partition).into_record();
        draft.push_partition_change(record);
    }
}

/// From time to time: unclean elections where they are allowed and nobody leads, then leadership back to preferred replicas.
pub(super) fn elect_from_time_to_time(draft: &mut Draft<'_>, soft: &mut Soft, now: Now) {
    let interval = draft.options().election_interval_ms;
    if !soft.elections_due(now, interval) {
        return;
    }
    elect_for_leaderless_partitions(draft);
    if !draft.options().leader_rebalance {
        return;
    }
    let unbalanced =
        |partition: &Partition| partition.has_leader() && Some(partition.leader) != partition.preferred_leader();
    let mut elected = 0;
    for (topic_id, number) in draft.partitions_where(unbalanced) {
        if elected == MAX_ELECTIONS_PER_PASS {
            soft.elections_again(now);
            return;
        }
        let Some(topic) = draft.image().topic_by_id(topic_id).cloned() else { continue };
        let Some(partition) = topic.partitions.get(&number) else { continue };
        let mut change = draft.change(&topic, number, partition);
        change.election = Election::Preferred;
        let record = change.into_record();
        elected += usize::from(draft.push_partition_change(record));
    }
}
