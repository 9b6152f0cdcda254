//! A record that says nothing: readers of the log see by it that the log lives, and their high watermark moves.

use records::{MetadataRecord, NoOpRecord};

use super::draft::Draft;

pub(super) fn write(draft: &mut Draft<'_>) {
    draft.push(MetadataRecord::NoOp(NoOpRecord::default()));
}
