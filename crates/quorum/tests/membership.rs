//! Voters that come, go and move, as golden scripts.

mod script;

use quorum::message::{
    AddVoterRequest, ApiVersionsResponse, BeginQuorumEpochResponse, RemoveVoterRequest, Request, Response,
    UpdateVoterRequest, UpdateVoterResponse,
};
use quorum::{
    ControlRecord, Endpoints, EpochStart, Input, LogFacts, QuorumOptions, QuorumState, RoleName, VersionRange, Voter,
    VoterSet,
};
use script::{LISTENER, Script, batch, endpoints, fetch, fetched, hint, key, options};
use types::{ErrorCode, NodeId, Offset};

fn voter(id: NodeId) -> Voter {
    Voter { key: key(id), endpoints: endpoints(id), kraft_version: VersionRange::SUPPORTED }
}

fn voters(ids: &[NodeId]) -> VoterSet {
    VoterSet::new(ids.iter().map(|&id| voter(id))).expect("valid")
}

fn dynamic_options() -> QuorumOptions {
    QuorumOptions::new(script::CLUSTER, key(1), LISTENER, endpoints(1))
}

/// A formatted directory with kraft.version 1: the voters stand in the bootstrap checkpoint.
fn formatted(ids: &[NodeId]) -> LogFacts {
    LogFacts { kraft_versions: vec![(-1, 1)], voters: vec![(-1, voters(ids))], ..LogFacts::default() }
}

/// A sole voter with kraft.version 1 whose epoch is committed; an observer 2 has caught up.
fn leader() -> Script {
    let mut script = Script::start(dynamic_options(), None, &formatted(&[1]));
    script.synced(3);
    script.fetch(2, 1, 3, 1);
    script.lines();
    script
}

fn add(id: NodeId, ack_when_committed: bool) -> Request {
    Request::AddVoter(AddVoterRequest {
        cluster_id: None,
        voter: key(id),
        endpoints: endpoints(id),
        ack_when_committed,
        timeout_ms: 1_000,
    })
}

fn remove(id: NodeId) -> Request {
    Request::RemoveVoter(RemoveVoterRequest { cluster_id: None, voter: key(id) })
}

fn speaks(min: i16, max: i16) -> Result<Response, ErrorCode> {
    Ok(Response::ApiVersions(ApiVersionsResponse { kraft_version: Some(VersionRange { min, max }) }))
}

fn fetch_from(script: &mut Script, id: NodeId, offset: Offset) -> Vec<String> {
    let mut request = fetch(id, script.quorum.epoch(), offset, script.quorum.epoch());
    request.max_wait_ms = 0;
    script.ask(Request::Fetch(request))
}

#[test]
fn first_leader_copies_the_bootstrap_voters_into_the_log() {
    let mut script = Script::start(dynamic_options(), None, &formatted(&[1]));
    let lines = script.lines();
    assert_eq!(lines[1], "append leader-change 1 + kraft.version 1 + voters 1 at 0 e1");
    assert_eq!(script.stored.as_ref().map(|state| state.data_version), Some(1));
}

#[test]
fn later_leader_leaves_the_voters_as_they_are() {
    let log = LogFacts {
        end_offset: 5,
        synced_end_offset: 5,
        epochs: vec![EpochStart { epoch: 1, start_offset: 0 }],
        kraft_versions: vec![(1, 1)],
        voters: vec![(2, voters(&[1]))],
        ..LogFacts::default()
    };
    let stored = QuorumState { epoch: 1, leader_id: Some(1), voted: None, data_version: 1, voters: Vec::new() };
    let mut same = Script::start(dynamic_options(), Some(stored.clone()), &log);
    assert_eq!(same.lines()[1], "append leader-change 1 at 5 e2");
    let mut options = dynamic_options();
    options.endpoints = Endpoints::single(LISTENER, "elsewhere", 1);
    let mut moved = Script::start(options, Some(stored), &log);
    assert_eq!(moved.lines()[1], "append leader-change 1 + kraft.version 1 + voters 1 at 5 e2");
}

#[test]
fn voter_is_added_when_it_answers_and_has_caught_up() {
    let mut script = leader();
    assert_eq!(script.ask(add(2, true)), ["send api-versions to 2"]);
    assert_eq!(script.answer(2, speaks(0, 1)), ["append voters 1,2 at 3 e1", "sync 4 e1"]);
    assert_eq!(script.quorum.voters().len(), 2, "in force at once");
    assert_eq!(script.synced(4), Vec::<String>::new(), "the new majority is two");
    assert_eq!(fetch_from(&mut script, 2, 4), ["commit 4", "answer add-voter NONE", "answer fetch nothing hw 4"]);
}

#[test]
fn added_voter_may_be_told_before_the_commit() {
    let mut script = leader();
    script.ask(add(2, false));
    let lines = script.answer(2, speaks(0, 1));
    assert_eq!(lines, ["append voters 1,2 at 3 e1", "answer add-voter NONE", "sync 4 e1"]);
    assert_eq!(script.ask(remove(2)), ["answer remove-voter REQUEST_TIMED_OUT"], "one change at a time");
    script.synced(4);
    assert_eq!(fetch_from(&mut script, 2, 4)[0], "commit 4");
}

