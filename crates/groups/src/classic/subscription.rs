//! Which topics a consumer reads: the front of ConsumerProtocolSubscription, which every version of it begins with.
//!
//! The version number in front is not looked at, so that newer clients are understood; a version may only append fields.

use bytes::{Buf, Bytes};
use types::Str;

/// The bytes are not a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed consumer subscription")]
pub(crate) struct MalformedSubscription;

/// The topics a consumer subscribes to.
pub(crate) fn subscribed_topics(metadata: &Bytes) -> Result<Vec<Str>, MalformedSubscription> {
    let mut rest = metadata.clone();
    rest.try_get_i16().map_err(|_| MalformedSubscription)?;
    let count = rest.try_get_i32().map_err(|_| MalformedSubscription)?;
    if count < 0 {
        return Err(MalformedSubscription);
    }
    let mut topics = Vec::new();
    // Every round takes at least two bytes or fails, so a false count ends soon and nothing is allocated on its word.
    for _ in 0..count {
        let length = rest.try_get_i16().map_err(|_| MalformedSubscription)?;
        let name = take(&mut rest, usize::try_from(length).map_err(|_| MalformedSubscription)?)?;
        topics.push(Str::from(String::from_utf8_lossy(&name).into_owned()));
    }
    // The user data that follows is not wanted, but must be whole; -1 stands for none.
    let length = rest.try_get_i32().map_err(|_| MalformedSubscription)?;
    take(&mut rest, usize::try_from(length).unwrap_or(0))?;
    Ok(topics)
}

fn take(rest: &mut Bytes, length: usize) -> Result<Bytes, MalformedSubscription> {
    if length > rest.len() {
        return Err(MalformedSubscription);
    }
    Ok(rest.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_TOPICS: &[u8] = b"\0\x03\0\0\0\x02\0\x01a\0\x02bc\xff\xff\xff\xff\0\0\0\0";

    #[test]
    fn a_newer_version_is_read_by_its_front() {
        let topics = subscribed_topics(&Bytes::from_static(TWO_TOPICS)).unwrap();
        assert_eq!(topics, [Str::from("a"), Str::from("bc")]);
    }

    #[test]
    fn every_cut_is_malformed_and_nothing_panics() {
        let whole = TWO_TOPICS.len() - 4;
        for end in 0..whole {
            assert_eq!(subscribed_topics(&Bytes::from_static(&TWO_TOPICS[..end])), Err(MalformedSubscription), "{end}");
        }
        assert!(subscribed_topics(&Bytes::from_static(&TWO_TOPICS[..whole])).is_ok());
    }

    #[test]
    fn counts_and_lengths_that_lie_are_malformed() {
        assert!(subscribed_topics(&Bytes::from_static(b"\0\0\x7f\xff\xff\xff")).is_err());
        assert!(subscribed_topics(&Bytes::from_static(b"\0\0\xff\xff\xff\xff\0\0\0\0")).is_err());
        assert!(subscribed_topics(&Bytes::from_static(b"\0\0\0\0\0\x01\xff\xffa\0\0\0\0")).is_err());
        assert!(subscribed_topics(&Bytes::from_static(b"\0\0\0\0\0\0\0\0\0\x09")).is_err());
    }
}
