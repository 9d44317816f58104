// Who a request comes from: bearer tokens, each for everything or for reading alone. Protects: tokens are kept as hashes and compared
// in a time that does not depend on them; a text that is no token is refused at the start, with a sentence that does not repeat it.
// Leaves out: users, roles, expiry, JWT. Basic authentication carries a token as its password, for browsers and scrapers.

import { createHash, timingSafeEqual } from 'node:crypto';

export interface AccessToken {
  /** 16 to 512 characters of letters, digits and `-._~+/=`. */
  readonly token: string;
  /** What it may do; default everything. */
  readonly scope?: TokenScope;
}

export type TokenScope = 'full' | 'read-only';

/** A token that cannot be one; the message names the rule, not the token. */
export class TokenError extends Error {
  readonly code = 'ERR_TOKEN';
}

const tokenPattern = /^[A-Za-z0-9._~+/=-]{16,512}$/;
const tokensMax = 1_000;
const readOnlyPrefix = 'read-only:';

/** Tokens separated by commas or line ends; `read-only:` before one limits it, `#` begins a comment line. Throws TokenError. */
export function parseAccessTokens(text: string): AccessToken[] {
  const tokens = text
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): AccessToken =>
      line.startsWith(readOnlyPrefix)
        ? { token: line.slice(readOnlyPrefix.length), scope: 'read-only' }
        : { token: line, scope: 'full' },
    );
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
  if (tokens.length > tokensMax) throw new TokenError(`there may be ${tokensMax} tokens at most`);
}

interface KnownToken {
  readonly digest: Buffer;
  readonly scope: TokenScope;
}

export class AccessTokens {
  readonly #known: readonly KnownToken[];

  /** Throws TokenError. */
  constructor(tokens: readonly AccessToken[]) {
    checkTokens(tokens);
    this.#known = tokens.map(({ token, scope = 'full' }) => ({ digest: digestOf(token), scope }));
  }

  /** Whether a request needs one. */
  get isRequired(): boolean {
    return this.#known.length > 0;
  }

  /** What the `Authorization` header allows; undefined without a known token. Looks at every token, found or not. */
  scopeOf(authorization: string | undefined): TokenScope | undefined {
    const digest = digestOf(tokenOf(authorization));
    let scope: TokenScope | undefined;
    for (const known of this.#known) {
      if (timingSafeEqual(known.digest, digest)) scope = known.scope;
    }
    return scope;
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
