//! Partitions: in-sync sets, elections, eligible replicas, reassignments.

mod support;

use metadata::controller::*;
use metadata::image::{ConfigResource, LeaderRecoveryState};
use support::*;
use types::{ErrorCode, Str};

/// Without eligible leader replicas.
const PLAIN: &str = "4.0";

/// A partition `t-0` on brokers 1, 2 and 3 with `min.insync.replicas` 2.
fn three(name: &str) -> Cluster {
    let mut cluster = Cluster::of(version(name), 3);
    cluster.create_assigned("t", &[&[1, 2, 3]]);
    cluster.set_config(ConfigResource::topic("t"), "min.insync.replicas", Some("2")).expect("it can be set");
    cluster
}

fn alter(cluster: &mut Cluster, change: impl FnOnce(&mut AlterPartition)) -> Result<PartitionState, metadata::Refusal> {
    let partition = cluster.partition("t", 0);
    let mut command = AlterPartition {
        broker_id: 1,
        broker_epoch: cluster.epoch(1),
        topics: vec![AlterPartitionTopic {
            topic_id: cluster.image().topic_id("t").expect("it exists"),
            partitions: vec![NewPartitionState {
                partition: 0,
                leader_epoch: partition.leader_epoch,
                partition_epoch: partition.partition_epoch,
                isr: [1, 2].map(|id| IsrMember { broker_id: id, broker_epoch: cluster.epoch(id) }).to_vec(),
                leader_recovery_state: 0,
            }],
        }],
    };
    change(&mut command);
    match cluster.ask(Command::AlterPartition(command)) {
        Answer::AlterPartition(result) => result.and_then(|mut topics| topics.remove(0).partitions.remove(0).result),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_leader_shrinks_and_grows_its_in_sync_set() {
    let mut cluster = three(PLAIN);
    let shrunk = cluster.alter_isr("t", 0, &[1, 3]).expect("it may");
    let expected = PartitionState {
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 1,
        isr: vec![1, 3],
        leader_recovery_state: LeaderRecoveryState::Recovered,
    };
    assert_eq!(shrunk, expected);
    let same = cluster.alter_isr("t", 0, &[1, 3]).expect("it may");
    assert_eq!(same, expected, "nothing changes, nothing is written");
    assert_eq!(cluster.alter_isr("t", 0, &[1, 2, 3]).expect("it may").partition_epoch, 2);
}

#[test]
fn old_versions_bump_the_leader_epoch_when_the_in_sync_set_shrinks() {
    let mut cluster = three("3.5");
    assert_eq!(cluster.alter_isr("t", 0, &[1, 2]).expect("it may").leader_epoch, 1);
    assert_eq!(cluster.alter_isr("t", 0, &[1, 2, 3]).expect("it may").leader_epoch, 1);
}

#[test]
fn alter_partition_is_checked_in_kafkas_order() {
    let mut cluster = three(PLAIN);
    cluster.fence(3);
    type Change = Box<dyn FnOnce(&mut AlterPartition)>;
    fn state(it: &mut AlterPartition) -> &mut NewPartitionState {
        &mut it.topics[0].partitions[0]
    }
    let member = |broker_id, broker_epoch| IsrMember { broker_id, broker_epoch };
    let cases: [(&str, Change, ErrorCode); 14] = [
        ("epoch", Box::new(|it| it.broker_epoch += 1), ErrorCode::StaleBrokerEpoch),
        ("topic", Box::new(|it| it.topics[0].topic_id = types::Uuid::from_bytes([1; 16])), ErrorCode::UnknownTopicId),
        ("number", Box::new(|it| state(it).partition = 1), ErrorCode::UnknownTopicOrPartition),
        ("ahead", Box::new(|it| state(it).leader_epoch += 1), ErrorCode::NotController),
        ("ahead too", Box::new(|it| state(it).partition_epoch += 1), ErrorCode::NotController),
        ("behind", Box::new(|it| state(it).leader_epoch -= 1), ErrorCode::FencedLeaderEpoch),
        ("partition behind", Box::new(|it| state(it).partition_epoch -= 1), ErrorCode::InvalidUpdateVersion),
        ("stranger", Box::new(move |it| state(it).isr.push(member(9, -1))), ErrorCode::InvalidRequest),
        ("twice", Box::new(move |it| state(it).isr.push(member(1, -1))), ErrorCode::InvalidRequest),
        ("no leader", Box::new(move |it| state(it).isr = vec![member(2, -1)]), ErrorCode::InvalidRequest),
        ("empty", Box::new(|it| state(it).isr.clear()), ErrorCode::InvalidRequest),
        ("recovering", Box::new(|it| state(it).leader_recovery_state = 1), ErrorCode::InvalidRequest),
        ("fenced", Box::new(move |it| state(it).isr.push(member(3, -1))), ErrorCode::IneligibleReplica),
        (
            "earlier incarnation",
            Box::new(move |it| state(it).isr = vec![member(1, -1), member(2, 1)]),
            ErrorCode::IneligibleReplica,
        ),
    ];
    for (what, change, expected) in cases {
        assert_eq!(code(alter(&mut cluster, change)), expected, "{what}");
    }
    let follower_epoch = cluster.epoch(2);
    let not_leader = alter(&mut cluster, |it| {
        it.broker_id = 2;
        it.broker_epoch = follower_epoch;
    });
    assert_eq!(code(not_leader), ErrorCode::InvalidRequest);
}

#[test]
fn the_last_in_sync_replica_keeps_its_place_and_alone_may_lead_again() {
    let mut cluster = three(PLAIN);
    cluster.alter_isr("t", 0, &[1]).expect("it may");
    cluster.fence(1);
    assert_eq!(cluster.told("t", 0), "leader -1 isr [1] elr []");
    assert_eq!(code(cluster.elect(ElectionType::Preferred, "t", 0)), ErrorCode::PreferredLeaderNotAvailable);
    cluster.heartbeat(1);
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr []");
    assert_eq!(cluster.partition("t", 0).leader_recovery_state, LeaderRecoveryState::Recovered);
}

#[test]
fn an_unclean_election_must_be_asked_for_or_allowed() {
    let mut cluster = three(PLAIN);
    cluster.alter_isr("t", 0, &[1]).expect("it may");
    assert_eq!(code(cluster.elect(ElectionType::Unclean, "t", 0)), ErrorCode::ElectionNotNeeded);
    cluster.fence(1);
    cluster.elect(ElectionType::Unclean, "t", 0).expect("brokers 2 and 3 can lead");
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr []");
    assert_eq!(cluster.partition("t", 0).leader_recovery_state, LeaderRecoveryState::Recovering);
    let recovered = cluster.alter_isr("t", 0, &[2, 3]).expect("it has recovered");
    assert_eq!(recovered.leader_recovery_state, LeaderRecoveryState::Recovered);

    let mut cluster = three(PLAIN);
    cluster.set_config(ConfigResource::cluster(), "unclean.leader.election.enable", Some("true")).expect("it can be");
    cluster.alter_isr("t", 0, &[1]).expect("it may");
    cluster.fence(1);
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr []");
    cluster.fence(2);
    cluster.fence(3);
    assert_eq!(code(cluster.elect(ElectionType::Unclean, "t", 0)), ErrorCode::EligibleLeadersNotAvailable);
    assert_eq!(code(cluster.elect(ElectionType::Unclean, "t", 1)), ErrorCode::UnknownTopicOrPartition);
}

#[test]
fn a_topic_that_begins_to_allow_unclean_elections_gets_a_leader_at_the_next_pass() {
    let mut cluster = three(PLAIN);
    cluster.alter_isr("t", 0, &[1]).expect("it may");
    cluster.fence(1);
    cluster.set_config(ConfigResource::topic("t"), "unclean.leader.election.enable", Some("true")).expect("it can be");
    for _ in 0..110 {
        cluster.pass(3_001);
        cluster.heartbeat(2);
        cluster.heartbeat(3);
    }
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr []");
}

#[test]
fn leadership_goes_back_to_preferred_replicas() {
    let mut cluster = three(PLAIN);
    cluster.fence(1);
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2, 3] elr []");
    cluster.heartbeat(1);
    assert_eq!(code(cluster.elect(ElectionType::Preferred, "t", 0)), ErrorCode::PreferredLeaderNotAvailable);
    cluster.alter_isr("t", 0, &[2, 3, 1]).expect("it may");
    let mut other = three(PLAIN);
    other.fence(1);
    other.heartbeat(1);
    other.alter_isr("t", 0, &[2, 3, 1]).expect("it may");

    cluster.elect(ElectionType::Preferred, "t", 0).expect("broker 1 is in sync");
    assert_eq!(cluster.image().leader_of("t", 0), Some(1));
    assert_eq!(code(cluster.elect(ElectionType::Preferred, "t", 0)), ErrorCode::ElectionNotNeeded);

    for _ in 0..110 {
        other.pass(3_001);
        for broker in 1..=3 {
            other.heartbeat(broker);
        }
    }
    assert_eq!(other.image().leader_of("t", 0), Some(1), "without being asked");
}

#[test]
fn an_election_of_all_partitions_tells_of_those_that_needed_one() {
    let mut cluster = three(PLAIN);
    cluster.create_assigned("u", &[&[1, 2], &[2, 1]]);
    cluster.fence(1);
    cluster.heartbeat(1);
    cluster.alter_isr("u", 0, &[2, 1]).expect("it may");
    let command = ElectLeaders { election_type: ElectionType::Preferred, partitions: None };
    let Answer::ElectLeaders(topics) = cluster.ask(Command::ElectLeaders(command)) else { panic!() };
    let told: Vec<_> = topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(move |it| (&*topic.name, it.partition, it.result.is_ok())))
        .collect();
    assert_eq!(told, [("t", 0, false), ("u", 0, true)]);
}

