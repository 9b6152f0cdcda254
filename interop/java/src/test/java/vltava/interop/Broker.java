package vltava.interop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The broker under test: its clients, fresh names, and waiting for what becomes true after a while. */
final class Broker {
    static final String BOOTSTRAP = bootstrap();
    static final int SECONDS = 30;

    private static final String RUN = Long.toString(System.currentTimeMillis(), 36);
    private static final AtomicInteger SERIAL = new AtomicInteger();

    private Broker() {}

    private static String bootstrap() {
        String address = System.getenv("BOOTSTRAP");
        if (address == null || address.isEmpty()) {
            throw new IllegalStateException("BOOTSTRAP must name the broker, for example 127.0.0.1:9092");
        }
        return address;
    }

    /** A name that no other test and no other run uses. */
    static String fresh(String what) {
        return "java-" + what + "-" + RUN + "-" + SERIAL.incrementAndGet();
    }

    static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", BOOTSTRAP));
    }

    /** Creates a topic and returns its name once every partition has a leader. */
    static String topic(int partitions) throws Exception {
        String name = fresh("topic");
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get(SECONDS, TimeUnit.SECONDS);
            eventually("topic " + name + " has leaders", () -> partitionsWithLeader(admin, name), n -> n == partitions);
        }
        return name;
    }

    static long partitionsWithLeader(Admin admin, String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get(SECONDS, TimeUnit.SECONDS).get(topic)
                .partitions().stream().filter(p -> p.leader() != null).count();
    }

    static Producer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", BOOTSTRAP);
        settings.put("acks", "all");
        settings.putAll(more);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static Consumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", BOOTSTRAP);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        settings.putAll(more);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    /** Sends `count` records `key-i` / `value-i` to one partition and waits for every acknowledgement. */
    static List<RecordMetadata> produce(String topic, int partition, int count, Map<String, Object> settings) throws Exception {
        List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
        try (Producer<String, String> producer = producer(settings)) {
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, partition, "key-" + i, "value-" + i)));
            }
        }
        List<RecordMetadata> acknowledged = new ArrayList<>();
        for (var one : sent) {
            acknowledged.add(one.get(SECONDS, TimeUnit.SECONDS));
        }
        return acknowledged;
    }

    /** Reads exactly `count` records of one partition from its beginning. */
    static List<ConsumerRecord<String, String>> read(String topic, int partition, int count) throws Exception {
        try (Consumer<String, String> consumer = consumer(Map.of())) {
            var only = List.of(new TopicPartition(topic, partition));
            consumer.assign(only);
            consumer.seekToBeginning(only);
            return poll(consumer, count);
        }
    }

    static List<ConsumerRecord<String, String>> poll(Consumer<String, String> consumer, int count) throws Exception {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        eventually(count + " records", () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records.size();
        }, n -> n >= count);
        if (records.size() != count) {
            throw new AssertionError("wanted " + count + " records, got " + records.size());
        }
        return records;
    }

    /** Asks again and again until the answer fits; fails with the last answer (or error) when the time is over. */
    static <T> T eventually(String what, Callable<T> ask, Predicate<T> fits) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Object last;
        do {
            try {
                T answer = ask.call();
                if (fits.test(answer)) {
                    return answer;
                }
                last = answer;
            } catch (java.util.concurrent.ExecutionException | org.apache.kafka.common.errors.RetriableException error) {
                last = error;
            }
            Thread.sleep(20);
        } while (System.nanoTime() < deadline);
        throw new AssertionError("never true: " + what + "; last answer: " + last);
    }
}
