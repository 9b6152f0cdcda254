//! `Play`: drives a coordinator as a broker would, and writes down what it says.

use std::collections::BTreeMap;

use groups::{
    Answer, Command, Decision, GroupCoordinator, GroupOptions, GroupRecord, JoinAnswer, PartitionResult, Soft,
};
use machine::{Ledger, Now, Ticket, replay};
use types::{ErrorCode, Str};

use super::commands::{assign, join, sync};

/// A coordinator, its log, the time, and who said what.
pub struct Play {
    pub coordinator: GroupCoordinator,
    pub soft: Soft,
    pub log: Vec<GroupRecord>,
    pub now_ms: u64,
    /// Of the last join that succeeded.
    pub generation: i32,
    waiting: BTreeMap<Ticket, String>,
    next_ticket: Ticket,
    lines: Vec<String>,
}

impl Play {
    pub fn new(options: GroupOptions) -> Play {
        let coordinator = GroupCoordinator::default();
        let soft = coordinator.resume(options, Now::at_ms(0));
        Play {
            coordinator,
            soft,
            log: Vec::new(),
            now_ms: 0,
            generation: 0,
            waiting: BTreeMap::new(),
            next_ticket: 1,
            lines: Vec::new(),
        }
    }

    /// Asks something under a name; the ticket it got is returned.
    pub fn ask(&mut self, name: &str, command: Command) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.insert(ticket, name.to_owned());
        let decision = self.coordinator.decide(&mut self.soft, Now::at_ms(self.now_ms), ticket, command);
        self.carry_out(decision);
        ticket
    }

    /// Lets time pass, firing every timer at its moment.
    pub fn until(&mut self, at_ms: u64) {
        while let Some(deadline) = self.coordinator.deadline(&self.soft) {
            let due_ms = deadline.as_millis() as u64;
            if due_ms > at_ms {
                break;
            }
            self.now_ms = self.now_ms.max(due_ms);
            let decision = self.coordinator.expire(&mut self.soft, Now::at_ms(self.now_ms));
            self.carry_out(decision);
        }
        self.now_ms = at_ms;
    }

    /// The coordinator moves to another broker, which has nothing but the log.
    pub fn fail_over(&mut self, options: GroupOptions) {
        for (ticket, answer) in self.soft.abandon(ErrorCode::NotCoordinator) {
            self.note_answer(ticket, &answer);
        }
        self.coordinator = replay(&self.log);
        self.soft = self.coordinator.resume(options, Now::at_ms(self.now_ms));
    }

    /// What was said since the last time.
    pub fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// How many requests have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.waiting.len()
    }

    fn carry_out(&mut self, decision: Decision) {
        for record in decision.records {
            self.coordinator.apply(&record);
            self.lines.push(format!("{} log: {}", self.now_ms, record_words(&record)));
            self.log.push(record);
        }
        for (ticket, answer) in decision.answers {
            self.note_answer(ticket, &answer);
        }
    }

    fn note_answer(&mut self, ticket: Ticket, answer: &Answer) {
        if let Answer::Join(joined) = answer
            && joined.error.is_none()
        {
            self.generation = joined.generation;
        }
        let name = self.waiting.remove(&ticket).expect("a ticket is answered once, and only if it was handed out");
        self.lines.push(format!("{} {name}: {}", self.now_ms, answer_words(answer)));
    }
}

/// Compares a transcript with what it must be.
#[track_caller]
pub fn expect(play: &mut Play, lines: &[&str]) {
    assert_eq!(play.said(), lines);
}

/// A group of consumers in its first generation, led by the first of them; what was said until then is dropped.
pub fn stable_group(options: GroupOptions, names: &[&str]) -> Play {
    let mut play = Play::new(options);
    for name in names {
        play.ask(name, Command::Join(join(name)));
    }
    play.until(10_000);
    for name in &names[1..] {
        play.ask(name, Command::Sync(sync(name, 1)));
    }
    play.ask(names[0], Command::Sync(assign(names[0], 1, names)));
    assert_eq!(play.unanswered(), 0, "{:?}", play.said());
    play.said();
    play
}

