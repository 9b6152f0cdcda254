//! The keys of a node, one file a family.

pub(crate) mod cleaner;
pub(crate) mod consumer_groups;
pub(crate) mod groups;
pub(crate) mod listeners;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod node;
pub(crate) mod quorum;
pub(crate) mod quotas;
pub(crate) mod replication;
pub(crate) mod sasl;
pub(crate) mod security;
pub(crate) mod share_groups;
pub(crate) mod streams_groups;
pub(crate) mod tiered;
pub(crate) mod tls;
pub(crate) mod topics;
pub(crate) mod transactions;
