package sarama_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"vltava/interop/check"
)

func TestEveryCodecSurvivesTheBroker(t *testing.T) {
	// The oldest protocol that carries zstd, the one that Sarama speaks unless told otherwise, and the newest it knows.
	for _, version := range []sarama.KafkaVersion{sarama.V2_1_0_0, sarama.DefaultVersion, sarama.MaxVersion} {
		for _, codec := range []sarama.CompressionCodec{
			sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD,
		} {
			t.Run(version.String()+"/"+codec.String(), func(t *testing.T) {
				check.Start(t)
				settings := config()
				settings.Version = version
				settings.Producer.Compression = codec
				settings.Producer.Flush.Messages = 100
				settings.Producer.Flush.Frequency = 50 * time.Millisecond
				name := topic(t, 1)
				produce(t, settings, name, 0, 500)
				for i, message := range read(t, settings, name, 0, sarama.OffsetOldest, 500) {
					check.Same(t, "offset", int64(i), message.Offset)
					check.Same(t, "key", fmt.Sprintf("key-%d", i), string(message.Key))
					check.Same(t, "value", fmt.Sprintf("value-%d", i), string(message.Value))
				}
			})
		}
	}
}

func TestHeadersNullsAndEmptyValuesComeBackAsTheyWere(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	send(t, config(), []*sarama.ProducerMessage{
		{Topic: name, Key: sarama.StringEncoder("key"), Value: sarama.StringEncoder("value"), Headers: []sarama.RecordHeader{
			{Key: []byte("first"), Value: []byte("1")}, {Key: []byte("first"), Value: []byte("again")}, {Key: []byte("empty"), Value: []byte{}},
		}},
		{Topic: name, Value: sarama.StringEncoder("no key")},
		{Topic: name, Key: sarama.StringEncoder("no value")},
		{Topic: name, Key: sarama.StringEncoder(""), Value: sarama.StringEncoder("")},
	})
	messages := read(t, config(), name, 0, sarama.OffsetOldest, 4)
	var headers []string
	for _, header := range messages[0].Headers {
		headers = append(headers, fmt.Sprintf("%s=%s", header.Key, header.Value))
	}
	check.Same(t, "headers", "[first=1 first=again empty=]", fmt.Sprint(headers))
	check.Same(t, "null key", true, messages[1].Key == nil)
	check.Same(t, "value beside it", "no key", string(messages[1].Value))
	check.Same(t, "null value", true, messages[2].Value == nil)
	check.Same(t, "key beside it", "no value", string(messages[2].Key))
	check.Same(t, "empty, not null, key", true, messages[3].Key != nil && len(messages[3].Key) == 0)
	check.Same(t, "empty, not null, value", true, messages[3].Value != nil && len(messages[3].Value) == 0)
}

func TestOffsetsAreFoundByTimestamp(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	var messages []*sarama.ProducerMessage
	for i := range 10 {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: name, Value: sarama.StringEncoder("v"), Timestamp: start.Add(time.Duration(i) * time.Second),
		})
	}
	send(t, config(), messages)
	it := client(t)
	for _, wanted := range []struct{ after, offset int64 }{{4_000, 4}, {4_001, 5}, {-1_000, 0}} {
		offset, err := it.GetOffset(name, 0, start.UnixMilli()+wanted.after)
		check.OK(t, err)
		check.Same(t, "offset", wanted.offset, offset)
	}
}

func TestEarliestAndLatestBoundTheLog(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	produce(t, config(), name, 0, 7)
	it := client(t)
	oldest, err := it.GetOffset(name, 0, sarama.OffsetOldest)
	check.OK(t, err)
	check.Same(t, "oldest", 0, oldest)
	newest, err := it.GetOffset(name, 0, sarama.OffsetNewest)
	check.OK(t, err)
	check.Same(t, "newest", 7, newest)
	check.Same(t, "from the middle", 5, read(t, config(), name, 0, 5, 2)[0].Offset)
}

func TestIdempotentProducerWritesEveryRecordOnceAndInOrder(t *testing.T) {
	check.Start(t)
	name := topic(t, 1)
	settings := config()
	settings.Producer.Idempotent = true
	settings.Producer.Flush.MaxMessages = 50
	settings.Net.MaxOpenRequests = 1
	for i, message := range produce(t, settings, name, 0, 2_000) {
		check.Same(t, "acknowledged offset", int64(i), message.Offset)
	}
	for i, message := range read(t, settings, name, 0, sarama.OffsetOldest, 2_000) {
		check.Same(t, "value", fmt.Sprintf("value-%d", i), string(message.Value))
	}
}
