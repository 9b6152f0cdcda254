//! Records: writing, reading, offsets, producers.

pub(crate) mod delete_records;
pub(crate) mod describe_producers;
pub(crate) mod fetch;
pub(crate) mod fetch_session;
pub(crate) mod init_producer_id;
pub(crate) mod list_offsets;
pub(crate) mod offset_for_leader_epoch;
pub(crate) mod produce;
