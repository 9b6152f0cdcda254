//! Formatting: what `vltava format` (and `kafka-storage format`) leaves in empty log directories.
//!
//! Every directory gets `meta.properties`. The directory of the metadata log gets `bootstrap.checkpoint` with the features that
//! the first active controller shall finalize and, with `--standalone` or initial controllers, the snapshot `0-0` that names
//! the voters. Nothing is changed when one of the directories is formatted already, unless that is to be ignored.

use std::path::{Path, PathBuf};

use config::Settings;
use metadata::MetadataVersion;
use metadata::controller::Bootstrap;
use metadata::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, FEATURES, KRAFT_VERSION, METADATA_VERSION};
use metadata::image::feature_record;
use quorum::{ControlRecord, Endpoints, ReplicaKey, SnapshotId, VersionRange, Voter, VoterSet};
use runtime::{Clock, Disk};
use storage::{DirectoryError, LogDirectory};
use types::{CLUSTER_METADATA, Str, TimestampMs, Uuid};

use crate::cluster::checkpoint::{BOOTSTRAP, Checkpoint};

/// How directories are to be formatted.
#[derive(Clone, Debug, Default)]
pub struct Format {
    /// The cluster's id.
    pub cluster_id: String,
    /// Leave directories alone that are formatted already.
    pub ignore_formatted: bool,
    /// This node is the only voter of a quorum whose voters can change.
    pub standalone: bool,
    /// The voters of a quorum whose voters can change: `id@host:port:directory-id`, separated by commas.
    pub initial_controllers: Option<String>,
    /// The voters are not known here.
    pub no_initial_controllers: bool,
    /// The metadata version, by name; the latest when not given.
    pub release_version: Option<String>,
    /// Levels of features, `name=level`.
    pub features: Vec<String>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// Directories that were formatted now.
    pub directories: Vec<PathBuf>,
    /// The metadata version that the cluster begins with.
    pub metadata_version: String,
}

/// Formatting is not possible; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A directory cannot be formatted.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// What was asked for does not fit.
    #[error("{0}")]
    Argument(String),
    /// A file cannot be written.
    #[error("{0}")]
    Write(String),
}

fn argument(message: impl Into<String>) -> FormatError {
    FormatError::Argument(message.into())
}

impl Format {
    /// Formats the directories of these settings.
    pub fn run(&self, disk: &Disk, settings: &Settings, clock: &Clock) -> Result<Formatted, FormatError> {
        let bootstrap = self.bootstrap()?;
        self.cluster_id.parse::<Uuid>().map_err(|error| argument(format!("cluster id {error}")))?;
        if !settings.quorum_voters().is_empty() && (self.standalone || self.initial_controllers.is_some()) {
            return Err(argument(
                "controller.quorum.voters fixes the voters: remove it from the configuration to use --standalone or --initial-controllers",
            ));
        }
        let chosen = self.standalone || self.initial_controllers.is_some() || self.no_initial_controllers;
        if settings.quorum_voters().is_empty() && settings.is_controller() && !chosen {
            return Err(argument(
                "controller.quorum.voters is not set, so the first voters must be chosen: add --standalone for a lone node, --initial-controllers, or --no-initial-controllers",
            ));
        }
        let paths: Vec<PathBuf> = directories(settings);
        let (formatted, fresh): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| disk.exists(&path.join("meta.properties")));
        if let (Some(path), false) = (formatted.first(), self.ignore_formatted) {
            return Err(DirectoryError::AlreadyFormatted(path.clone()).into());
        }
        let metadata_dir = PathBuf::from(settings.metadata_log_dir());
        let own_id = Uuid::from_random(runtime::random_bytes());
        let voters = self.voters(settings, own_id)?;
        for path in &fresh {
            let chosen = voters.is_some() && *path == metadata_dir;
            if chosen {
                let id = self.initial_directory_id(settings)?.unwrap_or(own_id);
                LogDirectory::format_with_id(disk, path, &self.cluster_id, settings.node_id(), id)?;
            } else {
                LogDirectory::format(disk, path, &self.cluster_id, settings.node_id())?;
            }
            if *path == metadata_dir {
                write_bootstrap(disk, path, &bootstrap, voters.as_ref(), clock.now_ms())?;
            }
        }
        Ok(Formatted { directories: fresh, metadata_version: bootstrap.metadata_version.name().to_owned() })
    }

    /// The features that the cluster begins with: those that this program serves, unless others are asked for.
    pub(crate) fn bootstrap(&self) -> Result<Bootstrap, FormatError> {
        let version = match self.release_version.as_deref() {
            None => MetadataVersion::LATEST,
            Some(name) => metadata_version(name).ok_or_else(|| {
                argument(format!("{name} is not a metadata version; the latest is {}", MetadataVersion::LATEST.name()))
            })?,
        };
        let mut bootstrap = Bootstrap::of_version(version);
        bootstrap.features.retain(|(name, _)| *name == ELIGIBLE_LEADER_REPLICAS_VERSION);
        for text in &self.features {
            let (name, level) =
                text.split_once('=').ok_or_else(|| argument(format!("'{text}' is not FEATURE=LEVEL")))?;
            let level: i16 = level.trim().parse().map_err(|_| argument(format!("'{level}' is not a level")))?;
            match name.trim() {
                METADATA_VERSION => {
                    bootstrap.metadata_version = MetadataVersion::from_level(level)
                        .ok_or_else(|| argument(format!("metadata.version has no level {level}")))?;
                }
                KRAFT_VERSION if level == i16::from(self.standalone || self.initial_controllers.is_some()) => {}
                KRAFT_VERSION => {
                    return Err(argument(
                        "kraft.version follows from how the voters are named: 1 with --standalone or --initial-controllers, 0 with controller.quorum.voters",
                    ));
                }
                name => {
                    let known = FEATURES.iter().find(|feature| feature.name == name);
                    let feature = known.ok_or_else(|| argument(format!("there is no feature {name}")))?;
                    if !(0..=feature.maximum).contains(&level) {
                        return Err(argument(format!("{name} has levels 0 to {}", feature.maximum)));
                    }
                    bootstrap.features.retain(|(other, _)| *other != name);
                    if level > 0 {
                        bootstrap.features.push((Str::from(name), level));
                    }
                }
            }
        }
        Ok(bootstrap)
    }

    fn voters(&self, settings: &Settings, own_id: Uuid) -> Result<Option<VoterSet>, FormatError> {
        if let Some(list) = &self.initial_controllers {
            let voters =
                list.split(',').map(|entry| initial_controller(entry, settings)).collect::<Result<Vec<_>, _>>()?;
            return VoterSet::new(voters).map(Some).map_err(|error| argument(error.to_string()));
        }
        if !self.standalone {
            return Ok(None);
        }
        let voter = Voter {
            key: ReplicaKey::new(settings.node_id(), own_id),
            endpoints: controller_endpoints(settings),
            kraft_version: VersionRange::SUPPORTED,
        };
        VoterSet::new([voter]).map(Some).map_err(|error| argument(error.to_string()))
    }

    /// The directory id that the list of initial controllers gives to this node.
    fn initial_directory_id(&self, settings: &Settings) -> Result<Option<Uuid>, FormatError> {
        let Some(list) = &self.initial_controllers else { return Ok(None) };
        for entry in list.split(',') {
            let voter = initial_controller(entry, settings)?;
            if voter.key.id == settings.node_id() {
                return Ok(voter.key.directory_id);
            }
        }
        Err(argument(format!("--initial-controllers does not name this node, {}", settings.node_id())))
    }
}

