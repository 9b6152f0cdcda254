//! Whatever happens: the log alone says what is durable, and nobody who asked is forgotten.

use groups::{Command, CommitOffsets, DeleteGroups, GroupCoordinator, GroupOptions, Heartbeat, JoinGroup, Producer};
use machine::replay;
use proptest::prelude::*;
use types::{ErrorCode, Str};

use super::commands::{assign, commit, heartbeat, join, leave, member_commit, rejoin, static_join};
use super::play::Play;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const TOPICS: [&str; 2] = ["t", "u"];

#[derive(Clone, Debug)]
enum Step {
    Join { requires_id: bool, session_ms: i32 },
    JoinStatic { instance: usize },
    Rejoin { member: usize },
    Sync { member: usize },
    Beat { member: usize, may_hold: bool },
    Leave { member: usize },
    Commit { member: usize, topic: usize, offset: i64 },
    CommitSimple { topic: usize, retention_ms: Option<i64> },
    CommitInTransaction { producer: i64, topic: usize },
    EndTransaction { producer: i64, committed: bool },
    Delete,
    Wait { ms: u64 },
    FailOver,
}

fn step() -> impl Strategy<Value = Step> {
    let member = 0..NAMES.len();
    let topic = 0..TOPICS.len();
    prop_oneof![
        3 => (any::<bool>(), 1_000..9_000i32).prop_map(|(requires_id, session_ms)| Step::Join { requires_id, session_ms }),
        2 => (0..2usize).prop_map(|instance| Step::JoinStatic { instance }),
        4 => member.clone().prop_map(|member| Step::Rejoin { member }),
        6 => member.clone().prop_map(|member| Step::Sync { member }),
        6 => (member.clone(), any::<bool>()).prop_map(|(member, may_hold)| Step::Beat { member, may_hold }),
        1 => member.clone().prop_map(|member| Step::Leave { member }),
        3 => (member, topic.clone(), 0..100i64)
            .prop_map(|(member, topic, offset)| Step::Commit { member, topic, offset }),
        1 => (topic.clone(), proptest::option::of(1..5_000i64))
            .prop_map(|(topic, retention_ms)| Step::CommitSimple { topic, retention_ms }),
        1 => (0..2i64, topic).prop_map(|(producer, topic)| Step::CommitInTransaction { producer, topic }),
        1 => (0..2i64, any::<bool>()).prop_map(|(producer, committed)| Step::EndTransaction { producer, committed }),
        1 => Just(Step::Delete),
        4 => (1..4_000u64).prop_map(|ms| Step::Wait { ms }),
        1 => Just(Step::FailOver),
    ]
}

fn options(max_record_bytes: usize) -> GroupOptions {
    GroupOptions {
        max_record_bytes,
        min_session_timeout_ms: 1_000,
        initial_rebalance_delay_ms: 500,
        max_group_size: 3,
        new_member_join_timeout_ms: 6_000,
        heartbeat_hold_ms: 1_000,
        offsets_retention_ms: 8_000,
        retention_check_interval_ms: 2_000,
        ..GroupOptions::default()
    }
}

/// A log that takes all there is to say, or hardly two tombstones and no large group.
fn room() -> impl Strategy<Value = usize> {
    prop_oneof![Just(260), Just(1_048_588)]
}

/// Members whose ids were taken in turn: the same few names are used again and again, so that steps meet.
fn perform(play: &mut Play, number: usize, step: &Step, options: &GroupOptions) {
    let fresh = NAMES[number % NAMES.len()];
    let generation = play.generation;
    let command = match *step {
        Step::Join { requires_id, session_ms } => Command::Join(JoinGroup {
            requires_known_member_id: requires_id,
            session_timeout_ms: session_ms,
            rebalance_timeout_ms: 3_000,
            ..join(fresh)
        }),
        Step::JoinStatic { instance } => Command::Join(JoinGroup {
            supports_skipping_assignment: number.is_multiple_of(2),
            rebalance_timeout_ms: 3_000,
            ..static_join(["one", "two"][instance], fresh)
        }),
        Step::Rejoin { member } => Command::Join(JoinGroup { rebalance_timeout_ms: 3_000, ..rejoin(NAMES[member]) }),
        Step::Sync { member } => Command::Sync(assign(NAMES[member], generation, &NAMES)),
        Step::Beat { member, may_hold } => {
            Command::Heartbeat(Heartbeat { may_hold, ..heartbeat(NAMES[member], generation) })
        }
        Step::Leave { member } => Command::Leave(leave(&[NAMES[member]])),
        Step::Commit { member, topic, offset } => {
            Command::CommitOffsets(member_commit(NAMES[member], generation, TOPICS[topic], offset))
        }
        Step::CommitSimple { topic, retention_ms } => {
            Command::CommitOffsets(CommitOffsets { retention_ms, ..commit(TOPICS[topic], 1) })
        }
        Step::CommitInTransaction { producer, topic } => {
            let transaction = Some(Producer { id: producer, epoch: 0 });
            Command::CommitOffsets(CommitOffsets { transaction, ..commit(TOPICS[topic], 2) })
        }
        Step::EndTransaction { producer, committed } => {
            Command::EndTransaction { producer: Producer { id: producer, epoch: 0 }, coordinator_epoch: 0, committed }
        }
        Step::Delete => Command::DeleteGroups(DeleteGroups { group_ids: vec![Str::from("g")] }),
        Step::Wait { ms } => return play.until(play.now_ms + ms),
        Step::FailOver => return play.fail_over(options.clone()),
    };
    play.ask("asked", command);
}

proptest! {
    #[test]
    fn replayed_equals_live_and_nobody_is_forgotten(
        steps in proptest::collection::vec(step(), 1..80),
        max_record_bytes in room(),
    ) {
        let options = options(max_record_bytes);
        let mut play = Play::new(options.clone());
        for (number, step) in steps.iter().enumerate() {
            perform(&mut play, number, step, &options);
            prop_assert_eq!(play.soft.waiting(), play.unanswered(), "after {:?}", step);
        }
        prop_assert_eq!(&replay::<GroupCoordinator>(&play.log), &play.coordinator);
        prop_assert_eq!(play.soft.abandon(ErrorCode::NotCoordinator).len(), play.unanswered());
    }

    #[test]
    fn a_group_that_everybody_left_comes_to_rest(
        steps in proptest::collection::vec(step(), 1..60),
        max_record_bytes in room(),
    ) {
        let options = options(max_record_bytes);
        let mut play = Play::new(options.clone());
        for (number, step) in steps.iter().enumerate() {
            perform(&mut play, number, step, &options);
        }
        for producer in 0..2 {
            perform(&mut play, 0, &Step::EndTransaction { producer, committed: false }, &options);
        }
        play.until(play.now_ms + 200_000);
        prop_assert_eq!(play.unanswered(), 0);
        prop_assert_eq!(play.coordinator.group_count(), 0);
        prop_assert_eq!(play.coordinator.offset("g", "t", 0), None);
    }
}
