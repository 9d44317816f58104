// Requests about what belongs to the cluster: client quotas, SCRAM credentials, ACLs, authentication where there is none, all topics.

import type { Draw, Step } from './step.ts';
import type { Body } from './side.ts';
import { keepTopicIds } from './topic-ids.ts';

interface Entity {
  readonly entityType: string;
  readonly entityName: string | null;
}

function entity(draw: Draw): Entity[] {
  const user = { entityType: 'user', entityName: draw.name('u') };
  const client = { entityType: 'client-id', entityName: draw.name('c') };
  return draw.one<Entity[]>(
    [user],
    [user],
    [client],
    [user, client],
    [{ entityType: 'ip', entityName: `10.0.${draw.seed >> 8}.${draw.seed & 255}` }],
    [{ entityType: 'ip', entityName: 'not an address!' }],
    [{ entityType: 'odd', entityName: draw.name('o') }],
    [user, user],
    [user, { entityType: 'ip', entityName: '10.0.0.1' }],
    [{ entityType: 'user', entityName: '' }],
    [],
  );
}

function alterQuotas(draw: Draw): Step {
  const op = {
    key: draw.one(
      'producer_byte_rate',
      'consumer_byte_rate',
      'request_percentage',
      'controller_mutation_rate',
      'connection_creation_rate',
      'odd',
    ),
    value: draw.one(1_000, 1_000, 2_000_000, 0.5, 0, -1),
    remove: draw.one(false, false, true),
  };
  const entry = { entity: entity(draw), ops: draw.one([op], [op], [op], []) };
  const ofAll = { entity: [{ entityType: 'user', entityName: null }], ops: [op] };
  const body = draw.one(
    { entries: [entry], validateOnly: draw.one(false, false, true) },
    { entries: [ofAll], validateOnly: true },
    {
      entries: [entry, { ...entry, ops: [{ ...op, key: 'request_percentage' }] }],
      validateOnly: false,
    },
  );
  return { apiKey: 49, body: () => body, settles: true };
}

function describeQuotas(draw: Draw): Step {
  const user = { entityType: 'user', matchType: 0, match: draw.name('u') };
  const client = { entityType: 'client-id', matchType: 0, match: draw.name('c') };
  const components = draw.one<Body[]>(
    [user],
    [user],
    [client],
    [user, client],
    [{ entityType: 'user', matchType: 2, match: null }],
    [{ entityType: 'client-id', matchType: 2, match: null }],
    [{ entityType: 'user', matchType: 1, match: null }],
    [{ entityType: 'user', matchType: 0, match: null }],
    [{ entityType: 'user', matchType: 1, match: 'x' }],
    [{ entityType: 'user', matchType: 7, match: 'x' }],
    [{ entityType: 'odd', matchType: 0, match: 'x' }],
    [user, user],
    [user, { entityType: 'ip', matchType: 0, match: '10.0.0.1' }],
    [{ entityType: '', matchType: 0, match: 'x' }],
  );
  type Entry = { readonly entity: readonly Entity[] };
  const nameOf = ({ entity: parts }: Entry): string =>
    parts.find(({ entityName }) => entityName !== null)?.entityName ?? '';
  return {
    apiKey: 48,
    body: () => ({ components, strict: draw.one(true, false) }),
    view: (answer) =>
      answer['entries'] === null
        ? answer
        : { ...answer, entries: draw.mine(answer['entries'] as Entry[], nameOf) },
  };
}

function alterScram(draw: Draw): Step {
  const name = draw.one(draw.name('u'), draw.name('u'), draw.name('v'), '');
  const mechanism = draw.one(1, 1, 2, 0, 9);
  const upsertion = {
    name,
    mechanism,
    iterations: draw.one(4_096, 8_192, 4_095, 16_385),
    salt: Buffer.from('salt'),
    saltedPassword: draw.one(Buffer.alloc(32, 7), Buffer.alloc(32, 7), Buffer.alloc(0)),
  };
  const deletion = { name, mechanism };
  const body = draw.one(
    { deletions: [], upsertions: [upsertion] },
    { deletions: [], upsertions: [upsertion] },
    { deletions: [deletion], upsertions: [] },
    { deletions: [deletion], upsertions: [upsertion] },
    { deletions: [deletion, deletion], upsertions: [] },
    { deletions: [], upsertions: [upsertion, upsertion] },
    { deletions: [], upsertions: [] },
  );
  return { apiKey: 51, body: () => body, settles: true };
}

