//! Whatever is asked in whatever order: replayed equals live (C1), the invariants hold after every record, a snapshot is the
//! image, and the changes between two images are exactly what differs.

mod support;

use std::collections::BTreeMap;

use machine::replay;
use metadata::controller::*;
use metadata::image::*;
use metadata::{Changes, ClusterImage};
use proptest::prelude::*;
use support::*;
use types::{NodeId, Str, Uuid};

const TOPICS: [&str; 4] = ["a", "b.c", "b_c", "d"];
const FEATURES: [&str; 3] = ["metadata.version", "eligible.leader.replicas.version", "transaction.version"];
const VERSIONS: [&str; 5] = ["3.3", "3.6-IV2", "4.0", "4.1", "4.3"];

#[derive(Clone, Debug)]
enum Step {
    Register { broker: NodeId, incarnation: u8, clean: bool },
    Heartbeat { broker: NodeId, behind: bool, want_fence: bool, want_shut_down: bool, lost: Option<u8> },
    Fence(NodeId),
    Unregister(NodeId),
    Create { topic: usize, partitions: i32, replicas: i16 },
    CreateAssigned { topic: usize, replicas: Vec<NodeId> },
    Delete(usize),
    More { topic: usize, count: i32 },
    Configure { resource: usize, name: usize, value: Option<u8> },
    Elect { unclean: bool, topic: Option<usize> },
    AlterIsr { topic: usize, number: i32, isr: Vec<NodeId>, recovering: bool },
    Reassign { topic: usize, number: i32, replicas: Option<Vec<NodeId>> },
    Assign { broker: NodeId, place: u8, topic: usize, number: i32 },
    ProducerIds(NodeId),
    Feature { feature: usize, level: i16, upgrade_type: i8 },
    RegisterController(u8),
    NoOp,
    Pass(u64),
    FailOver,
}

fn step() -> impl Strategy<Value = Step> {
    let broker = || 1..=4i32;
    let topic = || 0..TOPICS.len();
    let some_brokers = || proptest::collection::vec(1..=4i32, 0..4);
    prop_oneof![
        4 => (broker(), 0..3u8, any::<bool>())
            .prop_map(|(broker, incarnation, clean)| Step::Register { broker, incarnation, clean }),
        8 => (broker(), prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop::bool::weighted(0.2), prop::option::weighted(0.1, 0..2u8))
            .prop_map(|(broker, behind, want_fence, want_shut_down, lost)| {
                Step::Heartbeat { broker, behind, want_fence, want_shut_down, lost }
            }),
        2 => broker().prop_map(Step::Fence),
        1 => broker().prop_map(Step::Unregister),
        3 => (topic(), -1..4i32, -1..4i16)
            .prop_map(|(topic, partitions, replicas)| Step::Create { topic, partitions, replicas }),
        3 => (topic(), some_brokers()).prop_map(|(topic, replicas)| Step::CreateAssigned { topic, replicas }),
        1 => topic().prop_map(Step::Delete),
        1 => (topic(), 0..6i32).prop_map(|(topic, count)| Step::More { topic, count }),
        2 => (0..4usize, 0..3usize, prop::option::of(0..4u8))
            .prop_map(|(resource, name, value)| Step::Configure { resource, name, value }),
        2 => (any::<bool>(), prop::option::of(topic())).prop_map(|(unclean, topic)| Step::Elect { unclean, topic }),
        8 => (topic(), 0..3i32, some_brokers(), prop::bool::weighted(0.1))
            .prop_map(|(topic, number, isr, recovering)| Step::AlterIsr { topic, number, isr, recovering }),
        3 => (topic(), 0..3i32, prop::option::weighted(0.8, some_brokers()))
            .prop_map(|(topic, number, replicas)| Step::Reassign { topic, number, replicas }),
        1 => (broker(), 0..3u8, topic(), 0..3i32)
            .prop_map(|(broker, place, topic, number)| Step::Assign { broker, place, topic, number }),
        1 => broker().prop_map(Step::ProducerIds),
        1 => (0..FEATURES.len(), 0..31i16, 1..4i8)
            .prop_map(|(feature, level, upgrade_type)| Step::Feature { feature, level, upgrade_type }),
        1 => (0..2u8).prop_map(Step::RegisterController),
        1 => Just(Step::NoOp),
        2 => (0..12_000u64).prop_map(Step::Pass),
        1 => Just(Step::FailOver),
    ]
}

