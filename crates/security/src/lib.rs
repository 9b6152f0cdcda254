//! Who may do what: principals, operations, resources, and the authorizer that every handler asks.
//!
//! Numbers and names are Kafka's (`AclOperation`, `ResourceType`). A node without an authorizer allows everything, as
//! Kafka does when `authorizer.class.name` is empty.

mod authorizer;
mod operation;
mod principal;
mod resource;

pub use authorizer::{Authorizer, Rule};
pub use operation::Operation;
pub use principal::Principal;
pub use resource::{CLUSTER_NAME, Resource, ResourceType};
