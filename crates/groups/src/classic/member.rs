//! `Member`: one member of a living group, and the requests of it that wait for an answer.

use std::collections::BTreeSet;

use bytes::Bytes;
use machine::Ticket;
use types::Str;

use crate::stored::StoredMember;

/// A member's protocols with its metadata for each, in the order of its preference.
pub(crate) type Protocols = Vec<(Str, Bytes)>;

/// One member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) member_id: Str,
    pub(crate) instance_id: Option<Str>,
    pub(crate) client_id: Str,
    pub(crate) client_host: Str,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) session_timeout_ms: i32,
    /// Counted by `Members`: changed through it only.
    pub(super) protocols: Protocols,
    pub(crate) assignment: Bytes,
    /// Counted by `Members`: changed through it only.
    pub(super) awaiting_join: Option<Ticket>,
    pub(crate) awaiting_sync: Option<Ticket>,
    pub(crate) held_heartbeat: Option<Ticket>,
    /// Its first join is not answered yet, so it does not know that it is a member.
    pub(crate) is_new: bool,
}

impl Member {
    /// A member that was stored; it speaks only the protocol that had been selected.
    pub(crate) fn from_stored(stored: &StoredMember, protocol_name: Option<&Str>) -> Member {
        Member {
            member_id: stored.member_id.clone(),
            instance_id: stored.instance_id.clone(),
            client_id: stored.client_id.clone(),
            client_host: stored.client_host.clone(),
            rebalance_timeout_ms: stored.rebalance_timeout_ms,
            session_timeout_ms: stored.session_timeout_ms,
            protocols: protocol_name.map(|name| (name.clone(), stored.subscription.clone())).into_iter().collect(),
            assignment: stored.assignment.clone(),
            awaiting_join: None,
            awaiting_sync: None,
            held_heartbeat: None,
            is_new: false,
        }
    }

    /// Static members keep their place while they are away, up to their session timeout.
    pub(crate) fn is_static(&self) -> bool {
        self.instance_id.is_some()
    }

    /// Does its join wait for the end of the join phase?
    pub(crate) fn is_awaiting_join(&self) -> bool {
        self.awaiting_join.is_some()
    }

    /// A member that waits for the group is not silent; a new one may have given up without our noticing.
    pub(crate) fn is_excused(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }

    /// What it said for this protocol.
    pub(crate) fn metadata(&self, protocol_name: &str) -> Bytes {
        let found = self.protocols.iter().find(|(name, _)| name.as_str() == protocol_name);
        found.map(|(_, metadata)| metadata.clone()).unwrap_or_default()
    }

    /// Does it say the same as before?
    pub(crate) fn has_protocols(&self, protocols: &Protocols) -> bool {
        self.protocols == *protocols
    }
}

/// Protocols in buffers of their own, for they outlive the request they came in; a name that comes twice counts once.
pub(crate) fn detached_protocols(protocols: Protocols) -> Protocols {
    let mut seen = BTreeSet::new();
    let mut detached: Protocols = Vec::with_capacity(protocols.len());
    for (name, metadata) in protocols {
        if seen.insert(name.clone()) {
            detached.push((name.detached(), Bytes::copy_from_slice(&metadata)));
        }
    }
    detached
}
