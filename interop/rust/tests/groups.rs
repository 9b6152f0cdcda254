//! Groups share the partitions out among whoever is alive, and remember how far they came.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use interop::{PATIENCE, admin, consumer, eventually, fresh, limited, options, poll, produce, topic, wait};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

/// A member in a process of its own. Dropped, it is killed: its sockets close and nobody says goodbye.
struct Doomed(Child);

impl Doomed {
    fn join(topic: &str, group: &str) -> Doomed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_member"));
        command.args([topic, group]).stdin(Stdio::null()).stdout(Stdio::null());
        Doomed(command.spawn().unwrap())
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn await_partitions(each: usize, members: &[&BaseConsumer]) {
    let sizes = || {
        let one = |member: &&BaseConsumer| {
            let _ = member.poll(Duration::from_millis(20));
            member.assignment().unwrap().count()
        };
        members.iter().map(one).collect::<Vec<_>>()
    };
    eventually(&format!("each of {} members owns {each}", members.len()), sizes, |got| {
        got.iter().all(|size| *size == each)
    });
}

#[test]
fn group_follows_members_that_join_leave_and_die() {
    limited(|| {
        let (topic, group) = (topic(4), fresh("group"));
        let first = consumer(&group);
        first.subscribe(&[&topic]).unwrap();
        await_partitions(4, &[&first]);

        let second = consumer(&group);
        second.subscribe(&[&topic]).unwrap();
        await_partitions(2, &[&first, &second]);
        drop(second);
        await_partitions(4, &[&first]);

        let third = Doomed::join(&topic, &group);
        await_partitions(2, &[&first]);
        drop(third);
        await_partitions(4, &[&first]);
    });
}

#[test]
fn consumer_resumes_from_its_commit() {
    limited(|| {
        let (topic, group) = (topic(1), fresh("group"));
        produce(&topic, 0, 10, &[]);
        let first = consumer(&group);
        first.subscribe(&[&topic]).unwrap();
        poll(&first, 10);
        let mut six = TopicPartitionList::new();
        six.add_partition_offset(&topic, 0, Offset::Offset(6)).unwrap();
        six.find_partition(&topic, 0).unwrap().set_metadata("six are done");
        first.commit(&six, CommitMode::Sync).unwrap();
        drop(first);

        let second = consumer(&group);
        let committed = || {
            let mut asked = TopicPartitionList::new();
            asked.add_partition(&topic, 0);
            let found = second.committed_offsets(asked, PATIENCE).unwrap();
            let found = found.find_partition(&topic, 0).unwrap();
            (found.offset(), found.metadata().to_owned())
        };
        assert_eq!(committed(), (Offset::Offset(6), "six are done".to_owned()));
        second.subscribe(&[&topic]).unwrap();
        assert_eq!(poll(&second, 4)[0].offset(), 6);
        second.commit_consumer_state(CommitMode::Sync).unwrap();
        assert_eq!(committed().0, Offset::Offset(10));
    });
}

#[test]
fn groups_are_listed_described_and_deleted() {
    limited(|| {
        let (topic, group, admin) = (topic(2), fresh("group"), admin());
        let member = consumer(&group);
        member.subscribe(&[&topic]).unwrap();
        await_partitions(2, &[&member]);
        let state = || {
            let list = admin.inner().fetch_group_list(Some(&group), PATIENCE).unwrap();
            list.groups().first().map(|found| (found.state().to_owned(), found.members().len()))
        };
        let listed = || {
            let list = admin.inner().fetch_group_list(None, PATIENCE).unwrap();
            list.groups().iter().any(|found| found.name() == group && found.protocol_type() == "consumer")
        };
        assert_eq!(state(), Some(("Stable".to_owned(), 1)));
        assert!(listed());
        let delete = || wait(admin.delete_groups(&[&group], &options())).unwrap().remove(0);
        assert!(delete().is_err(), "a group with members was deleted");
        drop(member);
        eventually("the group is empty", state, |state| *state == Some(("Empty".to_owned(), 0)));
        assert_eq!(delete(), Ok(group.clone()));
        assert!(!listed());
    });
}
