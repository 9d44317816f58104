// Small text files with a checksum as their last line: checkpoints, the identity, the clean-shutdown marker.
// Protects: a damaged file reads as missing, never as a plausible other value.
//
//   <body lines>\n
//   crc32c <eight hex digits, CRC-32C of the bytes before this line>\n
//
// Checkpoints follow Kafka's layout within the body: version line `0`, count line, one entry a line.

import { crc32c } from '@drave/protocol';

const sealBytes = 'crc32c 00000000\n'.length;
const newline = 0x0a;

/** Appends the checksum line to `body`. */
export function sealText(body: string): Buffer {
  const text = body.endsWith('\n') ? body : `${body}\n`;
  const crc = crc32c(Buffer.from(text)).toString(16).padStart(8, '0');
  return Buffer.from(`${text}crc32c ${crc}\n`);
}

/** The body without the checksum line; undefined when the seal is missing or broken. */
export function openSealedText(content: Buffer): string | undefined {
  const bodyBytes = content.length - sealBytes;
  if (bodyBytes < 0 || (bodyBytes > 0 && content[bodyBytes - 1] !== newline)) return undefined;
  const seal = content.toString('latin1', bodyBytes);
  const crc = /^crc32c ([0-9a-f]{8})\n$/.exec(seal)?.[1];
  if (crc === undefined || crc32c(content.subarray(0, bodyBytes)) !== parseInt(crc, 16)) {
    return undefined;
  }
  return content.toString('utf8', 0, bodyBytes);
}

/** A checkpoint of entries, each a line without line breaks. */
export function encodeCheckpoint(entries: readonly string[]): Buffer {
  return sealText(['0', String(entries.length), ...entries].join('\n'));
}

/** The entry lines; undefined when damaged or of another version. */
export function decodeCheckpoint(content: Buffer): string[] | undefined {
  const lines = openSealedText(content)?.trimEnd().split('\n');
  if (lines?.[0] !== '0' || Number(lines[1]) !== lines.length - 2) return undefined;
  return lines.slice(2);
}

/** `topic partition offset` lines by `topic-partition`; topic names have no blanks. */
export function encodeOffsets(offsets: ReadonlyMap<string, number>): Buffer {
  const lines: string[] = [];
  for (const [key, offset] of offsets) {
    const hyphen = key.lastIndexOf('-');
    lines.push(`${key.slice(0, hyphen)} ${key.slice(hyphen + 1)} ${offset}`);
  }
  return encodeCheckpoint(lines);
}

export function decodeOffsets(content: Buffer): Map<string, number> | undefined {
  const lines = decodeCheckpoint(content);
  if (lines === undefined) return undefined;
  const offsets = new Map<string, number>();
  for (const line of lines) {
    const [topic, partition, offset] = line.split(' ');
    offsets.set(`${topic}-${partition}`, Number(offset));
  }
  return offsets;
}
