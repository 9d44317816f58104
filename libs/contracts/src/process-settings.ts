// Settings of a process rather than of a cluster, by environment variable. Protects: each is described once; the mains, the drave
// command and the documentation take the name and the sentence from here. Leaves out: how texts are parsed, command-line syntax.

export interface ProcessSetting {
  /** Name of the environment variable. */
  readonly env: string;
  /** Text used when it is not given; absent: nothing. */
  readonly default?: string;
  readonly sentence: string;
  /** A secret: not taken from the command line, where every user of the machine reads it. */
  readonly isSecret?: boolean;
}

/** Of every HTTP side. */
export const httpSettings = Object.freeze({
  allowHosts: {
    env: 'DRAVE_ALLOW_HOSTS',
    default: '',
    sentence: 'host names HTTP answers to besides localhost, comma-separated',
  },
  insecureListen: {
    env: 'DRAVE_INSECURE_LISTEN',
    default: 'false',
    sentence: 'true: may listen beyond loopback without a password or token',
  },
  tokens: {
    env: 'DRAVE_TOKENS',
    sentence:
      'tokens HTTP asks for, comma-separated; read-only:TOKEN may read only, NAME@TOKEN names it for the audit',
    isSecret: true,
  },
  tokensFile: {
    env: 'DRAVE_TOKENS_FILE',
    sentence: 'file with such tokens, one a line',
  },
  readOnly: {
    env: 'DRAVE_READ_ONLY',
    default: 'false',
    sentence: 'true: HTTP changes nothing, whoever asks',
  },
} satisfies Readonly<Record<string, ProcessSetting>>);

/** Of every process with a broker. */
export const brokerProcessSettings = Object.freeze({
  snapshots: {
    env: 'DRAVE_SNAPSHOTS',
    sentence:
      'directory for the copies that the job snapshot makes, best on the file system of the data; absent: none are made',
  },
} satisfies Readonly<Record<string, ProcessSetting>>);

/** Of every process that takes part in a cluster. */
export const clusterSettings = Object.freeze({
  redisUrl: {
    env: 'DRAVE_REDIS_URL',
    sentence:
      'redis://HOST:PORT or rediss://…: brokers and processors find each other there; absent: each process for itself',
    isSecret: true,
  },
  redisNamespace: {
    env: 'DRAVE_REDIS_NAMESPACE',
    default: 'drave',
    sentence: 'first part of every key in Redis; clusters that share a Redis differ here',
  },
  leaseTtlMs: {
    env: 'DRAVE_LEASE_TTL_MS',
    default: '3000',
    sentence: 'milliseconds after which a process that does not renew its lease counts as gone',
  },
  queryUrl: {
    env: 'DRAVE_QUERY_URL',
    sentence: 'http://HOST:PORT under which other processors reach the HTTP side of this one',
  },
} satisfies Readonly<Record<string, ProcessSetting>>);

/** Of every process that writes a log. */
export const logSettings = Object.freeze({
  level: {
    env: 'DRAVE_LOG_LEVEL',
    sentence: 'debug (with a line per HTTP request), info, warn or error',
  },
  format: {
    env: 'DRAVE_LOG_FORMAT',
    sentence: 'json: one object a line, for programs; pretty: for people',
  },
} satisfies Readonly<Record<string, ProcessSetting>>);
