//! Topics: created, extended, deleted.

mod support;

use std::collections::BTreeSet;

use metadata::controller::*;
use metadata::image::ConfigResource;
use records::MetadataRecord;
use support::*;
use types::{ErrorCode, Str, Uuid};

fn kinds(records: &[MetadataRecord]) -> Vec<&'static str> {
    records.iter().map(MetadataRecord::name).collect()
}

fn create(
    cluster: &mut Cluster,
    topics: Vec<NewTopic>,
    validate_only: bool,
) -> (Vec<CreateTopicsResult>, Vec<MetadataRecord>) {
    match cluster.wrote(Command::CreateTopics(CreateTopics { topics, validate_only, seed: 1 })) {
        (Answer::CreateTopics(results), records) => (results, records),
        (other, _) => panic!("{other:?}"),
    }
}

#[test]
fn created_topic_is_topic_then_configs_then_partitions() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    let mut orders = topic("orders", 2, 3);
    orders.configs = vec![(Str::from("retention.ms"), Some(Str::from("1000")))];
    let (results, records) = create(&mut cluster, vec![orders], false);
    assert_eq!(kinds(&records), ["TopicRecord", "ConfigRecord", "PartitionRecord", "PartitionRecord"]);
    let created = results[0].result.clone().expect("it was created");
    assert_eq!((created.num_partitions, created.replication_factor), (2, 3));
    assert_eq!(created.configs[0].name, "retention.ms");
    assert_eq!(cluster.image().topic_id("orders"), Some(created.topic_id));
    let partition = cluster.partition("orders", 1);
    assert_eq!(partition.leader, partition.replicas[0]);
    assert_eq!(partition.isr, partition.replicas);
    assert_eq!((partition.leader_epoch, partition.partition_epoch), (0, 0));
    assert_eq!(cluster.image().leader_of("orders", 1), Some(partition.leader));
    assert_eq!(cluster.image().leader_of("orders", 2), None);
}

#[test]
fn every_topic_of_a_request_has_its_answer_in_order() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("there.is", &[&[1]]);
    let mut bad_config = topic("bad-config", 1, 1);
    bad_config.configs = vec![(Str::from("retention.ms"), Some(Str::from("soon")))];
    let mut no_value = topic("no-value", 1, 1);
    no_value.configs = vec![(Str::from("retention.ms"), None)];
    let asked = vec![
        (topic("good", -1, -1), None),
        (topic("there.is", 1, 1), Some(ErrorCode::TopicAlreadyExists)),
        (topic("there_is", 1, 1), Some(ErrorCode::InvalidTopicException)),
        (topic("a/b", 1, 1), Some(ErrorCode::InvalidTopicException)),
        (topic("__cluster_metadata", 1, 1), Some(ErrorCode::InvalidRequest)),
        (topic("twice", 1, 1), Some(ErrorCode::InvalidRequest)),
        (topic("twice", 1, 1), Some(ErrorCode::InvalidRequest)),
        (topic("none", 0, 1), Some(ErrorCode::InvalidPartitions)),
        (topic("negative", -2, 1), Some(ErrorCode::InvalidPartitions)),
        (topic("rf0", 1, 0), Some(ErrorCode::InvalidReplicationFactor)),
        (topic("rf-2", 1, -2), Some(ErrorCode::InvalidReplicationFactor)),
        (topic("rf3", 1, 3), Some(ErrorCode::InvalidReplicationFactor)),
        (topic("huge", i32::MAX, 1), Some(ErrorCode::PolicyViolation)),
        (bad_config, Some(ErrorCode::InvalidConfig)),
        (no_value, Some(ErrorCode::InvalidConfig)),
        (assigned("plain", &[]), None),
        (NewTopic { num_partitions: 1, ..assigned("both", &[&[1]]) }, Some(ErrorCode::InvalidRequest)),
        (assigned("stranger", &[&[9]]), Some(ErrorCode::InvalidReplicaAssignment)),
        (assigned("double", &[&[1, 1]]), Some(ErrorCode::InvalidReplicaAssignment)),
        (assigned("uneven", &[&[1], &[1, 2]]), Some(ErrorCode::InvalidReplicaAssignment)),
        (assigned("empty", &[&[]]), Some(ErrorCode::InvalidReplicaAssignment)),
        (topic("new.name", 1, 1), None),
        (topic("new_name", 1, 1), Some(ErrorCode::InvalidTopicException)),
    ];
    let names: Vec<Str> = asked.iter().map(|(topic, _)| topic.name.clone()).collect();
    let results = cluster.create(asked.iter().map(|(topic, _)| topic.clone()).collect());
    assert_eq!(results.iter().map(|result| result.name.clone()).collect::<Vec<_>>(), names);
    for ((topic, expected), result) in asked.iter().zip(&results) {
        assert_eq!(result.result.as_ref().err().map(|refusal| refusal.code), *expected, "{}", topic.name);
        assert_eq!(
            cluster.image().topic(&topic.name).is_some(),
            expected.is_none() || topic.name == "there.is",
            "{}",
            topic.name
        );
    }
}

