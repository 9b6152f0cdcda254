//! What a leader tells administrators about its quorum.

use machine::Now;
use types::ErrorCode;

use super::Progress;
use crate::message::{DescribeQuorumResponse, ReplicaStatus};
use crate::quorum::Quorum;
use crate::role::Role;

impl Quorum {
    /// The state of the quorum; the leader's own log end and times are those of now.
    pub(crate) fn describe(&mut self, now: Now) -> DescribeQuorumResponse {
        let Role::Leader(leader) = &mut self.role else {
            return DescribeQuorumResponse::error(ErrorCode::NotLeaderOrFollower);
        };
        leader.forget_silent_observers(now);
        let own = ReplicaStatus {
            key: leader.local,
            end_offset: Some(self.log.end_offset()),
            last_fetch_ms: now.wall_ms,
            last_caught_up_ms: now.wall_ms,
        };
        let status = |progress: &Progress| ReplicaStatus {
            key: progress.key,
            end_offset: progress.end_offset,
            last_fetch_ms: progress.last_fetch_ms,
            last_caught_up_ms: progress.last_caught_up_ms,
        };
        let voter = |progress: &Progress| {
            if progress.key.means(&leader.local) {
                ReplicaStatus { key: progress.key, ..own.clone() }
            } else {
                status(progress)
            }
        };
        let mut observers: Vec<ReplicaStatus> = leader.observers.values().map(status).collect();
        if !leader.is_local_voter() {
            observers.push(own.clone());
        }
        let voters = self.membership.voters();
        DescribeQuorumResponse {
            error: ErrorCode::None,
            leader_id: leader.local.id,
            epoch: leader.epoch,
            high_watermark: leader.high_watermark,
            voters: leader.voters.values().map(voter).collect(),
            observers,
            nodes: voters.iter().map(|voter| (voter.key.id, voter.endpoints.clone())).collect(),
        }
    }
}
