// Where a browse stands, as an opaque text: it can be resumed after a broken connection, or by another process. Protects: what comes
// back from outside is checked before it is used, in size and in every field. Leaves out: the filters, which the request repeats;
// secrecy (it holds partitions and offsets).

/** Offsets by partition: forwards the next to read, backwards the first that is not wanted any more. */
export interface BrowseCursor {
  readonly topic: string;
  readonly direction: 'forward' | 'backward';
  /** [partition, where it stands, where it ends]; −1: no end. */
  readonly places: readonly (readonly [number, number, number])[];
}

const version = 1;
const textCharsMax = 256 * 1024;
const placesMax = 10_000;

export function encodeCursor({ topic, direction, places }: BrowseCursor): string {
  const text = JSON.stringify([version, topic, direction === 'forward' ? 1 : 0, ...places.flat()]);
  return Buffer.from(text).toString('base64url');
}

/** Throws RangeError for a text that is no cursor of `topic`. */
export function decodeCursor(text: string, topic: string): BrowseCursor {
  const wrong = new RangeError('the cursor is not one of this topic; leave it out to start anew');
  if (text.length > textCharsMax || !/^[\w-]+$/.test(text)) throw wrong;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw wrong;
  }
  if (!Array.isArray(parts)) throw wrong;
  const [read, of, direction, ...numbers] = parts as unknown[];
  const isKnown = read === version && of === topic && (direction === 0 || direction === 1);
  if (!isKnown || numbers.length % 3 !== 0 || numbers.length > 3 * placesMax) throw wrong;
  const places: [number, number, number][] = [];
  for (let i = 0; i < numbers.length; i += 3) {
    const [partition, at, end] = [numbers[i], numbers[i + 1], numbers[i + 2]];
    if (!isOffset(partition) || !isOffset(at) || !(end === -1 || isOffset(end))) throw wrong;
    places.push([partition, at, end]);
  }
  if (new Set(places.map(([partition]) => partition)).size !== places.length) throw wrong;
  return { topic, direction: direction === 1 ? 'forward' : 'backward', places };
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
