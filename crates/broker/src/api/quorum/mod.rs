//! The metadata quorum.

pub(crate) mod describe_quorum;
