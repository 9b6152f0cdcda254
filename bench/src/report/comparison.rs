//! From the rounds of a row to one figure's medians, ratios and verdict.
//!
//! A ratio says how many times better the subject is, whichever way is better. Two are formed: of the medians, and the median of
//! the ratios of the pairs that ran one after the other. The verdict takes the smaller one.

use super::Round;
use crate::failure::Failure;
use crate::leg::Measurement;
use crate::rows::{Better, Figure};

/// Median, lowest, highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

/// Does the figure reach what the project promises?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is promised, or there is nothing to compare with.
    Open,
    /// It does.
    Pass,
    /// It does not.
    Below,
    /// A leg failed: there is no verdict over the others.
    Failed,
}

/// One figure of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The reference's legs.
    pub reference: Option<Spread>,
    /// The subject's legs.
    pub subject: Option<Spread>,
    /// How many times better the subject's median is.
    pub ratio_of_medians: Option<f64>,
    /// The median of how many times better the subject was in each round.
    pub median_ratio: Option<f64>,
    /// The judgement.
    pub verdict: Verdict,
}

impl Comparison {
    /// Compares a figure over all rounds.
    pub fn of(figure: &Figure, rounds: &[Round]) -> Comparison {
        let value = |outcome: &Result<Measurement, Failure>| outcome.as_ref().ok().map(figure.of);
        let references: Vec<_> = rounds.iter().map(|round| round.reference.as_ref().and_then(value)).collect();
        let subjects: Vec<_> = rounds.iter().map(|round| value(&round.subject)).collect();
        let ratios = references.iter().zip(&subjects).filter_map(|(a, b)| better_by(figure.better, (*a)?, (*b)?));
        let median_ratio = Spread::of(ratios).map(|ratios| ratios.median);
        let reference = Spread::of(references.iter().copied().flatten());
        let subject = Spread::of(subjects.iter().copied().flatten());
        let ratio_of_medians = reference.zip(subject).and_then(|(a, b)| better_by(figure.better, a.median, b.median));
        let failed = rounds.iter().any(|round| round.subject.is_err() || matches!(round.reference, Some(Err(_))));
        let verdict = if failed { Verdict::Failed } else { judge(figure.must, ratio_of_medians, median_ratio) };
        Comparison { reference, subject, ratio_of_medians, median_ratio, verdict }
    }

    /// The ratio that is claimed: the smaller one.
    pub fn claimed(&self) -> Option<f64> {
        self.ratio_of_medians.zip(self.median_ratio).map(|(a, b)| a.min(b))
    }
}

impl Spread {
    /// Of these values; `None` where there is none. Values that are no number are left out.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Spread> {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (&lowest, &highest) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Some(Spread { median, lowest, highest })
    }
}

/// How many times better the subject is; `None` where one of the two is too small to be measured.
fn better_by(better: Better, reference: f64, subject: f64) -> Option<f64> {
    let ratio = match better {
        Better::Higher => subject / reference,
        Better::Lower => reference / subject,
    };
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

fn judge(must: Option<f64>, ratio_of_medians: Option<f64>, median_ratio: Option<f64>) -> Verdict {
    match (must, ratio_of_medians, median_ratio) {
        (Some(must), Some(a), Some(b)) if a.min(b) >= must => Verdict::Pass,
        (Some(_), Some(_), Some(_)) => Verdict::Below,
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Figure =
        Figure { name: "time", unit: "s", better: Better::Lower, must: Some(3.0), of: |leg| leg.seconds };

    fn leg(seconds: f64) -> Result<Measurement, Failure> {
        Ok(Measurement { seconds, ..Measurement::default() })
    }

    fn round(reference: f64, subject: f64) -> Round {
        Round { reference: Some(leg(reference)), subject: leg(subject) }
    }

    #[test]
    fn verdict_takes_the_smaller_of_the_two_ratios() {
        let rounds = [round(30.0, 10.0), round(40.0, 10.0), round(90.0, 31.0)];
        let comparison = Comparison::of(&SECONDS, &rounds);
        assert_eq!(comparison.reference, Some(Spread { median: 40.0, lowest: 30.0, highest: 90.0 }));
        assert_eq!(comparison.ratio_of_medians, Some(4.0));
        assert_eq!(comparison.median_ratio, Some(3.0));
        assert_eq!(comparison.verdict, Verdict::Pass);
        let worse = Comparison::of(&SECONDS, &[round(30.0, 10.0), round(40.0, 14.0), round(90.0, 31.0)]);
        assert_eq!(worse.verdict, Verdict::Below);
    }

    #[test]
    fn failed_leg_leaves_no_verdict() {
        let failed = Round { reference: Some(leg(30.0)), subject: Err(Failure::new("offset 7 is missing")) };
        let comparison = Comparison::of(&SECONDS, &[round(30.0, 1.0), failed]);
        assert_eq!(comparison.verdict, Verdict::Failed);
        assert_eq!(comparison.median_ratio, Some(30.0));
    }

    #[test]
    fn alone_there_are_figures_but_no_ratio() {
        let alone = Round { reference: None, subject: leg(2.0) };
        let comparison = Comparison::of(&SECONDS, &[alone]);
        assert_eq!(comparison.subject.map(|spread| spread.median), Some(2.0));
        assert_eq!((comparison.claimed(), comparison.verdict), (None, Verdict::Open));
    }

    #[test]
    fn what_was_too_small_to_be_measured_gives_no_ratio() {
        assert_eq!(better_by(Better::Lower, 5.0, 0.0), None);
        assert_eq!(better_by(Better::Higher, 0.0, 5.0), None);
        assert_eq!(better_by(Better::Higher, 2.0, 5.0), Some(2.5));
    }

    #[test]
    fn median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Spread::of([4.0, 1.0, f64::NAN, 3.0, 2.0].into_iter()).map(|spread| spread.median), Some(2.5));
    }
}
