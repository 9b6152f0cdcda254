//! Messages, records and settings.

use bytes::Bytes;
use config::{Scope, Settings, keys};
use fuzz::put_piece;
use records::{GroupRecordKey, GroupRecordValue, MetadataRecord, ShareRecordKey, TransactionRecordKey, metadata};
use wire::{ApiKey, Message, RequestHeader, Sampler, probes};

pub type Seed = (String, Vec<u8>);

/// Made-up messages are small where their seed is lucky: of so many the longest below the limit is taken.
const TRIES: u64 = 30;
const LONGEST: usize = 400;

fn longest_small(make: impl Fn(&mut Sampler) -> Option<Bytes>) -> Option<Bytes> {
    (0..TRIES)
        .filter_map(|seed| make(&mut Sampler::new(seed)))
        .filter(|bytes| bytes.len() <= LONGEST)
        .max_by_key(Bytes::len)
}

/// Each request with its header in its newest version, and each response in its oldest and newest.
pub fn frames() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for &api in ApiKey::ALL {
        let name = format!("{}Request", api.name());
        let Some(probe) = probes::ALL.iter().find(|probe| probe.name == name) else { continue };
        let version = probe.last;
        let Some(body) = longest_small(|sampler| (probe.sample)(sampler, version).ok()) else { continue };
        let header = RequestHeader {
            request_api_key: api.code(),
            request_api_version: version,
            correlation_id: 7,
            client_id: Some("client".into()),
            ..RequestHeader::default()
        };
        let header = header.to_bytes(api.request_header_version(version)).expect("a header");
        seeds.push((format!("{name}-{version}"), [&[0][..], &header, &body].concat()));
    }
    for (place, probe) in probes::ALL.iter().enumerate() {
        if probe.name.ends_with("Request") {
            continue;
        }
        let mut versions = vec![probe.first, probe.last];
        versions.dedup();
        for version in versions {
            let Some(body) = longest_small(|sampler| (probe.sample)(sampler, version).ok()) else { continue };
            let [high, low] = (place as u16).to_be_bytes();
            let choice = [1, high, low, (version - probe.first) as u8];
            seeds.push((format!("{}-{version}", probe.name), [&choice[..], &body].concat()));
        }
    }
    seeds
}

/// Each record alone, and a cluster of them.
pub fn metadata_records() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    let newest = |versions: std::ops::RangeInclusive<i16>| *versions.end();
    let samples = MetadataRecord::samples(&mut Sampler::new(3), &newest);
    for (place, (record, version)) in samples.iter().enumerate() {
        let mut seed = Vec::new();
        put_piece(&mut seed, &metadata::encode(record, *version).expect("a record"));
        seeds.push((format!("record-{place:02}"), seed));
    }
    seeds.push(("cluster".to_owned(), cluster()));
    seeds
}

fn cluster() -> Vec<u8> {
    use records::*;
    let topic_id = types::Uuid::from_bytes([5; 16]);
    let broker = |broker_id| RegisterBrokerRecord { broker_id, broker_epoch: 10, fenced: true, ..Default::default() };
    let partition = PartitionRecord {
        topic_id,
        replicas: vec![1, 2],
        isr: vec![1, 2],
        directories: vec![types::Uuid::from_bytes([1; 16]), types::Uuid::from_bytes([2; 16])],
        leader: 1,
        ..Default::default()
    };
    let change = PartitionChangeRecord { topic_id, isr: Some(vec![2]), leader: 2, ..Default::default() };
    let config = ConfigRecord {
        resource_type: 2,
        resource_name: "t".into(),
        name: "retention.ms".into(),
        value: Some("1".into()),
        ..Default::default()
    };
    let records = [
        MetadataRecord::FeatureLevel(FeatureLevelRecord {
            name: "metadata.version".into(),
            feature_level: 29,
            ..Default::default()
        }),
        MetadataRecord::RegisterBroker(broker(1)),
        MetadataRecord::RegisterBroker(broker(2)),
        MetadataRecord::UnfenceBroker(UnfenceBrokerRecord { id: 1, epoch: 10, ..Default::default() }),
        MetadataRecord::BeginTransaction(BeginTransactionRecord { name: Some("create".into()), ..Default::default() }),
        MetadataRecord::Topic(TopicRecord { name: "t".into(), topic_id, ..Default::default() }),
        MetadataRecord::Partition(partition),
        MetadataRecord::Config(config),
        MetadataRecord::EndTransaction(EndTransactionRecord::default()),
        MetadataRecord::PartitionChange(change),
        MetadataRecord::ProducerIds(ProducerIdsRecord {
            broker_id: 1,
            broker_epoch: 10,
            next_producer_id: 1000,
            ..Default::default()
        }),
        MetadataRecord::FenceBroker(FenceBrokerRecord { id: 1, epoch: 10, ..Default::default() }),
        MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id, ..Default::default() }),
        MetadataRecord::UnregisterBroker(UnregisterBrokerRecord {
            broker_id: 2,
            broker_epoch: 10,
            ..Default::default()
        }),
    ];
    let mut seed = Vec::new();
    for record in records {
        let version = record.highest_version(29);
        put_piece(&mut seed, &metadata::encode(&record, version).expect("a record"));
    }
    seed
}

