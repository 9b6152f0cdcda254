//! What is refused, and with which code.

use groups::{Command, DeleteOffsets, GroupOptions, Heartbeat, JoinGroup, LeaveGroup, SyncGroup, new_member_id};
use types::Str;

use super::commands::{assign, heartbeat, join, leave, rejoin, static_join, subscription, sync};
use super::play::{Play, expect, stable_group};

#[test]
fn the_empty_group_id_is_refused_where_members_are() {
    let mut play = Play::new(GroupOptions::default());
    let group_id = Str::EMPTY;
    play.ask("join", Command::Join(JoinGroup { group_id: group_id.clone(), ..join("a") }));
    play.ask("sync", Command::Sync(SyncGroup { group_id: group_id.clone(), ..sync("a", 1) }));
    play.ask("heartbeat", Command::Heartbeat(Heartbeat { group_id: group_id.clone(), ..heartbeat("a", 1) }));
    play.ask("leave", Command::Leave(LeaveGroup { group_id: group_id.clone(), ..leave(&["a"]) }));
    play.ask("delete", Command::DeleteOffsets(DeleteOffsets { group_id, topics: Vec::new() }));
    expect(
        &mut play,
        &[
            "0 join: INVALID_GROUP_ID as ''",
            "0 sync: INVALID_GROUP_ID",
            "0 heartbeat: INVALID_GROUP_ID",
            "0 leave: INVALID_GROUP_ID []",
            "0 delete: INVALID_GROUP_ID ",
        ],
    );
}

#[test]
fn joins_that_are_refused_make_no_group() {
    let mut play = Play::new(GroupOptions::default());
    for (name, command) in [
        ("too short", JoinGroup { session_timeout_ms: 5_999, ..join("a") }),
        ("too long", JoinGroup { session_timeout_ms: 1_800_001, ..join("a") }),
        ("unknown", rejoin("a")),
        ("no type", JoinGroup { protocol_type: Str::EMPTY, ..join("a") }),
        ("no protocols", JoinGroup { protocols: Vec::new(), ..join("a") }),
    ] {
        play.ask(name, Command::Join(command));
    }
    expect(
        &mut play,
        &[
            "0 too short: INVALID_SESSION_TIMEOUT as ''",
            "0 too long: INVALID_SESSION_TIMEOUT as ''",
            "0 unknown: UNKNOWN_MEMBER_ID as 'a'",
            "0 no type: INCONSISTENT_GROUP_PROTOCOL as ''",
            "0 no protocols: INCONSISTENT_GROUP_PROTOCOL as ''",
        ],
    );
    assert_eq!(play.coordinator.group_count(), 0);
}

#[test]
fn joins_that_do_not_fit_the_group_are_refused() {
    let mut play = stable_group(GroupOptions { max_group_size: 1, ..GroupOptions::default() }, &["a"]);
    for (name, command) in [
        ("one too many", join("b")),
        ("another type", JoinGroup { protocol_type: Str::from("connect"), ..rejoin("a") }),
        ("another protocol", JoinGroup { protocols: vec![(Str::from("x"), subscription(&[]))], ..rejoin("a") }),
        ("unknown instance", JoinGroup { member_id: Str::from("a"), ..static_join("one", "x") }),
    ] {
        play.ask(name, Command::Join(command));
    }
    expect(
        &mut play,
        &[
            "10000 one too many: GROUP_MAX_SIZE_REACHED as ''",
            "10000 another type: INCONSISTENT_GROUP_PROTOCOL as 'a'",
            "10000 another protocol: INCONSISTENT_GROUP_PROTOCOL as 'a'",
            "10000 unknown instance: UNKNOWN_MEMBER_ID as 'a'",
        ],
    );
}

#[test]
fn groups_and_pending_members_have_a_limit() {
    let mut play = Play::new(GroupOptions { max_groups: 1, max_pending_members: 1, ..GroupOptions::default() });
    for name in ["a", "b"] {
        play.ask(name, Command::Join(JoinGroup { requires_known_member_id: true, ..join(name) }));
    }
    play.ask("other group", Command::Join(JoinGroup { group_id: Str::from("h"), ..join("c") }));
    expect(
        &mut play,
        &[
            "0 log: g generation 0 led by nobody of []",
            "0 a: MEMBER_ID_REQUIRED as 'a'",
            "0 b: GROUP_MAX_SIZE_REACHED as ''",
            "0 other group: POLICY_VIOLATION as ''",
        ],
    );
}

#[test]
fn a_sync_during_the_join_phase_is_told_to_rejoin() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    play.ask("b joins", Command::Join(join("b")));
    play.ask("a syncs", Command::Sync(assign("a", 1, &["a"])));
    expect(&mut play, &["10000 a syncs: REBALANCE_IN_PROGRESS"]);
}

#[test]
fn the_codes_of_syncs_and_heartbeats_are_kafkas() {
    let mut play = stable_group(GroupOptions::default(), &["a"]);
    for (want, command) in [
        ("UNKNOWN_MEMBER_ID", Command::Sync(sync("x", 1))),
        ("ILLEGAL_GENERATION", Command::Sync(sync("a", 0))),
        (
            "INCONSISTENT_GROUP_PROTOCOL",
            Command::Sync(SyncGroup { protocol_type: Some(Str::from("connect")), ..sync("a", 1) }),
        ),
        (
            "INCONSISTENT_GROUP_PROTOCOL",
            Command::Sync(SyncGroup { protocol_name: Some(Str::from("x")), ..sync("a", 1) }),
        ),
        ("UNKNOWN_MEMBER_ID", Command::Heartbeat(heartbeat("x", 1))),
        ("ILLEGAL_GENERATION", Command::Heartbeat(heartbeat("a", 0))),
        (
            "UNKNOWN_MEMBER_ID",
            Command::Heartbeat(Heartbeat { instance_id: Some(Str::from("one")), ..heartbeat("a", 1) }),
        ),
        ("UNKNOWN_MEMBER_ID", Command::Heartbeat(Heartbeat { group_id: Str::from("h"), ..heartbeat("a", 1) })),
    ] {
        play.ask("asked", command);
        assert_eq!(play.said(), [format!("10000 asked: {want}")]);
    }
}

#[test]
fn of_a_group_that_is_not_there_nobody_leaves() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("leave", Command::Leave(leave(&["a", "b"])));
    expect(&mut play, &[r#"0 leave: NONE ["UNKNOWN_MEMBER_ID", "UNKNOWN_MEMBER_ID"]"#]);
}

#[test]
fn a_pending_member_that_claims_to_be_static_is_refused() {
    let mut play = Play::new(GroupOptions::default());
    let id = new_member_id("client", None, [7; 16]);
    play.ask("asks", Command::Join(JoinGroup { requires_known_member_id: true, ..join(&id) }));
    play.said();
    play.ask("joins", Command::Join(JoinGroup { member_id: id.clone(), ..static_join("one", "x") }));
    assert_eq!(play.said(), [format!("0 joins: UNKNOWN_SERVER_ERROR as '{id}'")]);
}

#[test]
fn a_sync_that_waits_is_refused_with_the_partition() {
    let mut play = Play::new(GroupOptions::default());
    play.ask("a joins", Command::Join(join("a")));
    play.ask("b joins", Command::Join(join("b")));
    play.until(6_000);
    play.ask("b syncs", Command::Sync(sync("b", 1)));
    play.said();
    play.fail_over(GroupOptions::default());
    expect(&mut play, &["6000 b syncs: NOT_COORDINATOR"]);
    assert!(matches!(play.coordinator.group("g"), Some(group) if group.members.is_empty()));
}
