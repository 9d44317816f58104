// Options of every command that takes part in a cluster: where its Redis is. Protects: the URL, which may hold a password, comes from
// the environment and is not offered as an argument.

import { clusterSettings } from '@drave/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface ClusterOptions {
  readonly redisUrl?: string;
  readonly redisNamespace: string;
  readonly leaseTtlMs: number;
}

/** Adds them to a command. */
export function withCluster(command: Command): Command {
  const { redisUrl, redisNamespace, leaseTtlMs } = clusterSettings;
  return command
    .addOption(new Option('--redis-url <url>', redisUrl.sentence).env(redisUrl.env).hideHelp())
    .addOption(
      new Option(
        '--redis-namespace <name>',
        `${redisNamespace.sentence} (with ${redisUrl.env}, ${redisUrl.sentence})`,
      )
        .env(redisNamespace.env)
        .default(redisNamespace.default),
    )
    .addOption(
      new Option('--lease-ttl-ms <ms>', leaseTtlMs.sentence)
        .env(leaseTtlMs.env)
        .argParser(parseMs)
        .default(Number(leaseTtlMs.default)),
    );
}

function parseMs(text: string): number {
  const ms = Number(text);
  if (/^\d+$/.test(text) && ms >= 500 && ms <= 600_000) return ms;
  throw new InvalidArgumentError('Give 500 to 600000.');
}
