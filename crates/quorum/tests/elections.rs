//! Who leads: every role's transitions, as golden scripts.

mod script;

use machine::Machine;
use quorum::message::{EndQuorumEpochRequest, Request};
use quorum::{Alarm, EpochStart, Input, LogFacts, QuorumState, RoleName};
use script::{CLUSTER, Script, endpoints, fetched, hint, key, options};
use types::{ErrorCode, Str};

fn log(end_offset: i64, epoch: i32) -> LogFacts {
    LogFacts {
        end_offset,
        synced_end_offset: end_offset,
        epochs: vec![EpochStart { epoch, start_offset: 0 }],
        ..LogFacts::default()
    }
}

fn stored(epoch: i32, leader_id: Option<i32>, voted: Option<i32>) -> Option<QuorumState> {
    Some(QuorumState { epoch, leader_id, voted: voted.map(key), data_version: 0, voters: vec![1, 2, 3] })
}

#[test]
fn sole_voter_leads_at_once_and_waits_for_no_timer() {
    let mut script = Script::fresh(&[1]);
    assert_eq!(
        script.lines(),
        [
            "persist e1 leader 1 voted -",
            "append leader-change 1 at 0 e1",
            "leads e1 from 0",
            "sync 1 e1",
            "leader of e1 is 1",
        ]
    );
    assert_eq!(script.quorum.deadline(), None, "an idle sole voter sleeps");
    assert_eq!(script.synced(1), ["commit 1"]);
}

#[test]
fn sole_voter_commits_nothing_before_it_is_durable() {
    let mut script = Script::fresh(&[1]);
    script.lines();
    assert_eq!(script.step(Input::Appended { epoch: 1, end_offset: 5 }), ["sync 5 e1"]);
    assert_eq!(script.quorum.high_watermark(), None);
    assert_eq!(script.synced(3), ["commit 3"]);
    assert_eq!(script.synced(5), ["commit 5"]);
}

#[test]
fn restarted_sole_voter_leads_in_a_higher_epoch() {
    let before = Script::fresh(&[1]);
    let mut script = Script::start(options(&[1]), before.stored, &log(3, 1));
    assert_eq!(
        script.lines(),
        [
            "persist e2 leader 1 voted -",
            "append leader-change 1 at 3 e2",
            "leads e2 from 3",
            "sync 4 e2",
            "leader of e2 is 1",
        ]
    );
}

#[test]
fn restarted_candidate_that_is_the_sole_voter_leads_its_epoch() {
    let promised = QuorumState { epoch: 4, leader_id: None, voted: Some(key(1)), data_version: 0, voters: vec![1] };
    let mut script = Script::start(options(&[1]), Some(promised), &log(3, 1));
    assert_eq!(script.lines()[..2], ["persist e4 leader 1 voted -", "append leader-change 1 at 3 e4"]);
}

#[test]
fn majority_of_pre_votes_then_of_votes_makes_a_leader() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    assert_eq!(script.next_timer(), ["send pre-vote e0 to 2", "send pre-vote e0 to 3"]);
    assert_eq!(script.quorum.role(), RoleName::Prospective);
    assert_eq!(
        script.answer_vote(2, true, hint(0, None)),
        ["persist e1 leader - voted 1", "send vote e1 to 2", "send vote e1 to 3", "leader of e1 is -"]
    );
    assert_eq!(
        script.answer_vote(3, true, hint(1, None)),
        [
            "persist e1 leader 1 voted -",
            "append leader-change 1 at 0 e1",
            "leads e1 from 0",
            "send begin e1 to 2",
            "send begin e1 to 3",
            "sync 1 e1",
            "leader of e1 is 1",
        ]
    );
}

#[test]
fn vote_is_durable_before_it_is_given_and_given_once() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    let first = script.vote(2, 5, (0, 0), false);
    assert_eq!(first[..2], ["persist e5 leader - voted 2", "answer vote granted (e5 leader -)"]);
    assert_eq!(script.vote(3, 5, (4, 9), false)[0], "answer vote rejected (e5 leader -)");
    assert_eq!(script.vote(2, 5, (0, 0), false)[0], "answer vote granted (e5 leader -)");
    assert_eq!(script.vote(3, 4, (0, 0), false)[0], "answer vote FENCED_LEADER_EPOCH (e5 leader -)");
}

#[test]
fn vote_survives_a_restart() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.vote(2, 5, (0, 0), false);
    let mut again = Script::start(options(&[1, 2, 3]), script.stored, &LogFacts::default());
    again.lines();
    assert_eq!(again.vote(3, 5, (4, 9), false)[0], "answer vote rejected (e5 leader -)");
    assert_eq!(again.vote(2, 5, (0, 0), false)[0], "answer vote granted (e5 leader -)");
}

