//! How the inputs of the fuzz targets are laid out, which the targets and the maker of the seeds must agree on.

pub mod directory;
mod input;

pub use input::{Input, put_piece};
