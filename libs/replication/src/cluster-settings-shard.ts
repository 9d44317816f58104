// What the metadata log keeps beside topics: client quotas, SCRAM credentials and broker settings changed at run time.
// Protects: `replay` alone changes state; a record replaces the whole value it names, so replay is idempotent per name.
// Secrets (SCRAM keys) are in the records and in `scramCredential`; nothing here logs or asserts with them.
// Leaves out: what is legal (the broker checks it), who may change it. Sources: KIP-546, KIP-554, KIP-226.

import { unreachable } from '@drave/platform';

/** Entity type (`user`, `client-id`, `ip`) → name, null for the default of that type. */
export type QuotaEntity = Readonly<Record<string, string | null>>;

export interface ScramCredential {
  readonly iterations: number;
  /** base64, as are the keys (RFC 5802: StoredKey, ServerKey). */
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
}

export type ClusterSettingsRecord =
  | {
      readonly kind: 'client-quotas-set';
      readonly version: 1;
      readonly entity: QuotaEntity;
      /** All quotas of the entity by key; none removes it. */
      readonly values: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'scram-credential-set';
      readonly version: 1;
      readonly user: string;
      /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      readonly mechanism: number;
      /** null removes it. */
      readonly credential: ScramCredential | null;
    }
  | {
      readonly kind: 'broker-configs-set';
      readonly version: 1;
      /** A broker id in digits, '' for the default of all brokers. */
      readonly broker: string;
      /** All dynamic settings by Kafka's name; none removes them. */
      readonly configs: Readonly<Record<string, string>>;
    };

export interface QuotaEntry {
  readonly entity: QuotaEntity;
  readonly values: ReadonlyMap<string, number>;
}

const noConfigs: ReadonlyMap<string, string> = new Map();

export class ClusterSettingsShard {
  readonly #quotas = new Map<string, QuotaEntry>();
  readonly #scram = new Map<string, Map<number, ScramCredential>>();
  readonly #brokerConfigs = new Map<string, ReadonlyMap<string, string>>();

  /** Every entity with quotas, in the order they were first set. */
  quotas(): Iterable<QuotaEntry> {
    return this.#quotas.values();
  }

  get quotaEntityCount(): number {
    return this.#quotas.size;
  }

  quota(entity: QuotaEntity): QuotaEntry | undefined {
    return this.#quotas.get(quotaEntityKey(entity));
  }

  /** Users with at least one credential. */
  scramUsers(): Iterable<string> {
    return this.#scram.keys();
  }

  get scramUserCount(): number {
    return this.#scram.size;
  }

  /** By mechanism; empty for an unknown user. */
  scramCredentials(user: string): ReadonlyMap<number, ScramCredential> {
    return this.#scram.get(user) ?? new Map();
  }

  /** Dynamic settings of a broker id in digits, or of '' for all brokers. */
  brokerConfigs(broker: string): ReadonlyMap<string, string> {
    return this.#brokerConfigs.get(broker) ?? noConfigs;
  }

  replay(record: ClusterSettingsRecord): void {
    switch (record.kind) {
      case 'client-quotas-set': {
        const key = quotaEntityKey(record.entity);
        const values = new Map(Object.entries(record.values));
        if (values.size === 0) this.#quotas.delete(key);
        else this.#quotas.set(key, { entity: record.entity, values });
        return;
      }
      case 'scram-credential-set':
        return this.#replayScram(record.user, record.mechanism, record.credential);
      case 'broker-configs-set': {
        const configs = new Map(Object.entries(record.configs));
        if (configs.size === 0) this.#brokerConfigs.delete(record.broker);
        else this.#brokerConfigs.set(record.broker, configs);
        return;
      }
      default:
        unreachable(record);
    }
  }

  #replayScram(user: string, mechanism: number, credential: ScramCredential | null): void {
    const credentials = this.#scram.get(user) ?? new Map<number, ScramCredential>();
    if (credential) credentials.set(mechanism, credential);
    else credentials.delete(mechanism);
    if (credentials.size === 0) this.#scram.delete(user);
    else this.#scram.set(user, credentials);
  }
}

/** One text per entity, whatever the order of its parts. */
export function quotaEntityKey(entity: QuotaEntity): string {
  return JSON.stringify(Object.entries(entity).sort(([a], [b]) => (a < b ? -1 : 1)));
}
