// What a client quota may look like: which entities there are, which keys each takes, which values. Pure.
// Leaves out: storing and applying. Source: Kafka's ClientQuotaControlManager and QuotaConfig.

import type { QuotaEntity } from '@drave/replication';

export const quotaEntityTypes: ReadonlySet<string> = new Set(['user', 'client-id', 'ip']);

interface QuotaKey {
  readonly isWhole: boolean;
  readonly max: number;
}

const longMax = Number.MAX_SAFE_INTEGER;
const clientKeys: ReadonlyMap<string, QuotaKey> = new Map([
  ['producer_byte_rate', { isWhole: true, max: longMax }],
  ['consumer_byte_rate', { isWhole: true, max: longMax }],
  ['request_percentage', { isWhole: false, max: longMax }],
  ['controller_mutation_rate', { isWhole: false, max: longMax }],
]);
const addressKeys: ReadonlyMap<string, QuotaKey> = new Map([
  ['connection_creation_rate', { isWhole: true, max: 2_147_483_647 }],
]);
/** Digits, letters and what IPv4, IPv6 and host names are made of. */
const addressForm = /^[0-9a-z.:_-]{1,253}$/i;

/** Why the entity is illegal, one sentence; undefined when it is legal. */
export function entityProblem(entity: QuotaEntity): string | undefined {
  const types = Object.keys(entity);
  if (types.length === 0) return 'Invalid empty client quota entity.';
  for (const [type, name] of Object.entries(entity)) {
    if (!quotaEntityTypes.has(type)) return `Unhandled client quota entity type: ${type}.`;
    if (name === '') return `Empty ${type} not supported.`;
  }
  if (types.includes('ip') && types.length > 1) {
    return 'An ip cannot be combined with user or client-id.';
  }
  const address = entity['ip'];
  if (typeof address === 'string' && !addressForm.test(address)) {
    return `${address} is not a valid IP or host name.`;
  }
  return undefined;
}

/** Why the change is illegal for the entity, one sentence; undefined when it is legal. */
export function quotaProblem(
  entity: QuotaEntity,
  {
    key,
    value,
    remove,
  }: { readonly key: string; readonly value: number; readonly remove: boolean },
): string | undefined {
  if (remove) return undefined; // of whatever name: then there is nothing to remove
  const known = ('ip' in entity ? addressKeys : clientKeys).get(key);
  if (!known) return `Invalid configuration key ${key}.`;
  if (!(value > 0)) return `Quota ${key} must be greater than 0.`;
  if (value > known.max) return `Proposed value for ${key} is too large.`;
  if (known.isWhole && !Number.isInteger(value)) return `${key} cannot be a fractional value.`;
  return undefined;
}
