//! Voters and kraft.version along the log: the last record counts as soon as it is in the log, and no longer once it is cut off.

use types::Offset;

use crate::control::ControlRecord;
use crate::log_view::LogFacts;
use crate::voters::VoterSet;

/// The history that truncation can go back in. Offset −1 is the bootstrap checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    static_voters: VoterSet,
    voters: Vec<(Offset, VoterSet)>,
    kraft_versions: Vec<(Offset, i16)>,
}

impl Membership {
    pub(crate) fn new(static_voters: VoterSet, facts: &LogFacts) -> Membership {
        Membership { static_voters, voters: facts.voters.clone(), kraft_versions: facts.kraft_versions.clone() }
    }

    /// The voters of now.
    pub(crate) fn voters(&self) -> &VoterSet {
        self.voters.last().map_or(&self.static_voters, |(_, voters)| voters)
    }

    /// Where the log says so; `None` while the setting says so.
    pub(crate) fn voters_offset(&self) -> Option<Offset> {
        self.voters.last().map(|(offset, _)| *offset)
    }

    /// The level of kraft.version of now.
    pub(crate) fn kraft_version(&self) -> i16 {
        self.kraft_versions.last().map_or(0, |(_, level)| *level)
    }

    /// Can voters be added and removed?
    pub(crate) fn is_dynamic(&self) -> bool {
        self.kraft_version() >= 1
    }

    /// A control record was appended at `offset`. Returns whether it concerns the voters.
    pub(crate) fn record(&mut self, offset: Offset, record: &ControlRecord) -> bool {
        match record {
            ControlRecord::KRaftVersion(level) => self.kraft_versions.push((offset, *level)),
            ControlRecord::Voters(voters) => {
                self.voters.push((offset, voters.clone()));
                return true;
            }
            ControlRecord::LeaderChange(_) | ControlRecord::SnapshotHeader { .. } | ControlRecord::SnapshotFooter => {}
        }
        false
    }

    /// The log was cut at `end_offset`.
    pub(crate) fn truncate(&mut self, end_offset: Offset) {
        self.voters.retain(|(offset, _)| *offset < end_offset);
        self.kraft_versions.retain(|(offset, _)| *offset < end_offset);
    }

    /// The log starts at `start_offset`: of what was before, the last still counts.
    pub(crate) fn start_advanced(&mut self, start_offset: Offset) {
        forget_before(&mut self.voters, start_offset);
        forget_before(&mut self.kraft_versions, start_offset);
    }

    /// A snapshot took the place of the log.
    pub(crate) fn replaced_by(&mut self, last_offset: Offset, kraft_version: i16, voters: Option<VoterSet>) {
        self.kraft_versions = vec![(last_offset, kraft_version)];
        self.voters = voters.map(|voters| (last_offset, voters)).into_iter().collect();
    }
}

fn forget_before<T>(history: &mut Vec<(Offset, T)>, start_offset: Offset) {
    let last_before = history.partition_point(|(offset, _)| *offset <= start_offset).saturating_sub(1);
    history.drain(..last_before);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> VoterSet {
        VoterSet::parse(text, "C").expect("valid")
    }

    #[test]
    fn voters_count_on_append_and_no_longer_when_cut_off() {
        let mut membership = Membership::new(set("1@a:1"), &LogFacts::default());
        membership.record(10, &ControlRecord::KRaftVersion(1));
        assert!(membership.record(11, &ControlRecord::Voters(set("1@a:1,2@b:1"))));
        assert_eq!((membership.voters().len(), membership.kraft_version()), (2, 1));
        membership.truncate(11);
        assert_eq!((membership.voters().len(), membership.kraft_version()), (1, 1));
        membership.truncate(10);
        assert_eq!((membership.voters_offset(), membership.kraft_version()), (None, 0));
    }

    #[test]
    fn last_voters_before_the_start_still_count() {
        let mut membership = Membership::new(VoterSet::default(), &LogFacts::default());
        for (offset, text) in [(-1, "1@a:1"), (10, "1@a:1,2@b:1"), (20, "2@b:1")] {
            membership.record(offset, &ControlRecord::Voters(set(text)));
        }
        membership.start_advanced(15);
        membership.truncate(20);
        assert_eq!(membership.voters(), &set("1@a:1,2@b:1"));
    }
}
