//! Members come, go and fall silent.

use bytes::Bytes;
use groups::{Command, GroupOptions, JoinGroup, SyncGroup};
use types::Str;

use super::commands::{assign, heartbeat, join, leave, rejoin, subscription, sync};
use super::play::{Play, expect, stable_group};

#[test]
fn first_rebalance_waits_while_members_keep_coming() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.until(1_000);
    play.ask("b joins", Command::Join(join("b")));
    play.until(6_000);
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    play.ask("a syncs", Command::Sync(assign("a", 1, &["a", "b"])));
    expect(
        &mut play,
        &[
            "0 log: g generation 0 led by nobody of []",
            r#"6000 a joins: a in generation 1 led by a of ["a", "b"]"#,
            "6000 b joins: b in generation 1 led by a",
            r#"6000 log: g generation 1 led by a of ["a", "b"]"#,
            "6000 a syncs: assigned a",
            "6000 b syncs: assigned b",
        ],
    );
}

#[test]
fn first_rebalance_never_waits_longer_than_its_members_do() {
    let mut play = Play::new(GroupOptions::default());
    for (at_ms, name) in [(0, "a"), (1_000, "b"), (4_000, "c")] {
        play.until(at_ms);
        play.ask(name, Command::Join(JoinGroup { rebalance_timeout_ms: 5_000, ..join(name) }));
    }
    play.until(4_999);
    assert_eq!(play.unanswered(), 3);
    play.until(5_000);
    assert_eq!(play.unanswered(), 0);
}

#[test]
fn a_member_that_must_know_its_id_joins_with_it() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("joins", Command::Join(JoinGroup { requires_known_member_id: true, ..join("a") }));
    play.ask("joins again", Command::Join(rejoin("a")));
    play.until(3_000);
    expect(
        &mut play,
        &[
            "0 log: g generation 0 led by nobody of []",
            "0 joins: MEMBER_ID_REQUIRED as 'a'",
            r#"3000 joins again: a in generation 1 led by a of ["a"]"#,
        ],
    );
}

#[test]
fn a_member_id_that_is_not_used_in_time_is_forgotten() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("joins", Command::Join(JoinGroup { requires_known_member_id: true, ..join("a") }));
    play.until(30_000);
    play.said();
    play.ask("joins too late", Command::Join(rejoin("a")));
    expect(&mut play, &["30000 joins too late: UNKNOWN_MEMBER_ID as 'a'"]);
}

#[test]
fn a_pending_member_holds_the_join_phase_up_until_it_joins() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("b asks", Command::Join(JoinGroup { requires_known_member_id: true, ..join("b") }));
    play.ask("a rejoins", Command::Join(rejoin("a")));
    play.said();
    play.ask("b joins", Command::Join(rejoin("b")));
    expect(
        &mut play,
        &[r#"10000 a rejoins: a in generation 2 led by a of ["a", "b"]"#, "10000 b joins: b in generation 2 led by a"],
    );
}

#[test]
fn a_newcomer_makes_the_group_rebalance() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("c joins", Command::Join(join("c")));
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.ask("a rejoins", Command::Join(rejoin("a")));
    expect(
        &mut play,
        &[
            "10000 a beats: REBALANCE_IN_PROGRESS",
            r#"10000 a rejoins: a in generation 2 led by a of ["a", "c"]"#,
            "10000 c joins: c in generation 2 led by a",
        ],
    );
}

#[test]
fn who_does_not_rejoin_in_time_is_dropped_and_another_leads() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("c joins", Command::Join(join("c")));
    play.ask("b rejoins", Command::Join(rejoin("b")));
    play.until(19_999);
    expect(&mut play, &[]);
    play.until(20_000);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 2)));
    expect(
        &mut play,
        &[
            r#"20000 b rejoins: b in generation 2 led by b of ["b", "c"]"#,
            "20000 c joins: c in generation 2 led by b",
            "20000 a beats: UNKNOWN_MEMBER_ID",
        ],
    );
}

#[test]
fn a_leader_that_does_not_assign_in_time_is_dropped() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.ask("b joins", Command::Join(join("b")));
    play.until(6_000);
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    play.said();
    play.until(16_000);
    play.ask("b rejoins", Command::Join(rejoin("b")));
    expect(
        &mut play,
        &["16000 b syncs: REBALANCE_IN_PROGRESS", r#"16000 b rejoins: b in generation 2 led by b of ["b"]"#],
    );
}

#[test]
fn a_follower_that_does_not_sync_in_time_is_dropped() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.ask("b joins", Command::Join(join("b")));
    play.until(6_000);
    play.ask("a syncs", Command::Sync(assign("a", 1, &["a", "b"])));
    play.until(16_000);
    play.said();
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    expect(&mut play, &["16000 b syncs: UNKNOWN_MEMBER_ID", "16000 a beats: REBALANCE_IN_PROGRESS"]);
}

