//! Brokers: registered, unfenced, heard of, fenced, leaving.

mod support;

use machine::Ledger;
use metadata::controller::*;
use records::MetadataRecord;
use support::*;
use types::{ErrorCode, Str, Uuid};

fn register(cluster: &mut Cluster, change: impl FnOnce(&mut RegisterBroker)) -> Result<i64, metadata::Refusal> {
    let mut command = cluster.registration(1, 1);
    change(&mut command);
    match cluster.ask(Command::RegisterBroker(command)) {
        Answer::RegisterBroker(result) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_broker_registers_fenced_and_serves_once_it_has_read_its_registration() {
    let mut cluster = Cluster::empty(version("4.3"));
    let offset = cluster.next_offset();
    assert_eq!(cluster.register(1, 0), Ok(offset));
    assert!(cluster.image().broker(1).expect("registered").fenced);
    let endpoint = cluster.image().broker_endpoint(1, "PLAINTEXT").expect("it has one");
    assert_eq!((&*endpoint.host, endpoint.port), ("host1", 9092));
    assert!(cluster.image().broker_endpoint(1, "SSL").is_none());

    let mut behind = cluster.heartbeat_of(1);
    behind.current_metadata_offset = offset - 1;
    let told = HeartbeatReply { is_caught_up: false, is_fenced: true, should_shut_down: false };
    assert_eq!(cluster.beat(behind), Ok(told));
    let mut shy = cluster.heartbeat_of(1);
    shy.want_fence = true;
    assert_eq!(cluster.beat(shy), Ok(HeartbeatReply { is_caught_up: true, ..told }));
    assert_eq!(cluster.heartbeat(1), HeartbeatReply { is_caught_up: true, is_fenced: false, should_shut_down: false });
    assert!(cluster.image().is_active(1));
}

#[test]
fn registrations_that_do_not_fit_are_refused() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    let dir = directory(7, 0);
    let codes = [
        register(&mut cluster, |it| it.cluster_id = Str::from("another")),
        register(&mut cluster, |it| it.broker_id = -1),
        register(&mut cluster, |it| it.log_dirs = Vec::new()),
        register(&mut cluster, |it| it.log_dirs = vec![directory(1, 0), directory(1, 0)]),
        register(&mut cluster, |it| it.log_dirs = vec![directory(1, 0), Uuid::DIRECTORY_LOST]),
        register(&mut cluster, |it| it.log_dirs = vec![directory(1, 0), directory(2, 0)]),
        register(&mut cluster, |it| it.features.retain(|range| range.name != "metadata.version")),
        register(&mut cluster, |it| it.features.retain(|range| range.name != "group.version")),
        register(&mut cluster, |it| it.features[0] = range("metadata.version", 7, 29)),
        register(&mut cluster, |it| it.log_dirs = vec![dir]),
    ]
    .map(code);
    assert_eq!(
        codes,
        [
            ErrorCode::InconsistentClusterId,
            ErrorCode::InvalidRegistration,
            ErrorCode::DuplicateBrokerRegistration,
            ErrorCode::InvalidRegistration,
            ErrorCode::InvalidRegistration,
            ErrorCode::InvalidRegistration,
            ErrorCode::InvalidRegistration,
            ErrorCode::UnsupportedVersion,
            ErrorCode::UnsupportedVersion,
            ErrorCode::DuplicateBrokerRegistration,
        ]
    );
}

#[test]
fn another_process_takes_an_id_over_when_its_session_ended_and_a_restarted_one_at_once() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let first = cluster.epoch(1);
    let other_dirs = |it: &mut RegisterBroker| it.log_dirs = vec![directory(7, 0)];
    assert_eq!(code(register(&mut cluster, other_dirs)), ErrorCode::DuplicateBrokerRegistration);
    let restarted = register(&mut cluster, |_| {}).expect("it brings a directory of the earlier process");
    assert!(restarted > first);
    cluster.heartbeat(1);
    cluster.pass(9_000);
    let another = register(&mut cluster, |it| {
        other_dirs(it);
        it.incarnation_id = Uuid::from_bytes([8; 16]);
    });
    assert!(another.expect("the session ended") > restarted);
}

