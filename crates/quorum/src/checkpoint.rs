//! Snapshots of the metadata log as files: their names, and what must be true of their content.
//!
//! `00000000000000001234-0000000007.checkpoint` holds the state after all records below offset 1234, the last of which has
//! epoch 7. The body is a sequence of record batches with offsets from 0, all of them in the snapshot's epoch, uncompressed:
//!
//! ```text
//! control batch   SnapshotHeader, then (kraft.version ≥ 1) KRaftVersion and Voters
//! data batches    the records of the image
//! control batch   SnapshotFooter, the last record of the file
//! ```
//!
//! The end must lie on a batch boundary of the log, not above the high watermark and not below the log's start; a log that
//! starts above 0 has a snapshot exactly at its start. The file is synced, renamed to its name, and the directory is synced.

use std::fmt;

use types::{LeaderEpoch, Offset};

/// Names a snapshot: where it ends (exclusive) and the epoch of the last record in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId {
    /// The epoch of the last record in it. Ids are ordered by the epoch first.
    pub epoch: LeaderEpoch,
    /// The offset behind the last record in it.
    pub end_offset: Offset,
}

impl SnapshotId {
    /// The bootstrap checkpoint that formatting leaves behind: never served to a follower, never fetched.
    pub const BOOTSTRAP: SnapshotId = SnapshotId { epoch: 0, end_offset: 0 };

    /// An id by its parts.
    pub const fn new(end_offset: Offset, epoch: LeaderEpoch) -> SnapshotId {
        SnapshotId { epoch, end_offset }
    }

    /// The file's name in its final form.
    pub fn file_name(&self) -> String {
        format!("{self}{SUFFIX}")
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{:010}", self.end_offset, self.epoch)
    }
}

/// How a snapshot's file name ends once it is complete.
pub const SUFFIX: &str = ".checkpoint";
/// How it ends while it is being written or downloaded.
pub const PARTIAL_SUFFIX: &str = ".checkpoint.part";
/// How it ends while it waits for deletion.
pub const DELETED_SUFFIX: &str = ".checkpoint.deleted";

/// What a file name of the metadata log's directory says about a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointName {
    /// The snapshot.
    pub id: SnapshotId,
    /// In which state the file is.
    pub stage: Stage,
}

/// The states of a snapshot's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Being written; worthless after a restart.
    Partial,
    /// Complete.
    Complete,
    /// To be deleted.
    Deleted,
}

impl CheckpointName {
    /// Reads a file name; `None` for every other file. A partial file has a random part before its ending.
    pub fn parse(name: &str) -> Option<CheckpointName> {
        let (stage, stem) = if let Some(stem) = name.strip_suffix(PARTIAL_SUFFIX) {
            (Stage::Partial, stem)
        } else if let Some(stem) = name.strip_suffix(DELETED_SUFFIX) {
            (Stage::Deleted, stem)
        } else {
            (Stage::Complete, name.strip_suffix(SUFFIX)?)
        };
        let (end_offset, rest) = (stem.get(..20)?, stem.get(20..)?.strip_prefix('-')?);
        let (epoch, random) = (rest.get(..10)?, rest.get(10..)?);
        if !random.is_empty() && stage != Stage::Partial {
            return None;
        }
        let id = SnapshotId::new(digits(end_offset)?, digits(epoch)?);
        Some(CheckpointName { id, stage })
    }
}

fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// One record of a snapshot's body as far as the rules of the framing care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The SnapshotHeader control record.
    Header,
    /// KRaftVersion or Voters.
    Quorum,
    /// A record of the image.
    Data,
    /// The SnapshotFooter control record.
    Footer,
}

/// A snapshot's body does not keep the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCheckpoint {
    /// The first record is not the header, or there is none.
    #[error("the header is not the first record")]
    Header,
    /// A second header, or quorum records behind the data.
    #[error("a control record stands where data is expected")]
    Misplaced,
    /// The last record is not the footer: the file was cut.
    #[error("the footer is missing")]
    Footer,
    /// Something follows the footer.
    #[error("records follow the footer")]
    AfterFooter,
}

/// Follows the records of a snapshot and says whether they stand where they should.
#[derive(Clone, Debug, Default)]
pub struct Framing {
    last: Option<Part>,
}

impl Framing {
    /// Takes the next record.
    pub fn next(&mut self, part: Part) -> Result<(), InvalidCheckpoint> {
        let allowed = match (self.last, part) {
            (None, Part::Header) => Ok(()),
            (None, _) => Err(InvalidCheckpoint::Header),
            (Some(Part::Footer), _) => Err(InvalidCheckpoint::AfterFooter),
            (Some(_), Part::Header) | (Some(Part::Data), Part::Quorum) => Err(InvalidCheckpoint::Misplaced),
            (Some(_), _) => Ok(()),
        };
        if allowed.is_ok() {
            self.last = Some(part);
        }
        allowed
    }

    /// The body has ended.
    pub fn finish(&self) -> Result<(), InvalidCheckpoint> {
        match self.last {
            None => Err(InvalidCheckpoint::Header),
            Some(Part::Footer) => Ok(()),
            Some(_) => Err(InvalidCheckpoint::Footer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_kafkas() {
        let id = SnapshotId::new(1234, 7);
        assert_eq!(id.file_name(), "00000000000000001234-0000000007.checkpoint");
        assert_eq!(CheckpointName::parse(&id.file_name()), Some(CheckpointName { id, stage: Stage::Complete }));
    }

    #[test]
    fn unfinished_and_deleted_files_are_known() {
        let stage = |name: &str| CheckpointName::parse(name).map(|name| name.stage);
        assert_eq!(stage("00000000000000001234-0000000007.checkpoint.deleted"), Some(Stage::Deleted));
        assert_eq!(stage("00000000000000001234-0000000007-8217.checkpoint.part"), Some(Stage::Partial));
        for other in ["bootstrap.checkpoint", "leader-epoch-checkpoint", "00000000000000001234.log", "0-0.checkpoint"] {
            assert_eq!(stage(other), None, "{other}");
        }
    }

    #[test]
    fn header_first_footer_last() {
        let run = |parts: &[Part]| {
            let mut framing = Framing::default();
            parts.iter().try_for_each(|&part| framing.next(part)).and_then(|()| framing.finish())
        };
        use Part::*;
        assert_eq!(run(&[Header, Quorum, Quorum, Data, Data, Footer]), Ok(()));
        assert_eq!(run(&[Header, Footer]), Ok(()));
        assert_eq!(run(&[]), Err(InvalidCheckpoint::Header));
        assert_eq!(run(&[Data, Footer]), Err(InvalidCheckpoint::Header));
        assert_eq!(run(&[Header, Data]), Err(InvalidCheckpoint::Footer));
        assert_eq!(run(&[Header, Footer, Data]), Err(InvalidCheckpoint::AfterFooter));
        assert_eq!(run(&[Header, Data, Quorum, Footer]), Err(InvalidCheckpoint::Misplaced));
    }
}
