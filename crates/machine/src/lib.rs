//! The two shapes of stateful code: `Machine` for protocols, `Ledger` for state that is rebuilt from its own log.
//!
//! Both are pure: time is an argument, effects are values. A driver in the broker owns the clock, the log and the
//! sockets; a simulator can drive the same code under a seed.

mod ledger;
mod time;

pub use ledger::{Decision, Ledger, Ticket, replay};
pub use time::Now;

use std::time::Duration;

/// A protocol: it reacts to inputs and to the passing of time, and says what shall be done.
pub trait Machine {
    /// What can happen to it.
    type Input;
    /// What it wants done.
    type Output;

    /// Takes one input at a moment and appends what follows to `out`, in the order in which it must be carried out.
    fn step(&mut self, now: Now, input: Self::Input, out: &mut Vec<Self::Output>);

    /// The moment (on the monotonic clock of `Now`) by which the machine wants to be stepped with its tick input.
    fn deadline(&self) -> Option<Duration>;
}