#[test]
fn partitions_chosen_by_hand_are_numbered_without_gap() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    for numbers in [[0, 2], [1, 1], [-1, 0]] {
        let mut gap = assigned("gap", &[&[1], &[2]]);
        for (assignment, number) in gap.assignments.iter_mut().zip(numbers) {
            assignment.partition = number;
        }
        assert_eq!(code(cluster.create(vec![gap]).remove(0).result), ErrorCode::InvalidReplicaAssignment);
    }
    let mut swapped = assigned("swapped", &[&[1], &[2]]);
    swapped.assignments[0].partition = 1;
    swapped.assignments[1].partition = 0;
    assert!(cluster.create(vec![swapped])[0].result.is_ok());
    assert_eq!(cluster.image().leader_of("swapped", 0), Some(2));
}

#[test]
fn validate_only_answers_the_same_and_writes_nothing() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    let asked = vec![topic("a.b", 3, 2), topic("a_b", 1, 1)];
    let (tried, nothing) = create(&mut cluster, asked.clone(), true);
    assert!(nothing.is_empty());
    let (done, records) = create(&mut cluster, asked, false);
    assert_eq!(tried, done);
    assert_eq!(records.len(), 4);
}

#[test]
fn one_request_creates_no_more_partitions_than_the_limit() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let half = MAX_PARTITIONS_PER_REQUEST as i32 / 2 + 1;
    let (results, _) = create(&mut cluster, vec![topic("a", half, 1), topic("b", half, 1), topic("c", 10, 1)], true);
    let codes: Vec<_> = results.iter().map(|result| result.result.as_ref().err().map(|refusal| refusal.code)).collect();
    assert_eq!(codes, [None, Some(ErrorCode::PolicyViolation), None]);
}

#[test]
fn replicas_are_spread_over_brokers_and_racks() {
    let mut cluster = Cluster::empty(version("4.3"));
    for broker in 1..=6 {
        let mut registration = cluster.registration(broker, 0);
        registration.rack = Some(Str::from(if broker % 2 == 0 { "even" } else { "odd" }));
        cluster.ask(Command::RegisterBroker(registration));
        cluster.heartbeat(broker);
    }
    cluster.create(vec![topic("spread", 60, 2)]);
    let mut led = [0; 7];
    for number in 0..60 {
        let partition = cluster.partition("spread", number);
        led[partition.leader as usize] += 1;
        assert_ne!(partition.replicas[0] % 2, partition.replicas[1] % 2, "both replicas are in one rack");
    }
    assert_eq!(led, [0, 10, 10, 10, 10, 10, 10]);
}

#[test]
fn a_fenced_broker_gets_replicas_only_when_no_other_is_left_and_never_leads() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    cluster.fence(2);
    cluster.create(vec![topic("two", 10, 2), topic("three", 10, 3)]);
    for number in 0..10 {
        assert!(!cluster.partition("two", number).replicas.contains(&2));
        let all = cluster.partition("three", number);
        assert_eq!(all.replicas.iter().collect::<BTreeSet<_>>().len(), 3);
        assert_ne!(all.replicas[0], 2);
        assert!(!all.isr.contains(&2));
    }
    (1..=3).for_each(|broker| drop(cluster.fence(broker)));
    assert_eq!(code(cluster.create(vec![topic("nobody", 1, 1)]).remove(0).result), ErrorCode::InvalidReplicationFactor);
    let by_hand = assigned("by-hand", &[&[1]]);
    assert_eq!(code(cluster.create(vec![by_hand]).remove(0).result), ErrorCode::InvalidReplicaAssignment);
}

#[test]
fn the_same_seed_places_the_same() {
    let placed = || {
        let mut cluster = Cluster::of(version("4.3"), 5);
        cluster.create(vec![topic("t", 20, 3)]);
        (0..20).map(|number| cluster.partition("t", number).replicas).collect::<Vec<_>>()
    };
    assert_eq!(placed(), placed());
}

fn delete(cluster: &mut Cluster, topics: Vec<(Option<&str>, Uuid)>) -> Vec<DeleteTopicsResult> {
    let selector = |(name, topic_id): (Option<&str>, Uuid)| TopicSelector { name: name.map(Str::from), topic_id };
    let topics = topics.into_iter().map(selector).collect();
    match cluster.ask(Command::DeleteTopics(DeleteTopics { topics })) {
        Answer::DeleteTopics(results) => results,
        other => panic!("{other:?}"),
    }
}

