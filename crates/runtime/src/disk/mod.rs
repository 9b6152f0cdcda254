//! Files and directories: the operating system's, or a disk in memory.

mod memory;
mod os;

use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

use memory::{MemoryDisk, MemoryFile};
use os::OsFile;

/// A file system. Cheap to clone; clones see the same files.
#[derive(Clone, Debug)]
pub struct Disk(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Os,
    Memory(Arc<MemoryDisk>),
}

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it must exist.
    ReadWrite,
    /// For reading and writing; made when missing.
    Create,
    /// For reading and writing; it must not exist.
    CreateNew,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name without the path.
    pub name: String,
    /// A directory?
    pub is_dir: bool,
    /// Length in bytes; 0 for directories.
    pub length: u64,
}

/// Room on the file system that holds a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all.
    pub total: u64,
    /// Bytes that this process may still use.
    pub available: u64,
}

/// A lock on a file; released when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] LockKind);

#[derive(Debug)]
#[allow(dead_code)]
enum LockKind {
    Os(std::fs::File),
    Memory(memory::HeldLock),
}

/// An open file, shared by its clones. Reads and writes name their position.
#[derive(Clone, Debug)]
pub struct File(FileKind);

#[derive(Clone, Debug)]
enum FileKind {
    Os(Arc<OsFile>),
    Memory(Arc<MemoryFile>),
}

impl Disk {
    /// The operating system's files.
    pub fn os() -> Disk {
        Disk(Kind::Os)
    }

    /// A new, empty disk in memory.
    pub fn memory() -> Disk {
        Disk(Kind::Memory(Arc::default()))
    }

    /// Is this a disk in memory?
    pub fn is_memory(&self) -> bool {
        matches!(self.0, Kind::Memory(_))
    }

    /// Opens a file.
    pub fn open(&self, path: &Path, how: Open) -> io::Result<File> {
        Ok(File(match &self.0 {
            Kind::Os => FileKind::Os(Arc::new(OsFile::open(path, how)?)),
            Kind::Memory(disk) => FileKind::Memory(disk.open(path, how)?),
        }))
    }

    /// The whole content of a file.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match &self.0 {
            Kind::Os => std::fs::read(path),
            Kind::Memory(disk) => disk.read(path),
        }
    }

    /// Replaces a file in one step and durably: after a crash it is either the old one or the new one, and after the
    /// return it is the new one (temporary file, sync, rename, sync of the directory).
    pub fn write_durably(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        match &self.0 {
            Kind::Os => os::replace(path, content, true),
            Kind::Memory(disk) => disk.write(path, content),
        }
    }

    /// Replaces a file in one step, without waiting for the disk.
    pub fn write_replacing(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        match &self.0 {
            Kind::Os => os::replace(path, content, false),
            Kind::Memory(disk) => disk.write(path, content),
        }
    }

    /// Makes a directory and those above it.
    pub fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        match &self.0 {
            Kind::Os => std::fs::create_dir_all(path),
            Kind::Memory(disk) => disk.create_dir_all(path),
        }
    }

    /// What a directory holds, sorted by name.
    pub fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = match &self.0 {
            Kind::Os => os::list(path)?,
            Kind::Memory(disk) => disk.list(path)?,
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Renames a file or directory, replacing a file that has the new name.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match &self.0 {
            Kind::Os => std::fs::rename(from, to),
            Kind::Memory(disk) => disk.rename(from, to),
        }
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        match &self.0 {
            Kind::Os => std::fs::remove_file(path),
            Kind::Memory(disk) => disk.remove_file(path),
        }
    }

    /// Removes a directory and what is in it.
    pub fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        match &self.0 {
            Kind::Os => std::fs::remove_dir_all(path),
            Kind::Memory(disk) => disk.remove_dir_all(path),
        }
    }

    /// Makes renames, new and removed names in a directory durable.
    pub fn sync_dir(&self, path: &Path) -> io::Result<()> {
        match &self.0 {
            Kind::Os => os::sync_dir(path),
            Kind::Memory(_) => Ok(()),
        }
    }

    /// Is there a file or directory of this name?
    pub fn exists(&self, path: &Path) -> bool {
        match &self.0 {
            Kind::Os => path.exists(),
            Kind::Memory(disk) => disk.exists(path),
        }
    }

    /// Room on the file system that holds `path`.
    pub fn free_space(&self, path: &Path) -> io::Result<Space> {
        match &self.0 {
            Kind::Os => os::free_space(path),
            Kind::Memory(_) => Ok(Space { total: 1 << 40, available: 1 << 40 }),
        }
    }

    /// Locks a file, making it when missing. `None`: somebody else holds it.
    pub fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        Ok(match &self.0 {
            Kind::Os => os::lock(path)?.map(|file| Lock(LockKind::Os(file))),
            Kind::Memory(disk) => disk.lock(path)?.map(|held| Lock(LockKind::Memory(held))),
        })
    }
}

