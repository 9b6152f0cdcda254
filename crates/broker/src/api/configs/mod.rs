//! Configuration: reading and changing what topics, brokers and groups do.

pub(crate) mod alter_configs;
pub(crate) mod describe_configs;
pub(crate) mod incremental_alter_configs;
pub(crate) mod list_config_resources;
mod refusal;
