//! Incremental fetch sessions (KIP-227): a consumer names its partitions once, then only what changes.
//!
//! A session belongs to an id and an epoch that rises with every fetch. A fetch with epoch 0 begins one (and ends the one it
//! names), −1 wants none; any other epoch must be the next of its session. An incremental answer leaves out partitions that
//! have nothing to say. Partitions that gave data move to the end of the line, so that none starves behind a busy one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::Random;
use types::{ErrorCode, Offset, Str, Uuid};

/// A session that was not used for so long gives its place to a new one.
const EVICTABLE_AFTER: Duration = Duration::from_secs(120);
/// Partitions in one session.
const MAX_PARTITIONS: usize = 100_000;

/// A topic as the request names it: by name up to version 12, by id from 13.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TopicRef {
    Name(Str),
    Id(Uuid),
}

/// One partition of a topic as the request names it.
pub(crate) type PartitionRef = (TopicRef, i32);

/// What is wanted of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) fetch_offset: Offset,
    pub(crate) max_bytes: i32,
    pub(crate) current_leader_epoch: i32,
    pub(crate) last_fetched_epoch: i32,
    pub(crate) log_start_offset: Offset,
}

/// What was last said of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) high_watermark: Offset,
    pub(crate) last_stable_offset: Offset,
    pub(crate) log_start_offset: Offset,
}

/// Nothing was said yet, or an error: whatever comes next is news.
const UNTOLD: Told = Told { high_watermark: -1, last_stable_offset: -1, log_start_offset: -1 };

#[derive(Debug)]
struct State {
    next_epoch: i32,
    partitions: BTreeMap<PartitionRef, (Wanted, Told)>,
    line: Vec<PartitionRef>,
}

/// One session.
#[derive(Debug)]
pub(crate) struct FetchSession {
    id: i32,
    uses_ids: bool,
    state: Mutex<State>,
}

/// How this fetch is to be answered.
#[derive(Debug)]
pub(crate) enum FetchContext {
    /// Every partition of the request; no session.
    Sessionless(Vec<(PartitionRef, Wanted)>),
    /// Every partition of the request; a session shall begin.
    Full(Vec<(PartitionRef, Wanted)>),
    /// Every partition of the session, as far as it has something to say.
    Incremental(Arc<FetchSession>, Vec<(PartitionRef, Wanted)>),
}

/// The head of a fetch request.
#[derive(Debug)]
pub(crate) struct SessionRequest {
    pub(crate) id: i32,
    pub(crate) epoch: i32,
    pub(crate) uses_ids: bool,
    pub(crate) partitions: Vec<(PartitionRef, Wanted)>,
    pub(crate) forgotten: Vec<PartitionRef>,
}

/// The sessions of a node, at most `max.incremental.fetch.session.cache.slots`.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    slots: usize,
    random: Random,
    sessions: Mutex<HashMap<i32, (Arc<FetchSession>, Duration)>>,
}

impl FetchSessions {
    pub(crate) fn new(slots: usize, random: Random) -> FetchSessions {
        FetchSessions { slots, random, sessions: Mutex::default() }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.sessions.lock().len()
    }

    /// Places a request: what shall be read, and how it is answered.
    pub(crate) fn place(&self, request: SessionRequest, now: Duration) -> Result<FetchContext, ErrorCode> {
        if request.epoch == 0 || request.epoch == -1 {
            if request.id != 0 {
                self.sessions.lock().remove(&request.id);
            }
            let context = if request.epoch == 0 { FetchContext::Full } else { FetchContext::Sessionless };
            return Ok(context(request.partitions));
        }
        let session = {
            let mut sessions = self.sessions.lock();
            let (session, used) = sessions.get_mut(&request.id).ok_or(ErrorCode::FetchSessionIdNotFound)?;
            *used = now;
            session.clone()
        };
        let partitions = session.update(request)?;
        if partitions.is_empty() {
            self.sessions.lock().remove(&session.id);
            return Ok(FetchContext::Sessionless(partitions));
        }
        Ok(FetchContext::Incremental(session, partitions))
    }

