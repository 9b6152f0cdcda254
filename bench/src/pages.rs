//! Pages that the host has really given: right before a leg, as much is written and removed as the leg will write.
//!
//! On a virtual machine, the first touch of a page can cost ten times the write itself, and freed memory goes back to the host
//! within seconds. Without this, whoever comes first pays for it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::failure::{Failure, Within};
use crate::machine;

const GIGABYTE: u64 = 1_000_000_000;
/// Every leg gets at least so much.
pub const LEAST: u64 = GIGABYTE;
/// No leg gets, or writes, more.
pub const MOST: u64 = 3 * GIGABYTE;

const CHUNK: usize = 1 << 20;

/// Writes a file of about this size in the directory and removes it; never more than half of the free memory.
pub fn back(directory: &Path, bytes: u64) -> Result<(), Failure> {
    let bytes = bytes.clamp(LEAST, MOST).min(machine::available_bytes() / 2);
    let path = directory.join("pages");
    let written = write(&path, bytes);
    let removed = fs::remove_file(&path);
    written.and(removed).within(format!("backing pages with {}", path.display()))
}

fn write(path: &Path, bytes: u64) -> std::io::Result<()> {
    let chunk = vec![0x5a; CHUNK];
    let mut file = File::create(path)?;
    for _ in 0..bytes / CHUNK as u64 {
        file.write_all(&chunk)?;
    }
    Ok(())
}
