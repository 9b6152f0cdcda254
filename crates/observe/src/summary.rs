//! `Summary`: how values are spread, in fixed memory: 4 buckets for each power of two, so a quantile is off by 12 % at the most.

use std::sync::atomic::{AtomicU64, Ordering};

const BUCKETS_PER_POWER: usize = 4;
const POWERS: usize = 40;
const BUCKETS: usize = BUCKETS_PER_POWER * POWERS;

/// Counts values into buckets without locks.
#[derive(Debug)]
pub struct Summary {
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
    largest: AtomicU64,
}

impl Default for Summary {
    fn default() -> Summary {
        let buckets = std::iter::repeat_with(AtomicU64::default).take(BUCKETS).collect();
        Summary { buckets, sum: AtomicU64::new(0), largest: AtomicU64::new(0) }
    }
}

impl Summary {
    /// Enters one value (microseconds, bytes, whatever the metric says).
    pub fn record(&self, value: u64) {
        self.buckets[bucket_of(value)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
        self.largest.fetch_max(value, Ordering::Relaxed);
    }

    /// How many values were entered.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// Their sum.
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// The largest of them.
    pub fn largest(&self) -> u64 {
        self.largest.load(Ordering::Relaxed)
    }

    /// The value below which the share `quantile` (0 to 1) of all values lies; 0 without values.
    pub fn quantile(&self, quantile: f64) -> u64 {
        let rank = (self.count() as f64 * quantile).ceil() as u64;
        let mut seen = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += bucket.load(Ordering::Relaxed);
            if seen >= rank && seen > 0 {
                return upper_end(index).min(self.largest());
            }
        }
        0
    }
}

fn bucket_of(value: u64) -> usize {
    if value < BUCKETS_PER_POWER as u64 {
        return value as usize;
    }
    let power = value.ilog2() as usize;
    let within = (value >> (power - 2)) as usize & (BUCKETS_PER_POWER - 1);
    ((power - 1) * BUCKETS_PER_POWER + within).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> u64 {
    if bucket < BUCKETS_PER_POWER {
        return bucket as u64;
    }
    let (power, within) = (bucket / BUCKETS_PER_POWER + 1, (bucket % BUCKETS_PER_POWER) as u64);
    ((BUCKETS_PER_POWER as u64 + within + 1) << (power - 2)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near() {
        let summary = Summary::default();
        (1..=1_000).for_each(|value| summary.record(value));
        for (quantile, exact) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = summary.quantile(quantile) as f64;
            assert!((found - exact).abs() / exact < 0.13, "{quantile}: {found}");
        }
        assert_eq!((summary.count(), summary.largest(), summary.sum()), (1_000, 1_000, 500_500));
    }

    #[test]
    fn every_value_has_a_bucket_that_holds_it() {
        for value in (0..70_000).chain([u64::MAX, 1 << 35]) {
            let bucket = bucket_of(value);
            assert!(bucket < BUCKETS);
            assert!(bucket == BUCKETS - 1 || value <= upper_end(bucket));
            assert!(bucket == 0 || value > upper_end(bucket - 1));
        }
    }
}
