//! `ClassicGroup`: a living group. Its fields, the questions asked of it and its record; what happens to it is in `turn.rs`.

use std::collections::BTreeSet;

use bytes::Bytes;
use machine::Ticket;
use records::GroupMetadataValue;
use types::{ErrorCode, Str, TimestampMs};

use super::member::Member;
use super::members::Members;
use super::subscription::subscribed_topics;
use super::{CONSUMER, GroupState, JoinAnswer, JoinedMember, SyncAnswer};
use crate::stored::StoredGroup;
use crate::timers::{Timer, Timers};
use crate::{Answer, GroupRecord};

/// The first rebalance of a group waits while members keep coming: in steps, and not longer than their rebalance timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InitialDelay {
    /// The step under way.
    pub(crate) delay_ms: i32,
    /// What is left for further steps.
    pub(crate) remaining_ms: i32,
}

/// A living group.
#[derive(Debug)]
pub(crate) struct ClassicGroup {
    pub(crate) id: Str,
    state: GroupState,
    previous_state: GroupState,
    state_timestamp: Option<TimestampMs>,
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<Str>,
    pub(crate) protocol_name: Option<Str>,
    pub(crate) leader: Option<Str>,
    pub(crate) members: Members,
    /// Ids that were handed out and not used yet; each has a session timer.
    pub(crate) pending_joins: BTreeSet<Str>,
    /// Members of this generation that have not synced yet.
    pub(crate) pending_syncs: BTreeSet<Str>,
    /// Somebody joined during the step of the initial delay that is under way.
    pub(crate) new_member_added: bool,
    pub(crate) initial_delay: Option<InitialDelay>,
    /// What the consumers of this generation read; `None` where that is not known.
    subscribed_topics: Option<BTreeSet<Str>>,
}

impl ClassicGroup {
    /// A group that nobody has heard of yet.
    pub(crate) fn new(id: Str, wall_ms: TimestampMs) -> ClassicGroup {
        ClassicGroup {
            id,
            state: GroupState::Empty,
            previous_state: GroupState::Dead,
            state_timestamp: Some(wall_ms),
            generation: 0,
            protocol_type: None,
            protocol_name: None,
            leader: None,
            members: Members::default(),
            pending_joins: BTreeSet::new(),
            pending_syncs: BTreeSet::new(),
            new_member_added: false,
            initial_delay: None,
            subscribed_topics: None,
        }
    }

    /// A group as its record has it.
    pub(crate) fn from_stored(id: Str, stored: &StoredGroup) -> ClassicGroup {
        let mut group = ClassicGroup::new(id, 0);
        group.state = if stored.members.is_empty() { GroupState::Empty } else { GroupState::Stable };
        group.state_timestamp = stored.state_timestamp;
        group.generation = stored.generation;
        group.protocol_type = stored.protocol_type.clone();
        group.protocol_name = stored.protocol_name.clone();
        group.leader = stored.leader.clone();
        for member in &stored.members {
            group.members.insert(Member::from_stored(member, stored.protocol_name.as_ref()));
        }
        group.note_subscribed_topics();
        group
    }

    pub(crate) fn state(&self) -> GroupState {
        self.state
    }

    /// The state before this one.
    pub(crate) fn previous_state(&self) -> GroupState {
        self.previous_state
    }

    pub(crate) fn state_timestamp(&self) -> Option<TimestampMs> {
        self.state_timestamp
    }

    /// Moves on to another state.
    pub(crate) fn transition_to(&mut self, next: GroupState, wall_ms: TimestampMs) {
        assert!(self.state.precedes(next), "group {} cannot go from {} to {next}", self.id, self.state);
        self.previous_state = self.state;
        self.state = next;
        self.state_timestamp = Some(wall_ms);
    }

    /// Nothing that its record does not say?
    pub(crate) fn is_idle(&self) -> bool {
        self.state == GroupState::Empty && self.pending_joins.is_empty()
    }

