//! Topics and their partitions: who holds a replica, who is in sync, who leads.

use std::sync::Arc;

use records::{PartitionChangeRecord, PartitionRecord};
use types::{LeaderEpoch, NO_NODE, NodeId, Str, Uuid};

use super::map::SharedMap;
use crate::MetadataVersion;

/// In a PartitionChangeRecord: the leader stays, and so does the leader epoch.
pub(crate) const NO_LEADER_CHANGE: NodeId = -2;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its id, never given twice.
    pub id: Uuid,
    /// Its name.
    pub name: Str,
    /// Its partitions by number.
    pub partitions: SharedMap<i32, Arc<Partition>>,
}

impl Topic {
    /// How many replicas its partitions have, as far as one number can say it: those of partition 0.
    pub fn replication_factor(&self) -> usize {
        self.partitions.get(&0).map_or(0, |partition| partition.replicas.len())
    }
}

/// Has the leader caught up with what an unclean election may have cost?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LeaderRecoveryState {
    /// Nothing to recover from.
    #[default]
    Recovered,
    /// Elected from outside of the in-sync set.
    Recovering,
}

impl LeaderRecoveryState {
    /// Kafka's number.
    pub fn code(self) -> i8 {
        match self {
            LeaderRecoveryState::Recovered => 0,
            LeaderRecoveryState::Recovering => 1,
        }
    }

    /// The state with this number.
    pub fn from_code(code: i8) -> Option<LeaderRecoveryState> {
        match code {
            0 => Some(LeaderRecoveryState::Recovered),
            1 => Some(LeaderRecoveryState::Recovering),
            _ => None,
        }
    }
}

/// A partition's state as the controller decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Who holds a replica, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// For each replica the log directory it lives in.
    pub directories: Vec<Uuid>,
    /// The in-sync set.
    pub isr: Vec<NodeId>,
    /// Replicas that a reassignment will take away.
    pub removing_replicas: Vec<NodeId>,
    /// Replicas that a reassignment has added.
    pub adding_replicas: Vec<NodeId>,
    /// The leader, or -1.
    pub leader: NodeId,
    /// Whether the leader still recovers from an unclean election.
    pub leader_recovery_state: LeaderRecoveryState,
    /// Goes up with every election.
    pub leader_epoch: LeaderEpoch,
    /// Goes up with every change.
    pub partition_epoch: i32,
    /// Replicas out of the in-sync set that nevertheless hold everything committed (KIP-966).
    pub eligible_leader_replicas: Vec<NodeId>,
    /// Who led last, while nobody can lead safely.
    pub last_known_elr: Vec<NodeId>,
}

impl Partition {
    /// Has it a leader?
    pub fn has_leader(&self) -> bool {
        self.leader != NO_NODE
    }

    /// The replica that should lead when it can: the first.
    pub fn preferred_leader(&self) -> Option<NodeId> {
        self.replicas.first().copied()
    }

    /// Is a reassignment under way?
    pub fn is_reassigning(&self) -> bool {
        !self.removing_replicas.is_empty() || !self.adding_replicas.is_empty()
    }

    /// The directory of this broker's replica, if it has one.
    pub fn directory_of(&self, broker: NodeId) -> Option<Uuid> {
        let place = self.replicas.iter().position(|replica| *replica == broker)?;
        self.directories.get(place).copied()
    }

    pub(super) fn from_record(record: &PartitionRecord) -> Partition {
        let mut partition = Partition {
            replicas: record.replicas.clone(),
            directories: record.directories.clone(),
            isr: record.isr.clone(),
            removing_replicas: record.removing_replicas.clone(),
            adding_replicas: record.adding_replicas.clone(),
            leader: record.leader,
            leader_recovery_state: LeaderRecoveryState::from_code(record.leader_recovery_state).unwrap_or_default(),
            leader_epoch: record.leader_epoch,
            partition_epoch: record.partition_epoch,
            eligible_leader_replicas: record.eligible_leader_replicas.clone().unwrap_or_default(),
            last_known_elr: record.last_known_elr.clone().unwrap_or_default(),
        };
        partition.directories.resize(partition.replicas.len(), Uuid::DIRECTORY_MIGRATING);
        partition
    }

    /// The partition after a change: what the record leaves out stays as it is.
    pub fn changed(&self, record: &PartitionChangeRecord) -> Partition {
        let elected = record.leader != NO_LEADER_CHANGE;
        let or_else = |new: &Option<Vec<NodeId>>, old: &Vec<NodeId>| new.as_ref().unwrap_or(old).clone();
        let replicas = or_else(&record.replicas, &self.replicas);
        let directories = match &record.directories {
            Some(directories) => directories.clone(),
            None => replicas.iter().map(|id| self.directory_of(*id).unwrap_or(Uuid::DIRECTORY_MIGRATING)).collect(),
        };
        let mut changed = Partition {
            replicas,
            directories,
            isr: or_else(&record.isr, &self.isr),
            removing_replicas: or_else(&record.removing_replicas, &self.removing_replicas),
            adding_replicas: or_else(&record.adding_replicas, &self.adding_replicas),
            leader: if elected { record.leader } else { self.leader },
            leader_recovery_state: LeaderRecoveryState::from_code(record.leader_recovery_state)
                .unwrap_or(self.leader_recovery_state),
            leader_epoch: self.leader_epoch.wrapping_add(i32::from(elected)),
            partition_epoch: self.partition_epoch.wrapping_add(1),
            eligible_leader_replicas: or_else(&record.eligible_leader_replicas, &self.eligible_leader_replicas),
            last_known_elr: or_else(&record.last_known_elr, &self.last_known_elr),
        };
        changed.directories.resize(changed.replicas.len(), Uuid::DIRECTORY_MIGRATING);
        changed
    }

    /// The partition as one record, without what this metadata version has no place for.
    pub fn to_record(&self, topic_id: Uuid, number: i32, version: MetadataVersion) -> PartitionRecord {
        let eligible =
            |ids: &Vec<NodeId>| (version.has_eligible_leader_replicas() && !ids.is_empty()).then(|| ids.clone());
        PartitionRecord {
            partition_id: number,
            topic_id,
            replicas: self.replicas.clone(),
            isr: self.isr.clone(),
            removing_replicas: self.removing_replicas.clone(),
            adding_replicas: self.adding_replicas.clone(),
            leader: self.leader,
            leader_recovery_state: self.leader_recovery_state.code(),
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            directories: if version.has_directories() { self.directories.clone() } else { Vec::new() },
            eligible_leader_replicas: eligible(&self.eligible_leader_replicas),
            last_known_elr: eligible(&self.last_known_elr),
            ..Default::default()
        }
    }
}
