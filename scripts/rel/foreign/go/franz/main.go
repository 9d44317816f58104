// franz-go, unmodified, against a broker: every codec and acks level, idempotence, keys, reads by offset and time, a cooperative group,
// and the administration calls that Redpanda Console makes. usage: franz HOST:PORT,...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"drave.example/foreign/steps"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "franz"

var (
	seeds kgo.Opt
	admin *kadm.Client
	ctx   context.Context
)

func main() {
	limited, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ctx = limited
	seeds = kgo.SeedBrokers(strings.Split(os.Args[1], ",")...)
	client, err := kgo.NewClient(seeds)
	if err != nil {
		panic(err)
	}
	admin = kadm.NewClient(client)
	steps.Run("create topics", createTopics)
	producing()
	steps.Run("read by offset and by time", readTimes)
	steps.Run("group: share, commit, resume", group)
	administration()
	steps.Run("transactions", transaction)
	steps.Run("delete topics", func() error {
		_, err := admin.DeleteTopics(ctx, topic)
		return err
	})
	steps.End()
}

func createTopics() error {
	made, err := admin.CreateTopics(ctx, 6, 3, map[string]*string{"retention.ms": kadm.StringPtr("600000")}, topic)
	if err == nil {
		err = made.Error()
	}
	if err != nil {
		return err
	}
	_, err = admin.CreateTopic(ctx, 6, 3, nil, topic)
	return steps.Check(errors.Is(err, kerr.TopicAlreadyExists), "a topic twice: %v", err)
}

func producing() {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	levels := map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}
	for codecName, codec := range codecs {
		for acksName, acks := range levels {
			steps.Run("produce "+codecName+" acks="+acksName, func() error {
				name := fmt.Sprintf("%s-%s-%s", topic, codecName, acksName)
				if _, err := admin.CreateTopic(ctx, 1, 1, nil, name); err != nil {
					return err
				}
				options := []kgo.Opt{kgo.ProducerBatchCompression(codec), kgo.RequiredAcks(acks), kgo.ProducerLinger(20 * time.Millisecond)}
				if acksName != "all" {
					options = append(options, kgo.DisableIdempotentWrite())
				}
				if err := produce(name, 200, options...); err != nil {
					return err
				}
				return read(name, kgo.NewOffset().At(0), 200, "v199")
			})
		}
	}
	steps.Run("produce keys to the reference partition", func() error {
		return produce(topic, 600)
	})
}

func produce(name string, count int, options ...kgo.Opt) error {
	client, err := kgo.NewClient(append(options, seeds, kgo.DefaultProduceTopic(name))...)
	if err != nil {
		return err
	}
	defer client.Close()
	records := make([]*kgo.Record, count)
	for i := range records {
		records[i] = &kgo.Record{Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, "v%d", i)}
	}
	return client.ProduceSync(ctx, records...).FirstErr()
}

func read(name string, from kgo.Offset, count int, last string, options ...kgo.Opt) error {
	places := map[string]map[int32]kgo.Offset{name: {0: from}}
	client, err := kgo.NewClient(append(options, seeds, kgo.ConsumePartitions(places))...)
	if err != nil {
		return err
	}
	defer client.Close()
	value, seen := "", 0
	for seen < count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(record *kgo.Record) { value, seen = string(record.Value), seen+1 })
	}
	return steps.Check(value == last, "%s instead of %s", value, last)
}

func readTimes() error {
	const name = topic + "-times"
	if _, err := admin.CreateTopic(ctx, 1, 1, nil, name); err != nil {
		return err
	}
	client, err := kgo.NewClient(seeds, kgo.DefaultProduceTopic(name))
	if err != nil {
		return err
	}
	defer client.Close()
	for i := 1; i <= 3; i++ {
		record := &kgo.Record{Value: fmt.Appendf(nil, "v%d", i), Timestamp: time.UnixMilli(int64(i) * 1000)}
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			return err
		}
	}
	offsets, err := admin.ListOffsetsAfterMilli(ctx, 1500, name)
	if err != nil {
		return err
	}
	found, _ := offsets.Lookup(name, 0)
	return errors.Join(
		steps.Check(found.Offset == 1, "offset by time is %d", found.Offset),
		read(name, kgo.NewOffset().AfterMilli(2500), 1, "v3"),
		read(name, kgo.NewOffset().At(1), 2, "v3", kgo.FetchIsolationLevel(kgo.ReadCommitted())),
		read(name, kgo.NewOffset().Relative(-1).AtEnd(), 1, "v3"))
}

