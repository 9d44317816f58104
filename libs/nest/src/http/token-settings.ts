// Tokens from the settings of a process: the environment, a file, or both. Protects: a file that names no token is an error, not an
// open door. Leaves out: reloading, tokens per user, the file's mode (mounted secrets are often readable by all).

import type { Platform } from '@drave/platform';
import { parseAccessTokens, TokenError, type AccessToken } from './access-tokens.js';

const fileBytesMax = 1024 * 1024;

/** Tokens of DRAVE_TOKENS and of the file DRAVE_TOKENS_FILE. Rejects with TokenError. */
export async function readAccessTokens(
  given: { readonly tokens: string | undefined; readonly tokensFile: string | undefined },
  { disk }: Pick<Platform, 'disk'>,
): Promise<AccessToken[]> {
  const tokens = given.tokens === undefined ? [] : parseAccessTokens(given.tokens);
  if (given.tokens !== undefined && tokens.length === 0) {
    throw new TokenError('DRAVE_TOKENS is set but holds no token; unset it to ask for none');
  }
  if (given.tokensFile === undefined) return tokens;
  const path = given.tokensFile;
  const stat = await disk.stat(path);
  if (stat?.kind !== 'file') throw new TokenError(`the token file ${path} is not there`);
  if (stat.sizeBytes > fileBytesMax) throw new TokenError(`the token file ${path} is too large`);
  const text = await disk.readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const sentence = `the token file ${path} cannot be read (${cause.code ?? 'unknown'})`;
    throw Object.assign(new TokenError(sentence), { cause });
  });
  const fromFile = parseAccessTokens(text.toString());
  if (fromFile.length === 0) throw new TokenError(`the token file ${path} holds no token`);
  return [...tokens, ...fromFile];
}
