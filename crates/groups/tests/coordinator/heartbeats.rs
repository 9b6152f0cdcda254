//! Heartbeats are held while there is nothing to say, and harm nobody by it.

use groups::{Command, GroupOptions, Heartbeat, JoinGroup};
use types::Str;

use super::commands::{assign, heartbeat, join, leave, member_commit};
use super::play::{Play, expect, stable_group};

fn at_once(name: &str) -> Command {
    Command::Heartbeat(Heartbeat { may_hold: false, ..heartbeat(name, 1) })
}

fn release(name: &str, held: u64) -> Command {
    Command::ReleaseHeartbeat { group_id: Str::from("g"), member_id: Str::from(name), held }
}

#[test]
fn held_heartbeat_is_answered_at_the_moment_a_rebalance_starts() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.ask("b beats", Command::Heartbeat(heartbeat("b", 1)));
    play.until(10_500);
    expect(&mut play, &[]);
    play.ask("c joins", Command::Join(join("c")));
    expect(&mut play, &["10500 a beats: REBALANCE_IN_PROGRESS", "10500 b beats: REBALANCE_IN_PROGRESS"]);
    play.until(12_000);
    expect(&mut play, &[]);
}

#[test]
fn held_heartbeat_is_answered_when_its_time_is_over() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.until(10_999);
    expect(&mut play, &[]);
    play.until(11_000);
    expect(&mut play, &["11000 a beats: NONE"]);
}

#[test]
fn a_short_session_leaves_little_time_to_hold() {
    for (session_timeout_ms, answered_at_ms) in [(1_500, 0), (2_100, 200)] {
        let options =
            GroupOptions { min_session_timeout_ms: 1_000, initial_rebalance_delay_ms: 0, ..GroupOptions::default() };
        let mut play = Play::new(options);
        play.ask("a joins", Command::Join(JoinGroup { session_timeout_ms, ..join("a") }));
        play.until(0);
        play.ask("a syncs", Command::Sync(assign("a", 1, &["a"])));
        play.said();
        play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
        play.until(1_000);
        assert_eq!(play.said(), [format!("{answered_at_ms} a beats: NONE")]);
    }
}

#[test]
fn holding_can_be_switched_off() {
    let mut play = stable_group(GroupOptions { heartbeat_hold_ms: 0, ..GroupOptions::default() }, &["a"]);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    expect(&mut play, &["10000 a beats: NONE"]);
}

#[test]
fn held_heartbeat_does_not_prolong_the_session() {
    let mut play = stable_group(GroupOptions { heartbeat_hold_ms: 60_000, ..GroupOptions::default() }, &["a", "b"]);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.until(30_000);
    play.ask("b beats", at_once("b"));
    play.until(39_999);
    play.ask("b beats", at_once("b"));
    play.until(40_000);
    play.ask("b beats", at_once("b"));
    play.ask("a beats", at_once("a"));
    expect(
        &mut play,
        &[
            "19500 a beats: NONE",
            "30000 b beats: NONE",
            "39999 b beats: NONE",
            "40000 b beats: REBALANCE_IN_PROGRESS",
            "40000 a beats: UNKNOWN_MEMBER_ID",
        ],
    );
}

#[test]
fn a_newer_heartbeat_releases_the_one_before() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("first", Command::Heartbeat(heartbeat("a", 1)));
    play.until(10_600);
    play.ask("second", Command::Heartbeat(heartbeat("a", 1)));
    play.until(11_599);
    expect(&mut play, &["10600 first: NONE"]);
    play.until(11_600);
    expect(&mut play, &["11600 second: NONE"]);
}

#[test]
fn a_commit_does_not_wait_behind_a_held_heartbeat() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.ask("a commits", Command::CommitOffsets(member_commit("a", 1, "t", 5)));
    expect(&mut play, &["10000 log: g/t-0 = 5", "10000 a beats: NONE", "10000 a commits: t-0 NONE"]);
}

#[test]
fn the_driver_releases_the_heartbeat_that_it_means() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    let held = play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.ask("another", release("a", held + 100));
    play.ask("this one", release("a", held));
    play.ask("again", release("a", held));
    expect(&mut play, &["10000 another: NONE", "10000 a beats: NONE", "10000 this one: NONE", "10000 again: NONE"]);
}

#[test]
fn a_member_that_is_removed_hears_of_it_at_once() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("b beats", Command::Heartbeat(heartbeat("b", 1)));
    play.ask("b is removed", Command::Leave(leave(&["b"])));
    expect(&mut play, &["10000 b beats: UNKNOWN_MEMBER_ID", r#"10000 b is removed: NONE ["NONE"]"#]);
}
