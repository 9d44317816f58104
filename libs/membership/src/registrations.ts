// What brokers and processors say of themselves in the store, as JSON. Protects: what does not read as one of ours is nothing, it
// never fails a reader; hostile sizes end at the store's limits. Leaves out: secrets, offsets, generations, which never go there.

export interface BrokerRegistration {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Of this life of the process. */
  readonly bootId: string;
  /** `host:port` each, what clients are to connect to first. */
  readonly addresses: readonly string[];
}

export interface ProcessorRegistration {
  /** Group id of the application. */
  readonly applicationId: string;
  /** Stable over restarts on one state directory. */
  readonly instanceId: string;
  readonly bootId: string;
  /** In the consumer group, by which its coordinator knows it; empty before it joined. */
  readonly memberId: string;
  /** Where its stores can be asked, `http://host:port`; absent: nowhere. */
  readonly queryUrl?: string | undefined;
  /** Made with a secret that the instances of an application share: the address is one of theirs. */
  readonly queryProof?: string | undefined;
  /** `<sub-topology>_<partition>` of the tasks that run here and answer. */
  readonly tasks: readonly string[];
}

const brokersPrefix = 'brokers/';
const processorsPrefix = 'processors/';

export function brokerKey(nodeId: number): string {
  return `${brokersPrefix}${nodeId}`;
}

export function processorKey(applicationId: string, instanceId: string): string {
  return `${processorsPrefix}${encodeURIComponent(applicationId)}/${encodeURIComponent(instanceId)}`;
}

export function isBrokerKey(key: string): boolean {
  return key.startsWith(brokersPrefix);
}

export function isProcessorKey(key: string): boolean {
  return key.startsWith(processorsPrefix);
}

/** undefined for anything else. */
export function readBroker(text: string): BrokerRegistration | undefined {
  const { nodeId, clusterId, bootId, addresses } = objectOf(text);
  if (!Number.isSafeInteger(nodeId) || !isText(clusterId) || !isText(bootId)) return undefined;
  if (!isTexts(addresses)) return undefined;
  return { nodeId: nodeId as number, clusterId, bootId, addresses };
}

/** undefined for anything else. */
export function readProcessor(text: string): ProcessorRegistration | undefined {
  const { applicationId, instanceId, bootId, memberId, tasks, ...query } = objectOf(text);
  if (!isText(applicationId) || !isText(instanceId) || !isText(bootId)) return undefined;
  if (!isText(memberId) || !isTexts(tasks)) return undefined;
  const registration = { applicationId, instanceId, bootId, memberId, tasks };
  const { queryUrl, queryProof } = query;
  if (!isHttpUrl(queryUrl)) return registration;
  return { ...registration, queryUrl, ...(isText(queryProof) ? { queryProof } : {}) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 1_024;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 10_000 && value.every(isText);
}

/** Scheme, host and port alone. Link-local hosts are nobody's: there machines of clouds tell their secrets. */
function isHttpUrl(value: unknown): value is string {
  if (!isText(value) || !/^https?:\/\/[^/\s@?#\\]+$/.test(value) || !URL.canParse(value))
    return false;
  return !/^(169\.254\.|\[fe[89ab]|\[::ffff:a9fe:)/.test(new URL(value).hostname);
}
