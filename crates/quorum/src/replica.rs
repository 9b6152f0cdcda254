//! Who a replica is: its node id and, from kraft.version 1 on, the id of the directory that holds its log.
//!
//! The directory id makes a replaced disk a different replica: an empty log must not vote with the promises of the old one.

use std::fmt;

use types::{NodeId, Uuid};

/// A replica's identity. Without a directory id any directory of the node is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaKey {
    /// The node.
    pub id: NodeId,
    /// The directory that holds the replica's log, where it is known.
    pub directory_id: Option<Uuid>,
}

impl ReplicaKey {
    /// A key as it stands in messages, where the zero id means that no directory is known.
    pub fn new(id: NodeId, directory_id: Uuid) -> ReplicaKey {
        ReplicaKey { id, directory_id: if directory_id.is_zero() { None } else { Some(directory_id) } }
    }

    /// A key of kraft.version 0.
    pub fn without_directory(id: NodeId) -> ReplicaKey {
        ReplicaKey { id, directory_id: None }
    }

    /// The directory id as messages carry it: zero where none is known.
    pub fn directory_or_zero(&self) -> Uuid {
        self.directory_id.unwrap_or(Uuid::ZERO)
    }

    /// Does this key, as it stands in a voter set or in a vote, mean `replica`?
    pub fn means(&self, replica: &ReplicaKey) -> bool {
        self.id == replica.id && (self.directory_id.is_none() || self.directory_id == replica.directory_id)
    }
}

impl fmt::Debug for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.directory_id {
            Some(directory) => write!(f, "{}@{directory}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

impl fmt::Display for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_without_directory_means_every_directory_of_the_node() {
        let disk = |byte| Uuid::from_random([byte; 16]);
        let wide = ReplicaKey::without_directory(1);
        let narrow = ReplicaKey::new(1, disk(7));
        assert!(wide.means(&narrow));
        assert!(narrow.means(&narrow));
        assert!(!narrow.means(&wide));
        assert!(!narrow.means(&ReplicaKey::new(1, disk(8))));
        assert!(!wide.means(&ReplicaKey::new(2, disk(7))));
    }

    #[test]
    fn zero_directory_is_no_directory() {
        assert_eq!(ReplicaKey::new(3, Uuid::ZERO), ReplicaKey::without_directory(3));
    }
}
