//! The voters: who elects, who counts for the high watermark, and where they listen.
//!
//! With kraft.version 0 the set comes from `controller.quorum.voters` and never changes; with kraft.version 1 it stands in
//! the log (`VotersRecord`) and changes by one voter at a time, so that any majority of the old set meets any of the new.

use std::collections::BTreeMap;

use types::{NodeId, Str};
use wire::voters_record;

use crate::endpoints::{Destination, Endpoint, Endpoints, parse_host_port};
use crate::replica::ReplicaKey;

/// The most voters a set may have; a record or a setting that names more is refused.
pub const MAX_VOTERS: usize = 1_000;

/// An inclusive range of feature levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The lowest level.
    pub min: i16,
    /// The highest level.
    pub max: i16,
}

impl VersionRange {
    /// What this node speaks of kraft.version.
    pub const SUPPORTED: VersionRange = VersionRange { min: 0, max: 1 };

    /// Is the level in the range?
    pub fn contains(&self, level: i16) -> bool {
        (self.min..=self.max).contains(&level)
    }

    /// A range that can be meant: not negative, not upside down.
    pub fn is_valid(&self) -> bool {
        self.min >= 0 && self.max >= self.min
    }
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its identity.
    pub key: ReplicaKey,
    /// Where it listens.
    pub endpoints: Endpoints,
    /// Which levels of kraft.version it speaks.
    pub kraft_version: VersionRange,
}

/// The voters by node id.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VoterSet(BTreeMap<NodeId, Voter>);

/// `controller.quorum.voters` or a Voters record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVoters {
    /// An entry of the setting is not `id@host:port`.
    #[error("'{0}' is not a voter: id@host:port is expected")]
    Entry(String),
    /// A node stands there twice.
    #[error("node {0} is named twice among the voters")]
    Duplicate(NodeId),
    /// A negative node id.
    #[error("{0} is no node id: voters have ids from 0")]
    NodeId(NodeId),
    /// More voters than any quorum has.
    #[error("{0} voters are too many")]
    TooMany(usize),
}

impl VoterSet {
    /// A set by its voters.
    pub fn new(voters: impl IntoIterator<Item = Voter>) -> Result<VoterSet, InvalidVoters> {
        let mut set = BTreeMap::new();
        for voter in voters {
            let id = voter.key.id;
            if id < 0 {
                return Err(InvalidVoters::NodeId(id));
            }
            if set.insert(id, voter).is_some() {
                return Err(InvalidVoters::Duplicate(id));
            }
            if set.len() > MAX_VOTERS {
                return Err(InvalidVoters::TooMany(set.len()));
            }
        }
        Ok(VoterSet(set))
    }

