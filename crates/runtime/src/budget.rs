//! Byte budgets: how much memory something may hold, and the right to hold a part of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// So many bytes may be held at once. Clones share the budget.
#[derive(Clone, Debug)]
pub struct Budget(Arc<State>);

#[derive(Debug)]
struct State {
    limit: usize,
    used: AtomicUsize,
    freed: Notify,
}

/// The right to hold some bytes; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(limit: usize) -> Budget {
        Budget(Arc::new(State { limit, used: AtomicUsize::new(0), freed: Notify::new() }))
    }

    /// Bytes held now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Bytes that may be held.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// The right to hold `bytes` more, or nothing. A request larger than the whole budget is granted when nobody holds
    /// anything: it could never be granted otherwise, and one alone is bounded by the caller's own limit.
    pub fn try_acquire(&self, bytes: usize) -> Option<Permit> {
        let mut used = self.0.used.load(Ordering::Relaxed);
        loop {
            if used != 0 && used.saturating_add(bytes) > self.0.limit {
                return None;
            }
            match self.0.used.compare_exchange_weak(used, used + bytes, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(Permit { budget: self.clone(), bytes }),
                Err(now) => used = now,
            }
        }
    }

    /// Waits for the right to hold `bytes` more.
    pub async fn acquire(&self, bytes: usize) -> Permit {
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(permit) = self.try_acquire(bytes) {
                return permit;
            }
            freed.await;
        }
    }
}

impl Permit {
    /// How many bytes it stands for.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Splits off the right to `bytes` of them.
    pub fn split(&mut self, bytes: usize) -> Permit {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Permit { budget: self.budget.clone(), bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.0.used.fetch_sub(self.bytes, Ordering::AcqRel);
            self.budget.0.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_grants_more_than_the_limit() {
        let budget = Budget::new(100);
        let first = budget.try_acquire(60).expect("free");
        assert!(budget.try_acquire(41).is_none());
        let second = budget.try_acquire(40).expect("exactly the rest");
        drop(first);
        assert_eq!(budget.used(), 40);
        drop(second);
        assert!(budget.try_acquire(1_000).is_some(), "one request beyond the limit passes alone");
    }

    #[tokio::test]
    async fn a_waiter_is_woken_by_what_is_given_back() {
        let budget = Budget::new(10);
        let held = budget.acquire(10).await;
        let waiter = tokio::spawn({
            let budget = budget.clone();
            async move { budget.acquire(5).await.bytes() }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiter.await.expect("not cancelled"), 5);
    }
}
