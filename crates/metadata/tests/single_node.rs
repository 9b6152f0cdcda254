//! One node alone: nobody else has what it may have lost, so that it must come back as leader of everything, clean or not.

mod support;

use metadata::controller::*;
use metadata::image::{ConfigResource, LeaderRecoveryState, Partition};
use support::*;

const ELIGIBLE: &str = "eligible.leader.replicas.version";
const TOPICS: [&str; 3] = ["t", "u", "__consumer_offsets"];

/// A node with topics of several partitions; one of them asks for more replicas in sync than there are.
fn node(level: i16) -> Cluster {
    let mut cluster = Cluster::of(version("4.3"), 1);
    if level == 0 {
        cluster.update_feature(ELIGIBLE, 0, UpgradeType::SafeDowngrade).expect("it can be switched off");
    }
    assert_eq!(cluster.image().feature_level(ELIGIBLE), level);
    for name in TOPICS {
        cluster.create_assigned(name, &[&[1], &[1], &[1], &[1]]);
    }
    cluster.set_config(ConfigResource::topic("u"), "min.insync.replicas", Some("2")).expect("it can be set");
    cluster
}

fn partitions(cluster: &Cluster) -> Vec<Partition> {
    let topics = cluster.image().topics();
    topics.flat_map(|topic| topic.partitions.values().map(|partition| Partition::clone(partition))).collect()
}

/// The process starts anew: its controller has the log and nothing else, its broker knows of no clean shutdown.
fn restart_uncleanly(cluster: &mut Cluster, incarnation: u8) {
    cluster.fail_over();
    cluster.register(1, incarnation).expect("the same node, started again");
    assert!(partitions(cluster).iter().all(|partition| !partition.has_leader()), "nobody leads before it is unfenced");
    assert!(!cluster.heartbeat(1).is_fenced);
}

#[track_caller]
fn expect_all_led(cluster: &Cluster, state: LeaderRecoveryState, when: &str) {
    let all = partitions(cluster);
    assert_eq!(all.len(), 12);
    for partition in all {
        assert_eq!((partition.leader, &partition.isr[..]), (1, &[1][..]), "{when}");
        assert_eq!(partition.leader_recovery_state, state, "{when}");
        assert!(partition.eligible_leader_replicas.is_empty() && partition.last_known_elr.is_empty(), "{when}");
    }
}

#[test]
fn an_unclean_restart_brings_every_partition_back_as_recovering() {
    type Before = fn(&mut Cluster);
    let ways: [(&str, Before); 4] = [
        ("killed and started at once", |_| {}),
        ("killed, and its session ended", |cluster| {
            cluster.pass(9_000);
        }),
        ("killed, and its connection was seen to break", |cluster| {
            cluster.fence(1);
        }),
        ("killed after it began to leave", |cluster| {
            let leave = BrokerHeartbeat { want_shut_down: true, ..cluster.heartbeat_of(1) };
            cluster.beat(leave).expect("registered");
        }),
    ];
    for (how, before) in ways {
        let mut cluster = node(1);
        before(&mut cluster);
        restart_uncleanly(&mut cluster, 1);
        expect_all_led(&cluster, LeaderRecoveryState::Recovering, how);
        assert!(partitions(&cluster).iter().all(|partition| partition.leader_epoch == 2), "{how}: lost, and won back");
    }
}

#[test]
fn a_node_that_crashes_again_and_again_comes_back_every_time() {
    let mut cluster = node(1);
    restart_uncleanly(&mut cluster, 1);
    restart_uncleanly(&mut cluster, 2);
    // This time it dies before it is unfenced.
    cluster.fail_over();
    cluster.register(1, 3).expect("the same node, started again");
    restart_uncleanly(&mut cluster, 4);
    expect_all_led(&cluster, LeaderRecoveryState::Recovering, "at the end");
}

#[test]
fn a_leader_that_has_recovered_says_so_and_is_clean_again() {
    let mut cluster = node(1);
    restart_uncleanly(&mut cluster, 1);
    for name in TOPICS {
        for number in 0..4 {
            cluster.alter_isr(name, number, &[1]).expect("it has recovered");
        }
    }
    expect_all_led(&cluster, LeaderRecoveryState::Recovered, "at the end");
}

#[test]
fn a_clean_restart_has_nothing_to_recover() {
    let mut cluster = node(1);
    let leave = |cluster: &Cluster| BrokerHeartbeat { want_shut_down: true, ..cluster.heartbeat_of(1) };
    let command = leave(&cluster);
    cluster.beat(command).expect("registered");
    let command = leave(&cluster);
    assert!(cluster.beat(command).expect("registered").should_shut_down);
    cluster.fail_over();
    let clean = RegisterBroker { previous_broker_epoch: cluster.epoch(1), ..cluster.registration(1, 1) };
    cluster.ask(Command::RegisterBroker(clean));
    cluster.heartbeat(1);
    expect_all_led(&cluster, LeaderRecoveryState::Recovered, "at the end");
}

#[test]
fn without_eligible_replicas_the_last_in_sync_replica_comes_back_without_a_mark() {
    let mut cluster = node(0);
    restart_uncleanly(&mut cluster, 1);
    expect_all_led(&cluster, LeaderRecoveryState::Recovered, "at the end");
}

#[test]
fn a_node_that_was_down_while_eligible_replicas_were_switched_on_comes_back_as_well() {
    let mut cluster = node(0);
    cluster.fence(1);
    cluster.update_feature(ELIGIBLE, 1, UpgradeType::Upgrade).expect("it can be switched on");
    assert_eq!(cluster.told("t", 0), "leader -1 isr [1] elr []");
    restart_uncleanly(&mut cluster, 1);
    expect_all_led(&cluster, LeaderRecoveryState::Recovering, "at the end");
}

#[test]
fn a_node_that_was_down_while_eligible_replicas_were_switched_off_comes_back_as_well() {
    let mut cluster = node(1);
    cluster.fence(1);
    cluster.update_feature(ELIGIBLE, 0, UpgradeType::SafeDowngrade).expect("it can be switched off");
    assert_eq!(cluster.told("t", 0), "leader -1 isr [] elr [1]");
    restart_uncleanly(&mut cluster, 1);
    expect_all_led(&cluster, LeaderRecoveryState::Recovered, "at the end");
}

#[test]
fn a_node_that_was_down_while_min_in_sync_replicas_changed_comes_back_as_well() {
    for resource in [ConfigResource::topic("t"), ConfigResource::cluster()] {
        let mut cluster = node(1);
        cluster.fence(1);
        cluster.set_config(resource, "min.insync.replicas", Some("3")).expect("it can be set");
        let mut unclean = node(1);
        unclean.log = cluster.log.clone();
        unclean.controller = cluster.controller.clone();
        restart_uncleanly(&mut unclean, 1);
        expect_all_led(&unclean, LeaderRecoveryState::Recovering, "unclean");
        cluster.heartbeat(1);
        expect_all_led(&cluster, LeaderRecoveryState::Recovered, "it was only cut off");
    }
}