#[test]
fn topics_are_deleted_by_name_or_id_and_take_their_configs_along() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let a = cluster.create_assigned("a", &[&[1]]);
    let b = cluster.create_assigned("b", &[&[1], &[1]]);
    let c = cluster.create_assigned("c", &[&[1]]);
    cluster.set_config(ConfigResource::topic("a"), "retention.ms", Some("5")).expect("it can be set");
    let results = delete(
        &mut cluster,
        vec![
            (Some("a"), Uuid::ZERO),
            (None, b),
            (Some("nobody"), Uuid::ZERO),
            (None, Uuid::from_bytes([9; 16])),
            (None, Uuid::ZERO),
            (Some("a"), a),
            (Some("c"), Uuid::ZERO),
            (None, c),
        ],
    );
    let codes: Vec<_> = results.iter().map(|result| result.result.as_ref().err().map(|refusal| refusal.code)).collect();
    assert_eq!(
        codes,
        [
            None,
            None,
            Some(ErrorCode::UnknownTopicOrPartition),
            Some(ErrorCode::UnknownTopicId),
            Some(ErrorCode::InvalidRequest),
            Some(ErrorCode::InvalidRequest),
            Some(ErrorCode::InvalidRequest),
            Some(ErrorCode::InvalidRequest),
        ]
    );
    assert_eq!((results[0].topic_id, results[1].name.clone()), (a, Some(Str::from("b"))));
    assert_eq!(cluster.image().topic_names().collect::<Vec<_>>(), ["c"]);
    assert!(cluster.image().configs_of(&ConfigResource::topic("a")).is_none());
    assert_ne!(cluster.create_assigned("a", &[&[1]]), a);
}

#[test]
fn deleting_topics_can_be_switched_off() {
    let mut cluster = Cluster::with_options(version("4.3"), |options| options.delete_topics = false);
    cluster.start(1);
    cluster.create_assigned("a", &[&[1]]);
    let results = delete(&mut cluster, vec![(Some("a"), Uuid::ZERO)]);
    assert_eq!(code(results[0].result.clone()), ErrorCode::TopicDeletionDisabled);
}

fn extend(cluster: &mut Cluster, topics: Vec<MorePartitions>, validate_only: bool) -> Vec<Option<ErrorCode>> {
    let seed = cluster.seed();
    match cluster.ask(Command::CreatePartitions(CreatePartitions { topics, validate_only, seed })) {
        Answer::CreatePartitions(results) => {
            results.iter().map(|result| result.result.as_ref().err().map(|refusal| refusal.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn topics_get_more_partitions_never_fewer() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    cluster.create_assigned("a", &[&[1, 2]]);
    cluster.create_assigned("b", &[&[1, 2]]);
    let more = |name: &str, count, assignments: Option<Vec<Vec<i32>>>| MorePartitions {
        name: Str::from(name),
        count,
        assignments,
    };
    let asked = vec![more("a", 3, None), more("nobody", 3, None), more("b", 2, Some(vec![vec![3, 1]]))];
    assert_eq!(extend(&mut cluster, asked.clone(), true), [None, Some(ErrorCode::UnknownTopicOrPartition), None]);
    assert_eq!(cluster.image().partition_count(), 2);
    assert_eq!(extend(&mut cluster, asked, false), [None, Some(ErrorCode::UnknownTopicOrPartition), None]);
    assert_eq!(cluster.partition("a", 2).replicas.len(), 2);
    assert_eq!(cluster.partition("b", 1).replicas, [3, 1]);
    for (count, assignments, expected) in [
        (3, None, ErrorCode::InvalidPartitions),
        (2, None, ErrorCode::InvalidPartitions),
        (-1, None, ErrorCode::InvalidPartitions),
        (i32::MAX, None, ErrorCode::PolicyViolation),
        (4, Some(vec![]), ErrorCode::InvalidReplicaAssignment),
        (4, Some(vec![vec![1]]), ErrorCode::InvalidReplicaAssignment),
        (4, Some(vec![vec![1, 7]]), ErrorCode::InvalidReplicaAssignment),
    ] {
        assert_eq!(extend(&mut cluster, vec![more("a", count, assignments)], false), [Some(expected)], "{count}");
    }
    let twice = vec![more("a", 5, None), more("a", 6, None)];
    assert_eq!(extend(&mut cluster, twice, false), [Some(ErrorCode::InvalidRequest); 2]);
}
