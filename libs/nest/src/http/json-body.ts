// Request bodies of JSON, strictly: what is read means what was sent. Protects: depth and size are bounded, before parsing; no key
// twice, no `__proto__`, no number that JavaScript would round: such a body is refused with a sentence instead of misread. A body
// that does not arrive in time ends its connection. Leaves out: streams of records, whose route takes the bytes itself.

import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from './rest-error.js';

/** Objects and arrays within each other. */
const depthMax = 32;

const codes = restErrorCodes;

/** A token of JSON that matters here: a bracket, a text (and whether a colon follows), or a number. */
const tokenPattern = /[{}[\]]|"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*/gs;
const poison: ReadonlySet<string> = new Set(['__proto__']);

/** The value of `text`. Throws RestError: 40003 no JSON, 40001 JSON that would be misread. */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') throw new RestError(codes.malformedBody, 'the body is empty; send JSON');
  checkJson(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/[\n\r]/g, ' ') : '';
    throw new RestError(codes.malformedBody, `the body is no JSON: ${reason.slice(0, 200)}`, {
      cause: error,
    });
  }
}

function checkJson(text: string): void {
  /** Keys of the open objects, undefined for arrays. */
  const open: (Set<string> | undefined)[] = [];
  for (const [token, colon] of text.matchAll(tokenPattern)) {
    switch (token[0]) {
      case '{':
      case '[':
        open.push(token === '{' ? new Set() : undefined);
        if (open.length > depthMax) {
          throw new RestError(codes.malformedBody, `the body nests deeper than ${depthMax} levels`);
        }
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"':
        if (colon !== undefined) checkKey(token.slice(0, -colon.length), open.at(-1));
        break;
      default:
        checkNumber(token);
    }
  }
}

function checkKey(quoted: string, keys: Set<string> | undefined): void {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch {
    return; // The parser says what is wrong with it.
  }
  if (poison.has(key)) throw new RestError(codes.malformedBody, `the key '${key}' is not allowed`);
  if (keys?.has(key)) {
    throw new RestError(codes.invalidRequest, `the key '${key.slice(0, 100)}' is there twice`);
  }
  keys?.add(key);
}

function checkNumber(text: string): void {
  const number = Number(text);
  const isExact = /[.eE]/.test(text) ? Number.isFinite(number) : Number.isSafeInteger(number);
  if (isExact || Number.isNaN(number)) return;
  throw new RestError(
    codes.invalidRequest,
    `the number ${text.slice(0, 40)} would be rounded; where a number is wanted it must be below 2^53, a config value is a text: "${text.slice(0, 40)}"`,
  );
}

/** What is needed of a request's stream. */
export interface BodyStream {
  readonly headers?: { readonly 'content-length'?: string | undefined };
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The text of a body, at most `bytesMax`. Rejects with 41301 without reading on, and when the connection breaks. */
export function readBody(stream: BodyStream, bytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = new RestError(
      codes.bodyTooLarge,
      `the body is larger than ${bytesMax} bytes, the most that is read here`,
    );
    if (Number(stream.headers?.['content-length'] ?? 0) > bytesMax) return reject(tooLarge);
    let chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk) => {
      size += chunk.length;
      if (size <= bytesMax) return void chunks.push(chunk);
      chunks = [];
      reject(tooLarge);
    });
    stream.on('end', () => resolve(Buffer.concat(chunks).toString()));
    stream.on('error', reject);
    stream.on('close', () =>
      reject(new RestError(codes.malformedBody, 'the connection ended before the body did')),
    );
  });
}
