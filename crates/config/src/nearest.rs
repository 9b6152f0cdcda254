//! The key somebody probably meant: the one at the smallest edit distance, if it is small.

use crate::key::Scope;
use crate::table::keys;

/// The most insertions, deletions and replacements between a name and the key it is taken for.
const MAX_DISTANCE: usize = 3;

/// The key of this scope whose name is nearest to `name`, if three edits or fewer lead to it.
pub fn nearest(scope: Scope, name: &str) -> Option<&'static str> {
    keys(scope)
        .filter_map(|key| Some((distance(name.as_bytes(), key.name.as_bytes())?, key.name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The edit distance in bytes, or nothing where it is above the limit.
fn distance(a: &[u8], b: &[u8]) -> Option<usize> {
    if a.len().abs_diff(b.len()) > MAX_DISTANCE {
        return None;
    }
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut current = Vec::with_capacity(b.len() + 1);
        current.push(row + 1);
        for (column, right) in b.iter().enumerate() {
            let replaced = previous[column] + usize::from(left != right);
            current.push(replaced.min(previous[column + 1] + 1).min(current[column] + 1));
        }
        // No later row has a smaller distance than the smallest of this one.
        if current.iter().all(|distance| *distance > MAX_DISTANCE) {
            return None;
        }
        previous = current;
    }
    Some(previous[b.len()]).filter(|distance| *distance <= MAX_DISTANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(nearest(Scope::Broker, "log.retension.hours"), Some("log.retention.hours"));
        assert_eq!(nearest(Scope::Broker, "listener"), Some("listeners"));
        assert_eq!(nearest(Scope::Topic, "cleanup.polcy"), Some("cleanup.policy"));
    }

    #[test]
    fn something_else_is_not_taken_for_a_key() {
        assert_eq!(nearest(Scope::Broker, "my.very.own.plugin.key"), None);
        assert_eq!(nearest(Scope::Broker, ""), None);
    }

    #[test]
    fn the_distance_counts_edits_up_to_the_limit() {
        assert_eq!(distance(b"abc", b"abc"), Some(0));
        assert_eq!(distance(b"abc", b"abd"), Some(1));
        assert_eq!(distance(b"abcdef", b"abc"), Some(3));
        assert_eq!(distance(b"abcd", b"wxyz"), None);
    }
}