#[test]
fn candidate_with_an_older_log_gets_no_vote() {
    let mut script = Script::start(options(&[1, 2, 3]), stored(3, None, None), &log(10, 3));
    script.lines();
    assert!(script.vote(2, 4, (3, 9), false).contains(&"answer vote rejected (e4 leader -)".to_owned()));
    assert!(script.vote(2, 5, (2, 50), false).contains(&"answer vote rejected (e5 leader -)".to_owned()));
    assert!(script.vote(2, 6, (3, 10), false).contains(&"answer vote granted (e6 leader -)".to_owned()));
}

#[test]
fn vote_meant_for_another_disk_is_refused() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    let request = quorum::message::VoteRequest {
        cluster_id: None,
        voter: Some(key(9)),
        candidate: key(2),
        epoch: 5,
        last_epoch: 0,
        end_offset: 0,
        pre_vote: false,
    };
    let lines = script.ask(Request::Vote(request));
    assert!(lines.contains(&"answer vote INVALID_VOTER_KEY (e5 leader -)".to_owned()), "{lines:?}");
    assert_eq!(script.quorum.epoch(), 5, "the epoch is believed all the same");
}

#[test]
fn impossible_vote_is_refused_at_the_top_level() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    assert_eq!(script.vote(2, 5, (5, 0), false)[0], "refuse INVALID_REQUEST");
    assert_eq!(script.vote(2, 5, (6, 0), true)[0], "refuse INVALID_REQUEST");
    assert_eq!(script.vote(2, 5, (0, -1), false)[0], "refuse INVALID_REQUEST");
    assert_eq!(script.vote(-1, 5, (0, 0), false)[0], "refuse INVALID_REQUEST");
    assert_eq!(script.vote(1, 5, (0, 0), false)[0], "refuse INVALID_REQUEST", "nobody else has this id");
    assert_eq!(script.quorum.epoch(), 0);
}

#[test]
fn other_cluster_is_refused() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    let mut request = script::fetch(2, 0, 0, 0);
    request.cluster_id = Some(Str::from("another"));
    assert_eq!(script.ask(Request::Fetch(request))[0], "refuse INCONSISTENT_CLUSTER_ID");
}

#[test]
fn follower_with_a_working_leader_grants_no_pre_vote() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    assert_eq!(script.vote(3, 1, (0, 0), true)[0], "answer vote granted (e1 leader 2)", "nothing fetched yet");
    script.answer(2, Ok(quorum::message::Response::Fetch(fetched(2, 1, Some(0)))));
    assert_eq!(script.vote(3, 1, (0, 0), true)[0], "answer vote rejected (e1 leader 2)");
    assert_eq!(script.vote(3, 1, (0, 0), false)[0], "answer vote rejected (e1 leader 2)");
}

#[test]
fn follower_without_a_leader_asks_for_pre_votes_and_keeps_its_epoch() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    script.lines();
    let lines = script.pass(2_000);
    assert!(lines.contains(&"send pre-vote e1 to 2".to_owned()), "{lines:?}");
    assert_eq!(script.quorum.role(), RoleName::Prospective);
    script.answer_vote(2, false, hint(1, Some(2)));
    script.answer_vote(3, false, hint(1, Some(2)));
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Follower, 1), "R14");
}

#[test]
fn prospective_that_hears_nothing_never_raises_its_epoch() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.pass(60_000);
    assert_eq!(script.quorum.epoch(), 0, "R14");
}

#[test]
fn pre_vote_unknown_to_a_voter_is_left_out() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.next_timer();
    script.answer(2, Err(ErrorCode::UnsupportedVersion));
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Candidate, 1));
}

#[test]
fn lost_candidate_waits_its_timeout_out() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.next_timer();
    script.answer_vote(2, true, hint(0, None));
    script.answer_vote(2, false, hint(1, None));
    assert_eq!(script.answer_vote(3, false, hint(1, None)), Vec::<String>::new());
    assert_eq!(script.quorum.role(), RoleName::Candidate);
    script.pass(2_000);
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Prospective, 1));
}

#[test]
fn higher_epoch_with_a_leader_is_followed() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.elect();
    script.lines();
    let lines = script.begin(3, 9);
    assert_eq!(
        lines,
        ["persist e9 leader 3 voted -", "lost e1", "answer begin NONE (e9 leader 3)", "sync 1 e9", "leader of e9 is 3",],
        "the log's tail is made durable before the first fetch"
    );
    assert_eq!(script.synced(1), ["send fetch e9 1/1 to 3"]);
}

#[test]
fn restarted_leader_is_resigned_and_votes_for_nobody_in_its_epoch() {
    let mut script = Script::start(options(&[1, 2, 3]), stored(3, Some(1), None), &log(10, 3));
    assert_eq!(script.lines(), ["send end e3 to 2", "send end e3 to 3", "leader of e3 is 1"]);
    assert_eq!(script.vote(2, 3, (2, 50), false)[0], "answer vote rejected (e3 leader 1)");
    let lines = script.pass(2_000);
    assert_eq!(lines[0], "persist e4 leader - voted -");
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Prospective, 4));
}