#[test]
fn the_same_incarnation_registers_again_with_epoch_and_state_kept() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let epoch = cluster.epoch(1);
    assert_eq!(cluster.register(1, 0), Ok(epoch));
    assert!(cluster.image().is_active(1));
}

#[test]
fn a_heartbeat_of_an_earlier_incarnation_is_refused() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let stale = cluster.heartbeat_of(1);
    cluster.register(1, 1).expect("it was restarted");
    assert_eq!(code(cluster.beat(stale)), ErrorCode::StaleBrokerEpoch);
    let mut unknown = cluster.heartbeat_of(1);
    unknown.broker_id = 5;
    assert_eq!(code(cluster.beat(unknown)), ErrorCode::StaleBrokerEpoch);
}

#[test]
fn silent_brokers_are_fenced_one_after_the_other_and_lead_nothing_any_more() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    cluster.create_assigned("t", &[&[1, 2, 3]]);
    cluster.pass(5_000);
    cluster.heartbeat(3);
    cluster.pass(3_999);
    assert!(cluster.image().is_active(1) && cluster.image().is_active(2));
    cluster.pass(1);
    assert!(!cluster.image().is_active(1) && !cluster.image().is_active(2));
    assert_eq!(cluster.told("t", 0), "leader 3 isr [3] elr []");
    assert_eq!(cluster.partition("t", 0).leader_epoch, 2, "each fencing was judged by what the one before had done");
    cluster.heartbeat(1);
    assert!(cluster.image().is_active(1));
}

#[test]
fn a_new_active_controller_gives_every_broker_a_full_session() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.pass(8_999);
    cluster.fail_over();
    assert!(cluster.pass(8_999).is_empty());
    assert!(cluster.image().is_active(1) && cluster.image().is_active(2));
    cluster.pass(1);
    assert!(!cluster.image().is_active(1) && !cluster.image().is_active(2));
}

#[test]
fn nothing_is_due_while_no_broker_is_registered() {
    let cluster = Cluster::empty(version("4.3"));
    assert_eq!(cluster.controller.deadline(&cluster.soft), None);
}

#[test]
fn a_lost_broker_is_fenced_by_its_epoch_alone() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    let lost = FenceBroker { broker_id: 1, broker_epoch: cluster.epoch(1) };
    cluster.register(1, 1).expect("it was restarted");
    cluster.heartbeat(1);
    assert_eq!(cluster.ask(Command::FenceBroker(lost)), Answer::FenceBroker(Ok(false)));
    assert!(cluster.image().is_active(1));
    let lost = FenceBroker { broker_epoch: cluster.epoch(1), ..lost };
    assert_eq!(cluster.ask(Command::FenceBroker(lost)), Answer::FenceBroker(Ok(true)));
    assert_eq!(cluster.ask(Command::FenceBroker(lost)), Answer::FenceBroker(Ok(false)));
}

#[test]
fn a_broker_leaves_in_good_order() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    let leave = |cluster: &Cluster| BrokerHeartbeat { want_shut_down: true, ..cluster.heartbeat_of(1) };
    let command = leave(&cluster);
    let leaving = HeartbeatReply { is_caught_up: true, is_fenced: false, should_shut_down: false };
    assert_eq!(cluster.beat(command), Ok(leaving));
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr []");
    assert!(cluster.image().broker(1).expect("registered").in_controlled_shutdown);
    // The other broker has not read yet that it leads now.
    let command = leave(&cluster);
    assert_eq!(cluster.beat(command), Ok(leaving));
    cluster.heartbeat(2);
    let command = leave(&cluster);
    assert_eq!(cluster.beat(command), Ok(HeartbeatReply { is_fenced: true, should_shut_down: true, ..leaving }));
    assert!(cluster.image().broker(1).expect("registered").fenced);
}

#[test]
fn a_broker_that_leads_nothing_leaves_at_once() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    let leave = BrokerHeartbeat { want_shut_down: true, ..cluster.heartbeat_of(1) };
    assert!(cluster.beat(leave.clone()).expect("registered").should_shut_down);
    assert!(cluster.beat(leave).expect("registered").should_shut_down, "asked again, told again");
}

