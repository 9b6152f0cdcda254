// Package sarama_test runs Sarama against the broker named in BOOTSTRAP.
package sarama_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"vltava/interop/check"
)

// config speaks the newest protocol that Sarama knows.
func config() *sarama.Config {
	it := sarama.NewConfig()
	it.Version = sarama.MaxVersion
	it.Producer.Return.Successes = true
	it.Producer.RequiredAcks = sarama.WaitForAll
	it.Producer.Partitioner = sarama.NewManualPartitioner
	it.Consumer.Offsets.Initial = sarama.OffsetOldest
	it.Consumer.Offsets.AutoCommit.Enable = false
	it.Consumer.MaxWaitTime = 100 * time.Millisecond
	it.Consumer.Group.Session.Timeout = 6 * time.Second
	it.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	it.Net.DialTimeout, it.Net.ReadTimeout, it.Net.WriteTimeout = 5*time.Second, 15*time.Second, 15*time.Second
	return it
}

func client(t *testing.T) sarama.Client {
	t.Helper()
	it, err := sarama.NewClient([]string{check.Bootstrap(t)}, config())
	check.OK(t, err)
	t.Cleanup(func() { _ = it.Close() })
	return it
}

func admin(t *testing.T) sarama.ClusterAdmin {
	t.Helper()
	it, err := sarama.NewClusterAdmin([]string{check.Bootstrap(t)}, config())
	check.OK(t, err)
	t.Cleanup(func() { _ = it.Close() })
	return it
}

// topic creates one and returns its name once every partition has a leader.
func topic(t *testing.T, partitions int32) string {
	t.Helper()
	name := check.Fresh("topic")
	it := admin(t)
	check.OK(t, it.CreateTopic(name, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
	awaitLeaders(t, it, name, int(partitions))
	return name
}

func awaitLeaders(t *testing.T, it sarama.ClusterAdmin, name string, partitions int) {
	t.Helper()
	check.Eventually(t, name+" has leaders", func() string {
		topics, err := it.DescribeTopics([]string{name})
		if err != nil {
			return err.Error()
		}
		led := 0
		for _, partition := range topics[0].Partitions {
			if partition.Err == sarama.ErrNoError && partition.Leader >= 0 {
				led++
			}
		}
		if led != partitions {
			return fmt.Sprintf("%d of %d, %v", led, partitions, topics[0].Err)
		}
		return ""
	})
}

// produce sends value-0, value-1, … to one partition and waits for every acknowledgement.
func produce(t *testing.T, settings *sarama.Config, name string, partition int32, count int) []*sarama.ProducerMessage {
	t.Helper()
	messages := make([]*sarama.ProducerMessage, count)
	for i := range messages {
		messages[i] = &sarama.ProducerMessage{
			Topic: name, Partition: partition,
			Key: sarama.StringEncoder(fmt.Sprintf("key-%d", i)), Value: sarama.StringEncoder(fmt.Sprintf("value-%d", i)),
		}
	}
	send(t, settings, messages)
	return messages
}

func send(t *testing.T, settings *sarama.Config, messages []*sarama.ProducerMessage) {
	t.Helper()
	it, err := sarama.NewSyncProducer([]string{check.Bootstrap(t)}, settings)
	check.OK(t, err)
	check.OK(t, it.SendMessages(messages))
	check.OK(t, it.Close())
}

// read returns exactly count records of one partition, from an offset (or sarama.OffsetOldest).
func read(t *testing.T, settings *sarama.Config, name string, partition int32, from int64, count int) []*sarama.ConsumerMessage {
	t.Helper()
	it, err := sarama.NewConsumer([]string{check.Bootstrap(t)}, settings)
	check.OK(t, err)
	defer it.Close()
	one, err := it.ConsumePartition(name, partition, from)
	check.OK(t, err)
	defer one.Close()
	late := time.After(check.Patience)
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-one.Messages():
			messages = append(messages, message)
		case <-late:
			t.Fatalf("%d of %d records came", len(messages), count)
		}
	}
	return messages
}
