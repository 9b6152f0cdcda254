//! The sequence rules as a table, the window of five, the life of a transaction, and the snapshot.

use batch::{BatchBuilder, BatchView, EndTransactionMarker, Header};
use proptest::prelude::*;
use types::ErrorCode;

use super::*;

fn data(id: i64, epoch: i16, sequence: i32, count: i32, offset: i64, transactional: bool) -> Header {
    let mut builder = BatchBuilder::new(offset).producer(id, epoch, sequence);
    if transactional {
        builder = builder.transactional();
    }
    for _ in 0..count {
        builder.append(1000 + offset, None, None, &[]);
    }
    *BatchView::parse(&builder.build().unwrap()).unwrap().header()
}

fn marker(id: i64, epoch: i16, offset: i64) -> Header {
    let mut bytes =
        BatchBuilder::end_transaction(id, epoch, 1, EndTransactionMarker { committed: true, coordinator_epoch: 0 })
            .build()
            .unwrap()
            .to_vec();
    batch::set_base_offset(&mut bytes, offset);
    *BatchView::parse(&bytes).unwrap().header()
}

fn end(committed: bool, coordinator_epoch: i32) -> Option<(EndTransactionMarker, i64)> {
    Some((EndTransactionMarker { committed, coordinator_epoch }, 77))
}

fn send(producers: &mut Producers, batch: &Header) -> Result<Applied, ErrorCode> {
    producers.apply(batch, None, Origin::Client).map(|(applied, _)| applied).map_err(|error| error.code())
}

#[test]
fn sequence_rules_are_kafkas() {
    let mut producers = Producers::new(0, 100);
    assert!(send(&mut producers, &data(1, 0, 7, 3, 0, false)).is_ok(), "an unknown producer begins anywhere");
    assert!(send(&mut producers, &data(1, 0, 10, 2, 3, false)).is_ok());
    assert_eq!(send(&mut producers, &data(1, 0, 13, 1, 5, false)), Err(ErrorCode::OutOfOrderSequenceNumber), "a gap");
    assert_eq!(
        send(&mut producers, &data(1, 0, 11, 1, 5, false)),
        Err(ErrorCode::OutOfOrderSequenceNumber),
        "a step back"
    );
    assert_eq!(
        send(&mut producers, &data(1, 1, 5, 1, 5, false)),
        Err(ErrorCode::OutOfOrderSequenceNumber),
        "a new epoch begins at 0"
    );
    assert!(send(&mut producers, &data(1, 1, 0, 1, 5, false)).is_ok());
    assert_eq!(
        send(&mut producers, &data(1, 0, 12, 1, 6, false)),
        Err(ErrorCode::InvalidProducerEpoch),
        "an older incarnation"
    );
    assert!(producers.apply(&data(1, 0, 12, 1, 6, false), None, Origin::Replication).is_ok(), "its leader had checked");
    assert!(send(&mut producers, &data(2, 0, i32::MAX - 1, 2, 7, false)).is_ok());
    assert!(send(&mut producers, &data(2, 0, 0, 1, 9, false)).is_ok(), "after the highest number comes 0");
}

#[test]
fn last_five_batches_are_recognized() {
    let mut producers = Producers::new(0, 100);
    for index in 0..6 {
        send(&mut producers, &data(1, 0, index * 2, 2, i64::from(index) * 2, false)).unwrap();
    }
    assert_eq!(producers.duplicate(&data(1, 0, 0, 2, 50, false)), None, "the sixth last is forgotten");
    for index in 1..6 {
        let known = producers.duplicate(&data(1, 0, index * 2, 2, 50, false)).unwrap();
        assert_eq!((known.first_offset(), known.last_offset), (i64::from(index) * 2, i64::from(index) * 2 + 1));
    }
    assert_eq!(producers.duplicate(&data(1, 0, 10, 1, 50, false)), None, "another range is no duplicate");
    assert_eq!(producers.duplicate(&data(1, 1, 10, 2, 50, false)), None, "another epoch is no duplicate");

    let mut wrapped = Producers::new(0, 100);
    send(&mut wrapped, &data(3, 0, i32::MAX - 1, 4, 0, false)).unwrap();
    assert!(wrapped.duplicate(&data(3, 0, i32::MAX - 1, 4, 9, false)).is_some(), "across the highest number");
}

#[test]
fn transaction_lives_from_its_first_batch_to_its_marker() {
    let mut producers = Producers::new(0, 100);
    assert_eq!(send(&mut producers, &data(1, 0, 0, 1, 5, true)), Ok(Applied::Started));
    assert_eq!(send(&mut producers, &data(1, 0, 1, 1, 6, true)), Ok(Applied::Plain));
    assert_eq!(send(&mut producers, &data(1, 0, 2, 1, 7, false)), Err(ErrorCode::InvalidTxnState));
    assert_eq!(producers.open_transactions().collect::<Vec<_>>(), [(5, 1)]);
    let coordinator = Origin::Coordinator { transaction_version: 1 };
    let (applied, _) = producers.apply(&marker(1, 0, 7), end(false, 3), coordinator).unwrap();
    let completed = CompletedTransaction { producer_id: 1, first_offset: 5, last_offset: 7, aborted: true };
    assert_eq!(applied, Applied::Completed(completed));
    assert_eq!(producers.open_transactions().count(), 0);
    let fenced = producers.apply(&marker(1, 0, 8), end(true, 2), coordinator).err().unwrap();
    assert_eq!(fenced.code(), ErrorCode::TransactionCoordinatorFenced);
    assert!(producers.apply(&marker(1, 0, 8), end(true, 3), coordinator).is_ok(), "a marker may come again");
}

