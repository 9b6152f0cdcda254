//! Groups are listed, described and deleted.

use groups::{Answer, Command, CommitOffsets, DeleteGroups, DescribeGroups, GroupOptions, JoinGroup, ListGroups};
use types::{ErrorCode, Str};

use super::commands::{commit, join, leave, rejoin};
use super::play::{Play, expect, stable_group};

fn names(names: &[&str]) -> Vec<Str> {
    names.iter().map(|name| Str::from(*name)).collect()
}

fn list(states: &[&str], types: &[&str]) -> Command {
    Command::List(ListGroups { states: names(states), types: names(types) })
}

fn describe(group_ids: &[&str], reports_missing_group: bool) -> Command {
    Command::Describe(DescribeGroups { group_ids: names(group_ids), reports_missing_group })
}

fn delete(group_ids: &[&str]) -> Command {
    Command::DeleteGroups(DeleteGroups { group_ids: names(group_ids) })
}

/// A stable group g and a group s that only commits.
fn two_groups() -> Play {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    let mut command = commit("t", 5);
    command.group_id = Str::from("s");
    play.ask("s commits", Command::CommitOffsets(command));
    play.said();
    play
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut play = two_groups();
    for (want, command) in [
        ("g consumer Stable, s  Empty", list(&[], &[])),
        ("g consumer Stable", list(&[" stable "], &[])),
        ("s  Empty", list(&["EMPTY", "Dead"], &["Classic"])),
        ("", list(&["nonsense"], &[])),
        ("", list(&[], &["consumer"])),
    ] {
        play.ask("listed", command);
        assert_eq!(play.said(), [format!("10000 listed: {want}")]);
    }
}

#[test]
fn a_group_that_is_not_there_is_dead_and_later_an_error() {
    let mut play = two_groups();
    play.ask("old", describe(&["g", "s", "x"], false));
    play.ask("new", describe(&["x"], true));
    expect(
        &mut play,
        &[
            r#"10000 old: g NONE Stable ["a"], s NONE Empty [], x NONE Dead []"#,
            "10000 new: x GROUP_ID_NOT_FOUND Dead []",
        ],
    );
}

#[test]
fn every_state_shows() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("asks", Command::Join(JoinGroup { requires_known_member_id: true, ..join("a") }));
    play.ask("described", describe(&["g"], true));
    play.ask("a joins", Command::Join(rejoin("a")));
    play.ask("described", describe(&["g"], true));
    play.until(3_000);
    play.ask("described", describe(&["g"], true));
    let said = play.said();
    let described: Vec<&String> = said.iter().filter(|line| line.contains("described")).collect();
    assert_eq!(
        described,
        [
            "0 described: g NONE Empty []",
            r#"0 described: g NONE PreparingRebalance ["a"]"#,
            r#"3000 described: g NONE CompletingRebalance ["a"]"#,
        ]
    );
}

#[test]
fn only_empty_groups_are_deleted() {
    let mut play = two_groups();
    play.ask("deletes", delete(&["g", "s", "x", "s"]));
    expect(
        &mut play,
        &[
            "10000 log: s/t-0 gone",
            "10000 log: s gone",
            "10000 deletes: g NON_EMPTY_GROUP, s NONE, x GROUP_ID_NOT_FOUND",
        ],
    );
    play.ask("a leaves", Command::Leave(leave(&["a"])));
    play.said();
    play.ask("deletes", delete(&["g"]));
    play.ask("described", describe(&["g"], true));
    expect(&mut play, &["10000 log: g gone", "10000 deletes: g NONE", "10000 described: g GROUP_ID_NOT_FOUND Dead []"]);
}

#[test]
fn a_deleted_group_begins_anew() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("asks", Command::Join(JoinGroup { requires_known_member_id: true, ..join("a") }));
    play.ask("deletes", delete(&["g"]));
    play.said();
    play.ask("a joins", Command::Join(rejoin("a")));
    play.ask("b joins", Command::Join(join("b")));
    play.until(3_000);
    expect(
        &mut play,
        &[
            "0 a joins: UNKNOWN_MEMBER_ID as 'a'",
            "0 log: g generation 0 led by nobody of []",
            r#"3000 b joins: b in generation 1 led by b of ["b"]"#,
        ],
    );
}

