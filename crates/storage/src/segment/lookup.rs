//! Binary search in an index: in memory for the segment that is written, in its file for all others. Nothing of a closed
//! segment's index stays in memory.

use std::io;

use runtime::File;

use crate::format::index::IndexEntry;

/// So many entries are read at once at the end of a search in a file.
const PAGE_ENTRIES: usize = 512;

/// The last entry for which `is_before` holds; the entries for which it holds come first.
pub(crate) fn last_in_memory<E: IndexEntry>(entries: &[E], is_before: impl Fn(&E) -> bool) -> Option<E> {
    entries.partition_point(is_before).checked_sub(1).map(|index| entries[index])
}

/// The same in a file.
pub(crate) fn last_in_file<E: IndexEntry>(file: &File, is_before: impl Fn(&E) -> bool) -> io::Result<Option<E>> {
    let (mut low, mut high) = (0, file.len()? as usize / E::LENGTH);
    while high - low > PAGE_ENTRIES {
        let middle = low + (high - low) / 2;
        let mut bytes = vec![0; E::LENGTH];
        file.read_exact_at(&mut bytes, (middle * E::LENGTH) as u64)?;
        if is_before(&E::decode(&bytes)) { low = middle } else { high = middle }
    }
    let mut bytes = vec![0; (high - low) * E::LENGTH];
    file.read_exact_at(&mut bytes, (low * E::LENGTH) as u64)?;
    let entries: Vec<E> = bytes.chunks_exact(E::LENGTH).map(E::decode).collect();
    Ok(last_in_memory(&entries, is_before))
}

/// The last entry of a file.
pub(crate) fn last_of_file<E: IndexEntry>(file: &File) -> io::Result<Option<E>> {
    let Some(last) = (file.len()? as usize / E::LENGTH).checked_sub(1) else { return Ok(None) };
    let mut bytes = vec![0; E::LENGTH];
    file.read_exact_at(&mut bytes, (last * E::LENGTH) as u64)?;
    Ok(Some(E::decode(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::index::{OffsetEntry, encode};
    use runtime::{Disk, Open};
    use std::io::IoSlice;
    use std::path::Path;

    #[test]
    fn search_in_a_file_equals_search_in_memory() {
        let disk = Disk::memory();
        disk.create_dir_all(Path::new("/i")).unwrap();
        for count in [0u32, 1, 2, 511, 512, 513, 5000] {
            let entries: Vec<_> =
                (0..count).map(|n| OffsetEntry { relative_offset: n * 3 + 1, position: n * 10 }).collect();
            let path = format!("/i/{count}");
            let file = disk.open(Path::new(&path), Open::Create).unwrap();
            file.write_all_at(&[IoSlice::new(&encode(&entries))], 0).unwrap();
            for target in (0..count * 3 + 3).step_by(7).chain([0, 1, u32::MAX]) {
                let is_before = |entry: &OffsetEntry| entry.relative_offset <= target;
                assert_eq!(
                    last_in_file(&file, is_before).unwrap(),
                    last_in_memory(&entries, is_before),
                    "{count} {target}"
                );
            }
            assert_eq!(last_of_file::<OffsetEntry>(&file).unwrap(), entries.last().copied());
        }
    }
}
