//! JoinGroup (11), versions 0-9: a member enters a group or comes back to it in a rebalance.
//!
//! The answer waits until the join phase is over, unless nothing changes. Version 4 makes a dynamic member ask for its id
//! first (MEMBER_ID_REQUIRED), so that a client that gives up in between leaves no member behind. Version 9 lets a static
//! leader that comes back keep the assignment there is.
//!
//! A join that is refused never creates a group.

use std::fmt::Write;

use bytes::Bytes;
use machine::Ticket;
use types::{ErrorCode, Str};

use super::member::{Member, detached_protocols};
use super::{GroupState, GroupTurn};
use crate::coordinator::Turn;
use crate::{Answer, GroupRecord};

/// A member wants to be in a group.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroup {
    /// The group.
    pub group_id: Str,
    /// Who the member is; empty when it has no id yet.
    pub member_id: Str,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Str>,
    /// What kind of group it expects: "consumer", "connect", "sr", ...
    pub protocol_type: Str,
    /// The protocols it speaks, the preferred one first, with its metadata for each.
    pub protocols: Vec<(Str, Bytes)>,
    /// How long it may stay silent.
    pub session_timeout_ms: i32,
    /// How long it may take to rejoin; -1 (version 0) stands for the session timeout.
    pub rebalance_timeout_ms: i32,
    /// The client id of the request.
    pub client_id: Str,
    /// Where the request came from, "/" and the address.
    pub client_host: Str,
    /// The id it gets if it has none: `new_member_id` of fresh random bytes.
    pub new_member_id: Str,
    /// Version 4 and later: a dynamic member must come again with its new id.
    pub requires_known_member_id: bool,
    /// Version 9 and later: the answer can say that there is nothing to assign.
    pub supports_skipping_assignment: bool,
}

/// What a member is told when the join phase is over.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinAnswer {
    /// Why it is not a member, or none.
    pub error: ErrorCode,
    /// The generation; -1 with an error.
    pub generation: i32,
    /// The group's protocol type.
    pub protocol_type: Option<Str>,
    /// The selected protocol. Answers before version 7 know no null: they say "".
    pub protocol_name: Option<Str>,
    /// The member that assigns.
    pub leader: Str,
    /// The leader need not assign: the group keeps what it has.
    pub skip_assignment: bool,
    /// Who the member is from now on.
    pub member_id: Str,
    /// For the leader: all members.
    pub members: Vec<JoinedMember>,
}

/// A member as its leader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedMember {
    /// Its id.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
    /// What it said for the selected protocol.
    pub metadata: Bytes,
}

impl JoinAnswer {
    pub(crate) fn refused(error: ErrorCode, member_id: Str) -> JoinAnswer {
        JoinAnswer {
            error,
            generation: -1,
            protocol_type: None,
            protocol_name: None,
            leader: Str::EMPTY,
            skip_assignment: false,
            member_id,
            members: Vec::new(),
        }
    }
}

