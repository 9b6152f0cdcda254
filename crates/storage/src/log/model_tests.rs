//! The log against a model: a list of batches in memory. Whatever is done to both, in whatever order, with whatever kinds of stops in
//! between, everything that can be asked must be answered alike.

mod model;

use std::path::Path;

use batch::{BatchBuilder, Codec, Compression, EndTransactionMarker};
use proptest::prelude::*;

use super::tests::{Bench, end_transaction, trusted};
use super::*;
use crate::names;
use model::{Model, Stored, Transaction};

#[derive(Clone, Debug)]
enum Step {
    Append { count: usize, bytes: usize, codec: u8, time: i64 },
    Group(Vec<usize>),
    Idempotent { producer: i64, count: usize },
    Transactional { producer: i64, count: usize },
    EndTransaction { producer: i64, committed: bool },
    NextEpoch,
    Follow { gap: i64, count: usize },
    Watermark(u8),
    DeleteRecords(u8),
    Truncate(u8),
    TruncateFully(i64),
    Roll,
    Retain { bytes: i64 },
    Sync,
    Checkpoint,
    ReleaseFiles,
    Restart,
    RestartAfterKafka,
    Crash { cut: u16, zeros: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1usize..5, 0usize..200, 0u8..5, 0i64..500)
            .prop_map(|(count, bytes, codec, time)| Step::Append { count, bytes, codec, time }),
        3 => prop::collection::vec(1usize..4, 1..6).prop_map(Step::Group),
        4 => (1i64..4, 1usize..4).prop_map(|(producer, count)| Step::Idempotent { producer, count }),
        4 => (10i64..13, 1usize..4).prop_map(|(producer, count)| Step::Transactional { producer, count }),
        3 => (10i64..13, any::<bool>()).prop_map(|(producer, committed)| Step::EndTransaction { producer, committed }),
        1 => Just(Step::NextEpoch),
        2 => (0i64..5, 1usize..4).prop_map(|(gap, count)| Step::Follow { gap, count }),
        3 => any::<u8>().prop_map(Step::Watermark),
        1 => any::<u8>().prop_map(Step::DeleteRecords),
        2 => any::<u8>().prop_map(Step::Truncate),
        1 => (0i64..50).prop_map(Step::TruncateFully),
        2 => Just(Step::Roll),
        1 => (0i64..3000).prop_map(|bytes| Step::Retain { bytes }),
        1 => Just(Step::Sync),
        2 => Just(Step::Checkpoint),
        1 => Just(Step::ReleaseFiles),
        1 => Just(Step::Restart),
        1 => Just(Step::RestartAfterKafka),
        2 => (any::<u16>(), 0usize..100).prop_map(|(cut, zeros)| Step::Crash { cut, zeros }),
    ];
    prop::collection::vec(step, 1..60)
}

struct Pair {
    bench: Bench,
    model: Model,
}

impl Pair {
    fn new() -> Pair {
        let options = LogOptions {
            segment_bytes: 1500,
            index_interval_bytes: 200,
            transaction_verification: false,
            retention_ms: -1,
            ..LogOptions::default()
        };
        Pair { bench: Bench::new(options), model: Model::default() }
    }

    /// What the producer sends next. Where its records are deleted and only a marker is left, the numbering begins anew.
    fn sequence(&self, producer: i64) -> i32 {
        let active = self.bench.log().active_producers().unwrap();
        active.iter().find(|active| active.producer_id == producer).map_or(0, |active| active.last_sequence + 1)
    }

    fn append(&mut self, batch: ValidatedBatch, times: Vec<i64>, transaction: Option<i64>) {
        let info = self.bench.log().append(Append::from_client(batch.clone(), self.model.epoch)).unwrap();
        assert_eq!((info.base_offset, info.duplicate), (self.model.end, false));
        self.placed(&batch, times, transaction, None);
    }

