//! KRaft, the metadata quorum, as a `Machine`: who leads, what is committed, who votes.
//!
//! The protocol is Raft with pull: followers fetch, and the offset of a fetch acknowledges everything below it (KIP-595), with
//! pre-votes (KIP-996), voters that change (KIP-853) and snapshots (KIP-630). It speaks to Apache Kafka's controllers as one
//! of them. The machine does nothing itself: `io.rs` says what it is told and what it wants done.
//!
//! What holds at any time, by the names the tests use:
//!
//! | | |
//! |---|---|
//! | R1 | an epoch has at most one leader |
//! | R2, R3 | a replica's epoch never falls, and it votes once in an epoch, over restarts |
//! | R4, R5 | logs that agree on an offset and its epoch agree below; a leader's log holds everything committed |
//! | R6, R7 | what is committed is never lost or changed; the high watermark never falls and is durable at a majority |
//! | R8 | nothing is committed in an epoch before its first record |
//! | R9 | voters change one at a time |
//! | R12 | every replica learns of the same committed records in the same order |
//! | R13 | nothing is sent that stops Apache Kafka's node |
//! | R14 | asking for votes never raises an epoch; a replica that was cut off does not depose a healthy leader |
//! | R15 | when a majority is well, somebody leads |

mod batches;
mod checkpoint;
mod connections;
mod control;
mod endpoints;
mod io;
mod leadership;
mod log_view;
mod membership;
pub mod message;
mod options;
mod persist;
mod quorum;
mod random;
mod replica;
mod role;
mod state;
mod transition;
mod voters;
mod votes;

pub use batches::{BatchFacts, Batches};
pub use checkpoint::{
    CheckpointName, DELETED_SUFFIX, Framing, InvalidCheckpoint, PARTIAL_SUFFIX, Part, SUFFIX, SnapshotId, Stage,
};
pub use control::{ControlRecord, InvalidControlRecord, LeaderChange};
pub use endpoints::{Destination, Endpoint, Endpoints, MAX_ENDPOINTS};
pub use io::{Alarm, Input, Output};
pub use log_view::{EpochEnd, EpochStart, LogFacts, SnapshotFacts};
pub use options::{CAUGHT_UP_WITHIN_MS, MAX_OBSERVERS, MAX_WAITING_FETCHES, OBSERVER_SESSION_MS, QuorumOptions};
pub use quorum::Quorum;
pub use replica::ReplicaKey;
pub use role::RoleName;
pub use state::{InvalidQuorumState, MAX_QUORUM_STATE_BYTES, QUORUM_STATE_FILE, QuorumState};
pub use voters::{InvalidVoters, MAX_VOTERS, VersionRange, Voter, VoterSet, parse_bootstrap_servers};
