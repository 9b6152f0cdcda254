//! Files that an interrupted process left behind: removals, compactions, replacements. Every step can be interrupted again.

use runtime::Entry;
use types::Offset;

use crate::error::StorageError;
use crate::names;
use crate::segment::{Headers, Home, Step};

fn list(home: &Home) -> Result<Vec<Entry>, StorageError> {
    let path = home.path();
    let entries = home.disk.list(&path).map_err(|error| home.failed("list", &path, error))?;
    Ok(entries.into_iter().filter(|entry| !entry.is_dir).collect())
}

/// Brings the names in a log's directory into order: what was being removed is gone, a compaction that had finished is in place,
/// one that had not is undone, and every index has its segment.
pub(super) fn tidy(home: &Home) -> Result<(), StorageError> {
    remove_leftovers(home)?;
    complete_swaps(home)?;
    remove_orphans(home)
}

fn remove_leftovers(home: &Home) -> Result<(), StorageError> {
    let entries = list(home)?;
    let offset_of = |name: &str| names::parse_file_name(name).map(|(offset, _)| offset);
    let cleaned = entries.iter().filter(|entry| entry.name.ends_with(names::CLEANED));
    let first_cleaned = cleaned.filter_map(|entry| offset_of(&entry.name)).min();
    for entry in &entries {
        let name = entry.name.as_str();
        let deleted = name.ends_with(names::DELETED) && !name.ends_with(names::DELETED_CHECKPOINT);
        // A swap beside files that are not finished belongs to the same interrupted step.
        let unfinished_swap = name.ends_with(names::SWAP)
            && first_cleaned.is_some_and(|first| offset_of(name).is_some_and(|offset| offset >= first));
        if deleted || unfinished_swap || name.ends_with(names::CLEANED) || name.ends_with(names::TEMPORARY) {
            home.remove(name)?;
        }
    }
    Ok(())
}

/// The swapped segments replace those whose offsets they cover: these go first, then the new ones get their names.
fn complete_swaps(home: &Home) -> Result<(), StorageError> {
    let entries = list(home)?;
    let swaps: Vec<&Entry> = entries.iter().filter(|entry| entry.name.ends_with(names::SWAP)).collect();
    let mut covered: Option<(Offset, Offset)> = None;
    for swap in &swaps {
        if let Some((offset, "log.swap")) = names::parse_file_name(&swap.name) {
            let next = next_offset(home, &swap.name, swap.length, offset)?;
            let (low, high) = covered.unwrap_or((offset, next));
            covered = Some((low.min(offset), high.max(next)));
        }
    }
    if let Some((low, high)) = covered {
        for entry in entries.iter().filter(|entry| !entry.name.ends_with(names::SWAP)) {
            let replaced = names::parse_file_name(&entry.name)
                .is_some_and(|(offset, kind)| offset >= low && offset < high && kind != names::SNAPSHOT);
            if replaced {
                home.remove(&entry.name)?;
            }
        }
    }
    // Indexes first: a segment that has its name has its indexes, too.
    let (logs, indexes): (Vec<_>, Vec<_>) = swaps.into_iter().partition(|swap| swap.name.ends_with("log.swap"));
    for swap in indexes.into_iter().chain(logs) {
        let target = swap.name.strip_suffix(names::SWAP).unwrap_or(&swap.name);
        home.rename(&swap.name, target)?;
    }
    Ok(())
}

/// Offset after the last batch of a file of batches.
fn next_offset(home: &Home, name: &str, length: u64, base_offset: Offset) -> Result<Offset, StorageError> {
    let Some(file) = home.open_if_there(name)? else { return Ok(base_offset) };
    let mut headers = Headers::new(file, 0, length);
    let mut next = base_offset;
    while let Step::Batch(_, header) = headers.next().map_err(|error| home.failed("read", &home.file(name), error))? {
        next = header.next_offset();
    }
    Ok(next)
}

fn remove_orphans(home: &Home) -> Result<(), StorageError> {
    let entries = list(home)?;
    let segments: Vec<Offset> = entries
        .iter()
        .filter_map(|entry| names::parse_file_name(&entry.name))
        .filter_map(|(offset, kind)| (kind == names::LOG).then_some(offset))
        .collect();
    for entry in &entries {
        if let Some((offset, names::OFFSET_INDEX | names::TIME_INDEX | names::TXN_INDEX)) =
            names::parse_file_name(&entry.name)
            && !segments.contains(&offset)
        {
            home.remove(&entry.name)?;
        }
    }
    Ok(())
}
