//! `Members`: the members of a group, and what is counted over them: who waits in a join, which protocols all speak.

use std::collections::BTreeMap;

use machine::Ticket;
use types::Str;

use super::member::{Member, Protocols};

/// The members of a group in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Members {
    by_id: BTreeMap<Str, Member>,
    /// Instance id to member id, of static members.
    by_instance: BTreeMap<Str, Str>,
    /// How many members speak each protocol.
    speakers: BTreeMap<Str, usize>,
    awaiting_join: usize,
}

impl Members {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn contains(&self, member_id: &str) -> bool {
        self.by_id.contains_key(member_id)
    }

    pub(crate) fn get(&self, member_id: &str) -> Option<&Member> {
        self.by_id.get(member_id)
    }

    pub(crate) fn get_mut(&mut self, member_id: &str) -> Option<&mut Member> {
        self.by_id.get_mut(member_id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.by_id.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.by_id.values_mut()
    }

    pub(crate) fn ids(&self) -> Vec<Str> {
        self.by_id.keys().cloned().collect()
    }

    /// The id of the static member with this instance id.
    pub(crate) fn of_instance(&self, instance_id: &str) -> Option<&Str> {
        self.by_instance.get(instance_id)
    }

    /// How many joins wait.
    pub(crate) fn awaiting_join(&self) -> usize {
        self.awaiting_join
    }

    pub(crate) fn insert(&mut self, member: Member) {
        self.remove(&member.member_id);
        if let Some(instance_id) = &member.instance_id {
            self.by_instance.insert(instance_id.clone(), member.member_id.clone());
        }
        self.count(&member.protocols, true);
        self.awaiting_join += usize::from(member.is_awaiting_join());
        self.by_id.insert(member.member_id.clone(), member);
    }

    pub(crate) fn remove(&mut self, member_id: &str) -> Option<Member> {
        let member = self.by_id.remove(member_id)?;
        if let Some(instance_id) = &member.instance_id
            && self.by_instance.get(instance_id.as_str()) == Some(&member.member_id)
        {
            self.by_instance.remove(instance_id.as_str());
        }
        self.count(&member.protocols, false);
        self.awaiting_join -= usize::from(member.is_awaiting_join());
        Some(member)
    }

    /// Replaces what a member says about its protocols.
    pub(crate) fn set_protocols(&mut self, member_id: &str, protocols: Protocols) {
        let Some(member) = self.by_id.get_mut(member_id) else { return };
        let before = std::mem::replace(&mut member.protocols, protocols.clone());
        self.count(&before, false);
        self.count(&protocols, true);
    }

    /// Sets or takes the join that a member waits in; the one before is returned.
    pub(crate) fn set_awaiting_join(&mut self, member_id: &str, ticket: Option<Ticket>) -> Option<Ticket> {
        let member = self.by_id.get_mut(member_id)?;
        let before = std::mem::replace(&mut member.awaiting_join, ticket);
        self.awaiting_join -= usize::from(before.is_some());
        self.awaiting_join += usize::from(ticket.is_some());
        before
    }

    /// Do all members speak this protocol?
    pub(crate) fn all_speak(&self, protocol_name: &str) -> bool {
        self.speakers.get(protocol_name).copied().unwrap_or(0) == self.by_id.len()
    }

    /// The protocol most members prefer among those that all speak; of equals the one whose name comes first.
    pub(crate) fn elected_protocol(&self) -> Option<Str> {
        let mut votes: BTreeMap<&Str, usize> = BTreeMap::new();
        for member in self.by_id.values() {
            if let Some((name, _)) = member.protocols.iter().find(|(name, _)| self.all_speak(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        let mut elected: Option<(&Str, usize)> = None;
        for (name, count) in votes {
            if elected.is_none_or(|(_, most)| count > most) {
                elected = Some((name, count));
            }
        }
        elected.map(|(name, _)| name.clone())
    }

    /// The longest rebalance timeout among the members: the group waits for its slowest.
    pub(crate) fn rebalance_timeout_ms(&self) -> i32 {
        self.by_id.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    fn count(&mut self, protocols: &Protocols, more: bool) {
        for (name, _) in protocols {
            let speakers = self.speakers.entry(name.clone()).or_default();
            *speakers = if more { *speakers + 1 } else { speakers.saturating_sub(1) };
            if *speakers == 0 {
                self.speakers.remove(name.as_str());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn member(id: &str, protocols: &[&str]) -> Member {
        Member {
            member_id: Str::from(id),
            instance_id: None,
            client_id: Str::EMPTY,
            client_host: Str::EMPTY,
            rebalance_timeout_ms: 0,
            session_timeout_ms: 0,
            protocols: protocols.iter().map(|&name| (Str::from(name), Bytes::new())).collect(),
            assignment: Bytes::new(),
            awaiting_join: None,
            awaiting_sync: None,
            held_heartbeat: None,
            is_new: false,
        }
    }

    #[test]
    fn a_protocol_that_one_member_lacks_is_never_elected() {
        let mut members = Members::default();
        members.insert(member("a", &["sticky", "range"]));
        members.insert(member("b", &["sticky", "range"]));
        assert_eq!(members.elected_protocol(), Some(Str::from("sticky")));
        members.insert(member("c", &["range"]));
        assert_eq!(members.elected_protocol(), Some(Str::from("range")));
        members.remove("c");
        assert!(members.all_speak("sticky"));
        members.insert(member("d", &["roundrobin"]));
        assert_eq!(members.elected_protocol(), None);
    }

    #[test]
    fn most_votes_win_among_protocols_that_all_speak() {
        let mut members = Members::default();
        members.insert(member("a", &["range", "sticky"]));
        members.insert(member("b", &["sticky", "range"]));
        members.insert(member("c", &["sticky", "range"]));
        assert_eq!(members.elected_protocol(), Some(Str::from("sticky")));
    }

    #[test]
    fn waiting_joins_are_counted_over_changes_and_removals() {
        let mut members = Members::default();
        members.insert(member("a", &["range"]));
        members.insert(member("b", &["range"]));
        assert_eq!(members.set_awaiting_join("a", Some(1)), None);
        assert_eq!(members.set_awaiting_join("a", Some(2)), Some(1));
        assert_eq!(members.set_awaiting_join("b", Some(3)), None);
        assert_eq!(members.awaiting_join(), 2);
        members.remove("b");
        assert_eq!(members.awaiting_join(), 1);
        assert_eq!(members.set_awaiting_join("a", None), Some(2));
        assert_eq!(members.awaiting_join(), 0);
    }
}
