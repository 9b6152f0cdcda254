//! Files of the operating system.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Entry, Open, Space};

/// At most this many pieces go into one vectored write: Linux refuses more (IOV_MAX).
const MAX_PIECES: usize = 1024;

#[derive(Debug)]
pub(super) struct OsFile(File);

impl OsFile {
    pub(super) fn open(path: &Path, how: Open) -> io::Result<OsFile> {
        let mut options = OpenOptions::new();
        options.read(true).write(how != Open::Read);
        match how {
            Open::Read | Open::ReadWrite => {}
            Open::Create => {
                options.create(true);
            }
            Open::CreateNew => {
                options.create_new(true);
            }
        }
        Ok(OsFile(options.open(path)?))
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    pub(super) fn write_all_at(&self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<()> {
        let mut offset = offset;
        for group in pieces.chunks(MAX_PIECES) {
            let total: usize = group.iter().map(|piece| piece.len()).sum();
            let written = self.write_some_at(group, offset)?;
            if written < total {
                self.write_rest(group, written, offset)?;
            }
            offset += total as u64;
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn write_some_at(&self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        loop {
            match rustix::io::pwritev(&self.0, pieces, offset) {
                Ok(written) => return Ok(written),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Systems without vectored positional writes take the pieces one by one.
    #[cfg(not(target_os = "linux"))]
    fn write_some_at(&self, _: &[IoSlice<'_>], _: u64) -> io::Result<usize> {
        Ok(0)
    }

    /// The kernel took only the first `written` bytes (disk nearly full, a signal): the rest goes piece by piece, so that
    /// the error that stopped it comes to light.
    fn write_rest(&self, pieces: &[IoSlice<'_>], written: usize, offset: u64) -> io::Result<()> {
        let mut position = 0;
        for piece in pieces {
            let done = written.saturating_sub(position).min(piece.len());
            if done < piece.len() {
                self.0.write_all_at(&piece[done..], offset + (position + done) as u64)?;
            }
            position += piece.len();
        }
        Ok(())
    }

    pub(super) fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    pub(super) fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

pub(super) fn list(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // A file may vanish between listing and looking: then it is not there.
        let Ok(metadata) = std::fs::metadata(entry.path()) else { continue };
        let is_dir = metadata.is_dir();
        entries.push(Entry { name, is_dir, length: if is_dir { 0 } else { metadata.len() } });
    }
    Ok(entries)
}

pub(super) fn replace(path: &Path, content: &[u8], durably: bool) -> io::Result<()> {
    let mut temporary = PathBuf::from(path).into_os_string();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let file = File::create(&temporary)?;
    file.write_all_at(content, 0)?;
    if durably {
        file.sync_all()?;
    }
    drop(file);
    std::fs::rename(&temporary, path)?;
    match path.parent() {
        Some(parent) if durably => sync_dir(parent),
        _ => Ok(()),
    }
}

pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

pub(super) fn free_space(path: &Path) -> io::Result<Space> {
    let status = rustix::fs::statvfs(path)?;
    Ok(Space { total: status.f_blocks * status.f_frsize, available: status.f_bavail * status.f_frsize })
}

pub(super) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
