// Who may ask: a Host check against DNS rebinding and an Origin check against cross-site requests. Protects: a web page in a
// browser cannot reach the API of a developer's machine, under whatever name it has it resolved. Leaves out: authentication.

import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from './rest-error.js';

const loopbackNames = ['localhost'];
const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** A rebinding page needs a name of its own, so addresses and loopback names are fine; other names must be listed. */
export class RequestGuard {
  readonly #names: ReadonlySet<string>;

  constructor(allowedHosts: readonly string[] = []) {
    this.#names = new Set([...loopbackNames, ...allowedHosts].map((name) => name.toLowerCase()));
  }

  /** The reason to refuse a request; undefined when it is fine. */
  judge(request: {
    readonly method: string;
    readonly host: string | undefined;
    readonly origin: string | undefined;
  }): RestError | undefined {
    const { method, host, origin } = request;
    if (host === undefined || !this.#allows(hostName(host))) {
      return new RestError(
        restErrorCodes.hostNotAllowed,
        `the Host header names '${host ?? ''}', which is not allowed here; use localhost, an address, or allow the name`,
      );
    }
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead || origin === undefined || originHost(origin) === host.toLowerCase())
      return undefined;
    return new RestError(
      restErrorCodes.originNotAllowed,
      `a page of ${origin} may not change anything here`,
    );
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

/** Without the port, in lower case. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
