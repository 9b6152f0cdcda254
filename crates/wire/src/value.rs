//! `Value`: everything that can stand in a field, and how the schema's own types look on the wire.

use bytes::Bytes;
use types::{Str, Uuid};

use crate::error::{DecodeError, EncodeError};
use crate::reader::Reader;
use crate::records::Records;
use crate::writer::Writer;

/// What can be written. `version` is that of the message.
pub trait Writable {
    /// Writes the value.
    fn write(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;
}

/// A value on the wire: a number, a text, an array, or a struct of the schema.
pub trait Value: Writable + Sized {
    /// The fewest bytes that such a value takes.
    fn minimum_size(version: i16, flexible: bool) -> usize;

    /// Reads the value; null is an error.
    fn read(reader: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Reads a value that may be null: a struct has a byte in front that is negative for null.
    fn read_nullable(reader: &mut Reader, version: i16) -> Result<Option<Self>, DecodeError> {
        let [marker] = reader.fixed()?;
        if (marker as i8) < 0 { Ok(None) } else { Self::read(reader, version).map(Some) }
    }

    /// Writes a value that may be null.
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.raw(&[if value.is_some() { 1 } else { 0xff }]);
        value.map_or(Ok(()), |value| value.write(writer, version))
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Writable for $number {
            fn write(&self, writer: &mut Writer, _: i16) -> Result<(), EncodeError> {
                writer.raw(&self.to_be_bytes());
                Ok(())
            }
        }

        impl Value for $number {
            fn minimum_size(_: i16, _: bool) -> usize {
                size_of::<$number>()
            }

            fn read(reader: &mut Reader, _: i16) -> Result<$number, DecodeError> {
                reader.fixed().map(<$number>::from_be_bytes)
            }
        })*
    };
}

numbers!(i8, i16, u16, i32, u32, i64, f64);

impl Writable for bool {
    fn write(&self, writer: &mut Writer, _: i16) -> Result<(), EncodeError> {
        writer.raw(&[u8::from(*self)]);
        Ok(())
    }
}

impl Value for bool {
    fn minimum_size(_: i16, _: bool) -> usize {
        1
    }

    fn read(reader: &mut Reader, _: i16) -> Result<bool, DecodeError> {
        let [byte] = reader.fixed()?;
        Ok(byte != 0)
    }
}

impl Writable for Uuid {
    fn write(&self, writer: &mut Writer, _: i16) -> Result<(), EncodeError> {
        writer.raw(&self.to_bytes());
        Ok(())
    }
}

impl Value for Uuid {
    fn minimum_size(_: i16, _: bool) -> usize {
        16
    }

    fn read(reader: &mut Reader, _: i16) -> Result<Uuid, DecodeError> {
        reader.fixed().map(Uuid::from_bytes)
    }
}

/// The value types with a length in front: how the length is read and written, and the content behind it.
macro_rules! measured {
    (
        [$($generic:ident)?] $value:ty, minimum $minimum:literal,
        length $read_length:ident $write_length:ident,
        read |$reader:ident, $read_version:ident, $length:ident| $read:expr,
        write |$this:ident, $writer:ident, $write_version:ident| $write:expr
    ) => {
        impl$(<$generic: Value>)? Writable for $value {
            fn write(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
                Self::write_nullable(Some(self), writer, version)
            }
        }

        impl$(<$generic: Value>)? Value for $value {
            fn minimum_size(_: i16, flexible: bool) -> usize {
                if flexible { 1 } else { $minimum }
            }

            fn read(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
                Self::read_nullable(reader, version)?.ok_or(DecodeError::UnexpectedNull)
            }

            fn read_nullable($reader: &mut Reader, $read_version: i16) -> Result<Option<Self>, DecodeError> {
                match $reader.$read_length()? {
                    Some($length) => Ok(Some($read)),
                    None => Ok(None),
                }
            }

            fn write_nullable(value: Option<&Self>, $writer: &mut Writer, $write_version: i16) -> Result<(), EncodeError> {
                $writer.$write_length(value.map(|value| value.len()))?;
                match value {
                    Some($this) => $write,
                    None => Ok(()),
                }
            }
        }
    };
}

measured! {
    [] Str, minimum 2, length text_length text_length,
    read |reader, _version, length| reader.text(length)?,
    write |text, writer, _version| { writer.raw(text.as_bytes()); Ok(()) }
}

measured! {
    [] Bytes, minimum 4, length length length_prefix,
    read |reader, _version, length| reader.take(length)?,
    write |bytes, writer, _version| { writer.raw(bytes); Ok(()) }
}

measured! {
    [] Records, minimum 4, length length length_prefix,
    read |reader, _version, length| Records::Bytes(reader.take(length)?),
    write |records, writer, _version| writer.records(records)
}

measured! {
    [T] Vec<T>, minimum 4, length length length_prefix,
    read |reader, version, count| reader.elements(count, version)?,
    write |elements, writer, version| elements.iter().try_for_each(|element| element.write(writer, version))
}

impl<T: Value> Writable for Option<T> {
    fn write(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        T::write_nullable(self.as_ref(), writer, version)
    }
}

impl<T: Value> Value for Option<T> {
    fn minimum_size(_: i16, _: bool) -> usize {
        1
    }

    fn read(reader: &mut Reader, version: i16) -> Result<Option<T>, DecodeError> {
        T::read_nullable(reader, version)
    }
}

/// A tagged struct that may be null: in front stands a varint that is 0 for null, not a byte that is negative.
#[derive(Debug)]
pub struct TaggedStruct<'a, T>(pub &'a Option<T>);

impl<T: Writable> Writable for TaggedStruct<'_, T> {
    fn write(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.unsigned_varint(self.0.is_some().into());
        self.0.as_ref().map_or(Ok(()), |value| value.write(writer, version))
    }
}
