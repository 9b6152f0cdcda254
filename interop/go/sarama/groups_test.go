package sarama_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"vltava/interop/check"
)

// member is one client of a group: it knows how many partitions it owns and hands on what it reads.
type member struct {
	group   sarama.ConsumerGroup
	owned   atomic.Int32
	records chan *sarama.ConsumerMessage
	commit  atomic.Int64
	left    func()
}

// Setup counts the partitions of a new session.
func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	owned := 0
	for _, partitions := range session.Claims() {
		owned += len(partitions)
	}
	m.owned.Store(int32(owned))
	return nil
}

// Cleanup ends a session.
func (m *member) Cleanup(sarama.ConsumerGroupSession) error {
	m.owned.Store(0)
	return nil
}

// ConsumeClaim reads one partition and commits when the record before the wanted offset has been read.
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if message.Offset+1 == m.commit.Load() {
			session.MarkOffset(message.Topic, message.Partition, message.Offset+1, "marked")
			session.Commit()
		}
		m.records <- message
	}
	return nil
}

func join(t *testing.T, group, name string, line *check.Lifeline, commit int64) *member {
	t.Helper()
	settings := config()
	if line != nil {
		settings.Net.Proxy.Enable, settings.Net.Proxy.Dialer = true, line
		settings.Metadata.Retry.Max = 0
	}
	it := &member{records: make(chan *sarama.ConsumerMessage, 1_000)}
	it.commit.Store(commit)
	var err error
	it.group, err = sarama.NewConsumerGroup([]string{check.Bootstrap(t)}, group, settings)
	check.OK(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if it.group.Consume(ctx, []string{name}, it) != nil {
				time.Sleep(20 * time.Millisecond)
			}
		}
	}()
	var once atomic.Bool
	it.left = func() {
		if once.CompareAndSwap(false, true) {
			cancel()
			_ = it.group.Close()
			<-ended
		}
	}
	t.Cleanup(it.left)
	return it
}

func awaitPartitions(t *testing.T, each int32, members ...*member) {
	t.Helper()
	check.Eventually(t, fmt.Sprintf("each of %d members owns %d", len(members), each), func() string {
		for _, member := range members {
			if owned := member.owned.Load(); owned != each {
				return fmt.Sprintf("one owns %d", owned)
			}
		}
		return ""
	})
}

func take(t *testing.T, it *member, count int) []*sarama.ConsumerMessage {
	t.Helper()
	late := time.After(check.Patience)
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-it.records:
			messages = append(messages, message)
		case <-late:
			t.Fatalf("%d of %d records came", len(messages), count)
		}
	}
	return messages
}

func TestGroupFollowsMembersThatJoinLeaveAndDie(t *testing.T) {
	check.Start(t)
	name, group := topic(t, 4), check.Fresh("group")
	first := join(t, group, name, nil, -1)
	awaitPartitions(t, 4, first)

	second := join(t, group, name, nil, -1)
	awaitPartitions(t, 2, first, second)
	second.left()
	awaitPartitions(t, 4, first)

	line := &check.Lifeline{}
	third := join(t, group, name, line, -1)
	awaitPartitions(t, 2, first, third)
	line.Cut()
	awaitPartitions(t, 4, first)
}

func TestConsumerResumesFromItsCommit(t *testing.T) {
	check.Start(t)
	name, group := topic(t, 1), check.Fresh("group")
	produce(t, config(), name, 0, 10)

	first := join(t, group, name, nil, 6)
	take(t, first, 10)
	first.left()

	second := join(t, group, name, nil, 10)
	check.Same(t, "offset", 6, take(t, second, 4)[0].Offset)
	second.left()

	fetched, err := admin(t).ListConsumerGroupOffsets(group, map[string][]int32{name: {0}})
	check.OK(t, err)
	block := fetched.GetBlock(name, 0)
	check.Same(t, "committed", 10, block.Offset)
	check.Same(t, "metadata", "marked", block.Metadata)
}

func TestGroupsAreListedDescribedAndDeleted(t *testing.T) {
	check.Start(t)
	name, group, it := topic(t, 2), check.Fresh("group"), admin(t)
	only := join(t, group, name, nil, -1)
	awaitPartitions(t, 2, only)
	state := func() string {
		described, err := it.DescribeConsumerGroups([]string{group})
		check.OK(t, err)
		return fmt.Sprintf("%s with %d", described[0].State, len(described[0].Members))
	}
	check.Same(t, "state", "Stable with 1", state())
	listed, err := it.ListConsumerGroups()
	check.OK(t, err)
	check.Same(t, "protocol type", "consumer", listed[group])
	if it.DeleteConsumerGroup(group) == nil {
		t.Fatal("a group with members was deleted")
	}
	only.left()

	check.Eventually(t, "the group is empty", func() string {
		if now := state(); now != "Empty with 0" {
			return now
		}
		return ""
	})
	check.OK(t, it.DeleteConsumerGroup(group))
	listed, err = it.ListConsumerGroups()
	check.OK(t, err)
	if _, there := listed[group]; there {
		t.Fatal("the deleted group is still listed")
	}
}

func TestGroupOffsetsAreAlteredListedAndDeleted(t *testing.T) {
	check.Start(t)
	name, group, it := topic(t, 2), check.Fresh("group"), admin(t)
	three := sarama.OffsetAndMetadata{Offset: 3, Metadata: "three"}
	_, err := it.AlterConsumerGroupOffsets(group, map[string]map[int32]sarama.OffsetAndMetadata{name: {0: three, 1: three}}, nil)
	check.OK(t, err)
	offset := func(partition int32) int64 {
		fetched, err := it.ListConsumerGroupOffsets(group, map[string][]int32{name: {0, 1}})
		check.OK(t, err)
		return fetched.GetBlock(name, partition).Offset
	}
	check.Same(t, "altered", 3, offset(0))
	check.OK(t, it.DeleteConsumerGroupOffset(group, name, 0))
	check.Same(t, "deleted", -1, offset(0))
	check.Same(t, "the other one", 3, offset(1))
}
