//! A partition's next state: one change of its replicas, its in-sync set, its leader, worked out into one record.
//!
//! The steps, in order, because each builds on the one before: a reassignment whose new replicas are all in sync is completed ·
//! eligible leader replicas follow the in-sync set (KIP-966) · a leader is elected (`elections.rs`) · the leader epoch goes up
//! where followers must notice · what differs from the present state goes into the record.
//!
//! Eligible leader replicas hold everything that was committed although they left the in-sync set, because the high watermark
//! stands still while the set is smaller than `min.insync.replicas`. So they are kept exactly as long as it is that small:
//! ELR = (old ISR ∪ old ELR) − new ISR − replicas that shut down uncleanly.

use records::PartitionChangeRecord;
use types::{NO_NODE, NodeId, Uuid};

use super::draft::Draft;
use super::elections::{self, Candidates, Election};
use super::reassignment;
use crate::image::{ClusterImage, LeaderRecoveryState, NO_LEADER_CHANGE, Partition, Topic};

/// A partition's next state, to be filled in and then turned into a record.
pub(super) struct PartitionChange<'d> {
    image: &'d ClusterImage,
    topic: &'d Topic,
    number: i32,
    partition: &'d Partition,
    min_in_sync_replicas: usize,
    keeps_eligible_replicas: bool,
    pub election: Election,
    /// A broker that must not be elected although it is still registered as active.
    pub never: Option<NodeId>,
    /// A broker that lost what it had: it is no eligible leader any more.
    pub unclean_shutdown: Option<NodeId>,
    pub isr: Vec<NodeId>,
    pub replicas: Vec<NodeId>,
    pub removing_replicas: Vec<NodeId>,
    pub adding_replicas: Vec<NodeId>,
    pub leader_recovery_state: LeaderRecoveryState,
    /// A replica that moved to another directory.
    pub directory: Option<(NodeId, Uuid)>,
    eligible: Vec<NodeId>,
}

