// Our codecs against @platformatic/kafka's: its request writers → our decoder, our response encoder → its parsers, for every key
// and version both know, on random values. Its argument lists and fixed fields are spelled out here; what it cannot write or read
// is pinned to the value it stands for.

import { Reader as ForeignReader } from '@platformatic/kafka';
import * as foreignModules from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeroUuid } from '../src/codegen/emit.js';
import { type FieldModel, type StructModel } from '../src/codegen/model.js';
import {
  ApiKey,
  type KnownApiKey,
  RecordBatchView,
  buildBatch,
  decodeRequestBody,
  encodeResponse,
} from '../src/index.js';
import { type MessageCase, type Value, messageCases, messageValue } from './message-values.js';

interface ForeignWriter {
  readonly buffer: Buffer;
}

interface ForeignApi {
  readonly createRequest: (...args: unknown[]) => ForeignWriter;
  readonly parseResponse: (
    correlationId: number,
    apiKey: number,
    apiVersion: number,
    reader: unknown,
  ) => unknown;
}

/** Positional arguments of its request writers, from our value in its number types. */
const requestArguments: Record<string, (v: Value, version: number) => unknown[]> = {
  fetch: (v, version) => [
    ...pick(v, 'maxWaitMs', 'minBytes', 'maxBytes', 'isolationLevel', 'sessionId', 'sessionEpoch'),
    topicsAsIds(v['topics'] as Value[], version),
    topicsAsIds(v['forgottenTopicsData'] as Value[], version),
    v['rackId'],
  ],
  listOffsets: (v) => pick(v, 'replicaId', 'isolationLevel', 'topics'),
  metadata: (v) => [
    ...pick(v, 'topics', 'allowAutoTopicCreation', 'includeTopicAuthorizedOperations'),
    v['includeClusterAuthorizedOperations'],
  ],
  offsetCommit: (v) => [
    ...pick(v, 'groupId', 'generationIdOrMemberEpoch', 'memberId', 'groupInstanceId', 'topics'),
  ],
  offsetFetch: (v, version) => [
    version >= 8 ? v['groups'] : [{ groupId: v['groupId'], topics: v['topics'] }],
    v['requireStable'],
  ],
  findCoordinator: (v, version) => [v['keyType'], version >= 4 ? v['coordinatorKeys'] : [v['key']]],
  joinGroup: (v) => [
    ...pick(v, 'groupId', 'sessionTimeoutMs', 'rebalanceTimeoutMs', 'memberId'),
    ...pick(v, 'groupInstanceId', 'protocolType', 'protocols', 'reason'),
  ],
  heartbeat: (v) => pick(v, 'groupId', 'generationId', 'memberId', 'groupInstanceId'),
  leaveGroup: (v, version) => [
    v['groupId'],
    version >= 3 ? v['members'] : [{ memberId: v['memberId'] }],
  ],
  syncGroup: (v) => [
    ...pick(v, 'groupId', 'generationId', 'memberId', 'groupInstanceId'),
    ...pick(v, 'protocolType', 'protocolName', 'assignments'),
  ],
  describeGroups: (v) => pick(v, 'groups', 'includeAuthorizedOperations'),
  listGroups: (v) => pick(v, 'statesFilter', 'typesFilter'),
  saslHandshake: (v) => pick(v, 'mechanism'),
  apiVersions: (v) => pick(v, 'clientSoftwareName', 'clientSoftwareVersion'),
  createTopics: (v) => pick(v, 'topics', 'timeoutMs', 'validateOnly'),
  deleteTopics: (v, version) => [
    version >= 6 ? v['topics'] : (v['topicNames'] as string[]).map((name) => ({ name })),
    v['timeoutMs'],
  ],
  deleteRecords: (v) => pick(v, 'topics', 'timeoutMs'),
  initProducerId: (v) => [
    ...pick(v, 'transactionalId', 'transactionTimeoutMs', 'producerId', 'producerEpoch'),
  ],
  offsetForLeaderEpoch: (v) => pick(v, 'replicaId', 'topics'),
  addPartitionsToTxn: (v) => [
    [
      {
        transactionalId: v['v3AndBelowTransactionalId'],
        producerId: v['v3AndBelowProducerId'],
        producerEpoch: v['v3AndBelowProducerEpoch'],
        topics: v['v3AndBelowTopics'],
      },
    ],
  ],
  addOffsetsToTxn: (v) => pick(v, 'transactionalId', 'producerId', 'producerEpoch', 'groupId'),
  endTxn: (v) => pick(v, 'transactionalId', 'producerId', 'producerEpoch', 'committed'),
  txnOffsetCommit: (v) => [
    ...pick(v, 'transactionalId', 'groupId', 'producerId', 'producerEpoch'),
    ...pick(v, 'generationId', 'memberId', 'groupInstanceId', 'topics'),
  ],
  describeAcls: (v) => [
    {
      resourceType: v['resourceTypeFilter'],
      resourceName: v['resourceNameFilter'],
      resourcePatternType: v['patternTypeFilter'],
      principal: v['principalFilter'],
      host: v['hostFilter'],
      operation: v['operation'],
      permissionType: v['permissionType'],
    },
  ],
  createAcls: (v) => pick(v, 'creations'),
  deleteAcls: (v) => [
    (v['filters'] as Value[]).map((filter) => ({
      ...filter,
      resourceType: filter['resourceTypeFilter'],
      resourceName: filter['resourceNameFilter'],
      resourcePatternType: filter['patternTypeFilter'],
      principal: filter['principalFilter'],
      host: filter['hostFilter'],
    })),
  ],
  describeConfigs: (v) => pick(v, 'resources', 'includeSynonyms', 'includeDocumentation'),
  alterConfigs: (v) => pick(v, 'resources', 'validateOnly'),
  describeLogDirs: (v) => pick(v, 'topics'),
  saslAuthenticate: (v) => pick(v, 'authBytes'),
  createPartitions: (v) => pick(v, 'topics', 'timeoutMs', 'validateOnly'),
  deleteGroups: (v) => pick(v, 'groupsNames'),
  incrementalAlterConfigs: (v) => pick(v, 'resources', 'validateOnly'),
  alterPartitionReassignments: (v) => [v['timeoutMs'], true, v['topics']],
  listPartitionReassignments: (v) => pick(v, 'timeoutMs', 'topics'),
  offsetDelete: (v) => pick(v, 'groupId', 'topics'),
  describeClientQuotas: (v) => pick(v, 'components', 'strict'),
  alterClientQuotas: (v) => pick(v, 'entries', 'validateOnly'),
  describeUserScramCredentials: (v) => pick(v, 'users'),
  alterUserScramCredentials: (v) => pick(v, 'deletions', 'upsertions'),
  describeCluster: (v) => pick(v, 'includeClusterAuthorizedOperations', 'endpointType'),
  describeProducers: (v) => pick(v, 'topics'),
  describeTransactions: (v) => pick(v, 'transactionalIds'),
  consumerGroupHeartbeat: (v) => [
    ...pick(v, 'groupId', 'memberId', 'memberEpoch', 'instanceId', 'rackId', 'rebalanceTimeoutMs'),
    v['subscribedTopicNames'],
    v['subscribedTopicRegex'],
    ...pick(v, 'serverAssignor', 'topicPartitions'),
  ],
  consumerGroupDescribe: (v) => pick(v, 'groupIds', 'includeAuthorizedOperations'),
  listTransactions: (v) => pick(v, 'stateFilters', 'producerIdFilters', 'durationFilter'),
};

