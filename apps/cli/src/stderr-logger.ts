// Log lines for people, on standard error, so that standard output stays the command's own.

import { logSettings } from '@drave/contracts';
import { type Logger, pinoLogger } from '@drave/platform';
import { type Command, Option } from 'commander';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof levels)[number];

export interface LogOptions {
  readonly logLevel: LogLevel;
  readonly logFormat: 'pretty' | 'json';
}

/** Adds `--log-level`, default warn, and `--log-format`, default pretty. */
export function withLog(command: Command): Command {
  const { level, format } = logSettings;
  return command
    .addOption(
      new Option('--log-level <level>', 'on standard error')
        .choices(levels)
        .env(level.env)
        .default('warn'),
    )
    .addOption(
      new Option('--log-format <format>', format.sentence)
        .choices(['pretty', 'json'])
        .env(format.env)
        .default('pretty'),
    );
}

export function stderrLogger(level: LogLevel, format: LogOptions['logFormat'] = 'pretty'): Logger {
  const write = (line: string): void => void process.stderr.write(line);
  return pinoLogger({ level, pretty: format === 'pretty', write });
}
