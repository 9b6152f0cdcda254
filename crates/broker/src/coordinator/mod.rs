//! Group coordinators: one ledger for each partition of `__consumer_offsets` that this node leads.
//!
//! ```text
//!  handler ── ask(group, command) ──▶ host of the group's partition: decide ─▶ append ─▶ apply
//!     ◀──────────── answer ─────────────  when everything appended so far is committed
//! ```

mod codec;
mod host;
mod place;

pub(crate) use place::partition_of;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use groups::{Answer, Command, DeletedTopic, GroupOptions};
use parking_lot::RwLock;
use runtime::Clock;
use tokio::sync::Notify;
use types::ErrorCode;

use crate::partition::{Durability, Partition};
use host::{Asked, Host};

/// All group coordinators of the node.
#[derive(Debug)]
pub(crate) struct GroupCoordinators {
    hosts: RwLock<BTreeMap<i32, Arc<Host>>>,
    options: RwLock<GroupOptions>,
    clock: Clock,
    durability: Durability,
    /// A deadline may have come nearer.
    sooner: Arc<Notify>,
}

/// A question that is on its way.
pub(crate) type Pending = Asked;

impl GroupCoordinators {
    pub(crate) fn new(options: GroupOptions, clock: Clock, durability: Durability) -> GroupCoordinators {
        let (hosts, options) = (RwLock::default(), RwLock::new(options));
        GroupCoordinators { hosts, options, clock, durability, sooner: Arc::default() }
    }

    /// This node leads a partition of the offsets topic: its groups are read from the log. Until that is done they are
    /// "loading"; an empty log is done at once.
    pub(crate) fn lead(&self, partition: Arc<Partition>) {
        let number = partition.number();
        let options = self.options.read().clone();
        let host = Arc::new(Host::new(partition, options, self.clock.clone(), self.durability, self.sooner.clone()));
        self.hosts.write().insert(number, host.clone());
        if host.is_trivial() {
            host.load();
        } else {
            tokio::task::spawn_blocking(move || host.load());
        }
    }

    /// This node leads the partition no more: whoever waits is sent elsewhere.
    pub(crate) fn resign(&self, number: i32) {
        if let Some(host) = self.hosts.write().remove(&number) {
            host.resign();
        }
    }

    /// Settings have changed.
    pub(crate) fn set_options(&self, options: GroupOptions) {
        *self.options.write() = options.clone();
        self.hosts.read().values().for_each(|host| host.set_options(&options));
    }

    /// Asks the coordinator of a group. `partitions` is how many the offsets topic has.
    pub(crate) fn ask(
        &self,
        group_id: &str,
        partitions: Option<usize>,
        command: Command,
    ) -> Result<Pending, ErrorCode> {
        let partitions = partitions.ok_or(ErrorCode::CoordinatorNotAvailable)?;
        let number = partition_of(group_id, partitions);
        let host = self.hosts.read().get(&number).cloned().ok_or(ErrorCode::NotCoordinator)?;
        host.ask(command)
    }

    /// Asks every coordinator of the node; says also whether some are still loading.
    pub(crate) async fn ask_all(&self, command: Command) -> (Vec<Answer>, bool) {
        let hosts: Vec<_> = self.hosts.read().values().cloned().collect();
        let mut answers = Vec::new();
        let mut loading = false;
        for asked in hosts.iter().map(|host| host.ask(command.clone())).collect::<Vec<_>>() {
            match asked {
                Ok(pending) => answers.push(pending.answer().await),
                Err(ErrorCode::CoordinatorLoadInProgress) => loading = true,
                // One that is gone has nothing to say, and does not keep the others from speaking.
                Err(_) => {}
            }
        }
        (answers, loading)
    }

    /// Topics are gone: so are the offsets committed for them.
    pub(crate) fn topics_deleted(&self, topics: &[DeletedTopic]) {
        self.hosts.read().values().for_each(|host| host.topics_deleted(topics));
    }

    /// How many groups there are.
    pub(crate) fn group_count(&self) -> usize {
        self.hosts.read().values().map(|host| host.group_count()).sum()
    }

    /// Lets time pass for all groups, as long as the node runs.
    pub(crate) async fn keep_time(&self) {
        /// Without any deadline: nothing changes before somebody asks something.
        const FAR: Duration = Duration::from_secs(3_600);
        loop {
            let sooner = self.sooner.notified();
            let hosts: Vec<_> = self.hosts.read().values().cloned().collect();
            let now = self.clock.monotonic();
            let next = hosts.iter().filter_map(|host| host.expire(now)).min();
            let wait = next.map_or(FAR, |next| next.saturating_sub(self.clock.monotonic()));
            tokio::select! {
                biased;
                () = sooner => {}
                () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
            }
        }
    }
}
