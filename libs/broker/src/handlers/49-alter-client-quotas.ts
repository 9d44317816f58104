// AlterClientQuotas: sets and removes quotas of users, client ids and addresses.
// Versions: 0-1.
// Behaviour: an entity is changed as a whole or not at all; illegal entities, keys and values are INVALID_REQUEST; removing what is
//   not there is no error. Byte rates take effect with the next request of the client. Answered when committed.
// Not implemented: applying controller_mutation_rate and connection_creation_rate (they are stored).
// Sources: KIP-546; Kafka's ClientQuotaControlManager.

import { ErrorCode, limits, type ErrorName } from '@drave/contracts';
import { ApiKey, type AlterClientQuotasRequest } from '@drave/protocol';
import { quotaEntityKey, type ClusterSettingsRecord, type QuotaEntity } from '@drave/replication';
import { defineHandler, type RequestContext } from '../define-handler.js';
import { entityProblem, quotaProblem } from '../quota-rules.js';

type Asked = AlterClientQuotasRequest['entries'][number];

interface EntryAnswer {
  errorCode: number;
  errorMessage: string | null;
  entity: Asked['entity'];
}

export const alterClientQuotasHandler = defineHandler({
  apiKey: ApiKey.alterClientQuotas,
  name: 'AlterClientQuotas',
  versions: { min: 0, max: 1 },
  async handle({ entries, validateOnly }, context) {
    const changes = new Map<string, ClusterSettingsRecord>();
    const answers = entries.map((asked) => alter(asked, changes, context));
    const { metadata } = context.broker;
    if (!validateOnly) await metadata.setClusterSettings([...changes.values()]).committed;
    return { entries: answers };
  },
  fail({ entries }, { errorName, message }) {
    return { entries: entries.map((asked) => answered(asked, errorName, message)) };
  },
});

/** Adds the change of one entity to `changes`, on top of what the request already changed of it. */
function alter(
  asked: Asked,
  changes: Map<string, ClusterSettingsRecord>,
  { broker }: RequestContext,
): EntryAnswer {
  const entity: QuotaEntity = Object.fromEntries(
    asked.entity.map(({ entityType, entityName }) => [entityType, entityName]),
  );
  const problem =
    asked.entity.length > Object.keys(entity).length
      ? 'An entity type cannot appear more than once.'
      : entityProblem(entity);
  if (problem !== undefined) return answered(asked, 'INVALID_REQUEST', problem);
  const key = quotaEntityKey(entity);
  const { clusterSettings } = broker.metadata.image;
  const known = clusterSettings.quota(entity);
  const earlier = changes.get(key);
  const values = new Map(
    earlier?.kind === 'client-quotas-set' ? Object.entries(earlier.values) : known?.values,
  );
  for (const op of asked.ops) {
    const wrong = quotaProblem(entity, op);
    if (wrong !== undefined) return answered(asked, 'INVALID_REQUEST', wrong);
    if (op.remove) values.delete(op.key);
    else values.set(op.key, op.value);
  }
  if (!known && clusterSettings.quotaEntityCount + changes.size >= limits.quotaEntitiesMax) {
    const message = `At most ${limits.quotaEntitiesMax} entities can have quotas; remove some first.`;
    return answered(asked, 'POLICY_VIOLATION', message);
  }
  changes.set(key, {
    kind: 'client-quotas-set',
    version: 1,
    entity,
    values: Object.fromEntries(values),
  });
  return answered(asked, 'NONE', null);
}

function answered({ entity }: Asked, error: ErrorName, errorMessage: string | null): EntryAnswer {
  return { errorCode: ErrorCode[error], errorMessage, entity };
}
