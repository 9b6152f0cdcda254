//! The 17 keys of a group as typed values: its own settings over the broker's.

use std::collections::BTreeMap;

use crate::key::Scope;
use crate::layered::Layered;

/// Where a new share group begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// After the last record.
    Latest,
    /// At the first record.
    Earliest,
    /// At the first record that is not older than this, in milliseconds.
    ByDuration(i64),
}

impl OffsetReset {
    /// Reads `latest`, `earliest` or `by_duration:PnDTnHnMn.nS`.
    pub fn parse(text: &str) -> Option<OffsetReset> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("latest") {
            return Some(OffsetReset::Latest);
        }
        if text.eq_ignore_ascii_case("earliest") {
            return Some(OffsetReset::Earliest);
        }
        let (word, duration) = text.split_once(':')?;
        if !word.eq_ignore_ascii_case("by_duration") {
            return None;
        }
        iso_duration_ms(duration).map(OffsetReset::ByDuration)
    }
}

/// An ISO 8601 duration of days, hours, minutes and seconds, each at most once and in this order, in milliseconds.
fn iso_duration_ms(text: &str) -> Option<i64> {
    let text = text.to_ascii_uppercase();
    let mut rest = text.strip_prefix('P')?;
    let mut units: &[(char, i64)] = &[('D', 86_400_000), ('T', 0), ('H', 3_600_000), ('M', 60_000), ('S', 1000)];
    let mut total = 0_i64;
    let mut expects_more = true;
    let mut in_time = false;
    while !rest.is_empty() {
        let number = rest.split(|character: char| !character.is_ascii_digit() && character != '.').next()?;
        let letter = rest[number.len()..].chars().next()?;
        let place = units.iter().position(|(unit, _)| *unit == letter)?;
        if letter == 'T' {
            if !number.is_empty() {
                return None;
            }
            in_time = true;
        } else {
            let is_time = letter != 'D';
            total = total.checked_add(milliseconds(number, units[place].1, letter == 'S')?)?;
            if is_time != in_time {
                return None;
            }
        }
        expects_more = letter == 'T';
        units = &units[place + 1..];
        rest = &rest[number.len() + 1..];
    }
    (!expects_more).then_some(total)
}

/// A count of units in milliseconds; only seconds may have a fraction, of up to nine digits.
fn milliseconds(number: &str, unit_ms: i64, may_have_fraction: bool) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let in_digits = |text: &str| !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !in_digits(whole) || !in_digits(fraction) || (number.contains('.') && !may_have_fraction) || fraction.len() > 9 {
        return None;
    }
    let thousandths: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(unit_ms)?.checked_add(thousandths)
}

/// Which records a share group is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationLevel {
    /// All of them.
    ReadUncommitted,
    /// Those of committed transactions and those without one.
    ReadCommitted,
}

/// The settings of one group. Each field is the group key of the same name (`.` written `_`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// The shortest time between two assignments of a consumer group.
    pub consumer_assignment_interval_ms: i32,
    /// How often members of a consumer group send heartbeats.
    pub consumer_heartbeat_interval_ms: i32,
    /// How long a member of a consumer group may be silent.
    pub consumer_session_timeout_ms: i32,
    /// The shortest time between two assignments of a share group.
    pub share_assignment_interval_ms: i32,
    /// Where a new share group begins.
    pub share_auto_offset_reset: OffsetReset,
    /// How often a record is delivered before it is given up.
    pub share_delivery_count_limit: i32,
    /// How often members of a share group send heartbeats.
    pub share_heartbeat_interval_ms: i32,
    /// Which records a share group is given.
    pub share_isolation_level: IsolationLevel,
    /// The most records of one partition out for delivery at once.
    pub share_partition_max_record_locks: i32,
    /// How long a member may hold a record.
    pub share_record_lock_duration_ms: i32,
    /// Whether a member may prolong its hold on a record.
    pub share_renew_acknowledge_enable: bool,
    /// How long a member of a share group may be silent.
    pub share_session_timeout_ms: i32,
    /// The shortest time between two assignments of a streams group.
    pub streams_assignment_interval_ms: i32,
    /// How often members of a streams group send heartbeats.
    pub streams_heartbeat_interval_ms: i32,
    /// How long an empty streams group waits for more members.
    pub streams_initial_rebalance_delay_ms: i32,
    /// How many warm copies of each task a streams group keeps.
    pub streams_num_standby_replicas: i32,
    /// How long a member of a streams group may be silent.
    pub streams_session_timeout_ms: i32,
}

