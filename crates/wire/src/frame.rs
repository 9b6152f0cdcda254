//! Frames: four bytes of length, a header, a body. What a connection reads and writes.

use bytes::Bytes;

use crate::encoded::Encoded;
use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::reader::Reader;
use crate::writer::Writer;
use crate::{ApiKey, RequestHeader, ResponseHeader};

/// The bytes of the length in front of a frame.
pub const LENGTH_SIZE: usize = 4;
/// The shortest frame that can hold a request's header: key, version, correlation id, and a null client id.
pub const MIN_REQUEST_SIZE: usize = 10;
/// The longest request that is read by default, `socket.request.max.bytes`.
pub const DEFAULT_MAX_REQUEST_SIZE: usize = 100 * 1024 * 1024;
/// The longest frame that its length can say.
pub const MAX_FRAME_SIZE: usize = i32::MAX as usize;

/// What a frame's buffer begins with; header and body of most answers fit.
const TYPICAL_SIZE: usize = 512;

/// The length in front of a frame; an error where it is negative.
pub fn frame_length(prefix: [u8; LENGTH_SIZE]) -> Result<usize, DecodeError> {
    let length = i32::from_be_bytes(prefix);
    usize::try_from(length).map_err(|_| DecodeError::NegativeLength(length))
}

/// A whole response, its length in front. `version` is that of the request.
pub fn response_frame<M: Message>(
    correlation_id: i32,
    api: ApiKey,
    version: i16,
    response: &M,
) -> Result<Encoded, EncodeError> {
    let mut writer = Writer::with_capacity(TYPICAL_SIZE);
    writer.reserve_length();
    let header = ResponseHeader { correlation_id, ..ResponseHeader::default() };
    header.encode(&mut writer, api.response_header_version(version))?;
    response.encode(&mut writer, version)?;
    writer.fill_length()?;
    Ok(writer.into_encoded())
}

/// A whole request, its length in front.
pub fn request_frame<R: Request>(
    correlation_id: i32,
    client_id: Option<&str>,
    version: i16,
    request: &R,
) -> Result<Encoded, EncodeError> {
    let mut writer = Writer::with_capacity(TYPICAL_SIZE);
    writer.reserve_length();
    let header = RequestHeader {
        request_api_key: R::API.code(),
        request_api_version: version,
        correlation_id,
        client_id: client_id.map(Into::into),
        ..RequestHeader::default()
    };
    header.encode(&mut writer, R::API.request_header_version(version))?;
    request.encode(&mut writer, version)?;
    writer.fill_length()?;
    Ok(writer.into_encoded())
}

/// The header at the beginning of a request's frame (its length already taken off); the reader is left at the body.
///
/// The version is not checked: an ApiVersions request of a version to come must still be answered.
pub fn decode_request_header(frame: Bytes) -> Result<(ApiKey, RequestHeader, Reader), DecodeError> {
    let [key @ .., version_high, version_low] = *frame.first_chunk::<4>().ok_or(DecodeError::Truncated)?;
    let code = i16::from_be_bytes(key);
    let version = i16::from_be_bytes([version_high, version_low]);
    let api = ApiKey::from_code(code).ok_or(DecodeError::UnknownApi(code))?;
    let mut reader = Reader::new(frame);
    let header = RequestHeader::decode(&mut reader, api.request_header_version(version))?;
    Ok((api, header, reader))
}

/// The correlation id and the body of a response's frame (its length already taken off).
pub fn decode_response<M: Message>(frame: Bytes, api: ApiKey, version: i16) -> Result<(i32, M), DecodeError> {
    let mut reader = Reader::new(frame);
    let header = ResponseHeader::decode(&mut reader, api.response_header_version(version))?;
    let response = M::decode(&mut reader, version)?;
    reader.finish()?;
    Ok((header.correlation_id, response))
}
