//! Build-time generator: turns a schema table into Rust structs with their codec.
//!
//! `parse` reads the notation into a `model`, `naming` chooses Rust's names, and the `emit_*` files write source: structs,
//! codec, sample values for tests, the table of APIs, and enums over numbered records. The emitted code is small because
//! all work is done by generic calls of the crate `wire` ([`Target::runtime`] says where that is found).

mod emit_api;
mod emit_codec;
mod emit_message;
mod emit_struct;
mod emit_union;
mod model;
mod naming;
mod parse;
mod size;

pub use emit_api::emit_apis;
pub use emit_message::emit_messages;
pub use emit_union::{Union, emit_union};
pub use model::{Field, Kind, Message, Section, Type, Versions};
pub use naming::{pascal_case, singular, snake_case};
pub use parse::{ParseError, parse};

/// Where the emitted code will stand.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of the module with the codec's building blocks, as in `crate::codec`.
    pub runtime: String,
}
