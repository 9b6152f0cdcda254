"""kafka-python against the broker named in BOOTSTRAP."""

import threading
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import TopicAlreadyExistsError

from broker import BOOTSTRAP, HEARTBEAT_MS, PATIENCE, SESSION_TIMEOUT_MS, doomed_member, eventually, fresh


def consumer(group=None):
    return KafkaConsumer(
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
    )


def join(group, topic):
    """A consumer that subscribes when it knows the topic: a leader of this client that does not assigns nothing."""
    member = consumer(group)
    eventually("the topic is known", lambda: member.partitions_for_topic(topic), bool)
    member.subscribe([topic])
    return member


@pytest.fixture(scope="module")
def admin():
    client = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    yield client
    client.close()


def new_topic(admin, partitions=1):
    name = fresh("topic")
    admin.create_topics({name: {"num_partitions": partitions, "replication_factor": 1}}, wait_for_metadata=True)
    return name


def leaders(admin, topic):
    return sum(partition["leader_id"] >= 0 for partition in admin.describe_topics([topic])[0]["partitions"])


def produce(topic, count, partition=0, **settings):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", **settings)
    sent = [producer.send(topic, b"value-%d" % i, key=b"key-%d" % i, partition=partition) for i in range(count)]
    producer.flush(PATIENCE)
    offsets = [one.get(PATIENCE).offset for one in sent]
    producer.close()
    return offsets


def poll(member, count):
    records = []
    deadline = time.monotonic() + PATIENCE
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records came"
        for some in member.poll(timeout_ms=100).values():
            records.extend(some)
    assert len(records) == count
    return records


def read(topic, count, partition=0):
    reader = consumer()
    reader.assign([TopicPartition(topic, partition)])
    reader.seek_to_beginning()
    try:
        return poll(reader, count)
    finally:
        reader.close()


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_survives_the_broker(admin, codec):
    topic = new_topic(admin)
    produce(topic, 500, compression_type=codec, linger_ms=50)
    for i, record in enumerate(read(topic, 500)):
        assert (record.offset, record.key, record.value) == (i, b"key-%d" % i, b"value-%d" % i)


def test_headers_nulls_and_empty_values_come_back_as_they_were(admin):
    topic = new_topic(admin)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    headers = [("first", b"1"), ("first", b"again"), ("empty", b"")]
    for key, value, some in [(b"key", b"value", headers), (None, b"no key", []), (b"no value", None, []), (b"", b"", [])]:
        producer.send(topic, key=key, value=value, headers=some).get(PATIENCE)
    producer.close()
    records = read(topic, 4)
    assert list(records[0].headers) == headers
    pairs = [(record.key, record.value) for record in records]
    assert pairs == [(b"key", b"value"), (None, b"no key"), (b"no value", None), (b"", b"")]


def test_offsets_are_found_by_timestamp(admin):
    topic = new_topic(admin)
    start = int(time.time() * 1_000) - 60_000
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    for i in range(10):
        producer.send(topic, b"v", timestamp_ms=start + i * 1_000).get(PATIENCE)
    producer.close()
    reader = consumer()
    partition = TopicPartition(topic, 0)
    for after, offset in [(4_000, 4), (4_001, 5), (-1_000, 0)]:
        found = reader.offsets_for_times({partition: start + after})[partition]
        assert (found.offset, found.timestamp) == (offset, start + offset * 1_000)
    assert reader.offsets_for_times({partition: start + 3_600_000})[partition] is None
    reader.close()


def test_earliest_and_latest_bound_the_log(admin):
    topic = new_topic(admin)
    produce(topic, 7)
    partition = TopicPartition(topic, 0)
    reader = consumer()
    assert reader.beginning_offsets([partition]) == {partition: 0}
    assert reader.end_offsets([partition]) == {partition: 7}
    reader.assign([partition])
    reader.seek_to_end()
    assert reader.position(partition) == 7
    produce(topic, 1)
    assert poll(reader, 1)[0].offset == 7
    reader.close()


def test_idempotent_producer_writes_every_record_once_and_in_order(admin):
    topic = new_topic(admin)
    offsets = produce(topic, 2_000, enable_idempotence=True, batch_size=512)
    assert offsets == list(range(2_000))
    assert [record.value for record in read(topic, 2_000)] == [b"value-%d" % i for i in range(2_000)]


class Member(threading.Thread):
    """A consumer that polls in a thread of its own: this client does not get through a rebalance in polls of milliseconds."""

    def __init__(self, group, topic):
        super().__init__(daemon=True)
        self.group, self.topic = group, topic
        self.owned = set()
        self.leaving = threading.Event()
        self.start()

    def run(self):
        member = join(self.group, self.topic)
        while not self.leaving.is_set():
            member.poll(timeout_ms=500)
            self.owned = set(member.assignment())
        member.close(autocommit=False)

    def leave(self):
        self.leaving.set()
        self.join(PATIENCE)
        assert not self.is_alive()


def await_partitions(each, *members):
    def sizes():
        return [len(member.owned) for member in members]

    eventually(f"each of {len(members)} members owns {each}", sizes, lambda got: set(got) == {each})


def test_group_follows_members_that_join_leave_and_die(admin):
    topic, group = new_topic(admin, 4), fresh("group")
    first = Member(group, topic)
    await_partitions(4, first)
    second = Member(group, topic)
    await_partitions(2, first, second)
    assert not first.owned & second.owned
    second.leave()
    await_partitions(4, first)
    with doomed_member("kafka-python", topic, group):
        await_partitions(2, first)
    await_partitions(4, first)
    first.leave()


