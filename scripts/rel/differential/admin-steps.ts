// Requests about topics, settings and the cluster, sound and refused.

import type { Draw, Step } from './step.ts';
import type { Body } from './side.ts';
import { zeroId } from './topic-ids.ts';

const foreignId = '11111111-2222-3333-4444-555555555555';

function config(draw: Draw): { name: string; value: string | null } {
  return draw.one(
    { name: 'retention.ms', value: '60000' },
    { name: 'retention.ms', value: '-1' },
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'max.message.bytes', value: '2000' },
    { name: 'retention.ms', value: 'soon' },
    { name: 'cleanup.policy', value: 'burn' },
    { name: 'min.insync.replicas', value: '0' },
    { name: 'no.such.setting', value: '1' },
    { name: 'segment.bytes', value: '10485760' },
    { name: 'message.timestamp.type', value: 'CreateTime' },
  );
}

function createTopics(draw: Draw): Step {
  const topic = {
    name: draw.one(
      draw.name('b'),
      draw.name('c'),
      draw.name('d'),
      draw.name('e'),
      '',
      '..',
      'a/b',
      'x'.repeat(250),
      '__consumer_offsets',
    ),
    numPartitions: draw.one(1, 2, -1, 0, -2),
    replicationFactor: draw.one(1, 1, -1, 0, 3),
    assignments: draw.one<Body[]>(
      [],
      [],
      [],
      [{ partitionIndex: 0, brokerIds: [1] }],
      [{ partitionIndex: 1, brokerIds: [1] }],
      [{ partitionIndex: 0, brokerIds: [9] }],
    ),
    configs: draw.one([], [], [config(draw)]),
  };
  const topics = draw.one([topic], [topic], [topic], [topic, topic], []);
  const body = { topics, timeoutMs: 10_000, validateOnly: draw.one(false, false, true) };
  return { apiKey: 19, body: () => body, settles: true };
}

function deleteTopics(draw: Draw): Step {
  const name = draw.one(draw.name('c'), draw.name('d'), draw.name('e'), draw.name('gone'), '');
  const topics = draw.one(
    [{ name, topicId: zeroId }],
    [{ name, topicId: zeroId }],
    [{ name: null, topicId: foreignId }],
  );
  return {
    apiKey: 20,
    body: () => ({ topics, topicNames: [name], timeoutMs: 10_000 }),
    settles: true,
  };
}

function metadata(draw: Draw): Step {
  const name = draw.one(
    draw.name('a'),
    draw.name('b'),
    draw.name('c'),
    draw.name('gone'),
    '',
    'a/b',
  );
  const isById = draw.one(false, false, false, true);
  const topic = isById
    ? { topicId: draw.one(foreignId, zeroId), name: null }
    : { topicId: zeroId, name };
  const body = {
    topics: [topic],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: draw.one(true, false),
    includeTopicAuthorizedOperations: draw.one(true, false),
  };
  return { apiKey: 3, body: () => body, ...(isById ? { versions: [10, 12] as const } : {}) };
}

function describeConfigs(draw: Draw): Step {
  const keys = [
    'retention.ms',
    'cleanup.policy',
    'max.message.bytes',
    'min.insync.replicas',
    'segment.bytes',
    'no.such.setting',
  ];
  const resource = {
    resourceType: draw.one(2, 2, 2, 2, 0, 99),
    resourceName: draw.one(draw.name('a'), draw.name('b'), draw.name('gone'), '', 'a/b'),
    configurationKeys: draw.one(keys, keys, [], null),
  };
  const body = {
    resources: [resource],
    includeSynonyms: draw.one(true, false),
    includeDocumentation: false,
  };
  return { apiKey: 32, body: () => body };
}

function alterConfigs(draw: Draw): Step {
  const resource = {
    resourceType: draw.one(2, 2, 2, 0),
    resourceName: draw.one(draw.name('b'), draw.name('b'), draw.name('c'), draw.name('gone'), ''),
    configs: draw.one([], [config(draw)], [config(draw)]),
  };
  const body = {
    resources: [resource],
    validateOnly: draw.one(false, true),
  };
  return { apiKey: 33, body: () => body, settles: true };
}

