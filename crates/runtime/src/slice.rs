//! `FileSlice`: a piece of a file that travels to a socket without passing through user space.

use std::io;

use bytes::Bytes;

use crate::File;

/// `length` bytes of `file` from `position`.
#[derive(Clone, Debug)]
pub struct FileSlice {
    /// The file, kept open while the slice lives.
    pub file: File,
    /// Where the slice begins.
    pub position: u64,
    /// How long it is.
    pub length: u32,
}

impl FileSlice {
    /// Copies the slice into memory: for files that are not on disk, for TLS, and for those who look inside.
    pub fn read(&self) -> io::Result<Bytes> {
        let mut buffer = vec![0u8; self.length as usize];
        self.file.read_exact_at(&mut buffer, self.position)?;
        Ok(buffer.into())
    }
}
