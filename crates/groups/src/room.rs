//! `Room`: what one decision may still write. Long work is cut into decisions that the log can take.

use crate::{GroupOptions, GroupRecord};

/// What is left of the bytes that one decision may write.
pub(crate) struct Room {
    left: usize,
    is_untouched: bool,
}

impl Room {
    /// Half of what the log takes: the sizes are estimates.
    pub(crate) fn new(options: &GroupOptions) -> Room {
        Room { left: options.max_record_bytes / 2, is_untouched: true }
    }

    /// Takes what a record needs; false if there is not so much left. The first record is always let in: with settings that
    /// leave no room for a single one, the log shall say so, rather than the work begin again and again.
    pub(crate) fn admits(&mut self, record: &GroupRecord) -> bool {
        let size = record.estimated_bytes();
        if size > self.left && !self.is_untouched {
            return false;
        }
        self.left = self.left.saturating_sub(size);
        self.is_untouched = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use types::Str;

    use super::*;

    #[test]
    fn the_first_record_is_let_in_whatever_its_size() {
        let record = GroupRecord::group_tombstone(&Str::from("g"));
        let size = record.estimated_bytes();
        for (max_record_bytes, admitted) in [(0, 1), (2 * size, 1), (4 * size, 2), (5 * size, 2)] {
            let mut room = Room::new(&GroupOptions { max_record_bytes, ..GroupOptions::default() });
            assert_eq!((0..9).take_while(|_| room.admits(&record)).count(), admitted);
        }
    }
}
