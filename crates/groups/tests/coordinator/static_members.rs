//! Members with a `group.instance.id` come back under a new member id.

use groups::{Command, GroupOptions, Heartbeat, JoinGroup, LeaveGroup, LeavingMember};
use types::Str;

use super::commands::{assign, heartbeat, join, leave, rejoin, static_join, sync};
use super::play::{Play, expect};

/// A stable group of the static member "one", first known as s1, who leads, and of the dynamic member b.
fn group_with_static_leader() -> Play {
    let mut play = Play::new(GroupOptions::default());
    play.ask("s joins", Command::Join(static_join("one", "s1")));
    play.ask("b joins", Command::Join(join("b")));
    play.until(10_000);
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    play.ask("s syncs", Command::Sync(assign("s1", 1, &["b", "s1"])));
    assert_eq!(play.unanswered(), 0);
    play.said();
    play
}

fn static_heartbeat(name: &str) -> Heartbeat {
    Heartbeat { instance_id: Some(Str::from("one")), may_hold: false, ..heartbeat(name, 1) }
}

#[test]
fn a_static_member_that_restarts_keeps_its_assignment_without_a_rebalance() {
    let mut play = group_with_static_leader();
    let command = JoinGroup { supports_skipping_assignment: true, ..static_join("one", "s2") };
    play.ask("s returns", Command::Join(command));
    play.ask("s syncs", Command::Sync(sync("s2", 1)));
    play.ask("old s beats", Command::Heartbeat(static_heartbeat("s1")));
    play.ask("new s beats", Command::Heartbeat(static_heartbeat("s2")));
    expect(
        &mut play,
        &[
            r#"10000 log: g generation 1 led by s2 of ["b", "s2"]"#,
            r#"10000 s returns: s2 in generation 1 led by s2, nothing to assign of ["b", "s2"]"#,
            "10000 s syncs: assigned s1",
            "10000 old s beats: FENCED_INSTANCE_ID",
            "10000 new s beats: NONE",
        ],
    );
}

#[test]
fn an_old_client_is_told_that_its_predecessor_leads() {
    let mut play = group_with_static_leader();
    play.ask("s returns", Command::Join(static_join("one", "s2")));
    expect(
        &mut play,
        &[r#"10000 log: g generation 1 led by s2 of ["b", "s2"]"#, "10000 s returns: s2 in generation 1 led by s1"],
    );
}

#[test]
fn whoever_waits_under_the_old_id_is_fenced() {
    let mut play = group_with_static_leader();
    play.ask("old s beats", Command::Heartbeat(heartbeat("s1", 1)));
    play.ask("s returns", Command::Join(static_join("one", "s2")));
    expect(
        &mut play,
        &[
            r#"10000 log: g generation 1 led by s2 of ["b", "s2"]"#,
            "10000 old s beats: FENCED_INSTANCE_ID",
            "10000 s returns: s2 in generation 1 led by s1",
        ],
    );
    play.ask("old s rejoins", Command::Join(JoinGroup { member_id: Str::from("s1"), ..static_join("one", "x") }));
    expect(&mut play, &["10000 old s rejoins: FENCED_INSTANCE_ID as 's1'"]);
}

#[test]
fn a_join_that_waits_under_the_old_id_is_fenced() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("s joins", Command::Join(static_join("one", "s1")));
    play.ask("s joins again", Command::Join(static_join("one", "s2")));
    play.until(3_000);
    expect(
        &mut play,
        &[
            "0 log: g generation 0 led by nobody of []",
            "0 s joins: FENCED_INSTANCE_ID as 's1'",
            r#"3000 s joins again: s2 in generation 1 led by s2 of ["s2"]"#,
        ],
    );
}

#[test]
fn a_static_member_that_returns_while_the_leader_assigns_causes_a_rebalance() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("s joins", Command::Join(static_join("one", "s1")));
    play.until(3_000);
    play.said();
    play.ask("s returns", Command::Join(static_join("one", "s2")));
    expect(&mut play, &[r#"3000 s returns: s2 in generation 2 led by s2 of ["s2"]"#]);
}

#[test]
fn a_static_member_keeps_its_place_in_a_rebalance_that_it_misses() {
    let mut play = group_with_static_leader();
    play.ask("c joins", Command::Join(join("c")));
    play.ask("b rejoins", Command::Join(rejoin("b")));
    play.until(20_000);
    expect(
        &mut play,
        &[
            r#"20000 b rejoins: b in generation 2 led by b of ["b", "c", "s1"]"#,
            "20000 c joins: c in generation 2 led by b",
        ],
    );
}

#[test]
fn a_rebalance_that_only_static_members_could_end_waits_for_their_sessions() {
    let mut play = group_with_static_leader();
    play.until(15_000);
    play.ask("b leaves", Command::Leave(leave(&["b"])));
    play.until(39_999);
    expect(&mut play, &[r#"15000 b leaves: NONE ["NONE"]"#]);
    play.until(40_000);
    expect(&mut play, &["40000 log: g generation 2 led by nobody of []"]);
}

#[test]
fn an_administrator_removes_a_static_member_by_its_instance_id() {
    let mut play = group_with_static_leader();
    let removed = |instance: &str| LeavingMember { member_id: Str::EMPTY, instance_id: Some(Str::from(instance)) };
    let members = vec![removed("one"), removed("two")];
    play.ask("s is removed", Command::Leave(LeaveGroup { group_id: Str::from("g"), members }));
    play.ask("s beats", Command::Heartbeat(static_heartbeat("s1")));
    expect(
        &mut play,
        &[r#"10000 s is removed: NONE ["NONE", "UNKNOWN_MEMBER_ID"]"#, "10000 s beats: UNKNOWN_MEMBER_ID"],
    );
}