def owned(admin, group):
    """How many partitions each member owns, as the coordinator tells it."""
    members = admin.describe_groups([group])[group]["members"]
    return [sum(len(one["partitions"]) for one in (member["member_assignment"] or {}).get("assigned_partitions", [])) for member in members]


def test_consumer_resumes_from_its_commit(admin):
    topic, group = new_topic(admin), fresh("group")
    partition = TopicPartition(topic, 0)
    produce(topic, 10)
    first = join(group, topic)
    poll(first, 10)
    first.commit({partition: OffsetAndMetadata(6, "six are done", -1)})
    first.close(autocommit=False)
    second = consumer(group)
    committed = second.committed(partition, metadata=True)
    assert (committed.offset, committed.metadata) == (6, "six are done")
    second.subscribe([topic])
    assert poll(second, 4)[0].offset == 6
    second.commit()
    assert second.committed(partition) == 10
    second.close()


def test_topics_are_created_described_and_deleted(admin):
    topic = fresh("topic")
    wanted = {topic: {"num_partitions": 3, "replication_factor": 1, "configs": {"retention.ms": "3600000"}}}
    admin.create_topics(wanted, wait_for_metadata=True)
    with pytest.raises(TopicAlreadyExistsError):
        admin.create_topics(wanted)
    assert leaders(admin, topic) == 3
    described = admin.describe_topics([topic])[0]
    assert all(len(one["replica_nodes"]) == len(one["isr_nodes"]) == 1 for one in described["partitions"])
    assert topic in admin.list_topics()
    admin.delete_topics([topic])
    eventually("gone", admin.list_topics, lambda topics: topic not in topics)


def test_partitions_are_added(admin):
    topic = new_topic(admin)
    admin.create_partitions({topic: 4})
    eventually("four partitions", lambda: leaders(admin, topic), lambda n: n == 4)
    produce(topic, 5, partition=3)
    assert len(read(topic, 5, partition=3)) == 5


def test_cluster_is_described(admin):
    cluster = admin.describe_cluster()
    assert cluster["cluster_id"]
    assert cluster["brokers"]
    assert cluster["controller_id"] >= 0


def test_configs_are_described_and_altered(admin):
    topic = new_topic(admin)

    def value(key):
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
        return found["topic"][topic][key]["value"]

    def alter(key, *change):
        return admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {key: change})], incremental=True)

    def becomes(key, to):
        eventually(f"{key}={to}", lambda: value(key), lambda got: got == to)

    assert value("cleanup.policy") == "delete"
    alter("retention.ms", AlterConfigOp.SET, "12345")
    alter("cleanup.policy", AlterConfigOp.APPEND, "compact")
    becomes("retention.ms", "12345")
    becomes("cleanup.policy", "delete,compact")
    alter("cleanup.policy", AlterConfigOp.SUBTRACT, "delete")
    alter("retention.ms", AlterConfigOp.DELETE, None)
    becomes("cleanup.policy", "compact")
    becomes("retention.ms", "604800000")


def test_groups_are_listed_described_and_deleted(admin):
    topic, group = new_topic(admin, 2), fresh("group")
    member = Member(group, topic)
    await_partitions(2, member)
    assert admin.describe_groups([group])[group]["group_state"] == "Stable"
    assert owned(admin, group) == [2]
    assert group in {one["group_id"] for one in admin.list_groups()}
    assert admin.delete_groups([group]) == {group: "NonEmptyGroupError"}
    member.leave()
    eventually("empty", lambda: admin.describe_groups([group])[group]["group_state"], lambda state: state == "Empty")
    assert admin.delete_groups([group]) == {group: "OK"}
    assert group not in {one["group_id"] for one in admin.list_groups()}


def test_group_offsets_are_altered_listed_and_deleted(admin):
    topic, group = new_topic(admin, 2), fresh("group")
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    three = OffsetAndMetadata(3, "three", -1)
    admin.alter_group_offsets(group, {first: three, second: three})
    found = admin.list_group_offsets({group: None})[group]
    assert {partition: (one.offset, one.metadata) for partition, one in found.items()} == {first: (3, "three"), second: (3, "three")}
    admin.delete_group_offsets(group, [first])
    assert set(admin.list_group_offsets({group: None})[group]) == {second}


def test_records_before_an_offset_are_deleted(admin):
    topic = new_topic(admin)
    produce(topic, 10)
    partition = TopicPartition(topic, 0)
    assert admin.delete_records({partition: 6})[partition]["low_watermark"] == 6
    assert read(topic, 4)[0].offset == 6


def test_offsets_are_listed(admin):
    topic = new_topic(admin)
    produce(topic, 5)
    partition = TopicPartition(topic, 0)
    for spec, offset in [(OffsetSpec.EARLIEST, 0), (OffsetSpec.LATEST, 5), (0, 0)]:
        assert admin.list_partition_offsets({partition: spec})[partition].offset == offset


def test_log_dirs_tell_the_size_of_a_partition(admin):
    topic = new_topic(admin)
    produce(topic, 10)

    def size():
        return sum(
            partition["partition_size"]
            for broker in admin.describe_log_dirs([topic])
            for directory in broker["log_dirs"]
            for one in directory["topics"]
            for partition in one["partitions"]
            if one["name"] == topic
        )

    eventually("the partition is in a log dir", size, lambda got: got > 0)
