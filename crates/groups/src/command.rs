//! `Command` and `Answer`: what a coordinator can be asked, and what it says.
//!
//! Every command has its file; here they only stand in a row, together with what a request is told when its answer cannot
//! be given.

use machine::Ticket;
use types::{ErrorCode, Str};

use crate::{
    CommitOffsets, CommittedTopic, DeleteGroups, DeleteOffsets, DeleteOffsetsAnswer, DeletedGroup, DeletedTopic,
    DescribeGroups, DescribedGroup, FetchOffsets, FetchedGroup, Heartbeat, JoinAnswer, JoinGroup, LeaveAnswer,
    LeaveGroup, ListGroups, ListedGroup, Producer, SyncAnswer, SyncGroup,
};

/// What can be asked of the groups of one partition of the offsets topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// JoinGroup (11).
    Join(JoinGroup),
    /// SyncGroup (14).
    Sync(SyncGroup),
    /// Heartbeat (12).
    Heartbeat(Heartbeat),
    /// Answers a held heartbeat now, because another request waits behind it on its connection.
    ReleaseHeartbeat {
        /// The group of the heartbeat.
        group_id: Str,
        /// The member of the heartbeat.
        member_id: Str,
        /// The heartbeat itself: a newer one is left alone.
        held: Ticket,
    },
    /// LeaveGroup (13).
    Leave(LeaveGroup),
    /// DescribeGroups (15).
    Describe(DescribeGroups),
    /// ListGroups (16).
    List(ListGroups),
    /// DeleteGroups (42).
    DeleteGroups(DeleteGroups),
    /// OffsetCommit (8) and TxnOffsetCommit (28).
    CommitOffsets(CommitOffsets),
    /// OffsetFetch (9).
    FetchOffsets(FetchOffsets),
    /// OffsetDelete (47).
    DeleteOffsets(DeleteOffsets),
    /// These topics are gone from the cluster, so are the offsets committed for them.
    TopicsDeleted(Vec<DeletedTopic>),
    /// WriteTxnMarkers (27) for this partition: the offsets of a transaction take effect or vanish.
    EndTransaction {
        /// Whose transaction it is.
        producer: Producer,
        /// The epoch of the transaction coordinator that ends it.
        coordinator_epoch: i32,
        /// Commit or abort?
        committed: bool,
    },
}

/// What a command is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To `Command::Join`.
    Join(JoinAnswer),
    /// To `Command::Sync`.
    Sync(SyncAnswer),
    /// To `Command::Heartbeat`.
    Heartbeat(ErrorCode),
    /// To `Command::Leave`.
    Leave(LeaveAnswer),
    /// To `Command::Describe`, in the order of the question.
    Describe(Vec<DescribedGroup>),
    /// To `Command::List`; an error code when the groups cannot be listed.
    List(Result<Vec<ListedGroup>, ErrorCode>),
    /// To `Command::DeleteGroups`, in the order of the question.
    DeleteGroups(Vec<DeletedGroup>),
    /// To `Command::CommitOffsets`, in the order of the question.
    CommitOffsets(Vec<CommittedTopic>),
    /// To `Command::FetchOffsets`, in the order of the question.
    FetchOffsets(Vec<FetchedGroup>),
    /// To `Command::DeleteOffsets`.
    DeleteOffsets(DeleteOffsetsAnswer),
    /// To the commands that have nothing to tell.
    Done(ErrorCode),
}

impl Answer {
    /// The same answer, saying that it could not be given because of `code`, a reason of the log or of the driver.
    pub(crate) fn refused(self, code: ErrorCode) -> Answer {
        let told = told_code(code);
        match self {
            Answer::Join(answer) => Answer::Join(JoinAnswer::refused(told, answer.member_id)),
            Answer::Sync(_) => Answer::Sync(SyncAnswer::refused(told)),
            // A member of a group that is still being loaded has nothing to fear: its session begins after the load.
            Answer::Heartbeat(_) if code == ErrorCode::CoordinatorLoadInProgress => Answer::Heartbeat(ErrorCode::None),
            Answer::Heartbeat(_) => Answer::Heartbeat(told),
            Answer::Leave(_) => Answer::Leave(LeaveAnswer { error: told, members: Vec::new() }),
            Answer::Describe(groups) => {
                Answer::Describe(groups.into_iter().map(|group| DescribedGroup::failed(group.group_id, told)).collect())
            }
            Answer::List(_) => Answer::List(Err(told)),
            Answer::DeleteGroups(groups) => {
                Answer::DeleteGroups(groups.into_iter().map(|group| DeletedGroup { error: told, ..group }).collect())
            }
            Answer::CommitOffsets(topics) => {
                Answer::CommitOffsets(topics.into_iter().map(|topic| topic.failed(told)).collect())
            }
            Answer::FetchOffsets(groups) => Answer::FetchOffsets(
                groups.into_iter().map(|group| FetchedGroup::failed(group.group_id, fetch_code(code))).collect(),
            ),
            Answer::DeleteOffsets(_) => Answer::DeleteOffsets(DeleteOffsetsAnswer { error: told, topics: Vec::new() }),
            Answer::Done(_) => Answer::Done(told),
        }
    }
}

/// What clients of a group are told when the log of the offsets topic fails with `code`: they know the coordinator, not the log.
fn told_code(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge | ErrorCode::InvalidFetchSize => {
            ErrorCode::UnknownServerError
        }
        other => other,
    }
}

/// Consumers before 3.9 do not know how to go on from COORDINATOR_NOT_AVAILABLE in an offset fetch.
fn fetch_code(code: ErrorCode) -> ErrorCode {
    match told_code(code) {
        ErrorCode::CoordinatorNotAvailable if code != ErrorCode::CoordinatorNotAvailable => ErrorCode::NotCoordinator,
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_hear_of_the_coordinator_and_never_of_its_log() {
        let told = Answer::Heartbeat(ErrorCode::None).refused(ErrorCode::NotLeaderOrFollower);
        assert_eq!(told, Answer::Heartbeat(ErrorCode::NotCoordinator));
        let told = Answer::Done(ErrorCode::None).refused(ErrorCode::NotEnoughReplicas);
        assert_eq!(told, Answer::Done(ErrorCode::CoordinatorNotAvailable));
    }

    #[test]
    fn a_heartbeat_to_a_loading_group_succeeds() {
        let told = Answer::Heartbeat(ErrorCode::None).refused(ErrorCode::CoordinatorLoadInProgress);
        assert_eq!(told, Answer::Heartbeat(ErrorCode::None));
    }

    #[test]
    fn an_offset_fetch_that_timed_out_looks_for_the_coordinator_again() {
        let answer = Answer::FetchOffsets(vec![FetchedGroup::failed(Str::from("g"), ErrorCode::None)]);
        let Answer::FetchOffsets(groups) = answer.refused(ErrorCode::RequestTimedOut) else { panic!("another kind") };
        assert_eq!(groups[0].error, ErrorCode::NotCoordinator);
    }
}