/** It calls names ids below version 13, too. */
function topicsAsIds(topics: readonly Value[], version: number): readonly Value[] {
  return version >= 13 ? topics : topics.map((topic) => ({ ...topic, topicId: topic['topic'] }));
}

/** Our field name → its name, where they differ. */
const aliases: Record<string, readonly string[]> = {
  topic: ['topicId', 'name'],
  generationIdOrMemberEpoch: ['generationId'],
  partition: ['partitionIndex'],
  entity: ['entities'],
  patternType: ['resourcePatternType'],
};

/** Fields its request writers fix or restrict, by `api.field`. */
const pinned: Record<string, fc.Arbitrary<unknown>> = {
  'fetch.replicaId': fc.constant(-1),
  'fetch.clusterId': fc.constant(null),
  'fetch.logStartOffset': fc.constant(-1),
  'fetch.replicaEpoch': fc.constant(-1),
  'offsetCommit.retentionTimeMs': fc.constant(-1),
  'listGroups.typesFilter': fc.constantFrom('classic', 'consumer', 'share', 'streams'),
};

/** As in Kafka, Metadata asks by name below version 12. */
const metadataByName: typeof pinned = {
  'metadata.topicId': fc.constant(zeroUuid),
  'metadata.name': fc.string(),
};

/** Tagged fields its parsers skip. */
const skipped = new Set([
  'createTopics v5 topicConfigErrorCode',
  'createTopics v6 topicConfigErrorCode',
]);

