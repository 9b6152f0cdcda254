//! LeaveGroup (13), versions 0-5: members go, by themselves or because an administrator removes static ones.
//!
//! Before version 3 a request has one member, and its error stands at the top of the answer.

use machine::Ticket;
use types::{ErrorCode, Str};

use super::{GroupState, GroupTurn};
use crate::Answer;
use crate::coordinator::Turn;

/// Members leave a group.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaveGroup {
    /// The group.
    pub group_id: Str,
    /// Who leaves.
    pub members: Vec<LeavingMember>,
}

/// One that leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct LeavingMember {
    /// Its id; empty when an administrator removes whoever has the instance id.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
}

/// What those who leave are told.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaveAnswer {
    /// Why nobody could leave, or none.
    pub error: ErrorCode,
    /// One by one, in the order of the request.
    pub members: Vec<LeftMember>,
}

/// What one that leaves is told.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftMember {
    /// Its id, as in the request.
    pub member_id: Str,
    /// Its instance id, as in the request.
    pub instance_id: Option<Str>,
    /// Why it could not leave, or none.
    pub error: ErrorCode,
}

impl Turn<'_> {
    pub(crate) fn leave(&mut self, ticket: Ticket, command: LeaveGroup) {
        if command.group_id.is_empty() {
            let answer = LeaveAnswer { error: ErrorCode::InvalidGroupId, members: Vec::new() };
            self.answer(ticket, Answer::Leave(answer));
            return;
        }
        let codes = self.with_living(&command.group_id, |mut group| group.leave(&command.members));
        // Of a group without members nobody is one.
        let codes = codes.into_iter().chain(std::iter::repeat(ErrorCode::UnknownMemberId));
        let members = command.members.into_iter().zip(codes).map(|(member, error)| LeftMember {
            member_id: member.member_id,
            instance_id: member.instance_id,
            error,
        });
        let answer = LeaveAnswer { error: ErrorCode::None, members: members.collect() };
        self.answer(ticket, Answer::Leave(answer));
    }
}

impl GroupTurn<'_> {
    fn leave(&mut self, members: &[LeavingMember]) -> Vec<ErrorCode> {
        let mut codes = Vec::with_capacity(members.len());
        for leaving in members {
            let code = match self.member_to_leave(leaving) {
                Ok(member_id) => {
                    self.drop_member(&member_id);
                    ErrorCode::None
                }
                Err(code) => code,
            };
            codes.push(code);
        }
        if codes.contains(&ErrorCode::None) && self.group.state() != GroupState::Empty {
            self.rebalance_or_complete_join();
        }
        codes
    }

    fn member_to_leave(&self, leaving: &LeavingMember) -> Result<Str, ErrorCode> {
        let instance_id = leaving.instance_id.as_deref();
        if leaving.member_id.is_empty() {
            let current = instance_id.and_then(|instance_id| self.group.members.of_instance(instance_id));
            current.cloned().ok_or(ErrorCode::UnknownMemberId)
        } else if self.group.pending_joins.contains(leaving.member_id.as_str()) {
            Ok(leaving.member_id.clone())
        } else {
            self.group.validate_member(&leaving.member_id, instance_id)?;
            Ok(leaving.member_id.clone())
        }
    }
}