fn take(cluster: &mut Cluster, step: Step) {
    match step {
        Step::Register { broker, incarnation, clean } => {
            let mut command = cluster.registration(broker, incarnation);
            command.previous_broker_epoch = if clean { cluster.epoch(broker) } else { -1 };
            cluster.ask(Command::RegisterBroker(command));
        }
        Step::Heartbeat { broker, behind, want_fence, want_shut_down, lost } => {
            let mut command = cluster.heartbeat_of(broker);
            command.current_metadata_offset -= if behind { 1_000 } else { 0 };
            command.want_fence = want_fence;
            command.want_shut_down = want_shut_down;
            command.offline_log_dirs = lost.iter().map(|place| directory(broker, *place)).collect();
            cluster.ask(Command::BrokerHeartbeat(command));
        }
        Step::Fence(broker) => drop(cluster.fence(broker)),
        Step::Unregister(broker) => drop(cluster.ask(Command::UnregisterBroker(broker))),
        Step::Create { topic: index, partitions, replicas } => {
            cluster.create(vec![topic(TOPICS[index], partitions, replicas)]);
        }
        Step::CreateAssigned { topic: index, replicas } => {
            cluster.create(vec![assigned(TOPICS[index], &[&replicas, &replicas])]);
        }
        Step::Delete(index) => {
            let topics = vec![TopicSelector { name: Some(Str::from(TOPICS[index])), topic_id: Uuid::ZERO }];
            cluster.ask(Command::DeleteTopics(DeleteTopics { topics }));
        }
        Step::More { topic: index, count } => {
            let seed = cluster.seed();
            let topics = vec![MorePartitions { name: Str::from(TOPICS[index]), count, assignments: None }];
            cluster.ask(Command::CreatePartitions(CreatePartitions { topics, validate_only: false, seed }));
        }
        Step::Configure { resource, name, value } => configure(cluster, resource, name, value),
        Step::Elect { unclean, topic } => {
            let named = |index: usize| vec![TopicPartitions { name: Str::from(TOPICS[index]), partitions: vec![0, 1] }];
            let election_type = if unclean { ElectionType::Unclean } else { ElectionType::Preferred };
            cluster.ask(Command::ElectLeaders(ElectLeaders { election_type, partitions: topic.map(named) }));
        }
        Step::AlterIsr { topic, number, isr, recovering } => alter_isr(cluster, TOPICS[topic], number, isr, recovering),
        Step::Reassign { topic, number, replicas } => {
            let _ = cluster.reassign(TOPICS[topic], number, replicas.as_deref());
        }
        Step::Assign { broker, place, topic, number } => assign(cluster, broker, place, TOPICS[topic], number),
        Step::ProducerIds(broker_id) => {
            let broker_epoch = cluster.epoch(broker_id);
            cluster.ask(Command::AllocateProducerIds(AllocateProducerIds { broker_id, broker_epoch }));
        }
        Step::Feature { feature, level, upgrade_type } => {
            let upgrade_type = UpgradeType::from_code(upgrade_type).expect("1 to 3");
            let _ = cluster.update_feature(FEATURES[feature], level, upgrade_type);
        }
        Step::RegisterController(incarnation) => {
            let incarnation_id = Uuid::from_bytes([incarnation; 16]);
            let command =
                RegisterController { controller_id: 100, incarnation_id, endpoints: vec![], features: vec![] };
            cluster.ask(Command::RegisterController(command));
        }
        Step::NoOp => drop(cluster.ask(Command::NoOp)),
        Step::Pass(ms) => drop(cluster.pass(ms)),
        Step::FailOver => cluster.fail_over(),
    }
}

fn configure(cluster: &mut Cluster, resource: usize, name: usize, value: Option<u8>) {
    let resource = match resource {
        0 => ConfigResource::cluster(),
        1 => ConfigResource::broker(1),
        other => ConfigResource::topic(TOPICS[other]),
    };
    let (name, value) = match name {
        0 => ("min.insync.replicas", value.map(|value| value.to_string())),
        1 => ("unclean.leader.election.enable", value.map(|value| (value % 2 == 0).to_string())),
        _ => ("retention.ms", value.map(|value| value.to_string())),
    };
    let _ = cluster.set_config(resource, name, value.as_deref());
}

