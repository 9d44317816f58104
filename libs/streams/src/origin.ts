// The origin mark of repartition records: which source record made it, and as its how many-eth output.
// Protects: after a restart upstream, records written again carry the same mark in the same order, so the reader drops
// what it had. Text `topic-partition@offset.index`: a topic has no '@'. Leaves out: fencing of the writer.

export interface ParsedOrigin {
  /** `topic-partition`. */
  readonly source: string;
  readonly offset: number;
  readonly index: number;
}

export function originValue(
  topic: string,
  partition: number,
  offset: number,
  index: number,
): Buffer {
  return Buffer.from(`${topic}-${partition}@${offset}.${index}`, 'latin1');
}

/** undefined when absent or not of this form. */
export function parseOrigin(value: Buffer | null | undefined): ParsedOrigin | undefined {
  if (!value) return undefined;
  const text = value.toString('latin1');
  const at = text.lastIndexOf('@');
  const dot = text.indexOf('.', at);
  if (at <= 0 || dot < 0) return undefined;
  const offset = Number(text.slice(at + 1, dot));
  const index = Number(text.slice(dot + 1));
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(index)) return undefined;
  return { source: text.slice(0, at), offset, index };
}