function incrementalAlterConfigs(draw: Draw): Step {
  const change = { ...config(draw), configOperation: draw.one(0, 0, 1, 2, 3, 9) };
  const resource = {
    resourceType: draw.one(2, 2, 2, 0),
    resourceName: draw.one(draw.name('b'), draw.name('b'), draw.name('c'), draw.name('gone'), ''),
    configs: draw.one([change], [change], [change, change], []),
  };
  const body = {
    resources: draw.one([resource], [resource], [resource, resource]),
    validateOnly: draw.one(false, true),
  };
  return { apiKey: 44, body: () => body, settles: true };
}

function createPartitions(draw: Draw): Step {
  const topic = {
    name: draw.one(draw.name('b'), draw.name('c'), draw.name('gone'), ''),
    count: draw.one(2, 3, 1, 0, -1),
    assignments: draw.one<Body[] | null>(
      null,
      null,
      [{ brokerIds: [1] }],
      [{ brokerIds: [9] }],
      [],
    ),
  };
  const body = {
    topics: draw.one([topic], [topic], [topic, topic]),
    timeoutMs: 10_000,
    validateOnly: draw.one(false, true),
  };
  return { apiKey: 37, body: () => body, settles: true };
}

function electLeaders(draw: Draw): Step {
  const body = {
    electionType: draw.one(0, 1, 5),
    topicPartitions: [{ topic: draw.topic(), partitions: [draw.partition()] }],
    timeoutMs: 5_000,
  };
  return { apiKey: 43, body: () => body };
}

function reassign(draw: Draw): Step {
  const partitions = [
    {
      partitionIndex: draw.partition(),
      replicas: draw.one<number[] | null>(null, [1], [9], [], [1, 1]),
    },
  ];
  const topics = [{ name: draw.topic(), partitions }];
  return { apiKey: 45, body: () => ({ timeoutMs: 5_000, topics }) };
}

function listReassignments(draw: Draw): Step {
  const topics = [{ name: draw.topic(), partitionIndexes: [draw.partition()] }];
  return { apiKey: 46, body: () => ({ timeoutMs: 5_000, topics }) };
}

function describeLogDirs(draw: Draw): Step {
  const topics = [{ topic: draw.topic(), partitions: [draw.partition()] }];
  return { apiKey: 35, body: () => ({ topics }) };
}

function describeCluster(draw: Draw): Step {
  const body = {
    includeClusterAuthorizedOperations: draw.one(true, false),
    endpointType: draw.one(1, 1, 2, 9),
    includeFencedBrokers: false,
  };
  return { apiKey: 60, body: () => body };
}

function describeAcls(): Step {
  const body = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
  return { apiKey: 29, body: () => body };
}

function createAcls(draw: Draw): Step {
  const creation = {
    resourceType: 2,
    resourceName: draw.name('a'),
    resourcePatternType: 3,
    principal: 'User:x',
    host: '*',
    operation: 3,
    permissionType: 3,
  };
  const body = { creations: [creation] };
  return { apiKey: 30, body: () => body };
}

function apiVersions(draw: Draw): Step {
  const body = {
    clientSoftwareName: draw.one('oracle', '', '-x', 'a b'),
    clientSoftwareVersion: draw.one('1.0', ''),
  };
  return {
    apiKey: 18,
    body: () => body,
  };
}

function saslHandshake(draw: Draw): Step {
  const mechanism = draw.one('PLAIN', 'NONE');
  return { apiKey: 17, body: () => ({ mechanism }) };
}

/** Those drawn more often stand more often. */
export const adminSteps = [
  createTopics,
  createTopics,
  deleteTopics,
  metadata,
  metadata,
  describeConfigs,
  alterConfigs,
  incrementalAlterConfigs,
  createPartitions,
  electLeaders,
  reassign,
  listReassignments,
  describeLogDirs,
  describeCluster,
  describeAcls,
  createAcls,
  apiVersions,
  saslHandshake,
];
