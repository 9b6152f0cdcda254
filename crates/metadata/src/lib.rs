//! The cluster as a Ledger: image, records, controller.
//!
//! - `image` is what the log of `__cluster_metadata` says: an immutable value that shares its parts with its predecessors,
//!   changed by `ClusterImage::apply` alone, compared by `Changes::between`, written down by `ClusterImage::to_records`.
//! - `controller` decides: one file per command, each reads the image and answers with records. It is a `machine::Ledger`.
//! - `features` is the table of metadata versions and of the other features.
//!
//! Nothing in here touches a clock, a disk or a socket.

pub mod controller;
pub mod features;
pub mod image;
mod refusal;

pub use controller::{Answer, Command, Controller, ControllerOptions, Soft};
pub use features::MetadataVersion;
pub use image::{Changes, ClusterImage, ConfigResource, InvalidRecord};
pub use refusal::Refusal;
