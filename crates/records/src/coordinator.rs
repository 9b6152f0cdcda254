//! Records of the coordinators' logs: a key is an `int16` that says the kind and then the fields; a value is an `int16`
//! version and then the fields. A key without a value deletes.

use bytes::Bytes;
use wire::{DecodeError, EncodeError, Message, Reader, Writer};

use crate::{
    GroupMetadataValue, GroupRecordKey, GroupRecordValue, OffsetCommitValue, RecordError, ShareRecordKey,
    ShareRecordValue, TransactionLogValue, TransactionRecordKey, TransactionRecordValue,
};

/// What a record's buffer begins with; most keys and values fit.
const TYPICAL_SIZE: usize = 128;
/// All keys have this version and no other.
const KEY_VERSION: i16 = 0;

/// The key of a kind of record.
pub trait CoordinatorKey: Message {
    /// The number that stands for the kind.
    const NUMBER: i16;
}

/// The value of a kind of record.
pub trait CoordinatorValue: Message {
    /// The number that stands for the kind; it stands in the key.
    const NUMBER: i16;
}

/// The bytes of a key.
pub fn encode_key<K: CoordinatorKey>(key: &K) -> Result<Bytes, EncodeError> {
    numbered(K::NUMBER, |writer| key.encode(writer, KEY_VERSION))
}

/// The bytes of a value in this version.
pub fn encode_value<V: CoordinatorValue>(value: &V, version: i16) -> Result<Bytes, EncodeError> {
    numbered(version, |writer| value.encode(writer, version))
}

/// Reads the value of a kind of record that is known beforehand.
pub fn decode_value<V: CoordinatorValue>(bytes: Bytes) -> Result<V, DecodeError> {
    let (version, mut reader) = open(bytes)?;
    let value = V::decode(&mut reader, version)?;
    reader.finish()?;
    Ok(value)
}

fn numbered(number: i16, fields: impl FnOnce(&mut Writer) -> Result<(), EncodeError>) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::with_capacity(TYPICAL_SIZE);
    writer.raw(&number.to_be_bytes());
    fields(&mut writer)?;
    writer.into_bytes()
}

fn open(bytes: Bytes) -> Result<(i16, Reader), DecodeError> {
    let mut reader = Reader::new(bytes);
    let number = i16::from_be_bytes(reader.fixed()?);
    Ok((number, reader))
}

/// Keys and values of one log, told apart by the number in the key.
macro_rules! log {
    ($key:ident, $value:ident) => {
        impl $key {
            /// The bytes of the key.
            pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
                numbered(self.number(), |writer| self.write(writer, KEY_VERSION))
            }

            /// Reads a key; the fields of an unknown kind are left unread.
            pub fn from_bytes(bytes: Bytes) -> Result<$key, DecodeError> {
                let (number, mut reader) = open(bytes)?;
                match $key::read(number, &mut reader, KEY_VERSION)? {
                    Some(key) => reader.finish().map(|()| key),
                    None => Ok($key::Unknown(number)),
                }
            }
        }

        impl $value {
            /// The bytes of the value in this version.
            pub fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
                numbered(version, |writer| self.write(writer, version))
            }

            /// Reads the value of a record whose key has this number.
            pub fn from_bytes(number: i16, bytes: Bytes) -> Result<$value, RecordError> {
                let (version, mut reader) = open(bytes)?;
                let value = $value::read(number, &mut reader, version)?;
                let value = value.ok_or(RecordError::UnknownType(u32::from(number as u16)))?;
                reader.finish()?;
                Ok(value)
            }
        }
    };
}

log!(GroupRecordKey, GroupRecordValue);
log!(TransactionRecordKey, TransactionRecordValue);
log!(ShareRecordKey, ShareRecordValue);

impl OffsetCommitValue {
    /// The version that is written: 1 is the only one that can say when the offset expires, all else goes into the newest.
    pub const fn written_version(&self) -> i16 {
        if self.expire_timestamp == -1 { 4 } else { 1 }
    }
}

impl GroupMetadataValue {
    /// The version that is written: the newest that releases without tagged fields can read.
    pub const WRITTEN_VERSION: i16 = 3;
}

impl TransactionLogValue {
    /// The version that is written at this level of `transaction.version`.
    pub const fn written_version(transaction_version_level: i16) -> i16 {
        if transaction_version_level >= 1 { 1 } else { 0 }
    }
}
