//! What members of a group say of themselves: their metadata is read to know which topics a group reads.
//!
//! The group that lives and the group that is started from its records say the same about each topic.
#![no_main]

use bytes::Bytes;
use fuzz::Input;
use groups::{
    Answer, Command, CommitOffsets, CommitPartition, CommitTopic, DeleteOffsets, GroupCoordinator, GroupOptions,
    JoinGroup, Soft, SyncGroup,
};
use libfuzzer_sys::fuzz_target;
use machine::{Ledger, Now};
use types::{Str, Uuid};

const GROUP: &str = "g";
const TOPICS: [&str; 3] = ["a", "orders", "b"];

struct World {
    coordinator: GroupCoordinator,
    soft: Soft,
    now_ms: u64,
}

impl World {
    fn ask(&mut self, ticket: u64, command: Command) -> Vec<(u64, Answer)> {
        let decision = self.coordinator.decide(&mut self.soft, Now::at_ms(self.now_ms), ticket, command);
        self.settle(decision)
    }

    fn wait(&mut self, ms: u64) -> Vec<(u64, Answer)> {
        self.now_ms += ms;
        let decision = self.coordinator.expire(&mut self.soft, Now::at_ms(self.now_ms));
        self.settle(decision)
    }

    fn settle(&mut self, decision: groups::Decision) -> Vec<(u64, Answer)> {
        for record in &decision.records {
            if let Some((key, value)) = record.to_bytes().expect("a decision can be written") {
                let read = groups::GroupRecord::from_bytes(key, value, None).expect("what was written can be read");
                self.coordinator.apply(&read);
            }
        }
        decision.answers
    }

    /// Which topics the group is said to read.
    fn subscribed(&mut self) -> Vec<(Str, types::ErrorCode)> {
        let topics = TOPICS.iter().map(|&topic| (Str::from(topic), vec![0])).collect();
        let answers = self.ask(90, Command::DeleteOffsets(DeleteOffsets { group_id: Str::from(GROUP), topics }));
        let Some((90, Answer::DeleteOffsets(answer))) = answers.into_iter().next() else { panic!("no answer") };
        answer.topics.iter().map(|topic| (topic.name.clone(), topic.partitions[0].error)).collect()
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let options = GroupOptions { initial_rebalance_delay_ms: 0, ..GroupOptions::default() };
    let coordinator = GroupCoordinator::default();
    let soft = coordinator.resume(options.clone(), Now::at_ms(0));
    let mut world = World { coordinator, soft, now_ms: 0 };
    let flags = input.byte();
    let count = 1 + u64::from(flags % 3);
    for member in 0..count {
        let metadata = Bytes::copy_from_slice(if member + 1 == count { input.0 } else { input.piece() });
        world.ask(member, join(member, metadata));
    }
    let answers = world.wait(400_000);
    for (_, answer) in answers {
        let Answer::Join(joined) = answer else { continue };
        if joined.error == types::ErrorCode::None {
            let assignments = joined.members.iter().map(|member| (member.member_id.clone(), member.metadata.clone()));
            let sync = SyncGroup {
                group_id: Str::from(GROUP),
                generation: joined.generation,
                member_id: joined.member_id,
                instance_id: None,
                protocol_type: None,
                protocol_name: None,
                assignments: assignments.collect(),
            };
            world.ask(50, Command::Sync(sync));
        }
    }
    world.ask(60, commit());
    // Whoever asks removes the offsets that nobody reads, so both are asked from the same records.
    let mut started = World {
        coordinator: world.coordinator.clone(),
        soft: world.coordinator.resume(options, Now::at_ms(world.now_ms)),
        now_ms: world.now_ms,
    };
    let (living, started) = (world.subscribed(), started.subscribed());
    if world.coordinator.group(GROUP).is_some_and(|group| !group.members.is_empty()) {
        assert_eq!(living, started);
    }
    world.wait(10_000_000);
});

fn join(member: u64, metadata: Bytes) -> Command {
    Command::Join(JoinGroup {
        group_id: Str::from(GROUP),
        member_id: Str::EMPTY,
        instance_id: None,
        protocol_type: Str::from("consumer"),
        protocols: vec![(Str::from("range"), metadata)],
        session_timeout_ms: 1_800_000,
        rebalance_timeout_ms: 300_000,
        client_id: Str::from("client"),
        client_host: Str::from("/127.0.0.1"),
        new_member_id: Str::from(format!("member-{member}")),
        requires_known_member_id: false,
        supports_skipping_assignment: true,
    })
}

fn commit() -> Command {
    let partition = CommitPartition { partition: 0, offset: 5, leader_epoch: -1, metadata: None };
    let topic =
        |&name: &&str| CommitTopic { name: Str::from(name), topic_id: Uuid::ZERO, partitions: vec![partition.clone()] };
    Command::CommitOffsets(CommitOffsets {
        group_id: Str::from(GROUP),
        generation: -1,
        member_id: Str::EMPTY,
        instance_id: None,
        retention_ms: None,
        reports_missing_group: false,
        transaction: None,
        topics: TOPICS.iter().map(topic).collect(),
    })
}
