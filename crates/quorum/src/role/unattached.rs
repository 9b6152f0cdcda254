//! Unattached: no leader is known, or none that can be reached.
//!
//! Looks for the leader by fetching from one bootstrap server after the other, each of which names the leader it knows. A
//! voter gives its vote here, and becomes prospective when nobody was elected for an election timeout.

use std::time::Duration;

use machine::Now;
use types::NodeId;

use crate::endpoints::Destination;
use crate::io::Output;
use crate::message::{FetchRequest, Request};
use crate::quorum::Quorum;
use crate::role::Role;

/// What an unattached replica keeps.
#[derive(Debug)]
pub(crate) struct Unattached {
    /// When a voter becomes prospective; nothing for an observer.
    pub(crate) election_deadline: Option<Duration>,
}

impl Quorum {
    pub(crate) fn poll_unattached(&mut self, now: Now, out: &mut Vec<Output>) {
        if self.is_voter() && !self.shutting_down {
            let Role::Unattached(Unattached { election_deadline }) = self.role else { return };
            match election_deadline {
                Some(deadline) if deadline <= now.monotonic && self.installing.is_none() => {
                    self.become_prospective(now, out);
                    return;
                }
                Some(_) => {}
                None => {
                    // It was an observer until its voters changed.
                    let deadline = self.election_deadline(now);
                    self.role = Role::unattached(Some(deadline));
                }
            }
        }
        self.fetch_from_bootstrap(now, out);
    }

    /// Fetches from any bootstrap server that is ready, unless an answer is still awaited from anybody.
    pub(crate) fn fetch_from_bootstrap(&mut self, now: Now, out: &mut Vec<Output>) {
        if !self.may_fetch() || self.connections.any_on_the_way(now.monotonic) {
            return;
        }
        let servers = self.bootstrap_servers();
        let ready: Vec<&Destination> =
            servers.iter().filter(|server| self.connections.is_ready(server.id, now.monotonic)).collect();
        if ready.is_empty() {
            return;
        }
        let index = self.random.below(ready.len() as u64) as usize;
        if let Some(server) = ready.get(index) {
            self.send(now, (*server).clone(), Quorum::fetch_request, out);
        }
    }

    /// The configured servers, else the configured voters, else the voters of the log; never this replica itself.
    fn bootstrap_servers(&self) -> Vec<Destination> {
        let own = self.options.endpoints.of(&self.options.listener);
        let is_own = |server: &Destination| {
            let same_address = own.is_some_and(|own| own.host == server.host && own.port == server.port);
            server.id == self.options.local.id || same_address
        };
        let configured: Vec<Destination> =
            self.options.bootstrap_servers.iter().filter(|server| !is_own(server)).cloned().collect();
        if !configured.is_empty() {
            return configured;
        }
        let voters = self.membership.voters();
        let ids: Vec<NodeId> = self.options.static_voters.ids().chain(voters.ids()).collect();
        let mut servers: Vec<Destination> = Vec::new();
        for id in ids {
            let listener = &self.options.listener;
            let found =
                voters.destination(id, listener).or_else(|| self.options.static_voters.destination(id, listener));
            if let Some(server) = found.filter(|server| !is_own(server) && !servers.contains(server)) {
                servers.push(server);
            }
        }
        servers
    }

    pub(crate) fn fetch_request(&self) -> Request {
        Request::Fetch(FetchRequest {
            cluster_id: Some(self.options.cluster_id.clone()),
            replica: self.options.local,
            epoch: self.election.epoch,
            fetch_offset: self.log.end_offset(),
            last_fetched_epoch: self.log.last_epoch(),
            high_watermark: self.committed.unwrap_or(types::NO_OFFSET),
            max_wait_ms: self.options.fetch_max_wait_ms,
            max_bytes: self.options.fetch_max_bytes,
        })
    }
}
