//! The node: what every handler can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use config::Settings;
use groups::GroupOptions;
use runtime::{Clock, Random};
use security::Authorizer;
use storage::StorageError;
use tokio::time::Instant;
use types::{NO_TIMESTAMP, NodeId, Str, TimestampMs};

use crate::api::records::fetch_session::FetchSessions;
use crate::cluster::Cluster;
use crate::coordinator::GroupCoordinators;
use crate::directories::Directories;
use crate::metrics::Metrics;
use crate::partition::{Durability, Partitions};
use crate::producer_ids::ProducerIds;

/// A request may wait so long at the most, whatever it says.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// A full disk is worth a line this often.
const FULL_DISK_WARNING_EVERY_MS: TimestampMs = 60_000;

/// A running node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) cluster_id: Str,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) durability: Durability,
    pub(crate) authorizer: Authorizer,
    pub(crate) metrics: Metrics,
    pub(crate) cluster: Cluster,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) directories: Arc<Directories>,
    pub(crate) groups: Arc<GroupCoordinators>,
    pub(crate) fetch_sessions: FetchSessions,
    pub(crate) producer_ids: ProducerIds,
    pub(crate) full_disk_warned_ms: AtomicI64,
}

impl Node {
    /// The moment until which a request with this timeout may wait.
    pub(crate) fn deadline_in(&self, timeout_ms: i32) -> Instant {
        Instant::now() + Duration::from_millis(timeout_ms.max(0) as u64).min(LONGEST_WAIT)
    }

    /// Says that a disk is full, once a minute however many producers are refused.
    pub(crate) fn warn_of_full_disk(&self, error: &StorageError) {
        let (now, last) = (self.clock.now_ms(), self.full_disk_warned_ms.load(Ordering::Relaxed));
        let due = last == NO_TIMESTAMP || now.saturating_sub(last) >= FULL_DISK_WARNING_EVERY_MS;
        let swap = |last| self.full_disk_warned_ms.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed);
        if due && swap(last).is_ok() {
            tracing::warn!(%error, "records are refused, and clients try again; free some space and they go on");
        }
    }
}

/// The settings of group coordinators.
pub(crate) fn group_options(settings: &Settings) -> GroupOptions {
    GroupOptions {
        min_session_timeout_ms: settings.get_int("group.min.session.timeout.ms"),
        max_session_timeout_ms: settings.get_int("group.max.session.timeout.ms"),
        initial_rebalance_delay_ms: settings.get_int("group.initial.rebalance.delay.ms"),
        max_group_size: settings.get_int("group.max.size") as usize,
        offset_metadata_max_bytes: settings.get_int("offset.metadata.max.bytes") as usize,
        offsets_retention_ms: i64::from(settings.get_int("offsets.retention.minutes")) * 60_000,
        retention_check_interval_ms: settings.get_long("offsets.retention.check.interval.ms"),
        max_record_bytes: settings.get_int("message.max.bytes") as usize,
        max_groups: settings.get_int("vltava.max.groups") as usize,
        ..GroupOptions::default()
    }
}
