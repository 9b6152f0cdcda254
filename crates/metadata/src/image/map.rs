//! `SharedMap`: an ordered map whose copies share what they have in common.
//!
//! A clone costs one reference count; a change copies only the path from the root to the key, and not even that while nobody
//! else holds the map. So an image can be published after every commit, however large the cluster. Two versions are compared
//! in time proportional to what differs: a subtree that both share is never entered.
//!
//! The tree is an AVL tree. Iteration is in the order of the keys, which keeps everything built on it deterministic.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::mem;
use std::sync::Arc;

/// An ordered map whose copies share what they have in common.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    root: Link<K, V>,
    length: usize,
}

type Link<K, V> = Option<Arc<Node<K, V>>>;

#[derive(Clone)]
struct Node<K, V> {
    key: K,
    value: V,
    height: u8,
    left: Link<K, V>,
    right: Link<K, V>,
}

impl<K, V> SharedMap<K, V> {
    /// The empty map.
    pub const fn new() -> Self {
        SharedMap { root: None, length: 0 }
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.length
    }

    /// No keys at all?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Keys and values in the order of the keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { stack: Vec::new() };
        iter.descend(&self.root);
        iter
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> SharedMap<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut link = &self.root;
        while let Some(node) = link {
            match key.cmp(node.key.borrow()) {
                Ordering::Less => link = &node.left,
                Ordering::Greater => link = &node.right,
                Ordering::Equal => return Some(&node.value),
            }
        }
        None
    }

    /// Has it this key?
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Keys and values from this key on, which need not be there.
    pub fn iter_from<Q: Ord + ?Sized>(&self, from: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut stack = Vec::new();
        let mut link = &self.root;
        while let Some(node) = link {
            if from.cmp(node.key.borrow()) == Ordering::Greater {
                link = &node.right;
            } else {
                stack.push(&**node);
                link = &node.left;
            }
        }
        Iter { stack }
    }

    /// Calls `each(key, older value, newer value)` for every key whose value is not the `same` in both, in the order of the keys.
    pub fn differences<'m>(
        &'m self,
        newer: &'m Self,
        same: impl Fn(&V, &V) -> bool,
        mut each: impl FnMut(&'m K, Option<&'m V>, Option<&'m V>),
    ) {
        let (mut old, mut new) = (Walk::new(&self.root), Walk::new(&newer.root));
        loop {
            match (old.top(), new.top()) {
                (None, None) => return,
                (Some(Step::Tree(_)), None) => old.enter(),
                (None, Some(Step::Tree(_))) => new.enter(),
                (Some(Step::Tree(a)), Some(Step::Tree(b))) => {
                    if Arc::ptr_eq(a, b) {
                        old.skip();
                        new.skip();
                    } else if a.height >= b.height {
                        old.enter();
                    } else {
                        new.enter();
                    }
                }
                (Some(Step::Entry(a)), Some(Step::Tree(b))) if a.key >= *first_key(b) => new.enter(),
                (Some(Step::Tree(a)), Some(Step::Entry(b))) if b.key >= *first_key(a) => old.enter(),
                (Some(Step::Entry(a)), Some(Step::Entry(b))) if a.key == b.key => {
                    if !same(&a.value, &b.value) {
                        each(&b.key, Some(&a.value), Some(&b.value));
                    }
                    old.skip();
                    new.skip();
                }
                (Some(Step::Entry(a)), Some(Step::Entry(b))) if a.key > b.key => {
                    each(&b.key, None, Some(&b.value));
                    new.skip();
                }
                (Some(Step::Entry(a)), _) => {
                    each(&a.key, Some(&a.value), None);
                    old.skip();
                }
                (_, Some(Step::Entry(b))) => {
                    each(&b.key, None, Some(&b.value));
                    new.skip();
                }
            }
        }
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// Sets the value of a key and returns the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let replaced = insert(&mut self.root, key, value);
        if replaced.is_none() {
            self.length += 1;
        }
        replaced
    }

    /// Takes a key out and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if !self.contains_key(key) {
            return None;
        }
        self.length -= 1;
        remove(&mut self.root, key)
    }

    /// The value of a key, to be changed in place; other copies of the map keep theirs.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.contains_key(key) {
            return None;
        }
        let mut link = &mut self.root;
        while let Some(shared) = link {
            let node = Arc::make_mut(shared);
            match key.cmp(node.key.borrow()) {
                Ordering::Less => link = &mut node.left,
                Ordering::Greater => link = &mut node.right,
                Ordering::Equal => return Some(&mut node.value),
            }
        }
        None
    }
}

fn height<K, V>(link: &Link<K, V>) -> u8 {
    link.as_ref().map_or(0, |node| node.height)
}

fn insert<K: Ord + Clone, V: Clone>(link: &mut Link<K, V>, key: K, value: V) -> Option<V> {
    let Some(shared) = link else {
        *link = Some(Arc::new(Node { key, value, height: 1, left: None, right: None }));
        return None;
    };
    let node = Arc::make_mut(shared);
    let replaced = match key.cmp(&node.key) {
        Ordering::Less => insert(&mut node.left, key, value),
        Ordering::Greater => insert(&mut node.right, key, value),
        Ordering::Equal => return Some(mem::replace(&mut node.value, value)),
    };
    if replaced.is_none() {
        balance(link);
    }
    replaced
}

