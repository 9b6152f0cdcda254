//! Threads with names, and a gate that counts what is running.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Starts a thread that is called `name` in `top` and in stack traces.
pub fn spawn_thread<F>(name: &str, work: F) -> io::Result<std::thread::JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Lets at most so many in at once.
#[derive(Clone, Debug)]
pub struct Gate {
    inside: Arc<AtomicUsize>,
    limit: usize,
}

/// One that is inside; leaves when dropped.
#[derive(Debug)]
pub struct Inside(Arc<AtomicUsize>);

impl Gate {
    /// A gate for `limit` at once.
    pub fn new(limit: usize) -> Gate {
        Gate { inside: Arc::default(), limit }
    }

    /// Enters, unless it is full.
    pub fn enter(&self) -> Option<Inside> {
        self.inside
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |count| (count < self.limit).then_some(count + 1))
            .ok()
            .map(|_| Inside(self.inside.clone()))
    }

    /// How many are inside.
    pub fn count(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gate_opens_when_one_leaves() {
        let gate = Gate::new(1);
        let first = gate.enter().expect("empty");
        assert!(gate.enter().is_none());
        drop(first);
        assert!(gate.enter().is_some());
    }
}
