// Questions of commands to the HTTP side of a broker or a processor (`--http`, else DRAVE_HTTP). Protects: an answer is waited for with a
// bound; what the server refuses becomes its own sentence; the token comes from the environment (DRAVE_TOKEN), never from an argument.

import { restErrorCodes } from '@drave/contracts/rest';
import { formatSocketAddress, type SocketAddress } from '@drave/platform';
import { type Command, Option } from 'commander';
import { type CommonOptions, withOutput } from './common-options.js';
import { parseAddress } from './network-address.js';
import { CommandError } from './output.js';

export interface RestOptions extends Pick<CommonOptions, 'output'> {
  readonly http: SocketAddress;
  readonly token?: string;
}

const answerMs = 15_000;

/** Adds `--http` and `-o`. */
export function withRest(command: Command): Command {
  const token = new Option('--token <text>', 'for the HTTP side').env('DRAVE_TOKEN').hideHelp();
  return withOutput(command)
    .addOption(token)
    .addOption(
      new Option('--http <host:port>', 'HTTP side of a broker or processor; a token: DRAVE_TOKEN')
        .env('DRAVE_HTTP')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 9080 }, '127.0.0.1:9080'),
    );
}

/** The answer's body; rejects with CommandError for anything but 2xx. `path` begins with a slash and is encoded. */
export async function askRest(
  { http, token }: RestOptions,
  path: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
): Promise<unknown> {
  const host = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host;
  const url = `http://${formatSocketAddress({ host, port: http.port })}${path}`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method, headers, signal: AbortSignal.timeout(answerMs) });
    text = await response.text();
  } catch (cause) {
    const message = `nobody answers at ${url}; start it with --http, or name it with --http HOST:PORT`;
    throw new CommandError(message, { cause });
  }
  if (response.ok) return text === '' ? undefined : parsed(text, url);
  const cause = parsed(text, url) as { readonly message?: unknown };
  const reason = typeof cause?.message === 'string' ? cause.message : `HTTP ${response.status}`;
  throw new CommandError(response.status === 401 ? `${reason} (set DRAVE_TOKEN)` : reason, {
    cause,
  });
}

/** Whether `askRest` failed because that process does not serve the path at all. */
export function isUnknownRoute(error: unknown): boolean {
  if (!(error instanceof CommandError)) return false;
  const body = error.cause as { readonly error_code?: unknown } | null | undefined;
  return body?.error_code === restErrorCodes.unknownRoute;
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CommandError(`${url} is no HTTP side of Drave: its answer is no JSON`, { cause });
  }
}
