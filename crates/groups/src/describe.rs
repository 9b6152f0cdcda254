//! DescribeGroups (15), versions 0-6: the state of groups and their members.
//!
//! A group that is not there is "Dead"; from version 6 on it is also an error, GROUP_ID_NOT_FOUND.

use bytes::Bytes;
use machine::Ticket;
use types::{ErrorCode, Str};

use crate::Answer;
use crate::classic::{ClassicGroup, GroupState};
use crate::coordinator::Turn;

/// Groups are asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeGroups {
    /// Which.
    pub group_ids: Vec<Str>,
    /// Version 6 and later: a group that is not there is an error.
    pub reports_missing_group: bool,
}

/// A group as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// The group.
    pub group_id: Str,
    /// Why it cannot be told, or none.
    pub error: ErrorCode,
    /// The same in words.
    pub error_message: Option<Str>,
    /// Its state; with another error than GROUP_ID_NOT_FOUND answers say "".
    pub state: GroupState,
    /// What its members agree on.
    pub protocol_type: Str,
    /// The selected protocol, if the group is stable.
    pub protocol_name: Str,
    /// Its members.
    pub members: Vec<DescribedMember>,
}

/// A member as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedMember {
    /// Its id.
    pub member_id: Str,
    /// Its instance id, if it is static.
    pub instance_id: Option<Str>,
    /// The client id of the request that made it a member.
    pub client_id: Str,
    /// Where that request came from.
    pub client_host: Str,
    /// What it said for the selected protocol, if the group is stable.
    pub metadata: Bytes,
    /// Its share.
    pub assignment: Bytes,
}

impl DescribedGroup {
    pub(crate) fn failed(group_id: Str, error: ErrorCode) -> DescribedGroup {
        DescribedGroup {
            group_id,
            error,
            error_message: None,
            state: GroupState::Dead,
            protocol_type: Str::EMPTY,
            protocol_name: Str::EMPTY,
            members: Vec::new(),
        }
    }

    fn missing(group_id: Str, is_error: bool) -> DescribedGroup {
        let message = is_error.then(|| Str::from(format!("Group {group_id} not found.")));
        let error = if is_error { ErrorCode::GroupIdNotFound } else { ErrorCode::None };
        DescribedGroup { error_message: message, ..DescribedGroup::failed(group_id, error) }
    }

    fn living(group: &ClassicGroup) -> DescribedGroup {
        let stable_protocol = match group.state() {
            GroupState::Stable => group.protocol_name.clone(),
            _ => None,
        };
        let members = group.members.iter().map(|member| DescribedMember {
            member_id: member.member_id.clone(),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            metadata: stable_protocol.as_ref().map(|protocol_name| member.metadata(protocol_name)).unwrap_or_default(),
            assignment: member.assignment.clone(),
        });
        DescribedGroup {
            group_id: group.id.clone(),
            error: ErrorCode::None,
            error_message: None,
            state: group.state(),
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            members: members.collect(),
            protocol_name: stable_protocol.unwrap_or_default(),
        }
    }
}

impl Turn<'_> {
    pub(crate) fn describe(&mut self, ticket: Ticket, command: DescribeGroups) {
        let is_error = command.reports_missing_group;
        let groups = command.group_ids.into_iter().map(|group_id| self.describe_group(group_id, is_error)).collect();
        self.answer(ticket, Answer::Describe(groups));
    }

    fn describe_group(&self, group_id: Str, missing_is_error: bool) -> DescribedGroup {
        if let Some(group) = self.soft.groups.get(group_id.as_str()) {
            return DescribedGroup::living(group);
        }
        match self.durable.groups.get(group_id.as_str()) {
            Some(stored) => DescribedGroup {
                state: GroupState::Empty,
                protocol_type: stored.protocol_type.clone().unwrap_or_default(),
                ..DescribedGroup::failed(group_id, ErrorCode::None)
            },
            None => DescribedGroup::missing(group_id, missing_is_error),
        }
    }
}
