//! Records go in and the same records come out.

use std::time::{SystemTime, UNIX_EPOCH};

use interop::{PATIENCE, config, consumer, fresh, limited, produce, read, texts, topic, wait};
use rdkafka::consumer::Consumer;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

fn survives(codec: &'static str) {
    limited(move || {
        let topic = topic(1);
        produce(&topic, 0, 500, &[("compression.type", codec), ("linger.ms", "50")]);
        for (i, message) in read(&topic, 0, Offset::Beginning, 500).iter().enumerate() {
            assert_eq!(message.offset(), i as i64);
            assert_eq!(texts(message), (Some(&*format!("key-{i}")), Some(&*format!("value-{i}"))));
        }
    });
}

#[test]
fn uncompressed_records_survive_the_broker() {
    survives("none");
}

#[test]
fn gzip_survives_the_broker() {
    survives("gzip");
}

#[test]
fn snappy_survives_the_broker() {
    survives("snappy");
}

#[test]
fn lz4_survives_the_broker() {
    survives("lz4");
}

#[test]
fn zstd_survives_the_broker() {
    survives("zstd");
}

#[test]
fn headers_nulls_and_empty_values_come_back_as_they_were() {
    limited(|| {
        let topic = topic(1);
        let producer: FutureProducer = config().create().unwrap();
        let headers = [("first", Some("1")), ("first", Some("again")), ("null", None), ("empty", Some(""))];
        let with_headers = headers.iter().fold(OwnedHeaders::new(), |some, (key, value)| {
            some.insert(Header { key, value: value.as_ref().map(|text| text.as_bytes()) })
        });
        let to = || FutureRecord::<str, str>::to(&topic).partition(0);
        for record in [
            to().key("key").payload("value").headers(with_headers),
            to().payload("no key"),
            to().key("no value"),
            to().key("").payload(""),
        ] {
            wait(producer.send(record, PATIENCE)).map_err(|(error, _)| error).unwrap();
        }
        let messages = read(&topic, 0, Offset::Beginning, 4);
        let came = messages[0].headers().unwrap();
        let came: Vec<_> =
            came.iter().map(|it| (it.key, it.value.map(|bytes| std::str::from_utf8(bytes).unwrap()))).collect();
        assert_eq!(came, headers);
        let pairs: Vec<_> = messages.iter().map(texts).collect();
        let wanted =
            [(Some("key"), Some("value")), (None, Some("no key")), (Some("no value"), None), (Some(""), Some(""))];
        assert_eq!(pairs, wanted);
    });
}

#[test]
fn offsets_are_found_by_timestamp() {
    limited(|| {
        let topic = topic(1);
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64 - 60_000;
        let producer: FutureProducer = config().create().unwrap();
        for i in 0..10 {
            let record = FutureRecord::<str, str>::to(&topic).partition(0).payload("v").timestamp(start + i * 1_000);
            wait(producer.send(record, PATIENCE)).map_err(|(error, _)| error).unwrap();
        }
        let reader = consumer(&fresh("no-group"));
        let searches = [
            (4_000, Offset::Offset(4)),
            (4_001, Offset::Offset(5)),
            (-1_000, Offset::Offset(0)),
            (3_600_000, Offset::End),
        ];
        for (after, offset) in searches {
            let mut wanted = TopicPartitionList::new();
            wanted.add_partition_offset(&topic, 0, Offset::Offset(start + after)).unwrap();
            let found = reader.offsets_for_times(wanted, PATIENCE).unwrap();
            assert_eq!(found.elements()[0].offset(), offset);
        }
    });
}

#[test]
fn earliest_and_latest_bound_the_log() {
    limited(|| {
        let topic = topic(1);
        produce(&topic, 0, 7, &[]);
        assert_eq!(consumer(&fresh("no-group")).fetch_watermarks(&topic, 0, PATIENCE).unwrap(), (0, 7));
        assert_eq!(read(&topic, 0, Offset::OffsetTail(2), 2)[0].offset(), 5);
    });
}

#[test]
fn idempotent_producer_writes_every_record_once_and_in_order() {
    limited(|| {
        let topic = topic(1);
        let settings = [("enable.idempotence", "true"), ("batch.num.messages", "20"), ("linger.ms", "1")];
        assert_eq!(produce(&topic, 0, 2_000, &settings), (0..2_000).collect::<Vec<_>>());
        for (i, message) in read(&topic, 0, Offset::Beginning, 2_000).iter().enumerate() {
            assert_eq!(texts(message).1, Some(&*format!("value-{i}")));
        }
    });
}