const batch = buildBatch(
  [{ key: null, value: Buffer.from('value'), headers: [], timestamp: 1_700_000_000_000 }],
  {},
);

describe('request writers of @platformatic/kafka', () => {
  it.each(casesOf('request'))('$title decodes to what was written', (messageCase) => {
    const { model, version } = messageCase;
    const foreign = foreignApi(messageCase) as ForeignApi;
    const toArguments = requestArguments[model.name];
    expect(toArguments, `arguments of ${model.name}`).toBeDefined();
    const values = messageValue(model.request, version, {
      override: (field) => {
        const path = `${model.name}.${field.name}`;
        return (version < 12 ? metadataByName[path] : undefined) ?? pinned[path];
      },
    });
    fc.assert(
      fc.property(values, (value) => {
        const args = toArguments?.(toForeign(model.request, value), version) ?? [];
        const body = Buffer.from(foreign.createRequest(...args).buffer);
        expect(decodeRequestBody(model.key as KnownApiKey, version, body, 0)).toEqual(value);
      }),
      { numRuns: 20 },
    );
  });
});

describe('Produce requests of @platformatic/kafka', () => {
  const cases = messageCases.filter((c) => c.model.name === 'produce' && c.direction === 'request');

  it.each(cases)('$title decodes to its topics, partitions and batches', (messageCase) => {
    const { version } = messageCase;
    const foreign = foreignApi(messageCase) as ForeignApi;
    const message = fc.record({
      topic: fc.constantFrom('a', 'b', 'topic-ü'),
      partition: fc.nat(3),
      key: fc.constant(Buffer.from('key')),
      value: fc.uint8Array({ maxLength: 900, size: 'max' }).map((bytes) => Buffer.from(bytes)),
    });
    const transactionalId = fc.option(fc.string());
    const values = fc.tuple(fc.array(message, { minLength: 1, maxLength: 8 }), transactionalId);
    fc.assert(
      fc.property(values, fc.constantFrom(-1, 0, 1), ([messages, transactionalId], acks) => {
        const args = [acks, 1500, messages, { compression: 'none', transactionalId }];
        const body = Buffer.from(foreign.createRequest(...args).buffer);
        const request = decodeRequestBody(ApiKey.produce, version, body, 0);
        expect(request).toMatchObject({ transactionalId, acks, timeoutMs: 1500 });
        const found = request.topicData.flatMap(({ name, partitionData }) =>
          partitionData.flatMap(({ index, records }) =>
            new RecordBatchView(records ?? Buffer.alloc(0))
              .records()
              .map(({ value }) => `${name} ${index} ${value?.toString('hex')}`),
          ),
        );
        const sent = messages.map((m) => `${m.topic} ${m.partition} ${m.value.toString('hex')}`);
        expect(found.sort()).toEqual(sent.sort());
      }),
      { numRuns: 20 },
    );
  });
});

describe('response parsers of @platformatic/kafka', () => {
  it.each(casesOf('response'))('$title reads what we encode', (messageCase) => {
    const { model, version } = messageCase;
    const foreign = foreignApi(messageCase) as ForeignApi;
    const values = messageValue(model.response, version, {
      override: (field) => responseArbitrary(field, model.name),
    });
    fc.assert(
      fc.property(values, (value) => {
        const frame = Buffer.concat(
          encodeResponse(model.key as KnownApiKey, version, 5, value as never),
        );
        const hasTags = version >= (model.flexibleFrom ?? Infinity) && model.name !== 'apiVersions';
        const body = frame.subarray(hasTags ? 9 : 8);
        const parsed = unfolded(model.name, version, parse(foreign, model.key, version, body));
        expectSame(model.response, version, value, parsed, `${model.name} v${version}`);
      }),
      { numRuns: 20 },
    );
  });
});

