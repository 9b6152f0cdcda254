//! Offsets are committed, fetched, removed, and expire.

use groups::{
    Answer, Command, CommitOffsets, CommitPartition, CommitTopic, DeleteOffsets, DeletedTopic, FetchGroup,
    FetchOffsets, FetchTopic, GroupOptions, JoinGroup, Producer,
};
use machine::{Ledger, Now};
use types::{Str, Uuid};

use super::commands::{assign, commit, fetch_all, heartbeat, join, leave, member_commit};
use super::play::{Play, expect, stable_group};

fn commits(command: CommitOffsets) -> Command {
    Command::CommitOffsets(command)
}

fn delete(group: &str, topics: &[&str]) -> Command {
    let topics = topics.iter().map(|topic| (Str::from(*topic), vec![0])).collect();
    Command::DeleteOffsets(DeleteOffsets { group_id: Str::from(group), topics })
}

fn partition(partition: i32, metadata: Option<&str>) -> CommitPartition {
    CommitPartition { partition, offset: 7, leader_epoch: -1, metadata: metadata.map(Str::from) }
}

fn retention(offsets_retention_ms: i64) -> GroupOptions {
    GroupOptions { offsets_retention_ms, retention_check_interval_ms: 10_000, ..GroupOptions::default() }
}

#[test]
fn a_consumer_without_a_group_commits_and_fetches() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("commits", commits(commit("t", 5)));
    play.ask("commits again", commits(commit("t", 6)));
    play.ask("fetches", fetch_all(false));
    expect(
        &mut play,
        &[
            "0 log: g/t-0 = 5",
            "0 commits: t-0 NONE",
            "0 log: g/t-0 = 6",
            "0 commits again: t-0 NONE",
            "0 fetches: t-0 6",
        ],
    );
}

#[test]
fn metadata_comes_back_as_it_was_committed() {
    let mut play = Play::new(GroupOptions::default());
    let topics = vec![CommitTopic {
        name: Str::from("t"),
        topic_id: Uuid::ZERO,
        partitions: vec![partition(0, Some("half way ☃"))],
    }];
    play.ask("commits", commits(CommitOffsets { topics, ..commit("t", 7) }));
    let stored = play.coordinator.offset("g", "t", 0).map(|offset| offset.metadata.clone());
    assert_eq!(stored, Some(Str::from("half way ☃")));
}

#[test]
fn only_metadata_that_is_too_long_is_refused() {
    let mut play = Play::new(GroupOptions { offset_metadata_max_bytes: 3, ..GroupOptions::default() });
    let topics = vec![CommitTopic {
        name: Str::from("t"),
        topic_id: Uuid::ZERO,
        partitions: vec![partition(0, Some("four")), partition(1, Some("tre"))],
    }];
    play.ask("commits", commits(CommitOffsets { topics, ..commit("t", 7) }));
    expect(&mut play, &["0 log: g/t-1 = 7", "0 commits: t-0 OFFSET_METADATA_TOO_LARGE, t-1 NONE"]);
}

#[test]
fn a_commit_that_the_log_cannot_take_is_refused() {
    let mut play = Play::new(GroupOptions { max_record_bytes: 100, ..GroupOptions::default() });
    let topics = vec![CommitTopic {
        name: Str::from("t"),
        topic_id: Uuid::ZERO,
        partitions: vec![partition(0, None), partition(1, None)],
    }];
    play.ask("commits", commits(CommitOffsets { topics, ..commit("t", 7) }));
    expect(&mut play, &["0 commits: t-0 UNKNOWN_SERVER_ERROR, t-1 UNKNOWN_SERVER_ERROR"]);
}

#[test]
fn commits_are_checked_against_the_generation() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    for (want, command) in [
        ("t-0 NONE", member_commit("a", 1, "t", 5)),
        ("t-0 ILLEGAL_GENERATION", member_commit("a", 2, "t", 5)),
        ("t-0 ILLEGAL_GENERATION", member_commit("a", -1, "t", 5)),
        ("t-0 UNKNOWN_MEMBER_ID", member_commit("x", 1, "t", 5)),
        ("t-0 UNKNOWN_MEMBER_ID", commit("t", 5)),
        (
            "t-0 UNKNOWN_MEMBER_ID",
            CommitOffsets { instance_id: Some(Str::from("one")), ..member_commit("a", 1, "t", 5) },
        ),
    ] {
        play.ask("commits", commits(command));
        let said = play.said();
        assert_eq!(said.last(), Some(&format!("10000 commits: {want}")));
    }
}

