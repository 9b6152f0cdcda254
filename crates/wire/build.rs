//! Generates every message from `schema/protocol.txt`.

use std::error::Error;
use std::path::PathBuf;

use schema::{Message, Target, emit_apis, emit_messages, parse};

#[expect(clippy::disallowed_methods, reason = "a build script writes the file that it generates")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=schema/protocol.txt");
    println!("cargo::rerun-if-changed=build.rs");
    let target = Target { runtime: "crate::codec".to_owned() };
    let sections = parse(include_str!("schema/protocol.txt"))?;
    let messages: Vec<Message> = sections.into_iter().flat_map(|section| section.messages).collect();
    let mut source = emit_messages(&messages, &target)?;
    source += &emit_apis(&messages, &target)?;
    let directory = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(PathBuf::from(directory).join("messages.rs"), source)?;
    Ok(())
}
