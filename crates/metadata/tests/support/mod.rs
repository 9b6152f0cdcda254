//! A controller with its log and its clock, checked after every record that it writes.

#![allow(dead_code)]

use std::collections::BTreeSet;

use machine::{Decision, Ledger, Now};
use metadata::controller::*;
use metadata::image::*;
use metadata::{ClusterImage, MetadataVersion, Refusal};
use records::{MetadataRecord, metadata as frames};
use types::{ErrorCode, NodeId, Str, Uuid};

/// Only `cleanup.policy` is a list; `retention.ms` must be a number.
struct Rules;

impl ConfigRules for Rules {
    fn check(&self, _: &ConfigResource, configs: &Configs) -> Result<(), Refusal> {
        match configs.get("retention.ms") {
            Some(value) if value.parse::<i64>().is_err() => {
                Err(Refusal::new(ErrorCode::InvalidConfig, format!("'{value}' is no number")))
            }
            _ => Ok(()),
        }
    }

    fn is_list(&self, _: ResourceType, name: &str) -> bool {
        name == "cleanup.policy"
    }

    fn default_value(&self, _: ResourceType, name: &str) -> Option<Str> {
        (name == "cleanup.policy").then(|| Str::from("delete"))
    }

    fn effective_topic_configs(&self, configs: &Configs) -> Vec<EffectiveConfig> {
        AnyConfig.effective_topic_configs(configs)
    }
}

pub const CLUSTER_ID: &str = "cluster";

pub struct Cluster {
    pub controller: Controller,
    pub soft: Soft,
    pub log: Vec<MetadataRecord>,
    pub now: Now,
    options: ControllerOptions,
    producer_ids: BTreeSet<i64>,
    seed: u128,
}

pub fn version(name: &str) -> MetadataVersion {
    MetadataVersion::from_name(name).expect("a known version")
}

pub fn directory(broker: NodeId, place: u8) -> Uuid {
    Uuid::from_bytes((1_000 + broker as u128 * 10 + u128::from(place)).to_be_bytes())
}

impl Cluster {
    /// A cluster of this version without brokers.
    pub fn empty(version: MetadataVersion) -> Cluster {
        Cluster::with_options(version, |_| {})
    }

    pub fn with_options(version: MetadataVersion, set: impl FnOnce(&mut ControllerOptions)) -> Cluster {
        let mut options = ControllerOptions { cluster_id: Str::from(CLUSTER_ID), node_id: 100, ..Default::default() };
        options.configs = std::sync::Arc::new(Rules);
        set(&mut options);
        let mut cluster = Cluster {
            controller: Controller::new(options.clone()),
            soft: Soft::default(),
            log: Vec::new(),
            now: Now::at_ms(1_000),
            options,
            producer_ids: BTreeSet::new(),
            seed: 7,
        };
        cluster.activate(version);
        cluster
    }

    /// A cluster of this version with so many unfenced brokers, numbered from 1.
    pub fn of(version: MetadataVersion, brokers: NodeId) -> Cluster {
        let mut cluster = Cluster::empty(version);
        (1..=brokers).for_each(|broker| cluster.start(broker));
        cluster
    }

    pub fn image(&self) -> &ClusterImage {
        self.controller.image()
    }

    pub fn next_offset(&self) -> i64 {
        self.log.len() as i64
    }

    pub fn seed(&mut self) -> u128 {
        self.seed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        self.seed
    }

    /// Another controller takes over: it has the log and nothing else.
    pub fn fail_over(&mut self) {
        let mut controller = Controller::new(self.options.clone());
        self.log.iter().for_each(|record| controller.apply(record));
        assert!(controller.fault().is_none());
        assert!(controller.image() == self.controller.image(), "replayed differs from live");
        self.controller = controller;
        self.soft = Soft::default();
        self.activate(MetadataVersion::LATEST);
    }

    pub fn activate(&mut self, version: MetadataVersion) -> Vec<MetadataRecord> {
        self.wrote(Command::Activate(Activate { bootstrap: Bootstrap::of_version(version) })).1
    }

    pub fn ask(&mut self, command: Command) -> Answer {
        self.wrote(command).0
    }

