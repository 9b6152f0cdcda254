//! A disk in memory: for tests, and for brokers that keep nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::{Entry, Open};

#[derive(Debug, Default)]
pub(super) struct MemoryDisk {
    names: Mutex<Names>,
    locks: Arc<Mutex<BTreeSet<PathBuf>>>,
}

#[derive(Debug, Default)]
struct Names {
    files: BTreeMap<PathBuf, Arc<MemoryFile>>,
    directories: BTreeSet<PathBuf>,
}

#[derive(Debug, Default)]
pub(super) struct MemoryFile(RwLock<Vec<u8>>);

/// A held lock; gives the name free when dropped.
#[derive(Debug)]
pub(super) struct HeldLock {
    path: PathBuf,
    locks: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.locks.lock().remove(&self.path);
    }
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} does not exist", path.display()))
}

impl MemoryDisk {
    pub(super) fn open(&self, path: &Path, how: Open) -> io::Result<Arc<MemoryFile>> {
        let mut names = self.names.lock();
        match (names.files.get(path), how) {
            (Some(_), Open::CreateNew) => Err(io::ErrorKind::AlreadyExists.into()),
            (Some(file), _) => Ok(file.clone()),
            (None, Open::Read | Open::ReadWrite) => Err(missing(path)),
            (None, Open::Create | Open::CreateNew) => {
                names.require_parent(path)?;
                let file = Arc::new(MemoryFile::default());
                names.files.insert(path.to_owned(), file.clone());
                Ok(file)
            }
        }
    }

    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let names = self.names.lock();
        Ok(names.files.get(path).ok_or_else(|| missing(path))?.0.read().clone())
    }

    pub(super) fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut names = self.names.lock();
        names.require_parent(path)?;
        names.files.insert(path.to_owned(), Arc::new(MemoryFile(RwLock::new(content.to_vec()))));
        Ok(())
    }

    pub(super) fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut names = self.names.lock();
        for directory in path.ancestors() {
            names.directories.insert(directory.to_owned());
        }
        Ok(())
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let names = self.names.lock();
        if !names.directories.contains(path) {
            return Err(missing(path));
        }
        let name_of = |child: &Path| -> Option<String> {
            (child.parent() == Some(path)).then(|| child.file_name()?.to_str().map(str::to_owned)).flatten()
        };
        let directories =
            names.directories.iter().filter_map(|child| Some(Entry { name: name_of(child)?, is_dir: true, length: 0 }));
        let files = names
            .files
            .iter()
            .filter_map(|(child, file)| Some(Entry { name: name_of(child)?, is_dir: false, length: file.len() }));
        Ok(directories.chain(files).collect())
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut names = self.names.lock();
        if let Some(file) = names.files.remove(from) {
            names.require_parent(to)?;
            names.files.insert(to.to_owned(), file);
            return Ok(());
        }
        if !names.directories.contains(from) {
            return Err(missing(from));
        }
        let moved = |path: &Path| path.strip_prefix(from).ok().map(|rest| to.join(rest));
        let names = &mut *names;
        names.files = std::mem::take(&mut names.files)
            .into_iter()
            .map(|(path, file)| (moved(&path).unwrap_or(path), file))
            .collect();
        names.directories =
            std::mem::take(&mut names.directories).into_iter().map(|path| moved(&path).unwrap_or(path)).collect();
        Ok(())
    }

    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.names.lock().files.remove(path).map(|_| ()).ok_or_else(|| missing(path))
    }

    pub(super) fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut names = self.names.lock();
        if !names.directories.contains(path) {
            return Err(missing(path));
        }
        names.files.retain(|file, _| !file.starts_with(path));
        names.directories.retain(|directory| !directory.starts_with(path));
        Ok(())
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        let names = self.names.lock();
        names.files.contains_key(path) || names.directories.contains(path)
    }

    pub(super) fn lock(&self, path: &Path) -> io::Result<Option<HeldLock>> {
        let free = self.locks.lock().insert(path.to_owned());
        Ok(free.then(|| HeldLock { path: path.to_owned(), locks: self.locks.clone() }))
    }
}

impl Names {
    fn require_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent) if !self.directories.contains(parent) => Err(missing(parent)),
            _ => Ok(()),
        }
    }
}

impl MemoryFile {
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> usize {
        let content = self.0.read();
        let Some(rest) = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)) else { return 0 };
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        count
    }

    pub(super) fn write_all_at(&self, pieces: &[IoSlice<'_>], offset: u64) {
        let mut content = self.0.write();
        let mut position = offset as usize;
        if content.len() < position {
            content.resize(position, 0);
        }
        for piece in pieces {
            let overlap = (content.len() - position).min(piece.len());
            content[position..position + overlap].copy_from_slice(&piece[..overlap]);
            content.extend_from_slice(&piece[overlap..]);
            position += piece.len();
        }
    }

    pub(super) fn set_len(&self, length: u64) {
        self.0.write().resize(length as usize, 0);
    }

    pub(super) fn len(&self) -> u64 {
        self.0.read().len() as u64
    }
}
