//! What can happen to a replica of the quorum, and what it wants done.
//!
//! The driver carries outputs out in order, all of them before the next step. `Persist` is durable before anything behind it
//! is carried out; if it fails, the node stops. `AppendControl`, `Append` and `Truncate` change the log when they are carried
//! out; `Sync` only begins something whose end `LogSynced` reports.

use bytes::Bytes;
use machine::Ticket;
use types::{ErrorCode, LeaderEpoch, NodeId, Offset, Str};

use crate::batches::Batches;
use crate::checkpoint::SnapshotId;
use crate::control::ControlRecord;
use crate::endpoints::Destination;
use crate::log_view::SnapshotFacts;
use crate::message::{Request, Response};
use crate::state::QuorumState;
use crate::voters::VoterSet;

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time has passed: due at `deadline()`, harmless when early.
    Tick,
    /// A peer or an administrator asks.
    Request {
        /// Answers carry it.
        ticket: Ticket,
        /// The listener the request came through: endpoints in the answer are those of that listener.
        listener: Str,
        /// The question.
        request: Request,
    },
    /// A peer answered, or did not.
    Response {
        /// The `Destination::id` the request was sent to.
        from: NodeId,
        /// The number the request was sent with.
        correlation: u64,
        /// The answer, or its top-level error: `BROKER_NOT_AVAILABLE` when the peer could not be reached,
        /// `UNSUPPORTED_VERSION` when it does not know the request.
        reply: Result<Response, ErrorCode>,
    },
    /// The driver appended records of its own at the end of the log, in the epoch `append_epoch()` said.
    Appended {
        /// The epoch of the records.
        epoch: LeaderEpoch,
        /// The end of the log behind them.
        end_offset: Offset,
    },
    /// The log is durable as `Output::Sync` asked; both values are those of that output.
    LogSynced {
        /// The end that was asked for.
        end_offset: Offset,
        /// The epoch in which it was asked for.
        epoch: LeaderEpoch,
    },
    /// This node wrote a snapshot of its own.
    SnapshotStored(SnapshotFacts),
    /// The log was shortened at its start, to the end of a snapshot; older snapshots are gone.
    LogStartAdvanced {
        /// Where it starts now.
        start_offset: Offset,
    },
    /// The snapshot of `Output::InstallSnapshot` is in place and the log starts at its end.
    SnapshotInstalled {
        /// Which one.
        snapshot: SnapshotFacts,
        /// The level of kraft.version in it; 0 if it has none.
        kraft_version: i16,
        /// The voters in it.
        voters: Option<VoterSet>,
    },
    /// The snapshot of `Output::InstallSnapshot` is not valid; the log is as it was.
    SnapshotRejected {
        /// Which one.
        id: SnapshotId,
    },
    /// An administrator raises kraft.version from 0 to 1.
    UpgradeKRaftVersion {
        /// The answer carries it.
        ticket: Ticket,
        /// The level wanted.
        level: i16,
        /// Only say whether it would be possible.
        validate_only: bool,
    },
    /// The controller gives the leadership of this epoch up.
    Resign {
        /// The epoch.
        epoch: LeaderEpoch,
    },
    /// The node is to be stopped: leadership is handed over, nothing new begins. `may_stop()` says when that is done.
    Shutdown,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Write `quorum-state`, durably, before anything that follows.
    Persist(QuorumState),
    /// Append one control batch at the end of the log.
    AppendControl {
        /// The end of the log, where the first record stands.
        base_offset: Offset,
        /// The batch's partition leader epoch.
        epoch: LeaderEpoch,
        /// The records.
        records: Vec<ControlRecord>,
    },
    /// Append fetched batches as they are.
    Append(Batches),
    /// Cut the log so that it ends here.
    Truncate {
        /// The new end.
        end_offset: Offset,
    },
    /// Begin to make the log durable up to here and report `LogSynced` with the same values.
    Sync {
        /// The end of the log.
        end_offset: Offset,
        /// The epoch of now.
        epoch: LeaderEpoch,
    },
    /// Send a request. The answer, or the failure, comes back as `Input::Response` with the same number.
    Send {
        /// The number.
        correlation: u64,
        /// Whom to.
        to: Destination,
        /// What.
        request: Request,
    },
    /// Answer a request; the error is one of the top level.
    Respond {
        /// Which one.
        ticket: Ticket,
        /// The answer.
        response: Result<Response, ErrorCode>,
    },
    /// Everything below is committed. Never goes back.
    Commit {
        /// The high watermark.
        high_watermark: Offset,
    },
    /// This replica leads. The controller may decide once it has applied everything up to `epoch_start_offset`, which the
    /// first `Commit` above that offset allows.
    BecameLeader {
        /// The epoch.
        epoch: LeaderEpoch,
        /// Where the epoch's first record stands.
        epoch_start_offset: Offset,
    },
    /// This replica leads no longer: what the controller decided and is not committed may or may not survive.
    LostLeadership {
        /// The epoch that was led.
        epoch: LeaderEpoch,
    },
    /// What is known of the leadership changed.
    LeaderChanged {
        /// The epoch.
        epoch: LeaderEpoch,
        /// Its leader.
        leader_id: Option<NodeId>,
    },
    /// Make a partial file for a snapshot that is to be downloaded, in place of any earlier one of that name.
    BeginSnapshot(SnapshotId),
    /// Append a piece to the partial file.
    AppendSnapshot {
        /// Which snapshot.
        id: SnapshotId,
        /// Where the piece belongs: the file's length so far.
        position: i64,
        /// The piece.
        bytes: Bytes,
    },
    /// The download is complete: sync and rename the file, check its content, replace the log by it, and report
    /// `SnapshotInstalled` or `SnapshotRejected`.
    InstallSnapshot(SnapshotId),
    /// Delete the partial file.
    AbandonSnapshot(SnapshotId),
    /// Something that must not happen happened; the replica went on without it.
    Alarm(Alarm),
}