func group() error {
	const name = topic + "-group"
	join := func() (*kgo.Client, error) {
		return kgo.NewClient(seeds, kgo.ConsumerGroup(name), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.HeartbeatInterval(200*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	}
	one, err := join()
	if err != nil {
		return err
	}
	defer one.Close()
	two, err := join()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	poll := func(client *kgo.Client) error {
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		fetches := client.PollFetches(short)
		fetches.EachRecord(func(record *kgo.Record) { seen[string(record.Value)] = true })
		return client.CommitUncommittedOffsets(ctx)
	}
	for len(seen) < 600 {
		if err := errors.Join(ctx.Err(), poll(one), poll(two)); err != nil {
			return fmt.Errorf("%d records: %w", len(seen), err)
		}
	}
	groups, err := admin.DescribeGroups(ctx, name)
	if err != nil {
		return err
	}
	if err := steps.Check(len(groups[name].Members) == 2, "members %v", groups[name].Members); err != nil {
		return err
	}
	two.Close()
	lags, err := admin.Lag(ctx, name)
	if err != nil {
		return err
	}
	return steps.Check(lags[name].Lag.Total() == 0, "lag %d", lags[name].Lag.Total())
}

func administration() {
	only := func(name string, err func() error) { steps.Run(name, err) }
	only("describe cluster and metadata", func() error {
		cluster, err := admin.Metadata(ctx)
		if err != nil {
			return err
		}
		return steps.Check(len(cluster.Brokers) == 3 && cluster.Controller > 0, "brokers %v", cluster.Brokers)
	})
	only("API versions", func() error { _, err := admin.ApiVersions(ctx); return err })
	only("describe topic and broker configs", func() error {
		configs, err := admin.DescribeTopicConfigs(ctx, topic)
		if err != nil {
			return err
		}
		_, err = configs.On(topic, nil)
		_, err2 := admin.DescribeBrokerConfigs(ctx, 1, 2, 3)
		return errors.Join(err, err2)
	})
	only("alter configs", func() error {
		answers, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("700000")}}, topic)
		if err != nil {
			return err
		}
		return answers[0].Err
	})
	only("create partitions", func() error { _, err := admin.CreatePartitions(ctx, 2, topic); return err })
	only("describe log directories", func() error {
		found, err := admin.DescribeAllLogDirs(ctx, nil)
		return errors.Join(err, steps.Check(len(found) == 3, "%v", found))
	})
	only("list and describe groups", func() error { _, err := admin.DescribeGroups(ctx); return err })
	only("list offsets", func() error {
		offsets, err := admin.ListEndOffsets(ctx, topic)
		return errors.Join(err, offsets.Error())
	})
	only("quotas", func() error { _, err := admin.DescribeClientQuotas(ctx, false, nil); return err })
	only("SCRAM users", func() error { _, err := admin.DescribeUserSCRAMs(ctx); return err })
	only("reassignments", func() error { _, err := admin.ListPartitionReassignments(ctx, nil); return err })
	only("producers", func() error { _, err := admin.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}}); return err })
	only("refuse ACLs without an authorizer", func() error {
		_, err := admin.DescribeACLs(ctx, kadm.NewACLs().AnyResource().Allow().AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternAny))
		return steps.Check(err == nil || errors.Is(err, kerr.SecurityDisabled), "%v", err)
	})
	only("delete offsets and the group", func() error {
		_, err := admin.DeleteGroups(ctx, topic+"-nobody")
		return err
	})
}

func transaction() error {
	client, err := kgo.NewClient(seeds, kgo.TransactionalID("franz"), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return absent(err)
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := client.ProduceSync(limited, kgo.StringRecord("in a transaction")).FirstErr(); err != nil {
		_ = client.EndTransaction(limited, kgo.TryAbort)
		return absent(err)
	}
	return client.EndTransaction(ctx, kgo.TryCommit)
}

// absent tells that a broker does not serve transactions; other errors pass through.
func absent(err error) error {
	if strings.Contains(err.Error(), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED") || strings.Contains(err.Error(), "broker is too old") {
		return fmt.Errorf("%w: %v", steps.ErrAbsent, err)
	}
	return err
}
