//! Records of `__consumer_offsets` and the other coordinators' logs: read, written again, and entered into a coordinator that then
//! starts and works.
#![no_main]

use bytes::Bytes;
use fuzz::Input;
use groups::{
    Command, DeleteGroups, DescribeGroups, FetchGroup, FetchOffsets, GroupCoordinator, GroupOptions, GroupRecord,
    ListGroups, Producer,
};
use libfuzzer_sys::fuzz_target;
use machine::{Ledger, Now};
use records::{ShareRecordKey, ShareRecordValue, TransactionRecordKey, TransactionRecordValue};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut coordinator = GroupCoordinator::default();
    while !input.is_empty() {
        let flags = input.byte();
        let key = Bytes::copy_from_slice(input.piece());
        let value = (flags & 1 != 0).then(|| Bytes::copy_from_slice(input.piece()));
        let producer = (flags & 2 != 0).then_some(Producer { id: i64::from(flags >> 4), epoch: 0 });
        others(&key, value.as_ref());
        if let (0x80.., Some(producer)) = (flags, producer) {
            let committed = flags & 4 != 0;
            coordinator.apply(&GroupRecord::EndTransaction { producer, coordinator_epoch: 0, committed });
        }
        let Ok(record) = GroupRecord::from_bytes(key, value, producer) else { continue };
        // A record of a later release may have tagged fields, which the version that is written has no room for.
        if let Ok(written) = record.to_bytes() {
            let (key, value) = written.expect("a record of its own");
            assert_eq!(GroupRecord::from_bytes(key, value, producer).as_ref(), Ok(&record));
        }
        coordinator.apply(&record);
    }
    work(coordinator);
});

/// A coordinator with such records starts, answers, and lets time pass.
fn work(mut coordinator: GroupCoordinator) {
    let mut soft = coordinator.resume(GroupOptions::default(), Now::at_ms(0));
    let listed =
        coordinator.decide(&mut soft, Now::at_ms(0), 0, Command::List(ListGroups { states: vec![], types: vec![] }));
    let group_ids: Vec<_> = listed
        .answers
        .into_iter()
        .filter_map(|(_, answer)| match answer {
            groups::Answer::List(Ok(groups)) => Some(groups),
            _ => None,
        })
        .flatten()
        .map(|group| group.group_id)
        .collect();
    let describe = DescribeGroups { group_ids: group_ids.clone(), reports_missing_group: true };
    let all = |group_id: &types::Str| FetchGroup { group_id: group_id.clone(), topics: None };
    let fetch = FetchOffsets { groups: group_ids.iter().map(all).collect(), require_stable: true };
    for (ticket, command) in [Command::Describe(describe), Command::FetchOffsets(fetch)].into_iter().enumerate() {
        let decision = coordinator.decide(&mut soft, Now::at_ms(1), ticket as u64 + 1, command);
        assert!(decision.records.is_empty(), "a question writes nothing");
    }
    for day in 1..10 {
        let decision = coordinator.expire(&mut soft, Now::at_ms(day * 86_400_000));
        for record in &decision.records {
            record.to_bytes().expect("a decision can be written");
            coordinator.apply(record);
        }
    }
    let decision = coordinator.decide(
        &mut soft,
        Now::at_ms(10 * 86_400_000),
        9,
        Command::DeleteGroups(DeleteGroups { group_ids }),
    );
    decision.records.iter().for_each(|record| coordinator.apply(record));
}

/// The same bytes in the logs of the other coordinators.
fn others(key: &Bytes, value: Option<&Bytes>) {
    if let Ok(key) = TransactionRecordKey::from_bytes(key.clone()) {
        let written = key.to_bytes().ok();
        if let (Some(written), Some(value)) = (written, value) {
            let number = i16::from_be_bytes([written[0], written[1]]);
            let _ = TransactionRecordValue::from_bytes(number, value.clone());
        }
    }
    if let Ok(key) = ShareRecordKey::from_bytes(key.clone()) {
        let written = key.to_bytes().ok();
        if let (Some(written), Some(value)) = (written, value) {
            let number = i16::from_be_bytes([written[0], written[1]]);
            let _ = ShareRecordValue::from_bytes(number, value.clone());
        }
    }
}
