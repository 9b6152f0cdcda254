"""One group member, run until it is killed: `member.py CLIENT TOPIC GROUP`."""

import asyncio
import sys

from broker import BOOTSTRAP, HEARTBEAT_MS, SESSION_TIMEOUT_MS


def confluent(topic, group):
    from test_confluent import consumer

    member = consumer(group)
    member.subscribe([topic])
    while True:
        member.poll(0.1)


def kafka_python(topic, group):
    from test_kafka_python import join

    member = join(group, topic)
    while True:
        member.poll(timeout_ms=500)


def aiokafka(topic, group):
    from aiokafka import AIOKafkaConsumer

    async def run():
        member = AIOKafkaConsumer(
            topic,
            bootstrap_servers=BOOTSTRAP,
            group_id=group,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
        )
        await member.start()
        async for _ in member:
            pass

    asyncio.run(run())


if __name__ == "__main__":
    {"confluent": confluent, "kafka-python": kafka_python, "aiokafka": aiokafka}[sys.argv[1]](*sys.argv[2:])