fn record_words(record: &GroupRecord) -> String {
    match record {
        GroupRecord::OffsetCommit { key, value: Some(value) } => {
            format!("{}/{}-{} = {}", key.group, key.topic, key.partition, value.offset)
        }
        GroupRecord::OffsetCommit { key, value: None } => format!("{}/{}-{} gone", key.group, key.topic, key.partition),
        GroupRecord::TransactionalOffsetCommit { producer, key, value } => {
            format!("{}/{}-{} = {} if {} commits", key.group, key.topic, key.partition, value.offset, producer.id)
        }
        GroupRecord::EndTransaction { producer, committed, .. } => {
            format!("{} {}", producer.id, if *committed { "commits" } else { "aborts" })
        }
        GroupRecord::GroupMetadata { key, value: None } => format!("{} gone", key.group),
        GroupRecord::GroupMetadata { key, value: Some(value) } => {
            let members: Vec<&str> = value.members.iter().map(|member| member.member_id.as_str()).collect();
            let leader = value.leader.as_deref().unwrap_or("nobody");
            format!("{} generation {} led by {leader} of {members:?}", key.group, value.generation)
        }
        GroupRecord::Unknown { .. } => "something else".to_owned(),
    }
}

fn answer_words(answer: &Answer) -> String {
    match answer {
        Answer::Join(answer) => join_words(answer),
        Answer::Sync(answer) if answer.error.is_none() => {
            format!("assigned {}", String::from_utf8_lossy(&answer.assignment))
        }
        Answer::Sync(answer) => answer.error.to_string(),
        Answer::Heartbeat(code) | Answer::Done(code) => code.to_string(),
        Answer::Leave(answer) => {
            let codes: Vec<String> = answer.members.iter().map(|member| member.error.to_string()).collect();
            format!("{} {codes:?}", answer.error)
        }
        Answer::CommitOffsets(topics) => {
            result_words(topics.iter().map(|topic| (&topic.name, topic.partitions.as_slice())))
        }
        Answer::DeleteOffsets(answer) => {
            let topics = answer.topics.iter().map(|topic| (&topic.name, topic.partitions.as_slice()));
            format!("{} {}", answer.error, result_words(topics))
        }
        Answer::FetchOffsets(groups) => {
            let mut words = Vec::new();
            for topic in groups.iter().flat_map(|group| &group.topics) {
                for found in &topic.partitions {
                    let found_words =
                        if found.error.is_none() { found.offset.to_string() } else { found.error.to_string() };
                    words.push(format!("{}-{} {found_words}", topic.name, found.partition));
                }
            }
            words.join(", ")
        }
        Answer::Describe(groups) => {
            let words = groups.iter().map(|group| {
                let members: Vec<&str> = group.members.iter().map(|member| member.member_id.as_str()).collect();
                format!("{} {} {} {members:?}", group.group_id, group.error, group.state)
            });
            words.collect::<Vec<_>>().join(", ")
        }
        Answer::List(Ok(groups)) => {
            let words =
                groups.iter().map(|group| format!("{} {} {}", group.group_id, group.protocol_type, group.state));
            words.collect::<Vec<_>>().join(", ")
        }
        Answer::List(Err(code)) => code.to_string(),
        Answer::DeleteGroups(groups) => {
            let words = groups.iter().map(|group| format!("{} {}", group.group_id, group.error));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

fn join_words(answer: &JoinAnswer) -> String {
    if !answer.error.is_none() {
        return format!("{} as '{}'", answer.error, answer.member_id);
    }
    let mut words = format!("{} in generation {} led by {}", answer.member_id, answer.generation, answer.leader);
    if answer.skip_assignment {
        words += ", nothing to assign";
    }
    if !answer.members.is_empty() {
        let members: Vec<&str> = answer.members.iter().map(|member| member.member_id.as_str()).collect();
        words += &format!(" of {members:?}");
    }
    words
}

fn result_words<'a>(topics: impl Iterator<Item = (&'a Str, &'a [PartitionResult])>) -> String {
    let mut words = Vec::new();
    for (name, partitions) in topics {
        for result in partitions {
            words.push(format!("{name}-{} {}", result.partition, result.error));
        }
    }
    words.join(", ")
}
