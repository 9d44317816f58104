"""confluent-kafka (librdkafka), driven by driver.py. usage: confluent.py HOST:PORT"""

import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from driver import raw, serve


class Client:
    def __init__(self, bootstrap):
        self.bootstrap = {"bootstrap.servers": bootstrap}
        self.consumer = None
        self.pending = []
        # An admin client that is collected takes its answers with it.
        self.admin = AdminClient(self.bootstrap)

    def produce(self, topic, messages, codec="none", acks=-1, idempotent=False):
        placed = []
        settings = {
            "compression.codec": codec,
            "acks": acks,
            "enable.idempotence": idempotent,
            "linger.ms": 20,
            "partitioner": "murmur2_random",
        }
        producer = Producer({**self.bootstrap, **settings})

        def delivered(index):
            def report(error, message):
                if error:
                    raise RuntimeError(str(error))
                placed.append((index, message.partition(), message.offset()))

            return report

        for index, m in enumerate(messages):
            extra = {name: m[name] for name in ("partition", "timestamp") if name in m}
            headers = [(name, raw(value)) for name, value in m.get("headers", {}).items()]
            producer.produce(
                topic,
                key=raw(m.get("key")),
                value=raw(m.get("value")),
                headers=headers,
                on_delivery=delivered(index),
                **extra,
            )
        if producer.flush(20) > 0:
            raise TimeoutError("not everything was delivered")
        return [{"partition": one[1], "offset": one[2]} for one in sorted(placed)]

    def read(self, topic, partition, count, offset=None, time_ms=None):
        consumer = Consumer({**self.bootstrap, "group.id": "none", "enable.auto.commit": False})
        if time_ms is not None:
            asked = [TopicPartition(topic, partition, time_ms)]
            offset = consumer.offsets_for_times(asked, 20)[0].offset
        if offset == "end":
            found = consumer.get_watermark_offsets(TopicPartition(topic, partition), 20)[1]
            consumer.close()
            return found
        consumer.assign([TopicPartition(topic, partition, offset)])
        values = self._take(consumer, count)
        consumer.close()
        return values

    def join(self, group, topic):
        settings = {
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 3000,
            "heartbeat.interval.ms": 200,
        }
        self.consumer = Consumer({**self.bootstrap, **settings})
        self.consumer.subscribe([topic])

    def assigned(self):
        message = self.consumer.poll(0.1)
        if message is not None and not message.error():
            self.pending.append(message.value().decode())
        return sorted(place.partition for place in self.consumer.assignment())

    def poll(self, count):
        values, self.pending = self.pending, []
        return values + self._take(self.consumer, count - len(values))

    def commit(self):
        self.consumer.commit(asynchronous=False)

    def leave(self):
        self.consumer.close()

    def create(self, topic, partitions, configs, replicas=1):
        new = NewTopic(topic, num_partitions=partitions, replication_factor=replicas, config=configs)
        self._wait(self.admin.create_topics([new]))

    def configs(self, topic):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        (found,) = self._wait(self.admin.describe_configs([resource]))
        return {name: entry.value for name, entry in found.items()}

    def alter(self, topic, configs, partitions):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=configs)
        self._wait(self.admin.alter_configs([resource]))
        self._wait(self.admin.create_partitions([NewPartitions(topic, partitions)]))

    def topics(self):
        found = self.admin.list_topics(timeout=20).topics
        return {name: len(topic.partitions) for name, topic in found.items()}

    def groups(self):
        return [group.id for group in self.admin.list_groups(timeout=20)]

    def delete(self, topic):
        self._wait(self.admin.delete_topics([topic]))

    @staticmethod
    def _wait(futures):
        return [future.result(20) for future in futures.values()]

    @staticmethod
    def _take(consumer, count):
        values = []
        end = time.monotonic() + 20
        while len(values) < count and time.monotonic() < end:
            message = consumer.poll(0.1)
            if message is not None and not message.error():
                values.append(message.value().decode())
        return values


serve(Client(sys.argv[1]))
