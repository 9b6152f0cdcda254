//! Groups of the classic protocol: members join, the leader assigns, all heartbeat until somebody comes or goes.
//!
//! ```text
//!            join                 all rejoined, or time is up          leader synced
//!   Empty ─────────> Preparing ──────────────────────────> Completing ───────────────> Stable
//!     ^              Rebalance <──────────────────────────  Rebalance                    │
//!     └──────────────────┘ ^        join, leave, silence                                 │
//!      all have left       └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! What members say about their protocols is opaque: consumers, Connect workers and schema registries are all the same here.

mod group;
mod heartbeat;
mod join;
mod leave;
mod member;
mod members;
mod rebalance;
mod session;
mod state;
mod static_member;
mod subscription;
mod sync;
mod turn;

pub(crate) use group::ClassicGroup;
pub use heartbeat::Heartbeat;
pub use join::{JoinAnswer, JoinGroup, JoinedMember, new_member_id};
pub use leave::{LeaveAnswer, LeaveGroup, LeavingMember, LeftMember};
pub use state::GroupState;
pub use sync::{SyncAnswer, SyncGroup};
pub(crate) use turn::GroupTurn;

/// The protocol type of consumers: the only one whose metadata is looked into, for the topics a group reads.
pub(crate) const CONSUMER: &str = "consumer";
