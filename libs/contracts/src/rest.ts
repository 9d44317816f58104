// Shapes of the admin REST API v3 as zod schemas, and the five-digit error codes. The OpenAPI document is generated from them.
// Protects: what leaves and enters `/v3` has one declaration; texts that may exceed 2^53 (config values) stay texts.
// Shapes of stream
// applications are in rest-streams.ts. Leaves out: records, ACLs, altering configs, reassignment.
// The shapes follow what clients of Confluent's REST proxy v3 read; the texts are our own.
// A package entry of its own (`@drave/contracts/rest`), because zod costs 50 ms that a broker without HTTP need not pay.

import { z } from 'zod';

export * from './rest-streams.js';

/** The first three digits are the HTTP status. */
export const restErrorCodes = Object.freeze({
  invalidRequest: 40001,
  refusedByKafka: 40002,
  malformedBody: 40003,
  unauthenticated: 40101,
  hostNotAllowed: 40301,
  originNotAllowed: 40302,
  notAuthorized: 40303,
  readOnlyMode: 40304,
  readOnlyToken: 40305,
  unknownRoute: 40401,
  unknownCluster: 40402,
  unknownTopicOrPartition: 40403,
  unknownBroker: 40404,
  unknownGroup: 40405,
  unknownConsumer: 40406,
  unknownConfig: 40407,
  unknownApplication: 40408,
  unknownStore: 40409,
  unknownKey: 40410,
  methodNotAllowed: 40501,
  requestTooSlow: 40801,
  bodyTooLarge: 41301,
  uriTooLong: 41401,
  unsupportedMediaType: 41501,
  headersTooLarge: 43101,
  internal: 50001,
  kafkaFailed: 50002,
  notReady: 50301,
  brokerUnreachable: 50302,
  notQueryable: 50303,
  ownerUnreachable: 50304,
  timedOut: 50401,
});

const text = z.string();
const count = z.int().min(0);
const link = z.object({ related: z.url() }).meta({ id: 'Link' });
const metadata = z
  .object({ self: z.url(), resource_name: z.string() })
  .meta({ id: 'ResourceMetadata' });

function resource<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
) {
  return z.object({ kind: z.literal(kind), metadata, ...shape }).meta({ id: kind });
}

/** A list of resources with its own kind. */
function listOf<Item extends z.ZodType>(kind: string, item: Item) {
  return z
    .object({
      kind: z.literal(kind),
      metadata: z.object({ self: z.url(), next: z.url().nullable() }),
      data: z.array(item),
    })
    .meta({ id: kind });
}

export const errorBody = z
  .object({
    error_code: z.int().min(40000).max(59999).describe('HTTP status and two more digits.'),
    message: z.string().describe('What went wrong and what to do.'),
  })
  .meta({ id: 'Error' });

export const clusterBody = resource('KafkaCluster', {
  cluster_id: text,
  controller: link.nullable(),
  brokers: link,
  topics: link,
  consumer_groups: link,
});
export const clusterList = listOf('KafkaClusterList', clusterBody);

export const brokerBody = resource('KafkaBroker', {
  cluster_id: text,
  broker_id: count,
  host: text,
  port: z.int(),
  rack: text.nullable(),
});
export const brokerList = listOf('KafkaBrokerList', brokerBody);

export const topicBody = resource('KafkaTopic', {
  cluster_id: text,
  topic_name: text,
  is_internal: z.boolean(),
  replication_factor: count,
  partitions_count: count,
  partitions: link,
  configs: link,
});
export const topicList = listOf('KafkaTopicList', topicBody);

/** Body of POST …/topics. */
export const newTopicBody = z
  .strictObject({
    topic_name: z.string().min(1),
    partitions_count: z.int().min(1).max(2_147_483_647).optional(),
    replication_factor: z.int().min(1).max(32_767).optional(),
    configs: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          value: z.string({ error: 'a config value is a text, also for numbers: "1000"' }),
        }),
      )
      .max(1000)
      .optional(),
    validate_only: z.boolean().optional(),
  })
  .meta({ id: 'NewTopic' });

export const partitionBody = resource('KafkaPartition', {
  cluster_id: text,
  topic_name: text,
  partition_id: count,
  leader: link.nullable(),
  replicas: link,
});
export const partitionList = listOf('KafkaPartitionList', partitionBody);

export const replicaBody = resource('KafkaReplica', {
  cluster_id: text,
  topic_name: text,
  partition_id: count,
  broker_id: count,
  is_leader: z.boolean(),
  is_in_sync: z.boolean(),
  broker: link,
});
export const replicaList = listOf('KafkaReplicaList', replicaBody);