#[test]
fn voter_that_cannot_be_added_is_not() {
    let mut script = leader();
    assert_eq!(script.ask(add(1, true)), ["answer add-voter DUPLICATE_VOTER"]);
    script.ask(add(2, true));
    assert_eq!(script.answer(2, speaks(0, 0)), ["answer add-voter INVALID_REQUEST"], "no kraft.version 1");
    script.ask(add(2, true));
    let lines = script.answer(2, Err(ErrorCode::BrokerNotAvailable));
    assert_eq!(lines, ["answer add-voter REQUEST_TIMED_OUT"]);
    script.ask(add(3, true));
    assert_eq!(script.answer(3, speaks(0, 1)), ["answer add-voter REQUEST_TIMED_OUT"], "has never fetched");
    let mut nobody = add(2, true);
    if let Request::AddVoter(request) = &mut nobody {
        request.voter.directory_id = None;
    }
    assert_eq!(script.ask(nobody), ["answer add-voter INVALID_REQUEST"]);
    assert_eq!(script.quorum.voters().len(), 1);
}

#[test]
fn change_waits_for_the_epochs_first_commit() {
    let mut script = Script::start(dynamic_options(), None, &formatted(&[1]));
    script.lines();
    assert_eq!(script.ask(add(2, true)), ["answer add-voter REQUEST_TIMED_OUT"]);
    assert_eq!(script.ask(remove(1)), ["answer remove-voter REQUEST_TIMED_OUT"]);
}

#[test]
fn static_voters_do_not_change() {
    let mut script = Script::fresh(&[1]);
    script.synced(1);
    assert_eq!(script.ask(add(2, true)), ["answer add-voter UNSUPPORTED_VERSION"]);
}

#[test]
fn silent_new_voter_is_given_up_after_the_request_timeout() {
    let mut script = leader();
    script.ask(add(2, true));
    let lines = script.pass(2_000);
    assert_eq!(lines, ["answer add-voter REQUEST_TIMED_OUT"]);
    assert_eq!(script.quorum.voters().len(), 1);
}

/// The leader of voters 1, 2 and 3, which have all fetched what there is: offset 5.
fn leader_of_three() -> Script {
    let mut script = leader();
    script.ask(add(2, true));
    script.answer(2, speaks(0, 1));
    script.synced(4);
    fetch_from(&mut script, 2, 4);
    fetch_from(&mut script, 3, 4);
    script.ask(add(3, true));
    script.answer(3, speaks(0, 1));
    script.synced(5);
    fetch_from(&mut script, 2, 5);
    fetch_from(&mut script, 3, 5);
    script.lines();
    assert_eq!((script.quorum.voters().len(), script.quorum.high_watermark()), (3, Some(5)));
    script
}

#[test]
fn removed_voter_counts_no_longer() {
    let mut script = leader_of_three();
    assert_eq!(script.ask(remove(3)), ["append voters 1,2 at 5 e1", "sync 6 e1"]);
    script.synced(6);
    let lines = fetch_from(&mut script, 3, 6);
    assert_eq!(lines, ["answer fetch nothing hw 5"], "an observer commits nothing");
    let lines = fetch_from(&mut script, 2, 6);
    assert_eq!(lines[..2], ["commit 6", "answer remove-voter NONE"]);
}

#[test]
fn change_whose_request_timed_out_still_bars_the_next_until_it_is_committed() {
    let mut script = leader_of_three();
    script.ask(remove(3));
    script.synced(6);
    script.pass(1_900);
    // The leader goes on being followed, but nobody has the record that removes voter 3.
    fetch_from(&mut script, 2, 5);
    let lines = script.pass(200);
    assert!(lines.contains(&"answer remove-voter REQUEST_TIMED_OUT".to_owned()), "{lines:?}");
    assert_eq!(script.ask(remove(2)), ["answer remove-voter REQUEST_TIMED_OUT"]);
    assert_eq!(script.quorum.voters().len(), 2, "one change at a time");
    assert_eq!(fetch_from(&mut script, 2, 6)[0], "commit 6");
    assert_eq!(script.ask(remove(2)), ["append voters 1 at 6 e1", "sync 7 e1"]);
}

#[test]
fn unknown_voter_and_last_voter_are_not_removed() {
    let mut script = leader_of_three();
    assert_eq!(script.ask(remove(9)), ["answer remove-voter VOTER_NOT_FOUND"]);
    let mut script = leader();
    assert_eq!(script.ask(remove(1)), ["answer remove-voter VOTER_NOT_FOUND"]);
}

#[test]
fn leader_that_removes_itself_leads_uncounted_until_that_is_committed() {
    let mut script = leader_of_three();
    assert_eq!(script.ask(remove(1)), ["append voters 2,3 at 5 e1", "sync 6 e1"]);
    script.synced(6);
    fetch_from(&mut script, 2, 6);
    assert_eq!(script.quorum.high_watermark(), Some(5), "2 alone is no majority of 2 and 3");
    let lines = fetch_from(&mut script, 3, 6);
    assert_eq!(lines[..2], ["commit 6", "answer remove-voter NONE"]);
    assert!(lines.contains(&"lost e1".to_owned()), "{lines:?}");
    assert_eq!(script.quorum.role(), RoleName::Resigned);
}