/// Each kind of record alone, and a group with offsets, some of them in a transaction.
pub fn group_records() -> Vec<Seed> {
    let newest = |versions: std::ops::RangeInclusive<i16>| *versions.end();
    let mut sampler = Sampler::new(4);
    let keys = GroupRecordKey::samples(&mut sampler, &newest);
    let values = GroupRecordValue::samples(&mut sampler, &newest);
    let mut seeds = Vec::new();
    for (place, ((key, _), (value, version))) in keys.iter().zip(&values).enumerate() {
        let seed = entry(1, &key.to_bytes().expect("a key"), Some(&value.to_bytes(*version).expect("a value")));
        seeds.push((format!("group-{place:02}"), seed));
    }
    for (place, (key, _)) in TransactionRecordKey::samples(&mut sampler, &newest).iter().enumerate() {
        seeds.push((format!("transaction-{place}"), entry(0, &key.to_bytes().expect("a key"), None)));
    }
    for (place, (key, _)) in ShareRecordKey::samples(&mut sampler, &newest).iter().enumerate() {
        seeds.push((format!("share-{place}"), entry(0, &key.to_bytes().expect("a key"), None)));
    }
    seeds.push(("partition".to_owned(), partition_of_groups()));
    seeds
}

fn entry(flags: u8, key: &[u8], value: Option<&[u8]>) -> Vec<u8> {
    let mut seed = vec![flags];
    put_piece(&mut seed, key);
    if let Some(value) = value {
        put_piece(&mut seed, value);
    }
    seed
}

fn partition_of_groups() -> Vec<u8> {
    use records::group_metadata_value::Member;
    use records::*;
    let member = Member {
        member_id: "m".into(),
        client_id: "c".into(),
        client_host: "/127.0.0.1".into(),
        rebalance_timeout: 1000,
        session_timeout: 10_000,
        subscription: Bytes::from_static(SUBSCRIPTION),
        ..Default::default()
    };
    let group = GroupMetadataValue {
        protocol_type: "consumer".into(),
        generation: 3,
        protocol: Some("range".into()),
        leader: Some("m".into()),
        members: vec![member],
        ..Default::default()
    };
    let group_key = GroupRecordKey::GroupMetadata(GroupMetadataKey { group: "g".into() });
    let offset_key =
        GroupRecordKey::OffsetCommit(OffsetCommitKey { group: "g".into(), topic: "a".into(), partition: 0 });
    let offset = OffsetCommitValue { offset: 42, commit_timestamp: 1, ..Default::default() };
    let group_key = group_key.to_bytes().expect("a key");
    let offset_key = offset_key.to_bytes().expect("a key");
    let offset = GroupRecordValue::OffsetCommit(offset).to_bytes(3).expect("a value");
    let group = GroupRecordValue::GroupMetadata(group).to_bytes(3).expect("a value");
    [
        entry(1, &group_key, Some(&group)),
        entry(1, &offset_key, Some(&offset)),
        entry(0x13, &offset_key, Some(&offset)),
        entry(0x96, &offset_key, None),
        entry(0, &offset_key, None),
        entry(0, &group_key, None),
    ]
    .concat()
}

/// Version 3, two topics, no user data, no owned partitions.
const SUBSCRIPTION: &[u8] = b"\0\x03\0\0\0\x02\0\x01a\0\x06orders\xff\xff\xff\xff\0\0\0\0";

pub fn subscriptions() -> Vec<Seed> {
    let one = [&[0][..], SUBSCRIPTION].concat();
    let mut two = vec![1];
    put_piece(&mut two, b"\0\0\0\0\0\x01\0\x01b\0\0\0\x02xy");
    two.extend_from_slice(SUBSCRIPTION);
    let nothing = [&[0][..], b"\0\x01\0\0\0\0\xff\xff\xff\xff"].concat();
    let unknown = [&[0][..], b"\0\x09\0\0\0\x01\0\x01a\0\0\0\0\0\0\0\x01\0\x01a\0\0\0\x01\0\0\0\0more"].concat();
    vec![("one".into(), one), ("two".into(), two), ("nothing".into(), nothing), ("newer".into(), unknown)]
}

/// A node's file, a file that uses all of the syntax, and all keys in pieces.
pub fn properties() -> Vec<Seed> {
    let usual: String =
        Settings::zero_configuration_properties().iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    let cluster = "process.roles=broker,controller\nnode.id=2\ncontroller.quorum.voters=1@a:9093,2@[::1]:9093\n\
        listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093,INTERNAL://:9094\n\
        advertised.listeners=PLAINTEXT://b:9092,INTERNAL://b:9094\ninter.broker.listener.name=INTERNAL\n\
        controller.listener.names=CONTROLLER\nlistener.name.internal.max.connections=10\n\
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT\n\
        log.dirs=/a, /b\nnot.a.key=1\nlog.retention.hours=-1\n";
    let syntax = "# comment\n! another\n\n a\\ b\\=c : \\t\\n\\\\x\\q\\u00e9\\ud83d\\ude00\nlong=1,\\\n   2,\\\r\n\t3\n\
        twice=1\ntwice=2\nempty\nnode.id\t1\n";
    let mut seeds: Vec<Seed> = vec![
        ("usual".into(), usual.into_bytes()),
        ("cluster".into(), cluster.into()),
        ("syntax".into(), syntax.into()),
        ("latin".into(), b"caf\xe9=\xff\n".to_vec()),
    ];
    for (name, scope) in [("broker", Scope::Broker), ("topic", Scope::Topic), ("group", Scope::Group)] {
        let lines: Vec<String> =
            keys(scope).map(|key| format!("{}={}\n", key.name, key.default_text().unwrap_or_default())).collect();
        for (place, lines) in lines.chunks(12).enumerate() {
            seeds.push((format!("{name}-{place:02}"), lines.concat().into_bytes()));
        }
    }
    seeds
}
