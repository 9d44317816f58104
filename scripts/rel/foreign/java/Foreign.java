// The Java client, unmodified, against a broker: started as a single source file with the client's jars on the class path, so that one
// text runs with 3.9 and 4.x. usage: java -cp 'libs/*' Foreign.java HOST:PORT VERSION. Prints one line a step, `ok NAME` or
// `failed NAME: why`, or `absent NAME: why` for what the broker does not serve by its own words. The administration steps are the
// calls that Kafka UI, AKHQ and Kafka's own tools make.

import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Utils;

public class Foreign {
  interface Step {
    void run() throws Exception;
  }

  static final Duration POLL = Duration.ofMillis(100);
  static final long LIMIT_MS = 30_000;
  static String bootstrap;
  static String name;
  static Admin admin;
  static boolean isAllWell = true;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    name = "java" + args[1].replace('.', '_');
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", name));
    topics();
    producing();
    reading();
    groups("classic");
    groups("consumer");
    administration();
    step("transactions", Foreign::transaction);
    step("delete topics", () -> get(admin.deleteTopics(List.of(name)).all()));
    admin.close(Duration.ofSeconds(5));
    System.exit(isAllWell ? 0 : 1);
  }

  static void topics() {
    step("create topics", () -> {
      NewTopic topic = new NewTopic(name, Optional.of(6), Optional.of((short) 3));
      CreateTopicsResult made = admin.createTopics(List.of(topic.configs(Map.of("retention.ms", "600000"))));
      check(get(made.config(name)).get("retention.ms").value().equals("600000"), "retention.ms");
      check(get(made.numPartitions(name)) == 6, "partitions");
      check(get(made.replicationFactor(name)) == 3, "replicas");
    });
    step("describe topics", () -> {
      TopicDescription topic = get(admin.describeTopics(List.of(name), new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames()).get(name);
      Set<Integer> leaders = new HashSet<>();
      topic.partitions().forEach(partition -> leaders.add(partition.leader().id()));
      check(leaders.size() == 3, "leaders on " + leaders);
      check(topic.authorizedOperations() != null, "operations");
      Uuid id = topic.topicId();
      check(get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds()).get(id).name().equals(name), "by id");
    });
    refused("a topic twice", TopicExistsException.class, () -> get(admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all()));
    refused("too many replicas", InvalidReplicationFactorException.class, () -> get(admin.createTopics(List.of(new NewTopic(name + "-four", 1, (short) 4))).all()));
  }

  static void producing() {
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      for (String acks : List.of("0", "1", "all")) {
        step("produce " + codec + " acks=" + acks, () -> {
          String topic = name + "-" + codec + "-" + acks;
          get(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
          boolean isIdempotent = acks.equals("all");
          try (Producer<String, String> producer = producer(Map.of("compression.type", codec, "acks", acks, "enable.idempotence", isIdempotent, "linger.ms", 20))) {
            for (int i = 0; i < 200; i++) producer.send(new ProducerRecord<>(topic, "k", "value " + i));
          }
          check(values(topic, 0, 0, 200).get(199).equals("value 199"), "values");
          get(admin.deleteTopics(List.of(topic)).all());
        });
      }
    }
    step("produce keys to the reference partition", () -> {
      try (Producer<String, String> producer = producer(Map.of())) {
        List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < 600; i++) sent.add(producer.send(new ProducerRecord<>(name, "key-" + i, "v" + i)));
        for (int i = 0; i < 600; i++) {
          int expected = Utils.toPositive(Utils.murmur2(("key-" + i).getBytes())) % 6;
          check(sent.get(i).get(30, TimeUnit.SECONDS).partition() == expected, "partition of key-" + i);
        }
      }
    });
  }

  static void reading() {
    TopicPartition place = new TopicPartition(name + "-times", 0);
    step("read by offset, by time, to the end", () -> {
      get(admin.createTopics(List.of(new NewTopic(place.topic(), 1, (short) 1))).all());
      try (Producer<String, String> producer = producer(Map.of())) {
        for (long at : new long[] {1000, 2000, 3000}) producer.send(new ProducerRecord<>(place.topic(), 0, at, null, "at" + at));
      }
      try (Consumer<String, String> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
        consumer.assign(List.of(place));
        check(consumer.offsetsForTimes(Map.of(place, 1500L)).get(place).offset() == 1, "offset by time");
        check(consumer.endOffsets(List.of(place)).get(place) == 3, "end");
        consumer.seek(place, 2);
        check(take(consumer, 1).equals(List.of("at3000")), "after a seek");
        consumer.seekToBeginning(List.of(place));
        check(take(consumer, 3).size() == 3, "from the beginning");
      }
    });
    step("list offsets", () -> {
      for (Map.Entry<OffsetSpec, Long> asked : Map.of(OffsetSpec.earliest(), 0L, OffsetSpec.latest(), 3L, OffsetSpec.maxTimestamp(), 2L, OffsetSpec.forTimestamp(2500), 2L).entrySet()) {
        long offset = get(admin.listOffsets(Map.of(place, asked.getKey())).partitionResult(place)).offset();
        check(offset == asked.getValue(), asked.getKey() + " is " + offset);
      }
    });
    step("delete records", () -> {
      check(get(admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(1))).lowWatermarks().get(place)).lowWatermark() == 1, "low watermark");
      get(admin.deleteTopics(List.of(place.topic())).all());
    });
  }

  /** Two members share, one leaves, the other goes on where both committed; the administrator's view of it. */
  @SuppressWarnings("removal") // The call that both lines of the client have.
  static void groups(String protocol) {
    String group = name + "-" + protocol;
    step("group, " + protocol + " protocol: share, commit, resume", () -> {
      Map<String, Object> settings = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol, "auto.offset.reset", "earliest", "enable.auto.commit", false));
      if (protocol.equals("classic")) {
        settings.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        settings.put("heartbeat.interval.ms", 200);
      }
      try (Consumer<String, String> one = consumer(settings)) {
        try (Consumer<String, String> two = consumer(settings)) {
          one.subscribe(List.of(name));
          two.subscribe(List.of(name));
          long end = System.currentTimeMillis() + LIMIT_MS;
          while (one.assignment().size() != 3 || two.assignment().size() != 3 || positions(one) + positions(two) < 600) {
            one.poll(POLL);
            two.poll(POLL);
            check(System.currentTimeMillis() < end, "shares " + one.assignment() + " and " + two.assignment());
          }
          Map<TopicPartition, OffsetAndMetadata> noted = new HashMap<>();
          for (TopicPartition one1 : one.assignment()) noted.put(one1, new OffsetAndMetadata(one.position(one1), "noted"));
          one.commitSync(noted);
          two.commitSync();
          ConsumerGroupDescription described = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
          check(described.members().size() == 2, described.toString());
          check(described.members().stream().allMatch(member -> member.assignment().topicPartitions().size() == 3), described.toString());
        }
        long end = System.currentTimeMillis() + LIMIT_MS;
        while (one.assignment().size() != 6) {
          check(one.poll(POLL).count() == 0 && System.currentTimeMillis() < end, "left with " + one.assignment());
        }
      }
    });
    step("group, " + protocol + " protocol: list, offsets, alter, delete", () -> {
      Optional<ConsumerGroupListing> found = get(admin.listConsumerGroups().all()).stream().filter(one -> one.groupId().equals(group)).findFirst();
      check(found.isPresent(), "not listed");
      Map<TopicPartition, OffsetAndMetadata> offsets = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      check(offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum() == 600, offsets.toString());
      check(offsets.values().stream().filter(one -> one.metadata().equals("noted")).count() == 3, offsets.toString());
      TopicPartition first = new TopicPartition(name, 0);
      get(admin.alterConsumerGroupOffsets(group, Map.of(first, new OffsetAndMetadata(1))).all());
      get(admin.deleteConsumerGroupOffsets(group, Set.of(new TopicPartition(name, 1))).all());
      offsets = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      check(offsets.get(first).offset() == 1 && offsets.size() == 5, offsets.toString());
      get(admin.deleteConsumerGroups(List.of(group)).all());
    });
  }

  @SuppressWarnings("removal")
  static void administration() {
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
    step("describe cluster", () -> {
      DescribeClusterResult cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
      check(get(cluster.nodes()).size() == 3 && get(cluster.controller()).id() > 0 && get(cluster.clusterId()) != null, "nodes");
      check(get(cluster.authorizedOperations()) != null, "operations");
    });
    step("describe configs with synonyms and documentation", () -> {
      ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "2");
      Map<ConfigResource, Config> found = get(admin.describeConfigs(List.of(topic, broker), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).all());
      ConfigEntry retention = found.get(topic).get("retention.ms");
      check(retention.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG && retention.synonyms().size() > 1, retention.toString());
      check(retention.documentation() != null && retention.type() == ConfigEntry.ConfigType.LONG, retention.toString());
      check(found.get(broker).entries().size() > 20, "broker settings");
    });
    step("alter configs", () -> {
      AlterConfigOp set = new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND);
      get(admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all());
      Config after = get(admin.describeConfigs(List.of(topic)).all()).get(topic);
      check(after.get("cleanup.policy").value().contains("compact"), after.get("cleanup.policy").toString());
    });
    step("create partitions", () -> get(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(8))).all()));
    step("describe log directories", () -> {
      Map<Integer, Map<String, LogDirDescription>> found = get(admin.describeLogDirs(List.of(1, 2, 3)).allDescriptions());
      check(found.size() == 3, found.toString());
      for (Map<String, LogDirDescription> directories : found.values()) {
        LogDirDescription first = directories.values().iterator().next();
        check(first.error() == null && first.totalBytes().isPresent() && !first.replicaInfos().isEmpty(), first.toString());
      }
    });
    step("describe features", () -> check(get(admin.describeFeatures().featureMetadata()).finalizedFeatures().containsKey("group.version"), "group.version"));
    step("describe producers", () -> {
      TopicPartition place = new TopicPartition(name, 0);
      check(!get(admin.describeProducers(List.of(place)).partitionResult(place)).activeProducers().isEmpty(), "no producer");
    });
    step("client quotas", () -> {
      ClientQuotaEntity entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, name));
      get(admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1e9))))).all());
      check(get(admin.describeClientQuotas(ClientQuotaFilter.all()).entities()).get(entity).get("producer_byte_rate") == 1e9, "rate");
      get(admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", null))))).all());
    });
    step("SCRAM users", () -> {
      ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
      get(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(name, info, "secret"))).all());
      check(get(admin.describeUserScramCredentials(List.of(name)).all()).get(name).credentialInfos().contains(info), "user");
      get(admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_256))).all());
    });
    step("reassignments", () -> check(get(admin.listPartitionReassignments().reassignments()).isEmpty(), "none expected"));
    refused("an election that is not needed", ElectionNotNeededException.class, () -> {
      TopicPartition place = new TopicPartition(name, 0);
      get(admin.electLeaders(ElectionType.PREFERRED, Set.of(place)).partitions()).get(place).ifPresent(Foreign::raise);
    });
    refused("ACLs without an authorizer", SecurityDisabledException.class, () -> get(admin.describeAcls(AclBindingFilter.ANY).values()));
    step("list and describe transactions", () -> get(admin.listTransactions().all()));
    step("metadata quorum", () -> get(admin.describeMetadataQuorum().quorumInfo()));
    step("client metrics resources", () -> get(admin.listClientMetricsResources().all()));
    step("topics with internal ones", () -> {
      Map<String, TopicListing> found = get(admin.listTopics(new ListTopicsOptions().listInternal(true)).namesToListings());
      check(found.get("__consumer_offsets").isInternal() && !found.get(name).isInternal(), found.toString());
    });
  }

  static void transaction() throws Exception {
    try (Producer<String, String> producer = producer(Map.of("transactional.id", name, "max.block.ms", 10_000))) {
      try {
        producer.initTransactions();
      } catch (UnsupportedVersionException | TransactionalIdAuthorizationException error) {
        throw new UnsupportedVersionException(error.getMessage());
      }
      String topic = name + "-txn";
      get(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
      for (String text : List.of("aborted", "committed")) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, text));
        if (text.equals("aborted")) producer.abortTransaction();
        else producer.commitTransaction();
      }
      try (Consumer<String, String> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
        TopicPartition place = new TopicPartition(topic, 0);
        consumer.assign(List.of(place));
        consumer.seekToBeginning(List.of(place));
        check(take(consumer, 1).equals(List.of("committed")), "read_committed");
      }
    }
  }

  static Producer<String, String> producer(Map<String, Object> extra) {
    Map<String, Object> settings = new HashMap<>(extra);
    settings.put("bootstrap.servers", bootstrap);
    settings.put("client.id", name);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }

  static Consumer<String, String> consumer(Map<String, Object> extra) {
    Map<String, Object> settings = new HashMap<>(extra);
    settings.put("bootstrap.servers", bootstrap);
    settings.put("client.id", name);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  static List<String> values(String topic, int partition, long offset, int count) {
    try (Consumer<String, String> consumer = consumer(Map.of())) {
      TopicPartition place = new TopicPartition(topic, partition);
      consumer.assign(List.of(place));
      consumer.seek(place, offset);
      return take(consumer, count);
    }
  }

  static List<String> take(Consumer<String, String> consumer, int count) {
    List<String> values = new ArrayList<>();
    long end = System.currentTimeMillis() + LIMIT_MS;
    while (values.size() < count) {
      for (ConsumerRecord<String, String> record : consumer.poll(POLL)) values.add(record.value());
      check(System.currentTimeMillis() < end, values.size() + " of " + count + " records");
    }
    return values;
  }

  static long positions(Consumer<String, String> consumer) {
    return consumer.assignment().stream().mapToLong(consumer::position).sum();
  }

  static <T> T get(KafkaFuture<T> future) throws Exception {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException error) {
      throw error.getCause() instanceof Exception ? (Exception) error.getCause() : error;
    }
  }

  static void raise(Throwable error) {
    throw (RuntimeException) error;
  }

  static void check(boolean isTrue, String what) {
    if (!isTrue) throw new IllegalStateException("unexpected: " + what);
  }

  static void refused(String what, Class<? extends Exception> reason, Step step) {
    step("refuse " + what, () -> {
      try {
        step.run();
      } catch (Exception error) {
        check(reason.isInstance(error), error.toString());
        return;
      }
      throw new IllegalStateException("not refused");
    });
  }

  static void step(String what, Step step) {
    try {
      step.run();
      System.out.println("ok " + what);
    } catch (UnsupportedVersionException error) {
      System.out.println("absent " + what + ": " + error.getMessage());
    } catch (Exception error) {
      isAllWell = false;
      System.out.println("failed " + what + ": " + error);
    }
  }
}
