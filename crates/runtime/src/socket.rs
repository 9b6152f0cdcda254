//! Sockets: what tokio's do not offer — a long backlog, and file slices that go out without a copy.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::FileSlice;

/// Listens on an address with room for `backlog` connections that nobody has accepted yet.
pub fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let domain = if address.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    // A restarted server must not wait for the connections of the former one to fade.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

/// Sets an accepted connection up: answers leave at once; dead peers are noticed; buffers as asked (`None`: the system's own).
pub fn prepare(stream: &TcpStream, send_buffer: Option<usize>, receive_buffer: Option<usize>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(Duration::from_secs(60)))?;
    if let Some(bytes) = send_buffer {
        socket.set_send_buffer_size(bytes)?;
    }
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    Ok(())
}

/// Is the slice in memory, so that sending it will not wait for the disk? `true` also where nobody can tell.
pub fn is_cached(slice: &FileSlice) -> bool {
    #[cfg(target_os = "linux")]
    if let Some(file) = slice.file.os_file() {
        // The last byte stands for the slice: read-ahead brings pages in order.
        let last = slice.position + u64::from(slice.length.saturating_sub(1));
        let mut byte = [0u8; 1];
        let flags = rustix::io::ReadWriteFlags::NOWAIT;
        let read = rustix::io::preadv2(file, &mut [io::IoSliceMut::new(&mut byte)], last, flags);
        return !matches!(read, Err(rustix::io::Errno::AGAIN));
    }
    let _ = slice;
    true
}

/// Brings the slice into the page cache; may wait for the disk, so it belongs on a thread that may wait.
pub fn read_ahead(slice: &FileSlice) -> io::Result<()> {
    let mut scratch = vec![0u8; 256 * 1024];
    let end = slice.position + u64::from(slice.length);
    let mut position = slice.position;
    while position < end {
        let want = scratch.len().min((end - position) as usize);
        let read = slice.file.read_at(&mut scratch[..want], position)?;
        if read == 0 {
            break;
        }
        position += read as u64;
    }
    Ok(())
}

/// Sends as much of the slice, from `done` on, as the socket takes now. `WouldBlock` when it takes nothing.
pub fn try_send_slice(stream: &TcpStream, slice: &FileSlice, done: u32) -> io::Result<usize> {
    let position = slice.position + u64::from(done);
    let count = (slice.length - done) as usize;
    #[cfg(target_os = "linux")]
    if let Some(file) = slice.file.os_file() {
        return stream.try_io(tokio::io::Interest::WRITABLE, || {
            let mut offset = position;
            match rustix::fs::sendfile(stream, file, Some(&mut offset), count) {
                // The file is shorter than the slice says: nothing that follows could be right.
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(sent) => Ok(sent),
                Err(error) => Err(error.into()),
            }
        });
    }
    let mut buffer = vec![0u8; count.min(256 * 1024)];
    slice.file.read_exact_at(&mut buffer, position)?;
    stream.try_write(&buffer)
}