/// A member id: the instance id of a static member or else the client id, and a random UUID in hexadecimal as Java writes it.
pub fn new_member_id(client_id: &str, instance_id: Option<&str>, random: [u8; 16]) -> Str {
    let mut random = random;
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let mut text = String::from(instance_id.unwrap_or(client_id));
    for (place, byte) in random.iter().enumerate() {
        if matches!(place, 0 | 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Str::from(text)
}

impl Turn<'_> {
    pub(crate) fn join(&mut self, ticket: Ticket, command: JoinGroup) {
        let is_new_group = !self.has_group(&command.group_id);
        if let Err(code) = self.check_join(&command, is_new_group) {
            self.answer(ticket, Answer::Join(JoinAnswer::refused(code, command.member_id)));
            return;
        }
        let group_id = command.group_id.clone();
        let joined = self.open_group(&group_id).join(ticket, command);
        if let Err(refusal) = joined {
            self.answer(ticket, Answer::Join(*refusal));
            if is_new_group {
                self.bury(&group_id);
            }
        } else if is_new_group && let Some(group) = self.living_group(&group_id) {
            // Written now, so that the group is known before its first generation is.
            let record = group.group.empty_record();
            self.out.records.push(record);
        }
        self.note_idle(&group_id);
    }

    fn check_join(&self, command: &JoinGroup, is_new_group: bool) -> Result<(), ErrorCode> {
        let options = &self.soft.options;
        if command.group_id.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else if command.session_timeout_ms < options.min_session_timeout_ms
            || command.session_timeout_ms > options.max_session_timeout_ms
        {
            Err(ErrorCode::InvalidSessionTimeout)
        } else if self.soft.is_being_deleted(&command.group_id) {
            Err(ErrorCode::CoordinatorLoadInProgress)
        } else if is_new_group && !command.member_id.is_empty() {
            Err(ErrorCode::UnknownMemberId)
        } else if is_new_group && self.durable.groups.len() >= options.max_groups {
            Err(ErrorCode::PolicyViolation)
        } else {
            Ok(())
        }
    }
}

/// What a join that is refused is told.
type Refused = Box<JoinAnswer>;

fn refused(error: ErrorCode, member_id: Str) -> Result<(), Refused> {
    Err(Box::new(JoinAnswer::refused(error, member_id)))
}

impl GroupTurn<'_> {
    fn join(&mut self, ticket: Ticket, mut command: JoinGroup) -> Result<(), Refused> {
        if !self.has_room_for(&command.member_id) {
            self.drop_member(&command.member_id);
            return refused(ErrorCode::GroupMaxSizeReached, Str::EMPTY);
        }
        if !self.group.supports_protocols(&command.protocol_type, command.protocols.iter().map(|(name, _)| name)) {
            return refused(ErrorCode::InconsistentGroupProtocol, command.member_id);
        }
        command.protocols = detached_protocols(command.protocols);
        if command.rebalance_timeout_ms == -1 {
            command.rebalance_timeout_ms = command.session_timeout_ms;
        }
        if command.member_id.is_empty() { self.join_unknown(ticket, command) } else { self.join_known(ticket, command) }
    }

    /// Is there room for one more, or is this one in already? While members join, those count that have: so the last to
    /// rejoin are left out when the limit was lowered.
    fn has_room_for(&self, member_id: &str) -> bool {
        let member = self.group.members.get(member_id);
        let limit = self.options.max_group_size;
        match self.group.state() {
            GroupState::Empty | GroupState::Dead => true,
            GroupState::PreparingRebalance => {
                member.is_some_and(|member| member.is_awaiting_join()) || self.group.members.awaiting_join() < limit
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                member.is_some() || self.group.members.len() < limit
            }
        }
    }

    fn join_unknown(&mut self, ticket: Ticket, command: JoinGroup) -> Result<(), Refused> {
        let member_id = command.new_member_id.detached();
        if member_id.is_empty()
            || self.group.members.contains(&member_id)
            || self.group.pending_joins.contains(member_id.as_str())
        {
            return refused(ErrorCode::UnknownServerError, Str::EMPTY);
        }
        if let Some(instance_id) = &command.instance_id {
            match self.group.members.of_instance(instance_id).cloned() {
                Some(old_id) => self.replace_static_member(ticket, command, old_id, member_id),
                None => self.add_member(ticket, command, member_id),
            }
            return Ok(());
        }
        if !command.requires_known_member_id {
            self.add_member(ticket, command, member_id);
            return Ok(());
        }
        if self.group.pending_joins.len() >= self.options.max_pending_members {
            return refused(ErrorCode::GroupMaxSizeReached, Str::EMPTY);
        }
        self.group.pending_joins.insert(member_id.clone());
        self.expect_member(member_id.clone(), command.session_timeout_ms);
        self.answer(ticket, Answer::Join(JoinAnswer::refused(ErrorCode::MemberIdRequired, member_id)));
        Ok(())
    }

    fn join_known(&mut self, ticket: Ticket, command: JoinGroup) -> Result<(), Refused> {
        let member_id = command.member_id.clone();
        if let Some(pending) = self.group.pending_joins.get(member_id.as_str()).cloned() {
            if command.instance_id.is_some() {
                // Static members are never pending: whoever says so made the id up.
                return refused(ErrorCode::UnknownServerError, member_id);
            }
            self.add_member(ticket, command, pending);
            return Ok(());
        }
        if let Err(code) = self.group.validate_member(&member_id, command.instance_id.as_deref()) {
            return refused(code, member_id);
        }
        self.answer_held_heartbeat(&member_id, ErrorCode::None);
        let member = self.group.members.get(&member_id);
        let is_changed = member.is_some_and(|member| !member.has_protocols(&command.protocols));
        match self.group.state() {
            GroupState::PreparingRebalance => self.update_member(ticket, &member_id, command),
            // With the same metadata its join answer was probably lost: it gets it again.
            GroupState::CompletingRebalance if is_changed => self.update_member(ticket, &member_id, command),
            // The leader rejoins when what it assigns has changed, say the number of partitions.
            GroupState::Stable if is_changed || self.group.is_leader(&member_id) => {
                self.update_member(ticket, &member_id, command);
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                let answer = self.group.join_answer(&member_id);
                self.answer(ticket, Answer::Join(answer));
            }
            GroupState::Empty | GroupState::Dead => return refused(ErrorCode::UnknownMemberId, member_id),
        }
        Ok(())
    }

    fn add_member(&mut self, ticket: Ticket, command: JoinGroup, member_id: Str) {
        if self.group.state() == GroupState::PreparingRebalance && self.group.previous_state() == GroupState::Empty {
            self.group.new_member_added = true;
        }
        self.group.pending_joins.remove(member_id.as_str());
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(command.protocol_type.detached());
        }
        if self.group.leader.is_none() {
            self.group.leader = Some(member_id.clone());
        }
        self.group.members.insert(Member {
            member_id: member_id.clone(),
            instance_id: command.instance_id.as_ref().map(Str::detached),
            client_id: command.client_id.detached(),
            client_host: command.client_host.detached(),
            rebalance_timeout_ms: command.rebalance_timeout_ms,
            session_timeout_ms: command.session_timeout_ms,
            protocols: command.protocols,
            assignment: Bytes::new(),
            awaiting_join: Some(ticket),
            awaiting_sync: None,
            held_heartbeat: None,
            is_new: true,
        });
        // It cannot heartbeat yet: its join itself must be answered, or sent again, within this time.
        self.expect_member(member_id, self.options.new_member_join_timeout_ms);
        self.rebalance_or_complete_join();
    }

    fn update_member(&mut self, ticket: Ticket, member_id: &Str, command: JoinGroup) {
        self.renew_member(ticket, member_id, command);
        self.rebalance_or_complete_join();
    }

    /// Takes over what a member says anew, and lets its join wait.
    pub(crate) fn renew_member(&mut self, ticket: Ticket, member_id: &Str, command: JoinGroup) {
        self.group.members.set_protocols(member_id, command.protocols);
        if let Some(member) = self.group.members.get_mut(member_id) {
            member.rebalance_timeout_ms = command.rebalance_timeout_ms;
            member.session_timeout_ms = command.session_timeout_ms;
        }
        self.await_join(member_id, ticket);
    }
}

impl super::ClassicGroup {
    /// The record of a group that was just made: it says no more than that it is there.
    fn empty_record(&self) -> GroupRecord {
        let value = records::GroupMetadataValue {
            protocol: None,
            leader: None,
            current_state_timestamp: self.state_timestamp().unwrap_or(types::NO_TIMESTAMP),
            ..Default::default()
        };
        GroupRecord::group(&self.id, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_ids_look_like_kafkas() {
        let id = new_member_id("client", None, [0xff; 16]);
        assert_eq!(id, "client-ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(new_member_id("client", Some("a"), [0; 16]), "a-00000000-0000-4000-8000-000000000000");
    }
}
