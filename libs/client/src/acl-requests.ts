// ACLs over the wire: describe, create, delete, by Kafka's names. Protects: each answer's own error counts; a broker without an
// authorizer rejects with SECURITY_DISABLED. Leaves out: caching, judging.

import { ErrorCode, KafkaError } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';

/** In the order of Kafka's numbers. */
export const aclResourceTypes = Object.freeze([
  ...(['UNKNOWN', 'ANY', 'TOPIC', 'GROUP', 'CLUSTER'] as const),
  ...(['TRANSACTIONAL_ID', 'DELEGATION_TOKEN', 'USER'] as const),
]);
export const aclPatternTypes = Object.freeze([
  ...(['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const),
]);
export const aclOperations = Object.freeze([
  ...(['UNKNOWN', 'ANY', 'ALL', 'READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER'] as const),
  ...(['DESCRIBE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'] as const),
  ...(['IDEMPOTENT_WRITE', 'CREATE_TOKENS', 'DESCRIBE_TOKENS'] as const),
]);
export const aclPermissions = Object.freeze([...(['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const)]);

export interface Acl {
  readonly resourceType: (typeof aclResourceTypes)[number];
  readonly resourceName: string;
  readonly patternType: (typeof aclPatternTypes)[number];
  readonly principal: string;
  readonly host: string;
  readonly operation: (typeof aclOperations)[number];
  readonly permission: (typeof aclPermissions)[number];
}

/** What is absent matches everything. */
export type AclFilter = { readonly [Field in keyof Acl]?: Acl[Field] | undefined };

export async function describeAcls(
  cluster: Cluster,
  lane: Lane,
  filter: AclFilter,
): Promise<Acl[]> {
  const response = await cluster.retry(() =>
    cluster.request({ nodeId: 'any', lane }, ApiKey.describeAcls, filterOf(filter)),
  );
  throwUnlessFine(response, 'cannot list ACLs');
  return response.resources.flatMap((resource) =>
    resource.acls.map((acl) => aclOf({ ...resource, ...acl })),
  );
}

/** Rejects with the first one's error; the others may then exist. */
export async function createAcls(
  cluster: Cluster,
  lane: Lane,
  acls: readonly Acl[],
): Promise<void> {
  const response = await cluster.retry(() =>
    cluster.request({ nodeId: 'any', lane }, ApiKey.createAcls, {
      creations: acls.map((acl) => ({
        resourceType: aclResourceTypes.indexOf(acl.resourceType),
        resourceName: acl.resourceName,
        resourcePatternType: aclPatternTypes.indexOf(acl.patternType),
        principal: acl.principal,
        host: acl.host,
        operation: aclOperations.indexOf(acl.operation),
        permissionType: aclPermissions.indexOf(acl.permission),
      })),
    }),
  );
  for (const result of response.results) throwUnlessFine(result, 'cannot create the ACL');
}

/** Resolves with those that are gone. */
export async function deleteAcls(cluster: Cluster, lane: Lane, filter: AclFilter): Promise<Acl[]> {
  const response = await cluster.retry(() =>
    cluster.request({ nodeId: 'any', lane }, ApiKey.deleteAcls, { filters: [filterOf(filter)] }),
  );
  return response.filterResults.flatMap((result) => {
    throwUnlessFine(result, 'cannot delete ACLs');
    return result.matchingAcls.map((acl) => {
      throwUnlessFine(acl, `cannot delete the ACL of ${acl.principal}`);
      return aclOf(acl);
    });
  });
}

function filterOf(filter: AclFilter) {
  return {
    resourceTypeFilter: aclResourceTypes.indexOf(filter.resourceType ?? 'ANY'),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: aclPatternTypes.indexOf(filter.patternType ?? 'ANY'),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: aclOperations.indexOf(filter.operation ?? 'ANY'),
    permissionType: aclPermissions.indexOf(filter.permission ?? 'ANY'),
  };
}

function aclOf(acl: {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}): Acl {
  return {
    resourceType: aclResourceTypes[acl.resourceType] ?? 'UNKNOWN',
    resourceName: acl.resourceName,
    patternType: aclPatternTypes[acl.patternType] ?? 'UNKNOWN',
    principal: acl.principal,
    host: acl.host,
    operation: aclOperations[acl.operation] ?? 'UNKNOWN',
    permission: aclPermissions[acl.permissionType] ?? 'UNKNOWN',
  };
}

function throwUnlessFine(
  { errorCode, errorMessage }: { readonly errorCode: number; readonly errorMessage: string | null },
  what: string,
): void {
  if (errorCode === ErrorCode.NONE) return;
  throw new KafkaError(errorCode, errorMessage ? `${what} (${errorMessage})` : what);
}