    fn placed(
        &mut self,
        batch: &ValidatedBatch,
        times: Vec<i64>,
        transaction: Option<i64>,
        marker: Option<(i64, bool)>,
    ) {
        let mut bytes = batch.to_bytes().to_vec();
        batch::set_base_offset(&mut bytes, self.model.end);
        batch::set_leader_epoch(&mut bytes, self.model.epoch);
        self.model.push(bytes.into(), times, transaction, marker);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append { count, bytes, codec, time } => {
                let codec = Codec::from_id(*codec).unwrap();
                let mut builder = BatchBuilder::new(0).compression(Compression::new(codec));
                let times: Vec<i64> = (0..*count).map(|index| time + (index as i64 * 7) % 3).collect();
                for time in &times {
                    builder.append(*time, None, Some(&vec![b'v'; *bytes]), &[]);
                }
                self.append(trusted(builder), times, None);
            }
            Step::Group(counts) => {
                let batches: Vec<_> = counts.iter().map(|&count| tests::plain(count, 100, 300)).collect();
                let appends: Vec<_> =
                    batches.iter().map(|batch| Append::from_client(batch.clone(), self.model.epoch)).collect();
                let results = self.bench.log().append_all(&appends);
                for ((batch, result), count) in batches.iter().zip(results).zip(counts) {
                    assert_eq!(result.unwrap().base_offset, self.model.end);
                    self.placed(batch, vec![300; *count], None, None);
                }
            }
            Step::Idempotent { producer, count } => {
                let batch = tests::from_producer(*producer, 0, self.sequence(*producer), *count, false);
                self.append(batch.clone(), vec![1000; *count], None);
                let again = self.bench.log().append(Append::from_client(batch, self.model.epoch)).unwrap();
                assert!(again.duplicate && again.last_offset == self.model.end - 1);
            }
            Step::Transactional { producer, count } => {
                let batch = tests::from_producer(*producer, 0, self.sequence(*producer), *count, true);
                self.append(batch, vec![1000; *count], Some(*producer));
            }
            Step::EndTransaction { producer, committed } => self.end_transaction(*producer, *committed),
            Step::NextEpoch => self.model.epoch += 1,
            Step::Follow { gap, count } => {
                let mut builder = BatchBuilder::new(self.model.end + gap).leader_epoch(self.model.epoch);
                for _ in 0..*count {
                    builder.append(20, None, None, &[]);
                }
                let bytes = builder.build().unwrap();
                self.bench.log().append_as_follower(&bytes, self.model.epoch).unwrap().unwrap();
                self.model.push(bytes, vec![20; *count], None, None);
            }
            _ => self.step_without_append(step),
        }
    }

    fn end_transaction(&mut self, producer: i64, committed: bool) {
        let marker = EndTransactionMarker { committed, coordinator_epoch: 0 };
        let batch = trusted(BatchBuilder::end_transaction(producer, 0, 2000, marker));
        let origin = Origin::Coordinator { transaction_version: 1 };
        let append = Append { batch: batch.clone(), leader_epoch: self.model.epoch, origin, guard: None };
        assert_eq!(self.bench.log().append(append).unwrap().base_offset, self.model.end);
        self.placed(&batch, vec![2000], None, Some((producer, committed)));
    }

    fn step_without_append(&mut self, step: &Step) {
        let (low, high) = (self.model.log_start, self.model.end);
        let between = |low: Offset, high: Offset, part: u8| low + (high - low) * i64::from(part) / 255;
        match step {
            Step::Watermark(part) => {
                let offset = between(low, high, *part);
                self.bench.log().advance_high_watermark(offset);
                self.model.high_watermark = self.model.high_watermark.max(offset);
            }
            Step::DeleteRecords(part) => {
                let offset = between(low, self.model.high_watermark.max(low), *part);
                if offset <= self.model.high_watermark {
                    self.model.log_start = self.bench.log().delete_records_before(offset).unwrap();
                    assert_eq!(self.model.log_start, offset.max(low));
                }
            }
            Step::Truncate(part) => {
                let offset = between(low, high + 2, *part);
                let truncated = self.bench.log().truncate_to(offset).unwrap();
                self.model.truncate(offset);
                // In a gap, or where a segment begins, the end is where the files say it is.
                let last = self.model.batches.last().map_or(0, |batch| batch.view().next_offset());
                assert!((last..=self.model.end).contains(&truncated.log_end), "{truncated:?}");
                self.model.lower(truncated.log_end);
                self.after_truncation();
            }
            Step::TruncateFully(ahead) => {
                let offset = high + ahead;
                self.bench.log().truncate_fully_and_start_at(offset).unwrap();
                self.model.restart_at(offset);
                self.after_truncation();
            }
            Step::Roll => self.bench.log().roll().unwrap(),
            Step::Retain { bytes } => {
                let options = LogOptions { retention_bytes: *bytes, ..LogOptions::clone(&self.bench.options) };
                self.bench.log().update_options(Arc::new(options));
                if let Some(removal) = self.bench.log().retain(0).unwrap() {
                    removal.run().unwrap();
                }
                self.bench.log().update_options(self.bench.options.clone());
                let start = self.bench.log().log_start_offset();
                assert!(start >= low && start <= self.model.high_watermark.max(low));
                self.model.log_start = start;
                let size = self.bench.log().size() as i64;
                assert!(size <= *bytes + 1500 || start == low || self.model.high_watermark < high, "{size} {bytes}");
            }
            Step::Sync => {
                assert_eq!(self.bench.log().sync().unwrap(), high);
                self.model.durable = high;
            }
            Step::Checkpoint => {
                self.bench.checkpoint();
                self.model.durable = high;
            }
            Step::ReleaseFiles => self.bench.log().release_files(),
            Step::Restart => {
                self.bench.restart();
                self.model.durable = high;
            }
            Step::RestartAfterKafka => {
                self.bench.stop();
                self.bench.disk.remove_file(Path::new("/logs/vltava-logs-checkpoint")).unwrap();
                assert!(self.bench.crash().is_empty());
                self.revive();
                self.model.durable = high;
            }
            Step::Crash { cut, zeros } => self.crash(*cut, *zeros),
            _ => unreachable!("appends are elsewhere"),
        }
    }

    /// What a broker does after a truncation.
    fn after_truncation(&self) {
        let log = self.bench.log.clone().unwrap();
        let directory = self.bench.directory.as_ref().unwrap();
        directory.write_recovery_points(std::slice::from_ref(&log)).unwrap();
        directory.write_log_starts(&[log]).unwrap();
    }

    /// The active segment loses what was not synced, from some byte on, and gets zeros instead.
    fn crash(&mut self, cut: u16, zeros: usize) {
        let log = self.bench.log();
        // Log starts that no file has yet are lost, which a broker tolerates; the model does not, so they are written.
        self.bench.directory.as_ref().unwrap().write_log_starts(&[self.bench.log.clone().unwrap()]).unwrap();
        let state = log.state.load_full();
        if let Some(active) = state.active() {
            let name = active.name(names::LOG);
            let base = active.base_offset;
            let in_active = |batch: &&Stored| batch.view().base_offset() >= base;
            let safe: usize = self
                .model
                .batches
                .iter()
                .filter(in_active)
                .filter(|batch| batch.view().last_offset() < self.model.durable)
                .map(|batch| batch.bytes.len())
                .sum();
            self.bench.tamper(&name, |content| {
                let good = content.clone();
                let keep = safe + usize::from(cut) % (content.len() - safe + 1);
                content.truncate(keep);
                content.resize(keep + zeros, 0);
                // Zeros that are what was there before lose nothing: the model must know.
                if good.starts_with(&content[..keep]) && content.len() > keep {
                    content[keep] = 0x55;
                }
                if keep == good.len() {
                    content.truncate(keep);
                }
            });
            let kept = self.bench.disk.read(&self.bench.path(&name)).unwrap();
            self.forget(base, &kept);
        }
        let failed = self.bench.crash();
        assert!(failed.is_empty(), "{failed:?}");
        self.revive();
        let end = self.bench.log().log_end_offset();
        assert!(end >= self.model.end.min(self.model.durable), "synced records are lost: {end}");
        self.model.end = end.max(self.model.log_start);
        self.model.high_watermark = self.model.log_start;
    }

    /// A log that was never used is on no disk: whoever knows of the partition makes it again.
    fn revive(&mut self) {
        if self.bench.log.is_none() {
            let id = Uuid::from_bytes([7; 16]);
            let directory = self.bench.directory.as_ref().unwrap();
            self.bench.log = Some(directory.create_log(tests::partition(), id, self.bench.options.clone()));
        }
    }

    /// Drops the batches of the active segment that are not whole in these bytes.
    fn forget(&mut self, base: Offset, kept: &[u8]) {
        let mut position = 0;
        let first = self.model.batches.iter().position(|batch| batch.view().base_offset() >= base);
        let Some(first) = first else {
            return;
        };
        let mut whole = first;
        for batch in &self.model.batches[first..] {
            let bytes = &batch.bytes;
            if kept.get(position..position + bytes.len()) != Some(&bytes[..]) {
                break;
            }
            position += bytes.len();
            whole += 1;
        }
        if whole < self.model.batches.len() {
            self.model.batches.truncate(whole);
            self.model.end = self.model.batches.last().map_or(base, |batch| batch.view().next_offset()).max(base);
        }
    }

    /// Everything that can be asked.
    fn compare(&mut self) {
        let (log, model) = (self.bench.log(), &mut self.model);
        model.high_watermark = log.high_watermark();
        assert_eq!((log.log_start_offset(), log.log_end_offset()), (model.log_start, model.end));
        assert!(model.high_watermark >= model.log_start && model.high_watermark <= model.end);

        let mut read = Vec::new();
        let mut from = model.log_start;
        loop {
            let result = log.read(from, 700, true, Isolation::LogEnd).unwrap();
            let Some(slice) = result.slice else { break };
            read.extend_from_slice(&slice.read().unwrap());
            assert!(result.next_offset > from);
            from = result.next_offset;
        }
        let visible = || model.batches.iter().filter(|batch| batch.view().last_offset() >= model.log_start);
        let expected: Vec<u8> = visible().flat_map(|batch| batch.bytes.to_vec()).collect();
        assert!(read == expected, "bytes differ: {} and {}", read.len(), expected.len());

        for batch in visible() {
            let view = batch.view();
            let offset = view.base_offset().max(model.log_start);
            assert_eq!(log.epoch_of(offset).unwrap(), Some(view.leader_epoch()), "epoch of {offset}");
        }
        let last = visible().last().map(|batch| batch.view().leader_epoch());
        assert!(last.is_none_or(|last| log.latest_epoch() == Some(last)));
        self.compare_transactions();
        self.compare_times();
    }

    fn compare_transactions(&self) {
        let (log, model) = (self.bench.log(), &self.model);
        let transactions = model.transactions();
        let reachable = transactions.iter().filter(|transaction| transaction.1 >= model.log_start);
        let open = reachable.filter(|transaction| transaction.2.is_none()).map(|transaction| transaction.1).min();
        let stable = log.last_stable_offset();
        assert!(stable <= model.high_watermark && open.is_none_or(|open| stable <= open), "{stable} {open:?}");
        let decided = |&(_, first, end): &Transaction| {
            first >= model.log_start && end.is_none_or(|(marker, _)| marker >= model.high_watermark)
        };
        if transactions.iter().all(|transaction| transaction.1 >= model.log_start) && !transactions.iter().any(decided)
        {
            assert_eq!(stable, model.high_watermark);
        }
        let result = log.read(model.log_start, u32::MAX, true, Isolation::LastStable).unwrap();
        let (from, to) = (model.log_start, result.next_offset);
        let mut aborted: Vec<(i64, Offset)> = transactions
            .iter()
            .filter(
                |(_, first, end)| matches!(end, Some((last, false)) if *last >= from && *first < to && *first >= from),
            )
            .map(|&(producer, first, _)| (producer, first))
            .collect();
        aborted.sort_by_key(|&(_, first)| first);
        let found: Vec<_> = result.aborted.into_iter().filter(|&(_, first)| first >= from).collect();
        if result.slice.is_some() {
            assert_eq!(found, aborted);
        }
        for producer in log.active_producers().unwrap() {
            let last =
                model.batches.iter().rev().map(Stored::view).find(|view| view.producer_id() == producer.producer_id);
            if let Some(last) = last
                && last.base_offset() >= model.log_start
                && !last.is_control()
            {
                assert_eq!(producer.last_sequence, last.last_sequence());
            }
        }
    }

    fn compare_times(&self) {
        let (log, model) = (self.bench.log(), &self.model);
        let records = || {
            model.batches.iter().flat_map(|batch| {
                let base = batch.view().base_offset();
                batch.times.iter().enumerate().map(move |(index, &time)| (base + index as i64, time))
            })
        };
        for timestamp in [0, 20, 150, 300, 500, 1000, 2000, 2001] {
            let expected = records().find(|&(offset, time)| offset >= model.log_start && time >= timestamp);
            let found = log.offset_for_timestamp(timestamp).unwrap().map(|found| (found.offset, found.timestamp));
            assert_eq!(found, expected, "time {timestamp}");
        }
    }
}

proptest! {
    #[test]
    fn log_is_what_the_model_says(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
            pair.compare();
        }
    }
}

/// The helper of the other tests ends transactions the same way.
#[test]
fn marker_without_a_transaction_is_harmless() {
    let pair = Pair::new();
    end_transaction(pair.bench.log(), 1, 0, true).unwrap();
    pair.bench.log().advance_high_watermark(1);
    assert_eq!(pair.bench.log().last_stable_offset(), 1);
}
