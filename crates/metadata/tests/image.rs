//! The image: what records say, and what differs between two images.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use metadata::image::*;
use metadata::{Changes, ClusterImage, ConfigResource, InvalidRecord};
use records::client_quota_record::Entity;
use records::{
    AbortTransactionRecord, AccessControlEntryRecord, BeginTransactionRecord, ClientQuotaRecord, DelegationTokenRecord,
    EndTransactionRecord, FeatureLevelRecord, FenceBrokerRecord, MetadataRecord, PartitionChangeRecord,
    PartitionRecord, RemoveAccessControlEntryRecord, RemoveDelegationTokenRecord, RemoveTopicRecord,
    RemoveUserScramCredentialRecord, TopicRecord, UserScramCredentialRecord,
};
use support::*;
use types::{Str, Uuid};

fn applied(records: &[MetadataRecord]) -> ClusterImage {
    let mut image = ClusterImage::new();
    for record in records {
        image.apply(record).expect("the records fit together");
    }
    image
}

fn topic_record(name: &str, id: u8) -> MetadataRecord {
    TopicRecord { name: Str::from(name), topic_id: Uuid::from_bytes([id; 16]), ..Default::default() }.into()
}

fn quota(key: &str, value: f64, remove: bool) -> MetadataRecord {
    let part = |entity_type: &str, name: Option<&str>| Entity {
        entity_type: Str::from(entity_type),
        entity_name: name.map(Str::from),
        ..Default::default()
    };
    ClientQuotaRecord {
        entity: vec![part("user", Some("u")), part("client-id", None)],
        key: Str::from(key),
        value,
        remove,
        ..Default::default()
    }
    .into()
}

/// Everything that no command writes yet.
fn held() -> Vec<MetadataRecord> {
    vec![
        quota("producer_byte_rate", 1024.0, false),
        AccessControlEntryRecord { id: Uuid::from_bytes([7; 16]), resource_name: Str::from("t"), ..Default::default() }
            .into(),
        UserScramCredentialRecord {
            name: Str::from("alice"),
            mechanism: 1,
            stored_key: Bytes::from_static(b"secret"),
            iterations: 4096,
            ..Default::default()
        }
        .into(),
        DelegationTokenRecord { token_id: Str::from("token"), owner: Str::from("User:alice"), ..Default::default() }
            .into(),
    ]
}

#[test]
fn a_snapshot_is_the_image() {
    let mut cluster = Cluster::of(version("4.3"), 3);
    cluster.create_assigned("t.x", &[&[1, 2], &[2, 3]]);
    cluster.fence(2);
    let mut image = cluster.image().clone();
    for record in held() {
        image.apply(&record).expect("it fits");
    }
    let records = image.to_records();
    assert!(matches!(&records[0], MetadataRecord::FeatureLevel(it) if it.name == "metadata.version"));
    assert_eq!(applied(&records), image);
    let order: Vec<&str> = records.iter().map(MetadataRecord::name).collect();
    let mut kinds = order.clone();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "FeatureLevelRecord",
            "RegisterBrokerRecord",
            "TopicRecord",
            "PartitionRecord",
            "ConfigRecord",
            "ClientQuotaRecord",
            "AccessControlEntryRecord",
            "UserScramCredentialRecord",
            "DelegationTokenRecord",
        ]
    );
}

#[test]
fn what_is_removed_is_gone() {
    let mut image = applied(&held());
    for record in [
        quota("producer_byte_rate", 0.0, true),
        RemoveAccessControlEntryRecord { id: Uuid::from_bytes([7; 16]), ..Default::default() }.into(),
        RemoveUserScramCredentialRecord { name: Str::from("alice"), mechanism: 1, ..Default::default() }.into(),
        RemoveDelegationTokenRecord { token_id: Str::from("token"), ..Default::default() }.into(),
    ] {
        image.apply(&record).expect("it fits");
    }
    assert_eq!(image, ClusterImage::new());
}

#[test]
fn keys_of_credentials_are_not_printed() {
    let printed = format!("{:?}", applied(&held()));
    assert!(printed.contains("alice") && !printed.contains("secret"), "{printed}");
}

