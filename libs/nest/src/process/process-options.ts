// Options of an application main: `--name value` or an environment variable, the argument wins. Protects: an unknown option or a
// value that does not parse is one sentence. Leaves out: configuration files, subcommands (the drave command has them).

import type { ProcessSetting } from '@drave/contracts';
import { parseSocketAddress, type SocketAddress } from '@drave/platform';

export interface ProcessOption<Value> extends ProcessSetting {
  /** Throws ProcessOptionError. */
  readonly parse: (text: string) => Value;
}

export class ProcessOptionError extends Error {
  readonly code = 'ERR_OPTION';
}

type Table = Readonly<Record<string, ProcessOption<unknown>>>;
export type ProcessOptionValues<Options extends Table> = {
  readonly [Name in keyof Options]:
    | ReturnType<Options[Name]['parse']>
    | (Options[Name] extends { readonly default: string } ? never : undefined);
};

/** Values by the table's names; options are written in kebab-case, a switch alone is true. Throws ProcessOptionError. */
export function readProcessOptions<Options extends Table>(
  options: Options,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ProcessOptionValues<Options> {
  const given = readArguments(options, args);
  const values = Object.entries(options).map(([name, option]) => {
    const text = given.get(name) ?? env[option.env] ?? option.default;
    return [name, text === undefined ? undefined : parseOne(flagOf(name), option, text)];
  });
  return Object.fromEntries(values) as ProcessOptionValues<Options>;
}

/** The help text. */
export function describeOptions(options: Table): string {
  return Object.entries(options)
    .map(([name, option]) => {
      const byDefault = option.default === undefined ? '' : `, default ${option.default}`;
      const flag = option.isSecret ? '' : flagOf(name);
      return `  ${flag.padEnd(22)} ${option.sentence} (${option.env}${byDefault})\n`;
    })
    .join('');
}

function readArguments(options: Table, args: readonly string[]): Map<string, string> {
  const flags = Object.entries(options).filter(([, { isSecret }]) => !isSecret);
  const names = new Map(flags.map(([name]) => [flagOf(name), name]));
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [flag = '', inline] = (args[i] ?? '').split(/=(.*)/s);
    const name = names.get(flag);
    if (name === undefined) {
      throw new ProcessOptionError(
        `unknown option ${flag}; there are ${[...names.keys()].join(', ')}`,
      );
    }
    const isBare = options[name]?.parse === parseSwitch && (args[i + 1] ?? '--').startsWith('--');
    const value = inline ?? (isBare ? 'true' : args[++i]);
    if (value === undefined) throw new ProcessOptionError(`${flag} needs a value`);
    given.set(name, value);
  }
  return given;
}

function parseOne(flag: string, option: ProcessOption<unknown>, text: string): unknown {
  try {
    return option.parse(text);
  } catch (error) {
    if (!(error instanceof ProcessOptionError)) throw error;
    throw new ProcessOptionError(`${flag} ${text}: ${error.message}`);
  }
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function parseText(text: string): string {
  return text;
}

/** Comma-separated, without empty parts. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `host:port`; port 0 takes a free one. */
export function parseAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text);
  if (address) return address;
  throw new ProcessOptionError('give it as HOST:PORT');
}

/** `host:port` or `off`. */
export function parseAddressOrOff(text: string): SocketAddress | 'off' {
  return text === 'off' ? text : parseAddress(text);
}

/** Several `host:port`, comma-separated. */
export function parseBrokers(text: string): string[] {
  const brokers = parseList(text);
  if (brokers.length > 0 && brokers.every((broker) => parseSocketAddress(broker))) return brokers;
  throw new ProcessOptionError('give it as HOST:PORT[,HOST:PORT…]');
}

export function parseSwitch(text: string): boolean {
  if (/^(true|false)$/.test(text)) return text === 'true';
  throw new ProcessOptionError('give true or false');
}

export function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new ProcessOptionError('give a whole number');
}

export function parseOneOf<const Choice extends string>(...choices: readonly Choice[]) {
  return (text: string): Choice => {
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw new ProcessOptionError(`give one of ${choices.join(', ')}`);
  };
}