    /// The answer to a command and the records it wrote.
    pub fn wrote(&mut self, command: Command) -> (Answer, Vec<MetadataRecord>) {
        let decision = self.controller.decide(&mut self.soft, self.now, 1, command);
        let (records, mut answers) = self.carry_out(decision);
        assert_eq!(answers.len(), 1, "every command is answered once");
        (answers.remove(0).1, records)
    }

    /// Time passes.
    pub fn pass(&mut self, ms: u64) -> Vec<MetadataRecord> {
        let later = self.now.monotonic.as_millis() as u64 + ms;
        self.now = Now::at_ms(later);
        let mut written = Vec::new();
        let mut passes = 0;
        while self.controller.deadline(&self.soft).is_some_and(|deadline| deadline <= self.now.monotonic) {
            let decision = self.controller.expire(&mut self.soft, self.now);
            written.extend(self.carry_out(decision).0);
            passes += 1;
            assert!(passes < 100, "expire has nothing to do but wants to be called again");
        }
        written
    }

    #[allow(clippy::type_complexity)]
    fn carry_out(&mut self, decision: Decision<MetadataRecord, Answer>) -> (Vec<MetadataRecord>, Vec<(u64, Answer)>) {
        for record in &decision.records {
            let level = self.image().metadata_version().level();
            let encoded =
                frames::encode(record, record.highest_version(level)).expect("the version can hold the record");
            assert_eq!(&frames::decode(encoded).expect("what was encoded is decoded").0, record);
            let before = self.image().clone();
            self.controller.apply(record);
            assert!(self.controller.fault().is_none(), "{:?}", self.controller.fault());
            check_step(&before, self.image());
            if let MetadataRecord::ProducerIds(ids) = record {
                assert!(self.producer_ids.insert(ids.next_producer_id), "C9: a block of producer ids was given twice");
            }
        }
        check_state(self.image());
        self.log.extend(decision.records.iter().cloned());
        (decision.records, decision.answers)
    }

    pub fn registration(&self, broker: NodeId, incarnation: u8) -> RegisterBroker {
        let versions = (MetadataVersion::MINIMUM.level(), MetadataVersion::LATEST.level());
        let mut features = vec![range("metadata.version", versions.0, versions.1)];
        let others = metadata::features::FEATURES.iter();
        features.extend(others.map(|feature| range(feature.name, 0, feature.maximum)));
        RegisterBroker {
            broker_id: broker,
            cluster_id: Str::from(CLUSTER_ID),
            incarnation_id: Uuid::from_bytes((500 + u128::from(incarnation)).to_be_bytes()),
            endpoints: vec![Endpoint {
                listener: Str::from("PLAINTEXT"),
                host: Str::from(format!("host{broker}")),
                port: 9092,
                security_protocol: 0,
            }],
            features,
            rack: None,
            log_dirs: (0..=(broker % 2) as u8).map(|place| directory(broker, place)).collect(),
            previous_broker_epoch: -1,
            next_offset: self.next_offset(),
        }
    }

    pub fn register(&mut self, broker: NodeId, incarnation: u8) -> Result<i64, Refusal> {
        let command = self.registration(broker, incarnation);
        match self.ask(Command::RegisterBroker(command)) {
            Answer::RegisterBroker(result) => result,
            other => panic!("{other:?}"),
        }
    }

    pub fn epoch(&self, broker: NodeId) -> i64 {
        self.image().broker(broker).map_or(-1, |broker| broker.epoch)
    }

    /// A heartbeat of a broker that has read everything.
    pub fn heartbeat_of(&self, broker: NodeId) -> BrokerHeartbeat {
        BrokerHeartbeat {
            broker_id: broker,
            broker_epoch: self.epoch(broker),
            current_metadata_offset: self.next_offset() - 1,
            want_fence: false,
            want_shut_down: false,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
            next_offset: self.next_offset(),
        }
    }

    pub fn beat(&mut self, heartbeat: BrokerHeartbeat) -> Result<HeartbeatReply, Refusal> {
        match self.ask(Command::BrokerHeartbeat(heartbeat)) {
            Answer::BrokerHeartbeat(result) => result,
            other => panic!("{other:?}"),
        }
    }

    pub fn heartbeat(&mut self, broker: NodeId) -> HeartbeatReply {
        let heartbeat = self.heartbeat_of(broker);
        self.beat(heartbeat).expect("the broker is registered")
    }

