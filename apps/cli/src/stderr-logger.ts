// Log lines for people, on standard error, so that standard output stays the command's own.

import { type Logger, pinoLogger } from '@drave/platform';
import { Option } from 'commander';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof levels)[number];

/** `--log-level`, default warn. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'on standard error').choices(levels).default('warn');
}

export function stderrLogger(level: LogLevel): Logger {
  return pinoLogger({ level, pretty: true, write: (line) => void process.stderr.write(line) });
}
