//! Frames and headers, against bytes written down by hand.

use bytes::Bytes;

use crate::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, DecodeError, FetchResponse, MetadataRequest, Piece, Records,
    SaslHandshakeRequest, api_versions_response, fetch_response, frame,
};

fn hex(text: &str) -> Bytes {
    let digits: Vec<u8> =
        text.bytes().filter_map(|byte| char::from(byte).to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn a_request_in_a_flexible_version_keeps_its_client_id_plain() {
    let request = ApiVersionsRequest {
        client_software_name: "x".into(),
        client_software_version: "1".into(),
        ..Default::default()
    };
    let bytes = frame::request_frame(7, Some("me"), 3, &request).and_then(|frame| frame.into_bytes()).expect("encodes");
    assert_eq!(bytes, hex("00000012 0012 0003 00000007 0002 6d65 00 02 78 02 31 00"));
    let (api, header, mut reader) = frame::decode_request_header(bytes.slice(4..)).expect("decodes");
    assert_eq!((api, header.correlation_id, header.client_id.as_deref()), (ApiKey::ApiVersions, 7, Some("me")));
    assert_eq!(crate::codec::decode::<ApiVersionsRequest>(&mut reader, header.request_api_version), Ok(request));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn a_null_client_id_is_fine() {
    let bytes = frame::request_frame(1, None, 1, &MetadataRequest { topics: None, ..Default::default() });
    let bytes = bytes.and_then(|frame| frame.into_bytes()).expect("encodes");
    assert_eq!(bytes, hex("0000000e 0003 0001 00000001 ffff ffffffff"));
    assert_eq!(frame::decode_request_header(bytes.slice(4..)).expect("decodes").1.client_id, None);
}

#[test]
fn the_header_of_an_api_versions_response_has_no_tags_in_any_version() {
    let range = api_versions_response::ApiKey { api_key: 18, max_version: 4, ..Default::default() };
    let response = ApiVersionsResponse { api_keys: vec![range], ..Default::default() };
    let frame = frame::response_frame(5, ApiKey::ApiVersions, 3, &response).and_then(|frame| frame.into_bytes());
    assert_eq!(frame.expect("encodes"), hex("00000013 00000005 0000 02 0012 0000 0004 00 00000000 00"));
}

#[test]
fn other_flexible_responses_have_tags_in_their_header() {
    assert_eq!(ApiKey::Fetch.response_header_version(12), 1);
    assert_eq!(ApiKey::Fetch.response_header_version(11), 0);
    assert_eq!(ApiKey::SaslHandshake.request_header_version(1), 1);
    assert_eq!(ApiKey::SaslHandshake.response_header_version(1), 0);
    let request = frame::request_frame(1, None, 1, &SaslHandshakeRequest { mechanism: "PLAIN".into() });
    assert_eq!(request.and_then(|frame| frame.into_bytes()).expect("encodes").len(), 4 + 10 + 7);
}

#[test]
fn a_fetch_response_leaves_room_for_its_file_slice() {
    let records = Some(Records::Deferred { index: 0, length: 70_000 });
    let partition = fetch_response::Partition { records, ..Default::default() };
    let topic = fetch_response::Response { partitions: vec![partition], ..Default::default() };
    let response = FetchResponse { responses: vec![topic], ..Default::default() };
    let frame = frame::response_frame(1, ApiKey::Fetch, 13, &response).expect("encodes");
    let [Piece::Bytes(front), Piece::Deferred(0), Piece::Bytes(back)] = frame.pieces.as_slice() else {
        panic!("{:?}", frame.pieces);
    };
    let prefix = *front.first_chunk().expect("a length");
    assert_eq!(frame::frame_length(prefix), Ok(front.len() - 4 + 70_000 + back.len()));
    assert_eq!(frame.length(), front.len() + 70_000 + back.len());
    assert_eq!(&front[front.len() - 3..], [0xf1, 0xa2, 0x04], "70000 + 1 as a varint");

    let sent = [front.as_ref(), &vec![3; 70_000], back].concat();
    let (id, again) =
        frame::decode_response::<FetchResponse>(Bytes::from(sent).slice(4..), ApiKey::Fetch, 13).expect("decodes");
    assert_eq!(id, 1);
    assert_eq!(again.responses[0].partitions[0].records.as_ref().map(Records::len), Some(70_000));
}

#[test]
fn frames_that_are_no_requests_are_refused() {
    let header = |bytes: &'static [u8]| frame::decode_request_header(Bytes::from_static(bytes)).map(|(api, ..)| api);
    assert_eq!(header(&[0, 3]), Err(DecodeError::Truncated));
    assert_eq!(header(&[0, 3, 0, 1, 0, 0, 0]), Err(DecodeError::Truncated));
    assert_eq!(header(&[0, 4, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), Err(DecodeError::UnknownApi(4)));
    assert_eq!(header(&[0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), Err(DecodeError::UnknownApi(i16::MAX)));
    assert_eq!(header(&[0, 18, 0x7f, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0]), Ok(ApiKey::ApiVersions));
    assert_eq!(frame::frame_length([0xff; 4]), Err(DecodeError::NegativeLength(-1)));
}

#[test]
fn the_table_of_apis_knows_who_serves_what() {
    assert_eq!(ApiKey::from_code(0), Some(ApiKey::Produce));
    assert_eq!(ApiKey::from_code(7), None, "removed");
    assert_eq!(ApiKey::ALL.len(), 89);
    for &api in ApiKey::ALL {
        assert_eq!(ApiKey::from_code(api.code()), Some(api));
        assert!(api.on_broker() || api.on_controller(), "{api}");
    }
    assert!(ApiKey::Vote.on_controller() && !ApiKey::Vote.on_broker());
    assert!(ApiKey::InitProducerId.latest_unstable());
    assert_eq!(ApiKey::InitProducerId.versions(), 0..=6);
    assert_eq!(ApiKey::InitProducerId.stable_versions(), 0..=5);
    assert_eq!(ApiKey::Fetch.stable_versions(), 4..=18);
}
