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
  'partitionErrorMessage',
]);
const ids = new Set(['producerId', 'topicId', 'memberId', 'leader', 'members', 'protocolMetadata']);
const times = new Set(['logAppendTimeMs', 'lastTimestamp', 'timestamp']);
const sortedBy = [
  'name',
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

/** What differs, empty when nothing does. */
export function compare(kafka: Answer, drave: Answer): Difference[] {
  const found: Difference[] = [];
  walk(plain(kafka, ''), plain(drave, ''), '', found);
  return found;
}

function walk(
  kafka: Plain | undefined,
  drave: Plain | undefined,
  path: string,
  found: Difference[],
): void {
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
  if (typeof value === 'string') return zero.test(value) ? '' : 'an id';
  return plain(value, '');
}

function sorted(elements: Plain[]): Plain[] {
  const key = (element: Plain): string =>
    isObject(element)
      ? sortedBy.map((name) => (JSON.stringify(element[name]) ?? '').padStart(12, '0')).join('\0')
      : '';
  if (elements.every((element) => typeof element === 'number'))
    return elements.toSorted((a, b) => Number(a) - Number(b));
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
