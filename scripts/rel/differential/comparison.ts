// Two decoded answers, field by field, after what must differ is made equal: ids by whether there is one, times by whether they
// are set, texts for people by nothing. Arrays are compared by the name or number of their elements where order means nothing.

import { forEachBatch, forEachRecord } from '@drave/protocol';
import type { Answer } from './side.ts';

export interface Difference {
  readonly path: string;
  readonly kafka: string;
  readonly drave: string;
}

type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain };

/** Meant for people, or about the machine. */
const ignored = new Set([
  'throttleTimeMs',
  'errorMessage',
  'batchIndexErrorMessage',
  'clusterId',
  'host',
  'port',
  'rack',
  'documentation',
  'nodeEndpoints',
  'logDir',
  'totalBytes',
  'usableBytes',
  'partitionSize',
  'clientHost',
  'finalizedFeaturesEpoch',
  'partitionErrorMessage',
]);
const ids = new Set(['producerId', 'topicId', 'memberId', 'leader', 'sessionId']);
/** An id that the sequence made itself, or a name in the place of one. */
const ownId = /^(m-\d|s\d+-.*)$/;
const times = new Set(['logAppendTimeMs', 'lastTimestamp', 'timestamp']);
const sortedBy = [
  'name',
  'memberId',
  'topicId',
  'user',
  'mechanism',
  'entityType',
  'topic',
  'topicName',
  'partitionIndex',
  'index',
  'partition',
  'resourceName',
  'groupId',
  'key',
  'configName',
  'apiKey',
  'brokerId',
  'nodeId',
];
const zero = /^(|0{8}-0{4}-0{4}-0{4}-0{12})$/;

/** Lists of what a broker knows at all: compared by what Drave has of them, which docs/reference describes. */
const partial = new Map([
  ['apiKeys', 'apiKey'],
  ['supportedFeatures', 'name'],
  ['finalizedFeatures', 'name'],
  ['configs', 'name'],
  ['synonyms', 'name'],
]);

/** Settings that only Drave has. */
const own = /^(log\.(reserve|scrub)|drave)\./;

/** What differs, empty when nothing does. */
export function compare(kafka: Answer, drave: Answer): Difference[] {
  const found: Difference[] = [];
  walk(plain(kafka, ''), plain(drave, ''), '', found);
  return found;
}

/** Kafka's list without the elements that Drave's has none of; Drave's maximum where Kafka's is higher. */
function narrowed(kafka: Plain[], drave: Plain[], key: string): Plain[] {
  const known = new Map(drave.map((one) => [isObject(one) ? one[key] : undefined, one]));
  return kafka.flatMap((one): Plain[] => {
    const other = isObject(one) ? known.get(one[key]) : undefined;
    if (!isObject(one) || !isObject(other)) return [];
    const [max, ours] = [one['maxVersion'], other['maxVersion']];
    return [Number(max) > Number(ours) ? { ...one, maxVersion: ours ?? null } : one];
  });
}

function walk(
  all: Plain | undefined,
  given: Plain | undefined,
  path: string,
  found: Difference[],
): void {
  const drave = Array.isArray(given) ? given.filter((one) => !isOwn(one)) : given;
  const key = partial.get(path.split('.').at(-1) ?? '');
  const isPartial = key !== undefined && Array.isArray(drave);
  const kafka = isPartial && Array.isArray(all) ? narrowed(all, drave, key) : all;
  if (Array.isArray(kafka) && Array.isArray(drave) && kafka.length === drave.length) {
    kafka.forEach((element, index) => walk(element, drave[index], `${path}[]`, found));
    return;
  }
  if (isObject(kafka) && isObject(drave)) {
    for (const name of new Set([...Object.keys(kafka), ...Object.keys(drave)])) {
      walk(kafka[name], drave[name], path === '' ? name : `${path}.${name}`, found);
    }
    return;
  }
  const [left, right] = [JSON.stringify(kafka), JSON.stringify(drave)];
  if (left !== right)
    found.push({
      path: path === '' ? '(whole answer)' : path,
      kafka: left ?? 'nothing',
      drave: right ?? 'nothing',
    });
}

function isOwn(value: Plain): boolean {
  return isObject(value) && typeof value['name'] === 'string' && own.test(value['name']);
}

function isObject(value: Plain | undefined): value is { [name: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plain(value: unknown, name: string): Plain {
  if (value === null || value === undefined) return null;
  if (ids.has(name) && !Array.isArray(value) && !Buffer.isBuffer(value)) return identity(value);
  if (times.has(name) && typeof value === 'number') return value < 0 ? value : 'a time';
  if (Buffer.isBuffer(value)) return name === 'records' ? batches(value) : value.toString('latin1');
  if (Array.isArray(value)) return sorted(value.map((element) => plain(element, name)));
  if (typeof value === 'object') {
    const fields = Object.entries(value).filter(([field]) => !ignored.has(field));
    return Object.fromEntries(fields.map(([field, inner]) => [field, plain(inner, field)]));
  }
  return value as Plain;
}

function identity(value: unknown): Plain {
  if (typeof value === 'number') return value < 0 ? value : 'an id';
  if (typeof value === 'string') return zero.test(value) ? '' : ownId.test(value) ? value : 'an id';
  return plain(value, '');
}

function sorted(elements: Plain[]): Plain[] {
  const key = (element: Plain): string =>
    isObject(element)
      ? sortedBy.map((name) => (JSON.stringify(element[name]) ?? '').padStart(12, '0')).join('\0')
      : '';
  if (elements.every((element) => typeof element === 'number'))
    return elements.toSorted((a, b) => Number(a) - Number(b));
  if (elements.every((element) => typeof element === 'string')) return elements.toSorted();
  return elements.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function batches(bytes: Buffer): Plain {
  const found: Plain[] = [];
  forEachBatch(bytes, (batch) => {
    const records: Plain[] = [];
    forEachRecord(batch, ({ offset, key, value }) => {
      records.push(`${offset}:${key?.toString() ?? 'null'}=${value?.toString() ?? 'null'}`);
    });
    found.push({
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      codec: batch.codec,
      maxTimestamp: batch.maxTimestamp,
      records,
    });
  });
  return found;
}