    /// Registers a broker and unfences it.
    pub fn start(&mut self, broker: NodeId) {
        self.register(broker, 0).expect("nothing is against it");
        assert!(!self.heartbeat(broker).is_fenced);
    }

    pub fn fence(&mut self, broker: NodeId) -> Vec<MetadataRecord> {
        let broker_epoch = self.epoch(broker);
        self.wrote(Command::FenceBroker(FenceBroker { broker_id: broker, broker_epoch })).1
    }

    pub fn create(&mut self, topics: Vec<NewTopic>) -> Vec<CreateTopicsResult> {
        let seed = self.seed();
        match self.ask(Command::CreateTopics(CreateTopics { topics, validate_only: false, seed })) {
            Answer::CreateTopics(results) => results,
            other => panic!("{other:?}"),
        }
    }

    /// Creates a topic whose partitions have these replicas.
    pub fn create_assigned(&mut self, name: &str, assignments: &[&[NodeId]]) -> Uuid {
        let result = self.create(vec![assigned(name, assignments)]).remove(0).result;
        result.expect("the topic can be created").topic_id
    }

    pub fn set_config(&mut self, resource: ConfigResource, name: &str, value: Option<&str>) -> Result<(), Refusal> {
        let change = ConfigChange {
            name: Str::from(name),
            operation: if value.is_some() { ConfigOperation::Set } else { ConfigOperation::Delete },
            value: value.map(Str::from),
        };
        let resources = vec![ResourceChanges { resource, changes: vec![change] }];
        match self.ask(Command::IncrementalAlterConfigs(IncrementalAlterConfigs { resources, validate_only: false })) {
            Answer::IncrementalAlterConfigs(mut results) => results.remove(0).result,
            other => panic!("{other:?}"),
        }
    }

    /// The leader asks for this in-sync set, everything else being as it is.
    pub fn alter_isr(&mut self, topic: &str, number: i32, isr: &[NodeId]) -> Result<PartitionState, Refusal> {
        let partition = self.partition(topic, number);
        let command = AlterPartition {
            broker_id: partition.leader,
            broker_epoch: self.epoch(partition.leader),
            topics: vec![AlterPartitionTopic {
                topic_id: self.image().topic_id(topic).expect("the topic exists"),
                partitions: vec![NewPartitionState {
                    partition: number,
                    leader_epoch: partition.leader_epoch,
                    partition_epoch: partition.partition_epoch,
                    isr: isr.iter().map(|id| IsrMember { broker_id: *id, broker_epoch: self.epoch(*id) }).collect(),
                    leader_recovery_state: 0,
                }],
            }],
        };
        match self.ask(Command::AlterPartition(command)) {
            Answer::AlterPartition(result) => result.expect("the epoch is right").remove(0).partitions.remove(0).result,
            other => panic!("{other:?}"),
        }
    }

    pub fn reassign(&mut self, topic: &str, number: i32, replicas: Option<&[NodeId]>) -> Result<(), Refusal> {
        let partitions = vec![PartitionReassignment { partition: number, replicas: replicas.map(<[NodeId]>::to_vec) }];
        let topics = vec![TopicReassignment { name: Str::from(topic), partitions }];
        let command = AlterPartitionReassignments { topics, allow_replication_factor_change: true };
        match self.ask(Command::AlterPartitionReassignments(command)) {
            Answer::AlterPartitionReassignments(mut topics) => topics.remove(0).partitions.remove(0).result,
            other => panic!("{other:?}"),
        }
    }

    pub fn elect(&mut self, election_type: ElectionType, topic: &str, number: i32) -> Result<(), Refusal> {
        let partitions = Some(vec![TopicPartitions { name: Str::from(topic), partitions: vec![number] }]);
        match self.ask(Command::ElectLeaders(ElectLeaders { election_type, partitions })) {
            Answer::ElectLeaders(mut topics) => topics.remove(0).partitions.remove(0).result,
            other => panic!("{other:?}"),
        }
    }

