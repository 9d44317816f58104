// AlterClientQuotas: sets and removes quotas of users, client ids and addresses.
// Versions: 0-1.
// Behaviour: an entity is changed as a whole or not at all; illegal entities, keys and values are INVALID_REQUEST; removing what is
//   not there is no error. Byte rates take effect with the next request of the client. Answered when committed.
// Not implemented: applying controller_mutation_rate and connection_creation_rate (they are stored).
// Sources: KIP-546; Kafka's ClientQuotaControlManager.

import { ErrorCode, limits, type ErrorName } from '@drave/contracts';
import { ApiKey, type AlterClientQuotasRequest } from '@drave/protocol';
import { quotaEntityKey, type ClusterSettingsRecord, type QuotaEntity } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { entityProblem, quotaProblem } from '../quota-rules.js';

type Asked = AlterClientQuotasRequest['entries'][number];

interface EntryAnswer {
  errorCode: number;
  errorMessage: string | null;
  entity: { entityType: string; entityName: string | null }[];
}

export const alterClientQuotasHandler = defineHandler({
  apiKey: ApiKey.alterClientQuotas,
  name: 'AlterClientQuotas',
  versions: { min: 0, max: 1 },
  async handle({ entries, validateOnly }, context) {
    const changes = new Map<string, ClusterSettingsRecord>();
    const answers = new Map<string, EntryAnswer>();
    for (const asked of entries) {
      const entity = entityOf(asked);
      const key = quotaEntityKey(entity);
      // One answer an entity; asked for twice, it is changed as it is asked for first.
      const answer = answers.has(key)
        ? answered(entity, 'INVALID_REQUEST', 'The entity is named twice.')
        : alter(entity, asked, changes, context);
      answers.set(key, answer);
    }
    const { metadata } = context.broker;
    if (!validateOnly) await metadata.setClusterSettings([...changes.values()]).committed;
    return { entries: [...answers.values()] };
  },
  fail({ entries }, { errorName, message }) {
    return { entries: entries.map((asked) => answered(entityOf(asked), errorName, message)) };
  },
});

/** Of a type that is named twice the last name counts. */
function entityOf({ entity }: Asked): QuotaEntity {
  return Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName]));
}

/** Adds the change of one entity to `changes`. */
function alter(
  entity: QuotaEntity,
  { ops }: Asked,
  changes: Map<string, ClusterSettingsRecord>,
  { broker }: RequestContext,
): EntryAnswer {
  const isTwice = new Set(ops.map(({ key }) => key)).size < ops.length;
  const problem = isTwice ? 'A quota key is named twice.' : entityProblem(entity);
  if (problem !== undefined) return answered(entity, 'INVALID_REQUEST', problem);
  const { clusterSettings } = broker.metadata.image;
  const known = clusterSettings.quota(entity);
  const values = new Map(known?.values);
  for (const op of ops) {
    const wrong = quotaProblem(entity, op);
    if (wrong !== undefined) return answered(entity, 'INVALID_REQUEST', wrong);
    if (op.remove) values.delete(op.key);
    else values.set(op.key, op.value);
  }
  if (!known && clusterSettings.quotaEntityCount + changes.size >= limits.quotaEntitiesMax) {
    const message = `At most ${limits.quotaEntitiesMax} entities can have quotas; remove some first.`;
    return answered(entity, 'POLICY_VIOLATION', message);
  }
  changes.set(quotaEntityKey(entity), {
    kind: 'client-quotas-set',
    version: 1,
    entity,
    values: Object.fromEntries(values),
  });
  return answered(entity, 'NONE', null);
}

function answered(named: QuotaEntity, error: ErrorName, errorMessage: string | null): EntryAnswer {
  const entity = Object.entries(named).map(([entityType, entityName]) => ({
    entityType,
    entityName,
  }));
  return { errorCode: ErrorCode[error], errorMessage, entity };
}