#[test]
fn the_only_broker_leaves_and_comes_back_as_leader() {
    for name in ["3.3", "4.0", "4.3"] {
        let mut cluster = Cluster::of(version(name), 1);
        cluster.create_assigned("t", &[&[1]]);
        let leave = |cluster: &Cluster| BrokerHeartbeat { want_shut_down: true, ..cluster.heartbeat_of(1) };
        let command = leave(&cluster);
        assert!(!cluster.beat(command).expect("registered").should_shut_down);
        let command = leave(&cluster);
        assert!(cluster.beat(command).expect("registered").should_shut_down);
        assert_eq!(cluster.image().leader_of("t", 0), None);
        let mut again = cluster.registration(1, 1);
        again.previous_broker_epoch = cluster.epoch(1);
        cluster.ask(Command::RegisterBroker(again));
        cluster.heartbeat(1);
        assert_eq!(cluster.told("t", 0), "leader 1 isr [1] elr []", "{name}");
        assert_eq!(cluster.partition("t", 0).leader_recovery_state.code(), 0, "{name}: nothing was lost");
    }
}

#[test]
fn replicas_in_a_failed_directory_leave_the_in_sync_set() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    let id = cluster.create_assigned("t", &[&[1, 2], &[1, 2]]);
    let assign = AssignReplicasToDirs {
        broker_id: 1,
        broker_epoch: cluster.epoch(1),
        directories: (0..2)
            .map(|place| DirectoryAssignment {
                directory: directory(1, place),
                topics: vec![TopicAssignment { topic_id: id, partitions: vec![i32::from(place)] }],
            })
            .collect(),
    };
    cluster.ask(Command::AssignReplicasToDirs(assign));
    assert_eq!(cluster.partition("t", 1).directories, [directory(1, 1), directory(2, 0)]);
    let failed = BrokerHeartbeat { offline_log_dirs: vec![directory(1, 1)], ..cluster.heartbeat_of(1) };
    cluster.beat(failed.clone()).expect("registered");
    assert_eq!(cluster.told("t", 0), "leader 1 isr [1, 2] elr []");
    assert_eq!(cluster.told("t", 1), "leader 2 isr [2] elr []");
    assert_eq!(cluster.image().broker(1).expect("registered").log_dirs, [directory(1, 0)]);
    assert!(cluster.wrote(Command::BrokerHeartbeat(failed)).1.is_empty(), "said again, nothing is written again");
}

#[test]
fn directories_are_assigned_one_answer_each() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    let id = cluster.create_assigned("t", &[&[1], &[2]]);
    let unknown = Uuid::from_bytes([3; 16]);
    let command = AssignReplicasToDirs {
        broker_id: 1,
        broker_epoch: cluster.epoch(1),
        directories: vec![DirectoryAssignment {
            directory: directory(1, 0),
            topics: vec![
                TopicAssignment { topic_id: id, partitions: vec![0, 1, 2] },
                TopicAssignment { topic_id: unknown, partitions: vec![0] },
            ],
        }],
    };
    let Answer::AssignReplicasToDirs(Ok(mut directories)) = cluster.ask(Command::AssignReplicasToDirs(command.clone()))
    else {
        panic!("it should have been carried out");
    };
    let topics = directories.remove(0).topics;
    let codes = topics
        .iter()
        .flat_map(|topic| &topic.partitions)
        .map(|(number, result)| (*number, result.as_ref().err().map(|refusal| refusal.code)));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [
            (0, None),
            (1, Some(ErrorCode::NotLeaderOrFollower)),
            (2, Some(ErrorCode::UnknownTopicOrPartition)),
            (0, Some(ErrorCode::UnknownTopicId)),
        ]
    );
    let mut many = command;
    many.directories[0].topics[0].partitions = vec![0; MAX_ASSIGNMENTS + 1];
    let Answer::AssignReplicasToDirs(refused) = cluster.ask(Command::AssignReplicasToDirs(many)) else { panic!() };
    assert_eq!(code(refused), ErrorCode::InvalidRequest);
}

