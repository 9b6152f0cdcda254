//! Walks over the batches of a segment's file: by header only, or whole.
//!
//! A walk ends at the end of the valid bytes, or at the first thing that cannot be a batch (zeros, a torn length, a batch that
//! reaches beyond the end). It never allocates more than the file has bytes.

use std::io;

use batch::{BatchView, HEADER_LENGTH, Header, LOG_OVERHEAD, MAGIC};
use runtime::File;

/// Bytes read at once while only headers matter: a few small batches, or one header of a large one.
const HEADER_CHUNK: usize = 8 * 1024;
/// Bytes read at once while whole batches matter.
const BATCH_CHUNK: usize = 1024 * 1024;

/// What a walk met.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// A batch at this position.
    Batch(u64, T),
    /// The end of the valid bytes.
    End,
    /// Something that is no batch, at this position.
    Broken(u64, String),
}

/// Reads a file in pieces, each position once.
struct Window {
    file: File,
    /// Position behind the last byte to read.
    end: u64,
    start: u64,
    bytes: Vec<u8>,
    chunk: usize,
}

impl Window {
    fn new(file: File, end: u64, chunk: usize) -> Window {
        Window { file, end, start: 0, bytes: Vec::new(), chunk }
    }

    /// The bytes from `position`, at least `wanted` of them unless the file ends before.
    fn at(&mut self, position: u64, wanted: usize) -> io::Result<&[u8]> {
        let within = position.checked_sub(self.start).is_some_and(|skip| skip as usize + wanted <= self.bytes.len());
        if !within {
            let length = (self.end.saturating_sub(position)).min(wanted.max(self.chunk) as u64) as usize;
            self.bytes.resize(length, 0);
            let read = self.file.read_at(&mut self.bytes, position)?;
            self.bytes.truncate(read);
            self.start = position;
        }
        Ok(&self.bytes[(position - self.start) as usize..])
    }
}

/// Looks at the header of the batch at `position` in a file whose valid bytes end at `end`.
fn check_header(bytes: &[u8], position: u64, end: u64) -> Result<Header, String> {
    let Some(header) = bytes.first_chunk::<HEADER_LENGTH>() else {
        return Err(format!("{} bytes are too few for a batch", bytes.len()));
    };
    let header = Header::from_bytes(*header);
    if header.magic() != MAGIC {
        return Err(format!("record format {} is not known", header.magic()));
    }
    let length = header.length();
    if length < (HEADER_LENGTH - LOG_OVERHEAD) as i32 {
        return Err(format!("the batch length {length} is impossible"));
    }
    if position + header.size() as u64 > end {
        return Err(format!("the batch of {} bytes reaches beyond the end", header.size()));
    }
    if header.base_offset() < 0 || header.last_offset_delta() < 0 {
        return Err("the batch's offsets are negative".to_owned());
    }
    Ok(header)
}

/// Walks from header to header.
pub(crate) struct Headers {
    window: Window,
    position: u64,
}

impl Headers {
    /// From the batch at `position`; the valid bytes end at `end`.
    pub(crate) fn new(file: File, position: u64, end: u64) -> Headers {
        Headers { window: Window::new(file, end, HEADER_CHUNK), position }
    }

    /// The next header.
    pub(crate) fn next(&mut self) -> io::Result<Step<Header>> {
        let (position, end) = (self.position, self.window.end);
        if position >= end {
            return Ok(Step::End);
        }
        let bytes = self.window.at(position, HEADER_LENGTH)?;
        if bytes.is_empty() {
            return Ok(Step::End);
        }
        match check_header(bytes, position, end) {
            Ok(header) => {
                self.position += header.size() as u64;
                Ok(Step::Batch(position, header))
            }
            Err(reason) => Ok(Step::Broken(position, reason)),
        }
    }
}

/// Walks from batch to batch, reading all bytes.
pub(crate) struct WholeBatches {
    window: Window,
    position: u64,
}

impl WholeBatches {
    /// From the batch at `position`; the valid bytes end at `end`.
    pub(crate) fn new(file: File, position: u64, end: u64) -> WholeBatches {
        WholeBatches { window: Window::new(file, end, BATCH_CHUNK), position }
    }

    /// The next batch; its CRC is not checked.
    pub(crate) fn next(&mut self) -> io::Result<Step<BatchView<'_>>> {
        let (position, end) = (self.position, self.window.end);
        if position >= end {
            return Ok(Step::End);
        }
        let size = match check_header(self.window.at(position, HEADER_LENGTH)?, position, end) {
            Ok(header) => header.size(),
            Err(reason) => return Ok(Step::Broken(position, reason)),
        };
        match BatchView::parse(self.window.at(position, size)?) {
            Ok(view) => {
                self.position += size as u64;
                Ok(Step::Batch(position, view))
            }
            Err(error) => Ok(Step::Broken(position, error.to_string())),
        }
    }
}