#[test]
fn commits_wait_for_the_end_of_a_rebalance_only_between_join_and_sync() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("b joins", Command::Join(join("b")));
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    expect(&mut play, &["10000 log: g/t-0 = 5", "10000 a commits: t-0 NONE"]);
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.until(3_000);
    play.said();
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    expect(&mut play, &["3000 a commits: t-0 REBALANCE_IN_PROGRESS"]);
}

#[test]
fn a_member_of_a_group_that_is_not_there_is_told_so() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("new", commits(member_commit("a", 1, "t", 5)));
    play.ask("old", commits(CommitOffsets { reports_missing_group: false, ..member_commit("a", 1, "t", 5) }));
    play.ask("simple", commits(commit("t", 5)));
    play.said();
    play.ask("stranger", commits(member_commit("a", 1, "t", 5)));
    expect(&mut play, &["0 stranger: t-0 UNKNOWN_MEMBER_ID"]);
}

#[test]
fn the_codes_of_commits_to_missing_groups_are_kafkas() {
    let mut play = Play::new(GroupOptions { max_groups: 0, ..GroupOptions::default() });
    play.ask("new", commits(member_commit("a", 1, "t", 5)));
    play.ask("old", commits(CommitOffsets { reports_missing_group: false, ..member_commit("a", 1, "t", 5) }));
    play.ask("one too many", commits(commit("t", 5)));
    expect(
        &mut play,
        &["0 new: t-0 GROUP_ID_NOT_FOUND", "0 old: t-0 ILLEGAL_GENERATION", "0 one too many: t-0 POLICY_VIOLATION"],
    );
}

#[test]
fn a_commit_keeps_its_member_alive() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.until(30_000);
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    play.until(59_999);
    play.said();
    play.ask("a commits", commits(member_commit("a", 1, "t", 6)));
    expect(&mut play, &["59999 log: g/t-0 = 6", "59999 a commits: t-0 NONE"]);
}

#[test]
fn offsets_of_an_unknown_group_or_partition_are_minus_one() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("commits", commits(commit("t", 5)));
    play.said();
    let topics = |topic_id| Some(vec![FetchTopic { name: Str::from("t"), topic_id, partitions: vec![0, 1] }]);
    for (group, topic_id, want) in [
        ("g", Uuid::ZERO, "t-0 5, t-1 -1"),
        ("h", Uuid::ZERO, "t-0 -1, t-1 -1"),
        ("g", Uuid::METADATA_TOPIC, "t-0 5, t-1 -1"),
    ] {
        let groups = vec![FetchGroup { group_id: Str::from(group), topics: topics(topic_id) }];
        play.ask("fetches", Command::FetchOffsets(FetchOffsets { groups, require_stable: false }));
        assert_eq!(play.said(), [format!("0 fetches: {want}")]);
    }
}

#[test]
fn an_offset_of_another_topic_of_the_same_name_is_none() {
    let mut play = Play::new(GroupOptions::default());
    let mut command = commit("t", 5);
    command.topics[0].topic_id = Uuid::from_bytes([1; 16]);
    play.ask("commits", commits(command));
    play.said();
    for (topic_id, want) in [(Uuid::from_bytes([1; 16]), "t-0 5"), (Uuid::from_bytes([2; 16]), "t-0 -1")] {
        let topics = Some(vec![FetchTopic { name: Str::from("t"), topic_id, partitions: vec![0] }]);
        let groups = vec![FetchGroup { group_id: Str::from("g"), topics }];
        play.ask("fetches", Command::FetchOffsets(FetchOffsets { groups, require_stable: false }));
        assert_eq!(play.said(), [format!("0 fetches: {want}")]);
    }
}

#[test]
fn offsets_that_nobody_renews_expire_and_their_group_with_them() {
    let mut play = Play::new(retention(100_000));
    play.ask("commits", commits(commit("t", 5)));
    play.said();
    play.until(99_999);
    expect(&mut play, &[]);
    play.until(100_000);
    expect(&mut play, &["100000 log: g/t-0 gone", "100000 log: g gone"]);
    assert_eq!(play.coordinator.group_count(), 0);
}

#[test]
fn a_commit_may_say_itself_when_it_expires() {
    let mut play = Play::new(retention(100_000));
    play.ask("commits", commits(CommitOffsets { retention_ms: Some(30_000), ..commit("t", 5) }));
    play.said();
    play.until(29_999);
    expect(&mut play, &[]);
    play.until(30_000);
    expect(&mut play, &["30000 log: g/t-0 gone", "30000 log: g gone"]);
}

