//! `GroupOptions`: the settings of a coordinator, with Kafka's defaults, and the limits of what it keeps in memory.

/// The settings of a coordinator.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupOptions {
    /// `group.min.session.timeout.ms`: a join that asks for less is refused.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`: a join that asks for more is refused.
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`: how long the first rebalance of an empty group waits for more members.
    pub initial_rebalance_delay_ms: i32,
    /// `group.max.size`: members of one group.
    pub max_group_size: usize,
    /// A new member whose join is not answered within this time is dropped: it may have gone without a word.
    pub new_member_join_timeout_ms: i32,
    /// The longest time a heartbeat with nothing to say is held; 0 answers all at once. See `classic::heartbeat`.
    pub heartbeat_hold_ms: i32,
    /// `offset.metadata.max.bytes`: the longest metadata of a committed offset, in UTF-16 units as Kafka counts them.
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes` in milliseconds: how long offsets outlive their group's last member or their commit.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`: how often expired offsets and abandoned groups are looked for.
    pub retention_check_interval_ms: i64,
    /// `message.max.bytes` of the offsets topic: what one decision may write.
    pub max_record_bytes: usize,
    /// Groups in one partition of the offsets topic; more are refused with POLICY_VIOLATION.
    pub max_groups: usize,
    /// Member ids of one group that were handed out and not used yet; more are refused with GROUP_MAX_SIZE_REACHED.
    pub max_pending_members: usize,
    /// DeleteGroups requests that are not done; more are told to come again.
    pub max_pending_deletions: usize,
    /// Deleted topics whose offsets are not removed yet; of more the offsets are left to expire.
    pub max_deleted_topics: usize,
}

impl Default for GroupOptions {
    fn default() -> Self {
        GroupOptions {
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            max_group_size: i32::MAX as usize,
            new_member_join_timeout_ms: 300_000,
            heartbeat_hold_ms: 1_000,
            offset_metadata_max_bytes: 4_096,
            offsets_retention_ms: 10_080 * 60_000,
            retention_check_interval_ms: 600_000,
            max_record_bytes: 1_048_588,
            max_groups: 1_000_000,
            max_pending_members: 10_000,
            max_pending_deletions: 1_000,
            max_deleted_topics: 100_000,
        }
    }
}