#[test]
fn replicas_that_leave_a_too_small_in_sync_set_stay_eligible() {
    let mut cluster = three("4.1");
    cluster.fence(3);
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1, 2] elr []");
    cluster.fence(2);
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr [2]");
    cluster.fence(1);
    assert_eq!(cluster.told("t", 0), "leader -1 isr [] elr [1, 2]");
    assert_eq!(cluster.partition("t", 0).last_known_elr, [1]);
    // Broker 3 left while the set was large enough: it may lack what was committed since.
    cluster.heartbeat(3);
    assert_eq!(cluster.told("t", 0), "leader -1 isr [] elr [1, 2]");
    cluster.heartbeat(2);
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr [1]");
    assert_eq!(cluster.partition("t", 0).leader_recovery_state, LeaderRecoveryState::Recovered);
    assert!(cluster.partition("t", 0).last_known_elr.is_empty());
    cluster.alter_isr("t", 0, &[2, 3]).expect("it may");
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2, 3] elr []", "large enough: nobody else is eligible");
}

#[test]
fn an_unclean_shutdown_costs_eligibility_and_a_clean_one_does_not() {
    for (clean, expected) in [(true, "leader 1 isr [1] elr [2]"), (false, "leader 1 isr [1] elr []")] {
        let mut cluster = three("4.1");
        cluster.fence(3);
        cluster.fence(2);
        let mut again = cluster.registration(2, 1);
        again.previous_broker_epoch = if clean { cluster.epoch(2) } else { -1 };
        cluster.ask(Command::RegisterBroker(again));
        assert_eq!(cluster.told("t", 0), expected);
    }
}

