//! Features change their levels, all of the request or none (UpdateFeatures, key 57).
//!
//! A level must be supported by this program, by every registered broker and by every registered controller. Going down must
//! be asked for as such; `metadata.version` goes down only where the format of the records is the same at both levels.
//! `kraft.version` is the quorum's and not decided here.

use std::collections::BTreeMap;

use types::{ErrorCode, Str};

use super::draft::{Draft, MIN_IN_SYNC_REPLICAS};
use crate::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, Feature, KRAFT_VERSION, METADATA_VERSION};
use crate::image::{ConfigResource, FeatureRange, ResourceType, feature_record};
use crate::{MetadataVersion, Refusal};

/// Features change their levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateFeatures {
    /// The changes.
    pub updates: Vec<FeatureUpdate>,
    /// Only say whether it could be done.
    pub validate_only: bool,
}

/// A feature changes its level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureUpdate {
    /// The feature's name.
    pub feature: Str,
    /// The level wanted; 0 switches it off.
    pub level: i16,
    /// In which direction, and at which price.
    pub upgrade_type: UpgradeType,
}

/// In which direction a level may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeType {
    /// Up.
    Upgrade,
    /// Down, if nothing is lost.
    SafeDowngrade,
    /// Down, even if something is lost.
    UnsafeDowngrade,
}

impl UpgradeType {
    /// The type with Kafka's number.
    pub fn from_code(code: i8) -> Option<UpgradeType> {
        match code {
            1 => Some(UpgradeType::Upgrade),
            2 => Some(UpgradeType::SafeDowngrade),
            3 => Some(UpgradeType::UnsafeDowngrade),
            _ => None,
        }
    }
}

pub(super) fn update(draft: &mut Draft<'_>, command: UpdateFeatures) -> Result<(), Refusal> {
    let before = draft.mark();
    let result = update_all(draft, &command.updates);
    if result.is_err() || command.validate_only {
        draft.roll_back(before);
    }
    result
}

fn update_all(draft: &mut Draft<'_>, updates: &[FeatureUpdate]) -> Result<(), Refusal> {
    let wanted: BTreeMap<&Str, i16> = updates.iter().map(|update| (&update.feature, update.level)).collect();
    if wanted.len() != updates.len() {
        return Err(Refusal::new(ErrorCode::InvalidRequest, "The request names a feature more than once."));
    }
    let metadata_level = wanted.get(&Str::from_static(METADATA_VERSION)).copied();
    for update in updates {
        check_direction(draft, update)?;
        check_support(draft, update)?;
        if update.feature == METADATA_VERSION {
            check_metadata_version(draft, update)?;
        } else {
            check_needs(draft, update, metadata_level)?;
        }
    }
    for update in updates {
        let switches_on = update.level > 0 && draft.image().feature_level(&update.feature) == 0;
        draft.push(feature_record(&update.feature, update.level));
        if switches_on && update.feature == ELIGIBLE_LEADER_REPLICAS_VERSION {
            settle_min_in_sync_replicas(draft);
        }
    }
    Ok(())
}

fn refused(update: &FeatureUpdate, why: &str) -> Refusal {
    Refusal::new(
        ErrorCode::InvalidUpdateVersion,
        format!("{} cannot be set to {}: {why}", update.feature, update.level),
    )
}

fn check_direction(draft: &Draft<'_>, update: &FeatureUpdate) -> Result<(), Refusal> {
    if update.feature == KRAFT_VERSION {
        return Err(refused(update, "the quorum keeps it."));
    }
    if update.level < 0 {
        return Err(refused(update, "levels begin at 0."));
    }
    let present = match &*update.feature {
        METADATA_VERSION => draft.image().metadata_version().level(),
        other => draft.image().feature_level(other),
    };
    let upgrade = update.upgrade_type == UpgradeType::Upgrade;
    if update.level < present && upgrade {
        return Err(refused(update, &format!("it is at {present}, and a downgrade was not asked for.")));
    }
    if update.level > present && !upgrade {
        return Err(refused(update, &format!("it is at {present}, and that would not be a downgrade.")));
    }
    Ok(())
}

fn check_support(draft: &Draft<'_>, update: &FeatureUpdate) -> Result<(), Refusal> {
    let check = |who: String, range: Option<&FeatureRange>| {
        if range.map_or(update.level == 0, |range| range.contains(update.level)) {
            return Ok(());
        }
        let (minimum, maximum) = range.map_or((0, 0), |range| (range.minimum, range.maximum));
        Err(refused(update, &format!("{who} supports levels {minimum} to {maximum}.")))
    };
    let of = |ranges: &[FeatureRange]| ranges.iter().find(|range| range.name == update.feature).cloned();
    check("this controller".to_owned(), Some(&draft.options().supported(&update.feature)))?;
    for broker in draft.image().brokers().values() {
        check(format!("broker {}", broker.id), of(&broker.features).as_ref())?;
    }
    for controller in draft.image().controllers().values().filter(|other| other.id != draft.options().node_id) {
        check(format!("controller {}", controller.id), of(&controller.features).as_ref())?;
    }
    Ok(())
}

fn check_metadata_version(draft: &Draft<'_>, update: &FeatureUpdate) -> Result<(), Refusal> {
    let present = draft.image().metadata_version();
    let Some(wanted) = MetadataVersion::from_level(update.level) else {
        return Err(refused(update, "it is no level of this program."));
    };
    if wanted < present && wanted.format_differs(present) {
        return Err(refused(update, "records of the present level could not be read at that level."));
    }
    Ok(())
}

fn check_needs(draft: &Draft<'_>, update: &FeatureUpdate, metadata_level: Option<i16>) -> Result<(), Refusal> {
    let Some(feature) = Feature::named(&update.feature) else {
        return Err(refused(update, "no feature has this name."));
    };
    let needed = feature.needed_version(update.level);
    let version = metadata_level.unwrap_or(draft.image().metadata_version().level());
    if version < needed.level() {
        return Err(refused(update, &format!("it needs {METADATA_VERSION} {needed}.")));
    }
    Ok(())
}

/// With eligible leader replicas `min.insync.replicas` must mean the same everywhere: it is set for the cluster and for no
/// single broker.
fn settle_min_in_sync_replicas(draft: &mut Draft<'_>) {
    let name = Str::from_static(MIN_IN_SYNC_REPLICAS);
    if draft.image().config(&ConfigResource::cluster(), &name).is_none() {
        let value = Str::from(draft.options().min_in_sync_replicas.to_string());
        draft.push_config(&ConfigResource::cluster(), &name, Some(value));
    }
    let configured = draft.image().configs().iter();
    let of_single_brokers: Vec<ConfigResource> = configured
        .filter(|(resource, configs)| {
            resource.kind == ResourceType::BROKER && !resource.name.is_empty() && configs.contains_key(&name)
        })
        .map(|(resource, _)| resource.clone())
        .collect();
    for resource in of_single_brokers {
        draft.push_config(&resource, &name, None);
    }
}
