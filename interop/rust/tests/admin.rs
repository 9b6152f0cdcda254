//! What an administrator asks and orders.

use interop::{PATIENCE, admin, config, eventually, fresh, leaders, limited, options, produce, read, topic, wait};
use rdkafka::admin::{AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

#[test]
fn topics_are_created_described_and_deleted() {
    limited(|| {
        let (name, admin) = (fresh("topic"), admin());
        let wanted = NewTopic::new(&name, 3, TopicReplication::Fixed(1)).set("retention.ms", "3600000");
        let create = || wait(admin.create_topics([&wanted], &options())).unwrap().remove(0);
        assert_eq!(create(), Ok(name.clone()));
        assert_eq!(create(), Err((name.clone(), RDKafkaErrorCode::TopicAlreadyExists)));
        eventually("leaders", || leaders(&admin, &name), |led| *led == 3);
        let metadata = admin.inner().fetch_metadata(Some(&name), PATIENCE).unwrap();
        for partition in metadata.topics()[0].partitions() {
            assert_eq!(partition.replicas(), [partition.leader()]);
            assert_eq!(partition.isr(), [partition.leader()]);
        }
        let delete = || wait(admin.delete_topics(&[&name], &options())).unwrap().remove(0);
        assert_eq!(delete(), Ok(name.clone()));
        let listed = || {
            let all = admin.inner().fetch_metadata(None, PATIENCE).unwrap();
            all.topics().iter().any(|topic| topic.name() == name)
        };
        eventually("the topic is gone", listed, |listed| !listed);
        assert_eq!(delete(), Err((name.clone(), RDKafkaErrorCode::UnknownTopicOrPartition)));
    });
}

#[test]
fn partitions_are_added() {
    limited(|| {
        let (name, admin) = (topic(1), admin());
        let more = NewPartitions::new(&name, 4);
        assert_eq!(wait(admin.create_partitions([&more], &options())).unwrap(), [Ok(name.clone())]);
        eventually("four partitions", || leaders(&admin, &name), |led| *led == 4);
        produce(&name, 3, 5, &[]);
        assert_eq!(read(&name, 3, Offset::Beginning, 5).len(), 5);
    });
}

#[test]
fn cluster_is_described() {
    limited(|| {
        let consumer: BaseConsumer = config().create().unwrap();
        let metadata = consumer.fetch_metadata(None, PATIENCE).unwrap();
        assert!(!metadata.brokers().is_empty());
        assert!(consumer.client().fetch_cluster_id(PATIENCE).is_some_and(|id| !id.is_empty()));
    });
}

#[test]
fn configs_are_described_and_altered() {
    limited(|| {
        let (name, admin) = (topic(1), admin());
        let value = |key: &str| {
            let asked = [ResourceSpecifier::Topic(&name)];
            let found = wait(admin.describe_configs(&asked, &options())).unwrap().remove(0).unwrap();
            found.get(key).unwrap().value.clone().unwrap()
        };
        let alter = |key: &str, to: &str| {
            let change = AlterConfig::new(ResourceSpecifier::Topic(&name)).set(key, to);
            wait(admin.alter_configs([&change], &options())).unwrap().remove(0)
        };
        let becomes = |key: &str, to: &str| eventually(key, || value(key), |got| got == to);
        becomes("cleanup.policy", "delete");
        // The only call that this client has replaces the whole set.
        alter("retention.ms", "12345").unwrap();
        becomes("retention.ms", "12345");
        alter("cleanup.policy", "compact").unwrap();
        becomes("cleanup.policy", "compact");
        becomes("retention.ms", "604800000");
        // The client does not hand on the refusal of a single resource, so look whether it was one.
        let _ = alter("retention.ms", "soon");
        assert_eq!(value("retention.ms"), "604800000");
    });
}

#[test]
fn records_before_an_offset_are_deleted() {
    limited(|| {
        let name = topic(1);
        produce(&name, 0, 10, &[]);
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(&name, 0, Offset::Offset(6)).unwrap();
        let deleted = wait(admin().delete_records(&before, &options())).unwrap();
        assert_eq!(deleted.elements()[0].offset(), Offset::Offset(6));
        assert_eq!(read(&name, 0, Offset::Beginning, 4)[0].offset(), 6);
    });
}
