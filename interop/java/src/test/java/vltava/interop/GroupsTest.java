package vltava.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Groups share the partitions out among whoever is alive, and remember how far they came. */
class GroupsTest {
    static Map<String, Object> settings(String group) {
        return Map.of("group.id", group, "session.timeout.ms", 6_000, "heartbeat.interval.ms", 500);
    }

    @Test
    void group_follows_members_that_join_leave_and_die() throws Exception {
        String topic = Broker.topic(4);
        String group = Broker.fresh("group");
        try (Consumer<String, String> first = Broker.consumer(settings(group))) {
            first.subscribe(List.of(topic));
            awaitPartitions(4, first);

            Consumer<String, String> second = Broker.consumer(settings(group));
            try {
                second.subscribe(List.of(topic));
                awaitPartitions(2, first, second);
                var all = new HashSet<TopicPartition>(first.assignment());
                all.addAll(second.assignment());
                assertEquals(4, all.size(), "no partition belongs to both");
            } finally {
                second.close();
            }
            awaitPartitions(4, first);

            Process third = Member.start(topic, group);
            try {
                awaitPartitions(2, first);
            } finally {
                third.destroyForcibly().waitFor();
            }
            awaitPartitions(4, first);
        }
    }

    @SafeVarargs
    private static void awaitPartitions(int each, Consumer<String, String>... members) throws Exception {
        Broker.eventually("each of " + members.length + " members owns " + each, () -> {
            for (var member : members) {
                member.poll(Duration.ofMillis(20));
            }
            return List.of(members).stream().map(member -> member.assignment().size()).toList();
        }, sizes -> sizes.stream().allMatch(size -> size == each));
    }

    @Test
    void consumer_resumes_from_its_commit() throws Exception {
        String topic = Broker.topic(1);
        String group = Broker.fresh("group");
        var partition = new TopicPartition(topic, 0);
        Broker.produce(topic, 0, 10, Map.of());
        try (Consumer<String, String> consumer = Broker.consumer(settings(group))) {
            consumer.subscribe(List.of(topic));
            Broker.poll(consumer, 10);
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(6, "six are done")));
        }
        try (Consumer<String, String> consumer = Broker.consumer(settings(group))) {
            var committed = consumer.committed(new HashSet<>(List.of(partition))).get(partition);
            assertEquals(6, committed.offset());
            assertEquals("six are done", committed.metadata());
            consumer.subscribe(List.of(topic));
            var rest = Broker.poll(consumer, 4);
            assertEquals(6, rest.get(0).offset());
            consumer.commitSync();
            assertEquals(10, consumer.committed(new HashSet<>(List.of(partition))).get(partition).offset());
        }
        try (Consumer<String, String> consumer = Broker.consumer(settings(group))) {
            consumer.subscribe(List.of(topic));
            Broker.eventually("assigned", () -> {
                assertTrue(consumer.poll(Duration.ofMillis(50)).isEmpty(), "nothing is left to read");
                return consumer.assignment();
            }, assignment -> assignment.size() == 1);
            assertEquals(10, consumer.position(partition));
        }
    }
}
