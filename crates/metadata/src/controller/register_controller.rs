//! A controller registers its endpoints and what it supports (ControllerRegistration, key 70).

use records::MetadataRecord;
use types::{ErrorCode, NodeId, Uuid};

use super::draft::Draft;
use crate::Refusal;
use crate::image::{ControllerNode, Endpoint, FeatureRange};

/// A controller registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterController {
    /// Its node id.
    pub controller_id: NodeId,
    /// Chosen at random when the process started.
    pub incarnation_id: Uuid,
    /// Its listeners.
    pub endpoints: Vec<Endpoint>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
}

/// The most controllers that may be registered.
const MAX_CONTROLLERS: usize = 1_000;

pub(super) fn register(draft: &mut Draft<'_>, command: RegisterController) -> Result<(), Refusal> {
    if !draft.image().metadata_version().has_controller_registration() {
        return Err(Refusal::new(
            ErrorCode::UnsupportedVersion,
            format!("Controllers do not register at metadata.version {}.", draft.image().metadata_version()),
        ));
    }
    let controllers = draft.image().controllers();
    if controllers.len() >= MAX_CONTROLLERS && !controllers.contains_key(&command.controller_id) {
        return Err(Refusal::new(
            ErrorCode::InvalidRegistration,
            format!("{MAX_CONTROLLERS} controllers are registered, which is the most that may be."),
        ));
    }
    let controller = ControllerNode {
        id: command.controller_id,
        incarnation_id: command.incarnation_id,
        endpoints: command.endpoints,
        features: command.features,
    };
    draft.push(MetadataRecord::RegisterController(controller.to_record()));
    Ok(())
}