fn update(epoch: i32, id: NodeId, endpoints: Endpoints) -> Request {
    Request::UpdateVoter(UpdateVoterRequest {
        cluster_id: None,
        epoch,
        voter: key(id),
        endpoints,
        kraft_version: VersionRange::SUPPORTED,
    })
}

#[test]
fn moved_voter_is_written_down() {
    let mut script = leader_of_three();
    let moved = Endpoints::single(LISTENER, "elsewhere", 1);
    assert_eq!(script.ask(update(1, 2, moved.clone())), ["send api-versions to 2"]);
    let lines = script.answer(2, speaks(0, 1));
    assert_eq!(lines, ["append voters 1,2,3 at 5 e1", "answer update-voter NONE (e1 leader 1)", "sync 6 e1"]);
    assert_eq!(script.quorum.voters().endpoints(2), moved);
    assert_eq!(script.ask(update(1, 3, moved)), ["answer update-voter REQUEST_TIMED_OUT (e1 leader 1)"]);
}

#[test]
fn follower_tells_every_new_leader_what_it_is_while_voters_are_static() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    script.lines();
    let lines = keep_fetching(&mut script, 4_000);
    assert!(lines.contains(&"send update-voter 1 to 2".to_owned()), "{lines:?}");
    let done = UpdateVoterResponse { error: ErrorCode::None, leader: hint(1, Some(2)) };
    script.answer(2, Ok(Response::UpdateVoter(done)));
    let lines = keep_fetching(&mut script, 10_000);
    assert!(!lines.contains(&"send update-voter 1 to 2".to_owned()), "once is enough: {lines:?}");
}

/// Lets the leader 2 answer one fetch every half second.
fn keep_fetching(script: &mut Script, ms: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..ms / 500 {
        lines.extend(script.pass(500));
        lines.extend(script.answer(2, Ok(Response::Fetch(fetched(2, 1, None)))));
    }
    lines
}

#[test]
fn upgrade_needs_all_voters_described() {
    let mut script = Script::fresh(&[1, 2]);
    script.next_timer();
    script.answer_vote(2, true, hint(0, None));
    script.answer_vote(2, true, hint(1, None));
    let begun = BeginQuorumEpochResponse { error: ErrorCode::None, leader: hint(1, Some(1)) };
    script.answer(2, Ok(Response::BeginQuorumEpoch(begun)));
    script.synced(1);
    script.fetch(2, 1, 1, 1);
    script.lines();
    let upgrade = |validate_only| Input::UpgradeKRaftVersion { ticket: 77, level: 1, validate_only };
    assert_eq!(script.step(upgrade(false)), ["refuse INVALID_UPDATE_VERSION"], "nothing known of voter 2");
    script.ask(update(1, 2, endpoints(2)));
    assert!(script.answer(2, speaks(0, 1)).contains(&"answer update-voter NONE (e1 leader 1)".to_owned()));
    assert_eq!(script.step(upgrade(true)), ["answer upgraded"]);
    let lines = script.step(upgrade(false));
    assert_eq!(lines, ["append kraft.version 1 + voters 1,2 at 1 e1", "answer upgraded", "sync 3 e1"]);
    assert_eq!((script.quorum.kraft_version(), script.quorum.voters()), (1, &voters(&[1, 2])));
}

#[test]
fn voters_in_fetched_records_count_at_once_and_no_longer_when_cut_off() {
    let mut script = Script::start(dynamic_options(), None, &formatted(&[1, 2, 3]));
    script.begin(2, 1);
    let more = vec![ControlRecord::KRaftVersion(1), ControlRecord::Voters(voters(&[1, 2, 3, 4]))];
    let fetched_more = quorum::message::FetchResponse { records: batch(0, 2, 1, more), ..fetched(2, 1, None) };
    script.answer(2, Ok(Response::Fetch(fetched_more)));
    assert_eq!(script.quorum.voters().len(), 4);
    script.synced(2);
    let cut = quorum::message::FetchResponse {
        diverging: Some(quorum::EpochEnd { epoch: 0, end_offset: 0 }),
        ..fetched(2, 1, None)
    };
    script.answer(2, Ok(Response::Fetch(cut)));
    assert_eq!((script.quorum.voters().len(), script.quorum.log_end_offset()), (3, 0));
}

#[test]
fn observer_asks_to_become_a_voter() {
    let mut options = dynamic_options();
    options.auto_join = true;
    let mut script = Script::start(options, None, &formatted(&[2]));
    script.begin(2, 1);
    script.lines();
    let lines = keep_fetching(&mut script, 4_500);
    assert!(lines.contains(&"send add-voter 1 to 2".to_owned()), "{lines:?}");
}

#[test]
fn static_options_are_of_no_account_once_the_log_has_voters() {
    let script = Script::start(options(&[7, 8, 9]), None, &formatted(&[1]));
    assert_eq!(script.quorum.role(), RoleName::Leader);
}
