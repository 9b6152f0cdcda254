//! How far a replica is, as its fetches tell the leader.

use std::time::Duration;

use machine::Now;
use types::{NO_OFFSET, NO_TIMESTAMP, Offset, TimestampMs};

use crate::replica::ReplicaKey;

/// One replica as the leader sees it.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) key: ReplicaKey,
    /// The end of its durable log: the offset of its last fetch. It may go back when the replica lost what it had not synced.
    pub(crate) end_offset: Option<Offset>,
    pub(crate) last_fetch: Option<Duration>,
    pub(crate) last_fetch_ms: TimestampMs,
    /// When it last had everything the leader had at that time.
    pub(crate) last_caught_up_ms: TimestampMs,
    leader_end_at_last_fetch: Offset,
}

impl Progress {
    pub(crate) fn new(key: ReplicaKey) -> Progress {
        Progress {
            key,
            end_offset: None,
            last_fetch: None,
            last_fetch_ms: NO_TIMESTAMP,
            last_caught_up_ms: NO_TIMESTAMP,
            leader_end_at_last_fetch: NO_OFFSET,
        }
    }

    /// The replica fetched from `fetch_offset` while the leader's log ended at `leader_end`.
    pub(crate) fn fetched(&mut self, now: Now, fetch_offset: Offset, leader_end: Offset) {
        if fetch_offset >= leader_end {
            self.last_caught_up_ms = self.last_caught_up_ms.max(now.wall_ms);
        } else if self.leader_end_at_last_fetch > 0 && fetch_offset >= self.leader_end_at_last_fetch {
            // It has what there was at its last fetch: it was caught up then.
            self.last_caught_up_ms = self.last_caught_up_ms.max(self.last_fetch_ms);
        }
        self.leader_end_at_last_fetch = leader_end;
        self.last_fetch = Some(now.monotonic);
        self.last_fetch_ms = self.last_fetch_ms.max(now.wall_ms);
        self.end_offset = Some(fetch_offset);
    }

    /// Did it fetch less than this time ago?
    pub(crate) fn fetched_within(&self, ms: i64, now: Now) -> bool {
        let span = Duration::from_millis(ms.max(0) as u64);
        self.last_fetch.is_some_and(|moment| now.monotonic.saturating_sub(moment) < span)
    }

    /// Has it ever had everything the leader had?
    pub(crate) fn was_caught_up(&self) -> bool {
        self.last_caught_up_ms != NO_TIMESTAMP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caught_up_when_it_has_what_there_was_at_its_last_fetch() {
        let mut progress = Progress::new(ReplicaKey::without_directory(1));
        progress.fetched(Now::at_ms(1_000), 5, 10);
        assert!(!progress.was_caught_up());
        progress.fetched(Now::at_ms(1_500), 10, 20);
        assert_eq!(progress.last_caught_up_ms, 1_000);
        progress.fetched(Now::at_ms(2_000), 20, 20);
        assert_eq!(progress.last_caught_up_ms, 2_000);
    }

    #[test]
    fn end_goes_back_when_the_replica_lost_data() {
        let mut progress = Progress::new(ReplicaKey::without_directory(1));
        progress.fetched(Now::at_ms(1), 20, 20);
        progress.fetched(Now::at_ms(2), 15, 20);
        assert_eq!(progress.end_offset, Some(15));
    }
}