fn alter_isr(cluster: &mut Cluster, topic: &str, number: i32, isr: Vec<NodeId>, recovering: bool) {
    let Some(found) = cluster.image().topic(topic).cloned() else { return };
    let Some(partition) = found.partitions.get(&number) else { return };
    let command = AlterPartition {
        broker_id: partition.leader,
        broker_epoch: cluster.epoch(partition.leader),
        topics: vec![AlterPartitionTopic {
            topic_id: found.id,
            partitions: vec![NewPartitionState {
                partition: number,
                leader_epoch: partition.leader_epoch,
                partition_epoch: partition.partition_epoch,
                isr: isr.iter().map(|id| IsrMember { broker_id: *id, broker_epoch: -1 }).collect(),
                leader_recovery_state: i8::from(recovering),
            }],
        }],
    };
    cluster.ask(Command::AlterPartition(command));
}

fn assign(cluster: &mut Cluster, broker: NodeId, place: u8, topic: &str, number: i32) {
    let Some(topic_id) = cluster.image().topic_id(topic) else { return };
    let command = AssignReplicasToDirs {
        broker_id: broker,
        broker_epoch: cluster.epoch(broker),
        directories: vec![DirectoryAssignment {
            directory: directory(broker, place),
            topics: vec![TopicAssignment { topic_id, partitions: vec![number] }],
        }],
    };
    cluster.ask(Command::AssignReplicasToDirs(command));
}

/// The same comparison as `Changes`, by looking at everything.
fn differing_topics(older: &ClusterImage, newer: &ClusterImage) -> BTreeMap<Uuid, Vec<i32>> {
    let all = |image: &ClusterImage| -> BTreeMap<(Uuid, i32), Partition> {
        let topics = image.topics();
        let each =
            topics.flat_map(|topic| topic.partitions.iter().map(|(n, it)| ((topic.id, *n), Partition::clone(it))));
        each.collect()
    };
    let (old, new) = (all(older), all(newer));
    let mut differing: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
    let mut keys: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        if old.get(&key) != new.get(&key) {
            differing.entry(key.0).or_default().push(key.1);
        }
    }
    differing
}

fn check_changes(older: &ClusterImage, newer: &ClusterImage) {
    let changes = Changes::between(older, newer);
    let told: BTreeMap<Uuid, Vec<i32>> = changes.topics.iter().map(|it| (it.id, it.partitions.clone())).collect();
    assert_eq!(told.len(), changes.topics.len());
    assert_eq!(told, differing_topics(older, newer));
    let differing_brokers: Vec<NodeId> = (1..=4).filter(|id| older.broker(*id) != newer.broker(*id)).collect();
    assert_eq!(changes.brokers, differing_brokers);
    for resource in older.configs().keys().chain(newer.configs().keys()) {
        let differs = older.configs_of(resource) != newer.configs_of(resource);
        assert_eq!(changes.configs.contains(resource), differs, "{resource:?}");
    }
    assert_eq!(changes.is_empty(), older == newer);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn replayed_equals_live_and_the_invariants_hold(
        version_index in 0..VERSIONS.len(),
        brokers in 0..4i32,
        steps in proptest::collection::vec(step(), 1..60),
        look in any::<prop::sample::Index>(),
    ) {
        let mut cluster = Cluster::of(version(VERSIONS[version_index]), brokers);
        let look_after = look.index(steps.len());
        let mut looked = cluster.image().clone();
        for (place, step) in steps.into_iter().enumerate() {
            take(&mut cluster, step);
            if place == look_after {
                looked = cluster.image().clone();
            }
        }
        let replayed = replay::<Controller>(&cluster.log);
        prop_assert!(replayed.fault().is_none());
        prop_assert!(replayed.image() == cluster.image());
        check_changes(&looked, cluster.image());
        check_changes(cluster.image(), &looked);

        let mut loaded = ClusterImage::new();
        for record in cluster.image().to_records() {
            loaded.apply(&record).expect("a snapshot fits together");
        }
        prop_assert!(&loaded == cluster.image());
    }
}
