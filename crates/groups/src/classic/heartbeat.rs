//! Heartbeat (12), versions 0-4: a member says that it is alive, and hears whether it must rejoin.
//!
//! In a stable group there is nothing to say, so the answer is held: when a rebalance begins within that time, the member
//! hears of it at once and not at its next heartbeat. Three rules keep holding harmless:
//!
//! - The session runs from the moment a heartbeat arrives. Holding does not prolong it: a client that died behind its held
//!   heartbeat is dropped as early as one that died behind an answered one.
//! - A client counts its heartbeat interval (by custom a third of the session timeout) from the answer or from the request.
//!   Held for at most a third of the session timeout less `HOLD_MARGIN_MS` for the way there and back, two heartbeats are
//!   never further apart than two thirds of it. `heartbeat_hold_ms`, one second by default, caps that further.
//! - One heartbeat per member is held: a newer one releases the one before, and so does every other request of the member,
//!   because its answer would have to wait behind the held one on their connection.

use machine::Ticket;
use types::{ErrorCode, Str};

use super::{GroupState, GroupTurn};
use crate::Answer;
use crate::coordinator::Turn;
use crate::timers::Timer;

/// What is left of a third of the session timeout for the network.
const HOLD_MARGIN_MS: i32 = 500;

/// A member is alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    /// The group.
    pub group_id: Str,
    /// The generation the member is in.
    pub generation: i32,
    /// Who it is.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
    /// Nothing waits behind it on its connection, so its answer may be held.
    pub may_hold: bool,
}

impl Turn<'_> {
    pub(crate) fn heartbeat(&mut self, ticket: Ticket, command: Heartbeat) {
        let refusal = if command.group_id.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else {
            match self.living_group(&command.group_id) {
                Some(mut group) => group.heartbeat(ticket, &command),
                None => Err(ErrorCode::UnknownMemberId),
            }
        };
        if let Err(code) = refusal {
            self.answer(ticket, Answer::Heartbeat(code));
        }
    }

    /// Answers a held heartbeat, if it is this one that is held.
    pub(crate) fn release_heartbeat(&mut self, group_id: &str, member_id: &str, held: Ticket) {
        if let Some(mut group) = self.living_group(group_id) {
            let current = group.group.members.get(member_id).and_then(|member| member.held_heartbeat);
            if current == Some(held) {
                group.answer_held_heartbeat(member_id, ErrorCode::None);
            }
        }
    }
}

impl GroupTurn<'_> {
    fn heartbeat(&mut self, ticket: Ticket, command: &Heartbeat) -> Result<(), ErrorCode> {
        self.group.validate_member(&command.member_id, command.instance_id.as_deref())?;
        if command.generation != self.group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        match self.group.state() {
            GroupState::Empty | GroupState::Dead => return Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance | GroupState::CompletingRebalance | GroupState::Stable => {}
        }
        self.restart_session(&command.member_id);
        self.answer_held_heartbeat(&command.member_id, ErrorCode::None);
        match self.group.state() {
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::Stable if command.may_hold && self.hold(ticket, &command.member_id) => Ok(()),
            _ => {
                self.answer(ticket, Answer::Heartbeat(ErrorCode::None));
                Ok(())
            }
        }
    }

    /// Holds a heartbeat; false where there is no time for it.
    fn hold(&mut self, ticket: Ticket, member_id: &Str) -> bool {
        let Some(member) = self.group.members.get_mut(member_id) else { return false };
        let hold_ms = self.options.heartbeat_hold_ms.min(member.session_timeout_ms / 3 - HOLD_MARGIN_MS);
        if hold_ms <= 0 {
            return false;
        }
        member.held_heartbeat = Some(ticket);
        let timer = Timer::HeldHeartbeat { group: self.group.id.clone(), member: member.member_id.clone() };
        self.timers.schedule(timer, self.now.after_ms(hold_ms.into()));
        true
    }

    /// Answers the heartbeat of a member that is held, if one is.
    pub(crate) fn answer_held_heartbeat(&mut self, member_id: &str, code: ErrorCode) {
        let Some(member) = self.group.members.get_mut(member_id) else { return };
        let Some(ticket) = member.held_heartbeat.take() else { return };
        let timer = Timer::HeldHeartbeat { group: self.group.id.clone(), member: member.member_id.clone() };
        self.timers.cancel(timer);
        self.answer(ticket, Answer::Heartbeat(code));
    }

    /// Answers all held heartbeats of the group.
    pub(crate) fn answer_held_heartbeats(&mut self, code: ErrorCode) {
        let holding = self.group.members.iter().filter(|member| member.held_heartbeat.is_some());
        let holding: Vec<Str> = holding.map(|member| member.member_id.clone()).collect();
        for member_id in holding {
            self.answer_held_heartbeat(&member_id, code);
        }
    }
}