    /// Begins a session for partitions that were just answered in full. 0: there is no place for it.
    pub(crate) fn begin(&self, uses_ids: bool, partitions: Vec<(PartitionRef, Wanted, Told)>, now: Duration) -> i32 {
        if partitions.is_empty() || partitions.len() > MAX_PARTITIONS {
            return 0;
        }
        let mut sessions = self.sessions.lock();
        if sessions.len() >= self.slots {
            let oldest = sessions.iter().min_by_key(|(_, (_, used))| *used).map(|(&id, &(_, used))| (id, used));
            match oldest {
                Some((id, used)) if now.saturating_sub(used) > EVICTABLE_AFTER => sessions.remove(&id),
                _ => return 0,
            };
        }
        let id = loop {
            let id = (self.random.next_u64() & 0x7fff_ffff) as i32;
            if id != 0 && !sessions.contains_key(&id) {
                break id;
            }
        };
        let line = partitions.iter().map(|(partition, ..)| partition.clone()).collect();
        let partitions = partitions.into_iter().map(|(partition, wanted, told)| (partition, (wanted, told))).collect();
        let state = Mutex::new(State { next_epoch: 1, partitions, line });
        sessions.insert(id, (Arc::new(FetchSession { id, uses_ids, state }), now));
        id
    }
}

impl FetchSession {
    pub(crate) fn id(&self) -> i32 {
        self.id
    }

