//! `Ledger`: state rebuilt from its own log.
//!
//! `decide` reads the state and says which records shall be written and who shall be answered; it changes nothing durable.
//! `apply` is the only door by which durable state changes, live and on replay alike. The driver appends the records, applies
//! them, and lets the answers go when the records are committed: an answer never runs ahead of its records.
//!
//! What need not survive (sessions, waiting requests, timers) lives in `Soft`. When an append fails the driver refuses the
//! answers, drops the soft state and rebuilds the ledger from its log, so that memory never disagrees with disk.

use std::time::Duration;

use types::ErrorCode;

use crate::Now;

/// Names the request that waits for an answer. The driver hands them out and never repeats one.
pub type Ticket = u64;

/// What a ledger decided: records to write, and answers to give once those records are committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<Record, Answer> {
    /// To be appended together, atomically, in this order. May be empty.
    pub records: Vec<Record>,
    /// Who is answered, and with what. A request that must wait is simply not among them yet.
    pub answers: Vec<(Ticket, Answer)>,
}

impl<Record, Answer> Default for Decision<Record, Answer> {
    fn default() -> Self {
        Decision { records: Vec::new(), answers: Vec::new() }
    }
}

impl<Record, Answer> Decision<Record, Answer> {
    /// Nothing to write, nobody to answer.
    pub fn nothing() -> Self {
        Decision::default()
    }

    /// One answer, nothing to write.
    pub fn answer(ticket: Ticket, answer: Answer) -> Self {
        Decision { records: Vec::new(), answers: vec![(ticket, answer)] }
    }

    /// Records to write and one answer that waits for them.
    pub fn write(records: Vec<Record>, ticket: Ticket, answer: Answer) -> Self {
        Decision { records, answers: vec![(ticket, answer)] }
    }

    /// Adds what another decision says behind what this one says.
    pub fn and(mut self, other: Self) -> Self {
        self.records.extend(other.records);
        self.answers.extend(other.answers);
        self
    }

    /// Nothing to write and nobody to answer?
    pub fn is_nothing(&self) -> bool {
        self.records.is_empty() && self.answers.is_empty()
    }
}

/// State that is rebuilt from its own log.
pub trait Ledger {
    /// One entry of the log.
    type Record;
    /// What can be asked of it.
    type Command;
    /// What it answers.
    type Answer;
    /// What it keeps in memory only.
    type Soft;

    /// Decides a command. Durable state is read, never changed.
    fn decide(
        &self,
        soft: &mut Self::Soft,
        now: Now,
        ticket: Ticket,
        command: Self::Command,
    ) -> Decision<Self::Record, Self::Answer>;

    /// Enters one record, live or on replay. Records come in the order of the log.
    fn apply(&mut self, record: &Self::Record);

    /// The moment (monotonic) at which `expire` wants to be called, if any.
    fn deadline(&self, soft: &Self::Soft) -> Option<Duration>;

    /// Decides what follows from the passing of time. Harmless when called early.
    fn expire(&self, soft: &mut Self::Soft, now: Now) -> Decision<Self::Record, Self::Answer>;

    /// The answer to a request whose records could not be written, or which waits while the ledger moves away.
    fn refuse(answer: Self::Answer, code: ErrorCode) -> Self::Answer;
}

/// A ledger made from nothing but its records.
pub fn replay<'r, L: Ledger + Default>(records: impl IntoIterator<Item = &'r L::Record>) -> L
where
    L::Record: 'r,
{
    let mut ledger = L::default();
    for record in records {
        ledger.apply(record);
    }
    ledger
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, PartialEq, Debug)]
    struct Counter(i64);

    impl Ledger for Counter {
        type Record = i64;
        type Command = i64;
        type Answer = Result<i64, ErrorCode>;
        type Soft = ();

        fn decide(&self, (): &mut (), _: Now, ticket: Ticket, by: i64) -> Decision<i64, Self::Answer> {
            Decision::write(vec![by], ticket, Ok(self.0 + by))
        }

        fn apply(&mut self, record: &i64) {
            self.0 += record;
        }

        fn deadline(&self, (): &()) -> Option<Duration> {
            None
        }

        fn expire(&self, (): &mut (), _: Now) -> Decision<i64, Self::Answer> {
            Decision::nothing()
        }

        fn refuse(_: Self::Answer, code: ErrorCode) -> Self::Answer {
            Err(code)
        }
    }

    #[test]
    fn applied_live_equals_replayed() {
        let mut live = Counter::default();
        let mut log = Vec::new();
        for (ticket, by) in [3, -1, 40].into_iter().enumerate() {
            let decision = live.decide(&mut (), Now::default(), ticket as Ticket, by);
            decision.records.iter().for_each(|record| live.apply(record));
            log.extend(decision.records);
        }
        assert_eq!(live, Counter(42));
        assert_eq!(replay::<Counter>(&log), live);
    }
}
