//! `Timers`: what shall happen when, each under a name by which it is moved or cancelled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use types::Str;

/// What happens when the time has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The join phase of this group ends.
    Join(Str),
    /// Members of this group that have not synced are dropped.
    Sync(Str),
    /// This member, or this pending member, was not heard of for its session timeout.
    Session { group: Str, member: Str },
    /// The held heartbeat of this member is answered.
    HeldHeartbeat { group: Str, member: Str },
    /// Expired offsets and abandoned groups are removed.
    Cleanup,
    /// The rest of the groups that are being deleted is removed.
    Deletions,
    /// The rest of the offsets of deleted topics is removed.
    DeletedTopics,
}

/// Timers in the order in which they fire. At most one per name.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Duration, Timer)>,
    by_name: BTreeMap<Timer, Duration>,
}

impl Timers {
    /// Sets or moves a timer.
    pub(crate) fn schedule(&mut self, timer: Timer, at: Duration) {
        if let Some(before) = self.by_name.insert(timer.clone(), at) {
            self.order.remove(&(before, timer.clone()));
        }
        self.order.insert((at, timer));
    }

    /// Forgets a timer, if it is set.
    pub(crate) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.by_name.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }

    /// The moment at which the next one fires.
    pub(crate) fn first_due(&self) -> Option<Duration> {
        self.order.first().map(|(at, _)| *at)
    }

    /// How many have come due.
    pub(crate) fn count_due(&self, now: Duration) -> usize {
        self.order.iter().take_while(|(at, _)| *at <= now).count()
    }

    /// Takes the earliest one that has come due.
    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<Timer> {
        if self.first_due()? > now {
            return None;
        }
        let (_, timer) = self.order.pop_first()?;
        self.by_name.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_timer_fires_once_at_its_new_time() {
        let mut timers = Timers::default();
        let name = Timer::Join(Str::from("g"));
        timers.schedule(name.clone(), Duration::from_millis(5));
        timers.schedule(Timer::Cleanup, Duration::from_millis(7));
        timers.schedule(name.clone(), Duration::from_millis(9));
        assert_eq!(timers.first_due(), Some(Duration::from_millis(7)));
        assert_eq!(timers.count_due(Duration::from_millis(9)), 2);
        assert_eq!(timers.pop_due(Duration::from_millis(9)), Some(Timer::Cleanup));
        assert_eq!(timers.pop_due(Duration::from_millis(8)), None);
        assert_eq!(timers.pop_due(Duration::from_millis(9)), Some(name));
        assert_eq!(timers.first_due(), None);
    }

    #[test]
    fn a_cancelled_timer_never_fires() {
        let mut timers = Timers::default();
        timers.schedule(Timer::Cleanup, Duration::ZERO);
        timers.cancel(Timer::Cleanup);
        timers.cancel(Timer::DeletedTopics);
        assert_eq!(timers.pop_due(Duration::MAX), None);
    }
}
