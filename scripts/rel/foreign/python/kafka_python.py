"""kafka-python in its newest version, unmodified. usage: kafka_python.py HOST:PORT,..."""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

from steps import check, end, step, until

TOPIC = "kafka-python"
BASE = {"bootstrap_servers": sys.argv[1].split(","), "client_id": TOPIC}
admin = KafkaAdminClient(**BASE)


def create(topic, partitions=1, replicas=1):
    admin.create_topics([NewTopic(topic, partitions, replicas)])


def produce(topic, count, **settings):
    producer = KafkaProducer(**BASE, linger_ms=20, **settings)
    sent = [producer.send(topic, key=b"key-%d" % i, value=b"v%d" % i) for i in range(count)]
    producer.flush(30)
    for one in sent:
        one.get(30)
    producer.close()


def read(topic, count, offset=0):
    consumer = KafkaConsumer(**BASE, enable_auto_commit=False)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek(place, offset)
    values = []

    def poll():
        for records in consumer.poll(100).values():
            values.extend(record.value.decode() for record in records)
        return len(values) >= count

    until(poll, lambda: values)
    consumer.close()
    return values


def producing():
    for codec in (None, "gzip"):
        for acks in (0, 1, "all"):

            def body():
                topic = "%s-%s-%s" % (TOPIC, codec, acks)
                create(topic)
                produce(topic, 200, compression_type=codec, acks=acks, enable_idempotence=acks == "all")
                check(read(topic, 200)[199] == "v199", "values")

            step("produce %s acks=%s" % (codec, acks), body)


def group():
    settings = {"group_id": TOPIC, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    members = [KafkaConsumer(TOPIC, **BASE, **settings, heartbeat_interval_ms=200) for _ in range(2)]
    seen = set()

    def poll():
        for member in members:
            for records in member.poll(50).values():
                seen.update(record.value for record in records)
        return len(seen) == 600 and [len(member.assignment()) for member in members] == [3, 3]

    until(poll, lambda: (len(seen), [member.assignment() for member in members]))
    for member in members:
        member.commit()
        member.close()


def administration():
    def configs():
        resource = lambda **more: ConfigResource(ConfigResourceType.TOPIC, TOPIC, **more)
        admin.alter_configs([resource(configs={"retention.ms": "700000"})])
        check("700000" in str(admin.describe_configs([resource()])), "retention.ms")

    step("describe cluster", lambda: check(len(admin.describe_cluster()["brokers"]) == 3, "brokers"))
    step("describe topics", lambda: check(len(admin.describe_topics([TOPIC])) == 1, "topics"))
    step("alter and describe configs", configs)
    step("create partitions", lambda: admin.create_partitions({TOPIC: NewPartitions(8)}))
    step("describe log directories", lambda: admin.describe_log_dirs())
    step("delete the group", lambda: admin.delete_groups([TOPIC]))


step("create topics", lambda: create(TOPIC, 6, 3))
producing()
step("produce keys", lambda: produce(TOPIC, 600))
step("group: share and commit", group)
administration()
step("delete topics", lambda: admin.delete_topics([TOPIC]))
end()
