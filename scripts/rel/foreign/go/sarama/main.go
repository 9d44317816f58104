// sarama, unmodified, against a broker: every codec and acks level, idempotence, keys, reads by offset and time, a group, and the cluster
// administration, with its default protocol version and with its newest. usage: sarama HOST:PORT,...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"drave.example/foreign/steps"
	"github.com/IBM/sarama"
)

const count = 200

var brokers []string

func main() {
	brokers = strings.Split(os.Args[1], ",")
	for _, version := range []sarama.KafkaVersion{sarama.DefaultVersion, sarama.MaxVersion} {
		run(version)
	}
	steps.End()
}

func run(version sarama.KafkaVersion) {
	topic := "sarama-" + version.String()
	config := func() *sarama.Config {
		made := sarama.NewConfig()
		made.Version = version
		made.Producer.Return.Successes = true
		made.Consumer.Offsets.Initial = sarama.OffsetOldest
		return made
	}
	step := func(name string, body func() error) { steps.Run(version.String()+": "+name, body) }
	admin, err := sarama.NewClusterAdmin(brokers, config())
	if err != nil {
		step("connect", func() error { return err })
		return
	}
	defer admin.Close()
	step("create topics", func() error {
		err := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 6, ReplicationFactor: 3}, false)
		return errors.Join(err, admin.CreateTopic(topic+"-one", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
	})
	codecs := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}
	var sent int64
	for _, codec := range codecs {
		for _, acks := range []sarama.RequiredAcks{sarama.NoResponse, sarama.WaitForLocal, sarama.WaitForAll} {
			step(fmt.Sprintf("produce %v acks=%d", codec, acks), func() error {
				settings := config()
				settings.Producer.Compression = codec
				settings.Producer.RequiredAcks = acks
				if acks == sarama.WaitForAll {
					settings.Producer.Idempotent = true
					settings.Net.MaxOpenRequests = 1
				}
				if err := produce(topic+"-one", settings); err != nil {
					return err
				}
				err := read(topic+"-one", sent, config())
				sent += count
				return err
			})
		}
	}
	step("read by time", func() error {
		client, err := sarama.NewClient(brokers, config())
		if err != nil {
			return err
		}
		defer client.Close()
		offset, err := client.GetOffset(topic+"-one", 0, 1)
		end, err2 := client.GetOffset(topic+"-one", 0, sarama.OffsetNewest)
		return errors.Join(err, err2, steps.Check(offset == 0 && end == sent, "offsets %d and %d", offset, end))
	})
	step("group: share, commit, resume", func() error {
		if err := produce(topic, config()); err != nil {
			return err
		}
		return group(topic, config)
	})
	administration(step, admin, topic)
	step("delete topics", func() error { return errors.Join(admin.DeleteTopic(topic), admin.DeleteTopic(topic+"-one")) })
}

func produce(topic string, settings *sarama.Config) error {
	producer, err := sarama.NewSyncProducer(brokers, settings)
	if err != nil {
		return err
	}
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, count)
	for i := range messages {
		messages[i] = &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(fmt.Sprintf("key-%d", i)), Value: sarama.StringEncoder(fmt.Sprintf("v%d", i))}
	}
	return producer.SendMessages(messages)
}

func read(topic string, from int64, settings *sarama.Config) error {
	consumer, err := sarama.NewConsumer(brokers, settings)
	if err != nil {
		return err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, from)
	if err != nil {
		return err
	}
	defer partition.Close()
	limit := time.After(30 * time.Second)
	for i := range count {
		select {
		case message := <-partition.Messages():
			if string(message.Value) != fmt.Sprintf("v%d", i) {
				return fmt.Errorf("unexpected: %s at %d", message.Value, message.Offset)
			}
		case <-limit:
			return fmt.Errorf("%d of %d records", i, count)
		}
	}
	return nil
}

type reader struct {
	mutex sync.Mutex
	seen  map[string]bool
	done  func()
}

func (*reader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (r *reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, isOpen := <-claim.Messages():
			if !isOpen {
				return nil
			}
			session.MarkMessage(message, "")
			r.mutex.Lock()
			r.seen[string(message.Value)] = true
			if len(r.seen) == count {
				r.done()
			}
			r.mutex.Unlock()
		case <-session.Context().Done():
			return nil
		}
	}
}

func group(topic string, config func() *sarama.Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	shared := &reader{seen: map[string]bool{}, done: cancel}
	var members sync.WaitGroup
	for range 2 {
		settings := config()
		settings.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
		member, err := sarama.NewConsumerGroup(brokers, topic, settings)
		if err != nil {
			return err
		}
		members.Go(func() {
			defer member.Close()
			for ctx.Err() == nil {
				if err := member.Consume(ctx, []string{topic}, shared); err != nil {
					return
				}
			}
		})
	}
	members.Wait()
	return steps.Check(len(shared.seen) == count, "%d records", len(shared.seen))
}

func administration(step func(string, func() error), admin sarama.ClusterAdmin, topic string) {
	step("describe cluster", func() error {
		found, controller, err := admin.DescribeCluster()
		return errors.Join(err, steps.Check(len(found) == 3 && controller > 0, "%v %d", found, controller))
	})
	step("describe and alter configs", func() error {
		value := "700000"
		err := admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}}, false)
		entries, err2 := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"}})
		return errors.Join(err, err2, steps.Check(len(entries) == 1 && entries[0].Value == value, "%v", entries))
	})
	step("create partitions", func() error { return admin.CreatePartitions(topic, 8, nil, false) })
	step("describe log directories", func() error {
		found, err := admin.DescribeLogDirs([]int32{1, 2, 3})
		return errors.Join(err, steps.Check(len(found) == 3, "%v", found))
	})
	step("list, describe and delete groups", func() error {
		listed, err := admin.ListConsumerGroups()
		_, err2 := admin.DescribeConsumerGroups([]string{topic})
		offsets, err3 := admin.ListConsumerGroupOffsets(topic, nil)
		if err := errors.Join(err, err2, err3, steps.Check(listed[topic] == "consumer", "%v", listed)); err != nil {
			return err
		}
		var committed int64
		for _, block := range offsets.Blocks[topic] {
			committed += max(0, block.Offset)
		}
		return errors.Join(steps.Check(committed == count, "committed %d", committed), admin.DeleteConsumerGroup(topic))
	})
	step("delete records", func() error { return admin.DeleteRecords(topic+"-one", map[int32]int64{0: 1}) })
	step("list topics", func() error {
		topics, err := admin.ListTopics()
		return errors.Join(err, steps.Check(topics[topic].NumPartitions == 8, "%v", topics[topic]))
	})
	step("reassignments and quotas", func() error {
		_, err := admin.ListPartitionReassignments(topic, []int32{0})
		_, err2 := admin.DescribeClientQuotas(nil, false)
		return errors.Join(err, err2)
	})
}
