"""confluent-kafka (librdkafka) against the broker named in BOOTSTRAP."""

import time

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

from broker import BOOTSTRAP, HEARTBEAT_MS, PATIENCE, SESSION_TIMEOUT_MS, doomed_member, eventually, fresh


def consumer(group=None):
    return Consumer({
        "bootstrap.servers": BOOTSTRAP,
        "group.id": group or fresh("no-group"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": HEARTBEAT_MS,
    })


@pytest.fixture(scope="module")
def admin():
    return AdminClient({"bootstrap.servers": BOOTSTRAP})


def leaders(admin, topic):
    found = admin.list_topics(topic, timeout=PATIENCE).topics[topic]
    return sum(partition.leader >= 0 and partition.error is None for partition in found.partitions.values())


def new_topic(admin, partitions=1):
    name = fresh("topic")
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(PATIENCE)
    eventually("leaders", lambda: leaders(admin, name), lambda n: n == partitions)
    return name


def produce(topic, count, partition=0, **settings):
    """Sends key-i / value-i and returns the acknowledged offsets in the order of the answers."""
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "acks": "all", **settings})
    offsets = []

    def acknowledged(error, message):
        assert error is None, error
        offsets.append(message.offset())

    for i in range(count):
        producer.produce(topic, key=f"key-{i}", value=f"value-{i}", partition=partition, on_delivery=acknowledged)
        producer.poll(0)
    assert producer.flush(PATIENCE) == 0
    assert len(offsets) == count
    return offsets


def poll(member, count):
    messages = []
    deadline = time.monotonic() + PATIENCE
    while len(messages) < count:
        assert time.monotonic() < deadline, f"{len(messages)} of {count} records came"
        message = member.poll(0.1)
        if message is not None:
            assert message.error() is None, message.error()
            messages.append(message)
    return messages


def read(topic, count, partition=0, offset=OFFSET_BEGINNING):
    reader = consumer()
    try:
        reader.assign([TopicPartition(topic, partition, offset)])
        return poll(reader, count)
    finally:
        reader.close()


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_survives_the_broker(admin, codec):
    topic = new_topic(admin)
    produce(topic, 500, **{"compression.type": codec, "linger.ms": 50})
    for i, message in enumerate(read(topic, 500)):
        assert (message.offset(), message.key(), message.value()) == (i, b"key-%d" % i, b"value-%d" % i)


def test_headers_nulls_and_empty_values_come_back_as_they_were(admin):
    topic = new_topic(admin)
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    headers = [("first", b"1"), ("first", b"again"), ("null", None), ("empty", b"")]
    producer.produce(topic, key=b"key", value=b"value", headers=headers)
    producer.produce(topic, key=None, value=b"no key")
    producer.produce(topic, key=b"no value", value=None)
    producer.produce(topic, key=b"", value=b"")
    assert producer.flush(PATIENCE) == 0
    messages = read(topic, 4)
    assert messages[0].headers() == headers
    pairs = [(message.key(), message.value()) for message in messages]
    assert pairs == [(b"key", b"value"), (None, b"no key"), (b"no value", None), (b"", b"")]


def test_offsets_are_found_by_timestamp(admin):
    topic = new_topic(admin)
    start = int(time.time() * 1_000) - 60_000
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for i in range(10):
        producer.produce(topic, value=b"v", timestamp=start + i * 1_000)
    assert producer.flush(PATIENCE) == 0
    reader = consumer()
    for after, offset in [(4_000, 4), (4_001, 5), (-1_000, 0), (3_600_000, OFFSET_END)]:
        found = reader.offsets_for_times([TopicPartition(topic, 0, start + after)], timeout=PATIENCE)[0]
        assert (found.error, found.offset) == (None, offset)
    reader.close()


def test_earliest_and_latest_bound_the_log(admin):
    topic = new_topic(admin)
    produce(topic, 7)
    reader = consumer()
    assert reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE) == (0, 7)
    reader.close()
    assert read(topic, 1, offset=OFFSET_BEGINNING)[0].offset() == 0
    assert [message.offset() for message in read(topic, 2, offset=5)] == [5, 6]


def test_idempotent_producer_writes_every_record_once_and_in_order(admin):
    topic = new_topic(admin)
    settings = {"enable.idempotence": True, "batch.num.messages": 20, "linger.ms": 1}
    assert produce(topic, 2_000, **settings) == list(range(2_000))
    assert [message.value() for message in read(topic, 2_000)] == [b"value-%d" % i for i in range(2_000)]


def await_partitions(each, *members):
    def sizes():
        for member in members:
            member.poll(0.02)
        return [len(member.assignment()) for member in members]

    eventually(f"each of {len(members)} members owns {each}", sizes, lambda got: set(got) == {each})


def test_group_follows_members_that_join_leave_and_die(admin):
    topic, group = new_topic(admin, 4), fresh("group")
    first = consumer(group)
    first.subscribe([topic])
    await_partitions(4, first)
    second = consumer(group)
    second.subscribe([topic])
    await_partitions(2, first, second)
    assert {p.partition for member in (first, second) for p in member.assignment()} == {0, 1, 2, 3}
    second.close()
    await_partitions(4, first)
    with doomed_member("confluent", topic, group):
        await_partitions(2, first)
    await_partitions(4, first)
    first.close()


