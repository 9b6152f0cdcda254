//! `SharedMap` against an ordinary map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn depth_checked<K, V>(link: &Link<K, V>) -> u8 {
    let Some(node) = link else { return 0 };
    let (left, right) = (depth_checked(&node.left), depth_checked(&node.right));
    assert!(left.abs_diff(right) <= 1, "a node's two sides differ by more than one");
    assert_eq!(node.height, 1 + left.max(right));
    node.height
}

/// Some key is set (true) or removed (false).
fn edits() -> impl Strategy<Value = Vec<(bool, u8, u32)>> {
    proptest::collection::vec((any::<bool>(), any::<u8>(), 0..4u32), 0..200)
}

fn carry_out(map: &mut SharedMap<u8, u32>, model: &mut BTreeMap<u8, u32>, edits: &[(bool, u8, u32)]) {
    for &(set, key, value) in edits {
        if set {
            assert_eq!(map.insert(key, value), model.insert(key, value));
        } else {
            assert_eq!(map.remove(&key), model.remove(&key));
        }
    }
}

proptest! {
    #[test]
    fn behaves_as_an_ordered_map_and_copies_stay_as_they_were(before in edits(), after in edits(), from in any::<u8>()) {
        let (mut map, mut model) = (SharedMap::new(), BTreeMap::new());
        carry_out(&mut map, &mut model, &before);
        let (copy, copied) = (map.clone(), model.clone());
        carry_out(&mut map, &mut model, &after);
        depth_checked(&map.root);
        prop_assert!(map.iter().eq(model.iter()));
        prop_assert!(map.iter_from(&from).eq(model.range(from..)));
        prop_assert_eq!(map.len(), model.len());
        prop_assert!(copy.iter().eq(copied.iter()));
        if let Some(value) = map.get_mut(&from) {
            *value += 10;
        }
        prop_assert!(copy.iter().eq(copied.iter()));
        prop_assert_eq!(map.get(&from).copied(), model.get(&from).map(|value| value + 10));
    }

    #[test]
    fn differences_are_exactly_what_differs(before in edits(), after in edits()) {
        let (mut map, mut model) = (SharedMap::new(), BTreeMap::new());
        carry_out(&mut map, &mut model, &before);
        let (older, older_model) = (map.clone(), model.clone());
        carry_out(&mut map, &mut model, &after);
        let mut found = Vec::new();
        older.differences(&map, |a, b| a == b, |key, old, new| found.push((*key, old.copied(), new.copied())));
        let expected: Vec<_> = (0..=u8::MAX)
            .map(|key| (key, older_model.get(&key).copied(), model.get(&key).copied()))
            .filter(|(_, old, new)| old != new)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_comparison_enters_only_what_is_not_shared() {
    let older: SharedMap<u32, u32> = (0..10_000).map(|key| (key, 0)).collect();
    let mut newer = older.clone();
    newer.insert(5_000, 1);
    let compared = std::cell::Cell::new(0);
    older.differences(
        &newer,
        |a, b| {
            compared.set(compared.get() + 1);
            a == b
        },
        |key, _, _| assert_eq!(*key, 5_000),
    );
    assert!(compared.get() < 40, "{} values compared", compared.get());
}
