//! Serving followers: records, the place where logs diverge, or a snapshot; and what a fetch says about who asks.
//!
//! An answer with nothing in it is held until the log grows, the high watermark moves or the follower's patience ends. A
//! follower that knows a lower high watermark than the leader is answered at once (KIP-1166).

use std::time::Duration;

use machine::{Now, Ticket};
use types::{ErrorCode, Offset, Str};

use crate::checkpoint::SnapshotId;
use crate::io::Output;
use crate::log_view::Position;
use crate::message::{
    FetchRequest, FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse, FetchedRecords, Response, SnapshotBytes,
};
use crate::options::MAX_WAITING_FETCHES;
use crate::quorum::Quorum;
use crate::role::Role;

/// A fetch that is held.
#[derive(Debug)]
pub(crate) struct WaitingFetch {
    ticket: Ticket,
    listener: Str,
    pub(crate) request: FetchRequest,
    pub(crate) deadline: Duration,
}

impl Quorum {
    pub(crate) fn on_fetch(
        &mut self,
        now: Now,
        ticket: Ticket,
        listener: Str,
        request: FetchRequest,
        out: &mut Vec<Output>,
    ) {
        if let Some(error) = self.fetch_flaw(&request) {
            out.push(Output::Respond { ticket, response: Err(error) });
            return;
        }
        let deadline = now.after_ms(i64::from(request.max_wait_ms));
        let fetch = WaitingFetch { ticket, listener, request, deadline };
        let pretends = fetch.request.replica.id == self.options.local.id;
        let refusal = self.leader_refusal(fetch.request.epoch);
        if let Some(error) = refusal.or(pretends.then_some(ErrorCode::UnknownServerError)) {
            self.refuse_fetch(fetch, error, out);
            return;
        }
        let place = (fetch.request.fetch_offset, fetch.request.last_fetched_epoch);
        if self.log.position_of(place.0, place.1) == Position::Valid {
            self.count_fetch(now, &fetch.request, out);
        }
        let answer = self.fetch_answer(&fetch.listener, &fetch.request);
        let has_news = answer.records != FetchedRecords::Nothing
            || answer.diverging.is_some()
            || answer.snapshot.is_some()
            || answer.high_watermark.is_some_and(|known| fetch.request.high_watermark < known);
        match &mut self.role {
            Role::Leader(leader)
                if !has_news && fetch.request.max_wait_ms > 0 && leader.waiting.len() < MAX_WAITING_FETCHES =>
            {
                leader.waiting.push(fetch);
            }
            _ => out.push(Output::Respond { ticket, response: Ok(Response::Fetch(answer)) }),
        }
    }

    /// The top-level error of a fetch that nobody could serve.
    fn fetch_flaw(&self, request: &FetchRequest) -> Option<ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Some(ErrorCode::InconsistentClusterId);
        }
        let negative = request.max_wait_ms < 0 || request.fetch_offset < 0 || request.last_fetched_epoch < 0;
        if negative || request.last_fetched_epoch > request.epoch { Some(ErrorCode::InvalidRequest) } else { None }
    }

    /// The fetch offset is the acknowledgement: what is below is durable where the fetch came from.
    fn count_fetch(&mut self, now: Now, request: &FetchRequest, out: &mut Vec<Output>) {
        let check_quorum_ms = self.options.check_quorum_ms();
        let leader_end = self.log.end_offset();
        let Role::Leader(leader) = &mut self.role else { return };
        if request.replica.id < 0 {
            return;
        }
        leader.progress_of(&request.replica, now).fetched(now, request.fetch_offset, leader_end);
        leader.count_for_quorum(&request.replica, now, check_quorum_ms);
        self.update_high_watermark(out);
    }

    /// What can be said to a fetch now.
    fn fetch_answer(&self, listener: &str, request: &FetchRequest) -> FetchResponse {
        let log_start_offset = self.log.start_offset();
        let mut answer = FetchResponse::empty(ErrorCode::None, self.leader_hint(listener), log_start_offset);
        answer.high_watermark = self.leader_high_watermark();
        match self.log.position_of(request.fetch_offset, request.last_fetched_epoch) {
            Position::Diverging(end) => answer.diverging = Some(end),
            Position::Snapshot(id) => answer.snapshot = Some(id),
            Position::Valid if request.fetch_offset < self.log.end_offset() => {
                answer.records =
                    FetchedRecords::ReadFrom { offset: request.fetch_offset, max_bytes: request.max_bytes };
            }
            Position::Valid => {}
        }
        answer
    }

    fn leader_high_watermark(&self) -> Option<Offset> {
        match &self.role {
            Role::Leader(leader) => leader.high_watermark,
            _ => None,
        }
    }

    /// Answers the fetches that were held and for which there is something now.
    pub(crate) fn answer_waiting(&mut self, is_due: impl Fn(&WaitingFetch) -> bool, out: &mut Vec<Output>) {
        let Role::Leader(leader) = &mut self.role else { return };
        if !leader.waiting.iter().any(&is_due) {
            return;
        }
        let (due, rest): (Vec<WaitingFetch>, Vec<WaitingFetch>) =
            std::mem::take(&mut leader.waiting).into_iter().partition(is_due);
        leader.waiting = rest;
        for fetch in due {
            let answer = self.fetch_answer(&fetch.listener, &fetch.request);
            out.push(Output::Respond { ticket: fetch.ticket, response: Ok(Response::Fetch(answer)) });
        }
    }

    pub(crate) fn refuse_fetch(&self, fetch: WaitingFetch, error: ErrorCode, out: &mut Vec<Output>) {
        let answer = FetchResponse::empty(error, self.leader_hint(&fetch.listener), self.log.start_offset());
        out.push(Output::Respond { ticket: fetch.ticket, response: Ok(Response::Fetch(answer)) });
    }

    /// A piece of a snapshot. It counts for the quorum: a follower that downloads is alive.
    pub(crate) fn on_fetch_snapshot(
        &mut self,
        now: Now,
        listener: &str,
        request: &FetchSnapshotRequest,
    ) -> Result<Response, ErrorCode> {
        if !self.is_this_cluster(&request.cluster_id) {
            return Err(ErrorCode::InconsistentClusterId);
        }
        if request.max_bytes <= 0 {
            return Err(ErrorCode::InvalidRequest);
        }
        let size = self.log.snapshot_size(request.id).filter(|_| request.id != SnapshotId::BOOTSTRAP);
        let pretends = request.replica.id == self.options.local.id;
        let error = match (self.leader_refusal(request.epoch), size) {
            (Some(error), _) => error,
            (None, _) if pretends => ErrorCode::UnknownServerError,
            (None, None) => ErrorCode::SnapshotNotFound,
            (None, Some(size)) if request.position < 0 || request.position >= size => ErrorCode::PositionOutOfRange,
            (None, Some(_)) => ErrorCode::None,
        };
        let mut answer = FetchSnapshotResponse::empty(error, self.leader_hint(listener));
        if error.is_none() {
            answer.id = Some(request.id);
            answer.size = size.unwrap_or(0);
            answer.position = request.position;
            answer.bytes = SnapshotBytes::Read { max_bytes: request.max_bytes };
            let check_quorum_ms = self.options.check_quorum_ms();
            if let Role::Leader(leader) = &mut self.role {
                leader.count_for_quorum(&request.replica, now, check_quorum_ms);
            }
        }
        Ok(Response::FetchSnapshot(answer))
    }
}
