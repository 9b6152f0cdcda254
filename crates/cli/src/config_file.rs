//! Reading `server.properties` and what the command line sets on top.

use std::path::Path;

use config::{Properties, Settings, Warning};
use runtime::Disk;

use crate::exit::Failure;

/// The settings of a file, or of a node without one, with `KEY=VALUE` pairs on top.
pub(crate) fn load(file: Option<&Path>, set: &[String]) -> Result<(Settings, Vec<Warning>), Failure> {
    let (mut pairs, mut warnings) = match file {
        None => (Settings::zero_configuration_properties(), Vec::new()),
        Some(path) => {
            let bytes = Disk::os().read(path).map_err(|error| {
                Failure::new(format!("cannot read {}: {error}; check the path and its permissions", path.display()))
            })?;
            Properties::parse(&path.display().to_string(), &bytes)?.effective()
        }
    };
    for each in set {
        let (key, value) =
            each.split_once('=').ok_or_else(|| Failure::new(format!("--set {each}: KEY=VALUE is expected")))?;
        pairs.retain(|(name, _)| name != key.trim());
        pairs.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    let (settings, more) = Settings::from_properties(&pairs).map_err(Failure::all)?;
    warnings.extend(more);
    Ok((settings, warnings))
}
