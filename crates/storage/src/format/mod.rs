//! The files' formats: bytes in, values out, and back. Wrong bytes give an error, never a panic, and never an allocation that
//! the bytes do not justify.

pub(crate) mod clean_shutdown;
pub(crate) mod epoch_file;
pub(crate) mod index;
pub(crate) mod logs_checkpoint;
pub(crate) mod offset_checkpoint;
pub(crate) mod partition_metadata;
pub(crate) mod producer_snapshot;
pub(crate) mod properties;
pub(crate) mod txn_index;

/// The lines of a checkpoint file: a version, a count, then so many lines.
pub(crate) fn checkpoint_lines<'a>(content: &'a [u8], version: &str) -> Result<Vec<&'a str>, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not text".to_owned())?;
    let mut lines = text.lines();
    match lines.next() {
        Some(first) if first.trim() == version => {}
        first => return Err(format!("version {:?} where {version} is expected", first.unwrap_or(""))),
    }
    let count: usize = lines
        .next()
        .and_then(|line| line.trim().parse().ok())
        .ok_or_else(|| "the second line is not the number of entries".to_owned())?;
    let lines: Vec<&str> = lines.collect();
    if lines.len() != count {
        return Err(format!("{count} entries are announced, {} are there", lines.len()));
    }
    Ok(lines)
}
