//! The cluster's nodes as they registered: brokers and controllers.

use records::register_broker_record;
use records::register_controller_record;
use records::{BrokerRegistrationChangeRecord, RegisterBrokerRecord, RegisterControllerRecord};
use types::{NodeId, Str, Uuid};

use crate::MetadataVersion;

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, by which others choose.
    pub listener: Str,
    /// Host name or address.
    pub host: Str,
    /// TCP port.
    pub port: u16,
    /// Kafka's number of the security protocol: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// Which levels of a feature a node can work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureRange {
    /// The feature's name.
    pub name: Str,
    /// The lowest level.
    pub minimum: i16,
    /// The highest level.
    pub maximum: i16,
}

impl FeatureRange {
    /// Does the range contain this level?
    pub fn contains(&self, level: i16) -> bool {
        (self.minimum..=self.maximum).contains(&level)
    }
}

/// A broker's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its node id.
    pub id: NodeId,
    /// Differs for every incarnation and only grows: the log offset at which it registered.
    pub epoch: i64,
    /// Chosen at random by the process when it started.
    pub incarnation_id: Uuid,
    /// Its listeners.
    pub endpoints: Vec<Endpoint>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
    /// Its rack, if it has one.
    pub rack: Option<Str>,
    /// Is it kept out of leadership and in-sync sets?
    pub fenced: bool,
    /// Is it leaving in good order?
    pub in_controlled_shutdown: bool,
    /// Its online log directories.
    pub log_dirs: Vec<Uuid>,
    /// Those of them that take no new replicas.
    pub cordoned_log_dirs: Vec<Uuid>,
}

impl Broker {
    /// May it lead and be in in-sync sets?
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Its endpoint on this listener.
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.listener == *listener)
    }

    /// Is a replica in this directory readable? What is not yet assigned counts as online, what is lost does not.
    pub fn has_online_directory(&self, directory: Uuid) -> bool {
        match directory {
            Uuid::DIRECTORY_UNASSIGNED | Uuid::DIRECTORY_MIGRATING => true,
            Uuid::DIRECTORY_LOST => false,
            _ => self.log_dirs.is_empty() || self.log_dirs.contains(&directory),
        }
    }

    /// The directory that a new replica is assigned to: the broker's only one, otherwise the broker chooses.
    pub fn directory_for_new_replica(&self) -> Uuid {
        match self.log_dirs[..] {
            [] => Uuid::DIRECTORY_MIGRATING,
            [only] => only,
            _ => Uuid::DIRECTORY_UNASSIGNED,
        }
    }

    /// Does at least one of its directories take new replicas?
    pub fn takes_new_replicas(&self) -> bool {
        self.cordoned_log_dirs.is_empty() || self.log_dirs.iter().any(|dir| !self.cordoned_log_dirs.contains(dir))
    }

    pub(super) fn from_record(record: &RegisterBrokerRecord) -> Broker {
        Broker {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            endpoints: record
                .end_points
                .iter()
                .map(|point| Endpoint {
                    listener: point.name.detached(),
                    host: point.host.detached(),
                    port: point.port,
                    security_protocol: point.security_protocol,
                })
                .collect(),
            features: record
                .features
                .iter()
                .map(|feature| FeatureRange {
                    name: feature.name.detached(),
                    minimum: feature.min_supported_version,
                    maximum: feature.max_supported_version,
                })
                .collect(),
            rack: record.rack.as_ref().map(Str::detached),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            log_dirs: record.log_dirs.clone(),
            cordoned_log_dirs: record.cordoned_log_dirs.clone().unwrap_or_default(),
        }
    }

    pub(super) fn change(&mut self, record: &BrokerRegistrationChangeRecord) {
        match record.fenced {
            1 => self.fenced = true,
            -1 => self.fenced = false,
            _ => {}
        }
        if record.in_controlled_shutdown == 1 {
            self.in_controlled_shutdown = true;
        }
        if !record.log_dirs.is_empty() {
            self.log_dirs = record.log_dirs.clone();
        }
        if let Some(cordoned) = &record.cordoned_log_dirs {
            self.cordoned_log_dirs = cordoned.clone();
        }
    }

    /// The registration as one record, without what this metadata version has no place for.
    pub fn to_record(&self, version: MetadataVersion) -> RegisterBrokerRecord {
        RegisterBrokerRecord {
            broker_id: self.id,
            broker_epoch: self.epoch,
            incarnation_id: self.incarnation_id,
            end_points: self
                .endpoints
                .iter()
                .map(|endpoint| register_broker_record::EndPoint {
                    name: endpoint.listener.clone(),
                    host: endpoint.host.clone(),
                    port: endpoint.port,
                    security_protocol: endpoint.security_protocol,
                    ..Default::default()
                })
                .collect(),
            features: self
                .features
                .iter()
                .map(|feature| register_broker_record::Feature {
                    name: feature.name.clone(),
                    min_supported_version: feature.minimum,
                    max_supported_version: feature.maximum,
                    ..Default::default()
                })
                .collect(),
            rack: self.rack.clone(),
            fenced: self.fenced,
            in_controlled_shutdown: self.in_controlled_shutdown,
            log_dirs: if version.has_directories() { self.log_dirs.clone() } else { Vec::new() },
            cordoned_log_dirs: (version.has_cordoned_directories() && !self.cordoned_log_dirs.is_empty())
                .then(|| self.cordoned_log_dirs.clone()),
            ..Default::default()
        }
    }
}

/// A controller's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerNode {
    /// Its node id.
    pub id: NodeId,
    /// Chosen at random by the process when it started.
    pub incarnation_id: Uuid,
    /// Its listeners.
    pub endpoints: Vec<Endpoint>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
}

impl ControllerNode {
    pub(super) fn from_record(record: &RegisterControllerRecord) -> ControllerNode {
        ControllerNode {
            id: record.controller_id,
            incarnation_id: record.incarnation_id,
            endpoints: record
                .end_points
                .iter()
                .map(|point| Endpoint {
                    listener: point.name.detached(),
                    host: point.host.detached(),
                    port: point.port,
                    security_protocol: point.security_protocol,
                })
                .collect(),
            features: record
                .features
                .iter()
                .map(|feature| FeatureRange {
                    name: feature.name.detached(),
                    minimum: feature.min_supported_version,
                    maximum: feature.max_supported_version,
                })
                .collect(),
        }
    }

    /// The registration as a record.
    pub fn to_record(&self) -> RegisterControllerRecord {
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            end_points: self
                .endpoints
                .iter()
                .map(|endpoint| register_controller_record::EndPoint {
                    name: endpoint.listener.clone(),
                    host: endpoint.host.clone(),
                    port: endpoint.port,
                    security_protocol: endpoint.security_protocol,
                    ..Default::default()
                })
                .collect(),
            features: self
                .features
                .iter()
                .map(|feature| register_controller_record::Feature {
                    name: feature.name.clone(),
                    min_supported_version: feature.minimum,
                    max_supported_version: feature.maximum,
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        }
    }
}
