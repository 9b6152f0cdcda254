//! What a run has found, and how it is told: medians, spreads, ratios, verdicts.

mod comparison;
pub mod markdown;
pub mod plot;

use crate::failure::Failure;
use crate::leg::Measurement;
use crate::rows::Row;

pub use self::comparison::{Comparison, Spread, Verdict};

/// Everything that a run has found.
pub struct Report {
    /// What the subject is compared with; `None` where it was measured alone.
    pub reference: Option<String>,
    /// What is judged.
    pub subject: String,
    /// Machine, programs, settings.
    pub facts: Vec<String>,
    /// What makes the figures less trustworthy.
    pub warnings: Vec<String>,
    /// The rows that were run.
    pub rows: Vec<RowResult>,
}

/// The rounds of a row.
pub struct RowResult {
    /// The row.
    pub row: &'static Row,
    /// Its rounds in order.
    pub rounds: Vec<Round>,
}

/// One leg of each.
pub struct Round {
    /// The reference's, where there is one.
    pub reference: Option<Result<Measurement, Failure>>,
    /// The subject's.
    pub subject: Result<Measurement, Failure>,
}
