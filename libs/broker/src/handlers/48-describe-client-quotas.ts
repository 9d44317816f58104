// DescribeClientQuotas: quotas of the entities that match a filter.
// Versions: 0-1.
// Behaviour: components match one entity type each: 0 by name, 1 its default, 2 any; strict excludes entities with further types.
//   No components and not strict is everything. A wrong filter is INVALID_REQUEST, an unknown entity type UNSUPPORTED_VERSION.
// Not implemented: nothing of these versions.
// Sources: KIP-546; Kafka's ClientQuotasImage.describe.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type DescribeClientQuotasRequest } from '@drave/protocol';
import type { QuotaEntity } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import { quotaEntityTypes } from '../quota-rules.js';

type Component = DescribeClientQuotasRequest['components'][number];

const matchType = { exact: 0, default: 1, any: 2 } as const;

export const describeClientQuotasHandler = defineHandler({
  apiKey: ApiKey.describeClientQuotas,
  name: 'DescribeClientQuotas',
  versions: { min: 0, max: 1 },
  handle({ components, strict }, { broker }) {
    const problem = problemOf(components);
    if (problem) {
      return { errorCode: ErrorCode[problem[0]], errorMessage: problem[1], entries: null };
    }
    const entries = Array.from(broker.metadata.image.clusterSettings.quotas())
      .filter(({ entity }) => matches(entity, components, strict))
      .map(({ entity, values }) => ({
        entity: Object.entries(entity).map(([entityType, entityName]) => ({
          entityType,
          entityName,
        })),
        values: Array.from(values, ([key, value]) => ({ key, value })),
      }));
    return { errorCode: 0, errorMessage: null, entries };
  },
  fail(_request, { code, message }) {
    return { errorCode: code, errorMessage: message, entries: null };
  },
});

function problemOf(components: readonly Component[]): readonly [ErrorName, string] | undefined {
  const seen = new Set<string>();
  for (const { entityType, matchType: kind, match } of components) {
    if (entityType === '') return ['INVALID_REQUEST', 'Invalid empty entity type.'];
    if (!quotaEntityTypes.has(entityType)) {
      return ['UNSUPPORTED_VERSION', `Custom entity type '${entityType}' is not supported.`];
    }
    if (seen.has(entityType)) {
      const message = `Entity type ${entityType} cannot appear more than once in the filter.`;
      return ['INVALID_REQUEST', message];
    }
    seen.add(entityType);
    if (kind !== matchType.exact && kind !== matchType.default && kind !== matchType.any) {
      return ['INVALID_REQUEST', `Unknown match type ${kind}.`];
    }
    if ((kind === matchType.exact) !== (match !== null)) {
      return ['INVALID_REQUEST', 'Give a name exactly when the match type is exact.'];
    }
  }
  if (seen.has('ip') && seen.size > 1) {
    const message = 'The ip filter component cannot be combined with user or client-id.';
    return ['INVALID_REQUEST', message];
  }
  return undefined;
}

function matches(entity: QuotaEntity, components: readonly Component[], strict: boolean): boolean {
  if (strict && Object.keys(entity).length !== components.length) return false;
  return components.every(({ entityType, matchType: kind, match }) => {
    const name = entity[entityType];
    if (name === undefined) return false;
    return kind === matchType.any || name === match;
  });
}