/// A metadata version by its name, or the latest of a release: "4.3-IV0", "4.3".
fn metadata_version(name: &str) -> Option<MetadataVersion> {
    MetadataVersion::from_name(name)
        .or_else(|| MetadataVersion::all().filter(|version| version.name().starts_with(&format!("{name}-"))).last())
}

/// Where this node's controller listens, as others reach it.
pub(crate) fn controller_endpoints(settings: &Settings) -> Endpoints {
    let listeners = settings.listeners();
    let told =
        if listeners.advertised_controllers.is_empty() { &listeners.all } else { &listeners.advertised_controllers };
    let own = told.iter().filter(|listener| listeners.is_controller(&listener.name));
    Endpoints::new(own.map(|listener| {
        let host = if listener.host.is_empty() { "localhost" } else { &listener.host };
        quorum::Endpoint::new(listener.name.as_str(), host, listener.port)
    }))
}

/// `id@host:port:directory-id`.
fn initial_controller(entry: &str, settings: &Settings) -> Result<Voter, FormatError> {
    let wrong = || argument(format!("'{entry}' is not id@host:port:directory-id"));
    let (id, rest) = entry.trim().split_once('@').ok_or_else(wrong)?;
    let (address, directory) = rest.rsplit_once(':').ok_or_else(wrong)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let id = id.parse().map_err(|_| wrong())?;
    let directory: Uuid = directory.parse().map_err(|_| wrong())?;
    let listener = settings.listeners().controller_names.first().cloned().unwrap_or_default();
    Ok(Voter {
        key: ReplicaKey::new(id, directory),
        endpoints: Endpoints::single(
            listener.as_str(),
            host.trim_matches(['[', ']']),
            port.parse().map_err(|_| wrong())?,
        ),
        kraft_version: VersionRange::SUPPORTED,
    })
}

/// Every log directory once, that of the metadata log among them.
pub(crate) fn directories(settings: &Settings) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let metadata = std::iter::once(settings.metadata_log_dir());
    let all = settings.log_dirs().iter().map(String::as_str).filter(|_| settings.is_broker()).chain(metadata);
    for path in all.map(PathBuf::from) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

fn write_bootstrap(
    disk: &Disk,
    directory: &Path,
    bootstrap: &Bootstrap,
    voters: Option<&VoterSet>,
    now_ms: TimestampMs,
) -> Result<(), FormatError> {
    let level = bootstrap.metadata_version.level();
    let mut records = vec![feature_record(&Str::from_static(METADATA_VERSION), level)];
    records.extend(bootstrap.features.iter().map(|(name, level)| feature_record(name, *level)));
    records.extend(bootstrap.records.iter().cloned());
    let checkpoint = Checkpoint { quorum: Vec::new(), records, last_contained_ms: now_ms };
    let write = |path: &Path, checkpoint: &Checkpoint| {
        checkpoint.write(disk, path, SnapshotId::BOOTSTRAP, level, now_ms).map_err(FormatError::Write)
    };
    write(&directory.join(BOOTSTRAP), &checkpoint)?;
    if let Some(voters) = voters {
        let log = directory.join(format!("{CLUSTER_METADATA}-0"));
        disk.create_dir_all(&log)
            .map_err(|error| FormatError::Write(format!("cannot create {}: {error}", log.display())))?;
        let quorum = vec![ControlRecord::KRaftVersion(1), ControlRecord::Voters(voters.clone())];
        let checkpoint = Checkpoint { quorum, records: Vec::new(), last_contained_ms: now_ms };
        write(&log.join(SnapshotId::BOOTSTRAP.file_name()), &checkpoint)?;
    }
    Ok(())
}
