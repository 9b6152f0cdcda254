package franz

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"vltava/interop/check"
)

// member counts the partitions that one client of a group owns.
type member struct {
	*kgo.Client
	mutex sync.Mutex
	owned map[int32]bool
}

func join(t *testing.T, group, name string, options ...kgo.Opt) *member {
	t.Helper()
	it := &member{owned: map[int32]bool{}}
	change := func(owned bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			it.mutex.Lock()
			defer it.mutex.Unlock()
			for _, partition := range partitions[name] {
				if owned {
					it.owned[partition] = true
				} else {
					delete(it.owned, partition)
				}
			}
		}
	}
	it.Client = client(t, append(options,
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)))...)
	return it
}

func (m *member) count() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.owned)
}

func awaitPartitions(t *testing.T, each int, members ...*member) {
	t.Helper()
	check.Eventually(t, fmt.Sprintf("each of %d members owns %d", len(members), each), func() string {
		for _, member := range members {
			if owned := member.count(); owned != each {
				return fmt.Sprintf("one owns %d", owned)
			}
		}
		return ""
	})
}

func TestGroupFollowsMembersThatJoinLeaveAndDie(t *testing.T) {
	ctx := check.Start(t)
	name, group := topic(ctx, t, 4), check.Fresh("group")
	first := join(t, group, name)
	awaitPartitions(t, 4, first)

	second := join(t, group, name)
	awaitPartitions(t, 2, first, second)
	second.Close()
	awaitPartitions(t, 4, first)

	line := &check.Lifeline{}
	third := join(t, group, name, kgo.Dialer(line.DialContext), kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))
	awaitPartitions(t, 2, first, third)
	line.Cut()
	awaitPartitions(t, 4, first)
}

func TestConsumerResumesFromItsCommit(t *testing.T) {
	ctx := check.Start(t)
	name, group := topic(ctx, t, 1), check.Fresh("group")
	produce(ctx, t, name, 0, 10)

	first := join(t, group, name)
	records := poll(ctx, t, first.Client, 10)
	check.OK(t, first.CommitRecords(ctx, records[:6]...))
	first.Close()

	second := join(t, group, name)
	rest := poll(ctx, t, second.Client, 4)
	check.Same(t, "offset", 6, rest[0].Offset)
	check.OK(t, second.CommitUncommittedOffsets(ctx))
	second.Close()

	fetched, err := admin(t).FetchOffsets(ctx, group)
	check.OK(t, err)
	committed, _ := fetched.Lookup(name, 0)
	check.Same(t, "committed", 10, committed.At)
}

func TestGroupsAreListedDescribedAndDeleted(t *testing.T) {
	ctx := check.Start(t)
	name, group, it := topic(ctx, t, 2), check.Fresh("group"), admin(t)
	only := join(t, group, name)
	awaitPartitions(t, 2, only)
	describe := func() kadm.DescribedGroup {
		described, err := it.DescribeGroups(ctx, group)
		check.OK(t, err)
		return described[group]
	}
	check.Same(t, "state", "Stable", describe().State)
	check.Same(t, "members", 1, len(describe().Members))
	listed, err := it.ListGroups(ctx)
	check.OK(t, err)
	check.Same(t, "protocol type", "consumer", listed[group].ProtocolType)
	if _, err := it.DeleteGroup(ctx, group); err == nil {
		t.Fatal("a group with members was deleted")
	}
	only.Close()

	check.Eventually(t, "the group is empty", func() string {
		if state := describe().State; state != "Empty" {
			return state
		}
		return ""
	})
	_, err = it.DeleteGroup(ctx, group)
	check.OK(t, err)
	listed, err = it.ListGroups(ctx)
	check.OK(t, err)
	if _, there := listed[group]; there {
		t.Fatal("the deleted group is still listed")
	}
}

func TestGroupOffsetsAreCommittedFetchedAndDeleted(t *testing.T) {
	ctx := check.Start(t)
	name, group, it := topic(ctx, t, 2), check.Fresh("group"), admin(t)
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: name, Partition: 0, At: 3, LeaderEpoch: -1, Metadata: "three"})
	offsets.Add(kadm.Offset{Topic: name, Partition: 1, At: 4, LeaderEpoch: -1})
	committed, err := it.CommitOffsets(ctx, group, offsets)
	check.OK(t, err)
	check.OK(t, committed.Error())
	fetched, err := it.FetchOffsets(ctx, group)
	check.OK(t, err)
	three, _ := fetched.Lookup(name, 0)
	check.Same(t, "offset", 3, three.At)
	check.Same(t, "metadata", "three", three.Metadata)

	var gone kadm.TopicsSet
	gone.Add(name, 0)
	deleted, err := it.DeleteOffsets(ctx, group, gone)
	check.OK(t, err)
	check.OK(t, deleted.Error())
	fetched, err = it.FetchOffsets(ctx, group)
	check.OK(t, err)
	if _, there := fetched.Lookup(name, 0); there {
		t.Fatal("the deleted offset is still there")
	}
	four, _ := fetched.Lookup(name, 1)
	check.Same(t, "other offset", 4, four.At)
}
