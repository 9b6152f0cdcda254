//! The coordinator on a stage: commands in, a transcript of answers and records out.

mod commands;
mod groups;
mod heartbeats;
mod offsets;
mod play;
mod rebalances;
mod refusals;
mod replay;
mod static_members;