    pub fn update_feature(&mut self, name: &str, level: i16, upgrade_type: UpgradeType) -> Result<(), Refusal> {
        let updates = vec![FeatureUpdate { feature: Str::from(name), level, upgrade_type }];
        match self.ask(Command::UpdateFeatures(UpdateFeatures { updates, validate_only: false })) {
            Answer::UpdateFeatures(result) => result,
            other => panic!("{other:?}"),
        }
    }

    pub fn partition(&self, topic: &str, number: i32) -> Partition {
        Partition::clone(self.image().partition(topic, number).expect("the partition exists"))
    }

    /// Leader, in-sync set and eligible replicas of a partition, in one line.
    pub fn told(&self, topic: &str, number: i32) -> String {
        let it = self.partition(topic, number);
        format!("leader {} isr {:?} elr {:?}", it.leader, it.isr, it.eligible_leader_replicas)
    }
}

pub fn range(name: &str, minimum: i16, maximum: i16) -> FeatureRange {
    FeatureRange { name: Str::from(name), minimum, maximum }
}

pub fn topic(name: &str, num_partitions: i32, replication_factor: i16) -> NewTopic {
    NewTopic { name: Str::from(name), num_partitions, replication_factor, assignments: Vec::new(), configs: Vec::new() }
}

pub fn assigned(name: &str, assignments: &[&[NodeId]]) -> NewTopic {
    let each = (0..).zip(assignments);
    let assignments = each.map(|(partition, ids)| ReplicaAssignment { partition, broker_ids: ids.to_vec() }).collect();
    NewTopic { assignments, ..topic(name, -1, -1) }
}

pub fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> ErrorCode {
    let refusal = result.expect_err("it should have been refused");
    assert!(!refusal.message.is_empty());
    refusal.code
}

/// C2 and C4: what one record may do.
fn check_step(before: &ClusterImage, after: &ClusterImage) {
    for broker in after.brokers().values() {
        let earlier = before.broker(broker.id).map_or(-1, |earlier| earlier.epoch);
        assert!(broker.epoch >= earlier, "C2: the epoch of broker {} went back", broker.id);
    }
    for change in Changes::between(before, after).topics {
        if change.event != TopicEvent::Changed {
            continue;
        }
        let find = |image: &ClusterImage, number| image.topic_by_id(change.id)?.partitions.get(number).cloned();
        for number in &change.partitions {
            let (Some(old), Some(new)) = (find(before, number), find(after, number)) else { continue };
            let elr_cleared = new.eligible_leader_replicas.is_empty() && new.last_known_elr.is_empty();
            let step = new.partition_epoch - old.partition_epoch;
            assert!(step == 1 || (step == 0 && elr_cleared), "C4: the partition epoch went up by {step}");
            assert!(new.leader_epoch >= old.leader_epoch, "C4: the leader epoch went back");
            if new.leader != old.leader {
                assert_eq!(new.leader_epoch, old.leader_epoch + 1, "C4: another leader in the same epoch");
            }
        }
    }
}

/// C3 and C5: what always holds between commands.
fn check_state(image: &ClusterImage) {
    let mut partitions = 0;
    for topic in image.topics() {
        for (number, it) in &topic.partitions {
            let what = format!("{}-{number}: {it:?}", topic.name);
            partitions += 1;
            let is_fenced = |id: NodeId| image.broker(id).is_none_or(|broker| broker.fenced);
            let last_of_a_leaderless = it.leader == -1 && it.isr.len() == 1;
            assert!(it.isr.iter().all(|id| !is_fenced(*id)) || last_of_a_leaderless, "C3: fenced in the ISR, {what}");
            assert!(it.leader == -1 || !is_fenced(it.leader), "C3: fenced leader, {what}");
            assert!(it.isr.iter().all(|id| it.replicas.contains(id)), "C5: ISR beyond replicas, {what}");
            assert!(it.leader == -1 || it.isr.contains(&it.leader), "C5: leader out of the ISR, {what}");
            let both = it.eligible_leader_replicas.iter().any(|id| it.isr.contains(id));
            assert!(!both, "C5: in the ISR and eligible, {what}");
            assert_eq!(it.directories.len(), it.replicas.len(), "{what}");
            for list in [&it.replicas, &it.isr, &it.eligible_leader_replicas] {
                assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "somebody is there twice, {what}");
            }
        }
    }
    assert_eq!(partitions, image.partition_count());
}
