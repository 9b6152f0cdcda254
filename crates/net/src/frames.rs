//! Cuts a stream of bytes into frames: four bytes of length, then that many bytes.
//!
//! Memory follows what has arrived, not what is announced: a buffer begins at 64 KiB, goes straight to the frame's size when
//! that is modest, and doubles with the received bytes beyond. What exceeds the first buffer is taken from the node's
//! budget, so many senders of large frames wait for each other instead of exhausting memory.

use bytes::{Buf, Bytes, BytesMut};
use runtime::{Budget, Permit};

/// The first buffer of a connection that has something to say.
pub(crate) const FIRST_BUFFER: usize = 64 * 1024;
/// Up to this size a frame's buffer is made at once.
const MODEST_FRAME: usize = 2 * 1024 * 1024;
/// The length prefix.
const PREFIX: usize = 4;

/// Why the stream cannot be cut further.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the frame announces {announced} bytes; between 1 and {limit} are allowed")]
    Length { announced: i64, limit: usize },
}

/// What the cutter can say now.
#[derive(Debug)]
pub(crate) enum Cut {
    /// A whole frame, and the right to its memory.
    Frame(Bytes, Permit),
    /// The frame is here, or wants to grow, but the node's budget is used up: ask again with this many bytes granted.
    WantsBudget(usize),
    /// More bytes must arrive.
    Incomplete,
}

pub(crate) struct Frames {
    buffer: BytesMut,
    limit: usize,
    budget: Budget,
    granted: Option<Permit>,
    /// Length of the last large frame: the next one is likely alike, so its buffer is made in one piece.
    hint: usize,
}

impl Frames {
    pub(crate) fn new(limit: usize, budget: Budget) -> Frames {
        Frames { buffer: BytesMut::new(), limit, budget, granted: None, hint: 0 }
    }

    /// The buffer to read into; has room for at least one byte.
    pub(crate) fn read_buffer(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() == self.buffer.len() {
            let room = if self.buffer.is_empty() { FIRST_BUFFER.max(self.hint) } else { FIRST_BUFFER };
            self.buffer.reserve(room);
        }
        &mut self.buffer
    }

    /// Is there the beginning of a frame?
    pub(crate) fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Lets the buffer go while there is nothing in it: an idle connection holds no memory.
    pub(crate) fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.granted = None;
        }
    }

    /// Hands in what was asked for by `WantsBudget`.
    pub(crate) fn grant(&mut self, permit: Permit) {
        self.granted = Some(permit);
    }

    /// The next frame, if it is whole.
    pub(crate) fn cut(&mut self) -> Result<Cut, FrameError> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else { return Ok(Cut::Incomplete) };
        let announced = i32::from_be_bytes(*prefix);
        let length = match usize::try_from(announced) {
            Ok(length) if length >= 1 && length <= self.limit => length,
            _ => return Err(FrameError::Length { announced: announced.into(), limit: self.limit }),
        };
        let whole = PREFIX + length;
        if self.buffer.len() >= whole {
            let Some(permit) = self.permit_for(length) else { return Ok(Cut::WantsBudget(length)) };
            self.hint = if length > FIRST_BUFFER { (whole + FIRST_BUFFER).min(MODEST_FRAME) } else { 0 };
            let mut frame = self.buffer.split_to(whole).freeze();
            frame.advance(PREFIX);
            return Ok(Cut::Frame(frame, permit));
        }
        if whole > self.buffer.capacity() {
            let target =
                if whole <= MODEST_FRAME { whole } else { whole.min((2 * self.buffer.len()).max(MODEST_FRAME)) };
            if target > FIRST_BUFFER && !self.covers(target) {
                return Ok(Cut::WantsBudget(target));
            }
            self.buffer.reserve(target.saturating_sub(self.buffer.len()));
        }
        Ok(Cut::Incomplete)
    }

    fn covers(&mut self, bytes: usize) -> bool {
        if self.granted.as_ref().is_some_and(|permit| permit.bytes() >= bytes) {
            return true;
        }
        // The smaller permit is given back first: holding one while waiting for another could stop everybody.
        self.granted = None;
        self.granted = self.budget.try_acquire(bytes);
        self.granted.is_some()
    }

    fn permit_for(&mut self, length: usize) -> Option<Permit> {
        if !self.covers(length) {
            return None;
        }
        self.granted.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(frames: &mut Frames, bytes: &[u8]) {
        frames.read_buffer().extend_from_slice(bytes);
    }

    fn frame_of(frames: &mut Frames) -> Option<Bytes> {
        match frames.cut().expect("valid") {
            Cut::Frame(frame, _) => Some(frame),
            _ => None,
        }
    }

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let mut frames = Frames::new(100, Budget::new(1_000));
        let stream = [0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 1, b'd'];
        let mut seen = Vec::new();
        for byte in stream {
            feed(&mut frames, &[byte]);
            seen.extend(frame_of(&mut frames));
        }
        assert_eq!(seen, [Bytes::from_static(b"abc"), Bytes::from_static(b"d")]);
        assert!(!frames.is_partial());
    }

    #[test]
    fn lengths_outside_the_limit_are_refused() {
        for announced in [0i32, -1, 101, i32::MAX, i32::MIN] {
            let mut frames = Frames::new(100, Budget::new(1_000));
            feed(&mut frames, &announced.to_be_bytes());
            assert!(frames.cut().is_err(), "{announced}");
        }
    }

    #[test]
    fn an_announced_length_takes_no_memory_beyond_the_modest() {
        let limit = 100 << 20;
        let mut frames = Frames::new(limit, Budget::new(limit));
        feed(&mut frames, &(limit as i32).to_be_bytes());
        assert!(matches!(frames.cut(), Ok(Cut::Incomplete)));
        assert!(frames.buffer.capacity() <= 2 * MODEST_FRAME);
    }

    #[test]
    fn a_used_up_budget_holds_the_frame_back() {
        let budget = Budget::new(4);
        let held = budget.try_acquire(4);
        let mut frames = Frames::new(100, budget.clone());
        feed(&mut frames, &[0, 0, 0, 2, 7, 7]);
        assert!(matches!(frames.cut(), Ok(Cut::WantsBudget(2))));
        drop(held);
        assert!(matches!(frames.cut(), Ok(Cut::Frame(..))));
    }
}