#[test]
fn the_offsets_of_a_group_expire_after_it_became_empty() {
    let mut play = stable_group(retention(100_000), &["a"]);
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    play.until(20_000);
    play.ask("a leaves", Command::Leave(leave(&["a"])));
    play.said();
    play.until(119_999);
    expect(&mut play, &[]);
    play.until(120_000);
    expect(&mut play, &["120000 log: g/t-0 gone", "120000 log: g gone"]);
}

#[test]
fn consumers_lose_offsets_only_of_topics_that_they_do_not_read() {
    let mut play = stable_group(retention(50_000), &["a"]);
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    play.ask("a commits", commits(member_commit("a", 1, "old", 5)));
    for at_ms in [30_000, 50_000] {
        play.until(at_ms);
        play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    }
    play.until(59_999);
    play.said();
    play.until(70_000);
    expect(&mut play, &["60000 log: g/old-0 gone"]);
}

#[test]
fn what_other_groups_with_members_have_committed_never_expires() {
    let mut play = Play::new(retention(10_000));
    let command = JoinGroup { protocol_type: Str::from("connect"), session_timeout_ms: 100_000, ..join("a") };
    play.ask("a joins", Command::Join(command));
    play.until(3_000);
    play.ask("a syncs", Command::Sync(assign("a", 1, &["a"])));
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    play.said();
    play.until(90_000);
    expect(&mut play, &[]);
}

#[test]
fn an_abandoned_group_without_offsets_is_removed() {
    let mut play = stable_group(retention(100_000), &["a"]);
    play.ask("a leaves", Command::Leave(leave(&["a"])));
    play.said();
    play.until(20_000);
    expect(&mut play, &["20000 log: g gone"]);
}

#[test]
fn offsets_are_removed_of_topics_that_are_not_read() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("a commits", commits(member_commit("a", 1, "t", 5)));
    play.ask("a commits", commits(member_commit("a", 1, "old", 5)));
    play.said();
    play.ask("deletes", delete("g", &["t", "old", "none"]));
    play.ask("deletes", delete("h", &["t"]));
    expect(
        &mut play,
        &[
            "10000 log: g/old-0 gone",
            "10000 deletes: NONE t-0 GROUP_SUBSCRIBED_TO_TOPIC, old-0 NONE, none-0 NONE",
            "10000 deletes: GROUP_ID_NOT_FOUND ",
        ],
    );
    play.ask("a leaves", Command::Leave(leave(&["a"])));
    play.said();
    play.ask("deletes", delete("g", &["t"]));
    expect(&mut play, &["10000 log: g/t-0 gone", "10000 deletes: NONE t-0 NONE"]);
}

#[test]
fn offsets_in_use_by_other_than_consumers_are_not_removed() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(JoinGroup { protocol_type: Str::from("connect"), ..join("a") }));
    play.said();
    play.ask("deletes", delete("g", &["t"]));
    expect(&mut play, &["0 deletes: NON_EMPTY_GROUP "]);
}

#[test]
fn offsets_go_with_their_topic_in_as_many_steps_as_the_log_needs() {
    let mut play = Play::new(GroupOptions { max_record_bytes: 300, ..GroupOptions::default() });
    for number in 0..5 {
        let mut command = commit("t", 5);
        command.topics[0].partitions[0].partition = number;
        play.ask("commits", commits(command));
    }
    play.ask("commits", commits(commit("u", 5)));
    play.said();
    let topics = vec![DeletedTopic { name: Str::from("t"), topic_id: Uuid::METADATA_TOPIC }];
    play.ask("deleted", Command::TopicsDeleted(topics));
    expect(&mut play, &["0 log: g/t-0 gone", "0 log: g/t-1 gone", "0 deleted: NONE"]);
    play.until(0);
    expect(&mut play, &["0 log: g/t-2 gone", "0 log: g/t-3 gone", "0 log: g/t-4 gone"]);
    assert!(play.coordinator.offset("g", "u", 0).is_some());
}

