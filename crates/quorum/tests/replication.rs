//! What is fetched, acknowledged, committed and cut off, as golden scripts.

mod script;

use bytes::Bytes;
use quorum::message::{
    BeginQuorumEpochRequest, FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse, FetchedRecords, Request,
    Response, SnapshotBytes,
};
use quorum::{
    Alarm, Endpoints, EpochEnd, EpochStart, Input, LogFacts, QuorumState, RoleName, SnapshotFacts, SnapshotId,
};
use script::{CLUSTER, Script, batch, endpoints, fetch, fetched, hint, key, options};
use types::{ErrorCode, Offset, Str};

/// A leader of epoch 1 with voters 1, 2, 3 and a durable log that ends at 1.
fn leader() -> Script {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.elect();
    script.synced(1);
    script.lines();
    script
}

/// A follower of node 2 in epoch 1 that has fetched `end_offset` records of epoch 1, durable, `committed` of them committed.
fn follower(end_offset: Offset, committed: Offset) -> Script {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    let records = batch(0, end_offset, 1, Vec::new());
    answer(&mut script, FetchResponse { records, ..fetched(2, 1, Some(committed)) });
    script.synced(end_offset);
    script.lines();
    script
}

fn answer(script: &mut Script, response: FetchResponse) -> Vec<String> {
    script.answer(2, Ok(Response::Fetch(response)))
}

#[test]
fn fetch_acknowledges_and_a_majority_commits() {
    let mut script = leader();
    assert_eq!(script.fetch(2, 1, 0, 0), ["answer fetch from 0 hw -"]);
    assert_eq!(script.fetch(2, 1, 1, 1), ["commit 1", "answer fetch nothing hw 1"]);
    assert_eq!(script.step(Input::Appended { epoch: 1, end_offset: 4 }), ["sync 4 e1"]);
    assert_eq!(script.fetch(2, 1, 1, 1), ["answer fetch from 1 hw 1"]);
    let mut third = fetch(3, 1, 4, 1);
    third.high_watermark = 1;
    let lines = script.ask(Request::Fetch(third));
    assert_eq!(lines, Vec::<String>::new(), "one follower and no durable leader are no majority");
    assert_eq!(script.synced(4), ["commit 4", "answer fetch nothing hw 4"]);
}

#[test]
fn older_records_are_not_committed_before_the_epochs_first() {
    let log = LogFacts {
        end_offset: 10,
        synced_end_offset: 10,
        epochs: vec![EpochStart { epoch: 1, start_offset: 0 }],
        ..LogFacts::default()
    };
    let stored = QuorumState { epoch: 1, leader_id: None, voted: None, data_version: 0, voters: vec![1, 2, 3] };
    let mut script = Script::start(options(&[1, 2, 3]), Some(stored), &log);
    script.elect();
    script.synced(11);
    script.lines();
    script.fetch(2, 2, 10, 1);
    assert_eq!(script.quorum.high_watermark(), None, "R8");
    assert_eq!(script.fetch(2, 2, 11, 2)[0], "commit 11");
}

#[test]
fn held_fetch_is_answered_when_records_come_and_when_its_time_is_up() {
    let mut script = leader();
    let mut patient = fetch(3, 1, 1, 1);
    patient.high_watermark = 1;
    script.fetch(2, 1, 1, 1);
    assert_eq!(script.ask(Request::Fetch(patient.clone())), Vec::<String>::new());
    let lines = script.step(Input::Appended { epoch: 1, end_offset: 2 });
    assert_eq!(lines, ["answer fetch from 1 hw 1", "sync 2 e1"]);
    patient.fetch_offset = 2;
    assert_eq!(script.ask(Request::Fetch(patient)), Vec::<String>::new());
    let lines = script.pass(500);
    assert!(lines.contains(&"answer fetch nothing hw 1".to_owned()), "{lines:?}");
}

