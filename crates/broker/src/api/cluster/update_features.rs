//! UpdateFeatures (57), versions 0–2: raises or lowers the levels of the cluster's features (KIP-584, KIP-1022).
//!
//! Behaviour: all updates take place or none. Version notes: 0 knows "allow downgrade" only; 1+ upgrade types; 2 has one error
//! for the whole and no results. Authorization: Alter on the cluster.

use metadata::controller::{FeatureUpdate, UpdateFeatures, UpgradeType};
use metadata::{Answer, Command};
use security::{Operation, Resource};
use types::{ErrorCode, Str};
use wire::update_features_response::Result as Told;
use wire::{UpdateFeaturesRequest, UpdateFeaturesResponse};

use crate::router::Context;

pub(crate) async fn handle(context: Context, request: UpdateFeaturesRequest) -> UpdateFeaturesResponse {
    if !context.allows(Operation::Alter, Resource::CLUSTER) {
        return told(&context, &request, ErrorCode::ClusterAuthorizationFailed, None);
    }
    let updates = request.feature_updates.iter().map(|update| {
        let upgrade_type = match (context.version(), update.allow_downgrade) {
            (0, true) => Some(UpgradeType::SafeDowngrade),
            (0, false) => Some(UpgradeType::Upgrade),
            _ => UpgradeType::from_code(update.upgrade_type),
        };
        Some(FeatureUpdate {
            feature: update.feature.clone(),
            level: update.max_version_level,
            upgrade_type: upgrade_type?,
        })
    });
    let Some(updates) = updates.collect::<Option<Vec<_>>>() else {
        return told(&context, &request, ErrorCode::InvalidRequest, Some("the upgrade type is not known".into()));
    };
    let command = Command::UpdateFeatures(UpdateFeatures { updates, validate_only: request.validate_only });
    match context.node.cluster.ask(command).await {
        Ok(Answer::UpdateFeatures(Ok(()))) => told(&context, &request, ErrorCode::None, None),
        Ok(Answer::UpdateFeatures(Err(refusal))) => told(&context, &request, refusal.code, Some(refusal.message)),
        Ok(_) => told(&context, &request, ErrorCode::UnknownServerError, None),
        Err(code) => told(&context, &request, code, None),
    }
}

fn told(
    context: &Context,
    request: &UpdateFeaturesRequest,
    code: ErrorCode,
    message: Option<Str>,
) -> UpdateFeaturesResponse {
    let results = request.feature_updates.iter().map(|update| Told {
        feature: update.feature.clone(),
        error_code: code.code(),
        error_message: message.clone(),
        ..Told::default()
    });
    let each = context.version() <= 1;
    UpdateFeaturesResponse {
        error_code: code.code(),
        error_message: message.clone(),
        results: if each { results.collect() } else { Vec::new() },
        ..UpdateFeaturesResponse::default()
    }
}
