//! What the controller keeps in memory only: when it last heard of each broker.
//!
//! A session is made when its broker is first seen here, with a full timeout ahead: a controller that has just become active,
//! or was rebuilt, fences nobody for silence it has not witnessed. There is at most one session for each registered broker.

use std::collections::BTreeMap;
use std::time::Duration;

use machine::Now;
use types::{NodeId, Offset};

use super::options::ControllerOptions;
use crate::image::{Broker, ClusterImage};

/// What the controller keeps in memory only.
#[derive(Clone, Debug, Default)]
pub struct Soft {
    sessions: BTreeMap<NodeId, Session>,
    next_elections: Option<Duration>,
}

/// What is known of a broker's incarnation by its heartbeats.
#[derive(Clone, Debug)]
pub(super) struct Session {
    epoch: i64,
    pub last_heard: Duration,
    /// How far it has read the metadata log.
    pub metadata_offset: Offset,
    /// Where its registration stands in the log; it is caught up when it has read so far.
    pub registration_offset: Offset,
    /// Set when it began to leave: the offset behind the last change made for that.
    pub controlled_shutdown_offset: Option<Offset>,
}

impl Soft {
    /// Forgets every session: this controller has just become active.
    pub(super) fn start(&mut self, image: &ClusterImage, now: Now) {
        *self = Soft::default();
        for broker in image.brokers().values() {
            self.session(broker, now);
        }
    }

    /// The session of a broker's present incarnation.
    pub(super) fn session(&mut self, broker: &Broker, now: Now) -> &mut Session {
        let fresh = || Session {
            epoch: broker.epoch,
            last_heard: now.monotonic,
            metadata_offset: -1,
            registration_offset: broker.epoch,
            controlled_shutdown_offset: None,
        };
        let session = self.sessions.entry(broker.id).or_insert_with(fresh);
        if session.epoch != broker.epoch {
            *session = fresh();
        }
        session
    }

    /// A broker has registered, and its registration stands at this offset.
    pub(super) fn registered(&mut self, broker: &Broker, registration_offset: Offset, now: Now) {
        let session = self.session(broker, now);
        session.last_heard = now.monotonic;
        session.registration_offset = registration_offset;
    }

    /// A broker is not registered any more.
    pub(super) fn forget(&mut self, broker: NodeId) {
        self.sessions.remove(&broker);
    }

    /// Has a broker that is not fenced been heard of in time?
    pub(super) fn is_alive(&mut self, broker: &Broker, options: &ControllerOptions, now: Now) -> bool {
        !broker.fenced && now.monotonic < expiry(self.session(broker, now), options)
    }

    /// How far the active broker that is furthest behind has read the metadata log.
    pub(super) fn lowest_active_offset(&self, image: &ClusterImage) -> Offset {
        let active = self.sessions.iter().filter(|(id, session)| {
            session.controlled_shutdown_offset.is_none() && image.broker(**id).is_some_and(|broker| broker.is_active())
        });
        active.map(|(_, session)| session.metadata_offset).min().unwrap_or(Offset::MAX)
    }

    /// The unfenced broker that was silent the longest, if it was silent too long.
    pub(super) fn stale_broker(
        &mut self,
        image: &ClusterImage,
        options: &ControllerOptions,
        now: Now,
    ) -> Option<NodeId> {
        self.sessions.retain(|id, _| image.broker(*id).is_some());
        for broker in unfenced(image) {
            self.session(broker, now);
        }
        let unfenced = self.sessions.iter().filter(|(id, _)| image.broker(**id).is_some_and(|broker| !broker.fenced));
        let (id, session) = unfenced.min_by_key(|(_, session)| session.last_heard)?;
        (now.monotonic >= expiry(session, options)).then_some(*id)
    }

    /// Is it time for periodic elections? If so the next time is set.
    pub(super) fn elections_due(&mut self, now: Now, interval_ms: i64) -> bool {
        let next = now.after_ms(interval_ms);
        match self.next_elections {
            Some(at) if now.monotonic < at => false,
            Some(_) => {
                self.next_elections = Some(next);
                true
            }
            None => {
                self.next_elections = Some(next);
                false
            }
        }
    }

    /// Periodic elections were not finished.
    pub(super) fn elections_again(&mut self, now: Now) {
        self.next_elections = Some(now.monotonic);
    }

    /// When `expire` has something to do: a session ends, elections are due, or a broker has no session yet.
    pub(super) fn deadline(&self, image: &ClusterImage, options: &ControllerOptions) -> Option<Duration> {
        if image.brokers().is_empty() {
            return None;
        }
        let ends = unfenced(image).map(|broker| match self.sessions.get(&broker.id) {
            Some(session) if session.epoch == broker.epoch => expiry(session, options),
            _ => Duration::ZERO,
        });
        ends.chain([self.next_elections.unwrap_or(Duration::ZERO)]).min()
    }
}

fn unfenced(image: &ClusterImage) -> impl Iterator<Item = &Broker> {
    image.brokers().values().map(|broker| &**broker).filter(|broker| !broker.fenced)
}

fn expiry(session: &Session, options: &ControllerOptions) -> Duration {
    session.last_heard + Duration::from_millis(options.session_timeout_ms.max(0) as u64)
}