impl GroupOptions {
    /// The settings of a group that has these of its own, on a node whose broker keys have these values (defaults
    /// included, as `BrokerLayers::value` gives them). A value that its row does not allow is passed over.
    pub fn resolve(
        overrides: &BTreeMap<String, String>,
        broker_value: impl Fn(&str) -> Option<String>,
    ) -> GroupOptions {
        let group = Layered { scope: Scope::Group, overrides, broker_value };
        GroupOptions {
            consumer_assignment_interval_ms: group.int("consumer.assignment.interval.ms"),
            consumer_heartbeat_interval_ms: group.int("consumer.heartbeat.interval.ms"),
            consumer_session_timeout_ms: group.int("consumer.session.timeout.ms"),
            share_assignment_interval_ms: group.int("share.assignment.interval.ms"),
            share_auto_offset_reset: OffsetReset::parse(&group.text("share.auto.offset.reset"))
                .unwrap_or(OffsetReset::Latest),
            share_delivery_count_limit: group.int("share.delivery.count.limit"),
            share_heartbeat_interval_ms: group.int("share.heartbeat.interval.ms"),
            share_isolation_level: isolation_level(&group.text("share.isolation.level")),
            share_partition_max_record_locks: group.int("share.partition.max.record.locks"),
            share_record_lock_duration_ms: group.int("share.record.lock.duration.ms"),
            share_renew_acknowledge_enable: group.boolean("share.renew.acknowledge.enable"),
            share_session_timeout_ms: group.int("share.session.timeout.ms"),
            streams_assignment_interval_ms: group.int("streams.assignment.interval.ms"),
            streams_heartbeat_interval_ms: group.int("streams.heartbeat.interval.ms"),
            streams_initial_rebalance_delay_ms: group.int("streams.initial.rebalance.delay.ms"),
            streams_num_standby_replicas: group.int("streams.num.standby.replicas"),
            streams_session_timeout_ms: group.int("streams.session.timeout.ms"),
        }
    }
}

impl Default for GroupOptions {
    /// The settings of a group where nobody set anything.
    fn default() -> GroupOptions {
        GroupOptions::resolve(&BTreeMap::new(), |_| None)
    }
}

fn isolation_level(text: &str) -> IsolationLevel {
    match text {
        "read_committed" => IsolationLevel::ReadCommitted,
        _ => IsolationLevel::ReadUncommitted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_own_settings_win_over_the_brokers() {
        let overrides = BTreeMap::from([("consumer.session.timeout.ms".to_owned(), "50000".to_owned())]);
        let broker = |name: &str| name.starts_with("group.consumer.").then(|| "7000".to_owned());
        let options = GroupOptions::resolve(&overrides, broker);
        assert_eq!(options.consumer_session_timeout_ms, 50_000);
        assert_eq!(options.consumer_heartbeat_interval_ms, 7000);
        assert_eq!(options.streams_session_timeout_ms, 45_000);
        assert_eq!(options.share_auto_offset_reset, OffsetReset::Latest);
        assert_eq!(options.share_isolation_level, IsolationLevel::ReadUncommitted);
    }

    #[test]
    fn a_share_group_begins_where_it_is_told() {
        assert_eq!(OffsetReset::parse("earliest"), Some(OffsetReset::Earliest));
        assert_eq!(OffsetReset::parse("LATEST"), Some(OffsetReset::Latest));
        let by = |text: &str| OffsetReset::parse(&format!("by_duration:{text}"));
        assert_eq!(by("PT1H"), Some(OffsetReset::ByDuration(3_600_000)));
        assert_eq!(by("P1DT2H3M4.5S"), Some(OffsetReset::ByDuration(93_784_500)));
        assert_eq!(by("pt0.001s"), Some(OffsetReset::ByDuration(1)));
        assert_eq!(by("P2D"), Some(OffsetReset::ByDuration(172_800_000)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let by = |text: &str| OffsetReset::parse(&format!("by_duration:{text}"));
        for text in [
            "",
            "P",
            "PT",
            "1H",
            "P1H",
            "PT1D",
            "PT1M1H",
            "PT1.5M",
            "PT-1H",
            "P1DT",
            "PTT1H",
            "PT1",
            "PT.S",
            "PTé",
            "P9999999999999999999D",
        ] {
            assert_eq!(by(text), None, "{text}");
        }
        assert_eq!(OffsetReset::parse("none"), None);
        assert_eq!(OffsetReset::parse("in:PT1H"), None);
    }
}