    /// Reads `controller.quorum.voters`: `id@host:port` separated by commas. The addresses belong to `listener`, the
    /// first of `controller.listener.names`. The empty text is the empty set.
    pub fn parse(text: &str, listener: &str) -> Result<VoterSet, InvalidVoters> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let voters = entries.map(|entry| {
            let wrong = || InvalidVoters::Entry(entry.to_owned());
            let (id, address) = entry.split_once('@').ok_or_else(wrong)?;
            let id: NodeId = id.trim().parse().map_err(|_| wrong())?;
            let (host, port) = parse_host_port(address).ok_or_else(wrong)?;
            Ok(Voter {
                key: ReplicaKey::without_directory(id),
                endpoints: Endpoints::single(listener, host, port),
                kraft_version: VersionRange { min: 0, max: 0 },
            })
        });
        VoterSet::new(voters.collect::<Result<Vec<_>, InvalidVoters>>()?)
    }

    /// The set that a record of the log holds.
    pub fn from_record(record: &wire::VotersRecord) -> Result<VoterSet, InvalidVoters> {
        VoterSet::new(record.voters.iter().map(|voter| Voter {
            key: ReplicaKey::new(voter.voter_id, voter.voter_directory_id),
            endpoints: Endpoints::new(
                voter.endpoints.iter().map(|endpoint| Endpoint::new(&endpoint.name, &endpoint.host, endpoint.port)),
            ),
            kraft_version: VersionRange {
                min: voter.k_raft_version_feature.min_supported_version,
                max: voter.k_raft_version_feature.max_supported_version,
            },
        }))
    }

    /// The record that stands in the log for this set.
    pub fn to_record(&self) -> wire::VotersRecord {
        let voters = self.0.values().map(|voter| voters_record::Voter {
            voter_id: voter.key.id,
            voter_directory_id: voter.key.directory_or_zero(),
            endpoints: voter
                .endpoints
                .iter()
                .map(|endpoint| voters_record::Endpoint {
                    name: endpoint.name.clone(),
                    host: endpoint.host.clone(),
                    port: endpoint.port,
                    ..Default::default()
                })
                .collect(),
            k_raft_version_feature: voters_record::KRaftVersionFeature {
                min_supported_version: voter.kraft_version.min,
                max_supported_version: voter.kraft_version.max,
                ..Default::default()
            },
            ..Default::default()
        });
        wire::VotersRecord { version: 0, voters: voters.collect(), ..Default::default() }
    }

    /// How many voters there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No voter at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The voters, ordered by node id.
    pub fn iter(&self) -> impl Iterator<Item = &Voter> {
        self.0.values()
    }

    /// The voters' node ids in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.0.keys().copied()
    }

    /// The voter with this node id.
    pub fn get(&self, id: NodeId) -> Option<&Voter> {
        self.0.get(&id)
    }

    /// Is the replica a voter: same node, and same directory where the set knows one?
    pub fn contains(&self, replica: &ReplicaKey) -> bool {
        self.get(replica.id).is_some_and(|voter| voter.key.means(replica))
    }

    /// Is the replica the only voter?
    pub fn is_only(&self, replica: &ReplicaKey) -> bool {
        self.len() == 1 && self.contains(replica)
    }

    /// Where a voter listens; nowhere for a node that is none.
    pub fn endpoints(&self, id: NodeId) -> Endpoints {
        self.get(id).map(|voter| voter.endpoints.clone()).unwrap_or_default()
    }

    /// The address of a voter on one listener.
    pub fn destination(&self, id: NodeId, listener: &str) -> Option<Destination> {
        self.get(id)?.endpoints.of(listener).map(|endpoint| Destination::at(id, endpoint))
    }

    /// The set with one voter more; `None` where its node is a voter already.
    pub fn with(&self, voter: Voter) -> Option<VoterSet> {
        if self.0.contains_key(&voter.key.id) || self.len() >= MAX_VOTERS {
            return None;
        }
        let mut set = self.clone();
        set.0.insert(voter.key.id, voter);
        Some(set)
    }

    /// The set without a voter; `None` where exactly this replica is none, or where it is the last.
    pub fn without(&self, replica: &ReplicaKey) -> Option<VoterSet> {
        if self.len() <= 1 || self.get(replica.id)?.key != *replica {
            return None;
        }
        let mut set = self.clone();
        set.0.remove(&replica.id);
        Some(set)
    }

    /// The set with a voter's listeners and versions renewed; `None` where the replica is no voter.
    pub fn updated(&self, voter: Voter) -> Option<VoterSet> {
        if self.contains(&voter.key) { self.replaced(voter) } else { None }
    }

    /// The set with the voter of the same node id replaced, whatever its directory was.
    pub fn replaced(&self, voter: Voter) -> Option<VoterSet> {
        let mut set = self.clone();
        let place = set.0.get_mut(&voter.key.id)?;
        *place = voter;
        Some(set)
    }

    /// Does the set know `voter` by other listeners or versions than these?
    pub fn needs_update(&self, voter: &Voter) -> bool {
        self.get(voter.key.id).is_some_and(|known| known.key.means(&voter.key) && known != voter)
    }

    /// Does every voter speak this level of kraft.version?
    pub fn supports(&self, kraft_version: i16) -> bool {
        self.iter().all(|voter| voter.kraft_version.contains(kraft_version))
    }

    /// Does every majority of this set meet every majority of the other? True when they differ by at most one voter.
    pub fn overlaps(&self, other: &VoterSet) -> bool {
        let missing = |from: &VoterSet, of: &VoterSet| {
            of.iter().filter(|voter| from.get(voter.key.id).is_none_or(|known| known.key != voter.key)).count()
        };
        missing(self, other) <= 1 && missing(other, self) <= 1
    }
}

