//! Consumer groups and their offsets as a Ledger: one `GroupCoordinator` per partition of `__consumer_offsets`.
//!
//! ```text
//!  Command ──> Turn (coordinator.rs) ──> classic/{join,sync,heartbeat,leave}.rs   members come and go
//!                                        offsets/{commit,fetch,delete,expire}.rs  how far they have read
//!                                        {describe,list,delete_groups}.rs         what people ask
//!  Record  ──> GroupCoordinator::apply ──> stored.rs, offsets/                    what survives
//! ```
//!
//! Durable is what the log says: a group's last persisted generation (`StoredGroup`) and its offsets. `Soft` is the rest of a
//! living group: its state machine, who waits for an answer, sessions and timers. Only groups with members or pending
//! members live in `Soft`; an empty group is nothing but its record, and is brought to life by the next join.
//!
//! What the driver must keep to:
//! - Records of a decision are applied before the next decision is asked for.
//! - An answer leaves when everything that was appended before it is committed, also if its own decision wrote nothing:
//!   a follower that syncs right after the leader is answered from state whose record may still be on its way.
//! - When an append fails, or the partition moves away: `Soft::abandon` answers all who wait, and the ledger is rebuilt from
//!   its log with `GroupCoordinator::resume`.
//! - A held heartbeat blocks the answers behind it on its connection. A commit, join, sync or leave of the same member
//!   releases it; for every other request on that connection the driver sends `Command::ReleaseHeartbeat` first.

mod classic;
mod codec;
mod command;
mod coordinator;
mod delete_groups;
mod describe;
mod list;
mod offsets;
mod options;
mod record;
mod room;
mod soft;
mod stored;
mod timers;

pub use classic::{
    GroupState, Heartbeat, JoinAnswer, JoinGroup, JoinedMember, LeaveAnswer, LeaveGroup, LeavingMember, LeftMember,
    SyncAnswer, SyncGroup, new_member_id,
};
pub use codec::CodecError;
pub use command::{Answer, Command};
pub use coordinator::GroupCoordinator;
pub use delete_groups::{DeleteGroups, DeletedGroup};
pub use describe::{DescribeGroups, DescribedGroup, DescribedMember};
pub use list::{CLASSIC, ListGroups, ListedGroup};
pub use offsets::{
    CommitOffsets, CommitPartition, CommitTopic, CommittedTopic, DeleteOffsets, DeleteOffsetsAnswer, DeletedOffsets,
    DeletedTopic, FetchGroup, FetchOffsets, FetchTopic, FetchedGroup, FetchedPartition, FetchedTopic,
    OffsetAndMetadata, PartitionResult,
};
pub use options::GroupOptions;
pub use record::{GroupRecord, Producer};
pub use soft::Soft;
pub use stored::{StoredGroup, StoredMember};

/// What a turn of the coordinator decides.
pub type Decision = machine::Decision<GroupRecord, Answer>;
