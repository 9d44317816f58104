// The headers of delayed records and the name of the topic they wait in. Header values are text.
//   drave-deliver-at   milliseconds since the epoch, or an ISO 8601 time with its zone: not before then
//   drave-cancel       an offset: the waiting record of this partition that is to be dropped (the record itself is not delivered)
//   drave-offset       on delivered records: the offset the producer was told
//   drave-parked       the broker's own, in batches that only it writes (parkedEpoch): the offset of the record this is a later copy of
// A value that cannot be read counts as "now": nothing is lost by a typing error.

import { delayTopicPrefix, isDelayTopic } from '@drave/contracts';
import type { KafkaRecord } from '@drave/protocol';

const deliverAtHeader = 'drave-deliver-at';
export const cancelHeader = 'drave-cancel';
export const offsetHeader = 'drave-offset';
export const parkedHeader = 'drave-parked';
/** The producer epoch of batches of copies; they have no producer id, and then clients have no epoch either. */
export const parkedEpoch = 1;

export const delayTopicOf = (topic: string): string => `${delayTopicPrefix}${topic}`;

/** The topic a delay topic belongs to; undefined for other topics. */
export function targetTopicOf(name: string): string | undefined {
  return isDelayTopic(name) ? name.slice(delayTopicPrefix.length) : undefined;
}

const dateMsMax = 8_640_000_000_000_000;
const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** When the record is due; undefined: now. */
export function deliverAtMs(record: KafkaRecord): number | undefined {
  const text = headerText(record, deliverAtHeader);
  if (text === undefined) return undefined;
  if (/^\d{1,16}$/.test(text)) {
    const atMs = Number(text);
    return atMs <= dateMsMax ? atMs : undefined;
  }
  const atMs = isoPattern.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** The offset named by `header`; undefined when there is none. */
export function offsetIn(record: KafkaRecord, header: string): number | undefined {
  const text = headerText(record, header);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The last one counts, as a forwarder appends. */
function headerText(record: KafkaRecord, name: string): string | undefined {
  for (let index = record.headers.length - 1; index >= 0; index -= 1) {
    const header = record.headers[index];
    if (header?.key === name) return header.value?.toString('latin1').trim();
  }
  return undefined;
}
