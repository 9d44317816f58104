// Names that must not become a path, a prototype or another topic. Source: reliability design, hostile inputs 7 (wire only).

import { ErrorCode } from '@drave/contracts';
import { ApiKey, decodeResponse } from '@drave/protocol';
import { request, type HostileCase } from './hostile-case.ts';

const illegal: readonly string[] = [
  '',
  '.',
  '..',
  '/',
  '\\',
  'a/b',
  'a\\b',
  '../../etc/passwd',
  '..\\..\\x',
  '/tmp/x',
  'C:\\x',
  'a\0b',
  '\0',
  '%2e%2e',
  '%00',
  'a b',
  ' ',
  '\t',
  '\n',
  'a\r\nb',
  'ä',
  'аdmin',
  '‥',
  '．．',
  'a:b',
  'a*b',
  'a?b',
  'a"b',
  'a<b',
  'a>b',
  'a|b',
  'a;b',
  "a'b",
  'a`b',
  '$(id)',
  '${x}',
  '{{x}}',
  '~',
  '~root',
  'a,b',
  'a@b',
  'a#b',
  'a=b',
  'a+b',
  '\u202egnp',
  '😀',
  'x'.repeat(250),
  'x'.repeat(32_767),
  '\ufeffa',
  'a\u200bb',
];

/** Legal, however odd they look. */
const legal: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'prototype',
  '-',
  '_',
  '...',
  '-rf',
  '.hidden',
  'CON',
  'NUL',
  'aux.txt',
  'a.b',
  '0',
  '-1',
  'x'.repeat(249),
  'null',
  'undefined',
  'true',
  'NaN',
];

const zeroId = '00000000-0000-0000-0000-000000000000';

/** Each name through every API that takes one. */
export function* nameCases(): Generator<HostileCase> {
  for (const name of illegal) {
    yield created(name, ErrorCode.INVALID_TOPIC_EXCEPTION);
    yield described(name, true);
  }
  for (const name of legal) {
    yield created(name, 0);
    yield described(name, false);
  }
  for (const name of [...illegal, ...legal]) yield* asGroup(name);
  yield created('a_b', ErrorCode.INVALID_TOPIC_EXCEPTION);
}

function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 8)}… (${name.length})` : name);
}

function created(name: string, wanted: number): HostileCase {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  return {
    family: 'name',
    name: `CreateTopics ${shown(name)}`,
    bytes: request(ApiKey.createTopics, 5, {
      topics: [topic],
      timeoutMs: 5_000,
      validateOnly: false,
    }),
    expect: 'answered',
    check: (answer) => {
      const { body } = decodeResponse(ApiKey.createTopics, 5, answer);
      const code = body.topics[0]?.errorCode;
      return code === wanted ? undefined : `answered ${code}, not ${wanted}`;
    },
  };
}

function described(name: string, isIllegal: boolean): HostileCase {
  return {
    family: 'name',
    name: `Metadata ${shown(name)}`,
    bytes: request(ApiKey.metadata, 9, {
      topics: [{ topicId: zeroId, name }],
      allowAutoTopicCreation: true,
    }),
    expect: 'answered',
    check: (answer) => {
      const { body } = decodeResponse(ApiKey.metadata, 9, answer);
      const code = body.topics[0]?.errorCode;
      if (isIllegal)
        return code === ErrorCode.INVALID_TOPIC_EXCEPTION ? undefined : `answered ${code}`;
      return code === 0 ? undefined : `answered ${code}`;
    },
  };
}

// A group may have any name; it must only not hurt.
function* asGroup(name: string): Generator<HostileCase> {
  const family = 'name';
  yield {
    family,
    name: `OffsetCommit ${shown(name)}`,
    bytes: request(ApiKey.offsetCommit, 8, {
      groupId: name,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        {
          name,
          partitions: [
            { partitionIndex: 0, committedOffset: 1, committedMetadata: name.slice(0, 100) },
          ],
        },
      ],
    }),
    expect: 'answered',
  };
  yield {
    family,
    name: `FindCoordinator ${shown(name)}`,
    bytes: request(ApiKey.findCoordinator, 3, { key: name, keyType: 0 }),
    expect: 'answered',
  };
  yield {
    family,
    name: `DescribeGroups ${shown(name)}`,
    bytes: request(ApiKey.describeGroups, 5, { groups: [name] }),
    expect: 'answered',
  };
  yield {
    family,
    name: `DescribeConfigs ${shown(name)}`,
    bytes: request(ApiKey.describeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: name, configurationKeys: [name] }],
    }),
    expect: 'answered',
  };
}
