// Options that every command takes: where the broker is and how to print.

import { parseSocketAddress } from '@drave/platform';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultBrokers, parseBrokers } from './connection.js';
import type { OutputFormat } from './output.js';

export interface CommonOptions {
  /** `host:port`, separated by commas. */
  readonly brokers: string;
  readonly output: OutputFormat;
}

/** `-b`. */
export function brokersOption(): Option {
  const option = new Option('-b, --brokers <host:port,…>', 'brokers to ask first');
  return option.env('DRAVE_BROKERS').argParser(checkBrokers).default(defaultBrokers);
}

/** Adds `-b`. */
export function withBrokers(command: Command): Command {
  return command.addOption(brokersOption());
}

/** Adds `-o`. */
export function withOutput(command: Command): Command {
  const option = new Option('-o, --output <format>', 'how to print');
  return command.addOption(option.choices(['table', 'json']).default('table'));
}

/** Adds both. */
export function withCommonOptions(command: Command): Command {
  return withOutput(withBrokers(command));
}

function checkBrokers(text: string): string {
  const wrong = parseBrokers(text).find((broker) => parseSocketAddress(broker) === undefined);
  if (wrong === undefined) return text;
  throw new InvalidArgumentError(`'${wrong}' is not HOST:PORT.`);
}
