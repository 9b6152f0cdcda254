"""aiokafka against the broker named in BOOTSTRAP."""

import asyncio
import functools
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from broker import BOOTSTRAP, HEARTBEAT_MS, PATIENCE, SESSION_TIMEOUT_MS, doomed_member, fresh


def with_admin(test):
    """Runs a coroutine as a test and gives it a connected admin client first."""

    @functools.wraps(test)
    def run(**arguments):
        async def main():
            admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
            await admin.start()
            try:
                await test(admin, **arguments)
            finally:
                await admin.close()

        asyncio.run(main())

    del run.__wrapped__  # pytest must not take `admin` for a fixture
    return run


async def eventually(what, ask, fits):
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = await ask()
        if fits(answer):
            return answer
        assert time.monotonic() < deadline, f"never true: {what}; last answer: {answer!r}"
        await asyncio.sleep(0.02)


def ok(response):
    """Every error code of an answer, wherever it stands, is zero."""

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                assert key != "error_code" or inner == 0, response
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(response.to_object())
    return response.to_object()


async def leaders(admin, topic):
    return sum(partition["leader"] >= 0 for partition in (await admin.describe_topics([topic]))[0]["partitions"])


async def new_topic(admin, partitions=1):
    name = fresh("topic")
    ok(await admin.create_topics([NewTopic(name, partitions, 1)]))
    await eventually("leaders", lambda: leaders(admin, name), lambda n: n == partitions)
    return name


async def produce(topic, count, partition=0, **settings):
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", **settings) as producer:
        sent = [await producer.send(topic, b"value-%d" % i, key=b"key-%d" % i, partition=partition) for i in range(count)]
        return [(await one).offset for one in sent]


def consumer(*topics, group=None):
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
    )


async def poll(member, count):
    return [await asyncio.wait_for(member.getone(), PATIENCE) for _ in range(count)]


async def read(topic, count, partition=0):
    async with consumer() as reader:
        reader.assign([TopicPartition(topic, partition)])
        await reader.seek_to_beginning()
        return await poll(reader, count)


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_survives_the_broker(codec):
    @with_admin
    async def run(admin):
        topic = await new_topic(admin)
        await produce(topic, 500, compression_type=codec, linger_ms=50)
        for i, record in enumerate(await read(topic, 500)):
            assert (record.offset, record.key, record.value) == (i, b"key-%d" % i, b"value-%d" % i)

    run()


@with_admin
async def test_headers_nulls_and_empty_values_come_back_as_they_were(admin):
    topic = await new_topic(admin)
    headers = [("first", b"1"), ("first", b"again"), ("empty", b"")]
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key", headers=headers)
        await producer.send_and_wait(topic, b"no key")
        await producer.send_and_wait(topic, None, key=b"no value")
        await producer.send_and_wait(topic, b"", key=b"")
    records = await read(topic, 4)
    assert list(records[0].headers) == headers
    pairs = [(record.key, record.value) for record in records]
    assert pairs == [(b"key", b"value"), (None, b"no key"), (b"no value", None), (b"", b"")]


@with_admin
async def test_offsets_are_found_by_timestamp(admin):
    topic = await new_topic(admin)
    start = int(time.time() * 1_000) - 60_000
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP) as producer:
        for i in range(10):
            await producer.send_and_wait(topic, b"v", timestamp_ms=start + i * 1_000)
    partition = TopicPartition(topic, 0)
    async with consumer() as reader:
        for after, offset in [(4_000, 4), (4_001, 5), (-1_000, 0)]:
            found = (await reader.offsets_for_times({partition: start + after}))[partition]
            assert (found.offset, found.timestamp) == (offset, start + offset * 1_000)
        assert (await reader.offsets_for_times({partition: start + 3_600_000}))[partition] is None


@with_admin
async def test_earliest_and_latest_bound_the_log(admin):
    topic = await new_topic(admin)
    await produce(topic, 7)
    partition = TopicPartition(topic, 0)
    async with consumer() as reader:
        assert await reader.beginning_offsets([partition]) == {partition: 0}
        assert await reader.end_offsets([partition]) == {partition: 7}
        reader.assign([partition])
        await reader.seek_to_end()
        assert await reader.position(partition) == 7
        await produce(topic, 1)
        assert (await poll(reader, 1))[0].offset == 7


