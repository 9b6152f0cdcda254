//! Metadata versions and the other features of a cluster, with the levels that Kafka gives them.
//!
//! `metadata.version` says which records may be written; the other features switch protocols on. A feature's level is
//! *finalized* by a FeatureLevelRecord and binds every node of the cluster. `kraft.version` stands here for its range only: it
//! is finalized by a control record of the quorum, never by a FeatureLevelRecord.

use std::fmt;

/// Which records may be written, and which versions of them.
pub const METADATA_VERSION: &str = "metadata.version";
/// Static (0) or dynamic (1) voters.
pub const KRAFT_VERSION: &str = "kraft.version";
/// Flexible transaction records (1), transactions protocol 2 (2).
pub const TRANSACTION_VERSION: &str = "transaction.version";
/// The consumer group protocol of KIP-848.
pub const GROUP_VERSION: &str = "group.version";
/// Eligible leader replicas, KIP-966.
pub const ELIGIBLE_LEADER_REPLICAS_VERSION: &str = "eligible.leader.replicas.version";
/// Share groups, KIP-932.
pub const SHARE_VERSION: &str = "share.version";
/// Streams groups, KIP-1071.
pub const STREAMS_VERSION: &str = "streams.version";

/// Level, name, and whether the format of the metadata records changed with it.
const LEVELS: [(i16, &str, bool); 24] = [
    (7, "3.3-IV3", true),
    (8, "3.4-IV0", true),
    (9, "3.5-IV0", false),
    (10, "3.5-IV1", false),
    (11, "3.5-IV2", true),
    (12, "3.6-IV0", false),
    (13, "3.6-IV1", true),
    (14, "3.6-IV2", true),
    (15, "3.7-IV0", true),
    (16, "3.7-IV1", false),
    (17, "3.7-IV2", true),
    (18, "3.7-IV3", false),
    (19, "3.7-IV4", false),
    (20, "3.8-IV0", false),
    (21, "3.9-IV0", false),
    (22, "4.0-IV0", false),
    (23, "4.0-IV1", true),
    (24, "4.0-IV2", false),
    (25, "4.0-IV3", false),
    (26, "4.1-IV0", false),
    (27, "4.1-IV1", false),
    (28, "4.2-IV0", false),
    (29, "4.2-IV1", false),
    (30, "4.3-IV0", true),
];

/// A level of `metadata.version` that this program understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataVersion(i16);

impl MetadataVersion {
    /// The oldest level that a cluster of today may have: 3.3-IV3.
    pub const MINIMUM: MetadataVersion = MetadataVersion(7);
    /// The newest one: 4.3-IV0.
    pub const LATEST: MetadataVersion = MetadataVersion(30);

    /// The version with this level, if it is one we understand.
    pub fn from_level(level: i16) -> Option<MetadataVersion> {
        let version = MetadataVersion(level);
        (MetadataVersion::MINIMUM..=MetadataVersion::LATEST).contains(&version).then_some(version)
    }

    /// The version with this name ("3.9-IV0"); a release ("3.9") means the newest version of that release.
    pub fn from_name(name: &str) -> Option<MetadataVersion> {
        let of_release = |full: &str| full.split_once('-').is_some_and(|(release, _)| release == name);
        LEVELS
            .iter()
            .rev()
            .find(|(_, full, _)| *full == name || of_release(full))
            .map(|(level, _, _)| MetadataVersion(*level))
    }

    /// The number that a FeatureLevelRecord carries.
    pub fn level(self) -> i16 {
        self.0
    }

