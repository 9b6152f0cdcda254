//! ApiVersions (18), versions 0–4: what this node serves, and the cluster's features (KIP-35, KIP-511, KIP-584).
//!
//! Behaviour: a version from the future is answered with a version-0 body, UNSUPPORTED_VERSION and the range of this API, so
//! that the client can ask again. From version 3 the client names itself; a name outside Kafka's pattern is refused.
//! Version notes: up to 3 a feature whose lowest version is 0 is left out of the supported features (KAFKA-17011).
//! Authorization: none.

use types::ErrorCode;
use wire::api_versions_response::{ApiKey as Range, FinalizedFeature, SupportedFeature};
use wire::{ApiKey, ApiVersionsRequest, ApiVersionsResponse};

use crate::api::ROWS;
use crate::router::{Context, Outcome};

pub(crate) async fn handle(context: Context, request: ApiVersionsRequest) -> ApiVersionsResponse {
    let version = context.version();
    if version >= 3 && !(is_plain(&request.client_software_name) && is_plain(&request.client_software_version)) {
        let error_code = ErrorCode::InvalidRequest.code();
        return ApiVersionsResponse { error_code, ..ApiVersionsResponse::default() };
    }
    if version >= 3 {
        context.session.set_software(&request.client_software_name);
    }
    let image = context.node.cluster.image();
    let supported = context.node.cluster.supported_features();
    ApiVersionsResponse {
        api_keys: ROWS
            .iter()
            .filter(|row| row.is_served_on(context.session.is_for_controllers()))
            .map(|row| range(row.api, row.advertised()))
            .collect(),
        supported_features: supported
            .filter(|feature| version >= 4 || feature.minimum > 0)
            .map(|feature| SupportedFeature {
                name: feature.name.clone(),
                min_version: feature.minimum,
                max_version: feature.maximum,
                ..SupportedFeature::default()
            })
            .collect(),
        finalized_features_epoch: context.node.cluster.published_offset(),
        finalized_features: image
            .features()
            .iter()
            .filter(|(_, level)| **level > 0)
            .map(|(name, &level)| FinalizedFeature {
                name: name.clone(),
                max_version_level: level,
                min_version_level: level,
                ..FinalizedFeature::default()
            })
            .collect(),
        ..ApiVersionsResponse::default()
    }
}

/// The answer to a version that we do not know.
pub(crate) fn unsupported(_: &Context) -> Outcome<ApiVersionsResponse> {
    let own = range(ApiKey::ApiVersions, ApiKey::ApiVersions.stable_versions());
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: vec![own],
        ..ApiVersionsResponse::default()
    };
    Outcome::RespondAs(response, 0)
}

fn range(api: ApiKey, versions: std::ops::RangeInclusive<i16>) -> Range {
    Range { api_key: api.code(), min_version: *versions.start(), max_version: *versions.end(), ..Range::default() }
}

/// Kafka's pattern `[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?` of client names and versions.
fn is_plain(name: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_names_follow_kafkas_pattern() {
        assert!(is_plain("apache-kafka-java") && is_plain("4.3.1") && is_plain("x"));
        assert!(!is_plain("") && !is_plain("-a") && !is_plain("a b") && !is_plain("a."));
    }
}
