//! Nothing is reported that was not read back: count of records, checksum of every batch, dense offsets.

use batch::BatchView;

use crate::failure::Failure;
use crate::raw::connection::Connection;
use crate::raw::fetch::{FetchFrame, Fetched};

const FETCH_BYTES: i32 = 4 << 20;
/// A partition that says nothing so often, half a second each, has nothing more.
const EMPTY_ANSWERS: u32 = 10;

/// Reads a partition from the beginning; it must hold exactly this many records.
pub fn partition(connection: &mut Connection, topic: &str, partition: i32, records: u64) -> Result<(), Failure> {
    let mut fetch = FetchFrame::new(topic, partition, FETCH_BYTES)?;
    let end = i64::try_from(records).unwrap_or(i64::MAX);
    let (mut next, mut empty, mut high_watermark) = (0, 0, 0);
    while next < end && empty < EMPTY_ANSWERS {
        let fetched = fetch.ask(connection, next)?;
        let behind = check(&fetched, next)?;
        high_watermark = fetched.high_watermark;
        empty = if behind == next { empty + 1 } else { 0 };
        next = behind;
    }
    if next != end || high_watermark != end && end > 0 {
        return Err(Failure::new(format!(
            "partition {partition} ends at {next} (high watermark {high_watermark}), {end} records were acknowledged"
        )));
    }
    Ok(())
}

fn check(fetched: &Fetched<'_>, next: i64) -> Result<i64, Failure> {
    fetched.batches().try_fold(next, |next, batch| check_batch(&batch?, next))
}

/// The batch must begin at this offset and be whole; the offset behind it.
fn check_batch(batch: &BatchView<'_>, next: i64) -> Result<i64, Failure> {
    batch.check_crc()?;
    let (base, count, delta) = (batch.base_offset(), batch.count(), batch.last_offset_delta());
    if base != next {
        return Err(Failure::new(format!("offset {next} was expected, a batch begins at {base}")));
    }
    if count < 1 || count != delta + 1 {
        return Err(Failure::new(format!("the batch at {base} has {count} records and last offset delta {delta}")));
    }
    Ok(batch.next_offset())
}

#[cfg(test)]
mod tests {
    use batch::{BatchBuilder, BatchView};

    use super::*;

    fn batch(base: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(base);
        builder.append(1, None, Some(b"first"), &[]).append(1, None, Some(b"second"), &[]);
        builder.build().unwrap().to_vec()
    }

    #[test]
    fn whole_batch_in_its_place_leads_to_the_next_offset() {
        assert_eq!(check_batch(&BatchView::parse(&batch(10)).unwrap(), 10), Ok(12));
    }

    #[test]
    fn gap_repetition_and_flipped_bit_are_found() {
        let good = batch(10);
        assert!(check_batch(&BatchView::parse(&good).unwrap(), 9).is_err());
        assert!(check_batch(&BatchView::parse(&good).unwrap(), 12).is_err());
        let mut flipped = good;
        *flipped.last_mut().unwrap() ^= 1;
        assert!(check_batch(&BatchView::parse(&flipped).unwrap(), 10).is_err());
    }
}
