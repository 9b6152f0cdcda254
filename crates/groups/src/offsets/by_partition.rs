//! `ByPartition`: something for each partition of each topic of each group.
//!
//! Names are kept in buffers of their own, and go when the last partition under them goes.

use std::collections::BTreeMap;

use types::Str;

/// What a group has, by topic and partition.
pub(crate) type Topics<T> = BTreeMap<Str, BTreeMap<i32, T>>;

/// Values by group, topic and partition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByPartition<T> {
    groups: BTreeMap<Str, Topics<T>>,
}

impl<T> Default for ByPartition<T> {
    fn default() -> Self {
        ByPartition { groups: BTreeMap::new() }
    }
}

impl<T> ByPartition<T> {
    pub(crate) fn get(&self, group: &str, topic: &str, partition: i32) -> Option<&T> {
        self.groups.get(group)?.get(topic)?.get(&partition)
    }

    pub(crate) fn get_mut(&mut self, group: &str, topic: &str, partition: i32) -> Option<&mut T> {
        self.groups.get_mut(group)?.get_mut(topic)?.get_mut(&partition)
    }

    /// All that a group has.
    pub(crate) fn group(&self, group: &str) -> Option<&Topics<T>> {
        self.groups.get(group)
    }

    /// The groups that have anything.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Str, &Topics<T>)> {
        self.groups.iter()
    }

    pub(crate) fn insert(&mut self, group: &Str, topic: &Str, partition: i32, value: T) {
        let topics = child(&mut self.groups, group);
        child(topics, topic).insert(partition, value);
    }

    pub(crate) fn remove(&mut self, group: &str, topic: &str, partition: i32) -> Option<T> {
        let topics = self.groups.get_mut(group)?;
        let partitions = topics.get_mut(topic)?;
        let removed = partitions.remove(&partition);
        if partitions.is_empty() {
            topics.remove(topic);
        }
        if topics.is_empty() {
            self.groups.remove(group);
        }
        removed
    }

    /// Everything, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Str, &Str, i32, &T)> {
        self.groups.iter().flat_map(|(group, topics)| {
            topics.iter().flat_map(move |(topic, partitions)| {
                partitions.iter().map(move |(&partition, value)| (group, topic, partition, value))
            })
        })
    }
}

/// What stands under a name, made under a copy of the name if need be.
fn child<'m, V: Default>(map: &'m mut BTreeMap<Str, V>, name: &Str) -> &'m mut V {
    let key = match map.get_key_value(name.as_str()) {
        Some((key, _)) => key.clone(),
        None => name.detached(),
    };
    map.entry(key).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_with_their_last_partition() {
        let mut values = ByPartition::default();
        let (group, topic) = (Str::from("g"), Str::from("t"));
        values.insert(&group, &topic, 0, 'a');
        values.insert(&group, &topic, 1, 'b');
        assert_eq!(values.get("g", "t", 1), Some(&'b'));
        assert_eq!(values.remove("g", "t", 7), None);
        assert_eq!(values.remove("g", "t", 0), Some('a'));
        assert_eq!(values.iter().count(), 1);
        assert_eq!(values.remove("g", "t", 1), Some('b'));
        assert_eq!(values, ByPartition::default());
    }
}