function describeScram(draw: Draw): Step {
  const user = { name: draw.one(draw.name('u'), draw.name('v'), draw.name('gone'), '') };
  const users = draw.one<Body[] | null>([user], [user], [user, user], [], null);
  type Result = { readonly user: string };
  return {
    apiKey: 50,
    body: () => ({ users }),
    view: (answer) => ({
      ...answer,
      results: (answer['results'] as Result[]).filter(
        (result) => users?.length || draw.mine([result], (one) => one.user).length > 0,
      ),
    }),
  };
}

function deleteAcls(): Step {
  const filter = {
    resourceTypeFilter: 2,
    resourceNameFilter: 'x',
    patternTypeFilter: 3,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
  return { apiKey: 31, body: () => ({ filters: [filter] }) };
}

function authenticate(): Step {
  return { apiKey: 36, body: () => ({ authBytes: Buffer.from('\0user\0password') }) };
}

/** Every topic there is; those of other sequences are left out of the comparison. */
function allTopics(draw: Draw): Step {
  type Topic = { readonly name: string };
  const body = {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: draw.one(true, false),
  };
  return {
    apiKey: 3,
    versions: [1, 13],
    body: () => body,
    keep: keepTopicIds,
    view: (answer) => ({
      ...answer,
      topics: draw.mine(answer['topics'] as Topic[], ({ name }) => name),
    }),
  };
}

function noTopics(): Step {
  const body = {
    topics: [],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  };
  return { apiKey: 3, versions: [1, 13], body: () => body };
}

/** By the id the broker gave it. */
function topicById(draw: Draw): Step {
  const name = draw.one(draw.name('a'), draw.name('b'));
  const isAsked = draw.one(true, false);
  return {
    apiKey: 3,
    versions: [12, 13],
    body: (given) => ({
      topics: [{ name: null, topicId: given.get(`id of ${name}`) }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: isAsked,
    }),
  };
}

function deleteById(draw: Draw): Step {
  const name = draw.name('b');
  return {
    apiKey: 20,
    versions: [6, 6],
    settles: true,
    body: (given) => {
      const byId = { name: null, topicId: given.get(`id of ${name}`) };
      return { topics: [byId], topicNames: [], timeoutMs: 10_000 };
    },
  };
}

function brokerConfigs(draw: Draw): Step {
  const resource = {
    resourceType: draw.one(4, 4, 2),
    resourceName: draw.one('1', '1', '9', 'x'),
    configurationKeys: draw.one<string[]>(
      ['log.retention.ms', 'num.partitions', 'message.max.bytes'],
      ['min.insync.replicas', 'auto.create.topics.enable'],
    ),
  };
  const body = { resources: [resource], includeSynonyms: false, includeDocumentation: false };
  return { apiKey: 32, body: () => body };
}

/** Never carried out: what it set would hold for every sequence. */
function alterBroker(draw: Draw): Step {
  const change = draw.one(
    { name: 'message.max.bytes', value: '2000000', configOperation: 0 },
    { name: 'message.max.bytes', value: 'many', configOperation: 0 },
    { name: 'message.max.bytes', value: null, configOperation: 1 },
    { name: 'offsets.topic.num.partitions', value: '7', configOperation: 0 },
    { name: 'message.max.bytes', value: '1', configOperation: 2 },
  );
  const resource = {
    resourceType: 4,
    resourceName: draw.one('1', '', '9', 'x'),
    configs: draw.one([change], [change, change]),
  };
  const body = { resources: [resource], validateOnly: true };
  return { apiKey: 44, body: () => body };
}

/** Those drawn more often stand more often. */
export const clusterSteps = [
  alterQuotas,
  alterQuotas,
  describeQuotas,
  describeQuotas,
  alterScram,
  alterScram,
  describeScram,
  deleteAcls,
  authenticate,
  allTopics,
  noTopics,
  topicById,
  deleteById,
  brokerConfigs,
  alterBroker,
];