def test_consumer_resumes_from_its_commit(admin):
    topic, group = new_topic(admin), fresh("group")
    produce(topic, 10)
    first = consumer(group)
    first.subscribe([topic])
    poll(first, 10)
    first.commit(offsets=[TopicPartition(topic, 0, 6, "six are done")], asynchronous=False)
    first.close()
    second = consumer(group)
    committed = second.committed([TopicPartition(topic, 0)], timeout=PATIENCE)[0]
    assert (committed.offset, committed.metadata) == (6, "six are done")
    second.subscribe([topic])
    rest = poll(second, 4)
    assert rest[0].offset() == 6
    second.commit(message=rest[-1], asynchronous=False)
    assert second.committed([TopicPartition(topic, 0)], timeout=PATIENCE)[0].offset == 10
    second.close()


def test_topics_are_created_described_and_deleted(admin):
    topic = fresh("topic")
    wanted = [NewTopic(topic, 3, 1, config={"retention.ms": "3600000"})]
    admin.create_topics(wanted)[topic].result(PATIENCE)
    with pytest.raises(KafkaException) as refusal:
        admin.create_topics(wanted)[topic].result(PATIENCE)
    assert refusal.value.args[0].name() == "TOPIC_ALREADY_EXISTS"
    eventually("leaders", lambda: leaders(admin, topic), lambda n: n == 3)

    from confluent_kafka import TopicCollection

    described = admin.describe_topics(TopicCollection([topic]))[topic].result(PATIENCE)
    assert [partition.id for partition in described.partitions] == [0, 1, 2]
    assert all(len(partition.replicas) == len(partition.isr) == 1 for partition in described.partitions)
    admin.delete_topics([topic])[topic].result(PATIENCE)
    eventually("gone", lambda: admin.list_topics(timeout=PATIENCE).topics, lambda topics: topic not in topics)


def test_partitions_are_added(admin):
    topic = new_topic(admin)
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(PATIENCE)
    eventually("four partitions", lambda: leaders(admin, topic), lambda n: n == 4)
    produce(topic, 5, partition=3)
    assert len(read(topic, 5, partition=3)) == 5


def test_cluster_is_described(admin):
    cluster = admin.describe_cluster().result(PATIENCE)
    assert cluster.cluster_id
    assert cluster.nodes
    assert cluster.controller.id >= 0


def test_configs_are_described_and_altered(admin):
    topic = new_topic(admin)

    def value(key):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        return admin.describe_configs([resource])[resource].result(PATIENCE)[key].value

    def alter(key, to, how):
        entry = ConfigEntry(key, to, incremental_operation=how)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result(PATIENCE)

    def becomes(key, to):
        eventually(f"{key}={to}", lambda: value(key), lambda got: got == to)

    assert value("cleanup.policy") == "delete"
    alter("retention.ms", "12345", AlterConfigOpType.SET)
    alter("cleanup.policy", "compact", AlterConfigOpType.APPEND)
    becomes("retention.ms", "12345")
    becomes("cleanup.policy", "delete,compact")
    alter("cleanup.policy", "delete", AlterConfigOpType.SUBTRACT)
    alter("retention.ms", None, AlterConfigOpType.DELETE)
    becomes("cleanup.policy", "compact")
    becomes("retention.ms", "604800000")
    with pytest.raises(KafkaException) as refusal:
        alter("retention.ms", "soon", AlterConfigOpType.SET)
    assert refusal.value.args[0].name() == "INVALID_CONFIG"


def test_groups_are_listed_described_and_deleted(admin):
    topic, group = new_topic(admin, 2), fresh("group")
    member = consumer(group)
    member.subscribe([topic])
    await_partitions(2, member)

    def describe():
        return admin.describe_consumer_groups([group])[group].result(PATIENCE)

    assert describe().state == ConsumerGroupState.STABLE
    assert [len(one.assignment.topic_partitions) for one in describe().members] == [2]
    listed = {one.group_id for one in admin.list_consumer_groups().result(PATIENCE).valid}
    assert group in listed
    with pytest.raises(KafkaException) as refusal:
        admin.delete_consumer_groups([group])[group].result(PATIENCE)
    assert refusal.value.args[0].name() == "NON_EMPTY_GROUP"
    member.close()
    eventually("empty", lambda: describe().state, lambda state: state == ConsumerGroupState.EMPTY)
    admin.delete_consumer_groups([group])[group].result(PATIENCE)
    assert group not in {one.group_id for one in admin.list_consumer_groups().result(PATIENCE).valid}


def test_group_offsets_are_altered_and_listed(admin):
    topic, group = new_topic(admin), fresh("group")
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 3)])
    admin.alter_consumer_group_offsets([wanted])[group].result(PATIENCE)
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])
    found = admin.list_consumer_group_offsets([asked])[group].result(PATIENCE)
    assert [(one.partition, one.offset) for one in found.topic_partitions] == [(0, 3)]


def test_records_before_an_offset_are_deleted(admin):
    topic = new_topic(admin)
    produce(topic, 10)
    partition = TopicPartition(topic, 0, 6)
    assert admin.delete_records([partition])[partition].result(PATIENCE).low_watermark == 6
    assert read(topic, 4)[0].offset() == 6


def test_offsets_are_listed(admin):
    topic = new_topic(admin)
    produce(topic, 5)
    partition = TopicPartition(topic, 0)
    for spec, offset in [(OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 5), (OffsetSpec.for_timestamp(0), 0)]:
        assert admin.list_offsets({partition: spec})[partition].result(PATIENCE).offset == offset
    newest = admin.list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result(PATIENCE)
    assert 0 <= newest.offset < 5
