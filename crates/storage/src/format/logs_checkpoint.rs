//! `vltava-logs-checkpoint`: what the partitions' directories hold, written at a clean stop, so that the next start reads this one
//! file instead of them. Kafka ignores it.
//!
//! ```text
//! 0
//! <broker epoch of the clean-shutdown mark> <number of lines> <crc-32c of the lines, hex>
//! <topic> <partition> <topic id> <log start> <log end> <recovery point> <first open transaction or -1> <last epoch or -1> <base:size,base:size…>
//! ```
//!
//! It is valid only together with the clean-shutdown mark of the same stop: if Kafka used the directory in between, the mark has
//! another broker epoch.

use std::fmt::Write;

use types::{LeaderEpoch, Offset, TopicPartition, Uuid};

const VERSION: &str = "0";

/// What there is to know about a log without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub topic_id: Uuid,
    pub log_start: Offset,
    pub log_end: Offset,
    pub recovery_point: Offset,
    /// First offset of the oldest transaction that is neither committed nor aborted.
    pub first_open_transaction: Option<Offset>,
    pub latest_epoch: Option<LeaderEpoch>,
    /// First offset and bytes, in order.
    pub segments: Vec<(Offset, u64)>,
}

pub(crate) fn encode<'a>(
    broker_epoch: i64,
    logs: impl ExactSizeIterator<Item = (&'a TopicPartition, &'a Summary)>,
) -> Vec<u8> {
    let count = logs.len();
    let mut lines = String::new();
    for (partition, log) in logs {
        let _ = write!(
            lines,
            "{} {} {} {} {} {} {} {} ",
            partition.topic,
            partition.partition,
            log.topic_id,
            log.log_start,
            log.log_end,
            log.recovery_point,
            log.first_open_transaction.unwrap_or(-1),
            log.latest_epoch.unwrap_or(-1)
        );
        for (index, (base, size)) in log.segments.iter().enumerate() {
            let _ = write!(lines, "{}{base}:{size}", if index == 0 { "" } else { "," });
        }
        lines.push('\n');
    }
    let crc = crc_fast::crc32_iscsi(lines.as_bytes());
    format!("{VERSION}\n{broker_epoch} {count} {crc:08x}\n{lines}").into_bytes()
}

/// The logs, where the file is whole and belongs to this mark.
pub(crate) fn decode(content: &[u8], broker_epoch: i64) -> Option<Vec<(TopicPartition, Summary)>> {
    let text = std::str::from_utf8(content).ok()?;
    let (version, rest) = text.split_once('\n')?;
    let (head, lines) = rest.split_once('\n')?;
    let mut head = head.split(' ');
    let epoch: i64 = head.next()?.parse().ok()?;
    let count: usize = head.next()?.parse().ok()?;
    let crc = u32::from_str_radix(head.next()?, 16).ok()?;
    if version != VERSION || epoch != broker_epoch || crc != crc_fast::crc32_iscsi(lines.as_bytes()) {
        return None;
    }
    let logs: Vec<_> = lines.lines().map(decode_line).collect::<Option<_>>()?;
    (logs.len() == count).then_some(logs)
}

fn decode_line(line: &str) -> Option<(TopicPartition, Summary)> {
    let mut words = line.split(' ');
    let partition = TopicPartition::new(words.next()?, words.next()?.parse().ok()?);
    let topic_id = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse::<i64>().ok();
    let (log_start, log_end, recovery_point) = (number()?, number()?, number()?);
    let first_open_transaction = Some(number()?).filter(|&offset| offset >= 0);
    let latest_epoch = Some(number()? as LeaderEpoch).filter(|&epoch| epoch >= 0);
    let segments = words
        .next()?
        .split(',')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let (base, size) = segment.split_once(':')?;
            Some((base.parse().ok()?, size.parse().ok()?))
        })
        .collect::<Option<Vec<_>>>()?;
    let summary =
        Summary { topic_id, log_start, log_end, recovery_point, first_open_transaction, latest_epoch, segments };
    is_a_log(&summary).then_some((partition, summary))
}

/// Can there be such a log? Nothing else looks at the offsets before they are worked with.
fn is_a_log(log: &Summary) -> bool {
    let first = log.segments.first().map_or(log.log_start, |&(base, _)| base);
    let last = log.segments.last().map_or(log.log_start, |&(base, _)| base);
    (0..=log.log_start).contains(&first)
        && log.log_start <= log.log_end
        && log.recovery_point <= log.log_end
        && log.segments.is_sorted_by(|before, after| before.0 < after.0)
        && last <= log.log_end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs() -> Vec<(TopicPartition, Summary)> {
        let used = Summary {
            topic_id: Uuid::from_bytes([9; 16]),
            log_start: 3,
            log_end: 1000,
            recovery_point: 1000,
            first_open_transaction: Some(990),
            latest_epoch: Some(4),
            segments: vec![(0, 1 << 30), (700, 12345)],
        };
        let unused = Summary {
            topic_id: Uuid::ZERO,
            log_start: 0,
            log_end: 0,
            recovery_point: 0,
            first_open_transaction: None,
            latest_epoch: None,
            segments: Vec::new(),
        };
        vec![(TopicPartition::new("used", 0), used), (TopicPartition::new("un-used", 11), unused)]
    }

    #[test]
    fn logs_survive_and_damage_is_noticed() {
        let logs = logs();
        let content = encode(7, logs.iter().map(|(partition, summary)| (partition, summary)));
        assert_eq!(decode(&content, 7), Some(logs));
        assert_eq!(decode(&content, 8), None, "another stop's mark");
        for place in 0..content.len() {
            let mut damaged = content.clone();
            damaged[place] ^= 1;
            assert_eq!(decode(&damaged, 7), None, "byte {place}");
            assert_eq!(decode(&content[..place], 7), None, "cut at {place}");
        }
    }

    #[test]
    fn a_log_that_cannot_be_is_not_believed() {
        let good = logs().remove(0);
        type Change = fn(&mut Summary);
        let changes: [(&str, Change); 7] = [
            ("start behind the end", |log| log.log_start = 1001),
            ("start before the first segment", |log| log.segments[0].0 = 4),
            ("negative segment", |log| log.segments[0].0 = -1),
            ("segment behind the end", |log| log.segments[1].0 = 1001),
            ("falling segments", |log| log.segments.push((699, 1))),
            ("segment twice", |log| log.segments.push((700, 1))),
            ("recovery point behind the end", |log| log.recovery_point = 1001),
        ];
        for (name, change) in changes {
            let (partition, mut log) = good.clone();
            change(&mut log);
            assert_eq!(decode(&encode(7, [(&partition, &log)].into_iter()), 7), None, "{name}");
        }
    }
}
