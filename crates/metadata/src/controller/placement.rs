//! Which brokers a new partition's replicas go to.
//!
//! Replicas go round the racks and, within a rack, round its brokers, from random starts that move on with every partition: so
//! leaders and replicas are spread evenly, and no two replicas of a partition share a rack while another rack has room. The
//! first replica, the preferred leader, is on an unfenced broker; fenced brokers are used only when a rack has no other left.
//! Brokers that are leaving, or all of whose directories are cordoned, get nothing.

use std::collections::BTreeMap;

use types::{ErrorCode, NodeId, Str};

use super::partition_change::directory_for_new_replica;
use super::random::Random;
use crate::Refusal;
use crate::image::{ClusterImage, LeaderRecoveryState, Partition};

/// Hands out the replicas of one partition after the other.
pub(super) struct Placer<'r> {
    racks: Vec<Rack>,
    brokers: usize,
    unfenced: usize,
    /// Which rack begins.
    start: usize,
    /// Partitions placed so far: each is a round.
    round: usize,
    /// Those placed since the racks were shuffled.
    since_shuffle: usize,
    random: &'r mut Random,
}

#[derive(Default)]
struct Rack {
    unfenced: Ring,
    fenced: Ring,
}

/// Brokers that are gone round, from another start in every round.
#[derive(Default)]
struct Ring {
    brokers: Vec<NodeId>,
    start: usize,
    round: usize,
    taken: usize,
}

impl Ring {
    /// The next broker not yet taken in this round.
    fn next(&mut self, round: usize) -> Option<NodeId> {
        if self.round != round {
            self.round = round;
            self.taken = 0;
            self.start += 1;
        }
        if self.taken == self.brokers.len() {
            return None;
        }
        let broker = self.brokers[(self.start + self.taken) % self.brokers.len()];
        self.taken += 1;
        Some(broker)
    }
}

impl<'r> Placer<'r> {
    pub fn new(image: &ClusterImage, random: &'r mut Random) -> Placer<'r> {
        let mut racks: BTreeMap<Option<&Str>, Rack> = BTreeMap::new();
        let usable =
            image.brokers().values().filter(|broker| !broker.in_controlled_shutdown && broker.takes_new_replicas());
        for broker in usable {
            let rack = racks.entry(broker.rack.as_ref()).or_default();
            let ring = if broker.fenced { &mut rack.fenced } else { &mut rack.unfenced };
            ring.brokers.push(broker.id);
        }
        let mut racks: Vec<Rack> = racks.into_values().collect();
        for rack in &mut racks {
            rack.unfenced.start = random.below(rack.unfenced.brokers.len());
            rack.fenced.start = random.below(rack.fenced.brokers.len());
        }
        let unfenced = racks.iter().map(|rack| rack.unfenced.brokers.len()).sum();
        let fenced: usize = racks.iter().map(|rack| rack.fenced.brokers.len()).sum();
        let start = random.below(racks.len());
        Placer { racks, brokers: unfenced + fenced, unfenced, start, round: 0, since_shuffle: 0, random }
    }

    /// The replicas of the next partition, the preferred leader first.
    pub fn place(&mut self, replication_factor: usize) -> Result<Vec<NodeId>, Refusal> {
        if self.unfenced == 0 {
            return Err(impossible(replication_factor, "no broker that takes new replicas is unfenced"));
        }
        if replication_factor > self.brokers {
            let reason = format!("only {} broker(s) that take new replicas are registered", self.brokers);
            return Err(impossible(replication_factor, &reason));
        }
        if self.since_shuffle == self.unfenced {
            self.shuffle();
        }
        self.since_shuffle += 1;
        self.round += 1;
        let replicas = self.next_replicas(replication_factor);
        self.start = (self.start + 1) % self.racks.len();
        Ok(replicas)
    }

    fn next_replicas(&mut self, replication_factor: usize) -> Vec<NodeId> {
        let (round, racks) = (self.round, self.racks.len());
        let mut replicas = Vec::with_capacity(replication_factor);
        let mut place = self.start;
        while replicas.is_empty() {
            replicas.extend(self.racks[place].unfenced.next(round));
            place = (place + 1) % racks;
        }
        // The other replicas come from the racks behind the first replica's; there are enough brokers to end this.
        while replicas.len() < replication_factor {
            let rack = &mut self.racks[place];
            replicas.extend(rack.unfenced.next(round).or_else(|| rack.fenced.next(round)));
            place = (place + 1) % racks;
        }
        replicas
    }

    /// As many partitions as there are unfenced brokers were placed: begin another pattern instead of repeating this one.
    fn shuffle(&mut self) {
        self.since_shuffle = 0;
        self.random.shuffle(&mut self.racks);
        for rack in &mut self.racks {
            self.random.shuffle(&mut rack.unfenced.brokers);
            self.random.shuffle(&mut rack.fenced.brokers);
        }
    }
}

fn impossible(replication_factor: usize, reason: &str) -> Refusal {
    Refusal::new(
        ErrorCode::InvalidReplicationFactor,
        format!("Partitions cannot have {replication_factor} replica(s): {reason}."),
    )
}

/// May somebody choose these replicas by hand? `others` is how many replicas the topic's other partitions have.
pub(super) fn check_chosen_replicas(
    image: &ClusterImage,
    replicas: &[NodeId],
    others: Option<usize>,
) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, message));
    if replicas.is_empty() {
        return invalid("The assignment names no replica.".to_owned());
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if pair[0] == pair[1] {
            return invalid(format!("The assignment names broker {} more than once.", pair[0]));
        }
    }
    for id in &sorted {
        match image.broker(*id) {
            None => return invalid(format!("The assignment names broker {id}, which is not registered.")),
            Some(broker) if !broker.takes_new_replicas() => {
                return invalid(format!(
                    "The assignment names broker {id}, all of whose log directories are cordoned."
                ));
            }
            Some(_) => {}
        }
    }
    match others {
        Some(others) if others != replicas.len() => invalid(format!(
            "The assignment has {} replica(s), the topic's other partitions have {others}.",
            replicas.len()
        )),
        _ => Ok(()),
    }
}

/// A new partition with these replicas, led by the first that is active; none if none is.
pub(super) fn new_partition(image: &ClusterImage, replicas: Vec<NodeId>) -> Option<Partition> {
    let isr: Vec<NodeId> = replicas.iter().copied().filter(|id| image.is_active(*id)).collect();
    let leader = *isr.first()?;
    Some(Partition {
        directories: replicas.iter().map(|id| directory_for_new_replica(image, *id)).collect(),
        replicas,
        isr,
        removing_replicas: Vec::new(),
        adding_replicas: Vec::new(),
        leader,
        leader_recovery_state: LeaderRecoveryState::Recovered,
        leader_epoch: 0,
        partition_epoch: 0,
        eligible_leader_replicas: Vec::new(),
        last_known_elr: Vec::new(),
    })
}
