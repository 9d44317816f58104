"""confluent-kafka with its newest librdkafka (fetches by topic id, KIP-848 groups), unmodified. usage: confluent.py HOST:PORT,..."""

import sys

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin import NewPartitions, NewTopic, OffsetSpec

from steps import Absent, check, end, step, until

TOPIC = "confluent"
BASE = {"bootstrap.servers": sys.argv[1], "client.id": TOPIC}
admin = AdminClient(BASE)


def wait(futures):
    return [future.result(30) for future in futures.values()]


def create(topic, partitions=1, replicas=1):
    wait(admin.create_topics([NewTopic(topic, partitions, replicas)]))


def produce(topic, count, settings):
    failures = []
    producer = Producer({**BASE, "linger.ms": 20, **settings})
    for i in range(count):
        report = lambda error, _: failures.append(error) if error else None
        producer.produce(topic, key="key-%d" % i, value="v%d" % i, on_delivery=report)
    check(producer.flush(30) == 0 and failures == [], failures)


def read(topic, offset, count, settings={}):
    consumer = Consumer({**BASE, "group.id": "none", "enable.auto.commit": False, **settings})
    consumer.assign([TopicPartition(topic, 0, offset)])
    values = []

    def poll():
        message = consumer.poll(0.1)
        if message is not None and not message.error():
            values.append(message.value().decode())
        return len(values) >= count

    until(poll, lambda: values)
    consumer.close()
    return values


def producing():
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        for acks in (0, 1, -1):

            def body():
                topic = "%s-%s-%d" % (TOPIC, codec, acks)
                create(topic)
                settings = {"compression.codec": codec, "acks": acks, "enable.idempotence": acks == -1}
                produce(topic, 200, settings)
                check(read(topic, 0, 200)[199] == "v199", "values")

            step("produce %s acks=%d" % (codec, acks), body)


def group(protocol):
    settings = {**BASE, "group.id": TOPIC + protocol, "group.protocol": protocol}
    settings.update({"auto.offset.reset": "earliest", "enable.auto.commit": False})
    if protocol == "classic":
        settings.update({"heartbeat.interval.ms": 200, "partition.assignment.strategy": "cooperative-sticky"})
    members = [Consumer(settings), Consumer(settings)]
    for member in members:
        member.subscribe([TOPIC])
    seen = set()

    def poll():
        for member in members:
            message = member.poll(0.02)
            if message is not None and not message.error():
                seen.add(message.value())
        return len(seen) == 600 and [len(member.assignment()) for member in members] == [3, 3]

    until(poll, lambda: (len(seen), [member.assignment() for member in members]))
    for member in members:
        member.commit(asynchronous=False)
    described = wait(admin.describe_consumer_groups([TOPIC + protocol]))[0]
    check(len(described.members) == 2, described.members)
    for member in members:
        member.close()
    asked = [ConsumerGroupTopicPartitions(TOPIC + protocol)]
    found = wait(admin.list_consumer_group_offsets(asked))[0].topic_partitions
    check(len(found) == 6, found)
    wait(admin.delete_consumer_groups([TOPIC + protocol]))


def administration():
    place = TopicPartition(TOPIC, 0)
    topic = ConfigResource(ConfigResource.Type.TOPIC, TOPIC)

    def configs():
        entry = ConfigEntry("retention.ms", "700000", incremental_operation=AlterConfigOpType.SET)
        change = ConfigResource(ConfigResource.Type.TOPIC, TOPIC, incremental_configs=[entry])
        wait(admin.incremental_alter_configs([change]))
        (found,) = wait(admin.describe_configs([topic]))
        check(found["retention.ms"].value == "700000", found["retention.ms"])

    step("describe cluster", lambda: check(len(admin.describe_cluster().result(30).nodes) == 3, "nodes"))
    step("alter and describe configs", configs)
    step("create partitions", lambda: wait(admin.create_partitions([NewPartitions(TOPIC, 8)])))
    step("list offsets", lambda: wait(admin.list_offsets({place: OffsetSpec.max_timestamp()})))
    step("list groups", lambda: admin.list_consumer_groups().result(30))
    step("delete records", lambda: wait(admin.delete_records([TopicPartition(TOPIC, 0, 1)])))
    step("SCRAM users", lambda: admin.describe_user_scram_credentials().result(30))


def transaction():
    producer = Producer({**BASE, "transactional.id": TOPIC})
    try:
        producer.init_transactions(10)
    except KafkaException as error:
        codes = (KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KafkaError._UNSUPPORTED_FEATURE)
        if error.args[0].code() in codes:
            raise Absent(error.args[0].str())
        raise
    create(TOPIC + "-txn")
    for text, finish in (("aborted", producer.abort_transaction), ("committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(TOPIC + "-txn", text)
        finish(30)
    check(read(TOPIC + "-txn", 0, 1, {"isolation.level": "read_committed"}) == ["committed"], "read_committed")


step("create topics", lambda: create(TOPIC, 6, 3))
producing()
step("produce keys", lambda: produce(TOPIC, 600, {"partitioner": "murmur2_random"}))
step("group, classic protocol", lambda: group("classic"))
step("group, consumer protocol", lambda: group("consumer"))
administration()
step("transactions", transaction)
step("delete topics", lambda: wait(admin.delete_topics([TOPIC])))
end()
