//! ListGroups (16), versions 0-5: the groups of this partition, filtered by state (version 4) and type (version 5).

use machine::Ticket;
use types::Str;

use crate::Answer;
use crate::classic::GroupState;
use crate::coordinator::Turn;

/// The type of all groups here, as answers name it.
pub const CLASSIC: &str = "classic";

/// Groups are to be listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroups {
    /// Only those in one of these states, in any case; empty for all. A state that is none matches nothing.
    pub states: Vec<Str>,
    /// Only those of one of these types, in any case; empty for all.
    pub types: Vec<Str>,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedGroup {
    /// The group.
    pub group_id: Str,
    /// What its members agree on; empty for a group that only commits offsets.
    pub protocol_type: Str,
    /// Its state.
    pub state: GroupState,
}

impl Turn<'_> {
    pub(crate) fn list(&mut self, ticket: Ticket, command: &ListGroups) {
        let has_type = command.types.is_empty() || command.types.iter().any(|kind| kind.eq_ignore_ascii_case(CLASSIC));
        let groups = if has_type { self.list_classic(&command.states) } else { Vec::new() };
        self.answer(ticket, Answer::List(Ok(groups)));
    }

    fn list_classic(&self, states: &[Str]) -> Vec<ListedGroup> {
        let is_wanted = |state: GroupState| {
            states.is_empty() || states.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(state.name()))
        };
        // Every living group is stored as well, from the record that its first join wrote.
        let listed = self.durable.groups.iter().map(|(group_id, stored)| {
            let (state, protocol_type) = match self.soft.groups.get(group_id.as_str()) {
                Some(living) => (living.state(), &living.protocol_type),
                None => (GroupState::Empty, &stored.protocol_type),
            };
            ListedGroup { group_id: group_id.clone(), protocol_type: protocol_type.clone().unwrap_or_default(), state }
        });
        listed.filter(|group| is_wanted(group.state)).collect()
    }
}
