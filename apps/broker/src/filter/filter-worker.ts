// The thread that runs one CEL expression over batches of records. It may be ended at any time: nothing lives here but the compiled
// expression. Protects: the shared counter tells the watcher outside which evaluation is under way; whole numbers of JSON become CEL
// ints, exactly; an expression is bounded in size and nesting before it is planned. Loaded by Node itself, from .ts in tests: only
// packages are imported. Leaves out: the time limit (record-filter.ts ends this thread).

import { parentPort, workerData } from 'node:worker_threads';
import { celEnv, isCelError, parse, plan, CelScalar, mapType, type CelInput } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { parse as parseJson } from 'lossless-json';

export interface FilterRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
  readonly offset: number;
  readonly partition: number;
  readonly timestamp: number;
}
export interface FilterStart {
  readonly expression: string;
  /** One Int32: grows by one before each evaluation. */
  readonly counter: SharedArrayBuffer;
}
export type FilterMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | {
      readonly kind: 'answers';
      readonly matches: readonly boolean[];
      readonly failed: number;
      readonly failure: string | undefined;
    };

const nodesMax = 500;
const loopsNestedMax = 2;
const variables = {
  key: CelScalar.DYN,
  value: CelScalar.DYN,
  headers: mapType(CelScalar.STRING, CelScalar.DYN),
  offset: CelScalar.INT,
  partition: CelScalar.INT,
  timestamp: CelScalar.INT,
};
const typeNames = new Set(
  'bool bytes double duration int list map null_type string timestamp type uint google'.split(' '),
);

type Evaluate = (bindings: Record<string, CelInput>) => unknown;
class ExpressionError extends Error {}

const env = celEnv({ variables, funcs: strings });
const { expression, counter } = workerData as FilterStart;
const evaluations = new Int32Array(counter);
const post = (message: FilterMessage): void => parentPort?.postMessage(message);

post({ kind: 'loaded' });
try {
  const evaluate = compile(expression);
  parentPort?.on('message', (records: readonly FilterRecord[]) => answer(records, evaluate));
  post({ kind: 'ready' });
} catch (error) {
  const isDeep = error instanceof RangeError;
  const reason = isDeep ? 'it nests too deeply' : error instanceof Error ? error.message : '';
  post({ kind: 'invalid', reason: reason.slice(0, 300) });
}

function compile(text: string): Evaluate {
  const parsed = parse(text);
  check(parsed.expr, { count: 0 }, new Set(Object.keys(variables)), 0);
  return plan(env, parsed) as Evaluate;
}

/** Throws for names that are not there and for more than the bounds. */
function check(
  node: unknown,
  nodes: { count: number },
  names: ReadonlySet<string>,
  loops: number,
): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) {
    for (const one of node as unknown[]) check(one, nodes, names, loops);
    return;
  }
  const { exprKind } = node as {
    exprKind?: {
      case?: string;
      value: { name?: string; function?: string; iterVar?: string; accuVar?: string };
    };
  };
  if (exprKind) {
    nodes.count += 1;
    if (nodes.count > nodesMax) throw new ExpressionError(`it has more than ${nodesMax} parts`);
    if (exprKind.case === 'identExpr') {
      const name = (exprKind.value.name ?? '').replace(/^\./, '');
      if (!names.has(name) && !typeNames.has(name)) {
        const known = Object.keys(variables).join(', ');
        throw new ExpressionError(`there is no '${name.slice(0, 40)}'; there are ${known}`);
      }
    }
    const called = exprKind.case === 'callExpr' ? (exprKind.value.function ?? '') : '';
    // Operators are called `_&&_`, `!_` …
    if (/^\w*[a-z]\w*$/i.test(called) && !env.funcs.find(called)) {
      throw new ExpressionError(`there is no function '${called.slice(0, 40)}'`);
    }
    if (exprKind.case === 'comprehensionExpr') {
      if (loops >= loopsNestedMax) {
        throw new ExpressionError(`loops nest deeper than ${loopsNestedMax}`);
      }
      const { iterVar = '', accuVar = '' } = exprKind.value;
      const inner = new Set([...names, iterVar, accuVar]);
      for (const part of Object.values(exprKind.value)) check(part, nodes, inner, loops + 1);
      return;
    }
    for (const part of Object.values(exprKind.value)) check(part, nodes, names, loops);
    return;
  }
  for (const part of Object.values(node)) check(part, nodes, names, loops);
}

function answer(records: readonly FilterRecord[], evaluate: Evaluate): void {
  let failed = 0;
  let failure: string | undefined;
  const matches = records.map((record) => {
    Atomics.add(evaluations, 0, 1);
    try {
      const result = evaluate(bindingsOf(record));
      if (typeof result === 'boolean') return result;
      failed += 1;
      failure ??= isCelError(result) ? result.message : 'the answer is neither true nor false';
    } catch (error) {
      failed += 1;
      failure ??= error instanceof Error ? error.message : String(error);
    }
    return false;
  });
  Atomics.add(evaluations, 0, 1);
  post({ kind: 'answers', matches, failed, failure: failure?.slice(0, 300) });
}

function bindingsOf(record: FilterRecord): Record<string, CelInput> {
  return {
    key: textOf(record.key),
    value: valueOf(record.value),
    headers: new Map(record.headers.map(([name, bytes]) => [name, textOf(bytes)])),
    offset: BigInt(record.offset),
    partition: BigInt(record.partition),
    timestamp: BigInt(record.timestamp),
  };
}

function textOf(bytes: Uint8Array | null): CelInput {
  if (bytes === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** What JSON says; else the text; else the bytes. */
function valueOf(bytes: Uint8Array | null): CelInput {
  const text = textOf(bytes);
  if (typeof text !== 'string') return text;
  try {
    return toCel(parseJson(text, null, { parseNumber: numberOf }));
  } catch {
    return text;
  }
}

function numberOf(text: string): bigint | number {
  if (/^-?\d{1,19}$/.test(text)) {
    const whole = BigInt(text);
    if (BigInt.asIntN(64, whole) === whole) return whole;
  }
  return Number(text);
}

function toCel(value: unknown): CelInput {
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value as CelInput;
  return new Map(Object.entries(value).map(([name, part]) => [name, toCel(part)]));
}
