//! Random numbers: from the operating system, or from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes from the operating system's generator, fit for secrets and ids.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    // The system's generator fails only on systems that have none; there nothing can be safe.
    getrandom::fill(&mut bytes).expect("the operating system has a random number generator");
    bytes
}

/// A source of random numbers: the operating system's, or a repeatable one for simulations. Clones share the source.
#[derive(Clone, Debug)]
pub struct Random(Option<Arc<AtomicU64>>);

impl Random {
    /// The operating system's.
    pub fn system() -> Random {
        Random(None)
    }

    /// The same numbers again for the same seed.
    pub fn seeded(seed: u64) -> Random {
        Random(Some(Arc::new(AtomicU64::new(seed))))
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        match &self.0 {
            None => u64::from_le_bytes(random_bytes()),
            Some(state) => {
                // SplitMix64 (Steele, Lea, Flood 2014): one addition, then mixing.
                let mut z =
                    state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        }
    }

    /// The next 16 bytes.
    pub fn next_16(&self) -> [u8; 16] {
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&self.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next_u64().to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats() {
        let (one, two) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(one.next_16(), two.next_16());
        assert_ne!(one.next_u64(), one.next_u64());
    }
}
