// Shapes of the admin REST API v3 as zod schemas, and the five-digit error codes. The OpenAPI document is generated from them.
// Protects: what leaves and enters `/v3` has one declaration; texts that may exceed 2^53 (config values) stay texts.
// Shapes of records are in rest-records.ts, of ACLs in rest-acls.ts, of stream applications in rest-streams.ts. Leaves out: Avro, JSON
// schema and Protobuf, which need a schema registry.
// The shapes follow what clients of Confluent's REST proxy v3 read; the texts are our own.
// A package entry of its own (`@drave/contracts/rest`), because zod costs 50 ms that a broker without HTTP need not pay.

import { z } from 'zod';
import { count, link, listOf, resource, text } from './rest-shapes.js';

export * from './rest-acls.js';
export * from './rest-browse.js';
export * from './rest-events.js';
export * from './rest-groups.js';
export * from './rest-jobs.js';
export * from './rest-letters.js';
export * from './rest-metrics.js';
export * from './rest-records.js';
export * from './rest-streams.js';
export * from './rest-topics.js';

/** The first three digits are the HTTP status. */
export const restErrorCodes = Object.freeze({
  invalidRequest: 40001,
  refusedByKafka: 40002,
  malformedBody: 40003,
  invalidFilter: 40004,
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
  unknownReassignment: 40411,
  unknownJob: 40412,
  unknownRecord: 40413,
  unknownSnapshot: 40414,
  methodNotAllowed: 40501,
  requestTooSlow: 40801,
  jobNotInState: 40901,
  groupNotEmpty: 40902,
  applicationNotRunning: 40903,
  bodyTooLarge: 41301,
  recordTooLarge: 41302,
  uriTooLong: 41401,
  unsupportedMediaType: 41501,
  needsSchemaRegistry: 42201,
  tooManyRequests: 42901,
  headersTooLarge: 43101,
  internal: 50001,
  kafkaFailed: 50002,
  notReady: 50301,
  brokerUnreachable: 50302,
  notQueryable: 50303,
  ownerUnreachable: 50304,
  jobsUnavailable: 50305,
  timedOut: 50401,
});

export const errorBody = z
  .object({
    error_code: z.int().min(40000).max(59999).describe('HTTP status and two more digits.'),
    message: z.string().describe('What went wrong and what to do.'),
  })
  .meta({ id: 'Error' });

/** Errors under /api/v1, of type application/problem+json (RFC 9457). */
export const problemBody = errorBody
  .extend({
    type: text.describe('urn:drave:error: and the error code.'),
    title: text,
    status: z.int(),
    detail: text.describe('The message again.'),
  })
  .meta({ id: 'Problem' });

export const clusterBody = resource('KafkaCluster', {
  cluster_id: text,
  controller: link.nullable(),
  brokers: link,
  topics: link,
  consumer_groups: link,
  broker_configs: link,
  acls: link,
  partition_reassignments: link,
});
export const clusterList = listOf('KafkaClusterList', clusterBody);

export const brokerBody = resource('KafkaBroker', {
  cluster_id: text,
  broker_id: count,
  host: text,
  port: z.int(),
  rack: text.nullable(),
  configs: link,
  partition_replicas: link,
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
  partition_reassignments: link,
});
export const topicList = listOf('KafkaTopicList', topicBody);

const newConfigValue = z.string({ error: 'a config value is a text, also for numbers: "1000"' });

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
          value: newConfigValue,
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
  reassignment: link,
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

/** Answer of …/partitions/{p}/offset. */
export const partitionOffsetBody = resource('KafkaPartitionOffset', {
  cluster_id: text,
  topic_name: text,
  partition_id: count,
  beginning_offset: count.describe('Of the oldest record that is kept.'),
  end_offset: count.describe('That the next record will get.'),
});

export const reassignmentBody = resource('KafkaReassignment', {
  cluster_id: text,
  topic_name: text,
  partition_id: count,
  adding_replicas: z.array(count),
  removing_replicas: z.array(count),
  replicas: link,
});
export const reassignmentList = listOf('KafkaReassignmentList', reassignmentBody);

/** Body of PATCH …/topics/{t}. */
export const topicChangeBody = z
  .strictObject({
    partitions_count: z.int().min(1).max(2_147_483_647).describe('It only grows.'),
    validate_only: z.boolean().optional(),
  })
  .meta({ id: 'TopicChange' });

const configSource = z.enum([
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
]);

const configValue = text.nullable().describe('A text, for numbers too; null for a sensitive one.');
const configShape = {
  name: text,
  value: configValue,
  is_default: z.boolean(),
  is_read_only: z.boolean(),
  is_sensitive: z.boolean(),
  source: configSource,
  synonyms: z
    .array(z.object({ name: text, value: text.nullable(), source: configSource }))
    .describe('Where the value comes from; the first one counts.'),
};

export const topicConfigBody = resource('KafkaTopicConfig', {
  cluster_id: text,
  topic_name: text,
  ...configShape,
});
export const topicConfigList = listOf('KafkaTopicConfigList', topicConfigBody);

export const brokerConfigBody = resource('KafkaBrokerConfig', {
  cluster_id: text,
  broker_id: count,
  ...configShape,
});
export const brokerConfigList = listOf('KafkaBrokerConfigList', brokerConfigBody);

/** Set for all brokers. */
export const clusterConfigBody = resource('KafkaClusterConfig', {
  cluster_id: text,
  config_type: z.literal('BROKER'),
  ...configShape,
});
export const clusterConfigList = listOf('KafkaClusterConfigList', clusterConfigBody);

/** Body of PUT …/configs/{name}. */
export const configUpdateBody = z
  .strictObject({ value: newConfigValue.nullable().describe('null goes back to the default.') })
  .meta({ id: 'ConfigUpdate' });

/** Body of POST …/configs:alter. */
export const configsAlterBody = z
  .strictObject({
    data: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          value: newConfigValue.nullable().optional(),
          operation: z.enum(['SET', 'DELETE']).optional(),
        }),
      )
      .min(1)
      .max(1000),
    validate_only: z.boolean().optional(),
  })
  .meta({ id: 'ConfigsAlter' });

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
  type: z.enum(['CLASSIC', 'CONSUMER']),
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
export type PartitionOffsetBody = z.infer<typeof partitionOffsetBody>;
export type ReassignmentBody = z.infer<typeof reassignmentBody>;
export type TopicChangeBody = z.infer<typeof topicChangeBody>;
export type BrokerConfigBody = z.infer<typeof brokerConfigBody>;
export type ClusterConfigBody = z.infer<typeof clusterConfigBody>;
export type ConfigUpdateBody = z.infer<typeof configUpdateBody>;
export type ConfigsAlterBody = z.infer<typeof configsAlterBody>;
export type TopicConfigBody = z.infer<typeof topicConfigBody>;
export type ConsumerGroupBody = z.infer<typeof consumerGroupBody>;
export type ConsumerBody = z.infer<typeof consumerBody>;
export type AssignmentBody = z.infer<typeof assignmentBody>;
export type LagBody = z.infer<typeof lagBody>;
export type LagSummaryBody = z.infer<typeof lagSummaryBody>;
export type HealthBody = z.infer<typeof healthBody>;
