//! `Uuid`: topic ids, directory ids and cluster ids, written as Kafka writes them: 22 characters of base64url without padding.

use std::fmt;
use std::str::FromStr;

/// 128 bits, compared and ordered as Kafka does by the unsigned halves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Uuid(u128);

impl Uuid {
    /// No id at all.
    pub const ZERO: Uuid = Uuid(0);
    /// The topic id of `__cluster_metadata`.
    pub const METADATA_TOPIC: Uuid = Uuid(1);
    /// Directory id: the replica is being migrated from a version without directory ids.
    pub const DIRECTORY_MIGRATING: Uuid = Uuid(0);
    /// Directory id: not yet assigned to a directory.
    pub const DIRECTORY_UNASSIGNED: Uuid = Uuid(1);
    /// Directory id: was in a directory that is lost.
    pub const DIRECTORY_LOST: Uuid = Uuid(2);
    /// Ids below this number are reserved.
    const RESERVED_BELOW: u128 = 100;

    /// The id made of these 16 bytes, most significant first.
    pub const fn from_bytes(bytes: [u8; 16]) -> Uuid {
        Uuid(u128::from_be_bytes(bytes))
    }

    /// The 16 bytes, most significant first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// An id from random bytes: version 4, not reserved, and never beginning with '-' when written (a command line would take it for a flag).
    pub fn from_random(bytes: [u8; 16]) -> Uuid {
        let mut bytes = bytes;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        if bytes[0] >> 2 == 62 {
            bytes[0] &= 0x0f;
        }
        Uuid::from_bytes(bytes)
    }

    /// The zero id?
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// One of the ids with a meaning of their own?
    pub const fn is_reserved(self) -> bool {
        self.0 < Uuid::RESERVED_BELOW
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// 22 characters hold 132 bits: the last four are padding.
const CHARACTERS: usize = 22;

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; CHARACTERS];
        for (index, place) in text.iter_mut().enumerate() {
            let shift = 122 - 6 * index as i32;
            let six = if shift >= 0 { self.0 >> shift } else { self.0 << -shift } & 0x3f;
            *place = ALPHABET[six as usize];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not the 22 characters of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUuid(pub String);

impl fmt::Display for InvalidUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not an id: 22 characters of A-Z, a-z, 0-9, '-' and '_' are expected", self.0)
    }
}

impl std::error::Error for InvalidUuid {}

impl FromStr for Uuid {
    type Err = InvalidUuid;

    fn from_str(text: &str) -> Result<Uuid, InvalidUuid> {
        let invalid = || InvalidUuid(text.to_owned());
        let trimmed = text.trim_end_matches('=');
        if trimmed.len() != CHARACTERS {
            return Err(invalid());
        }
        let mut value: u128 = 0;
        for (index, byte) in trimmed.bytes().enumerate() {
            let six = ALPHABET.iter().position(|&letter| letter == byte).ok_or_else(invalid)? as u128;
            let shift = 122 - 6 * index as i32;
            value |= if shift >= 0 { six << shift } else { six >> -shift };
        }
        Ok(Uuid(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_topic_is_written_as_kafka_writes_it() {
        assert_eq!(Uuid::METADATA_TOPIC.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    }

    #[test]
    fn text_and_back() {
        for seed in 0..200u8 {
            let id = Uuid::from_random(std::array::from_fn(|i| seed.wrapping_mul(31).wrapping_add(i as u8 * 17)));
            assert_eq!(id.to_string().parse::<Uuid>(), Ok(id));
            assert!(!id.to_string().starts_with('-'));
            assert!(!id.is_reserved());
        }
    }

    #[test]
    fn refuses_what_is_no_id() {
        assert!("short".parse::<Uuid>().is_err());
        assert!("AAAAAAAAAAAAAAAAAAAA!Q".parse::<Uuid>().is_err());
    }
}