#[test]
fn a_silent_member_is_dropped_after_its_session_timeout() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.until(20_000);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.until(39_999);
    play.ask("a syncs", Command::Sync(sync("a", 1)));
    play.until(40_000);
    play.ask("a rejoins", Command::Join(rejoin("a")));
    expect(
        &mut play,
        &[
            "21000 a beats: NONE",
            "39999 a syncs: assigned a",
            r#"40000 a rejoins: a in generation 2 led by a of ["a"]"#,
        ],
    );
}

#[test]
fn a_newcomer_whose_join_hangs_is_dropped() {
    let options = GroupOptions { new_member_join_timeout_ms: 5_000, ..GroupOptions::default() };
    let mut play = stable_group(options, &["a"]);
    play.ask("c joins", Command::Join(join("c")));
    play.until(15_000);
    expect(&mut play, &["15000 c joins: UNKNOWN_MEMBER_ID as ''"]);
}

#[test]
fn the_last_to_leave_leaves_an_empty_group_behind() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("both leave", Command::Leave(leave(&["a", "b", "x"])));
    expect(
        &mut play,
        &[
            "10000 log: g generation 2 led by nobody of []",
            r#"10000 both leave: NONE ["NONE", "NONE", "UNKNOWN_MEMBER_ID"]"#,
        ],
    );
    play.ask("a joins", Command::Join(join("a")));
    play.until(13_000);
    expect(&mut play, &[r#"13000 a joins: a in generation 3 led by a of ["a"]"#]);
}

#[test]
fn a_member_that_leaves_makes_the_others_rebalance() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("b leaves", Command::Leave(leave(&["b"])));
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    expect(&mut play, &[r#"10000 b leaves: NONE ["NONE"]"#, "10000 a beats: REBALANCE_IN_PROGRESS"]);
}

#[test]
fn a_lost_join_answer_is_given_again() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.until(3_000);
    play.said();
    play.ask("a joins again", Command::Join(rejoin("a")));
    expect(&mut play, &[r#"3000 a joins again: a in generation 1 led by a of ["a"]"#]);
}

#[test]
fn a_join_that_is_sent_twice_is_answered_twice() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("a rejoins", Command::Join(rejoin("a")));
    play.ask("a rejoins again", Command::Join(rejoin("a")));
    play.ask("b rejoins", Command::Join(rejoin("b")));
    expect(
        &mut play,
        &[
            "10000 a rejoins: REBALANCE_IN_PROGRESS as 'a'",
            r#"10000 a rejoins again: a in generation 2 led by a of ["a", "b"]"#,
            "10000 b rejoins: b in generation 2 led by a",
        ],
    );
}

#[test]
fn only_news_makes_a_stable_group_rebalance() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.ask("b rejoins", Command::Join(rejoin("b")));
    expect(&mut play, &["10000 b rejoins: b in generation 1 led by a"]);
    let protocols = vec![(Str::from("range"), subscription(&["t", "u"]))];
    play.ask("b subscribes", Command::Join(JoinGroup { protocols, ..rejoin("b") }));
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    expect(&mut play, &["10000 a beats: REBALANCE_IN_PROGRESS"]);
}

#[test]
fn members_are_stored_with_the_coordinator_and_get_a_fresh_session() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    play.until(39_000);
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    play.fail_over(GroupOptions::default());
    play.ask("a beats again", Command::Heartbeat(heartbeat("a", 1)));
    play.until(68_999);
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    expect(&mut play, &["39000 a beats: NOT_COORDINATOR", "40000 a beats again: NONE", "68999 b syncs: assigned b"]);
    play.until(69_000);
    play.ask("b beats", Command::Heartbeat(heartbeat("b", 1)));
    expect(&mut play, &["69000 log: g generation 2 led by nobody of []", "69000 b beats: UNKNOWN_MEMBER_ID"]);
}

#[test]
fn a_group_that_is_too_large_after_a_failover_rebalances() {
    let mut play = stable_group(GroupOptions::default(), &["a", "b"]);
    let options = GroupOptions { max_group_size: 1, ..GroupOptions::default() };
    play.fail_over(options);
    play.ask("a rejoins", Command::Join(rejoin("a")));
    play.ask("b rejoins", Command::Join(rejoin("b")));
    play.until(20_000);
    expect(
        &mut play,
        &["10000 b rejoins: GROUP_MAX_SIZE_REACHED as ''", r#"20000 a rejoins: a in generation 2 led by a of ["a"]"#],
    );
}

#[test]
fn an_assignment_that_the_log_cannot_take_is_refused_before_it_is_written() {
    let options = GroupOptions { max_record_bytes: 200, ..GroupOptions::default() };
    let mut play = Play::new(options);
    play.ask("a joins", Command::Join(join("a")));
    play.until(3_000);
    play.said();
    let assignments = vec![(Str::from("a"), Bytes::from(vec![0; 100]))];
    play.ask("a syncs", Command::Sync(SyncGroup { assignments, ..sync("a", 1) }));
    play.ask("a beats", Command::Heartbeat(heartbeat("a", 1)));
    expect(&mut play, &["3000 a syncs: UNKNOWN_SERVER_ERROR", "3000 a beats: REBALANCE_IN_PROGRESS"]);
}