#[test]
fn marker_of_an_ended_transaction_cannot_end_the_next_one() {
    let coordinator = Origin::Coordinator { transaction_version: 2 };
    let mut producers = Producers::new(0, 100);
    send(&mut producers, &data(1, 0, 0, 1, 0, true)).unwrap();
    producers.apply(&marker(1, 1, 1), end(true, 0), coordinator).unwrap();
    assert!(producers.apply(&marker(1, 1, 2), end(true, 0), coordinator).is_ok(), "again, with nothing open");
    send(&mut producers, &data(1, 1, 0, 1, 3, true)).unwrap();
    let late = producers.apply(&marker(1, 1, 4), end(true, 0), coordinator).err().unwrap();
    assert_eq!(late.code(), ErrorCode::InvalidProducerEpoch, "the same epoch, with a transaction open");
    assert!(producers.apply(&marker(1, 2, 4), end(true, 0), coordinator).is_ok());
}

#[test]
fn first_batch_of_a_transaction_needs_its_guard() {
    let mut producers = Producers::new(0, 100);
    let batch = data(1, 0, 0, 1, 0, true);
    assert!(producers.check_verified(&batch, None).is_err());
    let guard = producers.begin_verification(1, 0, 0, false, 10).unwrap();
    assert!(producers.check_verified(&batch, None).is_err());
    assert!(producers.check_verified(&batch, Some(guard)).is_ok());
    assert_eq!(producers.begin_verification(1, 0, 5, false, 10), Some(guard), "one guard per producer");
    assert_eq!(
        send(&mut producers, &data(1, 0, 5, 1, 0, true)),
        Err(ErrorCode::OutOfOrderSequenceNumber),
        "overtaking"
    );
    send(&mut producers, &batch).unwrap();
    assert!(producers.check_verified(&data(1, 0, 1, 1, 1, true), None).is_ok(), "the transaction is open now");
    assert_eq!(producers.begin_verification(1, 0, 1, false, 10), None);
    producers.apply(&marker(1, 0, 2), end(true, 0), Origin::Coordinator { transaction_version: 0 }).unwrap();
    assert!(producers.check_verified(&batch, Some(guard)).is_err(), "an old guard is worth nothing");
}

#[test]
fn failed_write_leaves_the_producers_as_they_were() {
    let mut producers = Producers::new(0, 100);
    send(&mut producers, &data(1, 0, 0, 1, 0, false)).unwrap();
    let before = producers.to_snapshot();
    let (_, first) = producers.apply(&data(1, 0, 1, 1, 1, true), None, Origin::Client).unwrap();
    let (_, second) = producers.apply(&data(2, 0, 0, 1, 2, true), None, Origin::Client).unwrap();
    producers.undo(second);
    producers.undo(first);
    assert_eq!(producers.to_snapshot(), before);
}

#[test]
fn idle_producers_are_forgotten_and_open_transactions_are_not() {
    let mut producers = Producers::new(0, 4);
    for id in 0..4 {
        send(&mut producers, &data(id, 0, 0, 1, id, id == 0)).unwrap();
    }
    send(&mut producers, &data(9, 0, 0, 1, 9, false)).unwrap();
    let left: Vec<_> = producers.active().iter().map(|producer| producer.producer_id).collect();
    assert_eq!(left, [0, 2, 3, 9], "the one idle longest made room");
    producers.expire(1_003);
    let left: Vec<_> = producers.active().iter().map(|producer| producer.producer_id).collect();
    assert_eq!(left, [0, 9]);
}

proptest! {
    #[test]
    fn snapshot_keeps_what_the_next_batch_is_checked_against(
        steps in prop::collection::vec((0i64..4, 0i16..3, 1i32..4, any::<bool>(), any::<bool>()), 0..40)
    ) {
        let mut producers = Producers::new(0, 100);
        let mut offset = 0;
        for (id, epoch, count, transactional, ends) in steps {
            if ends {
                let _ = producers.apply(&marker(id, epoch, offset), end(true, 0), Origin::Replication);
                offset += 1;
            } else {
                let sequence = producers.entries.get(&id).filter(|entry| entry.epoch == epoch).map_or(0, |entry| entry.last_sequence() + 1);
                let _ = producers.apply(&data(id, epoch, sequence, count, offset, transactional), None, Origin::Replication);
                offset += i64::from(count);
            }
        }
        let read = Producers::from_snapshot(&producers.to_snapshot(), offset, 100, i64::MIN).unwrap();
        prop_assert_eq!(read.active(), producers.active());
        prop_assert_eq!(read.to_snapshot(), producers.to_snapshot());
    }
}