export const topicConfigBody = resource('KafkaTopicConfig', {
  cluster_id: text,
  topic_name: text,
  name: text,
  value: text.nullable().describe('null for a sensitive one.'),
  is_default: z.boolean(),
  is_read_only: z.boolean(),
  is_sensitive: z.boolean(),
  source: z.enum([
    'UNKNOWN',
    'DYNAMIC_TOPIC_CONFIG',
    'DYNAMIC_BROKER_CONFIG',
    'DYNAMIC_DEFAULT_BROKER_CONFIG',
    'STATIC_BROKER_CONFIG',
    'DEFAULT_CONFIG',
  ]),
});
export const topicConfigList = listOf('KafkaTopicConfigList', topicConfigBody);

export const groupStates = [
  'UNKNOWN',
  'PREPARING_REBALANCE',
  'COMPLETING_REBALANCE',
  'ASSIGNING',
  'RECONCILING',
  'STABLE',
  'EMPTY',
  'DEAD',
] as const;

export const consumerGroupBody = resource('KafkaConsumerGroup', {
  cluster_id: text,
  consumer_group_id: text,
  is_simple: z.boolean().describe('Only commits offsets, has no members.'),
  partition_assignor: text,
  state: z.enum(groupStates),
  type: z.literal('CLASSIC'),
  coordinator: link,
  consumers: link,
  lags: link,
  lag_summary: link,
});
export const consumerGroupList = listOf('KafkaConsumerGroupList', consumerGroupBody);

export const consumerBody = resource('KafkaConsumer', {
  cluster_id: text,
  consumer_group_id: text,
  consumer_id: text,
  instance_id: text.nullable(),
  client_id: text,
  assignments: link,
});
export const consumerList = listOf('KafkaConsumerList', consumerBody);

export const assignmentBody = resource('KafkaConsumerAssignment', {
  cluster_id: text,
  consumer_group_id: text,
  consumer_id: text,
  topic_name: text,
  partition_id: count,
  partition: link,
});
export const assignmentList = listOf('KafkaConsumerAssignmentList', assignmentBody);

export const lagBody = resource('KafkaConsumerLag', {
  cluster_id: text,
  consumer_group_id: text,
  topic_name: text,
  partition_id: count,
  current_offset: count,
  log_end_offset: z.int(),
  lag: count,
  consumer_id: text.describe('Empty when no member owns the partition.'),
  instance_id: text.nullable(),
  client_id: text,
});
export const lagList = listOf('KafkaConsumerLagList', lagBody);

export const lagSummaryBody = resource('KafkaConsumerGroupLagSummary', {
  cluster_id: text,
  consumer_group_id: text,
  max_lag_consumer_id: text,
  max_lag_instance_id: text.nullable(),
  max_lag_client_id: text,
  max_lag_topic_name: text.nullable().describe('null for a group without committed offsets.'),
  max_lag_partition_id: count.nullable(),
  max_lag: count,
  total_lag: count,
});

const indicatorState = z
  .looseObject({ status: z.enum(['up', 'down']) })
  .meta({ id: 'HealthIndicatorState' });
const indicators = z.record(z.string(), indicatorState);

/** Answer of `/health/…`; with status 503 an error body as well. */
export const healthBody = z
  .object({
    status: z.enum(['ok', 'error']),
    info: indicators.describe('What is up.'),
    error: indicators.describe('What is down.'),
    details: indicators,
    error_code: z.int().optional(),
    message: text.optional(),
  })
  .meta({ id: 'Health' });

export type ClusterBody = z.infer<typeof clusterBody>;
export type BrokerBody = z.infer<typeof brokerBody>;
export type TopicBody = z.infer<typeof topicBody>;
export type NewTopicBody = z.infer<typeof newTopicBody>;
export type PartitionBody = z.infer<typeof partitionBody>;
export type ReplicaBody = z.infer<typeof replicaBody>;
export type TopicConfigBody = z.infer<typeof topicConfigBody>;
export type ConsumerGroupBody = z.infer<typeof consumerGroupBody>;
export type ConsumerBody = z.infer<typeof consumerBody>;
export type AssignmentBody = z.infer<typeof assignmentBody>;
export type LagBody = z.infer<typeof lagBody>;
export type LagSummaryBody = z.infer<typeof lagSummaryBody>;
export type HealthBody = z.infer<typeof healthBody>;