    /// The name that people use.
    pub fn name(self) -> &'static str {
        LEVELS.iter().find(|(level, _, _)| *level == self.0).map_or("unknown", |(_, name, _)| name)
    }

    /// Every version, oldest first.
    pub fn all() -> impl Iterator<Item = MetadataVersion> {
        LEVELS.iter().map(|(level, _, _)| MetadataVersion(*level))
    }

    /// Did the format of the records change anywhere between the two?
    pub fn format_differs(self, other: MetadataVersion) -> bool {
        let (older, newer) = (self.min(other), self.max(other));
        LEVELS.iter().any(|&(level, _, changed)| changed && level > older.0 && level <= newer.0)
    }

    /// Must the leader epoch go up when the ISR shrinks? (KAFKA-15021)
    pub fn bumps_leader_epoch_on_isr_shrink(self) -> bool {
        self.0 < 12
    }

    /// May several batches form one transaction?
    pub fn has_transactions(self) -> bool {
        self.0 >= 13
    }

    /// Do controllers register?
    pub fn has_controller_registration(self) -> bool {
        self.0 >= 15
    }

    /// Do replicas name the directory they live in?
    pub fn has_directories(self) -> bool {
        self.0 >= 17
    }

    /// May partitions carry eligible leader replicas?
    pub fn has_eligible_leader_replicas(self) -> bool {
        self.0 >= 23
    }

    /// May log directories be cordoned?
    pub fn has_cordoned_directories(self) -> bool {
        self.0 >= 30
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A feature other than `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The highest level; the lowest is 0, "off".
    pub maximum: i16,
    /// From which metadata version on a new cluster gets which level; before the first it gets 0.
    defaults: &'static [(i16, i16)],
    /// From which level on which metadata version is needed.
    needs: &'static [(i16, i16)],
}

/// Every feature other than `metadata.version`.
pub const FEATURES: [Feature; 6] = [
    Feature { name: KRAFT_VERSION, maximum: 1, defaults: &[(21, 1)], needs: &[] },
    Feature { name: TRANSACTION_VERSION, maximum: 2, defaults: &[(24, 2)], needs: &[] },
    Feature { name: GROUP_VERSION, maximum: 1, defaults: &[(22, 1)], needs: &[] },
    Feature { name: ELIGIBLE_LEADER_REPLICAS_VERSION, maximum: 1, defaults: &[(26, 1)], needs: &[(1, 23)] },
    Feature { name: SHARE_VERSION, maximum: 1, defaults: &[(28, 1)], needs: &[] },
    Feature { name: STREAMS_VERSION, maximum: 1, defaults: &[(29, 1)], needs: &[] },
];

impl Feature {
    /// The feature with this name.
    pub fn named(name: &str) -> Option<&'static Feature> {
        FEATURES.iter().find(|feature| feature.name == name)
    }

    /// The level that a new cluster of this metadata version gets.
    pub fn default_level(&self, version: MetadataVersion) -> i16 {
        self.defaults.iter().rev().find(|(from, _)| version.0 >= *from).map_or(0, |(_, level)| *level)
    }

    /// The oldest metadata version at which this level may be finalized.
    pub fn needed_version(&self, level: i16) -> MetadataVersion {
        let needed =
            self.needs.iter().rev().find(|(from, _)| level >= *from).map(|(_, version)| MetadataVersion(*version));
        needed.unwrap_or(MetadataVersion::MINIMUM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_agree() {
        for version in MetadataVersion::all() {
            assert_eq!(MetadataVersion::from_name(version.name()), Some(version));
            assert_eq!(MetadataVersion::from_level(version.level()), Some(version));
        }
        assert_eq!(MetadataVersion::LATEST.name(), "4.3-IV0");
        assert_eq!(MetadataVersion::from_name("4.0"), MetadataVersion::from_level(25));
        assert_eq!(MetadataVersion::from_name("4"), None);
        assert_eq!(MetadataVersion::from_level(6), None);
        assert_eq!(MetadataVersion::from_level(31), None);
    }

    #[test]
    fn format_differs_only_across_a_change_of_format() {
        let version = |name| MetadataVersion::from_name(name).expect("a known name");
        assert!(!version("4.2-IV1").format_differs(version("4.0-IV1")));
        assert!(version("4.0-IV1").format_differs(version("4.0-IV0")));
        assert!(version("4.0-IV0").format_differs(version("4.0-IV1")));
        assert!(!version("4.3-IV0").format_differs(version("4.3-IV0")));
    }

    #[test]
    fn defaults_follow_the_metadata_version() {
        let default = |feature: &str, version: &str| {
            let version = MetadataVersion::from_name(version).expect("a known name");
            Feature::named(feature).expect("a known feature").default_level(version)
        };
        assert_eq!(default(TRANSACTION_VERSION, "4.0-IV1"), 0);
        assert_eq!(default(TRANSACTION_VERSION, "4.0-IV2"), 2);
        assert_eq!(default(ELIGIBLE_LEADER_REPLICAS_VERSION, "4.0-IV3"), 0);
        assert_eq!(default(ELIGIBLE_LEADER_REPLICAS_VERSION, "4.1-IV0"), 1);
        assert_eq!(default(STREAMS_VERSION, "4.3-IV0"), 1);
        assert_eq!(default(KRAFT_VERSION, "3.9-IV0"), 1);
    }
}