#[test]
fn no_more_deleted_topics_wait_than_may() {
    let options = GroupOptions { max_record_bytes: 0, max_deleted_topics: 1, ..GroupOptions::default() };
    let mut play = Play::new(GroupOptions::default());
    for topic in ["a", "b", "c", "d"] {
        play.ask("commits", commits(commit(topic, 5)));
    }
    play.said();
    play.soft.set_options(options);
    let gone = |name: &&str| DeletedTopic { name: Str::from(*name), topic_id: Uuid::METADATA_TOPIC };
    play.ask("deleted", Command::TopicsDeleted(["none", "a", "b"].iter().map(gone).collect()));
    expect(&mut play, &["0 log: g/a-0 gone", "0 deleted: NONE"]);
    play.ask("deleted", Command::TopicsDeleted(["c", "d"].iter().map(gone).collect()));
    expect(&mut play, &["0 log: g/b-0 gone", "0 deleted: POLICY_VIOLATION"]);
    play.until(0);
    expect(&mut play, &["0 log: g/c-0 gone"]);
    assert!(play.coordinator.offset("g", "d", 0).is_some(), "left to expire");
}

#[test]
fn offsets_expire_even_where_the_log_seems_to_have_no_room_for_one() {
    let mut play = Play::new(retention(10_000));
    play.ask("commits", commits(commit("t", 5)));
    play.ask("commits", commits(commit("u", 5)));
    play.said();
    play.soft.set_options(GroupOptions { max_record_bytes: 0, ..retention(10_000) });
    play.until(10_000);
    expect(&mut play, &["10000 log: g/t-0 gone", "10000 log: g/u-0 gone", "10000 log: g gone"]);
}

#[test]
fn offsets_of_a_topic_that_was_made_again_stay() {
    let mut play = Play::new(GroupOptions::default());
    let mut command = commit("t", 5);
    command.topics[0].topic_id = Uuid::from_bytes([2; 16]);
    play.ask("commits", commits(command));
    let topics = vec![DeletedTopic { name: Str::from("t"), topic_id: Uuid::from_bytes([1; 16]) }];
    play.ask("deleted", Command::TopicsDeleted(topics));
    assert!(play.coordinator.offset("g", "t", 0).is_some());
}

const PRODUCER: Producer = Producer { id: 9, epoch: 0 };

fn end(committed: bool) -> Command {
    Command::EndTransaction { producer: PRODUCER, coordinator_epoch: 0, committed }
}

#[test]
fn a_transaction_commits_its_offsets_or_leaves_none() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("commits", commits(commit("t", 5)));
    play.said();
    play.ask("in transaction", commits(CommitOffsets { transaction: Some(PRODUCER), ..commit("t", 8) }));
    play.ask("fetches stable", fetch_all(true));
    play.ask("fetches", fetch_all(false));
    play.ask("aborts", end(false));
    play.ask("fetches stable", fetch_all(true));
    expect(
        &mut play,
        &[
            "0 log: g/t-0 = 8 if 9 commits",
            "0 in transaction: t-0 NONE",
            "0 fetches stable: t-0 UNSTABLE_OFFSET_COMMIT",
            "0 fetches: t-0 5",
            "0 log: 9 aborts",
            "0 aborts: NONE",
            "0 fetches stable: t-0 5",
        ],
    );
    play.ask("in transaction", commits(CommitOffsets { transaction: Some(PRODUCER), ..commit("t", 8) }));
    play.ask("commits", end(true));
    play.said();
    play.ask("fetches stable", fetch_all(true));
    expect(&mut play, &["0 fetches stable: t-0 8"]);
}

#[test]
fn a_later_commit_is_not_overwritten_by_an_earlier_transaction() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("in transaction", commits(CommitOffsets { transaction: Some(PRODUCER), ..commit("t", 8) }));
    play.ask("commits", commits(commit("t", 9)));
    play.ask("ends", end(true));
    play.said();
    play.ask("fetches", fetch_all(true));
    expect(&mut play, &["0 fetches: t-0 9"]);
}

#[test]
fn an_offset_with_an_open_transaction_does_not_expire() {
    let mut play = Play::new(retention(20_000));
    play.ask("commits", commits(commit("t", 5)));
    play.ask("in transaction", commits(CommitOffsets { transaction: Some(PRODUCER), ..commit("t", 8) }));
    play.said();
    play.until(40_000);
    expect(&mut play, &[]);
    play.ask("aborts", end(false));
    play.said();
    play.until(50_000);
    expect(&mut play, &["50000 log: g/t-0 gone", "50000 log: g gone"]);
}

#[test]
fn reading_writes_nothing_and_sets_no_timer() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    let before = play.coordinator.deadline(&play.soft);
    let decision = play.coordinator.decide(&mut play.soft, Now::at_ms(10_000), 99, fetch_all(true));
    assert!(decision.records.is_empty());
    assert!(matches!(decision.answers.as_slice(), [(99, Answer::FetchOffsets(_))]));
    assert_eq!(play.coordinator.deadline(&play.soft), before);
}