impl<'d> PartitionChange<'d> {
    pub fn new(draft: &'d Draft<'_>, topic: &'d Topic, number: i32, partition: &'d Partition) -> PartitionChange<'d> {
        PartitionChange {
            image: draft.image(),
            topic,
            number,
            partition,
            min_in_sync_replicas: draft.min_in_sync_replicas(topic),
            keeps_eligible_replicas: draft.keeps_eligible_replicas(),
            election: if draft.allows_unclean_election(&topic.name) { Election::Unclean } else { Election::Online },
            never: None,
            unclean_shutdown: None,
            isr: partition.isr.clone(),
            replicas: partition.replicas.clone(),
            removing_replicas: partition.removing_replicas.clone(),
            adding_replicas: partition.adding_replicas.clone(),
            leader_recovery_state: partition.leader_recovery_state,
            directory: None,
            eligible: partition.eligible_leader_replicas.clone(),
        }
    }

    /// The record of the change; none if nothing changes.
    pub fn into_record(mut self) -> Option<PartitionChangeRecord> {
        let unchanged = PartitionChangeRecord {
            partition_id: self.number,
            topic_id: self.topic.id,
            leader: NO_LEADER_CHANGE,
            leader_recovery_state: -1,
            ..Default::default()
        };
        let mut record = unchanged.clone();
        self.complete_reassignment();
        self.follow_in_sync_set();
        let unclean = self.elect(&mut record);
        self.bump_leader_epoch_if_replicas_left(&mut record);
        self.write_sets(&mut record, unclean);
        self.bump_leader_epoch_if_isr_shrank(&mut record);
        self.write_last_known_leader(&mut record);
        self.write_assignment(&mut record);
        (record != unchanged).then_some(record)
    }

    fn complete_reassignment(&mut self) {
        let completed =
            reassignment::completed(&self.replicas, &self.isr, &self.adding_replicas, &self.removing_replicas);
        if let Some((replicas, isr)) = completed {
            self.replicas = replicas;
            self.isr = isr;
            self.adding_replicas.clear();
            self.removing_replicas.clear();
        }
    }

    fn follow_in_sync_set(&mut self) {
        if !self.keeps_eligible_replicas {
            // Eligible replicas from before the feature was switched off count for a partition that has had no leader since.
            // The last of them stays one whatever happens to it, as the last member stays in an in-sync set.
            let (leaderless, lost) = (self.partition.isr.is_empty(), self.unclean_shutdown);
            let is_last = self.eligible.len() == 1;
            self.eligible.retain(|id| leaderless && (is_last || Some(*id) != lost));
            return;
        }
        if self.isr.len() >= self.min_in_sync_replicas {
            self.eligible.clear();
            return;
        }
        self.eligible.extend(&self.partition.isr);
        self.eligible.sort_unstable();
        self.eligible.dedup();
        let (isr, replicas, lost) = (&self.isr, &self.replicas, self.unclean_shutdown);
        self.eligible.retain(|id| !isr.contains(id) && Some(*id) != lost && replicas.contains(id));
    }

    /// Returns whether the election was unclean.
    fn elect(&mut self, record: &mut PartitionChangeRecord) -> bool {
        let candidates = Candidates {
            image: self.image,
            partition: self.partition,
            replicas: &self.replicas,
            isr: &self.isr,
            eligible: &self.eligible,
            never: [self.never, self.unclean_shutdown],
            may_elect_last_known_leader: self.keeps_eligible_replicas,
        };
        let elected = elections::elect(self.election, &candidates);
        if elected.leader == self.partition.leader {
            return false;
        }
        record.leader = elected.leader;
        if elected.unclean {
            self.isr = vec![elected.leader];
            self.eligible.clear();
            self.leader_recovery_state = LeaderRecoveryState::Recovering;
        } else if self.eligible.contains(&elected.leader) {
            self.isr = vec![elected.leader];
            self.eligible.retain(|id| *id != elected.leader);
        }
        elected.unclean
    }

    fn bump_leader_epoch_if_replicas_left(&self, record: &mut PartitionChangeRecord) {
        let all_stay = self.partition.replicas.iter().all(|id| self.replicas.contains(id));
        if record.leader == NO_LEADER_CHANGE && !all_stay {
            record.leader = self.partition.leader;
        }
    }

    /// The last member of the in-sync set stays in it, fenced or not, unless eligible replicas are kept: it alone may lead later.
    fn write_sets(&mut self, record: &mut PartitionChangeRecord, unclean: bool) {
        if self.eligible != self.partition.eligible_leader_replicas {
            record.eligible_leader_replicas = Some(self.eligible.clone());
        }
        let may_be_set = unclean || !self.isr.is_empty() || self.keeps_eligible_replicas;
        if may_be_set && self.isr != self.partition.isr {
            record.isr = Some(self.isr.clone());
        }
        if self.leader_recovery_state != self.partition.leader_recovery_state {
            record.leader_recovery_state = self.leader_recovery_state.code();
        }
    }

    fn bump_leader_epoch_if_isr_shrank(&self, record: &mut PartitionChangeRecord) {
        let Some(isr) = &record.isr else { return };
        let shrank = !self.partition.isr.iter().all(|id| isr.contains(id));
        if self.image.metadata_version().bumps_leader_epoch_on_isr_shrink()
            && shrank
            && record.leader == NO_LEADER_CHANGE
        {
            record.leader = self.partition.leader;
        }
    }

    /// Where nobody can lead, who led last is remembered: it has as much as anybody. A partition that lost its leader while no
    /// eligible replicas were kept has one in-sync replica instead, which is remembered when it is taken out of the set.
    fn write_last_known_leader(&self, record: &mut PartitionChangeRecord) {
        let last_in_sync = match self.partition.isr[..] {
            [last] if self.isr.is_empty() && !self.partition.has_leader() => Some(last),
            _ => None,
        };
        if !self.keeps_eligible_replicas {
            if !self.partition.last_known_elr.is_empty() {
                record.last_known_elr = Some(Vec::new());
            }
        } else if let (Some(last), true) = (last_in_sync, self.partition.last_known_elr.is_empty()) {
            record.last_known_elr = Some(vec![last]);
        } else if record.leader == NO_NODE && self.partition.last_known_elr.is_empty() && self.partition.has_leader() {
            record.last_known_elr = Some(vec![self.partition.leader]);
        } else if record.leader >= 0 && !self.partition.last_known_elr.is_empty() {
            record.last_known_elr = Some(Vec::new());
        }
    }

    fn write_assignment(&self, record: &mut PartitionChangeRecord) {
        if self.image.metadata_version().has_directories() {
            let directories: Vec<Uuid> = self.replicas.iter().map(|id| self.directory_of(*id)).collect();
            if directories != self.partition.directories {
                record.directories = Some(directories);
            }
        }
        if self.replicas != self.partition.replicas {
            record.replicas = Some(self.replicas.clone());
        }
        if self.removing_replicas != self.partition.removing_replicas {
            record.removing_replicas = Some(self.removing_replicas.clone());
        }
        if self.adding_replicas != self.partition.adding_replicas {
            record.adding_replicas = Some(self.adding_replicas.clone());
        }
    }

    fn directory_of(&self, replica: NodeId) -> Uuid {
        match self.directory {
            Some((moved, directory)) if moved == replica => directory,
            _ => self.partition.directory_of(replica).unwrap_or_else(|| directory_for_new_replica(self.image, replica)),
        }
    }
}

/// The directory that a new replica on this broker is assigned to.
pub(super) fn directory_for_new_replica(image: &ClusterImage, broker: NodeId) -> Uuid {
    image.broker(broker).map_or(Uuid::DIRECTORY_UNASSIGNED, |broker| broker.directory_for_new_replica())
}
