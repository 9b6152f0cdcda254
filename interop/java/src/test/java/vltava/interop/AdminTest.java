package vltava.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an administrator asks and orders. */
class AdminTest {
    private static Admin admin;

    @BeforeAll
    static void connect() {
        admin = Broker.admin();
    }

    @AfterAll
    static void disconnect() {
        admin.close();
    }

    private static <T> T get(KafkaFuture<T> future) throws Exception {
        return future.get(Broker.SECONDS, TimeUnit.SECONDS);
    }

    private static <E extends Throwable> void refused(Class<E> with, KafkaFuture<?> future) {
        assertInstanceOf(with, assertThrows(ExecutionException.class, () -> get(future)).getCause());
    }

    @Test
    void topics_are_created_described_and_deleted() throws Exception {
        String topic = Broker.fresh("topic");
        var wanted = List.of(new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "3600000")));
        var created = admin.createTopics(wanted);
        get(created.all());
        assertEquals(3, get(created.numPartitions(topic)));
        assertEquals(1, get(created.replicationFactor(topic)));
        assertEquals("3600000", get(created.config(topic)).get("retention.ms").value());
        refused(TopicExistsException.class, admin.createTopics(wanted).all());

        Broker.eventually("leaders", () -> Broker.partitionsWithLeader(admin, topic), n -> n == 3);
        var described = get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        assertEquals(get(created.topicId(topic)), described.topicId());
        assertFalse(described.isInternal());
        for (int i = 0; i < 3; i++) {
            assertEquals(i, described.partitions().get(i).partition());
            assertEquals(1, described.partitions().get(i).replicas().size());
            assertEquals(described.partitions().get(i).replicas(), described.partitions().get(i).isr());
        }
        assertTrue(get(admin.listTopics().names()).contains(topic));

        get(admin.deleteTopics(List.of(topic)).all());
        Broker.eventually("gone", () -> get(admin.listTopics().names()), names -> !names.contains(topic));
        refused(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of(topic)).all());
    }

    @Test
    void partitions_are_added() throws Exception {
        String topic = Broker.topic(1);
        get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
        Broker.eventually("four partitions", () -> Broker.partitionsWithLeader(admin, topic), n -> n == 4);
        Broker.produce(topic, 3, 5, Map.of());
        assertEquals(5, Broker.read(topic, 3, 5).size());
    }

    @Test
    void cluster_is_described() throws Exception {
        var cluster = admin.describeCluster();
        assertFalse(get(cluster.clusterId()).isEmpty());
        assertFalse(get(cluster.nodes()).isEmpty());
        assertNotNull(get(cluster.controller()));
        var features = get(admin.describeFeatures().featureMetadata());
        assertTrue(features.supportedFeatures().containsKey("metadata.version"));
    }

    @Test
    void configs_are_described_and_altered() throws Exception {
        String topic = Broker.topic(1);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        assertEquals(ConfigEntry.ConfigSource.DEFAULT_CONFIG, describe(resource).get("cleanup.policy").source());

        alter(resource, "retention.ms", "12345", AlterConfigOp.OpType.SET);
        alter(resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND);
        awaitConfig(resource, "retention.ms", "12345");
        awaitConfig(resource, "cleanup.policy", "delete,compact");
        assertEquals(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, describe(resource).get("retention.ms").source());

        alter(resource, "cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT);
        alter(resource, "retention.ms", null, AlterConfigOp.OpType.DELETE);
        awaitConfig(resource, "cleanup.policy", "compact");
        awaitConfig(resource, "retention.ms", "604800000");
        var refusal = assertThrows(ExecutionException.class, () -> alter(resource, "retention.ms", "soon", AlterConfigOp.OpType.SET));
        assertInstanceOf(InvalidConfigurationException.class, refusal.getCause());

        String node = get(admin.describeCluster().nodes()).iterator().next().idString();
        var broker = describe(new ConfigResource(ConfigResource.Type.BROKER, node));
        assertEquals(node, broker.get("node.id").value());
        assertTrue(broker.get("node.id").isReadOnly());
    }

    private static Config describe(ConfigResource resource) throws Exception {
        return get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    }

    private static void alter(ConfigResource resource, String key, String value, AlterConfigOp.OpType how) throws Exception {
        get(admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), how)))).all());
    }

    private static void awaitConfig(ConfigResource resource, String key, String value) throws Exception {
        Broker.eventually(key + "=" + value, () -> describe(resource).get(key).value(), value::equals);
    }

    @Test
    void groups_are_listed_described_and_deleted() throws Exception {
        String topic = Broker.topic(2);
        String group = Broker.fresh("group");
        try (Consumer<String, String> consumer = Broker.consumer(GroupsTest.settings(group))) {
            consumer.subscribe(List.of(topic));
            Broker.eventually("stable", () -> {
                consumer.poll(java.time.Duration.ofMillis(50));
                return get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
            }, it -> it.groupState() == GroupState.STABLE && it.members().size() == 1
                    && it.members().iterator().next().assignment().topicPartitions().size() == 2);
            var listed = get(admin.listGroups().all()).stream().filter(it -> it.groupId().equals(group)).toList();
            assertEquals(1, listed.size());
            assertEquals("consumer", listed.get(0).protocol());
            refused(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of(group)).all());
            consumer.commitSync();
        }
        Broker.eventually("empty", () -> get(admin.describeConsumerGroups(List.of(group)).all()).get(group).groupState(), state -> state == GroupState.EMPTY);
        get(admin.deleteConsumerGroups(List.of(group)).all());
        refused(GroupIdNotFoundException.class, admin.describeConsumerGroups(List.of(group)).all());
        assertTrue(get(admin.listGroups().all()).stream().noneMatch(it -> it.groupId().equals(group)));
    }

    @Test
    void records_before_an_offset_are_deleted() throws Exception {
        String topic = Broker.topic(1);
        var partition = new TopicPartition(topic, 0);
        Broker.produce(topic, 0, 10, Map.of());
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6)));
        assertEquals(6, get(deleted.lowWatermarks().get(partition)).lowWatermark());
        assertEquals(6, Broker.read(topic, 0, 4).get(0).offset());
    }

    @Test
    void offsets_are_listed() throws Exception {
        String topic = Broker.topic(1);
        var partition = new TopicPartition(topic, 0);
        var acknowledged = Broker.produce(topic, 0, 5, Map.of());
        assertEquals(0, offset(partition, OffsetSpec.earliest()));
        assertEquals(5, offset(partition, OffsetSpec.latest()));
        assertEquals(0, offset(partition, OffsetSpec.forTimestamp(acknowledged.get(0).timestamp())));
        long newest = offset(partition, OffsetSpec.maxTimestamp());
        assertEquals(acknowledged.get(4).timestamp(), acknowledged.get((int) newest).timestamp());
    }

    private static long offset(TopicPartition partition, OffsetSpec spec) throws Exception {
        return get(admin.listOffsets(Map.of(partition, spec)).partitionResult(partition)).offset();
    }

    @Test
    void group_offsets_are_altered_listed_and_deleted() throws Exception {
        String topic = Broker.topic(2);
        String group = Broker.fresh("group");
        var first = new TopicPartition(topic, 0);
        var second = new TopicPartition(topic, 1);
        var three = new org.apache.kafka.clients.consumer.OffsetAndMetadata(3);
        get(admin.alterConsumerGroupOffsets(group, Map.of(first, three, second, three)).all());
        assertEquals(Map.of(first, three, second, three), get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()));
        get(admin.deleteConsumerGroupOffsets(group, Set.of(first)).all());
        assertEquals(Map.of(second, three), get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()));
    }

    @Test
    void log_dirs_tell_the_size_of_a_partition() throws Exception {
        String topic = Broker.topic(1);
        Broker.produce(topic, 0, 10, Map.of());
        var partition = new TopicPartition(topic, 0);
        List<Integer> nodes = get(admin.describeCluster().nodes()).stream().map(node -> node.id()).toList();
        Broker.eventually("the partition is in a log dir", () -> get(admin.describeLogDirs(nodes).allDescriptions()).values().stream()
                .flatMap(dirs -> dirs.values().stream())
                .filter(dir -> dir.replicaInfos().containsKey(partition))
                .mapToLong(dir -> dir.replicaInfos().get(partition).size())
                .sum(), size -> size > 0);
    }
}