/// A log that takes two tombstones at a time.
fn narrow() -> GroupOptions {
    GroupOptions { max_record_bytes: 300, ..GroupOptions::default() }
}

/// Groups that have committed offsets of this many partitions.
fn committed(options: GroupOptions, groups: &[(&str, i32)]) -> Play {
    let mut play = Play::new(options);
    for &(group, partitions) in groups {
        for number in 0..partitions {
            let mut command = commit("t", 5);
            command.group_id = Str::from(group);
            command.topics[0].partitions[0].partition = number;
            play.ask("commits", Command::CommitOffsets(command));
        }
    }
    play.said();
    play
}

#[test]
fn a_group_with_more_offsets_than_a_decision_can_write_is_deleted_in_steps() {
    let mut play = committed(narrow(), &[("g", 4), ("s", 1)]);
    play.ask("deletes", delete(&["g", "s", "x"]));
    expect(&mut play, &["0 log: g/t-0 gone", "0 log: g/t-1 gone"]);
    play.until(0);
    expect(
        &mut play,
        &[
            "0 log: g/t-2 gone",
            "0 log: g/t-3 gone",
            "0 log: g gone",
            "0 log: s/t-0 gone",
            "0 log: s gone",
            "0 deletes: g NONE, s NONE, x GROUP_ID_NOT_FOUND",
        ],
    );
    assert_eq!(play.coordinator.group_count(), 0);
}

#[test]
fn a_group_that_is_half_deleted_is_neither_joined_nor_committed_for() {
    let mut play = committed(narrow(), &[("g", 4)]);
    play.ask("deletes", delete(&["g"]));
    play.said();
    play.ask("a joins", Command::Join(join("a")));
    play.ask("commits", Command::CommitOffsets(commit("t", 9)));
    let other = CommitOffsets { group_id: Str::from("h"), ..commit("t", 9) };
    play.ask("commits for another", Command::CommitOffsets(other));
    expect(
        &mut play,
        &[
            "0 a joins: COORDINATOR_LOAD_IN_PROGRESS as ''",
            "0 commits: t-0 COORDINATOR_LOAD_IN_PROGRESS",
            "0 log: h/t-0 = 9",
            "0 commits for another: t-0 NONE",
        ],
    );
    play.until(0);
    play.said();
    play.ask("commits", Command::CommitOffsets(commit("t", 9)));
    expect(&mut play, &["0 log: g/t-0 = 9", "0 commits: t-0 NONE"]);
}

#[test]
fn deletions_are_worked_off_one_after_the_other_and_too_many_come_again() {
    let options = GroupOptions { max_pending_deletions: 2, ..narrow() };
    let mut play = committed(options, &[("g", 3), ("s", 1)]);
    play.ask("first", delete(&["g"]));
    play.ask("second", delete(&["s", "g"]));
    play.ask("third", delete(&["s"]));
    expect(&mut play, &["0 log: g/t-0 gone", "0 log: g/t-1 gone", "0 third: s COORDINATOR_LOAD_IN_PROGRESS"]);
    assert_eq!((play.soft.waiting(), play.unanswered()), (2, 2));
    play.until(0);
    expect(
        &mut play,
        &[
            "0 log: g/t-2 gone",
            "0 log: g gone",
            "0 first: g NONE",
            "0 log: s/t-0 gone",
            "0 log: s gone",
            "0 second: s NONE, g GROUP_ID_NOT_FOUND",
        ],
    );
}

#[test]
fn a_half_deleted_group_is_still_known_to_the_next_coordinator() {
    let mut play = committed(narrow(), &[("g", 4)]);
    let ticket = play.ask("deletes", delete(&["g"]));
    let answers = play.soft.abandon(ErrorCode::NotCoordinator);
    let [(answered, Answer::DeleteGroups(groups))] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((*answered, groups[0].error), (ticket, ErrorCode::NotCoordinator));
    play.said();
    play.fail_over(GroupOptions::default());
    play.ask("deletes again", delete(&["g"]));
    expect(&mut play, &["0 log: g/t-2 gone", "0 log: g/t-3 gone", "0 log: g gone", "0 deletes again: g NONE"]);
}
