// Concatenated JSON out of bytes as they come, each object as its text, and the texts of an object's members. Protects: a number or
// key order in a record's data is never touched, because nothing re-writes it; one object is bounded; a name given twice is refused.
// Leaves out: any other top-level value than an object; what the members mean.

import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');
const blanks: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));

/** Texts of the objects in `chunks`, one after another. Throws RestError 40003 and 41301; nothing can follow then. */
export async function* jsonObjects(
  chunks: AsyncIterable<Buffer>,
  bytesMax: number,
): AsyncGenerator<string> {
  const splitter = new ObjectSplitter(bytesMax);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  splitter.end();
}

class ObjectSplitter {
  readonly #bytesMax: number;
  readonly #parts: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  *push(chunk: Buffer): Iterable<string> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (this.#depth === 0) {
        if (blanks.has(byte)) continue;
        if (byte !== openBrace) throw malformed('a record must begin with {');
        start = i;
        this.#depth = 1;
      } else if (this.#isObjectEnd(byte)) {
        this.#keep(chunk.subarray(start, i + 1));
        yield this.#take();
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (this.#depth > 0) throw malformed('the last record is cut off');
  }

  /** Whether `byte` ends the top-level object. */
  #isObjectEnd(byte: number): boolean {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInText = false;
      return false;
    }
    if (byte === quote) this.#isInText = true;
    else if (byte === openBrace || byte === openBracket) this.#depth++;
    else if (byte === closeBrace || byte === closeBracket) return --this.#depth === 0;
    return false;
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#bytesMax) {
      throw new RestError(
        restErrorCodes.bodyTooLarge,
        `a record is larger than ${this.#bytesMax} bytes, the most that is read here`,
      );
    }
    this.#parts.push(part);
  }

  #take(): string {
    const bytes = Buffer.concat(this.#parts.splice(0), this.#size);
    this.#size = 0;
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed('a record is not UTF-8');
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strings whole, else single structural characters. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** Name → text of its value, of the object whose valid JSON `text` is. Throws 40001 for a name given twice. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let name: string | undefined;
  forEachPart(text, (part, separator) => {
    if (separator === ':') {
      name = JSON.parse(part) as string;
      if (members.has(name)) {
        throw new RestError(restErrorCodes.invalidRequest, `'${name}' is there twice`);
      }
    } else if (name !== undefined) {
      members.set(name, part);
      name = undefined;
    }
  });
  return members;
}

/** Texts of the elements of the array whose valid JSON `text` is. */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  forEachPart(text, (part) => {
    if (part !== '') elements.push(part);
  });
  return elements;
}

/** Calls for each text between the separators of the outermost level, with the separator after it. */
function forEachPart(text: string, visit: (part: string, separator: string) => void): void {
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      if (++depth === 1) start = index + 1;
    } else if (token === '}' || token === ']') {
      if (--depth === 0) visit(text.slice(start, index).trim(), token);
    } else if (depth === 1 && (token === ',' || token === ':')) {
      visit(text.slice(start, index).trim(), token);
      start = index + 1;
    }
  }
}

function malformed(sentence: string): RestError {
  return new RestError(
    restErrorCodes.malformedBody,
    `the body is not records of JSON: ${sentence}`,
  );
}