@with_admin
async def test_idempotent_producer_writes_every_record_once_and_in_order(admin):
    topic = await new_topic(admin)
    assert await produce(topic, 2_000, enable_idempotence=True, max_batch_size=512) == list(range(2_000))
    assert [record.value for record in await read(topic, 2_000)] == [b"value-%d" % i for i in range(2_000)]


async def await_partitions(each, *members):
    async def sizes():
        return [len(member.assignment()) for member in members]

    await eventually(f"each of {len(members)} members owns {each}", sizes, lambda got: set(got) == {each})


@with_admin
async def test_group_follows_members_that_join_leave_and_die(admin):
    topic, group = await new_topic(admin, 4), fresh("group")
    async with consumer(topic, group=group) as first:
        await await_partitions(4, first)
        async with consumer(topic, group=group) as second:
            await await_partitions(2, first, second)
            assert not first.assignment() & second.assignment()
        await await_partitions(4, first)
        with doomed_member("aiokafka", topic, group):
            await await_partitions(2, first)
        await await_partitions(4, first)


@with_admin
async def test_consumer_resumes_from_its_commit(admin):
    topic, group = await new_topic(admin), fresh("group")
    partition = TopicPartition(topic, 0)
    await produce(topic, 10)
    async with consumer(topic, group=group) as first:
        await poll(first, 10)
        await first.commit({partition: (6, "six are done")})
    async with consumer(topic, group=group) as second:
        assert await second.committed(partition) == 6
        assert (await poll(second, 4))[0].offset == 6
        await second.commit()
        assert await second.committed(partition) == 10


@with_admin
async def test_topics_are_created_described_and_deleted(admin):
    topic = fresh("topic")
    wanted = [NewTopic(topic, 3, 1, topic_configs={"retention.ms": "3600000"})]
    ok(await admin.create_topics(wanted))
    again = (await admin.create_topics(wanted)).to_object()
    assert again["topic_errors"][0]["error_code"] == 36
    await eventually("leaders", lambda: leaders(admin, topic), lambda n: n == 3)
    described = (await admin.describe_topics([topic]))[0]
    assert all(len(one["replicas"]) == len(one["isr"]) == 1 for one in described["partitions"])
    ok(await admin.delete_topics([topic]))
    await eventually("gone", admin.list_topics, lambda topics: topic not in topics)


@with_admin
async def test_partitions_are_added(admin):
    topic = await new_topic(admin)
    ok(await admin.create_partitions({topic: NewPartitions(4)}))
    await eventually("four partitions", lambda: leaders(admin, topic), lambda n: n == 4)
    await produce(topic, 5, partition=3)
    assert len(await read(topic, 5, partition=3)) == 5


@with_admin
async def test_cluster_is_described(admin):
    cluster = await admin.describe_cluster()
    assert cluster["cluster_id"]
    assert cluster["brokers"]
    assert cluster["controller_id"] >= 0


@with_admin
async def test_configs_are_described_and_altered(admin):
    topic = await new_topic(admin)

    async def value(key):
        found = ok((await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))[0])
        entries = found["resources"][0]["config_entries"]
        return next(entry["config_value"] for entry in entries if entry["config_names"] == key)

    async def becomes(key, to):
        await eventually(f"{key}={to}", lambda: value(key), lambda got: got == to)

    assert await value("cleanup.policy") == "delete"
    # The only call that this client has replaces the whole set.
    for configs in [{"retention.ms": "12345"}, {"cleanup.policy": "compact"}]:
        ok((await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)]))[0])
        for key, to in configs.items():
            await becomes(key, to)
    await becomes("retention.ms", "604800000")


@with_admin
async def test_groups_are_listed_and_described(admin):
    topic, group = await new_topic(admin, 2), fresh("group")
    async with consumer(topic, group=group) as member:
        await await_partitions(2, member)
        described = ok((await admin.describe_consumer_groups([group]))[0])["groups"][0]
        assert (described["state"], len(described["members"])) == ("Stable", 1)
        await member.commit({TopicPartition(topic, 0): 3})
    assert (group, "consumer") in {tuple(one)[:2] for one in await admin.list_consumer_groups()}
    committed = await admin.list_consumer_group_offsets(group)
    assert committed[TopicPartition(topic, 0)].offset == 3


@with_admin
async def test_records_before_an_offset_are_deleted(admin):
    topic = await new_topic(admin)
    await produce(topic, 10)
    partition = TopicPartition(topic, 0)
    assert await admin.delete_records({partition: RecordsToDelete(6)}) == {partition: 6}
    assert (await read(topic, 4))[0].offset == 6
