//! Tagged fields that our schema does not know: kept as they came, in the order of their numbers, and written back.

use bytes::Bytes;

/// Unknown tagged fields; one pointer wide, because nearly every struct has none.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::box_collection,
    reason = "every decoded struct carries one of these: it must be as small as a pointer"
)]
pub struct UnknownTags(Option<Box<Vec<(u32, Bytes)>>>);

impl UnknownTags {
    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Tag numbers and what stands under them.
    pub fn as_slice(&self) -> &[(u32, Bytes)] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Adds a field; numbers must rise, or the message cannot be encoded.
    pub fn push(&mut self, tag: u32, value: Bytes) {
        self.0.get_or_insert_default().push((tag, value));
    }
}