#[test]
fn follower_with_a_lower_high_watermark_is_answered_at_once() {
    let mut script = leader();
    script.fetch(2, 1, 1, 1);
    let mut behind = fetch(3, 1, 1, 1);
    behind.high_watermark = 0;
    assert_eq!(script.ask(Request::Fetch(behind.clone())), ["answer fetch nothing hw 1"]);
    behind.high_watermark = Offset::MAX;
    assert_eq!(script.ask(Request::Fetch(behind)), Vec::<String>::new(), "versions before 18 wait");
}

#[test]
fn held_fetches_are_refused_when_leadership_is_lost() {
    let mut script = leader();
    script.fetch(2, 1, 1, 1);
    let mut patient = fetch(3, 1, 1, 1);
    patient.high_watermark = 1;
    script.ask(Request::Fetch(patient));
    let lines = script.begin(3, 2);
    assert_eq!(
        lines[..3],
        ["persist e2 leader 3 voted -", "lost e1", "answer fetch NOT_LEADER_OR_FOLLOWER (e2 leader 3)"]
    );
}

#[test]
fn fetch_of_another_epoch_or_of_nonsense_is_refused() {
    let mut script = leader();
    assert_eq!(script.fetch(2, 0, 0, 0), ["answer fetch FENCED_LEADER_EPOCH (e1 leader 1)"]);
    assert_eq!(script.fetch(2, 2, 0, 0), ["answer fetch UNKNOWN_LEADER_EPOCH (e1 leader 1)"]);
    assert_eq!(script.fetch(2, 1, -1, 0), ["refuse INVALID_REQUEST"]);
    assert_eq!(script.fetch(2, 1, 0, 2), ["refuse INVALID_REQUEST"]);
    assert_eq!(script.fetch(1, 1, 0, 0), ["answer fetch UNKNOWN_SERVER_ERROR (e1 leader 1)"], "its own id");
    let mut follower = Script::fresh(&[1, 2, 3]);
    follower.begin(2, 1);
    assert_eq!(follower.fetch(3, 1, 0, 0)[0], "answer fetch NOT_LEADER_OR_FOLLOWER (e1 leader 2)");
}

#[test]
fn fetch_without_a_replica_does_not_count() {
    let mut script = leader();
    let mut reader = fetch(2, 1, 1, 1);
    reader.replica.id = -1;
    reader.max_wait_ms = 0;
    assert_eq!(script.ask(Request::Fetch(reader)), ["answer fetch nothing hw -"]);
}

#[test]
fn leaders_log_end_going_back_at_a_follower_is_survived() {
    let mut script = leader();
    script.step(Input::Appended { epoch: 1, end_offset: 4 });
    script.fetch(2, 1, 3, 1);
    script.fetch(2, 1, 1, 1);
    script.synced(4);
    assert_eq!(script.quorum.high_watermark(), Some(1), "never back");
    script.fetch(2, 1, 4, 1);
    assert_eq!(script.quorum.high_watermark(), Some(4));
}

#[test]
fn diverging_fetch_is_told_where_to_cut() {
    let mut script = leader();
    assert_eq!(script.fetch(2, 1, 1, 0), ["answer fetch diverging 0/0"]);
    assert_eq!(script.fetch(2, 1, 9, 1), ["answer fetch diverging 1/1"]);
}

#[test]
fn follower_fetches_on_only_when_its_log_is_durable() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    let lines = answer(&mut script, FetchResponse { records: batch(0, 3, 1, Vec::new()), ..fetched(2, 1, Some(2)) });
    assert_eq!(lines, ["append fetched up to 2", "commit 2", "sync 3 e1"]);
    assert_eq!(script.synced(3), ["send fetch e1 3/1 to 2"]);
}

#[test]
fn plain_broker_does_not_sync() {
    let mut options = options(&[2, 3]);
    options.can_become_voter = false;
    let mut script = Script::start(options, None, &LogFacts::default());
    script.begin(2, 1);
    let lines = answer(&mut script, FetchResponse { records: batch(0, 3, 1, Vec::new()), ..fetched(2, 1, Some(3)) });
    assert_eq!(lines, ["append fetched up to 2", "commit 3", "send fetch e1 3/1 to 2"]);
    script.pass(60_000);
    assert_eq!((script.quorum.role(), script.quorum.epoch()), (RoleName::Follower, 1), "an observer never stands");
}

