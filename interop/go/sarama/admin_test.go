package sarama_test

import (
	"errors"
	"testing"

	"github.com/IBM/sarama"

	"vltava/interop/check"
)

func TestTopicsAreCreatedDescribedAndDeleted(t *testing.T) {
	check.Start(t)
	it, name := admin(t), check.Fresh("topic")
	retention := "3600000"
	wanted := &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &retention}}
	check.OK(t, it.CreateTopic(name, wanted, false))
	if err := it.CreateTopic(name, wanted, false); !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		t.Fatalf("a second creation: %v", err)
	}
	awaitLeaders(t, it, name, 3)
	topics, err := it.ListTopics()
	check.OK(t, err)
	check.Same(t, "partitions", 3, topics[name].NumPartitions)
	check.Same(t, "replicas", 1, topics[name].ReplicationFactor)
	check.Same(t, "retention.ms", retention, *topics[name].ConfigEntries["retention.ms"])

	check.OK(t, it.DeleteTopic(name))
	check.Eventually(t, "the topic is gone", func() string {
		topics, err := it.ListTopics()
		check.OK(t, err)
		if _, there := topics[name]; there {
			return "still listed"
		}
		return ""
	})
	if err := it.DeleteTopic(name); !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		t.Fatalf("a second deletion: %v", err)
	}
}

func TestPartitionsAreAdded(t *testing.T) {
	check.Start(t)
	it, name := admin(t), topic(t, 1)
	check.OK(t, it.CreatePartitions(name, 4, nil, false))
	awaitLeaders(t, it, name, 4)
	produce(t, config(), name, 3, 5)
	read(t, config(), name, 3, sarama.OffsetOldest, 5)
}

func TestClusterIsDescribed(t *testing.T) {
	check.Start(t)
	brokers, controller, err := admin(t).DescribeCluster()
	check.OK(t, err)
	if len(brokers) == 0 || controller < 0 {
		t.Fatalf("incomplete: %d brokers, controller %d", len(brokers), controller)
	}
}

func TestConfigsAreDescribedAndAltered(t *testing.T) {
	check.Start(t)
	it, name := admin(t), topic(t, 1)
	await := func(key, want string) {
		t.Helper()
		check.Eventually(t, key+"="+want, func() string {
			entries, err := it.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: name, ConfigNames: []string{key}})
			check.OK(t, err)
			check.Same(t, "entries", 1, len(entries))
			if entries[0].Value != want {
				return entries[0].Value
			}
			return ""
		})
	}
	alter := func(operation sarama.IncrementalAlterConfigsOperation, key, to string) error {
		entries := map[string]sarama.IncrementalAlterConfigsEntry{key: {Operation: operation, Value: &to}}
		return it.IncrementalAlterConfig(sarama.TopicResource, name, entries, false)
	}
	await("cleanup.policy", "delete")
	check.OK(t, alter(sarama.IncrementalAlterConfigsOperationSet, "retention.ms", "12345"))
	check.OK(t, alter(sarama.IncrementalAlterConfigsOperationAppend, "cleanup.policy", "compact"))
	await("retention.ms", "12345")
	await("cleanup.policy", "delete,compact")
	check.OK(t, alter(sarama.IncrementalAlterConfigsOperationSubtract, "cleanup.policy", "delete"))
	check.OK(t, alter(sarama.IncrementalAlterConfigsOperationDelete, "retention.ms", ""))
	await("cleanup.policy", "compact")
	await("retention.ms", "604800000")

	// The older call replaces the whole set.
	later := "54321"
	check.OK(t, it.AlterConfig(sarama.TopicResource, name, map[string]*string{"retention.ms": &later}, false))
	await("retention.ms", later)
	await("cleanup.policy", "delete")
}

func TestRecordsBeforeAnOffsetAreDeleted(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	produce(t, config(), name, 0, 10)
	check.OK(t, admin(t).DeleteRecords(name, map[int32]int64{0: 6}))
	check.Same(t, "first offset", 6, read(t, config(), name, 0, sarama.OffsetOldest, 4)[0].Offset)
}

func TestOffsetsAreListed(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	produce(t, config(), name, 0, 5)
	it := admin(t)
	for at, want := range map[int64]int64{sarama.OffsetOldest: 0, sarama.OffsetNewest: 5} {
		listed, err := it.ListOffsets(map[string]map[int32]int64{name: {0: at}}, nil)
		check.OK(t, err)
		check.Same(t, "offset", want, listed[name][0].Offset)
	}
}

func TestLogDirsTellTheSizeOfAPartition(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	produce(t, config(), name, 0, 10)
	it := admin(t)
	brokers, _, err := it.DescribeCluster()
	check.OK(t, err)
	var ids []int32
	for _, broker := range brokers {
		ids = append(ids, broker.ID())
	}
	check.Eventually(t, "the partition is in a log dir", func() string {
		described, err := it.DescribeLogDirs(ids)
		check.OK(t, err)
		for _, dirs := range described {
			for _, dir := range dirs {
				for _, one := range dir.Topics {
					if one.Topic == name && one.Partitions[0].Size > 0 {
						return ""
					}
				}
			}
		}
		return "absent or empty"
	})
}