    pub(crate) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader.as_str() == member_id)
    }

    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_ref().is_some_and(|protocol_type| protocol_type.as_str() == CONSUMER)
    }

    /// Have all members rejoined, and all who were given an id used it?
    pub(crate) fn all_joined(&self) -> bool {
        self.members.len() == self.members.awaiting_join() && self.pending_joins.is_empty()
    }

    /// Could a member that speaks these protocols be in the group?
    pub(crate) fn supports_protocols<'n>(&self, protocol_type: &str, mut names: impl Iterator<Item = &'n Str>) -> bool {
        if self.state == GroupState::Empty {
            !protocol_type.is_empty() && names.next().is_some()
        } else {
            self.protocol_type.as_ref().is_some_and(|ours| ours.as_str() == protocol_type)
                && names.any(|name| self.members.all_speak(name))
        }
    }

    /// Is this a member, and is it the one that its instance id stands for?
    pub(crate) fn validate_member(&self, member_id: &str, instance_id: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            match self.members.of_instance(instance_id) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(current) if current.as_str() != member_id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains(member_id) { Ok(()) } else { Err(ErrorCode::UnknownMemberId) }
    }

    /// Reads out of the members' metadata what the group reads.
    pub(crate) fn note_subscribed_topics(&mut self) {
        self.subscribed_topics = self.find_subscribed_topics();
    }

    fn find_subscribed_topics(&self) -> Option<BTreeSet<Str>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol_name = self.protocol_name.as_ref()?;
        let mut topics = BTreeSet::new();
        for member in self.members.iter() {
            topics.extend(subscribed_topics(&member.metadata(protocol_name)).ok()?);
        }
        Some(topics)
    }

    /// Is it known what the group reads?
    pub(crate) fn knows_subscribed_topics(&self) -> bool {
        self.subscribed_topics.is_some()
    }

    /// Does the group read this topic? Of consumers it is assumed while it is not known.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed_topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    /// What a member is told when the join phase is over; only the leader learns of the others.
    pub(crate) fn join_answer(&self, member_id: &Str) -> JoinAnswer {
        JoinAnswer {
            error: ErrorCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment: false,
            member_id: member_id.clone(),
            members: if self.is_leader(member_id) { self.joined_members() } else { Vec::new() },
        }
    }

    fn joined_members(&self) -> Vec<JoinedMember> {
        let protocol_name = self.protocol_name.clone().unwrap_or_default();
        let joined = self.members.iter().map(|member| JoinedMember {
            member_id: member.member_id.clone(),
            instance_id: member.instance_id.clone(),
            metadata: member.metadata(&protocol_name),
        });
        joined.collect()
    }

    /// What a member is told that has its assignment.
    pub(crate) fn sync_answer(&self, assignment: Bytes) -> SyncAnswer {
        SyncAnswer {
            error: ErrorCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            assignment,
        }
    }

    /// The group as it is now, for the log.
    pub(crate) fn record(&self) -> GroupRecord {
        let protocol_name = self.protocol_name.clone().unwrap_or_default();
        let members = self.members.iter().map(|member| records::group_metadata_value::Member {
            member_id: member.member_id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: member.metadata(&protocol_name),
            assignment: member.assignment.clone(),
            ..Default::default()
        });
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol_name.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_timestamp.unwrap_or(types::NO_TIMESTAMP),
            members: members.collect(),
            ..Default::default()
        };
        GroupRecord::group(&self.id, value)
    }

    /// Takes a member, or the id of one to come, out of the group. A leader that goes is followed by the first of the others.
    pub(crate) fn remove(&mut self, member_id: &str) -> Option<Member> {
        let removed = self.members.remove(member_id);
        if self.is_leader(member_id) {
            self.leader = self.members.iter().next().map(|member| member.member_id.clone());
        }
        self.pending_joins.remove(member_id);
        self.pending_syncs.remove(member_id);
        removed
    }

    /// How many requests wait.
    pub(crate) fn waiting(&self) -> usize {
        let of_member = |member: &Member| {
            usize::from(member.awaiting_join.is_some())
                + usize::from(member.awaiting_sync.is_some())
                + usize::from(member.held_heartbeat.is_some())
        };
        self.members.iter().map(of_member).sum()
    }

    /// Takes out every request that waits, each with an answer of its kind that is still to be refused.
    pub(crate) fn abandon(&mut self, answers: &mut Vec<(Ticket, Answer)>) {
        for member_id in self.members.ids() {
            if let Some(ticket) = self.members.set_awaiting_join(&member_id, None) {
                answers.push((ticket, Answer::Join(JoinAnswer::refused(ErrorCode::None, member_id.clone()))));
            }
            let Some(member) = self.members.get_mut(&member_id) else { continue };
            if let Some(ticket) = member.awaiting_sync.take() {
                answers.push((ticket, Answer::Sync(SyncAnswer::refused(ErrorCode::None))));
            }
            if let Some(ticket) = member.held_heartbeat.take() {
                answers.push((ticket, Answer::Heartbeat(ErrorCode::None)));
            }
        }
    }

    /// Cancels all that was to happen to the group.
    pub(crate) fn cancel_timers(&self, timers: &mut Timers) {
        timers.cancel(Timer::Join(self.id.clone()));
        timers.cancel(Timer::Sync(self.id.clone()));
        for member_id in self.members.ids().iter().chain(&self.pending_joins) {
            timers.cancel(Timer::Session { group: self.id.clone(), member: member_id.clone() });
            timers.cancel(Timer::HeldHeartbeat { group: self.id.clone(), member: member_id.clone() });
        }
    }
}
