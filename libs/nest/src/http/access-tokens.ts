// Who a request comes from: bearer tokens, each for everything or for reading alone. Protects: tokens are kept as hashes and compared
// in a time that does not depend on them; a text that is no token is refused at the start, with a sentence that does not repeat it.
// Leaves out: users, roles, expiry, JWT. Basic authentication carries a token as its password, for browsers and scrapers.

import { createHash, timingSafeEqual } from 'node:crypto';

export interface AccessToken {
  /** 16 to 512 characters of letters, digits and `-._~+/=`. */
  readonly token: string;
  /** What it may do; default everything. */
  readonly scope?: TokenScope;
  /** Whose it is, for the audit; default its place: `token-1`. */
  readonly name?: string;
}

export type TokenScope = 'full' | 'read-only';

/** A token that cannot be one; the message names the rule, not the token. */
export class TokenError extends Error {
  readonly code = 'ERR_TOKEN';
}

const tokenPattern = /^[A-Za-z0-9._~+/=-]{16,512}$/;
const tokensMax = 1_000;
const readOnlyPrefix = 'read-only:';
const namePattern = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Tokens separated by commas or line ends; `read-only:` before one limits it, `NAME@` right before it names it, `#` begins a comment
 * line. Throws TokenError.
 */
export function parseAccessTokens(text: string): AccessToken[] {
  const tokens = text
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): AccessToken => {
      const isLimited = line.startsWith(readOnlyPrefix);
      const rest = isLimited ? line.slice(readOnlyPrefix.length) : line;
      const at = rest.indexOf('@');
      const name = at < 0 ? {} : { name: rest.slice(0, at) };
      return { token: rest.slice(at + 1), scope: isLimited ? 'read-only' : 'full', ...name };
    });
  checkTokens(tokens);
  return tokens;
}

function checkTokens(tokens: readonly AccessToken[]): void {
  const wrong = tokens.findIndex(({ token }) => !tokenPattern.test(token));
  if (wrong >= 0) {
    throw new TokenError(
      `token ${wrong + 1} is not one: give 16 to 512 letters, digits or -._~+/= (openssl rand -hex 32 makes one), with read-only: before it to allow reading alone`,
    );
  }
  const unnamed = tokens.findIndex(({ name }) => name !== undefined && !namePattern.test(name));
  if (unnamed >= 0) {
    throw new TokenError(
      `the name of token ${unnamed + 1} is none: give 1 to 64 letters, digits or ._- before the @`,
    );
  }
  if (tokens.length > tokensMax) throw new TokenError(`there may be ${tokensMax} tokens at most`);
}

/** Of a token that is known. */
export interface TokenHolder {
  readonly name: string;
  readonly scope: TokenScope;
}

interface KnownToken extends TokenHolder {
  readonly digest: Buffer;
}

export class AccessTokens {
  readonly #known: readonly KnownToken[];

  /** Throws TokenError. */
  constructor(tokens: readonly AccessToken[]) {
    checkTokens(tokens);
    this.#known = tokens.map(({ token, scope = 'full', name }, index) => ({
      digest: digestOf(token),
      scope,
      name: name ?? `token-${index + 1}`,
    }));
  }

  /** Whether a request needs one. */
  get isRequired(): boolean {
    return this.#known.length > 0;
  }

  /** Whose token the `Authorization` header holds; undefined without a known one. Looks at every token, found or not. */
  holderOf(authorization: string | undefined): TokenHolder | undefined {
    const digest = digestOf(tokenOf(authorization));
    let holder: TokenHolder | undefined;
    for (const known of this.#known) {
      if (timingSafeEqual(known.digest, digest)) holder = known;
    }
    return holder;
  }
}

/** Of equal length whatever the token is, so that its length is not told either. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function tokenOf(authorization = ''): string {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}
