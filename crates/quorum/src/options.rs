//! What a replica of the quorum is told when it starts, and the limits of what it keeps.

use types::{NodeId, Str};

use crate::endpoints::{Destination, Endpoints};
use crate::replica::ReplicaKey;
use crate::voters::{VersionRange, Voter, VoterSet};

/// The most fetches that wait at a leader; one more is answered at once.
pub const MAX_WAITING_FETCHES: usize = 10_000;
/// The most observers a leader remembers; the one that was silent longest is forgotten for a new one.
pub const MAX_OBSERVERS: usize = 10_000;
/// An observer that has not fetched for so long is forgotten.
pub const OBSERVER_SESSION_MS: i64 = 300_000;
/// A new voter must have fetched within this time to be added.
pub const CAUGHT_UP_WITHIN_MS: i64 = 3_600_000;

/// The settings of a replica. The names are those of `controller.quorum.*`.
#[derive(Clone, Debug)]
pub struct QuorumOptions {
    /// The cluster's id; a peer that names another one is refused.
    pub cluster_id: Str,
    /// Who this replica is. The directory id must be known.
    pub local: ReplicaKey,
    /// The first of `controller.listener.names`: the listener that requests are sent to.
    pub listener: Str,
    /// Where this replica listens (as advertised), the listener above among them if it can become a voter.
    pub endpoints: Endpoints,
    /// Which levels of kraft.version this replica speaks.
    pub kraft_version: VersionRange,
    /// A controller: its log is synced before it fetches on, since it may become a voter. False for a plain broker.
    pub can_become_voter: bool,
    /// A controller that is no voter asks to become one (`controller.quorum.auto.join.enable`).
    pub auto_join: bool,
    /// `controller.quorum.voters`; used while the log holds no voters.
    pub static_voters: VoterSet,
    /// `controller.quorum.bootstrap.servers`; the static voters where it is empty.
    pub bootstrap_servers: Vec<Destination>,
    /// Elections start after once to twice this time without a leader.
    pub election_timeout_ms: i64,
    /// A voter that could not fetch for this time starts an election.
    pub fetch_timeout_ms: i64,
    /// The longest wait of a voter that is not the preferred successor of a leader that resigned.
    pub election_backoff_max_ms: i64,
    /// How long an answer is waited for.
    pub request_timeout_ms: i64,
    /// How long a peer is left alone after a failure.
    pub retry_backoff_ms: i64,
    /// How long a leader may hold a fetch of this replica.
    pub fetch_max_wait_ms: i32,
    /// How much a fetch asks for.
    pub fetch_max_bytes: i32,
    /// How much of a snapshot one request asks for.
    pub fetch_snapshot_max_bytes: i32,
    /// Seeds the spread of the election timeouts: from the operating system's random source in a real node.
    pub seed: u64,
}

impl QuorumOptions {
    /// A controller with Kafka's defaults, without voters and bootstrap servers.
    pub fn new(cluster_id: impl Into<Str>, local: ReplicaKey, listener: impl Into<Str>, endpoints: Endpoints) -> Self {
        QuorumOptions {
            cluster_id: cluster_id.into(),
            local,
            listener: listener.into(),
            endpoints,
            kraft_version: VersionRange::SUPPORTED,
            can_become_voter: true,
            auto_join: false,
            static_voters: VoterSet::default(),
            bootstrap_servers: Vec::new(),
            election_timeout_ms: 1_000,
            fetch_timeout_ms: 2_000,
            election_backoff_max_ms: 1_000,
            request_timeout_ms: 2_000,
            retry_backoff_ms: 20,
            fetch_max_wait_ms: 500,
            fetch_max_bytes: 1024 * 1024,
            fetch_snapshot_max_bytes: 1024 * 1024,
            seed: 0,
        }
    }

    /// This replica's node id.
    pub fn local_id(&self) -> NodeId {
        self.local.id
    }

    /// This replica as a voter set describes it.
    pub fn local_voter(&self) -> Voter {
        Voter { key: self.local, endpoints: self.endpoints.clone(), kraft_version: self.kraft_version }
    }

    /// A leader without fetches of a majority for this time resigns: one and a half fetch timeouts.
    pub(crate) fn check_quorum_ms(&self) -> i64 {
        self.fetch_timeout_ms + self.fetch_timeout_ms / 2
    }

    /// How often a leader reminds voters that do not fetch.
    pub(crate) fn begin_quorum_ms(&self) -> i64 {
        self.fetch_timeout_ms / 2
    }

    /// How often a follower compares its listeners with what the voter set says.
    pub(crate) fn update_voter_ms(&self) -> i64 {
        2 * self.fetch_timeout_ms
    }
}
