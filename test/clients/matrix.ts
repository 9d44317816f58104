// What each client is tested for: every capability times every client. A cell that a client cannot fill has a reason; all others run
// (matrix.test.ts). docs/reference/clients.md is written from this by `npm run gen`. Leaves out: what only some clients can be asked
// (delayed records, KIP-848 groups, Nest's transport), which stand in files of their own beside this.

/** In the order of the table. */
export const capabilities = [
  'produce, none, acks 0, 1 and all',
  'produce, gzip, acks 0, 1 and all',
  'produce, snappy, acks 0, 1 and all',
  'produce, lz4, acks 0, 1 and all',
  'produce, zstd, acks 0, 1 and all',
  'keys to the partition of the reference',
  'produce idempotently',
  'consume by assignment',
  'seek by offset',
  'seek by time',
  'find the end',
  'group: commit and resume',
  'group: rebalance on join and leave',
  'group: rebalance when a member is killed',
  'admin: create, describe, alter, delete',
  'admin: list groups',
  'three brokers: spread leaders, three replicas',
  'three brokers: follow moved leaders and coordinators',
] as const;

export type Capability = (typeof capabilities)[number];
export type ClientName =
  'kafkajs' | '@platformatic/kafka' | 'kcat' | 'confluent-kafka' | 'kafka-python';

export interface Client {
  /** How the tests get it. */
  readonly from: string;
  /** Why it cannot be asked for something. */
  readonly lacks: Partial<Readonly<Record<Capability, string>>>;
}

export const clients: Readonly<Record<ClientName, Client>> = {
  kafkajs: {
    from: 'npm, 2.2.4',
    lacks: { 'consume by assignment': 'it reads in groups only' },
  },
  '@platformatic/kafka': {
    from: 'npm, 2.12.1',
    lacks: { 'consume by assignment': 'its streams belong to a group' },
  },
  kcat: {
    from: 'Debian, librdkafka 2.0',
    lacks: {
      'admin: create, describe, alter, delete': 'it has no administration',
      'admin: list groups': 'it has no administration',
    },
  },
  'confluent-kafka': { from: 'Debian, librdkafka 2.0', lacks: {} },
  'kafka-python': {
    from: 'Debian, 2.0.2',
    lacks: { 'produce idempotently': 'its producer has no such mode' },
  },
};

export const clientNames = Object.keys(clients) as ClientName[];