fn remove<K: Ord + Clone + Borrow<Q>, V: Clone, Q: Ord + ?Sized>(link: &mut Link<K, V>, key: &Q) -> Option<V> {
    let node = Arc::make_mut(link.as_mut()?);
    let removed = match key.cmp(node.key.borrow()) {
        Ordering::Less => remove(&mut node.left, key),
        Ordering::Greater => remove(&mut node.right, key),
        Ordering::Equal => {
            let value = node.value.clone();
            let (left, right) = (node.left.take(), node.right.take());
            *link = join(left, right);
            Some(value)
        }
    };
    balance(link);
    removed
}

/// One tree from two, every key of the first being below every key of the second and their heights at most one apart.
fn join<K: Ord + Clone, V: Clone>(left: Link<K, V>, mut right: Link<K, V>) -> Link<K, V> {
    if left.is_none() {
        return right;
    }
    let Some(mut first) = take_first(&mut right) else {
        return left;
    };
    let node = Arc::make_mut(&mut first);
    node.left = left;
    node.right = right;
    Some(first)
}

fn take_first<K: Ord + Clone, V: Clone>(link: &mut Link<K, V>) -> Link<K, V> {
    let node = Arc::make_mut(link.as_mut()?);
    if node.left.is_some() {
        let first = take_first(&mut node.left);
        balance(link);
        return first;
    }
    let rest = node.right.take();
    mem::replace(link, rest)
}

/// Makes the heights below this link differ by one at most, given that they differ by two at most.
fn balance<K: Clone, V: Clone>(link: &mut Link<K, V>) {
    let Some(shared) = link else { return };
    let node = Arc::make_mut(shared);
    let (left, right) = (height(&node.left), height(&node.right));
    if left > right + 1 {
        if node.left.as_ref().is_some_and(|child| height(&child.right) > height(&child.left)) {
            rotate_left(&mut node.left);
        }
        rotate_right(link);
    } else if right > left + 1 {
        if node.right.as_ref().is_some_and(|child| height(&child.left) > height(&child.right)) {
            rotate_right(&mut node.right);
        }
        rotate_left(link);
    } else {
        node.height = 1 + left.max(right);
    }
}

fn rotate_right<K: Clone, V: Clone>(link: &mut Link<K, V>) {
    let Some(mut top) = link.take() else { return };
    let node = Arc::make_mut(&mut top);
    let Some(mut pivot) = node.left.take() else {
        *link = Some(top);
        return;
    };
    let above = Arc::make_mut(&mut pivot);
    node.left = above.right.take();
    node.height = 1 + height(&node.left).max(height(&node.right));
    above.right = Some(top);
    above.height = 1 + height(&above.left).max(height(&above.right));
    *link = Some(pivot);
}

fn rotate_left<K: Clone, V: Clone>(link: &mut Link<K, V>) {
    let Some(mut top) = link.take() else { return };
    let node = Arc::make_mut(&mut top);
    let Some(mut pivot) = node.right.take() else {
        *link = Some(top);
        return;
    };
    let above = Arc::make_mut(&mut pivot);
    node.right = above.left.take();
    node.height = 1 + height(&node.left).max(height(&node.right));
    above.left = Some(top);
    above.height = 1 + height(&above.left).max(height(&above.right));
    *link = Some(pivot);
}

fn first_key<K, V>(tree: &Arc<Node<K, V>>) -> &K {
    let mut node = tree;
    while let Some(left) = &node.left {
        node = left;
    }
    &node.key
}

/// Keys and values in the order of the keys.
pub struct Iter<'m, K, V> {
    stack: Vec<&'m Node<K, V>>,
}

impl<'m, K, V> Iter<'m, K, V> {
    fn descend(&mut self, mut link: &'m Link<K, V>) {
        while let Some(node) = link {
            self.stack.push(node);
            link = &node.left;
        }
    }
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.stack.pop()?;
        self.descend(&node.right);
        Some((&node.key, &node.value))
    }
}

/// What a comparison has yet to look at: a subtree not entered, or one entry.
enum Step<'m, K, V> {
    Tree(&'m Arc<Node<K, V>>),
    Entry(&'m Node<K, V>),
}

impl<K, V> Clone for Step<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Step<'_, K, V> {}

struct Walk<'m, K, V> {
    stack: Vec<Step<'m, K, V>>,
}

impl<'m, K, V> Walk<'m, K, V> {
    fn new(root: &'m Link<K, V>) -> Self {
        Walk { stack: root.iter().map(Step::Tree).collect() }
    }

    fn top(&self) -> Option<Step<'m, K, V>> {
        self.stack.last().copied()
    }

    fn skip(&mut self) {
        self.stack.pop();
    }

    fn enter(&mut self) {
        if let Some(Step::Tree(tree)) = self.stack.pop() {
            self.stack.extend(tree.right.iter().map(Step::Tree));
            self.stack.push(Step::Entry(tree));
            self.stack.extend(tree.left.iter().map(Step::Tree));
        }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => true,
            _ => self.length == other.length && self.iter().eq(other.iter()),
        }
    }
}

impl<K: Eq, V: Eq> Eq for SharedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'m, K, V> IntoIterator for &'m SharedMap<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Iter<'m, K, V> {
        self.iter()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = SharedMap::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests;
