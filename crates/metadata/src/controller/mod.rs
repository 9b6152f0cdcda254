//! The controller: it decides what the metadata log shall say next.
//!
//! ```text
//!  command ──▶ decide ──▶ Draft: a clone of the image on which the command's records are tried out, one after the other
//!                             │
//!                             ├──▶ records ──▶ the log ──▶ apply, here and on every node
//!                             └──▶ answer, given out when the records are committed
//! ```
//!
//! One file per command. Each is a function of the draft (and of the sessions, where time matters): it pushes records and
//! returns its answer. A record that was pushed shows in the draft's image at once, so that the second entry of a request is
//! judged by what the first one did. What a command refuses it takes back: a draft can be rolled back to a mark.
//!
//! Limits: `MAX_PARTITIONS_PER_REQUEST`, `MAX_PARTITIONS`, `MAX_BROKERS`, `MAX_CONFIG_VALUE_LENGTH`, `MAX_ASSIGNMENTS`.

mod allocate_producer_ids;
mod alter_configs;
mod alter_partition;
mod alter_partition_reassignments;
mod assign_replicas_to_dirs;
mod bootstrap;
mod broker_heartbeat;
mod command;
mod config_rules;
mod create_partitions;
mod create_topics;
mod delete_topics;
mod draft;
mod elect_leaders;
mod elections;
mod fencing;
mod incremental_alter_configs;
mod no_op;
mod options;
mod partition_change;
mod placement;
mod random;
mod reassignment;
mod register_broker;
mod register_controller;
mod soft;
mod unregister_broker;
mod update_features;

use std::sync::Arc;
use std::time::Duration;

use machine::{Decision, Ledger, Now, Ticket};
use records::MetadataRecord;
use types::ErrorCode;

pub use allocate_producer_ids::{AllocateProducerIds, PRODUCER_ID_BLOCK_LENGTH, ProducerIdBlock};
pub use alter_configs::{AlterConfigs, AlterConfigsResult, MAX_CONFIG_VALUE_LENGTH, ResourceConfigs};
pub use alter_partition::{
    AlterPartition, AlterPartitionTopic, AlteredPartition, AlteredTopic, IsrMember, NewPartitionState, PartitionState,
};
pub use alter_partition_reassignments::{
    AlterPartitionReassignments, PartitionReassignment, ReassignedPartition, ReassignedTopic, TopicReassignment,
};
pub use assign_replicas_to_dirs::{
    AssignReplicasToDirs, AssignedDirectory, AssignedTopic, DirectoryAssignment, MAX_ASSIGNMENTS, TopicAssignment,
};
pub use bootstrap::{Activate, Activated, Bootstrap};
pub use broker_heartbeat::{BrokerHeartbeat, HeartbeatReply};
pub use command::{Answer, Command};
pub use config_rules::{AnyConfig, ConfigRules, EffectiveConfig};
pub use create_partitions::{CreatePartitions, CreatePartitionsResult, MorePartitions};
pub use create_topics::{
    CreateTopics, CreateTopicsResult, CreatedTopic, MAX_PARTITIONS, MAX_PARTITIONS_PER_REQUEST, NewTopic,
    ReplicaAssignment,
};
pub use delete_topics::{DeleteTopics, DeleteTopicsResult, TopicSelector};
pub use elect_leaders::{ElectLeaders, ElectedPartition, ElectedTopic, ElectionType};
pub use fencing::FenceBroker;
pub use incremental_alter_configs::{ConfigChange, ConfigOperation, IncrementalAlterConfigs, ResourceChanges};
pub use options::ControllerOptions;
pub use reassignment::{OngoingReassignment, TopicPartitions, list_partition_reassignments};
pub use register_broker::{MAX_BROKERS, RegisterBroker};
pub use register_controller::RegisterController;
pub use soft::Soft;
pub use update_features::{FeatureUpdate, UpdateFeatures, UpgradeType};

use crate::image::{ClusterImage, InvalidRecord};
use draft::Draft;

/// The cluster's ledger.
#[derive(Clone, Default)]
pub struct Controller {
    image: ClusterImage,
    options: Arc<ControllerOptions>,
    fault: Option<InvalidRecord>,
}

impl Controller {
    /// A controller of which the log is empty.
    pub fn new(options: ControllerOptions) -> Controller {
        Controller::from_image(options, ClusterImage::new())
    }

    /// A controller that goes on from a snapshot.
    pub fn from_image(options: ControllerOptions, image: ClusterImage) -> Controller {
        Controller { image, options: Arc::new(options), fault: None }
    }

    /// Everything the records so far say, an open metadata transaction included.
    pub fn image(&self) -> &ClusterImage {
        &self.image
    }

    /// What it was told about this cluster.
    pub fn options(&self) -> &ControllerOptions {
        &self.options
    }

    /// The first record that contradicted the records before it. A node that sees one must not go on: its log is damaged, or
    /// was written by a version that it does not understand.
    pub fn fault(&self) -> Option<&InvalidRecord> {
        self.fault.as_ref()
    }
}

impl Ledger for Controller {
    type Record = MetadataRecord;
    type Command = Command;
    type Answer = Answer;
    type Soft = Soft;

    fn decide(&self, soft: &mut Soft, now: Now, ticket: Ticket, command: Command) -> Decision<MetadataRecord, Answer> {
        let mut draft = Draft::new(&self.image, &self.options);
        let answer = command::carry_out(&mut draft, soft, now, command);
        Decision::write(draft.into_records(), ticket, answer)
    }

    fn apply(&mut self, record: &MetadataRecord) {
        if let Err(fault) = self.image.apply(record) {
            self.fault.get_or_insert(fault);
        }
    }

    fn deadline(&self, soft: &Soft) -> Option<Duration> {
        soft.deadline(&self.image, &self.options)
    }

    fn expire(&self, soft: &mut Soft, now: Now) -> Decision<MetadataRecord, Answer> {
        let mut draft = Draft::new(&self.image, &self.options);
        fencing::fence_one_stale_broker(&mut draft, soft, now);
        elections::elect_from_time_to_time(&mut draft, soft, now);
        Decision { records: draft.into_records(), answers: Vec::new() }
    }

    fn refuse(answer: Answer, code: ErrorCode) -> Answer {
        answer.refused(code)
    }
}
