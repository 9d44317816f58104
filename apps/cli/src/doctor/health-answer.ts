// One question to `/health/…`. Protects: the answer never waits longer than its timeout.

import { CommandError } from '../output.js';

export interface HealthAnswer {
  readonly status: number;
  /** What is down and why; else the status. */
  readonly message: string;
  /** The server's clock, by its Date header: whole seconds. */
  readonly dateMs: number;
}

/** Rejects with CommandError when nobody answers in time. */
export async function askHealth(url: string, timeoutMs: number): Promise<HealthAnswer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    const body = (await response.json().catch(() => ({}))) as { readonly message?: unknown };
    const message = typeof body.message === 'string' ? body.message : '';
    const dateMs = Date.parse(response.headers.get('date') ?? '');
    return { status: response.status, message: message || `HTTP ${response.status}`, dateMs };
  } catch (cause) {
    throw new CommandError(`${url} does not answer within ${timeoutMs} ms; is it running there?`, {
      cause,
    });
  }
}
