//! A topic is gone: so are the offsets that were committed for it, in every group.

use machine::Ticket;
use types::{ErrorCode, Str, Uuid};

use crate::coordinator::Turn;
use crate::room::Room;
use crate::timers::Timer;
use crate::{Answer, GroupCoordinator, GroupRecord};

/// A topic that was deleted from the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedTopic {
    /// Its name.
    pub name: Str,
    /// Its id: offsets of a new topic of the same name stay.
    pub topic_id: Uuid,
}

impl Turn<'_> {
    /// Of more topics than may wait, the offsets are left to expire.
    pub(crate) fn topics_deleted(&mut self, ticket: Ticket, topics: Vec<DeletedTopic>) {
        self.soft.deleted_topics.extend(topics);
        self.remove_deleted_topics();
        let limit = self.soft.options.max_deleted_topics;
        let fits = self.soft.deleted_topics.len() <= limit;
        self.soft.deleted_topics.truncate(limit);
        self.answer(ticket, Answer::Done(if fits { ErrorCode::None } else { ErrorCode::PolicyViolation }));
    }

    /// Removes as many offsets of deleted topics as one decision may write; the rest follows at once.
    pub(crate) fn remove_deleted_topics(&mut self) {
        let mut room = Room::new(&self.soft.options);
        while let Some(topic) = self.soft.deleted_topics.front().cloned() {
            for record in self.durable.topic_tombstones(&topic) {
                if !room.admits(&record) {
                    self.soft.timers.schedule(Timer::DeletedTopics, self.now.monotonic);
                    return;
                }
                self.out.records.push(record);
            }
            self.soft.deleted_topics.pop_front();
        }
    }
}

impl GroupCoordinator {
    /// Tombstones for all that was committed for a topic, pending or not.
    fn topic_tombstones<'t>(&'t self, topic: &'t DeletedTopic) -> impl Iterator<Item = GroupRecord> + 't {
        let committed = self.offsets.groups().flat_map(move |(group_id, topics)| {
            let offsets = topics.get(topic.name.as_str()).into_iter().flatten();
            offsets.filter_map(move |(&partition, offset)| {
                let is_gone = offset.topic_id.is_zero() || offset.topic_id == topic.topic_id;
                is_gone.then(|| GroupRecord::offset_tombstone(group_id, &topic.name, partition))
            })
        });
        let pending = self.pending.groups().flat_map(move |(group_id, topics)| {
            let open = topics.get(topic.name.as_str()).into_iter().flat_map(|open| open.keys());
            open.filter(move |&&partition| self.offsets.get(group_id, &topic.name, partition).is_none())
                .map(move |&partition| GroupRecord::offset_tombstone(group_id, &topic.name, partition))
        });
        committed.chain(pending)
    }
}