#[test]
fn restarted_follower_follows_and_restarted_candidate_stands_again() {
    let follower = Script::start(options(&[1, 2, 3]), stored(3, Some(2), None), &log(10, 3));
    assert_eq!(follower.quorum.role(), RoleName::Follower);
    let mut candidate = Script::start(options(&[1, 2, 3]), stored(4, None, Some(1)), &log(10, 3));
    assert_eq!(candidate.quorum.role(), RoleName::Candidate);
    assert_eq!(candidate.lines(), ["send vote e4 to 2", "send vote e4 to 3", "leader of e4 is -"]);
}

#[test]
fn log_ahead_of_the_promises_makes_them_void() {
    let mut script = Script::start(options(&[1, 2, 3]), stored(2, Some(1), None), &log(10, 3));
    assert_eq!(script.lines()[0], "persist e3 leader - voted -");
    assert_eq!(script.quorum.role(), RoleName::Unattached);
}

#[test]
fn leader_without_a_majority_resigns_and_moves_on() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.elect();
    script.fetch(2, 1, 1, 1);
    let lines = script.pass(2_999);
    assert!(!lines.iter().any(|line| line.starts_with("lost")), "{lines:?}");
    let lines = script.pass(1);
    let resigned = lines.iter().position(|line| line == "lost e1").expect("resigned");
    assert!(lines[..resigned].iter().any(|line| line.starts_with("alarm: resigning")), "{lines:?}");
    assert!(lines.contains(&"send end e1 to 2".to_owned()), "{lines:?}");
    assert_eq!((script.quorum.role(), script.quorum.append_epoch()), (RoleName::Resigned, None));
    script.pass(2_000);
    assert_eq!(script.quorum.epoch(), 2);
}

#[test]
fn first_successor_of_a_resigned_leader_does_not_wait() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    let end = |successors: &[i32]| {
        Request::EndQuorumEpoch(EndQuorumEpochRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            leader_id: 2,
            epoch: 1,
            preferred_candidates: successors.iter().map(|&id| key(id)).collect(),
            endpoints: endpoints(2),
        })
    };
    assert_eq!(script.ask(end(&[3, 1]))[0], "answer end NONE (e1 leader 2)");
    assert_eq!(script.quorum.role(), RoleName::Follower);
    let lines = script.ask(end(&[1, 3]));
    assert_eq!(lines[0], "answer end NONE (e1 leader 2)");
    assert_eq!(script.quorum.role(), RoleName::Prospective);
}

#[test]
fn two_leaders_of_one_epoch_are_reported_and_the_first_is_kept() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    let lines = script.begin(3, 1);
    assert!(lines[0].starts_with("alarm: node 3 says that 3 leads epoch 1"), "{lines:?}");
    assert_eq!(lines[1], "refuse INVALID_REQUEST");
    assert_eq!(script.quorum.leader_id(), Some(2));
}

#[test]
fn nobody_is_told_that_it_leads() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.next_timer();
    let lines = script.answer_vote(2, false, hint(7, Some(1)));
    assert!(lines[0].starts_with("alarm: node 2 says that 1 leads epoch 7"), "{lines:?}");
    assert_eq!(script.quorum.epoch(), 0);
}

#[test]
fn last_epoch_of_all_is_no_panic() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.vote(2, i32::MAX, (0, 0), true);
    assert_eq!(script.quorum.epoch(), i32::MAX);
    let mut alarmed = false;
    for _ in 0..20 {
        script.next_timer();
        if script.quorum.role() == RoleName::Prospective {
            let lines = script.answer_vote(2, true, hint(i32::MAX, None));
            alarmed |= lines.contains(&format!("alarm: {}", Alarm::EpochsExhausted(i32::MAX)));
        }
    }
    assert!(alarmed);
}

#[test]
fn shut_down_leader_hands_over_and_stays_to_be_asked() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.elect();
    script.fetch(3, 1, 1, 1);
    let lines = script.step(Input::Shutdown);
    assert!(lines.contains(&"lost e1".to_owned()) && lines.contains(&"send end e1 to 3".to_owned()), "{lines:?}");
    assert!(!script.quorum.may_stop());
    script.pass(10_000);
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Resigned, 1));
    assert_eq!(script.vote(3, 1, (1, 1), true)[0], "answer vote granted (e1 leader 1)");
    script.begin(3, 2);
    assert!(script.quorum.may_stop());
}

#[test]
fn unexpected_answer_is_no_panic() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.next_timer();
    let wrong = quorum::message::Response::Fetch(fetched(2, 0, None));
    let lines = script.answer(2, Ok(wrong));
    assert_eq!(lines[0], format!("alarm: {}", Alarm::UnexpectedAnswer { from: 2, error: ErrorCode::CorruptMessage }));
    assert_eq!(script.quorum.role(), RoleName::Prospective);
}