#[test]
fn report_of_durability_of_an_earlier_epoch_counts_for_nothing() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 1);
    answer(&mut script, FetchResponse { records: batch(0, 3, 1, Vec::new()), ..fetched(2, 1, None) });
    script.begin(3, 2);
    assert_eq!(script.step(Input::LogSynced { end_offset: 3, epoch: 1 }), Vec::<String>::new());
    assert_eq!(script.synced(3), ["send fetch e2 3/1 to 3"]);
}

#[test]
fn records_that_do_not_continue_the_log_are_dropped() {
    for records in [batch(4, 5, 1, Vec::new()), batch(2, 5, 1, Vec::new()), batch(3, 5, 2, Vec::new())] {
        let mut script = follower(3, 3);
        let lines = answer(&mut script, FetchResponse { records, ..fetched(2, 1, Some(5)) });
        assert_eq!(lines[0], format!("alarm: {}", Alarm::InvalidRecords { end_offset: 3 }));
        assert_eq!((script.quorum.log_end_offset(), script.quorum.high_watermark()), (3, Some(3)));
    }
}

#[test]
fn diverging_log_is_cut_but_never_below_what_is_committed() {
    let mut script = follower(10, 4);
    script.begin(3, 2);
    script.lines();
    let cut =
        |end_offset, epoch| FetchResponse { diverging: Some(EpochEnd { epoch, end_offset }), ..fetched(3, 2, None) };
    let lines = script.answer(3, Ok(Response::Fetch(cut(7, 1))));
    assert_eq!(lines, ["truncate to 7", "send fetch e2 7/1 to 3"]);
    let lines = script.answer(3, Ok(Response::Fetch(cut(3, 1))));
    let alarm = Alarm::TruncationBelowHighWatermark { end_offset: 3, high_watermark: 4 };
    assert_eq!(lines[0], format!("alarm: {alarm}"));
    assert_eq!(script.quorum.log_end_offset(), 7, "R6");
}

#[test]
fn divergence_that_cuts_nothing_is_reported() {
    let mut script = follower(10, 4);
    let response = FetchResponse { diverging: Some(EpochEnd { epoch: 1, end_offset: 12 }), ..fetched(2, 1, None) };
    let lines = answer(&mut script, response);
    assert_eq!(lines[0], format!("alarm: {}", Alarm::FruitlessDivergence));
}

#[test]
fn silent_leader_is_looked_for_among_the_others() {
    let mut options = options(&[2, 3]);
    options.can_become_voter = false;
    let mut script = Script::start(options, None, &LogFacts::default());
    script.begin(2, 1);
    script.lines();
    script.answer(2, Err(ErrorCode::BrokerNotAvailable));
    assert_eq!(script.quorum.leader_id(), Some(2));
    let moved = FetchResponse { error: ErrorCode::FencedLeaderEpoch, ..fetched(3, 2, None) };
    script.answer(3, Ok(Response::Fetch(moved)));
    assert_eq!((script.quorum.epoch(), script.quorum.leader_id()), (2, Some(3)));
}

#[test]
fn observer_finds_leader_and_records_in_one_answer() {
    let mut options = options(&[2]);
    options.can_become_voter = false;
    let mut script = Script::start(options, None, &LogFacts::default());
    script.lines();
    let nobody = FetchResponse { error: ErrorCode::FencedLeaderEpoch, leader: hint(4, None), ..fetched(2, 4, None) };
    let lines = answer(&mut script, nobody);
    assert_eq!(lines[..2], ["persist e4 leader - voted -", "send fetch e4 0/0 to 2"]);
    let lines = answer(&mut script, FetchResponse { records: batch(0, 2, 4, Vec::new()), ..fetched(2, 4, Some(2)) });
    assert_eq!(
        lines,
        [
            "persist e4 leader 2 voted -",
            "append fetched up to 1",
            "commit 2",
            "send fetch e4 2/4 to 2",
            "leader of e4 is 2",
        ]
    );
}

