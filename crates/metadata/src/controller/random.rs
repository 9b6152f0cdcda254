//! Random numbers from a seed that the request brings along, so that the same request on the same image decides the same.
//!
//! The generator is PCG XSL RR 128/64 (O'Neill, 2014). It spreads replicas and makes topic ids; nothing secret depends on it.

use types::Uuid;

/// A sequence of numbers that follows from its seed.
pub(super) struct Random {
    state: u128,
}

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;
const INCREMENT: u128 = 0x5851_f42d_4c95_7f2d_1405_7b7e_f767_814f;

impl Random {
    pub fn new(seed: u128) -> Random {
        let mut random = Random { state: seed };
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// A number below the bound; 0 if the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    pub fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        Uuid::from_random(bits.to_be_bytes())
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
