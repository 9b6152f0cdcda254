package franz

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"vltava/interop/check"
)

func TestTopicsAreCreatedDescribedAndDeleted(t *testing.T) {
	ctx := check.Start(t)
	it, name := admin(t), check.Fresh("topic")
	retention := "3600000"
	created, err := it.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &retention}, name)
	check.OK(t, err)
	answered := created.Configs["retention.ms"]
	check.Same(t, "retention.ms in the answer", retention, answered.MaybeValue())
	if _, err := it.CreateTopic(ctx, 3, 1, nil, name); !errors.Is(err, kerr.TopicAlreadyExists) {
		t.Fatalf("a second creation: %v", err)
	}
	awaitLeaders(ctx, t, it, name, 3)
	topics, err := it.ListTopics(ctx, name)
	check.OK(t, err)
	check.Same(t, "topic id", created.ID, topics[name].ID)
	for _, partition := range topics[name].Partitions {
		check.Same(t, "replicas", 1, len(partition.Replicas))
		check.Same(t, "in sync", 1, len(partition.ISR))
	}

	deleted, err := it.DeleteTopics(ctx, name)
	check.OK(t, err)
	check.OK(t, deleted[name].Err)
	check.Eventually(t, "the topic is gone", func() string {
		topics, err := it.ListTopics(ctx)
		check.OK(t, err)
		if topics.Has(name) {
			return "still listed"
		}
		return ""
	})
	deleted, err = it.DeleteTopics(ctx, name)
	check.OK(t, err)
	if !errors.Is(deleted[name].Err, kerr.UnknownTopicOrPartition) {
		t.Fatalf("a second deletion: %v", deleted[name].Err)
	}
}

func TestPartitionsAreAdded(t *testing.T) {
	ctx := check.Start(t)
	it, name := admin(t), topic(ctx, t, 1)
	updated, err := it.UpdatePartitions(ctx, 4, name)
	check.OK(t, err)
	check.OK(t, updated[name].Err)
	awaitLeaders(ctx, t, it, name, 4)
	produce(ctx, t, name, 3, 5)
	read(ctx, t, name, 3, 5)
}

func TestClusterIsDescribed(t *testing.T) {
	ctx := check.Start(t)
	cluster, err := admin(t).BrokerMetadata(ctx)
	check.OK(t, err)
	if cluster.Cluster == "" || len(cluster.Brokers) == 0 || cluster.Controller < 0 {
		t.Fatalf("incomplete: %+v", cluster)
	}
}

func TestConfigsAreDescribedAndAltered(t *testing.T) {
	ctx := check.Start(t)
	it, name := admin(t), topic(ctx, t, 1)
	value := func(key string) string {
		resources, err := it.DescribeTopicConfigs(ctx, name)
		check.OK(t, err)
		resource, err := resources.On(name, nil)
		check.OK(t, err)
		check.OK(t, resource.Err)
		for _, config := range resource.Configs {
			if config.Key == key {
				return config.MaybeValue()
			}
		}
		return "(absent)"
	}
	await := func(key, want string) {
		t.Helper()
		check.Eventually(t, key+"="+want, func() string {
			if got := value(key); got != want {
				return got
			}
			return ""
		})
	}
	alter := func(op kadm.IncrementalOp, key, to string) error {
		responses, err := it.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: op, Name: key, Value: &to}}, name)
		check.OK(t, err)
		response, err := responses.On(name, nil)
		check.OK(t, err)
		return response.Err
	}
	await("cleanup.policy", "delete")
	check.OK(t, alter(kadm.SetConfig, "retention.ms", "12345"))
	check.OK(t, alter(kadm.AppendConfig, "cleanup.policy", "compact"))
	await("retention.ms", "12345")
	await("cleanup.policy", "delete,compact")
	check.OK(t, alter(kadm.SubtractConfig, "cleanup.policy", "delete"))
	check.OK(t, alter(kadm.DeleteConfig, "retention.ms", ""))
	await("cleanup.policy", "compact")
	await("retention.ms", "604800000")
	if err := alter(kadm.SetConfig, "retention.ms", "soon"); !errors.Is(err, kerr.InvalidConfig) {
		t.Fatalf("a value that is no number: %v", err)
	}
}

func TestRecordsBeforeAnOffsetAreDeleted(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	produce(ctx, t, name, 0, 10)
	var before kadm.Offsets
	before.Add(kadm.Offset{Topic: name, Partition: 0, At: 6})
	deleted, err := admin(t).DeleteRecords(ctx, before)
	check.OK(t, err)
	answer, _ := deleted.Lookup(name, 0)
	check.OK(t, answer.Err)
	check.Same(t, "low watermark", 6, answer.LowWatermark)
	check.Same(t, "first offset", 6, read(ctx, t, name, 0, 4)[0].Offset)
}

func TestLogDirsTellTheSizeOfAPartition(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	produce(ctx, t, name, 0, 10)
	it := admin(t)
	check.Eventually(t, "the partition is in a log dir", func() string {
		all, err := it.DescribeAllLogDirs(ctx, nil)
		check.OK(t, err)
		for _, broker := range all {
			if partition, there := broker.LookupPartition(name, 0); there && partition.Size > 0 {
				return ""
			}
		}
		return "absent or empty"
	})
}
