// Package franz runs franz-go (kgo and kadm) against the broker named in BOOTSTRAP.
package franz

import (
	"context"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"vltava/interop/check"
)

func client(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	it, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(check.Bootstrap(t))}, options...)...)
	check.OK(t, err)
	t.Cleanup(it.Close)
	return it
}

func admin(t *testing.T) *kadm.Client {
	return kadm.NewClient(client(t))
}

// topic creates one and returns its name once every partition has a leader.
func topic(ctx context.Context, t *testing.T, partitions int32) string {
	t.Helper()
	name := check.Fresh("topic")
	it := admin(t)
	_, err := it.CreateTopic(ctx, partitions, 1, nil, name)
	check.OK(t, err)
	awaitLeaders(ctx, t, it, name, int(partitions))
	return name
}

func awaitLeaders(ctx context.Context, t *testing.T, it *kadm.Client, name string, partitions int) {
	t.Helper()
	check.Eventually(t, name+" has leaders", func() string {
		topics, err := it.ListTopics(ctx, name)
		if err != nil {
			return err.Error()
		}
		led := 0
		for _, partition := range topics[name].Partitions {
			if partition.Err == nil && partition.Leader >= 0 {
				led++
			}
		}
		if led != partitions {
			return fmt.Sprintf("%d of %d", led, partitions)
		}
		return ""
	})
}

// produce sends value-0, value-1, … to one partition and waits for every acknowledgement.
func produce(ctx context.Context, t *testing.T, name string, partition int32, count int, options ...kgo.Opt) {
	t.Helper()
	it := client(t, append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	records := make([]*kgo.Record, count)
	for i := range records {
		records[i] = &kgo.Record{Topic: name, Partition: partition, Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, "value-%d", i)}
	}
	for _, result := range it.ProduceSync(ctx, records...) {
		check.OK(t, result.Err)
	}
}

// read returns exactly count records of one partition, from its beginning.
func read(ctx context.Context, t *testing.T, name string, partition int32, count int) []*kgo.Record {
	t.Helper()
	it := client(t, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name: {partition: kgo.NewOffset().AtStart()}}))
	return poll(ctx, t, it, count)
}

func poll(ctx context.Context, t *testing.T, it *kgo.Client, count int) []*kgo.Record {
	t.Helper()
	var records []*kgo.Record
	for len(records) < count {
		fetches := it.PollFetches(ctx)
		fetches.EachError(func(name string, partition int32, err error) { t.Fatalf("%s-%d: %v", name, partition, err) })
		records = append(records, fetches.Records()...)
	}
	check.Same(t, "records", count, len(records))
	return records
}