/// What an operator should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// A peer names a leader that contradicts what is known of the same epoch.
    #[error("node {from} says that {named} leads epoch {epoch}, but {known:?} does")]
    InconsistentLeader {
        /// Who says so.
        from: NodeId,
        /// The leader it names.
        named: NodeId,
        /// The epoch.
        epoch: LeaderEpoch,
        /// The leader that is known.
        known: Option<NodeId>,
    },
    /// The leader wants committed records to be cut off.
    #[error("the leader wants the log cut at {end_offset}, below the high watermark {high_watermark}")]
    TruncationBelowHighWatermark {
        /// Where the cut would be.
        end_offset: Offset,
        /// What is committed.
        high_watermark: Offset,
    },
    /// The leader says that the logs differ, but nothing could be cut off.
    #[error("the leader says that the logs diverge, but names no place to cut")]
    FruitlessDivergence,
    /// Fetched batches do not continue the log.
    #[error("fetched records do not continue the log at {end_offset}")]
    InvalidRecords {
        /// Where the log ends.
        end_offset: Offset,
    },
    /// A snapshot that is offered or sent makes no sense.
    #[error("snapshot {0} does not fit")]
    InvalidSnapshot(SnapshotId),
    /// An answer that does not belong to its question, or with an error that it never has.
    #[error("node {from} answered with {error}")]
    UnexpectedAnswer {
        /// Who answered.
        from: NodeId,
        /// The error; `CORRUPT_MESSAGE` for an answer of another kind.
        error: ErrorCode,
    },
    /// The last epoch there is has been reached.
    #[error("no epoch follows {0}")]
    EpochsExhausted(LeaderEpoch),
    /// The majority of the voters did not fetch.
    #[error("resigning from epoch {0}: most voters did not fetch in time")]
    QuorumLost(LeaderEpoch),
}
