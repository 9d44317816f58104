// Options of every command with an HTTP side: who may ask it, and for what. Protects: a switch of the environment that says `false`
// is off; tokens come from the environment or a file, never from a visible argument.

import { httpSettings } from '@drave/contracts';
import type { RequestGuardOptions } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from './output.js';

export interface HttpAccessOptions {
  readonly allowHosts?: string;
  readonly tokens?: string;
  readonly tokensFile?: string;
  readonly readOnly: boolean;
}

/** Adds them to a command. */
export function withHttpAccess(command: Command): Command {
  const { allowHosts, tokens, tokensFile, readOnly } = httpSettings;
  return command
    .addOption(new Option('--allow-hosts <names>', allowHosts.sentence).env(allowHosts.env))
    .addOption(new Option('--tokens <list>', tokens.sentence).env(tokens.env).hideHelp())
    .addOption(
      new Option('--tokens-file <file>', `${tokensFile.sentence}; or tokens in ${tokens.env}`).env(
        tokensFile.env,
      ),
    )
    .addOption(switchOption('--read-only', 'HTTP changes nothing, whoever asks', readOnly.env));
}

/** On when given alone or as `true`, by argument or by environment. */
export function switchOption(flag: string, sentence: string, env: string): Option {
  return new Option(`${flag} [true|false]`, sentence)
    .env(env)
    .preset('true')
    .default(false)
    .argParser((text: string) => {
      if (/^(true|false)$/.test(text)) return text === 'true';
      throw new InvalidArgumentError('Give true or false.');
    });
}

/** Reads the tokens. Rejects with CommandError. */
export async function httpAccessOf(
  options: HttpAccessOptions,
  platform: Platform,
): Promise<RequestGuardOptions> {
  const { readAccessTokens } = await import('@drave/nest/http');
  const { tokens, tokensFile, allowHosts = '', readOnly } = options;
  const read = readAccessTokens({ tokens, tokensFile }, platform);
  return {
    allowedHosts: allowHosts.split(',').flatMap((name) => name.trim() || []),
    tokens: await read.catch((cause: unknown) => {
      throw cause instanceof Error ? new CommandError(cause.message, { cause }) : cause;
    }),
    readOnly,
  };
}
