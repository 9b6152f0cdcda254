package vltava.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records go in and the same records come out. */
class RecordsTest {
    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void every_codec_survives_the_broker(String codec) throws Exception {
        String topic = Broker.topic(1);
        Broker.produce(topic, 0, 500, Map.of("compression.type", codec, "linger.ms", 50));
        var records = Broker.read(topic, 0, 500);
        for (int i = 0; i < 500; i++) {
            assertEquals(i, records.get(i).offset());
            assertEquals("key-" + i, records.get(i).key());
            assertEquals("value-" + i, records.get(i).value());
        }
    }

    @Test
    void headers_nulls_and_empty_values_come_back_as_they_were() throws Exception {
        String topic = Broker.topic(1);
        try (Producer<String, String> producer = Broker.producer(Map.of())) {
            var withHeaders = new ProducerRecord<String, String>(topic, 0, "key", "value");
            withHeaders.headers().add("first", "1".getBytes()).add("first", "again".getBytes()).add("null", null).add("empty", new byte[0]);
            producer.send(withHeaders).get(Broker.SECONDS, TimeUnit.SECONDS);
            producer.send(new ProducerRecord<>(topic, 0, null, "no key")).get(Broker.SECONDS, TimeUnit.SECONDS);
            producer.send(new ProducerRecord<>(topic, 0, "no value", null)).get(Broker.SECONDS, TimeUnit.SECONDS);
            producer.send(new ProducerRecord<>(topic, 0, "", "")).get(Broker.SECONDS, TimeUnit.SECONDS);
        }
        var records = Broker.read(topic, 0, 4);
        var headers = records.get(0).headers().toArray();
        assertEquals(List.of("first", "first", "null", "empty"), List.of(headers).stream().map(h -> h.key()).toList());
        assertArrayEquals("1".getBytes(), headers[0].value());
        assertArrayEquals("again".getBytes(), headers[1].value());
        assertNull(headers[2].value());
        assertArrayEquals(new byte[0], headers[3].value());
        assertNull(records.get(1).key());
        assertEquals("no key", records.get(1).value());
        assertEquals("no value", records.get(2).key());
        assertNull(records.get(2).value());
        assertEquals("", records.get(3).key());
        assertEquals("", records.get(3).value());
    }

    @Test
    void offsets_are_found_by_timestamp() throws Exception {
        String topic = Broker.topic(1);
        long start = System.currentTimeMillis() - 60_000;
        try (Producer<String, String> producer = Broker.producer(Map.of())) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>(topic, 0, start + i * 1_000, null, "v" + i)).get(Broker.SECONDS, TimeUnit.SECONDS);
            }
        }
        try (Consumer<String, String> consumer = Broker.consumer(Map.of())) {
            var partition = new TopicPartition(topic, 0);
            var exact = consumer.offsetsForTimes(Map.of(partition, start + 4_000)).get(partition);
            assertEquals(4, exact.offset());
            assertEquals(start + 4_000, exact.timestamp());
            assertEquals(5, consumer.offsetsForTimes(Map.of(partition, start + 4_001)).get(partition).offset());
            assertEquals(0, consumer.offsetsForTimes(Map.of(partition, 0L)).get(partition).offset());
            assertNull(consumer.offsetsForTimes(Map.of(partition, start + 3_600_000)).get(partition));
        }
    }

    @Test
    void earliest_and_latest_bound_the_log() throws Exception {
        String topic = Broker.topic(1);
        Broker.produce(topic, 0, 7, Map.of());
        var partition = new TopicPartition(topic, 0);
        try (Consumer<String, String> consumer = Broker.consumer(Map.of())) {
            assertEquals(0, consumer.beginningOffsets(List.of(partition)).get(partition));
            assertEquals(7, consumer.endOffsets(List.of(partition)).get(partition));
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            assertEquals(7, consumer.position(partition));
            Broker.produce(topic, 0, 1, Map.of());
            assertEquals(7, Broker.poll(consumer, 1).get(0).offset());
            consumer.seekToBeginning(List.of(partition));
            assertEquals(0, Broker.poll(consumer, 8).get(0).offset());
        }
    }

    @Test
    void idempotent_producer_writes_every_record_once_and_in_order() throws Exception {
        String topic = Broker.topic(1);
        var acknowledged = Broker.produce(topic, 0, 2_000, Map.of(
                "enable.idempotence", true, "max.in.flight.requests.per.connection", 5, "batch.size", 512));
        for (int i = 0; i < 2_000; i++) {
            assertEquals(i, acknowledged.get(i).offset());
        }
        var records = Broker.read(topic, 0, 2_000);
        for (int i = 0; i < 2_000; i++) {
            assertEquals("value-" + i, records.get(i).value());
        }
    }
}
