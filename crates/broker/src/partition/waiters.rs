//! Who waits for a partition to change: held fetches, producers that want all replicas to have their records.
//!
//! A waiter enters, then looks, then waits: a change between looking and waiting is not lost, because the wake-up is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Waits for any of the partitions it has entered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiter(Arc<Notify>);

impl Waiter {
    /// Returns when one of the partitions has changed since the last return.
    pub(crate) async fn changed(&self) {
        self.0.notified().await;
    }
}

/// The waiters of one partition.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    count: AtomicUsize,
    list: Mutex<Vec<Arc<Notify>>>,
}

/// Keeps a waiter entered; leaves when dropped.
#[derive(Debug)]
pub(crate) struct Entered<'p> {
    waiters: &'p Waiters,
    notify: Arc<Notify>,
}

impl Waiters {
    pub(crate) fn enter(&self, waiter: &Waiter) -> Entered<'_> {
        let mut list = self.list.lock();
        list.push(waiter.0.clone());
        self.count.store(list.len(), Ordering::SeqCst);
        Entered { waiters: self, notify: waiter.0.clone() }
    }

    /// Something has changed.
    pub(crate) fn wake(&self) {
        // An append without anybody waiting must not take the lock.
        if self.count.load(Ordering::SeqCst) > 0 {
            self.list.lock().iter().for_each(|notify| notify.notify_one());
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut list = self.waiters.list.lock();
        if let Some(index) = list.iter().position(|notify| Arc::ptr_eq(notify, &self.notify)) {
            list.swap_remove(index);
        }
        self.waiters.count.store(list.len(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_before_the_wait_is_not_lost() {
        let waiters = Waiters::default();
        let waiter = Waiter::default();
        let entered = waiters.enter(&waiter);
        waiters.wake();
        waiter.changed().await;
        drop(entered);
        assert_eq!(waiters.count.load(Ordering::Relaxed), 0);
    }
}
