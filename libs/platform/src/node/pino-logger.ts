// The Logger of applications: pino lines (JSON) or, for people at a terminal, one short line per event.
// `msg` carries the event name. pino is loaded with the first logger: an embedded broker that logs nothing starts without it.
// Leaves out: rotation and shipping; the process writes to one stream.

import { createRequire } from 'node:module';
import type * as PinoModule from 'pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import type { LogFields, Logger } from '../logger.js';

export interface PinoLoggerOptions {
  /** Lowest level written; default 'info'. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** True: `12:00:01.250 WARN  disk-slow tookMs=812` instead of JSON. Default false. */
  readonly pretty?: boolean;
  /** Where lines go, each with its line feed; default standard output. */
  readonly write?: (line: string) => void;
}

/** A Logger on pino. Errors in the fields `error`, `err` and `cause` keep their stack. */
export function pinoLogger(options: PinoLoggerOptions = {}): Logger {
  const { pino, stdSerializers } = createRequire(import.meta.url)('pino') as typeof PinoModule;
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const stream: DestinationStream = options.pretty
    ? { write: (line) => write(prettyLine(line)) }
    : { write };
  const serializers = {
    error: stdSerializers.err,
    err: stdSerializers.err,
    cause: stdSerializers.err,
  };
  const { level = 'info' } = options;
  return new PinoLogger(pino({ level, base: null, serializers, redact: [...secretNames] }, stream));
}

/** A safety net: nobody logs these on purpose. At the top and one level below. */
const secretNames = ['password', 'token', 'tokens', 'authorization', 'redisUrl', 'secret'].flatMap(
  (name) => [name, `*.${name}`],
);

class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor(inner: Pino) {
    this.#pino = inner;
  }

  debug(event: string, fields?: LogFields): void {
    this.#pino.debug(fields ?? {}, event);
  }

  info(event: string, fields?: LogFields): void {
    this.#pino.info(fields ?? {}, event);
  }

  warn(event: string, fields?: LogFields): void {
    this.#pino.warn(fields ?? {}, event);
  }

  error(event: string, fields?: LogFields): void {
    this.#pino.error(fields ?? {}, event);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(fields));
  }
}

const levelNames = new Map([
  [20, 'DEBUG'],
  [30, 'INFO '],
  [40, 'WARN '],
  [50, 'ERROR'],
]);

function prettyLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const at = new Date(Number(time)).toISOString().slice(11, 23);
  const tail = Object.entries(fields).map(([name, value]) => ` ${name}=${prettyValue(value)}`);
  return `${at} ${levelNames.get(Number(level)) ?? String(level)} ${String(msg)}${tail.join('')}\n`;
}

function prettyValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'object' && value !== null && 'stack' in value) return String(value.stack);
  return JSON.stringify(value);
}
