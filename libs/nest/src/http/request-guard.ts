// Who may ask and for what, before anything is parsed: a Host check against DNS rebinding, an Origin check against cross-site
// requests, access tokens, read-only mode. Protects: every path, known or not, passes here, so that nothing is told without a token;
// a page of another site changes nothing. Leaves out: rate limits, roles.

import { restErrorCodes } from '@drave/contracts/rest';
import { AccessTokens, type AccessToken } from './access-tokens.js';
import { RestError } from './rest-error.js';

export interface RequestGuardOptions {
  /** Names besides localhost that the Host header may carry. */
  readonly allowedHosts?: readonly string[];
  /** With at least one, requests need one; `/health/live` and `/health/ready` do not, so that probes hold no secret. */
  readonly tokens?: readonly AccessToken[];
  /** Refuses every method but GET, HEAD and OPTIONS, whoever asks. */
  readonly readOnly?: boolean;
}

/** What is judged: method, path with query, and headers. */
export interface GuardedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly authorization?: string | undefined;
    readonly 'sec-fetch-site'?: string | string[] | undefined;
  };
}

const codes = restErrorCodes;
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const openPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);
const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** A rebinding page needs a name of its own, so addresses and loopback names are fine; other names must be listed. */
export class RequestGuard {
  readonly #names: ReadonlySet<string>;
  readonly #tokens: AccessTokens;
  readonly #isReadOnly: boolean;

  /** Throws TokenError. */
  constructor({ allowedHosts = [], tokens = [], readOnly = false }: RequestGuardOptions = {}) {
    this.#names = new Set(['localhost', ...allowedHosts].map((name) => name.toLowerCase()));
    this.#tokens = new AccessTokens(tokens);
    this.#isReadOnly = readOnly;
  }

  /** The reason to refuse a request; undefined when it is fine. */
  judge(request: GuardedRequest): RestError | undefined {
    const isReading = readingMethods.has(request.method);
    return (
      this.#judgeHost(request) ??
      (isReading ? undefined : judgeOrigin(request)) ??
      this.#judgeToken(request, isReading) ??
      (this.#isReadOnly && !isReading
        ? new RestError(codes.readOnlyMode, 'this server is read-only: it was started so')
        : undefined)
    );
  }

  /** Who asks: the name of the token, `anonymous` where none is needed; undefined without a known one. */
  callerOf({ headers }: GuardedRequest): string | undefined {
    return this.#tokens.isRequired
      ? this.#tokens.holderOf(headers.authorization)?.name
      : 'anonymous';
  }

  #judgeHost({ headers: { host } }: GuardedRequest): RestError | undefined {
    if (host !== undefined && this.#allows(hostName(host))) return undefined;
    return new RestError(
      codes.hostNotAllowed,
      `the Host header names '${host ?? ''}', which is not allowed here; use localhost, an address, or allow the name`,
    );
  }

  #judgeToken({ url, headers }: GuardedRequest, isReading: boolean): RestError | undefined {
    if (!this.#tokens.isRequired || (isReading && openPaths.has(pathOf(url)))) return undefined;
    const holder = this.#tokens.holderOf(headers.authorization);
    if (holder === undefined) {
      const isMissing = headers.authorization === undefined;
      return new RestError(
        codes.unauthenticated,
        isMissing
          ? 'a token is needed: send the header Authorization: Bearer TOKEN'
          : 'the token is not known here',
      );
    }
    if (holder.scope === 'full' || isReading) return undefined;
    return new RestError(codes.readOnlyToken, 'this token may read only');
  }

  #allows(name: string): boolean {
    return (
      this.#names.has(name) ||
      name.endsWith('.localhost') ||
      ipv4.test(name) ||
      name.startsWith('[')
    );
  }
}

function judgeOrigin({ headers }: GuardedRequest): RestError | undefined {
  const { host = '', origin } = headers;
  const isCrossSite = headers['sec-fetch-site'] === 'cross-site';
  const isOwn = origin === undefined || originHost(origin) === host.toLowerCase();
  if (isOwn && !isCrossSite) return undefined;
  const page = origin === undefined ? 'another site' : origin;
  return new RestError(codes.originNotAllowed, `a page of ${page} may not change anything here`);
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? url;
}

/** Without the port, in lower case. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