#[test]
fn cordoned_directories_take_no_new_replicas() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    let cordoned = Some(vec![directory(2, 0)]);
    let heartbeat = BrokerHeartbeat { cordoned_log_dirs: cordoned, ..cluster.heartbeat_of(2) };
    assert_eq!(cluster.wrote(Command::BrokerHeartbeat(heartbeat.clone())).1.len(), 1);
    assert!(cluster.wrote(Command::BrokerHeartbeat(heartbeat)).1.is_empty());
    cluster.create(vec![topic("t", 8, 1)]);
    assert!((0..8).all(|number| cluster.image().leader_of("t", number) == Some(1)));
    let by_hand = cluster.create(vec![assigned("by-hand", &[&[2]])]).remove(0).result;
    assert_eq!(code(by_hand), ErrorCode::InvalidReplicaAssignment);
}

#[test]
fn an_unregistered_broker_is_gone() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("t", &[&[1, 2]]);
    assert_eq!(cluster.ask(Command::UnregisterBroker(1)), Answer::UnregisterBroker(Ok(())));
    assert!(cluster.image().broker(1).is_none());
    assert_eq!(cluster.told("t", 0), "leader 2 isr [2] elr []");
    let Answer::UnregisterBroker(again) = cluster.ask(Command::UnregisterBroker(1)) else { panic!() };
    assert_eq!(code(again), ErrorCode::BrokerIdNotRegistered);
}

#[test]
fn producer_ids_are_given_in_blocks_that_never_repeat() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    let mut firsts = Vec::new();
    for broker_id in [1, 2, 1] {
        let command = AllocateProducerIds { broker_id, broker_epoch: cluster.epoch(broker_id) };
        let Answer::AllocateProducerIds(Ok(block)) = cluster.ask(Command::AllocateProducerIds(command)) else {
            panic!()
        };
        assert_eq!(block.length, 1_000);
        firsts.push(block.first);
        cluster.fail_over();
    }
    assert_eq!(firsts, [0, 1_000, 2_000]);
    let stale = AllocateProducerIds { broker_id: 1, broker_epoch: 99_999 };
    let Answer::AllocateProducerIds(refused) = cluster.ask(Command::AllocateProducerIds(stale)) else { panic!() };
    assert_eq!(code(refused), ErrorCode::StaleBrokerEpoch);
}

#[test]
fn a_controller_registers_where_the_version_has_it() {
    let registration = RegisterController {
        controller_id: 7,
        incarnation_id: Uuid::from_bytes([1; 16]),
        endpoints: vec![],
        features: vec![],
    };
    let mut cluster = Cluster::empty(version("3.7-IV0"));
    assert_eq!(cluster.ask(Command::RegisterController(registration.clone())), Answer::RegisterController(Ok(())));
    assert!(cluster.image().controllers().contains_key(&7));
    let mut cluster = Cluster::empty(version("3.6-IV2"));
    let Answer::RegisterController(refused) = cluster.ask(Command::RegisterController(registration)) else { panic!() };
    assert_eq!(code(refused), ErrorCode::UnsupportedVersion);
}

#[test]
fn what_could_not_be_written_is_refused_entry_by_entry() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let results = cluster.create(vec![topic("a", 1, 1), topic("a/b", 1, 1)]);
    let refused = Controller::refuse(Answer::CreateTopics(results), ErrorCode::NotController);
    let Answer::CreateTopics(results) = refused else { panic!() };
    let codes: Vec<_> = results.into_iter().map(|result| code(result.result)).collect();
    assert_eq!(codes, [ErrorCode::NotController, ErrorCode::InvalidTopicException]);
    let refused = Controller::refuse(Answer::NoOp(Ok(())), ErrorCode::NotController);
    let Answer::NoOp(result) = refused else { panic!() };
    assert_eq!(code(result), ErrorCode::NotController);
}

#[test]
fn a_no_op_is_one_record() {
    let mut cluster = Cluster::empty(version("4.3"));
    let (answer, records) = cluster.wrote(Command::NoOp);
    assert_eq!(answer, Answer::NoOp(Ok(())));
    assert!(matches!(records[..], [MetadataRecord::NoOp(_)]));
}