function casesOf(direction: 'request' | 'response'): MessageCase[] {
  return messageCases.filter(
    (c) =>
      c.direction === direction &&
      foreignApi(c) &&
      (direction === 'response' || c.model.name !== 'produce'),
  );
}

function foreignApi({ model, version }: MessageCase): ForeignApi | undefined {
  return (foreignModules as Record<string, unknown>)[`${model.name}V${version}`] as
    ForeignApi | undefined;
}

function pick(value: Value, ...names: string[]): unknown[] {
  return names.map((name) => value[name]);
}

/** Its record parser wants real batches, its errors known codes, and ApiVersions with an error it does not read on. */
function responseArbitrary(field: FieldModel, api: string): fc.Arbitrary<unknown> | undefined {
  if (api === 'apiVersions' && field.name === 'errorCode') return fc.constant(0);
  if (field.type === 'records') return fc.constantFrom(null, Buffer.alloc(0), batch);
  return /errorCode$/i.test(field.name) ? fc.constantFrom(0, 0, 3, 27) : undefined;
}

/** int64 as BigInt, and each field under its foreign names too. */
function toForeign(struct: StructModel, value: Value): Value {
  const result: Value = {};
  for (const field of struct.fields) {
    const converted = mapElements(field, value[field.name]);
    for (const name of [field.name, ...(aliases[field.name] ?? [])]) result[name] = converted;
  }
  return result;
}

function mapElements(field: FieldModel, value: unknown): unknown {
  if (value === null) return null;
  if (field.isArray)
    return (value as unknown[]).map((v) => mapElements({ ...field, isArray: false }, v));
  if (field.type === 'int64') return BigInt(value as number);
  return field.struct ? toForeign(field.struct, value as Value) : value;
}

/** Its parsers throw when any error code is set; the error carries what was read. */
function parse(foreign: ForeignApi, apiKey: number, version: number, body: Buffer): unknown {
  try {
    return foreign.parseResponse(5, apiKey, version, ForeignReader.from(body));
  } catch (error) {
    if (error instanceof Error && 'response' in error) return error.response;
    throw error;
  }
}

/** It shows old single-result answers in the form of the newer versions. */
function unfolded(api: string, version: number, parsed: unknown): unknown {
  const value = parsed as Record<string, Value[]>;
  if (api === 'findCoordinator' && version < 4) return { ...value, ...value['coordinators']?.[0] };
  if (api !== 'addPartitionsToTxn') return parsed;
  const topics = value['resultsByTransaction']?.[0]?.['topicResults'];
  return { ...value, resultsByTopicV3AndBelow: topics };
}

function expectSame(
  struct: StructModel,
  version: number,
  ours: Value,
  theirs: unknown,
  title: string,
): void {
  for (const field of struct.fields) {
    if (version < field.versions.min || version > field.versions.max) continue;
    const name = [field.name, ...(aliases[field.name] ?? [])].find((n) => n in (theirs as Value));
    const here = `${title} ${field.name}`;
    if (skipped.has(here)) continue;
    expect(name, here).toBeDefined();
    const mine = ours[field.name];
    const other = (theirs as Value)[name ?? ''];
    if (field.type === 'records') expectSameRecords(mine, other, here);
    else if (!field.isArray) expectSameElement(field, version, mine, other, title);
    else if (mine === null) expect(other, here).toBeNull();
    else {
      expect(other, here).toHaveLength((mine as unknown[]).length);
      for (const [i, element] of (mine as unknown[]).entries())
        expectSameElement(field, version, element, (other as unknown[])[i], title);
    }
  }
}

function expectSameElement(
  field: FieldModel,
  version: number,
  mine: unknown,
  other: unknown,
  title: string,
): void {
  if (field.struct && mine !== null) {
    expectSame(field.struct, version, mine as Value, other, title);
    return;
  }
  const plain = typeof other === 'bigint' ? Number(other) : other;
  expect(plain, `${title} ${field.name}`).toEqual(mine);
}

function expectSameRecords(mine: unknown, other: unknown, path: string): void {
  if (mine === null) expect(other, path).toBeNull();
  else expect((other as unknown[]).length > 0, path).toBe((mine as Buffer).length > 0);
}