#[test]
fn records_that_contradict_the_image_change_nothing() {
    let mut image = applied(&[topic_record("a", 1)]);
    let before = image.clone();
    let partition =
        |id: u8| PartitionRecord { topic_id: Uuid::from_bytes([id; 16]), partition_id: 0, ..Default::default() };
    let change =
        |id: u8| PartitionChangeRecord { topic_id: Uuid::from_bytes([id; 16]), partition_id: 0, ..Default::default() };
    let level = FeatureLevelRecord { name: Str::from("metadata.version"), feature_level: 99, ..Default::default() };
    let cases: [(MetadataRecord, InvalidRecord); 10] = [
        (topic_record("a", 2), InvalidRecord::DuplicateTopic(Str::from("a"))),
        (topic_record("b", 1), InvalidRecord::DuplicateTopic(Str::from("b"))),
        (partition(2).into(), InvalidRecord::UnknownTopic(Uuid::from_bytes([2; 16]))),
        (change(2).into(), InvalidRecord::UnknownTopic(Uuid::from_bytes([2; 16]))),
        (change(1).into(), InvalidRecord::UnknownPartition(Str::from("a"), 0)),
        (level.into(), InvalidRecord::MetadataVersion(99)),
        (FenceBrokerRecord { id: 4, ..Default::default() }.into(), InvalidRecord::UnknownBroker(4)),
        (
            RemoveTopicRecord { topic_id: Uuid::from_bytes([2; 16]), ..Default::default() }.into(),
            InvalidRecord::UnknownTopic(Uuid::from_bytes([2; 16])),
        ),
        (EndTransactionRecord::default().into(), InvalidRecord::NoTransaction),
        (AbortTransactionRecord::default().into(), InvalidRecord::NoTransaction),
    ];
    for (record, expected) in cases {
        assert_eq!(image.apply(&record), Err(expected));
        assert_eq!(image, before);
    }
    image.apply(&BeginTransactionRecord::default().into()).expect("none is open");
    assert_eq!(image.apply(&BeginTransactionRecord::default().into()), Err(InvalidRecord::TransactionOpen));
}

#[test]
fn a_transaction_is_seen_as_a_whole_or_not_at_all() {
    let older = applied(&[topic_record("a", 1)]);
    let mut image = older.clone();
    image.apply(&BeginTransactionRecord::default().into()).expect("none is open");
    image.apply(&topic_record("b", 2)).expect("it fits");
    assert!(image.published().topic("b").is_none());
    assert!(Changes::between(&older, &image).is_empty());
    assert_eq!(image.to_records(), older.to_records());
    let mut aborted = image.clone();
    aborted.apply(&AbortTransactionRecord::default().into()).expect("one is open");
    assert_eq!(aborted, older);
    image.apply(&EndTransactionRecord::default().into()).expect("one is open");
    let changes = Changes::between(&older, &image);
    assert_eq!(
        changes.topics.iter().map(|topic| (&*topic.name, topic.event)).collect::<Vec<_>>(),
        [("b", TopicEvent::Created)]
    );
}

#[test]
fn a_topic_deleted_and_created_again_is_two_events() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    let old_id = cluster.create_assigned("t", &[&[1], &[1]]);
    let older = cluster.image().clone();
    let remove = RemoveTopicRecord { topic_id: old_id, ..Default::default() };
    let mut image = older.clone();
    image.apply(&remove.into()).expect("it is there");
    image.apply(&topic_record("t", 9)).expect("the name is free");
    let told: Vec<_> =
        Changes::between(&older, &image).topics.into_iter().map(|it| (it.id, it.event, it.partitions)).collect();
    assert_eq!(
        told,
        [(old_id, TopicEvent::Deleted, vec![0, 1]), (Uuid::from_bytes([9; 16]), TopicEvent::Created, vec![])]
    );
}

#[test]
fn changes_name_what_changed() {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("t", &[&[1], &[2], &[2]]);
    let older = cluster.image().clone();
    cluster.fence(2);
    cluster.set_config(ConfigResource::topic("t"), "x", Some("1")).expect("it can be set");
    let changes = Changes::between(&older, cluster.image());
    let topic = &changes.topics[0];
    assert_eq!((&*topic.name, topic.event, &topic.partitions[..]), ("t", TopicEvent::Changed, &[1, 2][..]));
    assert_eq!(changes.brokers, [2]);
    assert_eq!(changes.configs, [ConfigResource::topic("t")]);
    assert!(changes.features.is_empty() && !changes.producer_ids);
    assert!(Changes::between(cluster.image(), cluster.image()).is_empty());
}

#[test]
fn an_image_shares_what_a_change_leaves_alone() {
    let mut cluster = Cluster::of(version("4.3"), 1);
    cluster.create_assigned("a", &[&[1], &[1]]);
    cluster.create_assigned("b", &[&[1]]);
    let older = cluster.image().clone();
    cluster.fence(1);
    cluster.heartbeat(1);
    cluster.create_assigned("c", &[&[1]]);
    cluster.set_config(ConfigResource::topic("a"), "x", Some("1")).expect("it can be set");
    let newer = cluster.image().clone();
    cluster.create_assigned("d", &[&[1]]);
    assert!(!Arc::ptr_eq(older.topic("a").expect("there"), newer.topic("a").expect("there")));
    assert!(Arc::ptr_eq(newer.topic("a").expect("there"), cluster.image().topic("a").expect("there")));
    assert_eq!(older.topic_names().count(), 2);
}