#[test]
fn leader_without_address_is_remembered_and_looked_for() {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.lines();
    let mut request = BeginQuorumEpochRequest {
        cluster_id: None,
        voter: None,
        leader_id: 7,
        epoch: 3,
        endpoints: Endpoints::default(),
    };
    let lines = script.ask(Request::BeginQuorumEpoch(request.clone()));
    assert_eq!(lines[..2], ["persist e3 leader 7 voted -", "answer begin NONE (e3 leader -)"]);
    assert_eq!(script.vote(2, 3, (0, 0), false)[0], "answer vote rejected (e3 leader -)", "somebody leads already");
    request.endpoints = endpoints(7);
    assert_eq!(script.ask(Request::BeginQuorumEpoch(request))[0], "answer begin NONE (e3 leader 7)");
    assert_eq!(script.quorum.role(), RoleName::Follower);
}

const SNAPSHOT: SnapshotId = SnapshotId::new(100, 3);

fn piece(position: i64, size: i64, bytes: &'static [u8]) -> FetchSnapshotResponse {
    FetchSnapshotResponse {
        error: ErrorCode::None,
        leader: hint(4, Some(2)),
        id: Some(SNAPSHOT),
        size,
        position,
        bytes: SnapshotBytes::Received(Bytes::from_static(bytes)),
    }
}

/// A follower of node 2 in epoch 4 that downloads the snapshot.
fn downloading() -> Script {
    let mut script = Script::fresh(&[1, 2, 3]);
    script.begin(2, 4);
    script.lines();
    let lines = answer(&mut script, FetchResponse { snapshot: Some(SNAPSHOT), ..fetched(2, 4, Some(120)) });
    assert_eq!(lines, ["begin snapshot 100/3", "send fetch-snapshot e4 at 0 to 2"]);
    script
}

#[test]
fn snapshot_is_downloaded_and_takes_the_logs_place() {
    let mut script = downloading();
    let lines = script.answer(2, Ok(Response::FetchSnapshot(piece(0, 5, b"abc"))));
    assert_eq!(lines, ["append snapshot at 0 +3", "send fetch-snapshot e4 at 3 to 2"]);
    let lines = script.answer(2, Ok(Response::FetchSnapshot(piece(3, 5, b"de"))));
    assert_eq!(lines, ["append snapshot at 3 +2", "install snapshot 100/3"]);
    assert!(script.pass(3_000).is_empty(), "nothing is fetched and nobody stands for election meanwhile");
    let snapshot = SnapshotFacts { id: SNAPSHOT, size_bytes: 5 };
    let lines = script.step(Input::SnapshotInstalled { snapshot, kraft_version: 0, voters: None });
    assert_eq!(lines, ["commit 100", "send fetch e4 100/3 to 2"]);
}

#[test]
fn rejected_snapshot_is_fetched_again() {
    let mut script = downloading();
    script.answer(2, Ok(Response::FetchSnapshot(piece(0, 3, b"abc"))));
    let lines = script.step(Input::SnapshotRejected { id: SNAPSHOT });
    assert_eq!(lines[0], format!("alarm: {}", Alarm::InvalidSnapshot(SNAPSHOT)));
    assert_eq!(script.quorum.log_end_offset(), 0);
    assert!(lines.iter().any(|line| line.starts_with("send fetch e4 0/0")), "{lines:?}");
}

