//! Records of the tiering log, `__remote_log_metadata`, in the same frame as those of the metadata log.

use bytes::Bytes;
use wire::EncodeError;

use crate::{RecordError, RemoteLogRecord, frame};

/// The value of a record of the tiering log; every kind has version 0 only.
pub fn encode(record: &RemoteLogRecord) -> Result<Bytes, EncodeError> {
    frame::encode(record.number(), 0, |writer| record.write(writer, 0))
}

/// Reads the value of a record of the tiering log.
pub fn decode(bytes: Bytes) -> Result<RemoteLogRecord, RecordError> {
    let (number, version, mut reader) = frame::open(bytes)?;
    let record = RemoteLogRecord::read(number, &mut reader, version)?;
    let record = record.ok_or(RecordError::UnknownType(number as u32))?;
    reader.finish()?;
    Ok(record)
}
