//! Made-up messages for tests: the same seed gives the same message, and each field that a version has gets a value.

use bytes::Bytes;
use types::{Str, Uuid};

use crate::records::Records;
use crate::tags::UnknownTags;

/// The longest made-up array.
const MAX_COUNT: u64 = 3;
/// Made-up unknown tags begin here; no schema has tags this high.
const FIRST_UNKNOWN_TAG: u32 = 1000;

/// A type that tests can make up values of.
pub trait Sample: Sized {
    /// A value with nothing set that this version of the message lacks.
    fn sample(sampler: &mut Sampler, version: i16) -> Self;
}

/// A source of made-up values.
#[derive(Clone, Debug)]
pub struct Sampler {
    state: u64,
    with_unknown_tags: bool,
}

impl Sampler {
    /// A sampler with this seed.
    pub fn new(seed: u64) -> Sampler {
        Sampler { state: seed, with_unknown_tags: true }
    }

    /// Leaves unknown tagged fields out.
    pub fn without_unknown_tags(self) -> Sampler {
        Sampler { with_unknown_tags: false, ..self }
    }

    /// Sixty-four bits (splitmix64).
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    /// Yes or no.
    pub fn coin(&mut self) -> bool {
        self.bits() & 1 == 1
    }

    /// A value.
    pub fn value<T: Sample>(&mut self, version: i16) -> T {
        T::sample(self, version)
    }

    /// A value, or sometimes null where that is allowed.
    pub fn nullable<T: Sample>(&mut self, allowed: bool, version: i16) -> Option<T> {
        if allowed && self.below(3) == 0 { None } else { Some(T::sample(self, version)) }
    }

    /// Unknown tagged fields, where the version can have them.
    pub fn unknown_tags(&mut self, flexible: bool) -> UnknownTags {
        let mut tags = UnknownTags::default();
        if flexible && self.with_unknown_tags && self.below(4) == 0 {
            for index in 0..=self.below(2) as u32 {
                tags.push(FIRST_UNKNOWN_TAG + index, self.value(0));
            }
        }
        tags
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Sample for $number {
            fn sample(sampler: &mut Sampler, _: i16) -> $number {
                sampler.bits() as $number
            }
        })*
    };
}

numbers!(i8, i16, u16, i32, u32, i64);

impl Sample for f64 {
    fn sample(sampler: &mut Sampler, _: i16) -> f64 {
        sampler.bits() as i32 as f64 / 16.0
    }
}

impl Sample for bool {
    fn sample(sampler: &mut Sampler, _: i16) -> bool {
        sampler.coin()
    }
}

impl Sample for Uuid {
    fn sample(sampler: &mut Sampler, _: i16) -> Uuid {
        let halves = [sampler.bits().to_be_bytes(), sampler.bits().to_be_bytes()].concat();
        Uuid::from_bytes(std::array::from_fn(|index| halves[index]))
    }
}

impl Sample for Str {
    fn sample(sampler: &mut Sampler, _: i16) -> Str {
        let length = sampler.below(12);
        (0..length)
            .map(|_| char::from(b'a' + sampler.below(26) as u8))
            .chain("é".chars().take(length as usize / 6))
            .collect::<String>()
            .into()
    }
}

impl Sample for Bytes {
    fn sample(sampler: &mut Sampler, _: i16) -> Bytes {
        (0..sampler.below(20)).map(|_| sampler.bits() as u8).collect()
    }
}

impl Sample for Records {
    fn sample(sampler: &mut Sampler, version: i16) -> Records {
        Records::Bytes(Bytes::sample(sampler, version))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(sampler: &mut Sampler, version: i16) -> Vec<T> {
        (0..sampler.below(MAX_COUNT + 1)).map(|_| T::sample(sampler, version)).collect()
    }
}
