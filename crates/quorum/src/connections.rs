//! Which peers have a request on the way and which are left alone for a while.
//!
//! At most one request is on the way to a peer. A transition forgets all of them, so that an answer that belongs to an
//! earlier role finds nobody waiting: answers are known by the peer and a number that is never used twice.

use std::collections::BTreeMap;
use std::time::Duration;

use types::NodeId;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    PreVote,
    Vote,
    BeginQuorumEpoch,
    EndQuorumEpoch,
    Fetch,
    FetchSnapshot,
    AddVoter,
    RemoveVoter,
    UpdateVoter,
    ApiVersions,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Waiting { correlation: u64, asked: Asked, until: Duration },
    BackingOff { until: Duration },
}

/// The state of every peer that is not simply ready.
#[derive(Debug)]
pub(crate) struct Connections {
    states: BTreeMap<NodeId, State>,
    last_correlation: u64,
    request_timeout: Duration,
    retry_backoff: Duration,
}

impl Connections {
    pub(crate) fn new(request_timeout_ms: i64, retry_backoff_ms: i64) -> Connections {
        let span = |ms: i64| Duration::from_millis(ms.max(0) as u64);
        Connections {
            states: BTreeMap::new(),
            last_correlation: 0,
            request_timeout: span(request_timeout_ms),
            retry_backoff: span(retry_backoff_ms),
        }
    }

    /// May a request be sent to the peer?
    pub(crate) fn is_ready(&self, id: NodeId, now: Duration) -> bool {
        match self.states.get(&id) {
            None => true,
            Some(State::Waiting { until, .. } | State::BackingOff { until }) => *until <= now,
        }
    }

    /// A request goes out; its number is returned.
    pub(crate) fn sent(&mut self, id: NodeId, asked: Asked, now: Duration) -> u64 {
        self.last_correlation += 1;
        let state = State::Waiting { correlation: self.last_correlation, asked, until: now + self.request_timeout };
        self.states.insert(id, state);
        self.last_correlation
    }

    /// An answer came: what had been asked, or `None` if nobody waits for it. The peer is ready afterwards.
    pub(crate) fn answered(&mut self, id: NodeId, number: u64) -> Option<Asked> {
        match self.states.get(&id) {
            Some(State::Waiting { correlation, asked, .. }) if *correlation == number => {
                let asked = *asked;
                self.states.remove(&id);
                Some(asked)
            }
            _ => None,
        }
    }

    /// Leaves the peer alone for a while, unless a newer request is already on the way to it.
    pub(crate) fn back_off(&mut self, id: NodeId, now: Duration) {
        if !matches!(self.states.get(&id), Some(State::Waiting { .. })) {
            self.states.insert(id, State::BackingOff { until: now + self.retry_backoff });
        }
    }

    /// Did the request to this peer go unanswered for too long?
    pub(crate) fn has_timed_out(&self, id: NodeId, now: Duration) -> bool {
        matches!(self.states.get(&id), Some(State::Waiting { until, .. }) if *until <= now)
    }

    /// Is the peer left alone?
    pub(crate) fn is_backing_off(&self, id: NodeId, now: Duration) -> bool {
        matches!(self.states.get(&id), Some(State::BackingOff { until }) if *until > now)
    }

    /// Is any request on the way? Fetches go out only when none is, so that no offset is fetched twice.
    pub(crate) fn any_on_the_way(&self, now: Duration) -> bool {
        self.states.values().any(|state| matches!(state, State::Waiting { until, .. } if *until > now))
    }

    /// Forgets one peer's state.
    pub(crate) fn reset(&mut self, id: NodeId) {
        self.states.remove(&id);
    }

    /// Forgets everything; numbers go on.
    pub(crate) fn reset_all(&mut self) {
        self.states.clear();
    }

    /// The moments at which some peer's state ends.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Duration> + '_ {
        self.states.values().map(|state| match state {
            State::Waiting { until, .. } | State::BackingOff { until } => *until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn answer_is_taken_once_and_from_whom_it_was_asked() {
        let mut connections = Connections::new(2_000, 20);
        let number = connections.sent(1, Asked::Fetch, ms(0));
        assert_eq!(connections.answered(2, number), None);
        assert_eq!(connections.answered(1, number + 1), None);
        assert_eq!(connections.answered(1, number), Some(Asked::Fetch));
        assert_eq!(connections.answered(1, number), None);
    }

    #[test]
    fn answer_of_an_earlier_role_is_ignored() {
        let mut connections = Connections::new(2_000, 20);
        let number = connections.sent(1, Asked::Vote, ms(0));
        connections.reset_all();
        assert_eq!(connections.answered(1, number), None);
        assert_ne!(connections.sent(1, Asked::Vote, ms(0)), number);
    }

    #[test]
    fn silent_peer_is_ready_again_after_the_timeout() {
        let mut connections = Connections::new(2_000, 20);
        connections.sent(1, Asked::Fetch, ms(0));
        assert!(!connections.is_ready(1, ms(1_999)) && connections.any_on_the_way(ms(1_999)));
        assert!(connections.has_timed_out(1, ms(2_000)) && connections.is_ready(1, ms(2_000)));
        assert!(!connections.any_on_the_way(ms(2_000)));
    }

    #[test]
    fn failed_peer_is_left_alone_for_the_backoff() {
        let mut connections = Connections::new(2_000, 20);
        connections.back_off(1, ms(5));
        assert!(connections.is_backing_off(1, ms(24)) && !connections.is_ready(1, ms(24)));
        assert!(!connections.is_backing_off(1, ms(25)) && connections.is_ready(1, ms(25)));
    }
}
