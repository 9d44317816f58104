"""kafka-python, driven by driver.py. usage: kafka_python.py HOST:PORT"""

import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

from driver import raw, serve


class Client:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.consumer = None

    def produce(self, topic, messages, codec="none", acks=-1):
        producer = KafkaProducer(
            bootstrap_servers=self.bootstrap,
            compression_type=None if codec == "none" else codec,
            acks="all" if acks == -1 else acks,
            linger_ms=20,
        )
        futures = [
            producer.send(
                topic,
                key=raw(m.get("key")),
                value=raw(m.get("value")),
                partition=m.get("partition"),
                timestamp_ms=m.get("timestamp"),
                headers=[(name, raw(value)) for name, value in m.get("headers", {}).items()],
            )
            for m in messages
        ]
        producer.flush(20)
        placed = [future.get(20) for future in futures]
        producer.close()
        return [{"partition": one.partition, "offset": one.offset} for one in placed]

    def read(self, topic, partition, count, offset=None, time_ms=None):
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        if time_ms is not None:
            offset = consumer.offsets_for_times({place: time_ms})[place].offset
        if offset == "end":
            consumer.seek_to_end(place)
            found = consumer.position(place)
            consumer.close()
            return found
        consumer.seek(place, offset)
        values = self._take(consumer, count)
        consumer.close()
        return values

    def join(self, group, topic):
        self.consumer = KafkaConsumer(
            topic,
            bootstrap_servers=self.bootstrap,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=3000,
            heartbeat_interval_ms=200,
        )
        return None

    def assigned(self):
        self.pending = getattr(self, "pending", [])
        for records in self.consumer.poll(100).values():
            self.pending.extend(record.value.decode() for record in records)
        return sorted(place.partition for place in self.consumer.assignment())

    def poll(self, count):
        values = getattr(self, "pending", [])
        self.pending = []
        return values + self._take(self.consumer, count - len(values))

    def commit(self):
        self.consumer.commit()

    def leave(self):
        self.consumer.close(autocommit=False)

    def create(self, topic, partitions, configs, replicas=1):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.create_topics([NewTopic(topic, partitions, replicas, topic_configs=configs)])
        admin.close()

    def configs(self, topic):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        answers = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        admin.close()
        return {entry[0]: entry[1] for answer in answers for entry in answer.resources[0][4]}

    def alter(self, topic, configs, partitions):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
        admin.create_partitions({topic: NewPartitions(partitions)})
        admin.close()

    def topics(self):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        found = {one["topic"]: len(one["partitions"]) for one in admin.describe_topics()}
        admin.close()
        return found

    def groups(self):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        found = [group for group, _ in admin.list_consumer_groups()]
        admin.close()
        return found

    def delete(self, topic):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.delete_topics([topic])
        admin.close()

    @staticmethod
    def _take(consumer, count):
        values = []
        end = time.monotonic() + 20
        while len(values) < count and time.monotonic() < end:
            for records in consumer.poll(100, max_records=count - len(values)).values():
                values.extend(record.value.decode() for record in records)
        return values


serve(Client(sys.argv[1]))