#[test]
fn the_last_known_leader_leads_when_nobody_is_eligible() {
    let mut cluster = Cluster::of(version("4.1"), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.alter_isr("t", 0, &[1]).expect("it may");
    cluster.register(1, 1).expect("restarted after a crash");
    assert_eq!(cluster.told("t", 0), "leader -1 isr [] elr []");
    cluster.fence(2);
    cluster.heartbeat(2);
    assert_eq!(cluster.image().leader_of("t", 0), None);
    cluster.heartbeat(1);
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr []");
    assert_eq!(cluster.partition("t", 0).leader_recovery_state, LeaderRecoveryState::Recovering);
}

#[test]
fn a_change_of_min_in_sync_replicas_clears_eligible_replicas() {
    let mut cluster = three("4.1");
    cluster.fence(3);
    cluster.fence(2);
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr [2]");
    cluster.set_config(ConfigResource::topic("t"), "min.insync.replicas", Some("3")).expect("it can be set");
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr []");
}

#[test]
fn a_reassignment_adds_first_and_removes_last() {
    let mut cluster = Cluster::of(version(PLAIN), 4);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.reassign("t", 0, Some(&[3, 4])).expect("it can begin");
    let moving = cluster.partition("t", 0);
    assert_eq!(moving.replicas, [3, 4, 1, 2]);
    assert_eq!((&moving.adding_replicas[..], &moving.removing_replicas[..]), (&[3, 4][..], &[1, 2][..]));
    assert_eq!((moving.leader, moving.leader_epoch), (1, 0));
    let ongoing = list_partition_reassignments(cluster.image(), None);
    assert_eq!((ongoing.len(), &*ongoing[0].topic, ongoing[0].partition), (1, "t", 0));
    let named = [TopicPartitions { name: Str::from("t"), partitions: vec![1, 0] }];
    assert_eq!(list_partition_reassignments(cluster.image(), Some(&named)), ongoing);

    cluster.alter_isr("t", 0, &[1, 2, 3]).expect("it may");
    assert!(cluster.partition("t", 0).is_reassigning());
    assert_eq!(code(cluster.alter_isr("t", 0, &[1, 2, 3, 4])), ErrorCode::NewLeaderElected);
    let moved = cluster.partition("t", 0);
    assert!(!moved.is_reassigning());
    assert_eq!((&moved.replicas[..], &moved.isr[..], moved.leader), (&[3, 4][..], &[3, 4][..], 3));
    assert!(list_partition_reassignments(cluster.image(), None).is_empty());
}

#[test]
fn a_reassignment_that_only_reorders_is_done_at_once() {
    let mut cluster = Cluster::of(version(PLAIN), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.reassign("t", 0, Some(&[2, 1])).expect("it can begin");
    let moved = cluster.partition("t", 0);
    assert_eq!((&moved.replicas[..], moved.is_reassigning(), moved.leader_epoch), (&[2, 1][..], false, 0));
    cluster.reassign("t", 0, Some(&[2])).expect("it can begin");
    let moved = cluster.partition("t", 0);
    assert_eq!((&moved.replicas[..], moved.leader, moved.leader_epoch), (&[2][..], 2, 1));
}

#[test]
fn a_replica_that_goes_bumps_the_leader_epoch_even_if_the_leader_stays() {
    let mut cluster = Cluster::of(version(PLAIN), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.reassign("t", 0, Some(&[1])).expect("it can begin");
    let moved = cluster.partition("t", 0);
    assert_eq!((moved.leader, moved.leader_epoch), (1, 1));
}

#[test]
fn a_reassignment_is_taken_back() {
    let mut cluster = Cluster::of(version(PLAIN), 4);
    cluster.create_assigned("t", &[&[1, 2]]);
    assert_eq!(code(cluster.reassign("t", 0, None)), ErrorCode::NoReassignmentInProgress);
    cluster.reassign("t", 0, Some(&[3, 4])).expect("it can begin");
    cluster.alter_isr("t", 0, &[1, 2, 3]).expect("it may");
    cluster.reassign("t", 0, Some(&[1, 4])).expect("it can be replaced");
    assert_eq!(cluster.partition("t", 0).replicas, [1, 4, 2, 3]);
    cluster.reassign("t", 0, None).expect("it can be taken back");
    let back = cluster.partition("t", 0);
    assert_eq!((&back.replicas[..], &back.isr[..], back.is_reassigning()), (&[1, 2][..], &[1, 2][..], false));
}

#[test]
fn impossible_reassignments_are_refused() {
    let mut cluster = Cluster::of(version(PLAIN), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    for target in [&[][..], &[1, 1], &[1, 9]] {
        assert_eq!(code(cluster.reassign("t", 0, Some(target))), ErrorCode::InvalidReplicaAssignment);
    }
    assert_eq!(code(cluster.reassign("t", 1, Some(&[1]))), ErrorCode::UnknownTopicOrPartition);
    assert_eq!(code(cluster.reassign("u", 0, None)), ErrorCode::UnknownTopicOrPartition);
    let partitions = vec![PartitionReassignment { partition: 0, replicas: Some(vec![1]) }];
    let topics = vec![TopicReassignment { name: Str::from("t"), partitions }];
    let command = AlterPartitionReassignments { topics, allow_replication_factor_change: false };
    let Answer::AlterPartitionReassignments(mut topics) = cluster.ask(Command::AlterPartitionReassignments(command))
    else {
        panic!();
    };
    assert_eq!(code(topics.remove(0).partitions.remove(0).result), ErrorCode::InvalidReplicationFactor);
}