impl File {
    /// Reads up to `buffer.len()` bytes; fewer only at the end of the file.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.0 {
            FileKind::Os(file) => file.read_at(buffer, offset),
            FileKind::Memory(file) => Ok(file.read_at(buffer, offset)),
        }
    }

    /// Fills the buffer, or fails with `UnexpectedEof`.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if self.read_at(buffer, offset)? == buffer.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Writes all pieces one behind the other from `offset`, in one system call where the system lets it. After an error
    /// any part of them may be in the file.
    pub fn write_all_at(&self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<()> {
        match &self.0 {
            FileKind::Os(file) => file.write_all_at(pieces, offset),
            FileKind::Memory(file) => {
                file.write_all_at(pieces, offset);
                Ok(())
            }
        }
    }

    /// Makes what was written durable, its length included.
    pub fn sync_data(&self) -> io::Result<()> {
        match &self.0 {
            FileKind::Os(file) => file.sync_data(),
            FileKind::Memory(_) => Ok(()),
        }
    }

    /// Cuts the file to `length`, or fills it up with zeros.
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        match &self.0 {
            FileKind::Os(file) => file.set_len(length),
            FileKind::Memory(file) => {
                file.set_len(length);
                Ok(())
            }
        }
    }

    /// Length in bytes.
    pub fn len(&self) -> io::Result<u64> {
        match &self.0 {
            FileKind::Os(file) => file.len(),
            FileKind::Memory(file) => Ok(file.len()),
        }
    }

    /// Empty?
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The operating system's file, where it is one.
    pub(crate) fn os_file(&self) -> Option<&std::fs::File> {
        match &self.0 {
            FileKind::Os(file) => Some(file.file()),
            FileKind::Memory(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// What must hold on every disk.
    fn behaves(disk: &Disk, root: PathBuf) {
        let dir = root.join("t-0");
        disk.create_dir_all(&dir).unwrap();
        let path = dir.join("a.log");
        assert!(disk.open(&path, Open::Read).is_err());
        let file = disk.open(&path, Open::CreateNew).unwrap();
        assert!(disk.open(&path, Open::CreateNew).is_err());
        file.write_all_at(&[IoSlice::new(b"hello "), IoSlice::new(b""), IoSlice::new(b"world")], 0).unwrap();
        file.write_all_at(&[IoSlice::new(b"W")], 6).unwrap();
        file.sync_data().unwrap();
        assert_eq!(disk.read(&path).unwrap(), b"hello World");
        let mut buffer = [0u8; 20];
        assert_eq!(file.read_at(&mut buffer, 6).unwrap(), 5);
        assert_eq!(file.read_at(&mut buffer, 99).unwrap(), 0);
        assert!(file.read_exact_at(&mut buffer, 0).is_err());
        file.set_len(5).unwrap();
        assert_eq!(file.len().unwrap(), 5);
        disk.write_durably(&dir.join("b"), b"1").unwrap();
        disk.write_replacing(&dir.join("b"), b"22").unwrap();
        let names: Vec<_> = disk.list(&dir).unwrap().into_iter().map(|e| (e.name, e.is_dir, e.length)).collect();
        assert_eq!(names, [("a.log".to_owned(), false, 5), ("b".to_owned(), false, 2)]);
        let moved = root.join("moved");
        disk.rename(&dir, &moved).unwrap();
        assert!(!disk.exists(&path) && disk.exists(&moved.join("a.log")));
        assert_eq!(file.len().unwrap(), 5, "an open file survives the rename of its directory");
        let lock = disk.lock(&root.join(".lock")).unwrap().expect("free");
        assert!(disk.lock(&root.join(".lock")).unwrap().is_none());
        drop(lock);
        assert!(disk.lock(&root.join(".lock")).unwrap().is_some());
        disk.remove_file(&moved.join("b")).unwrap();
        disk.remove_dir_all(&moved).unwrap();
        assert!(!disk.exists(&moved));
        assert!(disk.free_space(&root).unwrap().available > 0);
    }

    #[test]
    fn memory_behaves_like_a_disk() {
        let disk = Disk::memory();
        disk.create_dir_all(Path::new("/data")).unwrap();
        behaves(&disk, "/data".into());
    }

    #[test]
    fn the_operating_system_behaves_like_a_disk() {
        let root = tempfile::tempdir().unwrap();
        behaves(&Disk::os(), root.path().to_owned());
    }
}