    fn update(&self, request: SessionRequest) -> Result<Vec<(PartitionRef, Wanted)>, ErrorCode> {
        let mut state = self.state.lock();
        if request.epoch != state.next_epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        if request.uses_ids != self.uses_ids {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        state.next_epoch = if request.epoch == i32::MAX { 1 } else { request.epoch + 1 };
        let state = &mut *state;
        for (partition, wanted) in request.partitions {
            let full = state.partitions.len() >= MAX_PARTITIONS;
            match state.partitions.get_mut(&partition) {
                Some((old, _)) => *old = wanted,
                None if !full => {
                    state.line.push(partition.clone());
                    state.partitions.insert(partition, (wanted, UNTOLD));
                }
                None => return Err(ErrorCode::InvalidRequest),
            }
        }
        for partition in &request.forgotten {
            state.partitions.remove(partition);
        }
        if !request.forgotten.is_empty() {
            let partitions = &state.partitions;
            state.line.retain(|partition| partitions.contains_key(partition));
        }
        let in_line = state.line.iter();
        Ok(in_line
            .filter_map(|partition| Some((partition.clone(), state.partitions.get(partition)?.0.clone())))
            .collect())
    }

    /// Is this news to the consumer? Remembers it as told, if so.
    pub(crate) fn is_news(&self, partition: &PartitionRef, told: Option<Told>, has_records: bool) -> bool {
        let mut state = self.state.lock();
        let Some((_, before)) = state.partitions.get_mut(partition) else { return true };
        match told {
            // An error is always told, and whatever follows it is news again.
            None => {
                *before = UNTOLD;
                true
            }
            Some(now) => {
                let news = has_records || *before != now;
                *before = now;
                news
            }
        }
    }

    /// These partitions gave records: they go to the end of the line.
    pub(crate) fn move_to_end(&self, gave: &[PartitionRef]) {
        let mut state = self.state.lock();
        if gave.is_empty() || gave.len() == state.line.len() {
            return;
        }
        let gave: HashSet<&PartitionRef> = gave.iter().collect();
        let (last, mut first): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.line).into_iter().partition(|partition| gave.contains(partition));
        first.extend(last);
        state.line = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(number: i32) -> PartitionRef {
        (TopicRef::Name("t".into()), number)
    }

    fn wanted(offset: Offset) -> Wanted {
        let fetch_offset = offset;
        Wanted { fetch_offset, max_bytes: 1, current_leader_epoch: -1, last_fetched_epoch: -1, log_start_offset: -1 }
    }

    fn request(id: i32, epoch: i32, partitions: &[i32], forgotten: &[i32]) -> SessionRequest {
        let partitions = partitions.iter().map(|&number| (partition(number), wanted(0))).collect();
        let forgotten = forgotten.iter().map(|&number| partition(number)).collect();
        SessionRequest { id, epoch, uses_ids: false, partitions, forgotten }
    }

    const TOLD: Told = Told { high_watermark: 5, last_stable_offset: 5, log_start_offset: 0 };

    fn begun(sessions: &FetchSessions, partitions: &[i32]) -> i32 {
        let told = partitions.iter().map(|&number| (partition(number), wanted(0), TOLD)).collect();
        sessions.begin(false, told, Duration::ZERO)
    }

    fn line(context: FetchContext) -> Vec<i32> {
        match context {
            FetchContext::Incremental(_, partitions) => partitions.into_iter().map(|((_, number), _)| number).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn epochs_must_follow_each_other() {
        let sessions = FetchSessions::new(10, Random::seeded(1));
        let id = begun(&sessions, &[0, 1]);
        assert_eq!(line(sessions.place(request(id, 1, &[2], &[0]), Duration::ZERO).unwrap()), [1, 2]);
        let refused = |epoch| sessions.place(request(id, epoch, &[], &[]), Duration::ZERO).unwrap_err();
        assert_eq!(refused(1), ErrorCode::InvalidFetchSessionEpoch);
        assert_eq!(line(sessions.place(request(id, 2, &[], &[]), Duration::ZERO).unwrap()), [1, 2]);
        let unknown = sessions.place(request(id ^ 1, 1, &[], &[]), Duration::ZERO).unwrap_err();
        assert_eq!(unknown, ErrorCode::FetchSessionIdNotFound);
    }

    #[test]
    fn a_new_full_fetch_ends_the_old_session() {
        let sessions = FetchSessions::new(10, Random::seeded(1));
        let id = begun(&sessions, &[0]);
        assert!(matches!(sessions.place(request(id, 0, &[0], &[]), Duration::ZERO), Ok(FetchContext::Full(_))));
        assert_eq!(sessions.count(), 0);
    }

    #[test]
    fn only_news_is_told_and_who_gave_goes_last() {
        let sessions = FetchSessions::new(10, Random::seeded(1));
        let id = begun(&sessions, &[0, 1]);
        let Ok(FetchContext::Incremental(session, _)) = sessions.place(request(id, 1, &[], &[]), Duration::ZERO) else {
            panic!("incremental")
        };
        assert!(!session.is_news(&partition(0), Some(TOLD), false));
        assert!(session.is_news(&partition(0), Some(TOLD), true));
        assert!(session.is_news(&partition(0), Some(Told { high_watermark: 6, ..TOLD }), false));
        assert!(session.is_news(&partition(1), None, false));
        assert!(session.is_news(&partition(1), Some(TOLD), false), "the first word after an error is news");
        session.move_to_end(&[partition(0)]);
        assert_eq!(line(sessions.place(request(id, 2, &[], &[]), Duration::ZERO).unwrap()), [1, 0]);
    }

    #[test]
    fn a_full_house_gives_no_session_until_one_is_old() {
        let sessions = FetchSessions::new(1, Random::seeded(1));
        let first = begun(&sessions, &[0]);
        assert_ne!(first, 0);
        assert_eq!(begun(&sessions, &[0]), 0);
        let late = EVICTABLE_AFTER + Duration::from_secs(1);
        assert_ne!(sessions.begin(false, vec![(partition(0), wanted(0), TOLD)], late), 0);
        assert_eq!(sessions.count(), 1);
    }
}
