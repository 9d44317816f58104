// Records as they are shown: payloads as text, cut where they are long. Protects: no number is rounded, because JSON stays the text it
// is; bytes that are no UTF-8 are base64 and said to be so; a cut falls between characters. Leaves out: decoding by schema.

import type { ConsumerRecord } from '@drave/client';
import type { MessageBody, MessagesQuery, PayloadBody } from '@drave/contracts/rest';

type Format = MessagesQuery['keyFormat'];
export interface PayloadFormats {
  readonly keyFormat: Format;
  readonly valueFormat: Format;
}

const previewBytesMax = 64 * 1024;
const headerPreviewBytesMax = 4 * 1024;
const headersShownMax = 200;
/** Longer JSON is shown as text, unchecked. */
const jsonBytesMax = 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function messageBody(record: ConsumerRecord, formats: PayloadFormats): MessageBody {
  const { partition, offset, timestamp, key, value, headers } = record;
  let sizeBytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) {
    sizeBytes += Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  }
  return {
    partition,
    offset,
    timestamp,
    key: payloadBody(key, formats.keyFormat),
    value: payloadBody(value, formats.valueFormat),
    headers: headers.slice(0, headersShownMax).map((header) => ({
      name: header.key.slice(0, 1_024),
      value: payloadBody(header.value, 'auto', headerPreviewBytesMax),
    })),
    sizeBytes,
  };
}

function payloadBody(
  bytes: Buffer | null,
  format: Format,
  bytesMax = previewBytesMax,
): PayloadBody | null {
  if (bytes === null) return null;
  const truncated = bytes.length > bytesMax;
  const shown = { sizeBytes: bytes.length, truncated };
  if (format === 'base64' || format === 'hex') {
    return { format, data: bytes.subarray(0, bytesMax).toString(format), ...shown };
  }
  const text = decoded(truncated ? cutUtf8(bytes, bytesMax) : bytes);
  if (text === undefined) {
    return { format: 'base64', data: bytes.subarray(0, bytesMax).toString('base64'), ...shown };
  }
  const isJson = format === 'auto' && bytes.length <= jsonBytesMax && holdsJson(bytes, text);
  return { format: isJson ? 'json' : 'text', data: text, ...shown };
}

/** Bytes of what to show; about what the answer weighs. */
export function weightOf({ key, value, headers }: MessageBody): number {
  let weight = 200 + (key?.data.length ?? 0) + (value?.data.length ?? 0);
  for (const header of headers) weight += header.name.length + (header.value?.data.length ?? 0);
  return weight;
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Without the beginning of a character that the cut would halve. */
function cutUtf8(bytes: Buffer, max: number): Buffer {
  let end = max;
  while (end > max - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function holdsJson(bytes: Buffer, text: string): boolean {
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return false;
  try {
    JSON.parse(text.length < bytes.length ? bytes.toString() : text);
    return true;
  } catch {
    return false;
  }
}
