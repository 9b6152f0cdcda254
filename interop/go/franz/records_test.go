package franz

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"vltava/interop/check"
)

func TestEveryCodecSurvivesTheBroker(t *testing.T) {
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := check.Start(t)
			name := topic(ctx, t, 1)
			produce(ctx, t, name, 0, 500, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(50*time.Millisecond))
			for i, record := range read(ctx, t, name, 0, 500) {
				check.Same(t, "offset", int64(i), record.Offset)
				check.Same(t, "key", fmt.Sprintf("key-%d", i), string(record.Key))
				check.Same(t, "value", fmt.Sprintf("value-%d", i), string(record.Value))
			}
		})
	}
}

func TestHeadersNullsAndEmptyValuesComeBackAsTheyWere(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	sent := []*kgo.Record{
		{Topic: name, Key: []byte("key"), Value: []byte("value"), Headers: []kgo.RecordHeader{
			{Key: "first", Value: []byte("1")}, {Key: "first", Value: []byte("again")}, {Key: "null"}, {Key: "empty", Value: []byte{}},
		}},
		{Topic: name, Value: []byte("no key")},
		{Topic: name, Key: []byte("no value")},
		{Topic: name, Key: []byte{}, Value: []byte{}},
	}
	check.OK(t, client(t).ProduceSync(ctx, sent...).FirstErr())
	for i, record := range read(ctx, t, name, 0, len(sent)) {
		same(t, "key", sent[i].Key, record.Key)
		same(t, "value", sent[i].Value, record.Value)
		check.Same(t, "headers", len(sent[i].Headers), len(record.Headers))
		for h, header := range record.Headers {
			check.Same(t, "header key", sent[i].Headers[h].Key, header.Key)
			same(t, "header value", sent[i].Headers[h].Value, header.Value)
		}
	}
}

// same tells nil (Kafka's null) from empty.
func same(t *testing.T, what string, want, got []byte) {
	t.Helper()
	if (want == nil) != (got == nil) || string(want) != string(got) {
		t.Fatalf("%s: want %#v, got %#v", what, want, got)
	}
}

func TestOffsetsAreFoundByTimestamp(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	it := client(t)
	for i := range 10 {
		record := &kgo.Record{Topic: name, Value: []byte("v"), Timestamp: start.Add(time.Duration(i) * time.Second)}
		check.OK(t, it.ProduceSync(ctx, record).FirstErr())
	}
	for _, wanted := range []struct{ after, offset int64 }{{4_000, 4}, {4_001, 5}, {-1_000, 0}} {
		listed, err := admin(t).ListOffsetsAfterMilli(ctx, start.UnixMilli()+wanted.after, name)
		check.OK(t, err)
		found, _ := listed.Lookup(name, 0)
		check.OK(t, found.Err)
		check.Same(t, "offset", wanted.offset, found.Offset)
		check.Same(t, "timestamp", start.UnixMilli()+wanted.offset*1_000, found.Timestamp)
	}
}

func TestEarliestAndLatestBoundTheLog(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	produce(ctx, t, name, 0, 7)
	it := admin(t)
	starts, err := it.ListStartOffsets(ctx, name)
	check.OK(t, err)
	start, _ := starts.Lookup(name, 0)
	check.OK(t, start.Err)
	check.Same(t, "start", 0, start.Offset)
	ends, err := it.ListEndOffsets(ctx, name)
	check.OK(t, err)
	end, _ := ends.Lookup(name, 0)
	check.OK(t, end.Err)
	check.Same(t, "end", 7, end.Offset)

	tail := client(t, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name: {0: kgo.NewOffset().AtEnd().Relative(-2)}}))
	check.Same(t, "two before the end", 5, poll(ctx, t, tail, 2)[0].Offset)
}

func TestIdempotentProducerWritesEveryRecordOnceAndInOrder(t *testing.T) {
	ctx := check.Start(t)
	name := topic(ctx, t, 1)
	// Idempotence is on unless it is switched off.
	produce(ctx, t, name, 0, 2_000, kgo.MaxBufferedRecords(100), kgo.ProducerBatchMaxBytes(1_024))
	for i, record := range read(ctx, t, name, 0, 2_000) {
		check.Same(t, "value", fmt.Sprintf("value-%d", i), string(record.Value))
		if record.ProducerID < 0 {
			t.Fatal("the record carries no producer id")
		}
	}
}
