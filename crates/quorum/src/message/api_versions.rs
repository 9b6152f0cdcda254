//! ApiVersions · key 18 as a leader uses it: does a node that wants to be a voter answer, and which kraft.version does it speak?

use types::ErrorCode;

use super::top_level;
use crate::voters::VersionRange;

/// The name of the feature.
const KRAFT_VERSION: &str = "kraft.version";

/// What a leader reads from the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiVersionsResponse {
    /// The levels of kraft.version the node speaks; `None` where it names none.
    pub kraft_version: Option<VersionRange>,
}

impl ApiVersionsResponse {
    /// Reads the wire's struct; the error is the answer's error.
    pub fn from_wire(wire: &wire::ApiVersionsResponse) -> Result<ApiVersionsResponse, ErrorCode> {
        top_level(wire.error_code)?;
        let feature = wire.supported_features.iter().find(|feature| feature.name == KRAFT_VERSION);
        let range = feature.map(|feature| VersionRange { min: feature.min_version, max: feature.max_version });
        Ok(ApiVersionsResponse { kraft_version: range })
    }
}
