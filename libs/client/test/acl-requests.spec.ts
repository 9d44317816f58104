// Against a scripted broker, because Drave's own has no authorizer yet.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaClient, type Acl, type Admin } from '../src/index.js';
import { allVersions, FakeBroker } from './fake-broker.js';

const acl: Acl = {
  resourceType: 'TOPIC',
  resourceName: 'flights',
  patternType: 'PREFIXED',
  principal: 'User:alice',
  host: '*',
  operation: 'DESCRIBE_CONFIGS',
  permission: 'ALLOW',
};
const coded = { resourceType: 2, resourceName: 'flights', patternType: 4 };
const rule = { principal: 'User:alice', host: '*', operation: 10, permissionType: 3 };
const fine = { errorCode: 0, errorMessage: null };

let broker: FakeBroker;
let client: KafkaClient;
let admin: Admin;
let deletion: { errorCode: number; errorMessage: string | null };

beforeEach(async () => {
  deletion = fine;
  broker = await FakeBroker.start((request) => {
    switch (request.header.apiKey) {
      case ApiKey.apiVersions:
        return request.reply(ApiKey.apiVersions, allVersions());
      case ApiKey.describeAcls:
        return request.reply(ApiKey.describeAcls, {
          throttleTimeMs: 0,
          ...fine,
          resources: [{ ...coded, acls: [rule, { ...rule, operation: 99 }] }],
        });
      case ApiKey.createAcls:
        return request.reply(ApiKey.createAcls, {
          throttleTimeMs: 0,
          results: [fine, { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'no' }],
        });
      default:
        return request.reply(ApiKey.deleteAcls, {
          throttleTimeMs: 0,
          filterResults: [{ ...fine, matchingAcls: [{ ...deletion, ...coded, ...rule }] }],
        });
    }
  });
  const { platform, port } = broker;
  client = new KafkaClient({ platform, brokers: [`127.0.0.1:${port}`], apiTimeoutMs: 1 });
  admin = client.admin();
});

afterEach(async () => {
  await client.close();
  await broker.stop();
});

const sent = (): unknown => broker.requests.at(-1)?.body;

describe('ACLs', () => {
  it('are listed by name, unknown ones too, all without a filter', async () => {
    expect(await admin.describeAcls()).toEqual([acl, { ...acl, operation: 'UNKNOWN' }]);
    expect(sent()).toMatchObject({
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      operation: 1,
      permissionType: 1,
    });
    await admin.describeAcls({ resourceType: 'GROUP', permission: 'DENY', host: 'h' });
    expect(sent()).toMatchObject({ resourceTypeFilter: 3, permissionType: 2, hostFilter: 'h' });
  });

  it('are created by number, and fail with the first error', async () => {
    await expect(admin.createAcls([acl, acl])).rejects.toThrow(/INVALID_REQUEST.*|no/);
    const creation = { resourceType: 2, resourcePatternType: 4, ...rule };
    expect(sent()).toMatchObject({ creations: [creation, creation] });
  });

  it('are told when deleted, unless one could not be', async () => {
    expect(await admin.deleteAcls({ resourceName: 'flights' })).toEqual([acl]);
    expect(sent()).toMatchObject({ filters: [{ resourceNameFilter: 'flights', operation: 1 }] });
    deletion = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'off' };
    await expect(admin.deleteAcls(acl)).rejects.toMatchObject({ errorName: 'SECURITY_DISABLED' });
  });
});