/// Reads `controller.quorum.bootstrap.servers`: `host:port` separated by commas; ids count from −2 downward.
pub fn parse_bootstrap_servers(text: &str) -> Result<Vec<Destination>, InvalidVoters> {
    let entries: Vec<&str> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.len() > MAX_VOTERS {
        return Err(InvalidVoters::TooMany(entries.len()));
    }
    let servers = entries.iter().zip((NodeId::MIN..=-2).rev()).map(|(entry, id)| {
        let (host, port) = parse_host_port(entry).ok_or_else(|| InvalidVoters::Entry((*entry).to_owned()))?;
        Ok(Destination { id, host: Str::from(host), port })
    });
    servers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Uuid;

    fn voter(id: NodeId, disk: u8) -> Voter {
        Voter {
            key: ReplicaKey::new(id, Uuid::from_random([disk; 16])),
            endpoints: Endpoints::single("CONTROLLER", "localhost", 9000 + id as u16),
            kraft_version: VersionRange::SUPPORTED,
        }
    }

    #[test]
    fn setting_is_read() {
        let set = VoterSet::parse("1@a:9093, 2@[::1]:9094", "CONTROLLER").expect("valid");
        assert_eq!(set.ids().collect::<Vec<_>>(), [1, 2]);
        let second = set.destination(2, "CONTROLLER").expect("has the listener");
        assert_eq!((second.host.as_str(), second.port), ("::1", 9094));
        assert!(VoterSet::parse("", "CONTROLLER").expect("valid").is_empty());
    }

    #[test]
    fn wrong_setting_is_refused() {
        for wrong in ["a:1", "x@a:1", "1@a", "1@a:1,1@b:2", "-1@a:1"] {
            assert!(VoterSet::parse(wrong, "C").is_err(), "{wrong}");
        }
    }

    #[test]
    fn record_and_back() {
        let set = VoterSet::new([voter(1, 1), voter(2, 2)]).expect("valid");
        assert_eq!(VoterSet::from_record(&set.to_record()), Ok(set));
    }

    #[test]
    fn replaced_disk_is_another_voter() {
        let set = VoterSet::new([voter(1, 1), voter(2, 2)]).expect("valid");
        assert!(set.contains(&voter(1, 1).key));
        assert!(!set.contains(&voter(1, 9).key));
        assert_eq!(set.without(&voter(1, 9).key), None);
        assert!(set.with(voter(1, 9)).is_none(), "one node, one vote");
    }

    #[test]
    fn last_voter_cannot_be_removed() {
        let set = VoterSet::new([voter(1, 1)]).expect("valid");
        assert_eq!(set.without(&voter(1, 1).key), None);
    }

    #[test]
    fn sets_one_voter_apart_overlap() {
        let two = VoterSet::new([voter(1, 1), voter(2, 2)]).expect("valid");
        let three = two.with(voter(3, 3)).expect("new");
        let four = three.with(voter(4, 4)).expect("new");
        assert!(two.overlaps(&three) && three.overlaps(&two));
        assert!(!two.overlaps(&four));
    }

    #[test]
    fn bootstrap_servers_have_ids_from_minus_two_downward() {
        let servers = parse_bootstrap_servers("a:1,b:2").expect("valid");
        assert_eq!(servers.iter().map(|server| server.id).collect::<Vec<_>>(), [-2, -3]);
    }
}