#[test]
fn snapshot_that_is_gone_or_out_of_place_is_given_up() {
    let mut script = downloading();
    let gone =
        FetchSnapshotResponse { error: ErrorCode::SnapshotNotFound, bytes: SnapshotBytes::Nothing, ..piece(0, 0, b"") };
    let lines = script.answer(2, Ok(Response::FetchSnapshot(gone)));
    assert_eq!(lines, ["abandon snapshot 100/3", "send fetch e4 0/0 to 2"]);
    let mut script = downloading();
    assert_eq!(script.answer(2, Ok(Response::FetchSnapshot(piece(1, 5, b"bc"))))[0], "abandon snapshot 100/3");
    let mut script = downloading();
    assert_eq!(script.begin(3, 5)[..2], ["persist e5 leader 3 voted -", "abandon snapshot 100/3"]);
}

#[test]
fn snapshot_of_no_use_is_not_fetched() {
    for id in [SnapshotId::new(3, 1), SnapshotId::new(10, 1), SnapshotId::new(20, 9), SnapshotId::new(-1, 1)] {
        let mut script = follower(10, 4);
        let lines = answer(&mut script, FetchResponse { snapshot: Some(id), ..fetched(2, 1, None) });
        assert_eq!(lines[0], format!("alarm: {}", Alarm::InvalidSnapshot(id)));
    }
}

#[test]
fn leader_serves_snapshots_by_position() {
    let mut script = leader();
    script.step(Input::Appended { epoch: 1, end_offset: 50 });
    script.synced(50);
    script.fetch(2, 1, 50, 1);
    let id = SnapshotId::new(40, 1);
    script.step(Input::SnapshotStored(SnapshotFacts { id, size_bytes: 10 }));
    assert_eq!(script.fetch(3, 1, 0, 0), ["answer fetch snapshot 40/1"], "faster than the whole log");
    let request = |id, position| {
        Request::FetchSnapshot(FetchSnapshotRequest {
            cluster_id: Some(Str::from(CLUSTER)),
            replica: key(3),
            epoch: 1,
            id,
            position,
            max_bytes: 4,
        })
    };
    assert_eq!(script.ask(request(id, 4)), ["answer fetch-snapshot NONE at 4 of 10"]);
    assert_eq!(script.ask(request(id, 10)), ["answer fetch-snapshot POSITION_OUT_OF_RANGE at 0 of 0"]);
    assert_eq!(script.ask(request(id, -1)), ["answer fetch-snapshot POSITION_OUT_OF_RANGE at 0 of 0"]);
    let other = SnapshotId::new(41, 1);
    assert_eq!(script.ask(request(other, 0)), ["answer fetch-snapshot SNAPSHOT_NOT_FOUND at 0 of 0"]);
    let bootstrap = SnapshotId::BOOTSTRAP;
    assert_eq!(script.ask(request(bootstrap, 0)), ["answer fetch-snapshot SNAPSHOT_NOT_FOUND at 0 of 0"]);
    script.step(Input::LogStartAdvanced { start_offset: 40 });
    assert_eq!(script.fetch(3, 1, 20, 1), ["answer fetch snapshot 40/1"]);
    assert_eq!(script.fetch(3, 1, 40, 1), ["answer fetch from 40 hw 50"]);
}

#[test]
fn downloads_count_for_the_quorum() {
    let mut script = leader();
    script.step(Input::SnapshotStored(SnapshotFacts { id: SnapshotId::new(1, 1), size_bytes: 10 }));
    for _ in 0..5 {
        script.pass(2_000);
        script.ask(Request::FetchSnapshot(FetchSnapshotRequest {
            cluster_id: None,
            replica: key(2),
            epoch: 1,
            id: SnapshotId::new(1, 1),
            position: 0,
            max_bytes: 4,
        }));
    }
    assert_eq!(script.quorum.role(), RoleName::Leader);
}

#[test]
fn records_of_an_answer_are_nothing_while_they_are_to_be_read() {
    let mut script = follower(3, 3);
    let records = FetchedRecords::ReadFrom { offset: 3, max_bytes: 10 };
    answer(&mut script, FetchResponse { records, ..fetched(2, 1, Some(3)) });
    assert_eq!(script.quorum.log_end_offset(), 3);
}
